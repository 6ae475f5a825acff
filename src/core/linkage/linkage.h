/* Agglomerative clustering by the cosine: the whole tree by Ward's, average, complete or single linkage, and a cut of
 * it. For many rows the leaves are cells of a k-means (`cells`), whose rows all go together. */
#ifndef KC_CORE_LINKAGE_LINKAGE_H
#define KC_CORE_LINKAGE_LINKAGE_H

#include "core/cluster/algorithm.h"
#include "core/cluster/krange.h"
#include "core/judge/ksweep.h"

struct kc_linkage_opts {
    int how;             /* enum kc_linkage; each algorithm has its own */
    struct kc_krange k;
    int k_given;         /* bits KC_K_..._GIVEN */
    int k_by;            /* enum kc_index */
    double cut;          /* the height to cut at instead; NAN: not given */
    uint64_t min_size, max_size; /* rows, see struct kc_cut; 1 and 0 (off) by default */
    uint64_t cells;      /* of the first stage; 0: there is none */
    uint64_t seed;       /* of the first stage */
};

#define KC_LINKAGE_OPTS_DEFAULT(linkage) \
    {.how = linkage, .k = {.min = 2, .max = 20, .step = 1}, .cut = NAN, .min_size = 1, .seed = 42}

/* The appendix. */
struct kc_linkage_fit {
    struct kc_ksweep told;     /* of the cuts that were tried; empty if the cut was given by its height */
    struct kc_k_entry *entry;  /* (told.n) */
    size_t cells;              /* leaves of the tree, if these are cells; 0: they are the rows */
    uint32_t *cell;            /* (n) the cell of each row; NULL: leaves are rows */
    uint64_t *cell_rows;       /* (cells) */
};

extern const struct kc_algorithm kc_algorithm_ward, kc_algorithm_average, kc_algorithm_complete, kc_algorithm_single;
extern const struct kc_option kc_linkage_options[];
int kc_linkage_check(const void *opts, struct kc_err *e) KC_MUST_USE;

/* Return the appendix of a clustering by one of these; NULL if it has none. */
const struct kc_linkage_fit *kc_linkage_of(const struct kc_clustering *c);

int kc_linkage_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_linkage_opts *o,
                   const struct kc_request *r, struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;
uint64_t kc_linkage_bytes(size_t n, size_t d, int in_memory, const struct kc_linkage_opts *o,
                          const struct kc_request *r, unsigned threads);

#endif
