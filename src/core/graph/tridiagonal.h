/* All eigenvectors of symmetric matrices of some hundred rows. */
#ifndef KC_CORE_GRAPH_TRIDIAGONAL_H
#define KC_CORE_GRAPH_TRIDIAGONAL_H

#include <stddef.h>

/* Find all eigenvalues, the largest first, and eigenvectors of a symmetric matrix, through a tridiagonal one. For more
 * than some 60 rows this is faster than kc_eigen; the small eigenvalues have the error of the largest.
 *   a (n, n): destroyed
 *   value (n), vector (n, n): set; vector t is row t, of length 1
 *   work (n) */
void kc_eigen_tridiagonal(double *a, size_t n, double *value, double *vector, double *work);

#endif
