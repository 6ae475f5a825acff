/* Maps: two or three coordinates a row, such that similar rows lie close together. t-SNE keeps each row's neighbours,
 * principal components keep the directions in which the rows differ most. */
#ifndef KC_CORE_MAP_MAP_H
#define KC_CORE_MAP_MAP_H

#include "base/ctx.h"
#include "core/graph/neighbours.h"
#include "la/rows.h"

#define KC_MAP_NEIGHBOURS 32   /* of a row, that t-SNE is made from */
#define KC_MAP_PERPLEXITY 22.0 /* the default */
#define KC_MAP_DIMS 3          /* at most */

enum kc_map_method { KC_MAP_TSNE, KC_MAP_PCA };

struct kc_map_opts {
    enum kc_map_method method;
    uint32_t dims;       /* 2 or 3 */
    double exaggeration; /* of the attraction, from 1 (t-SNE) to some 4 (the look of UMAP); 0: by the number of rows */
    double perplexity;   /* 1 .. KC_MAP_NEIGHBOURS; 0: the default */
    double recall;       /* of the neighbours, as in core/near/near.h */
};
#define KC_MAP_OPTS_DEFAULT {.dims = 2}

/* How a map was made. Of principal components, which fewer than 8 rows have too, only `seconds` is set. */
struct kc_map_report {
    double exaggeration, perplexity;
    double recall;       /* of the neighbours: 1, or as measured on a sample; NAN: they were given */
    uint32_t iterations; /* over all rows */
    size_t laid;         /* rows laid out first; n: all of them */
    int grid;            /* the repulsion was computed on a grid */
    double seconds_neighbours, seconds; /* for the neighbours, and in all */
};

/* Compute the map xy (n, dims) of n > 0 unit rows. Its mean is 0, and the signs of its axes are fixed. Equal rows, and
 * rows that lie alone, have finite places as well. The result is a function of rows and o. Returns -1 if memory is
 * short or the rows cannot be read. */
int kc_map_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_map_opts *o, float *xy,
               struct kc_map_report *report, struct kc_err *e) KC_MUST_USE;
/* Compute the same from neighbours g that are known already: KC_MAP_NEIGHBOURS a row, or more, of which as many are
 * used; with fewer the perplexity is bounded by them. Principal components do not use them, and g may be NULL. */
int kc_map_of(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g,
              const struct kc_map_opts *o, float *xy, struct kc_map_report *report, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that kc_map_run allocates at the peak. */
uint64_t kc_map_bytes(size_t n, size_t d, int in_memory, const struct kc_map_opts *o, unsigned threads);

/* Return the exaggeration of n rows, unless one is asked for. */
double kc_map_exaggeration(size_t n);

#endif
