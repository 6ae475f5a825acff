/* What became of clusters: the external transitions of MONIC (Spiliopoulou et al. 2006), on two labellings of the same
 * rows (core/track/kinship.h: on two sets of centroids). */
#ifndef KC_CORE_TRACK_LINEAGE_H
#define KC_CORE_TRACK_LINEAGE_H

#include "core/judge/agreement.h"

enum kc_fate { KC_FATE_KEPT, KC_FATE_GROWN, KC_FATE_SHRUNK, KC_FATE_MERGED, KC_FATE_SPLIT, KC_FATE_GONE, KC_FATE_BORN };
const char *kc_fate_name(enum kc_fate f);
/* Kept, grown or shrunk; size as below. */
enum kc_fate kc_fate_by_size(uint64_t before, uint64_t after, double size);

struct kc_lineage_opts {
    double match; /* an old cluster goes to the new one that has more than this share of its rows (or all); to the
                     largest of several */
    double split; /* one that goes nowhere is split into the new ones that have at least this share each, if they are
                     two or more and have at least `match` of its rows together */
    double size;  /* a cluster whose number of rows changed by at most this share is kept, not grown or shrunk */
};
#define KC_LINEAGE_OPTS_DEFAULT {0.5, 0.1, 0.1}

/* Old clusters are kept, grown or shrunk (they alone go to their new one), merged (others go there too), split or gone;
 * new ones are kept, grown, shrunk or merged by that, split from the old cluster that was split into them or, when
 * nothing goes to them, has more than `match` of their rows (or all); else born. */
struct kc_lineage {
    uint32_t nold, nnew;
    uint32_t *to;       /* (nold) the new cluster it goes to, KC_NONE */
    uint32_t *from;     /* (nnew) the old cluster that has most of it among those it comes from, KC_NONE */
    enum kc_fate *old_fate, *new_fate; /* (nold), (nnew) */
    uint32_t *partner;  /* (nnew) its old cluster in the pairing that the most rows agree with, KC_NONE */
    uint64_t agreed;    /* rows in these pairs */
};

/* t: old by new, over rows that both know. old_rows (nold), new_rows (nnew): what shares are of, the rows of each that
 * both know, unassigned in the other or not. old_size, new_size: all its rows. Free with kc_lineage_free, also after a
 * failure. */
int kc_lineage_compute(struct kc_lineage *l, const struct kc_table *t, const uint64_t *old_rows,
                       const uint64_t *new_rows, const uint64_t *old_size, const uint64_t *new_size,
                       const struct kc_lineage_opts *o, struct kc_err *e) KC_MUST_USE;
/* Only the arrays, for others that fill them; free as above. */
int kc_lineage_alloc(struct kc_lineage *l, uint32_t nold, uint32_t nnew, struct kc_err *e) KC_MUST_USE;
void kc_lineage_free(struct kc_lineage *l);

#endif
