/* fit --like: what an older model and labels by its ids say of the rows of a new fit. */
#ifndef KC_JOB_LIKE_H
#define KC_JOB_LIKE_H

#include "model/like.h"

/* old is read from `path`; without a labels file the rows are labelled by it, and must have its dimension. out is filled
 * for the fit f of ds. old and out are freed by the caller, also after a failure. */
int kc_job_like(const struct kc_ctx *ctx, const char *labels, const struct kc_dataset *ds, const struct kc_clustering *f,
                const struct kc_model *old, const char *path, struct kc_like *out, struct kc_err *e) KC_MUST_USE;

#endif
