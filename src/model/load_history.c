/* Reads the history of a model from its info. */
#include "json/json.h"
#include "model/loading.h"

/* Read how many rows of an event each cluster got: pairs of an id and a number of rows. */
static int read_shares(const struct kc_model_reader *l, const char *q, struct kc_model_event *v)
{
    if (!q || *q != '[' || kc_model_count(q) >= UINT32_MAX)
        return kc_model_damage(l, "history: shares are not an array");
    v->share = kc_mem_alloc(kc_model_count(q), sizeof *v->share, l->e);
    if (!v->share)
        return -1;
    for (const char *p = kc_json_first(q); p; p = kc_json_next(kc_json_past(p))) {
        uint64_t id, rows;
        const char *a = *p == '[' ? kc_json_first(p) : NULL, *b = a ? kc_json_next(kc_json_past(a)) : NULL;
        if (!b || kc_json_u64(a, &id) != 0 || kc_json_u64(b, &rows) != 0 || id > KC_MODEL_MOST_IDS || rows == 0)
            return kc_model_damage(l, "history: a share is not an id and a number of rows");
        v->share[v->nshares++] = (struct kc_model_share){(int64_t)id, rows};
    }
    return 0;
}

/* Read one event of the history. */
static int read_event(const struct kc_model_reader *l, const char *q, struct kc_model_event *v)
{
    const char *time = kc_json_find(q, "time");
    const int untimed = time && *time == 'n';
    uint64_t seconds = 0;
    const struct kc_model_number t[] = {
        {"generation", 1, l->m->generation, &v->generation}, {"update", 0, INT64_MAX, &v->update},
        {"rows", 0, UINT64_MAX, &v->rows}, {"joined", 0, UINT64_MAX, &v->joined}, {"born", 0, UINT64_MAX, &v->born},
        {"unassigned", 0, UINT64_MAX, &v->unassigned}, {"clusters", 1, INT32_MAX, &v->clusters},
        {"time", 0, INT64_MAX, &seconds},
    };
    if (kc_model_numbers(l, q, "history: ", t, sizeof t / sizeof *t - (untimed ? 1 : 0)) != 0)
        return -1;
    v->time = untimed ? -1 : (int64_t)seconds;
    return kc_json_double(kc_json_find(q, "similarity"), &v->similarity) != 0 ||
                   kc_json_double(kc_json_find(q, "silhouette"), &v->silhouette) != 0 ||
                   kc_json_double(kc_json_find(q, "variation"), &v->variation) != 0
               ? kc_model_damage(l, "history: a figure is not a number") :
               read_shares(l, kc_json_find(q, "shares"), v);
}

/* Read the history, which models that were never updated do not have, nor those of version 0.2.0 and before. */
int kc_model_read_history(const struct kc_model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    if (!v)
        return 0;
    if (*v != '[' || kc_model_count(v) > KC_MODEL_EVENTS_MOST)
        return kc_model_damage(l, "history is not an array of at most %d", KC_MODEL_EVENTS_MOST);
    m->events = kc_mem_zalloc(kc_model_count(v), sizeof *m->events, l->e);
    if (!m->events)
        return -1;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        if (read_event(l, q, &m->events[m->nevents++]) != 0)
            return -1;
    return 0;
}
