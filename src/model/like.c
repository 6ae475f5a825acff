/* Ids of an older model for a new fit (like.h). A pair that shares at most half of the smaller cluster's rows has
 * weight 0, and is never made: better a new id than an old one that means something else. */
#include "model/like.h"

#include <math.h>
#include <string.h>
#include "core/track/match.h"
#include "model/assign.h"

/* Set w (old, new) to the rows that both clusters have, if these are more than half of the smaller one; else to 0. */
static int count_shared(double *w, const struct kc_model *old, const struct kc_clustering *f, const uint32_t *old_place,
                        struct kc_err *e)
{
    uint64_t *rows = kc_mem_zalloc(old->k, sizeof *rows, e), *cols = kc_mem_zalloc(f->k, sizeof *cols, e);
    int rc = rows && cols ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < f->n; i++)
        if (old_place[i] != KC_NOISE && f->labels[i] != KC_NOISE) {
            w[old_place[i] * (size_t)f->k + f->labels[i]]++;
            rows[old_place[i]]++;
            cols[f->labels[i]]++;
        }
    for (size_t a = 0; rc == 0 && a < old->k; a++)
        for (size_t b = 0; b < f->k; b++) {
            double smaller = (double)(rows[a] < cols[b] ? rows[a] : cols[b]);
            if (!(w[a * f->k + b] > smaller / 2))
                w[a * f->k + b] = 0;
        }
    kc_mem_free(cols);
    kc_mem_free(rows);
    return rc;
}

/* Replace positive weights by the similarity of the centroids; they stay positive, as any such pair is better than
 * none. */
static void weigh_centroids(double *w, const struct kc_model *old, const struct kc_clustering *f)
{
    for (size_t a = 0; a < old->k; a++)
        for (size_t b = 0; b < f->k; b++) {
            const float *x = old->centroids + a * f->d, *y = f->centroids + b * f->d;
            double s = 0;
            for (size_t t = 0; w[a * f->k + b] > 0 && t < f->d; t++)
                s += (double)x[t] * (double)y[t];
            w[a * f->k + b] = w[a * f->k + b] > 0 ? fmax(s, 1e-9) : 0;
        }
}

int kc_like_match(struct kc_like *l, const struct kc_model *old, const struct kc_clustering *f,
                  const uint32_t *old_place, int members, struct kc_err *e)
{
    double *w = kc_mem_zalloc(kc_mem_mul(old->k, f->k), sizeof *w, e);
    uint32_t *pair = kc_mem_alloc(f->k, sizeof *pair, e);
    int64_t next = old->next_id;
    int rc = -1;
    memset(l, 0, sizeof *l);
    l->ids = kc_mem_alloc(f->k, sizeof *l->ids, e);
    if (!w || !pair || !l->ids)
        goto out;
    if (count_shared(w, old, f, old_place, e) != 0)
        goto out;
    if (!members)
        weigh_centroids(w, old, f);
    if (kc_match_max(w, old->k, f->k, pair, e) != 0)
        goto out;
    for (uint32_t c = 0; c < f->k; c++) {
        l->ids[c] = pair[c] == KC_MATCH_NONE ? next++ : old->ids[pair[c]];
        l->kept += pair[c] != KC_MATCH_NONE ? 1 : 0;
    }
    l->fresh = f->k - l->kept;
    l->gone = old->k - l->kept;
    for (size_t i = 0; i < f->n; i++)
        if (old_place[i] != KC_NOISE) {
            l->judged++;
            l->changed += f->labels[i] == KC_NOISE || old->ids[old_place[i]] != l->ids[f->labels[i]] ? 1 : 0;
        }
    rc = 0;
out:
    kc_mem_free(pair);
    kc_mem_free(w);
    return rc;
}

void kc_like_free(struct kc_like *l)
{
    kc_mem_free(l->ids);
    memset(l, 0, sizeof *l);
}
