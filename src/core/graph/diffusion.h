/* Diffusion coordinates: where a random walk on the graph of similarities goes. Rows that a walk soon reaches from each
 * other lie close together, so that clusters come apart that the cosine leaves in one cloud. */
#ifndef KC_CORE_GRAPH_DIFFUSION_H
#define KC_CORE_GRAPH_DIFFUSION_H

#include "core/graph/affinity.h"

struct kc_diffusion_opts {
    uint32_t dims;  /* coordinates of a row, 1 .. KC_DIFFUSION_MOST; fewer than the rows */
    double power;   /* a coordinate is weighed by its eigenvalue to this power */
};
#define KC_DIFFUSION_MOST 200

/* What was computed. */
struct kc_diffusion_report {
    double largest, least; /* eigenvalues of the first and the last coordinate */
    double residual;       /* the largest |S v - value v| of them */
    unsigned rounds;
};

/* Compute unit rows x (n, dims) from the graph of n rows, n > dims + 1. The result is a function of a and o. Returns -1
 * only if memory is short. */
int kc_diffusion_run(const struct kc_ctx *ctx, const struct kc_affinity *a, const struct kc_diffusion_opts *o, float *x,
                     struct kc_diffusion_report *report, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak beside x. */
uint64_t kc_diffusion_bytes(size_t n, const struct kc_diffusion_opts *o);

#endif
