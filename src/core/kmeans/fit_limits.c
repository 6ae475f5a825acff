/* What a fit says of limits, and how it keeps those of sizes. If one k is asked for and can be had within them, it is
 * kept (fixed_k.h); else clusters are merged and split (sizes.h), which changes k. */
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "core/kmeans/fixed_k.h"
#include "core/kmeans/settle.h"
#include "core/kmeans/sizes.h"

#define FEW 1024 /* rows among which a search within limits takes no time worth naming */

void kc_kmeans_balance(struct kc_kmeans_opts *o, uint64_t n)
{
    if (!o->balanced || o->k.min > n)
        return;
    o->min_size = n / o->k.min;
    o->max_size = o->min_size + (n % o->k.min != 0);
}

/* Return 1 if one k is asked for, of which there can be as many different centroids. */
static int is_one_k(const struct kc_fitting *w)
{
    return w->o->k.min == w->o->k.max && w->own->k_selected == w->o->k.min;
}

int kc_fitting_keeps_k(const struct kc_fitting *w)
{
    return is_one_k(w) && kc_fixed_k_feasible(w->f->n, w->o->k.min, w->o->min_size, w->o->max_size);
}

int kc_fitting_seeks_better(const struct kc_fitting *w)
{
    return (w->o->min_size > 1 || w->o->max_size) && w->f->n <= FEW && w->o->k.min > 1 && !w->r->centroids &&
           kc_fitting_keeps_k(w);
}

int kc_fitting_resized(const struct kc_fitting *w)
{
    return w->own->merged || w->own->split || w->resized;
}

int kc_fitting_sizes_hold(const struct kc_fitting *w)
{
    const struct kc_kmeans_opts *o = w->o;
    if (o->min_size > kc_sizes_feasible_min(w->f->n, o->min_size, o->max_size))
        return 0;
    for (uint32_t c = 0; c < w->f->k; c++)
        if (w->counts[c] < o->min_size || (o->max_size && w->counts[c] > o->max_size))
            return 0;
    return 1;
}

/* Report that the k that was asked for is none that the limits allow. min: the minimum that was kept. */
static int tell_other_k(struct kc_fitting *w, uint64_t min)
{
    typedef unsigned long long ull;
    const struct kc_kmeans_opts *o = w->o;
    const uint64_t k = o->k.min, n = w->f->n;
    const int few = o->min_size > n / k;
    char why[256];
    if (!is_one_k(w) || w->f->k == k || min < o->min_size)
        return 0;
    const uint64_t size = few ? o->min_size : o->max_size;
    snprintf(why, sizeof why,
             "%llu clusters of at %s %llu rows %s %llu rows, but there are %llu (--%s-size %llu would do); "
             "%u cluster%s made",
             (ull)k, few ? "least" : "most", (ull)size, few ? "need" : "hold",
             (ull)kc_mem_mul((size_t)k, (size_t)size), (ull)n, few ? "min" : "max",
             (ull)(few ? n / k : n / k + (n % k != 0)), w->f->k, w->f->k == 1 ? " was" : "s were");
    if (!o->k_given)
        return kc_fitting_warn(w, "k = %llu cannot be kept: %s", (ull)k, why);
    kc_fitting_limit(w, "k = %llu cannot be kept: %s", (ull)k, why);
    return 0;
}

/* Keep k and enforce the limits, starting from the present labels if these are k clusters. */
static int keep_k(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    const uint32_t k = (uint32_t)w->o->k.min;
    int changed;
    if (kc_fixed_k_run(&w->space, w->o, k, w->o->min_size, w->o->max_size, f->k, f->labels, &changed, w->e) != 0)
        return -1;
    f->k = k;
    w->resized = changed;
    return 0;
}

int kc_fitting_enforce_sizes(struct kc_fitting *w)
{
    const struct kc_kmeans_opts *o = w->o;
    struct kc_clustering *f = w->f;
    uint64_t min = kc_sizes_feasible_min(f->n, o->min_size, o->max_size);
    if (min < o->min_size) {
        if (o->min_size > f->n)
            kc_fitting_limit(w, "min-size %llu cannot be kept: the number of rows is %zu",
                             (unsigned long long)o->min_size, f->n);
        else
            kc_fitting_limit(w,
                             "min-size %llu and max-size %llu cannot both hold for %zu rows: min-size %llu was "
                             "kept instead",
                             (unsigned long long)o->min_size, (unsigned long long)o->max_size, f->n,
                             (unsigned long long)min);
    }
    if (w->stage == KC_FIT_SIZED) /* done before the fit was resumed */
        return tell_other_k(w, min);
    if ((kc_fitting_keeps_k(w) ? keep_k(w) :
                                 kc_sizes_enforce(&w->space, f->labels, &f->k, min, o->max_size, &w->own->merged,
                                                  &w->own->split, w->e)) != 0)
        return -1;
    w->stage = KC_FIT_SIZED;
    return kc_steps_at(w->space.steps, w->e) < 0 ? -1 : tell_other_k(w, min);
}
