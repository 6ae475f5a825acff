/* The outputs of one run as a table: checked, opened, compared, committed and freed together. */
#ifndef KC_IO_OUTPUTS_H
#define KC_IO_OUTPUTS_H

#include "io/outfile.h"

struct kc_output {
    const char *option;    /* that names it, "--summary", for messages */
    const char *path;      /* "-": standard output; NULL: not wanted */
    int may_replace_input; /* it may replace the file that kc_outputs_none_is asks about */
    int last;              /* committed after all others */
    struct kc_outfile *f;  /* open; NULL: not (yet) */
};

/* Check that standard output is wanted at most once. The first row is the main output, which is standard output by
 * default. KC_EUSAGE. */
int kc_outputs_check(const struct kc_output *o, size_t n, struct kc_err *e) KC_MUST_USE;

/* Open all that are wanted, at most 16, and check that no two of them replace the same file. A row whose f is open
 * already takes part in the comparison only. After a failure call kc_outputs_free. */
int kc_outputs_open(struct kc_output *o, size_t n, struct kc_err *e) KC_MUST_USE;

/* Check that none of them replaces the file at path, which `option` has named to be read. path NULL is fine.
 * KC_EUSAGE. */
int kc_outputs_none_is(const struct kc_output *o, size_t n, const char *path, const char *option, struct kc_err *e)
    KC_MUST_USE;

/* Check the same of n files that are read, "-" among them. */
int kc_outputs_none_of(const struct kc_output *o, size_t n, const char *const *files, size_t nfiles,
                       struct kc_err *e) KC_MUST_USE;

/* Replace all, from the last row to the first: every one is complete before any is replaced. */
int kc_outputs_commit(struct kc_output *o, size_t n, struct kc_err *e) KC_MUST_USE;

/* Warn of what of replaced files could not be kept. */
void kc_outputs_tell(const struct kc_output *o, size_t n, const struct kc_ctx *ctx);

/* Close and free; what was not committed is removed. */
void kc_outputs_free(struct kc_output *o, size_t n);

#endif
