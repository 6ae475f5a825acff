/* Inside core/map: the descent of t-SNE. */
#ifndef KC_CORE_MAP_DESCEND_H
#define KC_CORE_MAP_DESCEND_H

#include "core/graph/affinity.h"

struct kc_descent_opts {
    size_t dims;
    uint32_t early, late;    /* iterations with exaggeration EARLY, and with the one that follows */
    double exaggeration;     /* of the attraction in the late ones */
    const uint32_t *source;  /* (sources) the rows that push all rows, each for n / sources; NULL: all rows do */
    size_t sources;          /* 0: all */
    int grid;                /* compute the repulsion on a grid: dims is 2, and all rows push */
    uint64_t done, total;    /* for the progress: iterations before, and in all */
};

/* Move the rows' places y (n, dims) down the gradient of t-SNE's cost, by the attraction a. The mean becomes 0. The
 * result is a function of y, a and o. Returns -1 only if memory is short. */
int kc_descend(const struct kc_ctx *ctx, const struct kc_affinity *a, const struct kc_descent_opts *o, float *y,
               struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak. */
uint64_t kc_descend_bytes(size_t n, const struct kc_descent_opts *o, unsigned threads);
/* Set y's mean to 0. */
void kc_descend_centre(float *y, size_t n, size_t dims);

#endif
