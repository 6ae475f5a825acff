/* Row weights, scaled by a power of two: that changes no bit of their fractions, and with a mean of 1 .. 2 sums of
 * weights are about as large as numbers of rows. */
#include "core/cluster/weights.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"

#define FAINT 1e-12 /* least weight, as a share of the largest */

/* Return the bits of a positive number; they are in the order of the numbers. */
static uint64_t bits_of(double x)
{
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static double number_of(uint64_t b)
{
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* Find the least and the largest weight on all ranks. */
static int find_range(const double *given, size_t n, struct kc_team *team, double *least, double *most,
                      struct kc_err *e)
{
    uint64_t v[2] = {UINT64_MAX, UINT64_MAX}; /* the least, and the complement of the largest */
    for (size_t i = 0; i < n; i++) {
        const uint64_t b = bits_of(given[i]);
        v[0] = b < v[0] ? b : v[0];
        v[1] = ~b < v[1] ? ~b : v[1];
    }
    if (kc_team_least(team, v, 2, e) != 0)
        return -1;
    *least = number_of(v[0]);
    *most = number_of(~v[1]);
    return 0;
}

/* As kc_weights_make, of n of the `all` rows of a team. */
static int make_weights(const double *given, size_t n, struct kc_team *team, uint64_t all, double **w, double *one,
                        struct kc_err *e)
{
    double least, most, sum[2] = {0, 0};
    int large, mean;
    *w = NULL;
    *one = 1;
    if (!given)
        return 0;
    if (find_range(given, n, team, &least, &most, e) != 0)
        return -1;
    if (!(least < most)) {
        *one = 1 / most;
        return 0;
    }
    *w = kc_mem_alloc(n, sizeof **w, e);
    if (!*w)
        return -1;
    const struct kc_lattice lattice = kc_lattice_for((double)all);
    frexp(most, &large); /* powers of two change no bit, and the sum cannot overflow */
    for (size_t i = 0; i < n; i++) {
        (*w)[i] = ldexp(given[i] > FAINT * most ? given[i] : FAINT * most, -large);
        kc_lattice_add(&sum[0], &sum[1], (*w)[i], &lattice);
    }
    if (kc_team_sum(team, sum, 2, e) != 0)
        return -1;
    frexp((sum[0] + sum[1]) / (double)all, &mean);
    for (size_t i = 0; i < n; i++)
        (*w)[i] = ldexp((*w)[i], 1 - mean);
    *one = ldexp(1, 1 - mean - large);
    return 0;
}

int kc_weights_make(const double *given, size_t n, double **w, double *one, struct kc_err *e)
{
    return make_weights(given, n, NULL, n, w, one, e);
}

int kc_weights_make_shared(const double *given, const struct kc_rows *rows, double **w, double *one, struct kc_err *e)
{
    return make_weights(given, rows->n, kc_rows_team(rows), kc_rows_all(rows), w, one, e);
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

int kc_weights_pick_shared(const struct kc_space *s, const uint32_t *idx, size_t m, double **w, struct kc_err *e)
{
    const struct kc_share *share = s->rows.share;
    *w = NULL;
    if (!s->w)
        return 0;
    *w = kc_mem_zalloc(m, sizeof **w, e);
    for (size_t i = 0; *w && i < m; i++)
        if (kc_share_is_mine(share, idx[i]))
            (*w)[i] = s->w[kc_share_place(share, idx[i])];
    return *w ? kc_team_union(kc_space_team(s), *w, m * sizeof **w, e) : -1;
}

int kc_weights_most(const struct kc_space *s, double *most, struct kc_err *e)
{
    double least;
    *most = 1;
    if (!s->w)
        return 0;
    if (find_range(s->w, s->n, kc_space_team(s), &least, most, e) != 0)
        return -1;
    *most = *most > 1 ? *most : 1;
    return 0;
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
