/* Models of random rows for the tests of model. */
#ifndef KC_TESTS_MODEL_UTIL_H
#define KC_TESTS_MODEL_UTIL_H

#include "core/kmeans/kmeans.h"
#include "data.h"
#include "model/model.h"

struct model_world {
    struct kc_ctx ctx;
    struct kc_dataset ds;
    struct kc_clustering fit;
    struct kc_kmeans_opts o;
    struct kc_model m;
    struct kc_err e;
};

/* n rows in `centres` groups, fitted, as a model. copies: each row stands so often. */
void model_world_make(struct model_world *w, struct kc_rng *r, size_t n, size_t d, size_t centres, size_t copies,
                      uint64_t max_size);
void model_world_drop(struct model_world *w);

#endif
