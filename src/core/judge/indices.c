/* The names of the internal indices, in the order of enum kc_index: the only place that has them. */
#include "core/judge/indices.h"

#include <string.h>

static const char *const names[KC_INDICES] = {"silhouette", "calinski-harabasz", "davies-bouldin"};

const char *kc_index_name(enum kc_index i)
{
    return names[i];
}

int kc_index_by_name(const char *s, enum kc_index *i)
{
    for (int j = 0; j < KC_INDICES; j++)
        if (strcmp(s, names[j]) == 0) {
            *i = (enum kc_index)j;
            return 0;
        }
    return -1;
}
