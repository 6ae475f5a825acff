/* Setting the number of clusters among an algorithm's options. */
#ifndef KC_JOB_SET_K_H
#define KC_JOB_SET_K_H

#include "core/cluster/algorithm.h"

/* Return the option -k of the algorithm; NULL: it has none. */
const struct kc_option *kc_job_find_k(const struct kc_algorithm *a);
/* Ask for k clusters: opts are the algorithm's options. An algorithm without -k is left as it is. */
int kc_job_set_k(const struct kc_algorithm *a, void *opts, size_t k, struct kc_err *e) KC_MUST_USE;

#endif
