/* The state of a fit at one of its steps, kept in memory, for unit tests and fuzzing. */
#ifndef KC_TESTS_KEPT_H
#define KC_TESTS_KEPT_H

#include <stdlib.h>
#include <string.h>
#include "core/kmeans/kmeans.h"
#include "core/cluster/steps.h"

struct kept {
    struct kc_st st;    /* its tensors' data are copies */
    size_t step, at;    /* steps so far; the one to save at */
    int late;           /* then time is up */
    struct kc_steps steps;
};

static inline size_t kept_width(const struct kc_st_tensor *t)
{
    return (t->type == KC_ST_F32 || t->type == KC_ST_U32 ? 4 : 8) * (size_t)t->shape[0];
}

static inline void kept_forget(struct kept *k)
{
    for (size_t i = 0; i < k->st.n; i++) {
        free((void *)(uintptr_t)k->st.tensors[i].name);
        free((void *)(uintptr_t)k->st.tensors[i].data);
    }
    free(k->st.tensors);
    k->st = (struct kc_st){0};
}

static inline int kept_due(void *arg, struct kc_err *e)
{
    struct kept *k = arg;
    (void)e;
    k->step++;
    return (k->step == k->at ? KC_DUE_SAVE : 0) | (k->late && k->step >= k->at ? KC_DUE_STOP : 0);
}

static inline int kept_save(void *arg, struct kc_st_tensor *t, const struct kc_rows *const *rows, size_t n,
                            struct kc_err *e)
{
    struct kept *k = arg;
    (void)rows;
    (void)e;
    k->st.tensors = malloc(n * sizeof *t);
    k->st.n = n;
    for (size_t i = 0; i < n; i++) {
        void *copy = malloc(kept_width(&t[i]));
        memcpy(copy, t[i].data, kept_width(&t[i]));
        k->st.tensors[i] = t[i];
        k->st.tensors[i].data = copy;
        k->st.tensors[i].name = strdup(t[i].name);
    }
    return 0;
}

static inline int kept_read(void *arg, const struct kc_st_tensor *t, const struct kc_rows *rows, void *to,
                            struct kc_err *e)
{
    (void)arg;
    (void)rows;
    (void)e;
    memcpy(to, t->data, kept_width(t));
    return 0;
}

static inline int kept_run(struct kept *k, const struct kc_st *from, size_t at, int late, const struct kc_ctx *ctx,
               const struct kc_rows *rows, const struct kc_kmeans_opts *o, const double *weights, struct kc_clustering *f,
                           struct kc_err *e)
{
    const struct kc_request request = {.weights = weights, .steps = &k->steps};
    k->step = 0;
    k->at = at;
    k->late = late;
    k->steps = (struct kc_steps){.due = kept_due, .save = kept_save, .read = kept_read, .from = from, .name = "state", .arg = k};
    return kc_kmeans_run(ctx, rows, o, &request, f, e);
}

#endif
