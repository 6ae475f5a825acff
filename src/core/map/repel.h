/* Inside core/map: the repulsion of t-SNE. With q_ij = 1 / (1 + |y_i - y_j|^2), row i is pushed by the sum over j of
 * q_ij^2 (y_i - y_j), and z is the sum of q_ij over all pairs of different rows. */
#ifndef KC_CORE_MAP_REPEL_H
#define KC_CORE_MAP_REPEL_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"

/* By definition: n m products of a kind, for m sources. */
struct kc_exact {
    const struct kc_map_lanes *lanes;
    size_t n, m, dims, ld;
    const uint32_t *row;  /* (m) the sources' rows; NULL: all rows */
    double mass;          /* of a source: n / m */
    float *source;        /* (dims, ld) */
    double *z;            /* (blocks of rows) */
    const float *y;       /* (n, dims) */
    float *force;         /* (n, dims) */
};

/* Prepare for n rows that m of them push, row (m) or NULL, which stays the caller's. Free it with kc_exact_free, also
 * after a failure. */
int kc_exact_new(struct kc_exact *x, size_t n, size_t dims, const uint32_t *row, size_t m,
                 struct kc_err *e) KC_MUST_USE;
void kc_exact_free(struct kc_exact *x);
/* Set force (n, dims) for the rows' places y (n, dims), and return z. The result is a function of the arguments. */
double kc_exact_repel(const struct kc_ctx *ctx, struct kc_exact *x, const float *y, float *force);
uint64_t kc_exact_bytes(size_t n, size_t dims, size_t m);

/* On a grid, in two dimensions. Its size follows the map's; see repel_grid.c. */
struct kc_grid;
struct kc_grid *kc_grid_new(size_t n, struct kc_err *e) KC_MUST_USE;
void kc_grid_free(struct kc_grid *g);
/* Set force (n, 2) for the rows' places y (n, 2), and *z. -1 only if memory is short. The result is a function of the
 * places, and of the largest extent that g has met. */
int kc_grid_repel(const struct kc_ctx *ctx, struct kc_grid *g, const float *y, float *force, double *z,
                  struct kc_err *e) KC_MUST_USE;
uint64_t kc_grid_bytes(size_t n, unsigned threads);

#endif
