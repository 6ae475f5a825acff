/* Which numbers of clusters to try: a range of k as options give it, and the list that it makes. */
#ifndef KC_CORE_CLUSTER_KRANGE_H
#define KC_CORE_CLUSTER_KRANGE_H

#include "base/option.h"

/* The k to try: min, then += step (factor == 0) or the next integer at least k * factor, while <= max. */
struct kc_krange {
    uint64_t min, max, step; /* step >= 1 */
    double factor;           /* 0, or > 1 */
    double share;            /* if not 0: replace max by this share of the rows, but at least min */
    double least;            /* if not 0: replace min by this share of the rows, but at least 2 */
};

/* Return the range for n rows: the shares are replaced by numbers. */
struct kc_krange kc_krange_for(const struct kc_krange *r, size_t n);

#define KC_K_MOST INT32_MAX
/* The ends of a range that the user gave: a k that the data cannot have is then a broken limit, not a warning. */
#define KC_K_MIN_GIVEN 1
#define KC_K_MAX_GIVEN 2

/* Parse K, MIN:MAX, MIN:MAX:STEP or MIN:MAX:xFACTOR; or one end of the range, given by an option of its own. given:
 * bits KC_K_..._GIVEN, set. name: of the option, for messages. KC_EUSAGE. */
int kc_krange_parse(struct kc_krange *k, int *given, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;
int kc_krange_parse_min(struct kc_krange *k, int *given, const char *value, const char *name,
                        struct kc_err *e) KC_MUST_USE;
int kc_krange_parse_max(struct kc_krange *k, int *given, const char *value, const char *name,
                        struct kc_err *e) KC_MUST_USE;
/* Write the range as kc_krange_parse reads it; complete, for a checkpoint, with its step. */
void kc_krange_text(const struct kc_krange *k, int brief, char out[KC_OPTION_TEXT_MAX]);
/* Check that the range has a k. KC_EUSAGE. */
int kc_krange_check(const struct kc_krange *k, int given, struct kc_err *e) KC_MUST_USE;

/* List the k of the range that are at most `limit` into ks (room for `room`). Returns how many there are in all. */
size_t kc_krange_list(const struct kc_krange *r, uint64_t limit, uint32_t *ks, size_t room);

/* A summary of a list of k. */
struct kc_ks {
    size_t n;     /* how many */
    uint32_t max; /* the largest */
    uint64_t sum; /* of all */
};

/* Summarise the k of the range that are at most `limit`, without a list; {0, 0, 0} if there are none. */
struct kc_ks kc_krange_sum(const struct kc_krange *r, uint64_t limit);

#endif
