/* Eigenvectors of small symmetric matrices. */
#ifndef KC_CORE_GRAPH_EIGEN_H
#define KC_CORE_GRAPH_EIGEN_H

#include <stddef.h>

/* Find all eigenvalues, the largest first, and eigenvectors of a symmetric matrix by Jacobi's rotations (Golub & Van
 * Loan, section 8.5), in a fixed order.
 *   a (n, n): destroyed
 *   value (n), vector (n, n): set; vector t is row t, of length 1 */
void kc_eigen(double *a, size_t n, double *value, double *vector);

/* Sort n eigenvalues by falling value, and the vectors (n, n), the rows, along with them. */
void kc_eigen_sort(double *value, double *vector, size_t n);

#endif
