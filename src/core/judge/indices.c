/* The names of the internal indices, in the order of enum kc_index: the only place that has them. */
#include "core/judge/indices.h"

#include <string.h>

static const struct index {
    const char *name;
    unsigned evidence;
} indices[KC_INDICES] = {
    [KC_INDEX_SILHOUETTE] = {"silhouette", 0},
    [KC_INDEX_CALINSKI_HARABASZ] = {"calinski-harabasz", 0},
    [KC_INDEX_DAVIES_BOULDIN] = {"davies-bouldin", 0},
    [KC_INDEX_MACRO_SILHOUETTE] = {"macro-silhouette", 0},
    [KC_INDEX_MODULARITY] = {"modularity", KC_EVIDENCE_MODULARITY},
    [KC_INDEX_ELBOW] = {"elbow", 0},
    [KC_INDEX_GAP] = {"gap", KC_EVIDENCE_GAP},
    [KC_INDEX_STABILITY] = {"stability", KC_EVIDENCE_HALVES},
    [KC_INDEX_PREDICTION_STRENGTH] = {"prediction-strength", KC_EVIDENCE_HALVES},
    [KC_INDEX_AUTO] = {"auto", KC_EVIDENCE_MODULARITY | KC_EVIDENCE_HALVES | KC_EVIDENCE_AUTO},
};

const char *kc_index_name(enum kc_index i)
{
    return indices[i].name;
}

unsigned kc_index_evidence(enum kc_index i)
{
    return indices[i].evidence;
}

int kc_index_by_name(const char *s, enum kc_index *i)
{
    for (int j = 0; j < KC_INDICES; j++)
        if (strcmp(s, indices[j].name) == 0) {
            *i = (enum kc_index)j;
            return 0;
        }
    return -1;
}
