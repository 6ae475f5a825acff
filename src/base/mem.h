/* Checked memory. Every product of sizes is checked; a failure is KC_ESYS with the number of bytes. */
#ifndef KC_BASE_MEM_H
#define KC_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* Return a * b (a + b), or SIZE_MAX on overflow, which no allocation grants. */
size_t kc_mem_mul(size_t a, size_t b);
size_t kc_mem_add(size_t a, size_t b);

/* Allocate count * size bytes: uninitialised, zeroed, or aligned to 64. NULL (and e) on failure; count 0 gives a valid
 * pointer. Free with kc_mem_free (which calls free(3); NULL is fine). */
void *kc_mem_alloc(size_t count, size_t size, struct kc_err *e) KC_MUST_USE;
void *kc_mem_zalloc(size_t count, size_t size, struct kc_err *e) KC_MUST_USE;
void *kc_mem_aligned(size_t count, size_t size, struct kc_err *e) KC_MUST_USE;
/* Resize; on failure the old block stays valid and NULL is returned. */
void *kc_mem_realloc(void *old, size_t count, size_t size, struct kc_err *e) KC_MUST_USE;
void kc_mem_free(void *p);
/* Make room for `want` elements in *p (*cap elements). It grows by half. */
int kc_mem_reserve_u64(uint64_t **p, size_t *cap, size_t want, struct kc_err *e) KC_MUST_USE;
char *kc_mem_strdup(const char *s, struct kc_err *e) KC_MUST_USE;

/* Return the bytes allocated by the functions above and not freed. *most: the largest such number since the last
 * reset. */
uint64_t kc_mem_held(uint64_t *most, int reset);

/* Record that `bytes` bytes could not be allocated. The message also says what is in use (kc_mem_held) and ulimit's
 * limits. */
int kc_mem_fail(struct kc_err *e, uint64_t bytes);

/* Return the bytes that can still be allocated before a control group's limit; UINT64_MAX if there is none. What is
 * beyond fails as if malloc had. limit: that of the group. */
uint64_t kc_mem_room(uint64_t *limit);

/* Return the largest resident size of this process so far, in bytes; 0 if the system does not tell. */
uint64_t kc_mem_peak(void);

/* A growable byte buffer. Zero-initialise; contents p[0..n). Free with kc_buf_free. */
struct kc_buf {
    char *p;
    size_t n, cap;
};

int kc_buf_reserve(struct kc_buf *b, size_t more, struct kc_err *e) KC_MUST_USE; /* room for n + more bytes */
/* Append n bytes, a string without its NUL, a byte, or formatted text. */
int kc_buf_add(struct kc_buf *b, const void *p, size_t n, struct kc_err *e) KC_MUST_USE;
int kc_buf_adds(struct kc_buf *b, const char *s, struct kc_err *e) KC_MUST_USE;
int kc_buf_addc(struct kc_buf *b, char c, struct kc_err *e) KC_MUST_USE;
int kc_buf_printf(struct kc_buf *b, struct kc_err *e, const char *fmt, ...) KC_PRINTF(3, 4) KC_MUST_USE;
void kc_buf_free(struct kc_buf *b);

/* A growable list of byte strings in one arena. String i is bytes.p[off[i] .. off[i+1]) (no NUL; may hold any
 * byte). Zero-initialise; off is NULL while n == 0. */
struct kc_strs {
    struct kc_buf bytes;
    uint64_t *off; /* (n + 1) when n > 0 */
    size_t n, cap;
};

/* Append one string, or all strings of src. */
int kc_strs_add(struct kc_strs *s, const char *p, size_t len, struct kc_err *e) KC_MUST_USE;
int kc_strs_append(struct kc_strs *dst, const struct kc_strs *src, struct kc_err *e) KC_MUST_USE;
static inline const char *kc_strs_get(const struct kc_strs *s, size_t i, size_t *len)
{
    *len = (size_t)(s->off[i + 1] - s->off[i]); /* NOLINT(clang-analyzer-core.NullDereference): i < s->n */
    return s->bytes.p + s->off[i];
}
/* Keep only the groups of `each` strings that `at` names, ascending (m of them). */
void kc_strs_pick(struct kc_strs *s, const uint32_t *at, size_t m, size_t each);
void kc_strs_cut(struct kc_strs *s, size_t n);   /* keep the first n */
void kc_strs_clear(struct kc_strs *s); /* n = 0, memory kept */
void kc_strs_free(struct kc_strs *s);

#endif
