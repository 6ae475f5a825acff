/* The table of algorithms: a new one is a room of its own and one row here. */
#include "core/algorithms.h"

#include <string.h>
#include "core/density/hdbscan.h"
#include "core/kmeans/kmeans.h"
#include "core/linkage/linkage.h"

const struct kc_algorithm *const kc_algorithms[] = {
    &kc_algorithm_kmeans, &kc_algorithm_hdbscan, &kc_algorithm_ward,   &kc_algorithm_average, &kc_algorithm_complete,
    &kc_algorithm_single, NULL};

const struct kc_algorithm *kc_algorithm_find(const char *name, size_t n)
{
    for (const struct kc_algorithm *const *a = kc_algorithms; *a; a++)
        if (strlen((*a)->name) == n && memcmp((*a)->name, name, n) == 0)
            return *a;
    return NULL;
}
