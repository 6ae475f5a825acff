/* The number of numbers in a row, by most of the first rows: so that one odd record at the beginning does not make all
 * the others bad ones. */
#ifndef KC_IN_PIECE_DIMS_H
#define KC_IN_PIECE_DIMS_H

#include <stddef.h>

#define KC_DIM_ROWS 16                 /* rows that are looked at, at most */
#define KC_DIM_BYTES ((size_t)1 << 20) /* bytes of the input in which they lie */

/* Zero-initialise. */
struct kc_dim_votes {
    size_t d[KC_DIM_ROWS], count[KC_DIM_ROWS];
    size_t n;
};

/* Count a row with d numbers. */
static inline void kc_dim_vote(struct kc_dim_votes *v, size_t d)
{
    size_t i = 0;
    while (i < v->n && v->d[i] != d)
        i++;
    if (i == KC_DIM_ROWS)
        return;
    v->d[i] = d;
    v->count[i]++;
    v->n += i == v->n;
}

/* Return the d of most rows, of equal counts that of the first; 0 if there are no rows. */
static inline size_t kc_dim_most(const struct kc_dim_votes *v)
{
    size_t best = 0;
    for (size_t i = 1; i < v->n; i++)
        best = v->count[i] > v->count[best] ? i : best;
    return v->n > 0 ? v->d[best] : 0;
}

#endif
