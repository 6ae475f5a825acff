/* The bytes that a fit needs beside the rows: the largest of its phases (sweeping, scoring, refining the chosen
 * run, and what comes after), each summed from the sizes that its rooms report. */
#include "core/cluster/assign.h"
#include "core/judge/index.h"
#include "core/judge/judging.h"
#include "core/kmeans/choose.h"
#include "core/kmeans/fixed_k.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/sizes.h"
#include "core/kmeans/sweep.h"

uint64_t kc_kmeans_bytes(size_t n, size_t d, int in_memory, const struct kc_kmeans_opts *o, const struct kc_request *r,
                         unsigned threads)
{
    const struct kc_krange range = kc_krange_for(&o->k, n);
    struct kc_ks ks = kc_krange_sum(&range, n);
    size_t m = o->sample && n > o->sample ? (size_t)o->sample : n;
    int here = in_memory || m < n;
    uint64_t weight = r->weights ? sizeof *r->weights : 0;
    uint64_t sample = m < n ? (uint64_t)m * (sizeof(uint32_t) + weight + (in_memory ? 0 : d * sizeof(float))) : 0;
    if (ks.n == 0) { /* the smallest k is above n: the fit will use n or less */
        ks.max = n < UINT32_MAX ? (uint32_t)n : 1;
        ks = (struct kc_ks){1, ks.max, ks.max};
    }
    size_t nk = ks.n;
    uint32_t kmax = ks.max;
    uint64_t sweeping = sample + kc_sweep_bytes(m, d, here, in_memory && m < n, &ks, o, weight > 0, threads);
    uint64_t scoring = sample + kc_best_bytes(m, nk) + kc_index_bytes(m, d, here, nk, kmax, threads);
    const unsigned wanted = kc_index_evidence(o->k_by) | o->evidence;
    if (r->judge && nk > 1 && wanted)
        scoring += r->judge->bytes(m, d, r->original ? r->original->d : d, kmax, ks.sum, nk, o, wanted, 0, weight > 0,
                                   threads);
    else if (r->judge && nk > 2 && o->k_by == KC_INDEX_SILHOUETTE)
        scoring += r->judge->bytes(m, d, r->original ? r->original->d : d, kmax, ks.sum, nk, NULL,
                                   KC_EVIDENCE_MODULARITY, KC_OPINION_ROWS, weight > 0, threads);
    uint64_t refining = kc_best_bytes(n, 2) + kc_stack_bytes(n, d, in_memory, weight > 0, kmax, 1, threads) +
                        (uint64_t)kmax * (d * (sizeof(double) + 2 * sizeof(float)) + sizeof(uint64_t));
    /* splitting leaves no part below a quarter of the maximum, see sizes.c */
    uint64_t k = kmax + (o->max_size ? 4 * ((uint64_t)n / o->max_size + 1) : 0);
    uint32_t most = k > n ? (uint32_t)n : (uint32_t)k;
    uint64_t sizes = o->k.min == o->k.max && (o->balanced || o->max_size || o->min_size > 1) &&
                     kc_fixed_k_feasible(n, kmax, o->min_size, o->max_size) ?
                     kc_fixed_k_bytes(n, d, in_memory, kmax, threads) :
                     kc_sizes_bytes(n, d, in_memory, kmax, o->max_size, threads);
    uint64_t after = (uint64_t)n * (r->want_rows ? 20 : 12) + sizes +
            kc_index_bytes(n, d, in_memory, 1, most, threads) +
            n + (uint64_t)most * (d * (sizeof(double) + 4 * sizeof(float)) + sizeof(struct kc_cluster) +
                                 4 * sizeof(uint64_t)) +
            kc_assign_bytes(d, in_memory, threads) + (weight ? most * sizeof(double) : 0);
    uint64_t first = sweeping > scoring ? sweeping : scoring, then = refining > after ? refining : after;
    return (first > then ? first : then) + n * weight;
}
