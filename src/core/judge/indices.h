/* The internal indices and their names in options and reports. */
#ifndef KC_CORE_JUDGE_INDICES_H
#define KC_CORE_JUDGE_INDICES_H

#include "base/err.h"

/* In the order of enum kc_index, separated by spaces. */
#define KC_INDEX_WORDS "silhouette calinski-harabasz davies-bouldin"

enum kc_index { KC_INDEX_SILHOUETTE, KC_INDEX_CALINSKI_HARABASZ, KC_INDEX_DAVIES_BOULDIN, KC_INDICES };

const char *kc_index_name(enum kc_index i); /* "silhouette", ... */
/* Find an index by name. Returns -1 if there is none. */
int kc_index_by_name(const char *s, enum kc_index *i) KC_MUST_USE;

#endif
