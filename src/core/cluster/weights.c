/* Row weights, scaled by a power of two: that changes no bit of their fractions, and with a mean of 1 .. 2 sums of
 * weights are about as large as numbers of rows. */
#include "core/cluster/weights.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"

#define FAINT 1e-12 /* least weight, as a share of the largest */

int kc_weights_make(const double *given, size_t n, double **w, double *one, struct kc_err *e)
{
    double most = 0, sum = 0;
    int equal = 1, large, mean;
    *w = NULL;
    for (size_t i = 0; given && i < n; i++) {
        most = given[i] > most ? given[i] : most;
        equal &= given[i] == given[0];
    }
    *one = given ? 1 / given[0] : 1;
    if (!given || equal)
        return 0;
    *w = kc_mem_alloc(n, sizeof **w, e);
    if (!*w)
        return -1;
    frexp(most, &large); /* powers of two change no bit, and the sum cannot overflow */
    for (size_t i = 0; i < n; i++) {
        (*w)[i] = ldexp(given[i] > FAINT * most ? given[i] : FAINT * most, -large);
        sum += (*w)[i];
    }
    frexp(sum / (double)n, &mean);
    for (size_t i = 0; i < n; i++)
        (*w)[i] = ldexp((*w)[i], 1 - mean);
    *one = ldexp(1, 1 - mean - large);
    return 0;
}

int kc_weights_pick(const double *from, const uint32_t *idx, size_t m, double **w, struct kc_err *e)
{
    *w = NULL;
    if (!from)
        return 0;
    *w = kc_mem_alloc(m, sizeof **w, e);
    for (size_t i = 0; *w && i < m; i++)
        (*w)[i] = from[idx[i]];
    return *w ? 0 : -1;
}

int kc_weights_sum(const struct kc_space *s, const uint32_t *labels, uint32_t k, double *sums, struct kc_err *e)
{
    const struct kc_lattice lattice = kc_space_lattice(s);
    double *low = kc_mem_zalloc(k, sizeof *low, e);
    if (!low)
        return -1;
    memset(sums, 0, k * sizeof *sums);
    for (size_t i = 0; i < s->n; i++)
        kc_lattice_add(&sums[labels[i]], &low[labels[i]], kc_space_weight(s, i), &lattice);
    const int rc = kc_team_sum(kc_space_team(s), sums, k, e) != 0 ? -1 : kc_team_sum(kc_space_team(s), low, k, e);
    for (uint32_t c = 0; c < k; c++)
        sums[c] += low[c];
    kc_mem_free(low);
    return rc;
}
