/* A large JSON text, decompressed if need be, read member by member: only the present value is in memory. */
#ifndef KC_JSON_WINDOW_H
#define KC_JSON_WINDOW_H

#include "io/source.h"
#include "json/json.h"

struct kc_window {
    const char *name;
    struct kc_source *src;
    struct kc_buf b;    /* b.p[at .. b.n) is read and not yet used; KC_NUM_PAD NULs follow */
    size_t at;
    uint64_t before;    /* bytes of the text before b.p[0] */
    uint64_t limit;     /* bytes of the longest value */
    int ended;
    struct kc_buf quoted;
};

/* Read the first piece of a text, from after a byte order mark and white space on. The source, opened at path, becomes
 * the window's own. Free with kc_window_free, also after a failure. */
int kc_window_begin(struct kc_window *w, const char *path, struct kc_source *src, uint64_t limit, struct kc_err *e)
    KC_MUST_USE;
void kc_window_free(struct kc_window *w);

/* Read the next member's key, decoded, into key. Call it before an object (with `first`), or after a member's value.
 * Return 1; 0 after the object's end; -1: KC_EINPUT or KC_ESYS. */
int kc_window_member(struct kc_window *w, int first, struct kc_buf *key, struct kc_err *e) KC_MUST_USE;
/* Read the value after a key, whole and checked, as json/json.h requires it: [*p, *end), valid until the next call.
 * depth: number of objects around it. */
int kc_window_value(struct kc_window *w, unsigned depth, const char **p, const char **end,
                    struct kc_err *e) KC_MUST_USE;
/* Enter the value after a key, which must be an object: its members come next. */
int kc_window_enter(struct kc_window *w, struct kc_err *e) KC_MUST_USE;
/* Check that only white space follows the last value. */
int kc_window_end(struct kc_window *w, struct kc_err *e) KC_MUST_USE;

/* Report KC_EINPUT with the byte offset of p, which is in the window. Return -1. */
int kc_window_bad(const struct kc_window *w, const char *p, struct kc_err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Write s as a JSON string into w->quoted. */
int kc_window_quoted(struct kc_window *w, const struct kc_buf *s, struct kc_err *e) KC_MUST_USE;

#endif
