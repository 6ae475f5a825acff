/* Layers: the most stable clusters for one least size after another, and which of them to take. */
#ifndef KC_CORE_DENSITY_LAYERS_H
#define KC_CORE_DENSITY_LAYERS_H

#include "core/density/condense.h"
#include "core/graph/affinity.h"
#include "la/rows.h"

/* One layer. Its figures are those of all rows, those that are noise counted to the nearest centroid. */
struct kc_layer {
    uint64_t min_size;
    uint32_t k;
    uint64_t assigned; /* rows in its clusters */
    double modularity, silhouette;
};

struct kc_layers_opts {
    uint64_t min_size;                 /* the least size of the first layer */
    uint64_t k;                        /* take the layer whose number of clusters is nearest to it; 0: the best */
    const struct kc_selection *select; /* how a layer's clusters are selected */
    const struct kc_affinity *graph;   /* of the rows, for the modularity */
    const struct kc_rows *judged;      /* the rows that silhouettes are computed on */
    const uint64_t *sizes;             /* (n) how many each row counts for; NULL: 1 */
};

struct kc_layers {
    struct kc_layer *layer; /* (n) by rising least size; those with the same clusters are one */
    size_t n, chosen;       /* n 0: no least size gives two clusters */
};

/* Find the layers of a dendrogram merges (n - 1), and choose one. c: room for o->min_size. Free it with kc_layers_free,
 * also after a failure. The result is a function of the arguments. */
int kc_layers_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_merge *merges,
                   const struct kc_layers_opts *o, struct kc_condensed *c, struct kc_layers *out,
                   struct kc_err *e) KC_MUST_USE;
void kc_layers_free(struct kc_layers *l);
/* Return the bytes that this allocates at its peak. judged_d: dimensions of the judged rows. */
uint64_t kc_layers_bytes(size_t n, size_t d, size_t judged_d, int in_memory, uint64_t min_size, unsigned threads);

/* Give rows that are noise the label of the nearest centroid of the k >= 1 clusters. labels (n): changed. */
int kc_layers_fill(const struct kc_ctx *ctx, const struct kc_rows *rows, uint32_t *labels, uint32_t k,
                   struct kc_err *e) KC_MUST_USE;

#endif
