/* Inside core/map: the grid of the repulsion, shared by repel_grid.c, which has its points, and repel_fields.c, which
 * has its transforms. */
#ifndef KC_CORE_MAP_GRID_H
#define KC_CORE_MAP_GRID_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"

#define KC_GRID_LEAST ((size_t)32)   /* nodes on a side, at least */
#define KC_GRID_MOST ((size_t)2048)  /* and at most, of a map of many rows; beyond, the nodes move apart */

/* Fields of side x side nodes, and of their transforms, which are twice as long so that nothing meets its image. A
 * transform along x of rows of real numbers has side + 1 elements that matter; they are stored column after column. */
struct kc_fields {
    const struct kc_map_lanes *lanes;
    size_t side, columns; /* columns: side + 1, rounded up to whole vectors */
    double step;          /* distance of the nodes */
    double *density;      /* (side, side) mass at the nodes */
    float *force;         /* (side, side, 2) */
    float *along[2][2];   /* (columns, side) real and imaginary parts of the transform along x, of two fields */
    float *kernel[3];     /* (columns, columns) transforms of the kernels by ky, kx: that of z, and those of the force
                           * along x and along y, both without their factor i */
    float *w;             /* factors, see fft.h */
    uint32_t *order;      /* (2 side) */
    double *z;            /* (columns) parts of z */
    unsigned threads;
    float *work;          /* (threads, 4, 2 side, KC_MAP_LANES) */
};

/* Allocate fields of a side, a power of two, and compute the kernels for nodes at this distance. Free it with
 * kc_fields_free, also after a failure. */
int kc_fields_new(const struct kc_ctx *ctx, struct kc_fields *f, size_t side, double step,
                  struct kc_err *e) KC_MUST_USE;
void kc_fields_free(struct kc_fields *f);
/* Compute force from density; return the sum of q over all pairs of masses, a mass with itself included. */
double kc_fields_convolve(const struct kc_ctx *ctx, struct kc_fields *f);
uint64_t kc_fields_bytes(size_t side, unsigned threads);

#endif
