/* The option is found by its letter, which all algorithms share. */
#include "job/set_k.h"

#include <stdio.h>

const struct kc_option *kc_job_find_k(const struct kc_algorithm *a)
{
    const struct kc_option *o = a->options;
    while (!kc_option_is_last(o) && o->letter != 'k')
        o++;
    return kc_option_is_last(o) ? NULL : o;
}

int kc_job_set_k(const struct kc_algorithm *a, void *opts, size_t k, struct kc_err *e)
{
    const struct kc_option *o = kc_job_find_k(a);
    char number[24];
    snprintf(number, sizeof number, "%zu", k);
    return o ? kc_option_parse(o, opts, a->defaults, number, "-k", e) : 0;
}
