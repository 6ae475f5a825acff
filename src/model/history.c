/* The history of a model: what each update brought, and the fits before the last one. A model that was never updated
 * has none, so that its bytes do not depend on this. */
#include <math.h>
#include <string.h>
#include "model/model.h"

/* Append an event, whose shares are copied; if there are too many, the oldest goes. */
static int append_event(struct kc_model *m, const struct kc_model_event *v, struct kc_err *e)
{
    struct kc_model_share *share = kc_mem_alloc(v->nshares, sizeof *share, e);
    if (!share)
        return -1;
    if (v->nshares)
        memcpy(share, v->share, v->nshares * sizeof *share);
    if (m->nevents == KC_MODEL_EVENTS_MOST) {
        kc_mem_free(m->events[0].share);
        memmove(m->events, m->events + 1, (m->nevents - 1) * sizeof *m->events);
        m->nevents--;
    }
    struct kc_model_event *events = kc_mem_realloc(m->events, m->nevents + 1, sizeof *events, e);
    if (!events) {
        kc_mem_free(share);
        return -1;
    }
    m->events = events;
    events[m->nevents] = *v;
    events[m->nevents++].share = share;
    return 0;
}

struct kc_model_event kc_model_fit_event(const struct kc_model *m)
{
    uint64_t clusters = 0;
    for (size_t i = 0; i < m->nlives; i++) /* those that an update has made are not the fit's */
        clusters += m->lives[i].gone == 0 && (m->lives[i].generation < m->generation || m->lives[i].update == 0);
    return (struct kc_model_event){.generation = m->generation, .time = -1, .rows = m->n, .joined = m->n,
                                   .clusters = clusters, .similarity = m->baseline.similarity,
                                   .silhouette = m->baseline.silhouette, .variation = NAN};
}

int kc_model_log_update(struct kc_model *m, const struct kc_model_event *batch, const uint64_t *rows, struct kc_err *e)
{
    struct kc_model_event v = *batch;
    v.generation = m->generation;
    v.update = m->updates;
    v.nshares = 0;
    v.share = kc_mem_alloc(m->k, sizeof *v.share, e);
    if (!v.share)
        return -1;
    for (size_t c = 0; c < m->k; c++)
        if (rows[c] > 0)
            v.share[v.nshares++] = (struct kc_model_share){m->ids[c], rows[c]};
    const int rc = append_event(m, &v, e);
    kc_mem_free(v.share);
    return rc;
}

void kc_model_free_history(struct kc_model *m)
{
    for (size_t i = 0; i < m->nevents; i++)
        kc_mem_free(m->events[i].share);
    kc_mem_free(m->events);
    m->events = NULL;
    m->nevents = 0;
}

int kc_model_continue_history(struct kc_model *m, const struct kc_model *old, struct kc_err *e)
{
    const struct kc_model_event fit = kc_model_fit_event(old);
    int known = 0, rc = 0;
    for (size_t i = 0; rc == 0 && i < old->nevents; i++) {
        const struct kc_model_event *v = &old->events[i];
        if (!known && v->generation == old->generation) {
            known = 1;
            rc = v->update > 0 ? append_event(m, &fit, e) : 0;
        }
        if (rc == 0)
            rc = append_event(m, v, e);
    }
    return rc != 0 || known ? rc : append_event(m, &fit, e);
}
