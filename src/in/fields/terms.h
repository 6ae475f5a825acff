/* Files of terms: one term per line, in the order of the rows. They are read as far as rows need them, so that a short
 * input takes little memory whatever the file holds. */
#ifndef KC_IN_FIELDS_TERMS_H
#define KC_IN_FIELDS_TERMS_H

#include "io/lines.h"

/* A file of terms under way. Zero-initialise; free with kc_terms_free. */
struct kc_terms {
    struct kc_lines in;
    struct kc_strs strs; /* the terms read so far */
    int escapes, ended;
    uint64_t max;
};

/* Open a file of terms. What a pipe has is read at once, because its writer may wait for that before it writes the
 * vectors; up to KC_TERMS_AHEAD bytes of it.
 *
 * escapes   1: decode \t \n \r \\ \xHH
 * max_line  bytes of the longest line
 * max       bytes that the terms may take, 0 for no limit (then KC_ESYS) */
int kc_terms_open(struct kc_terms *t, const char *path, int escapes, uint64_t max_line, uint64_t max,
                  struct kc_err *e) KC_MUST_USE;
#define KC_TERMS_AHEAD ((uint64_t)64 << 20)
/* Read on until there are n terms in t->strs, or no more. */
int kc_terms_need(struct kc_terms *t, uint64_t n, struct kc_err *e) KC_MUST_USE;
/* Count all terms of the file: the rest is read and not kept. */
int kc_terms_count(struct kc_terms *t, uint64_t *n, struct kc_err *e) KC_MUST_USE;
void kc_terms_free(struct kc_terms *t);

#endif
