/* The lineage of clusters: which old cluster became which new one, by two labellings of the same rows. These are the
 * external transitions of MONIC (Spiliopoulou et al. 2006). Without common rows: core/track/kinship.h. */
#ifndef KC_CORE_TRACK_LINEAGE_H
#define KC_CORE_TRACK_LINEAGE_H

#include "core/judge/agreement.h"

enum kc_fate { KC_FATE_KEPT, KC_FATE_GROWN, KC_FATE_SHRUNK, KC_FATE_MERGED, KC_FATE_SPLIT, KC_FATE_GONE, KC_FATE_BORN };
const char *kc_fate_name(enum kc_fate f);
/* Return whether a cluster is kept, grown or shrunk; size: see struct kc_lineage_opts. */
enum kc_fate kc_fate_by_size(uint64_t before, uint64_t after, double size);

struct kc_lineage_opts {
    double match; /* an old cluster goes to the new one that has more than this share of its rows (or all of them); if
                     there are several, to the one with most of them */
    double split; /* an old cluster that goes nowhere is split into the new ones that have at least this share of its
                     rows each, if these are two or more and have at least `match` of its rows together */
    double size;  /* a cluster whose number of rows changed by at most this share is kept, not grown or shrunk */
};
#define KC_LINEAGE_OPTS_DEFAULT {0.5, 0.1, 0.1}

/* An old cluster is kept, grown or shrunk if it alone goes to its new one, merged if others go there too, else
 * split or gone. A new cluster to which old ones go has the fate of these. Another one is split if an old one was
 * split into it, or has more than `match` of its rows (or all of them); else it is born. */
struct kc_lineage {
    uint32_t nold, nnew;
    uint32_t *to;       /* (nold) the new cluster that it goes to; KC_NONE: none */
    uint32_t *from;     /* (nnew) the old cluster it comes from; of several the one with most of its rows; or KC_NONE */
    enum kc_fate *old_fate, *new_fate; /* (nold), (nnew) */
    uint32_t *partner;  /* (nnew) its old cluster in the pairing that the most rows agree with; KC_NONE: none */
    uint64_t agreed;    /* rows in these pairs */
};

/* Compute the lineage.
 *   t: old by new clusters, over the rows that both labellings have
 *   old_rows (nold), new_rows (nnew): rows of each cluster that both labellings have, even if unassigned in the other;
 *     shares are of these
 *   old_size (nold), new_size (nnew): all rows of each cluster
 *   l: free it with kc_lineage_free, also after a failure */
int kc_lineage_compute(struct kc_lineage *l, const struct kc_table *t, const uint64_t *old_rows,
                       const uint64_t *new_rows, const uint64_t *old_size, const uint64_t *new_size,
                       const struct kc_lineage_opts *o, struct kc_err *e) KC_MUST_USE;
/* Allocate the arrays alone, for others that fill them. Free with kc_lineage_free, also after a failure. */
int kc_lineage_alloc(struct kc_lineage *l, uint32_t nold, uint32_t nnew, struct kc_err *e) KC_MUST_USE;
void kc_lineage_free(struct kc_lineage *l);

#endif
