/* Maximum-weight matching of two sets of clusters, the rows and the columns of a matrix of weights: which old cluster
 * each new one continues.
 *
 * Each row and each column is in at most one pair; pairs of weight 0 (or less) are never made; the sum of the
 * pairs' weights is the largest possible. Shortest augmenting paths with dual variables (Jonker & Volgenant 1987)
 * over the positive weights only, in integers: weights are rounded to 2^-58 of the largest one, so that rounding
 * does not accumulate, and counts below 2^53 are exact. At most columns x weights x log weights steps, on
 * contingency tables far fewer (2,000 x 2,000 random weights: 0.5 s), and 8 bytes for each positive weight beside
 * the matrix. Of several matchings with the same sum the one that is returned is a function of the weights alone;
 * searches go from the lowest column and row up, so that of columns that want the same row equally the lowest has
 * it, and of rows that suit a column equally the lowest. */
#ifndef KC_CORE_TRACK_MATCH_H
#define KC_CORE_TRACK_MATCH_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define KC_MATCH_NONE UINT32_MAX

/* Match rows and columns by the weights w (rows, cols), which are finite. row_of_col (cols): set to each column's
 * row, or to KC_MATCH_NONE. Fails only if memory is short. */
int kc_match_max(const double *w, size_t rows, size_t cols, uint32_t *row_of_col, struct kc_err *e) KC_MUST_USE;

/* Match as kc_match_max does by weights most of which are 0: those of column j are w[first[j] .. first[j + 1]), for the
 * rows row[...] of the same indices, which ascend. */
int kc_match_sparse(const size_t *first /* (cols + 1) */, const uint32_t *row, const double *w, size_t rows,
                    size_t cols, uint32_t *row_of_col, struct kc_err *e) KC_MUST_USE;

#endif
