/* edit: correct the clusters of a model, or of a file of labels, by hand. */
#ifndef KC_JOB_EDIT_H
#define KC_JOB_EDIT_H

#include "core/track/edits.h"
#include "in/dataset.h"
#include "in/fields/label_text.h"

struct kc_job_edit {
    struct kc_edit_opts edits;  /* at least one */
    const char *model;          /* the model; NULL: a file of labels */
    const char *labels;         /* the file of labels; "-": standard input */
    struct kc_labels_opts of_labels; /* how it is read */
    const char *name_field;     /* its column of the clusters' names; NULL: by the usual names */
    int rows;                   /* 1: there are rows in `in` */
    struct kc_in_opts in;       /* the job sets normalise and what is expected; term_field is used for labels, too */
    const char *output;         /* NULL: the model is replaced, labels go to standard output */
    const char *summary;        /* the JSON sidecar, or NULL */
    int dry_run;                /* 1: only say what would be done */
    double lock_timeout;        /* seconds to wait for another run that writes the model; negative: no limit */
    int64_t created;            /* time stored in the model, seconds since 1970; -1: none */
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_edit_check_outputs(const struct kc_job_edit *j, struct kc_err *e) KC_MUST_USE;

/* Run the job. text: receives the summary for people. */
int kc_job_edit_run(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_buf *text,
                    struct kc_err *e) KC_MUST_USE;

#endif
