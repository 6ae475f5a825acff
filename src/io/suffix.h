/* The suffix of an output's name, which says in what format it is to be written. */
#ifndef KC_IO_SUFFIX_H
#define KC_IO_SUFFIX_H

#include "base/err.h"

#define KC_SUFFIX_MAX 16

/* Return the suffix of the path, without its dot and in lower case, in out; "" if it has none, or if the path is
 * standard output, a device or a FIFO. A suffix has 1 to 12 letters and digits, with a letter among them. */
const char *kc_suffix_of(const char *path, char out[KC_SUFFIX_MAX]);

/* Return the position of the suffix among words, which are separated by blanks; -1 if it is not there. Words may be
 * joined by '/' if they mean the same: "jsonl/ndjson". */
int kc_suffix_find(const char *words, const char *suffix);

/* Refuse an output whose suffix names another format than those in words. option: as people write it, such as
 * "--output"; cure: what helps besides another name, or NULL. KC_EUSAGE. */
int kc_suffix_refuse(const char *path, const char *option, const char *words, const char *cure, struct kc_err *e);

#endif
