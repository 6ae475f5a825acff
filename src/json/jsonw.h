/* Write JSON into a byte buffer. Keys appear in the order they are written; the output is valid UTF-8 and depends on
 * the values alone. The first failure (memory) sticks: check kc_jsonw_end once. */
#ifndef KC_JSON_JSONW_H
#define KC_JSON_JSONW_H

#include "base/mem.h"

struct kc_jsonw {
    struct kc_buf *b;
    struct kc_err *e;
    int failed;
    unsigned depth;    /* at most 31 */
    uint32_t filled;   /* bit i: something was written at depth i, so the next item needs a comma */
    unsigned flat;     /* depth from which everything is on one line; 0: none */
};

#define KC_JSONW(buf, err) {(buf), (err), 0, 0, 0, 0}

/* Open or close a container, or write a value. key is NULL inside an array and at the top. A flat object or array, and
 * everything inside it, is written on one line. */
void kc_jsonw_open(struct kc_jsonw *w, const char *key, char bracket, int flat); /* bracket: '{' or '[' */
void kc_jsonw_close(struct kc_jsonw *w, char bracket);                           /* '}' or ']' */
void kc_jsonw_u64(struct kc_jsonw *w, const char *key, uint64_t v);
void kc_jsonw_double(struct kc_jsonw *w, const char *key, double v); /* the shortest form that reads back, or null */
void kc_jsonw_float(struct kc_jsonw *w, const char *key, float v);   /* the same for a float; v must be finite */
void kc_jsonw_fixed(struct kc_jsonw *w, const char *key, double v, int decimals); /* null if not finite */
void kc_jsonw_bool(struct kc_jsonw *w, const char *key, int v);
void kc_jsonw_null(struct kc_jsonw *w, const char *key);
void kc_jsonw_str(struct kc_jsonw *w, const char *key, const char *s, size_t n);
void kc_jsonw_cstr(struct kc_jsonw *w, const char *key, const char *s); /* NULL gives null */
void kc_jsonw_raw(struct kc_jsonw *w, const char *key, const char *json, size_t n); /* JSON on one line, copied */
int kc_jsonw_end(struct kc_jsonw *w) KC_MUST_USE; /* adds the final newline; -1 if anything failed */

/* Append the string in quotes: ", \ and control bytes escaped, bytes that are not UTF-8 replaced by U+FFFD. */
int kc_jsonw_quote(struct kc_buf *b, const char *s, size_t n, struct kc_err *e) KC_MUST_USE;

/* Write the decimal digits of v, without a NUL: at most 20 bytes. Return how many. */
size_t kc_jsonw_digits(char *out, uint64_t v);

#endif
