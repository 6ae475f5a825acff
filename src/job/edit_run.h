/* Inside src/job: what the edits of models and of labels share. */
#ifndef KC_JOB_EDIT_RUN_H
#define KC_JOB_EDIT_RUN_H

#include "io/outputs.h"
#include "job/edit.h"
#include "report/edit.h"

/* The outputs, in the order of messages; the first is replaced last. */
enum { KC_EDIT_OUTPUT, KC_EDIT_SUMMARY, KC_EDIT_OUTPUTS };

/* Open the outputs, and check that the summary does not replace the input at path, which `option` names. */
int kc_edit_open(const struct kc_job_edit *j, struct kc_output *out, const char *path, const char *option,
                 struct kc_err *e) KC_MUST_USE;
/* Write the summary, make the text, and replace the outputs. began: when the run began. */
int kc_edit_finish(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_output *out,
                   struct kc_edit_report *r, double began, struct kc_buf *text, struct kc_err *e) KC_MUST_USE;
/* Read the rows. d: the dimensions that they must have, as in the file `from`; 0: any. */
int kc_edit_read_rows(const struct kc_ctx *ctx, const struct kc_job_edit *j, size_t d, const char *from,
                      struct kc_dataset *ds, struct kc_err *e) KC_MUST_USE;

/* Edit a file of labels. (edit_labels.c) */
int kc_edit_labels(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_buf *text,
                   struct kc_err *e) KC_MUST_USE;

#endif
