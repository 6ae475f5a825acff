/* fit --like: match the clusters of a new fit to those of an older model. */
#ifndef KC_JOB_LIKE_H
#define KC_JOB_LIKE_H

#include "model/like.h"

/* Match the clusters of fit f to those of an older model, and fill out. The caller frees old and out, also after a
 * failure.
 *
 * labels   file of labels that are ids of the old model; NULL: the old model labels the rows, and must have their d
 * max      bytes that these labels may take, 0: no limit
 * ds       the rows of f
 * old, path  the old model and its file */
int kc_job_like(const struct kc_ctx *ctx, const char *labels, uint64_t max, const struct kc_dataset *ds,
                const struct kc_clustering *f, const struct kc_model *old, const char *path, struct kc_like *out,
                struct kc_err *e) KC_MUST_USE;

#endif
