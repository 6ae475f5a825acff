/* Save and restore the state of a fit: its stage, the choice of k, labels and centroids. The sweep and the engine save
 * their own parts (core/cluster/steps.h). What is read is checked, since a checkpoint may be damaged. */
#include <math.h>
#include "core/kmeans/settle.h"
#include "core/kmeans/sweep.h"

/* Visit the sweep's entries and which of them was chosen. */
static int visit_choice(struct kc_fitting *w, struct kc_state *s)
{
    struct kc_clustering *f = w->f;
    uint64_t *number = kc_state_lend(s, 6, sizeof *number);
    if (!number)
        return -1;
    number[0] = w->own->nsweep;
    number[1] = w->chosen;
    number[2] = w->refine | w->evidence << 1;
    number[3] = w->settled;
    number[4] = w->cut != 0;
    number[5] = f->k;
    if (kc_state_u64(s, "choice", number, 6, INT32_MAX) != 0)
        return -1;
    if (s->reading) {
        if (number[0] < 1 || number[0] > w->nks || number[1] >= number[0] || number[2] > 3 || number[3] > f->n ||
            number[5] < 1 || number[5] > f->n)
            return kc_state_bad(s, "the chosen k is inconsistent");
        w->own->sweep = kc_mem_zalloc((size_t)number[0], sizeof *w->own->sweep, s->e);
        if (!w->own->sweep)
            return -1;
        w->own->nsweep = (size_t)number[0];
        w->chosen = number[1];
        w->refine = number[2] & 1;
        w->evidence = number[2] >> 1;
        w->settled = number[3];
        w->cut = number[4] != 0;
        f->k = (uint32_t)number[5];
    }
    if (kc_sweep_visit_entries(s, w->own->sweep, w->own->nsweep) != 0 ||
        (w->evidence && kc_sweep_visit_evidence(s, w->own->sweep, w->own->nsweep) != 0) ||
        kc_state_f64(s, "silhouette", &w->own->silhouette_selected, 1, INFINITY, 1) != 0)
        return -1;
    w->own->k_selected = w->own->sweep[w->chosen].k;
    if (s->reading && (w->own->k_selected > f->n || (w->stage < KC_FIT_SETTLED && f->k != w->own->k_selected) ||
                       (w->stage == KC_FIT_SETTLED && f->k > w->own->k_selected) ||
                       (w->stage >= KC_FIT_SETTLED && (w->settled < 1 || w->settled > w->own->k_selected))))
        return kc_state_bad(s, "the chosen k is inconsistent");
    return 0;
}

/* Visit the rows whose labels are unsure: 1 for each of them, 0 for the others. */
static int visit_unsure(struct kc_fitting *w, struct kc_state *s)
{
    const size_t n = w->space.n;
    uint32_t *is_unsure = kc_state_lend(s, n, sizeof *is_unsure);
    if (!is_unsure)
        return -1;
    for (size_t i = 0; i < w->nunsure; i++)
        is_unsure[w->unsure[i]] = 1;
    if (kc_state_row_u32(s, "unsure", is_unsure, &w->space.rows, 1) != 0)
        return -1;
    if (!s->reading)
        return 0;
    w->nunsure = 0;
    w->unsure = kc_mem_alloc(n, sizeof *w->unsure, s->e);
    for (size_t i = 0; w->unsure && i < n; i++)
        if (is_unsure[i])
            w->unsure[w->nunsure++] = (uint32_t)i;
    return w->unsure ? 0 : -1;
}

int kc_fitting_visit(void *arg, struct kc_state *s)
{
    struct kc_fitting *w = arg;
    struct kc_clustering *f = w->f;
    uint64_t *has = kc_state_lend(s, 2, sizeof *has);
    if (!has || kc_state_u64(s, "fit", &w->stage, 1, KC_FIT_SIZED) != 0)
        return -1;
    if (w->stage == KC_FIT_SWEEP)
        return 0;
    const int moved = w->stage == KC_FIT_SIZED && kc_fitting_resized(w);
    has[0] = f->labels != NULL;
    has[1] = !moved && (!f->labels || w->unsure || w->stage >= KC_FIT_SETTLED); /* centroids */
    if (visit_choice(w, s) != 0 || kc_state_u64(s, "merged", &w->own->merged, 1, UINT32_MAX) != 0 ||
        kc_state_u64(s, "split", &w->own->split, 1, UINT32_MAX) != 0 || kc_state_u64(s, "has", has, 2, 1) != 0)
        return -1;
    if (w->stage == KC_FIT_SIZED && kc_fitting_keeps_k(w)) {
        uint64_t *resized = kc_state_lend(s, 1, sizeof *resized);
        if (!resized)
            return -1;
        *resized = w->resized != 0;
        if (kc_state_u64(s, "resized", resized, 1, 1) != 0)
            return -1;
        w->resized = *resized != 0;
    }
    if (s->reading) {
        const int sized = w->stage == KC_FIT_SIZED && kc_fitting_resized(w);
        if ((!has[0] && (!has[1] || !w->refine)) ||
            (w->stage >= KC_FIT_SETTLED && (!has[0] || has[1] == (uint64_t)sized)))
            return kc_state_bad(s, "labels or centroids are missing");
        if (kc_fitting_alloc(w, f->k) != 0 ||
            (has[0] && !(f->labels = kc_mem_alloc(w->space.n, sizeof *f->labels, s->e))))
            return -1;
    }
    if ((has[0] && kc_state_partition(s, f->labels, &w->space.rows, f->k) != 0) ||
        (has[1] && kc_state_f32(s, "centroids", f->centroids, (size_t)f->k * f->d, 1.1, 0) != 0))
        return -1;
    return w->stage == KC_FIT_CHOSEN && has[0] && has[1] ? visit_unsure(w, s) : 0;
}
