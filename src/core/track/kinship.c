/* Lineage by centroids (kinship.h). All pairs of centroids are compared once, in double, a tile of the one side with 32
 * centroids of the other at a time. */
#include "core/track/kinship.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "la/product.h"

#define ROUNDING 1e-6 /* largest error of similarities of float centroids */
#define COLS 32u      /* centroids of the other side in one product */

/* One side's clusters, each with its nearest on the other side. */
struct nearest_of {
    const struct kc_kin_side *side;
    uint32_t *at;       /* (k) */
    double *similarity; /* (k) */
    double *share;      /* (k) w; 1: both are each other's nearest; NAN: no link */
};

static int alloc_nearest(struct nearest_of *n, const struct kc_kin_side *side, struct kc_err *e)
{
    n->side = side;
    n->at = kc_mem_zalloc(side->k, sizeof *n->at, e);
    n->similarity = kc_mem_alloc(side->k, sizeof *n->similarity, e);
    n->share = kc_mem_alloc(side->k, sizeof *n->share, e);
    for (uint32_t i = 0; n->similarity && i < side->k; i++)
        n->similarity[i] = -HUGE_VAL;
    return n->at && n->similarity && n->share ? 0 : -1;
}

static void free_nearest(struct nearest_of *n)
{
    kc_mem_free(n->share);
    kc_mem_free(n->similarity);
    kc_mem_free(n->at);
}

static void update_nearest(struct nearest_of *n, uint32_t i, uint32_t at, double s)
{
    if (s > n->similarity[i]) {
        n->similarity[i] = s;
        n->at[i] = at;
    }
}

/* Find the nearest of both sides in one pass over all pairs, ascending on both sides, so that the lowest of equals
 * wins. */
static int find_nearest(struct nearest_of *a, struct nearest_of *b, size_t d, struct kc_err *e)
{
    int rc = -1;
    double *wide = kc_mem_alloc(kc_mem_mul(COLS, d), sizeof *wide, e);
    double *out = kc_mem_alloc(COLS * KC_LA_TILE, sizeof *out, e);
    void *scratch = kc_mem_aligned(1, KC_LA_SCRATCH, e);
    const float *row[KC_LA_TILE];
    if (!wide || !out || !scratch)
        goto done;
    for (uint32_t j0 = 0; j0 < b->side->k; j0 += COLS) {
        uint32_t cols = b->side->k - j0 < COLS ? b->side->k - j0 : COLS;
        for (size_t t = 0; t < cols * d; t++)
            wide[t] = (double)b->side->centroids[j0 * d + t];
        for (uint32_t i0 = 0; i0 < a->side->k; i0 += KC_LA_TILE) {
            uint32_t rows = a->side->k - i0 < KC_LA_TILE ? a->side->k - i0 : KC_LA_TILE;
            for (uint32_t i = 0; i < rows; i++)
                row[i] = a->side->centroids + (i0 + i) * d;
            kc_la_productd(row, rows, d, wide, cols, out, KC_LA_TILE, scratch);
            for (uint32_t j = 0; j < cols; j++)
                for (uint32_t i = 0; i < rows; i++) {
                    double s = fmax(-1, fmin(1, out[j * KC_LA_TILE + i]));
                    update_nearest(a, i0 + i, j0 + j, s);
                    update_nearest(b, j0 + j, i0 + i, s);
                }
        }
    }
    rc = 0;
done:
    kc_mem_free(scratch);
    kc_mem_free(out);
    kc_mem_free(wide);
    return rc;
}

/* Return how far y of the other side lies on the way from z to x: w. */
static double compute_share(const struct kc_kin_side *s, uint32_t z, uint32_t x, const struct kc_kin_side *other,
                            uint32_t y, size_t d)
{
    const double *mz = s->sums + z * d, *mx = s->sums + x * d, *my = other->sums + y * d;
    double nz = (double)s->counts[z], nx = (double)s->counts[x], ny = (double)other->counts[y], part = 0, all = 0;
    for (size_t t = 0; t < d; t++) {
        double way = mx[t] / nx - mz[t] / nz;
        part += (my[t] / ny - mz[t] / nz) * way;
        all += way * way;
    }
    return all > 0 ? part / all : 1; /* x and z have the same mean: y is as much of one as of the other */
}

/* Find which clusters of a are linked to their nearest in b, and their shares w, by the rules of the header. */
static void find_shares(struct nearest_of *a, const struct nearest_of *b, size_t d, const struct kc_lineage_opts *o)
{
    const struct kc_kin_side *s = a->side;
    for (uint32_t x = 0; x < s->k; x++) {
        uint32_t y = a->at[x], z = b->at[y];
        a->share[x] = NAN;
        if (b->similarity[y] < fmin(s->median[z], b->side->median[y]) - ROUNDING)
            continue;
        double w = z == x ? 1 : compute_share(s, z, x, b->side, y, d);
        double nx = (double)s->counts[x], nz = (double)s->counts[z];
        if (z == x || (w >= o->split && w >= o->match * nx / (nx + nz)))
            a->share[x] = w;
    }
}

static int is_linked(const struct nearest_of *n, uint32_t i, uint32_t at)
{
    return n->at[i] == at && !isnan(n->share[i]);
}

/* List the links of the clusters of a, in either direction. */
static int list_links(struct kc_kin_links *l, const struct nearest_of *a, const struct nearest_of *b, struct kc_err *e)
{
    size_t n = 0, most = (size_t)a->side->k + b->side->k; /* each cluster of either side brings at most one link */
    l->first = kc_mem_alloc((size_t)a->side->k + 1, sizeof *l->first, e);
    l->col = kc_mem_alloc(most, sizeof *l->col, e);
    l->similarity = kc_mem_alloc(most, sizeof *l->similarity, e);
    if (!l->first || !l->col || !l->similarity)
        return -1;
    for (uint32_t i = 0; i < a->side->k; i++) {
        l->first[i] = n;
        for (uint32_t j = 0; j < b->side->k; j++)
            if (is_linked(a, i, j) || is_linked(b, j, i)) {
                l->col[n] = j;
                l->similarity[n++] = a->at[i] == j ? a->similarity[i] : b->similarity[j];
            }
        if (n == l->first[i]) {
            l->col[n] = a->at[i];
            l->similarity[n++] = a->similarity[i];
        }
    }
    l->first[a->side->k] = n;
    return 0;
}

/* Find where clusters go and come from, and their fates. Scratch: left (old k) is the share of an old cluster that
 * the new ones split off it leave, comers (new k, zeros) the old ones that come to a new one. */
static void find_fates(struct kc_lineage *l, const struct nearest_of *a, const struct nearest_of *b, double *left,
                       uint32_t *comers, const struct kc_lineage_opts *o)
{
    for (uint32_t i = 0; i < l->nold; i++)
        left[i] = 1;
    for (uint32_t j = 0; j < l->nnew; j++) {
        int link = !isnan(b->share[j]);
        l->from[j] = link ? b->at[j] : KC_NONE;
        l->partner[j] = link && a->at[b->at[j]] == j ? b->at[j] : KC_NONE;
        if (link && a->at[b->at[j]] != j)
            left[b->at[j]] -= b->share[j];
    }
    for (uint32_t i = 0; i < l->nold; i++) {
        int whole = left[i] == 1 || left[i] > o->match;
        l->to[i] = whole && !isnan(a->share[i]) ? a->at[i] : KC_NONE;
        l->old_fate[i] = left[i] < 1 ? KC_FATE_SPLIT : KC_FATE_GONE; /* if it goes nowhere */
        if (l->to[i] != KC_NONE)
            comers[l->to[i]]++;
    }
    for (uint32_t j = 0; j < l->nnew; j++)
        l->new_fate[j] = comers[j] > 1 ? KC_FATE_MERGED : l->from[j] != KC_NONE ? KC_FATE_SPLIT : KC_FATE_BORN;
    for (uint32_t i = 0; i < l->nold; i++) {
        uint32_t j = l->to[i];
        if (j == KC_NONE)
            continue;
        l->old_fate[i] = comers[j] > 1 ? KC_FATE_MERGED
                                       : kc_fate_by_size(a->side->counts[i], b->side->counts[j], o->size);
        if (comers[j] == 1) {
            l->new_fate[j] = l->old_fate[i];
            l->from[j] = i;
        }
    }
}

int kc_kinship_compute(struct kc_kinship *s, const struct kc_kin_side *old, const struct kc_kin_side *new, size_t d,
                       const struct kc_lineage_opts *o, struct kc_err *e)
{
    struct nearest_of a = {0}, b = {0};
    int rc = -1;
    memset(s, 0, sizeof *s);
    double *left = kc_mem_alloc(old->k, sizeof *left, e);
    uint32_t *comers = kc_mem_zalloc(new->k, sizeof *comers, e);
    if (!left || !comers || alloc_nearest(&a, old, e) != 0 || alloc_nearest(&b, new, e) != 0 ||
        kc_lineage_alloc(&s->lineage, old->k, new->k, e) != 0 || find_nearest(&a, &b, d, e) != 0)
        goto out;
    find_shares(&a, &b, d, o);
    find_shares(&b, &a, d, o);
    find_fates(&s->lineage, &a, &b, left, comers, o);
    rc = list_links(&s->old, &a, &b, e) != 0 ? -1 : list_links(&s->new, &b, &a, e);
out:
    free_nearest(&b);
    free_nearest(&a);
    kc_mem_free(comers);
    kc_mem_free(left);
    return rc;
}

static void free_links(struct kc_kin_links *l)
{
    kc_mem_free(l->first);
    kc_mem_free(l->col);
    kc_mem_free(l->similarity);
}

void kc_kinship_free(struct kc_kinship *s)
{
    free_links(&s->old);
    free_links(&s->new);
    kc_lineage_free(&s->lineage);
    memset(s, 0, sizeof *s);
}
