/* How much more of a graph's weight lies within clusters than by chance (Newman 2004). */
#ifndef KC_CORE_GRAPH_MODULARITY_H
#define KC_CORE_GRAPH_MODULARITY_H

#include "core/graph/affinity.h"

/* Return the modularity of labels (n), 0..k-1 or KC_NOISE: the share of the weight within clusters, less the share that
 * is to be expected of edges with the same degrees. A row that is noise is a cluster by itself. work (2 k): scratch. */
double kc_modularity(const struct kc_affinity *a, const uint32_t *labels, uint32_t k, double *work);

#endif
