/* The internal indices and their names in options and reports: what k can be chosen by. */
#ifndef KC_CORE_JUDGE_INDICES_H
#define KC_CORE_JUDGE_INDICES_H

#include "base/err.h"

/* In the order of enum kc_index, separated by spaces. */
#define KC_INDEX_WORDS "silhouette calinski-harabasz davies-bouldin macro-silhouette modularity elbow gap stability " \
                       "prediction-strength auto"

enum kc_index { KC_INDEX_SILHOUETTE, KC_INDEX_CALINSKI_HARABASZ, KC_INDEX_DAVIES_BOULDIN, KC_INDEX_MACRO_SILHOUETTE,
                KC_INDEX_MODULARITY, KC_INDEX_ELBOW, KC_INDEX_GAP, KC_INDEX_STABILITY, KC_INDEX_PREDICTION_STRENGTH,
                KC_INDEX_AUTO, KC_INDICES };

/* What an index needs beside the labels of each k; bits. */
#define KC_EVIDENCE_MODULARITY 1u /* the graph of neighbours */
#define KC_EVIDENCE_HALVES 2u     /* fits of random halves of the rows */
#define KC_EVIDENCE_GAP 4u        /* fits of reference rows without clusters */
#define KC_EVIDENCE_AUTO 8u       /* a test of whether there is structure at all, and the combined choice */
#define KC_EVIDENCE_ALL 15u
unsigned kc_index_evidence(enum kc_index i);

const char *kc_index_name(enum kc_index i); /* "silhouette", ... */
/* Find an index by name. Returns -1 if there is none. */
int kc_index_by_name(const char *s, enum kc_index *i) KC_MUST_USE;

#endif
