/* The blocks of rows over which reductions go, and the sum of weights. Blocks depend on n alone, so sums over them
 * have the same bits with any number of threads. */
#include "core/cluster/space.h"

#include "la/product.h"

size_t kc_space_block(size_t n)
{
    size_t tiles = kc_la_tiles(n);
    size_t per = tiles / 256 + (tiles % 256 != 0);
    return KC_LA_TILE * (per ? per : 1);
}

size_t kc_space_blocks(size_t n)
{
    size_t b = kc_space_block(n);
    return n / b + (n % b != 0);
}

struct kc_lattice kc_space_lattice(const struct kc_space *s)
{
    const uint64_t n = s->w && s->scaled ? s->scaled : kc_space_all(s);
    return kc_lattice_for((double)n); /* the mean weight of these rows is at most 2 */
}

double kc_space_bound(const struct kc_space *s)
{
    const uint64_t n = s->w && s->scaled ? s->scaled : kc_space_all(s);
    return (s->w ? 2.02 : 1.01) * (double)n;
}

int kc_space_total(const struct kc_space *s, double *total, struct kc_err *e)
{
    const struct kc_lattice lattice = kc_space_lattice(s);
    double sum[2] = {0, 0};
    *total = (double)kc_space_all(s);
    if (!s->w)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        kc_lattice_add(&sum[0], &sum[1], s->w[i], &lattice);
    if (kc_team_sum(kc_space_team(s), sum, 2, e) != 0)
        return -1;
    *total = sum[0] + sum[1];
    return 0;
}
