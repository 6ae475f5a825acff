/* Inputs from bytes in memory, and what was read as text that can be compared. */
#ifndef KC_TESTS_IN_UTIL_H
#define KC_TESTS_IN_UTIL_H

#include "in/dataset.h"
#include "in/run.h"

#define PIECES 8

struct input {
    struct kc_in_opts o;
    size_t block;      /* 0: the usual */
    unsigned threads;  /* 0: 1 */
    enum kc_storage storage; /* where input_read found the rows */
    const char *paths[PIECES];
    char names[PIECES][64];
};

/* One more file with these bytes,
in a temporary folder of the test program's own; suffix may be "". Returns its path. */
const char *input_add(struct input *in, const void *bytes, size_t n, const char *suffix);
/* Remove the files. */
void input_clear(struct input *in);

/* Load and describe: "term|raw|x,x,...\n" a row (raw only with want_raw), then "skipped r r\n" if any, then what was
 * logged, then "error CODE LINE: message". The result is the caller's to free. Paths in it are given as FILE0, "
                                                                    "FILE1... */
char *input_read(struct input *in);

/* input_read of one file with these bytes; opts may be NULL. */
char *input_text(const char *text, size_t n, const struct kc_in_opts *opts, size_t block, unsigned threads);

extern const struct kc_in_opts input_defaults;

#endif
