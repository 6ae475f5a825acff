/* Labels. A row's label is the number of its cluster, from 0 up, or KC_NOISE. Every room uses this one constant; files
 * and messages write it as -1. */
#ifndef KC_BASE_LABEL_H
#define KC_BASE_LABEL_H

#include <stdint.h>

#define KC_NOISE UINT32_MAX /* the row is unassigned */
#define KC_NONE UINT32_MAX  /* an index that does not exist: no row, no column, no partner */

#endif
