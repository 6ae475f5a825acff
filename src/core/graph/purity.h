/* Neighbour purity: whether a row's nearest neighbours have its label. Where they do not, the label is in doubt. */
#ifndef KC_CORE_GRAPH_PURITY_H
#define KC_CORE_GRAPH_PURITY_H

#include "core/graph/neighbours.h"

#define KC_PURITY_NEIGHBOURS 15 /* of a row, whose labels are compared with its own */

/* Set purity (n) to the share of a row's neighbours, the m most similar of its list, that have its label. NAN: the row
 * is noise, or has no neighbours. labels (n): clusters or KC_NOISE, which agrees with nothing. */
void kc_purity_make(const struct kc_neighbours *g, uint32_t m, const uint32_t *labels, float *purity);
/* Keep the m most similar of each list, without their similarities, in less memory. */
void kc_purity_keep(struct kc_neighbours *g, uint32_t m);

#endif
