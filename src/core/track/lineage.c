/* Lineage from a contingency table: first where each old cluster goes, then what is split, then where new clusters
 * come from to which no old one goes. The pairing is a maximum-weight matching of the table (match.h). */
#include "core/track/lineage.h"

#include <string.h>
#include "base/mem.h"
#include "core/track/match.h"

const char *kc_fate_name(enum kc_fate f)
{
    static const char *const names[] = {"kept", "grown", "shrunk", "merged", "split", "gone", "born"};
    return names[f];
}

enum kc_fate kc_fate_by_size(uint64_t before, uint64_t after, double size)
{
    double by = (double)after - (double)before, room = size * (double)before;
    return by > room ? KC_FATE_GROWN : by < -room ? KC_FATE_SHRUNK : KC_FATE_KEPT;
}

static double compute_share(uint64_t part, uint64_t all)
{
    return all > 0 ? (double)part / (double)all : 0;
}

/* Return 1 if part is more than the limit's share of all, or all of it. */
static int exceeds(uint64_t part, uint64_t all, double limit)
{
    return compute_share(part, all) > limit || (part == all && all > 0);
}

/* Find the new cluster that each old one goes to, and count the old ones that come to each new one. */
static void find_targets(struct kc_lineage *l, const struct kc_table *t, const uint64_t *old_rows, double match,
                         uint32_t *comers)
{
    for (uint32_t i = 0; i < l->nold; i++) {
        uint64_t most = 0;
        l->to[i] = KC_NONE;
        for (size_t p = t->first[i]; p < t->first[i + 1]; p++)
            if (t->count[p] > most && exceeds(t->count[p], old_rows[i], match)) {
                most = t->count[p];
                l->to[i] = t->col[p];
            }
        if (l->to[i] != KC_NONE)
            comers[l->to[i]]++;
    }
}

/* Split old cluster i if the rules say so: the new clusters that it is split into get it as their origin. Returns
 * 1 if it is split. */
static int split_old(struct kc_lineage *l, const struct kc_table *t, uint32_t i, uint64_t rows,
                     const struct kc_lineage_opts *o, const uint32_t *comers, uint64_t *most)
{
    double sum = 0;
    size_t parts = 0;
    for (size_t p = t->first[i]; p < t->first[i + 1]; p++)
        if (compute_share(t->count[p], rows) >= o->split) {
            sum += compute_share(t->count[p], rows);
            parts++;
        }
    if (parts < 2 || sum < o->match)
        return 0;
    for (size_t p = t->first[i]; p < t->first[i + 1]; p++) {
        uint32_t j = t->col[p];
        if (compute_share(t->count[p], rows) >= o->split && comers[j] == 0 && t->count[p] > most[j]) {
            most[j] = t->count[p];
            l->from[j] = i;
            l->new_fate[j] = KC_FATE_SPLIT;
        }
    }
    return 1;
}

/* Pair old and new clusters so that as many rows as possible agree. */
static int pair_clusters(struct kc_lineage *l, const struct kc_table *t, struct kc_err *e)
{
    /* The columns of kc_match_sparse are the old clusters here. */
    size_t cells = t->first[l->nold];
    int rc = -1;
    uint32_t *new_of = kc_mem_alloc(l->nold, sizeof *new_of, e);
    double *w = kc_mem_alloc(cells, sizeof *w, e);
    if (!new_of || !w)
        goto out;
    for (size_t p = 0; p < cells; p++)
        w[p] = (double)t->count[p];
    if (kc_match_sparse(t->first, t->col, w, l->nnew, l->nold, new_of, e) != 0)
        goto out;
    for (uint32_t j = 0; j < l->nnew; j++)
        l->partner[j] = KC_NONE;
    for (uint32_t i = 0; i < l->nold; i++)
        for (size_t p = t->first[i]; p < t->first[i + 1] && new_of[i] != KC_MATCH_NONE; p++)
            if (t->col[p] == new_of[i]) {
                l->partner[new_of[i]] = i;
                l->agreed += t->count[p];
            }
    rc = 0;
out:
    kc_mem_free(w);
    kc_mem_free(new_of);
    return rc;
}

int kc_lineage_alloc(struct kc_lineage *l, uint32_t nold, uint32_t nnew, struct kc_err *e)
{
    memset(l, 0, sizeof *l);
    l->nold = nold;
    l->nnew = nnew;
    l->to = kc_mem_alloc(nold, sizeof *l->to, e);
    l->from = kc_mem_alloc(nnew, sizeof *l->from, e);
    l->old_fate = kc_mem_alloc(nold, sizeof *l->old_fate, e);
    l->new_fate = kc_mem_alloc(nnew, sizeof *l->new_fate, e);
    l->partner = kc_mem_alloc(nnew, sizeof *l->partner, e);
    return l->to && l->from && l->old_fate && l->new_fate && l->partner ? 0 : -1;
}

int kc_lineage_compute(struct kc_lineage *l, const struct kc_table *t, const uint64_t *old_rows,
                       const uint64_t *new_rows, const uint64_t *old_size, const uint64_t *new_size,
                       const struct kc_lineage_opts *o, struct kc_err *e)
{
    uint32_t nold = t->rows, nnew = t->cols;
    int rc = -1, made = kc_lineage_alloc(l, nold, nnew, e);
    uint32_t *comers = kc_mem_zalloc(nnew, sizeof *comers, e);
    uint64_t *most = kc_mem_zalloc(nnew, sizeof *most, e); /* rows that a new cluster has of its `from` */
    if (made != 0 || !comers || !most)
        goto out;
    find_targets(l, t, old_rows, o->match, comers);
    for (uint32_t j = 0; j < nnew; j++) {
        l->from[j] = KC_NONE;
        l->new_fate[j] = comers[j] > 1 ? KC_FATE_MERGED : KC_FATE_BORN;
    }
    for (uint32_t i = 0; i < nold; i++) {
        uint32_t j = l->to[i];
        if (j == KC_NONE) {
            l->old_fate[i] = split_old(l, t, i, old_rows[i], o, comers, most) ? KC_FATE_SPLIT : KC_FATE_GONE;
            continue;
        }
        l->old_fate[i] = comers[j] > 1 ? KC_FATE_MERGED : kc_fate_by_size(old_size[i], new_size[j], o->size);
        if (comers[j] == 1)
            l->new_fate[j] = l->old_fate[i];
    }
    for (uint32_t i = 0; i < nold; i++)
        for (size_t p = t->first[i]; p < t->first[i + 1]; p++) {
            uint32_t j = t->col[p];
            int comes = l->to[i] == j, most_of_it = exceeds(t->count[p], new_rows[j], o->match);
            if (t->count[p] > most[j] && (comes || (comers[j] == 0 && most_of_it))) {
                most[j] = t->count[p];
                l->from[j] = i;
                l->new_fate[j] = comes ? l->new_fate[j] : KC_FATE_SPLIT;
            }
        }
    rc = pair_clusters(l, t, e);
out:
    kc_mem_free(most);
    kc_mem_free(comers);
    return rc;
}

void kc_lineage_free(struct kc_lineage *l)
{
    kc_mem_free(l->to);
    kc_mem_free(l->from);
    kc_mem_free(l->old_fate);
    kc_mem_free(l->new_fate);
    kc_mem_free(l->partner);
    memset(l, 0, sizeof *l);
}
