/* Sums that have the same bits in any order: of threads, of machines, and of what is added first and taken away later.
 *
 * Each addend is rounded to a lattice before it is added. The lattice is so coarse that every sum of rounded addends,
 * and of any part of them, is a number that a double holds exactly; so no addition rounds, and their order does not
 * matter. (Rump, Ogita, Oishi 2008 find a lattice for each sum from its addends. Here one lattice, known beforehand
 * from the largest sum that can be, serves all sums of a fit.) An addend of n unit rows is off by at most 2^-49 n:
 * 2e-12 for a thousand rows, 2e-9 for a million. That is enough for centroids, which are floats. What must be more
 * exact, or has weights, has a second, finer lattice for what the first one cuts off, and two sums, which are added up
 * in the end: then addends are off by 2^-98 n^2. */
#ifndef KC_BASE_LATTICE_H
#define KC_BASE_LATTICE_H

#include <math.h>

/* Two lattices. A lattice is a number so large that what is added to it is rounded as wanted: 1.5 times a power of two,
 * whose last bit is the distance of the lattice's points. */
struct kc_lattice {
    double high, low;
};

/* Return the lattices for sums of at most n addends whose absolute values add up to at most 4 n. */
static inline struct kc_lattice kc_lattice_for(double n)
{
    int e;
    const double m = frexp(n, &e); /* n is at most 2^c */
    const int c = m > 0.5 ? e : e - 1;
    return (struct kc_lattice){ldexp(1.5, c + 3), ldexp(1.5, 2 * c - 47)};
}

/* Return x rounded to the points of a lattice. */
static inline double kc_lattice_round(double x, double lattice)
{
    return (x + lattice) - lattice;
}

/* Add x to a sum of two parts. */
static inline void kc_lattice_add(double *high, double *low, double x, const struct kc_lattice *g)
{
    const double h = kc_lattice_round(x, g->high);
    *high += h;
    *low += kc_lattice_round(x - h, g->low);
}

#endif
