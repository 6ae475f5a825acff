/* Inside core/map: the loops that run along the lanes of vectors, compiled for each kind of CPU. They have no fused
 * multiply-adds, and a lane never meets another one but in a fixed order; so the bits are the same everywhere. */
#ifndef KC_CORE_MAP_LANES_H
#define KC_CORE_MAP_LANES_H

#include <stddef.h>

#define KC_MAP_LANES ((size_t)8)
#define KC_MAP_TARGETS ((size_t)16) /* rows that `repel` handles at once */

struct kc_map_lanes {
    /* Add up the repulsion of m sources on KC_MAP_TARGETS rows in two dimensions, by definition: with q = 1 / (1 +
     * |y - s|^2), force += q^2 (y - s) and z += q.
     *   source (dims, ld): the sources, a coordinate after the other
     *   target (dims, KC_MAP_TARGETS)
     *   force (dims, KC_MAP_TARGETS), z (KC_MAP_TARGETS): set */
    void (*repel2)(const float *source, size_t ld, size_t m, const float *target, double *force, double *z);
    /* The same in three. */
    void (*repel3)(const float *source, size_t ld, size_t m, const float *target, double *force, double *z);
    /* Transform KC_MAP_LANES sequences at once, in place: X_k = sum over t of x_t e^(-2 pi i k t / n).
     *   re, im (n, KC_MAP_LANES), 32-aligned, in bit-reversed order of t; n: a power of two, at least 2
     *   w (n / 2, 2): the real and imaginary part of e^(-2 pi i k / n) */
    void (*transform)(float *re, float *im, size_t n, const float *w);
    /* Add up 6 rows of KC_MAP_LANES nodes of a field of pairs, each times the weights of its row and column.
     *   field: the first node's pair; stride: floats from a row of nodes to the next
     *   u (KC_MAP_LANES): weights of the columns; v (6): weights of the rows
     *   out (2): set */
    void (*gather)(const float *field, size_t stride, const float *u, const float *v, float *out);
};

extern const struct kc_map_lanes kc_map_portable, kc_map_avx2;
/* Return the loops for this CPU, or for the kernel that la/product.h was told to use. */
const struct kc_map_lanes *kc_map_lanes_get(void);

#endif
