/* The check of --max-memory that jobs share which load rows and then work on them. */
#ifndef KC_JOB_MEMORY_H
#define KC_JOB_MEMORY_H

#include "base/ctx.h"

/* Tell how many bytes the data take and the work on them needs, and check that both fit into max bytes (0: no limit).
 * what: the work, for the message, as in "the neighbours". KC_ESYS if they do not. */
int kc_job_check_memory(const struct kc_ctx *ctx, uint64_t data, uint64_t work, uint64_t max, const char *what,
                        struct kc_err *e) KC_MUST_USE;

#endif
