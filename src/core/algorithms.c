/* The table of algorithms: a new one is a room of its own and one row here. */
#include "core/algorithms.h"

#include <string.h>
#include "core/density/hdbscan.h"
#include "core/kmeans/kmeans.h"

const struct kc_algorithm *const kc_algorithms[] = {&kc_algorithm_kmeans, &kc_algorithm_hdbscan, NULL};

const struct kc_algorithm *kc_algorithm_find(const char *name, size_t n)
{
    for (const struct kc_algorithm *const *a = kc_algorithms; *a; a++)
        if (strlen((*a)->name) == n && memcmp((*a)->name, name, n) == 0)
            return *a;
    return NULL;
}
