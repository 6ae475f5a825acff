/* Strict RFC 8259 over a text in memory, without a tree: values are checked and skipped, strings found and decoded.
 *
 * Every text [p, end) here must have a NUL at end and be readable for KC_NUM_PAD (base/num.h) bytes from there; what
 * follows the NUL does not matter. UTF-8 is not checked here: see base/utf8.h. */
#ifndef KC_JSON_JSON_H
#define KC_JSON_JSON_H

#include "base/mem.h"

#define KC_JSON_DEPTH 512 /* arrays and objects may nest this deep */

/* What is wrong with a text. */
struct kc_json_fault {
    const char *at;       /* the offending byte; may be the text's end */
    const char *expected; /* "a value", "',' or '}'"; NULL if `what` is enough */
    const char *what;     /* NULL: the byte itself is unexpected */
};

/* Return the first byte from p on that is no JSON white space. */
static inline const char *kc_json_ws(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

/* Check the value at p (no white space before it), which is inside `depth` arrays and objects. Return the first byte
 * after it, or NULL and *f. */
const char *kc_json_skip(const char *p, const char *end, unsigned depth, struct kc_json_fault *f);

/* A string as it is written in the text, without its quotes. */
struct kc_json_str {
    const char *p;
    size_t n;
    int escaped; /* it has escapes */
};

/* Check the string whose opening quote is at p. Return the first byte after its closing quote, or NULL and *f. */
const char *kc_json_string(const char *p, const char *end, struct kc_json_str *s, struct kc_json_fault *f);

/* Append the string with its escapes decoded. Return 0; 1 if it has a lone surrogate, which UTF-8 cannot write (nothing
 * is appended); -1 if memory is short. */
int kc_json_decode(const struct kc_json_str *s, struct kc_buf *out, struct kc_err *e) KC_MUST_USE;

/* Return 1 if the decoded string equals the n bytes at `key`. */
int kc_json_equals(const struct kc_json_str *s, const char *key, size_t n);

/* Walk a text that kc_json_skip has accepted: nothing here fails. */
const char *kc_json_first(const char *p); /* at '{' or '[': its first key or element; NULL if it is empty */
const char *kc_json_past(const char *p);  /* at a value: the first byte after it */
const char *kc_json_next(const char *p);  /* after a value: the next key or element; NULL if there is none */
const char *kc_json_member(const char *p, struct kc_json_str *key); /* at a key: its value */
const char *kc_json_find(const char *p, const char *key); /* at a value: the value of its last member `key`, or NULL */

/* Read a value of the expected type. Return 0, or -1 if it is of another. p may be NULL, for a missing value. */
int kc_json_u64(const char *p, uint64_t *out) KC_MUST_USE;    /* an integer from 0 on, written without an exponent */
int kc_json_double(const char *p, double *out) KC_MUST_USE;   /* a number, or null: NAN */
int kc_json_text(const char *p, struct kc_json_str *out) KC_MUST_USE; /* a string */

/* Name the type of a checked value by its first byte: "a string", "an object", "null", ... */
const char *kc_json_kind(char first);

/* Describe the fault: "unexpected 'x' at column 12, expected a value". column: of the offending byte, as the caller
 * counts. `unit` is what ends at `end`: "line", "record", ... */
void kc_json_explain(const struct kc_json_fault *f, size_t column, const char *end, const char *unit, char *out,
                     size_t size);

#endif
