/* Whether rows have any cluster structure at all: the best partition against those of rows without clusters. */
#ifndef KC_CORE_CHOICE_STRUCTURE_H
#define KC_CORE_CHOICE_STRUCTURE_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_structure_opts {
    uint64_t seed;
    unsigned references; /* at least 2 */
    size_t most;         /* rows: of more, as many are drawn at random */
};
#define KC_STRUCTURE_OPTS_DEFAULT {.seed = 42, .references = 6, .most = 2500}
#define KC_STRUCTURE_FEWEST 40 /* rows that can be tested */

struct kc_structure {
    size_t rows;         /* that were tested; 0: there are too few, and structure is taken for granted */
    unsigned references;
    int found;
    /* The largest modularity and silhouette over some k of 2 to 40, their means over the references, and how many
     * standard deviations of these lie between; of the modularity, the larger of that and the same for the mean over
     * the k: */
    double modularity, reference_modularity, modularity_z;
    double silhouette, reference_silhouette, silhouette_z;
};

/* Test the rows. Weights are not used. The result is a function of the rows and o. */
int kc_structure_test(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_structure_opts *o,
                      struct kc_structure *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak. */
uint64_t kc_structure_bytes(size_t n, size_t d, const struct kc_structure_opts *o, unsigned threads);

#endif
