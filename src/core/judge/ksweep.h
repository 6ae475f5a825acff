/* The figures of several k, of which one is chosen: what every algorithm shares that tries a range of k. */
#ifndef KC_CORE_JUDGE_KSWEEP_H
#define KC_CORE_JUDGE_KSWEEP_H

#include "core/cluster/clustering.h"
#include "core/judge/combine.h"
#include "core/judge/indices.h"

/* A sweep as it is reported. */
struct kc_ksweep {
    const struct kc_k_entry *entry; /* (n) by rising k */
    size_t n;
    enum kc_index by;    /* the index that has chosen */
    uint32_t selected;   /* the k that was chosen, before size limits */
    double silhouette;   /* of that k */
    int iterates;        /* the entries have iterations */
    unsigned evidence;   /* bits KC_EVIDENCE_...: what was computed for the choice */
    uint64_t merged, split; /* clusters merged, and splits made, for the size limits */
};

/* Return the position of the winning entry of n >= 1, by the rule of the index (core/judge/rules.h), or else that of
 * the largest value, or the smallest Davies-Bouldin; of equals the smallest k. An entry whose index is NAN wins only if
 * all are; an index that no entry has gives way to the silhouette. */
size_t kc_ksweep_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by);

/* Return the entry's value of the index `by`; the inertia for the elbow. */
double kc_ksweep_value(const struct kc_k_entry *s, enum kc_index by);

/* Return 1 if the silhouette's choice is worth a second opinion, for which modularities are needed: Davies-Bouldin is
 * best at a very different k. */
int kc_ksweep_doubtful(const struct kc_k_entry *sweep, size_t n, size_t chosen, enum kc_index by);
/* Warn if the chosen k is at the end of the range, or if the combined choice, where modularities are known, is very
 * different. cut: the range was cut by the number of different rows. */
int kc_ksweep_doubts(struct kc_clustering *f, const struct kc_k_entry *sweep, size_t n, size_t chosen, enum kc_index by,
                     int cut, struct kc_err *e) KC_MUST_USE;
/* Warn if one cluster has nearly all rows. Ids go by falling size. */
int kc_ksweep_unbalanced(struct kc_clustering *f, struct kc_err *e) KC_MUST_USE;

#endif
