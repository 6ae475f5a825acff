/* Vectors that are written as a text of their own, in a cell of a table or in a JSON string: `[1, 2]`, `{1,2}`, base64
 * and hexadecimal. */
#ifndef KC_IN_FIELDS_VECTEXT_H
#define KC_IN_FIELDS_VECTEXT_H

#include <stddef.h>
#include "base/err.h"

enum kc_vectext {
    KC_VECTEXT_NONE,
    KC_VECTEXT_LIST,   /* [1, 2], or [1 2] as numpy prints it */
    KC_VECTEXT_BRACES, /* {1,2}, an array of PostgreSQL */
    KC_VECTEXT_BASE64, /* float32, little-endian */
    KC_VECTEXT_HEX     /* the same in hexadecimal, as SQLite's hex() and PostgreSQL's bytea give it */
};

/* A vector while it is parsed. */
struct kc_vectext_row {
    /* set by the caller */
    float *row;        /* (d); may be NULL if d == 0 */
    size_t d;          /* 0: any number of numbers is fine, they are only counted */
    const char *floor; /* the text is readable from here on, before the vector */
    /* set by the parser */
    size_t count;      /* numbers */
};

/* Return the notation of the text [p, end), which must have KC_NUM_PAD readable bytes behind it. Brackets and braces
 * are told by their first byte; base64 and hexadecimal only if they hold four numbers or more, each of a size that
 * embeddings have. */
enum kc_vectext kc_vectext_of(const char *p, const char *end);

/* Parse the vector [p, end) in the notation `how`. Return 0; or -1 if it is damaged, with the reason in msg, which
 * begins with `what`. The caller compares the count with d. */
int kc_vectext_parse(enum kc_vectext how, const char *p, const char *end, const char *what, struct kc_vectext_row *r,
                     char *msg, size_t size) KC_MUST_USE;

/* Return the length of the name that Python's repr puts before a list at p, as in array([...; 0 if there is none. */
size_t kc_vectext_wrapper(const char *p, const char *end);

/* Parse all of [p, end) as a number, with blanks around it allowed. Return a kc_num_status. */
int kc_text_number(const char *p, const char *end, float *out);

/* Quote the text at [p, end) for a message, shortened if it is long. */
#define KC_TEXT_SHOWN 56
const char *kc_text_show(char out[KC_TEXT_SHOWN], const char *p, const char *end);

#endif
