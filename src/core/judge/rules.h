/* How an index chooses one of several k where the best value is not simply the largest: rules of the papers. Each takes
 * n >= 1 entries by rising k and returns the position of its choice. */
#ifndef KC_CORE_JUDGE_RULES_H
#define KC_CORE_JUDGE_RULES_H

#include "core/judge/entry.h"

/* Kneedle (Satopää, Albrecht, Irwin & Raghavan 2011) on the inertia over k, with sensitivity 1: the first knee of the
 * falling, convex curve; where it finds none, the k furthest below the chord. */
size_t kc_rule_elbow(const struct kc_k_entry *e, size_t n);
/* Tibshirani, Walther & Hastie 2001: the smallest k whose gap is at least that of the next k less the next one's
 * standard error; the largest k if there is none. Entries without a gap are passed over. */
size_t kc_rule_gap(const struct kc_k_entry *e, size_t n);
/* Tibshirani & Walther 2005: the largest k whose prediction strength is at least 0.8; the smallest k if none is. */
size_t kc_rule_strength(const struct kc_k_entry *e, size_t n);

#endif
