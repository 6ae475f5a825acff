/* Files of terms: one term per line, in the order of the rows. */
#ifndef KC_IN_FIELDS_TERMS_H
#define KC_IN_FIELDS_TERMS_H

#include "base/mem.h"

/* Read the lines of a file of terms into terms.
 *
 * escapes   1: decode \t \n \r \\ \xHH
 * max_line  bytes of the longest line
 * max       bytes that all of them may take, 0 for no limit (then KC_ESYS) */
int kc_terms_load(const char *path, int escapes, uint64_t max_line, uint64_t max, struct kc_strs *terms,
                  struct kc_err *e) KC_MUST_USE;

#endif
