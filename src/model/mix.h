/* Inside src/model: percentiles of similarities, put together from others and from single values. */
#ifndef KC_MODEL_MIX_H
#define KC_MODEL_MIX_H

#include "model/model.h"

/* A similarity, and how many rows it stands for. */
struct kc_weighted {
    float value;
    double weight;
};

/* Compute percentiles (KC_MODEL_PERCENTILES) of n >= 2 values, which are sorted and stand for so many rows together. A
 * value stands at the middle of its weight; the least one is percentile 0, the greatest is percentile 100. */
void kc_model_mix(struct kc_weighted *v, size_t n, uint64_t rows, float *quantiles);

#endif
