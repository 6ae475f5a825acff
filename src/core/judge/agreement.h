/* How far two labellings of the same rows agree: a contingency table, and the indices that follow from it. All is
 * computed in double from exact counts. The indices equal scikit-learn's functions of the same names, with its
 * conventions where a quotient is 0/0. */
#ifndef KC_CORE_JUDGE_AGREEMENT_H
#define KC_CORE_JUDGE_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/label.h"

/* A contingency table: its rows are the clusters of one labelling, its columns those of the other. Only cells that
 * contain rows of the data are kept. Clusters may be empty. Free with kc_table_free, also after a failure. */
struct kc_table {
    uint64_t n;           /* rows of the data in the table */
    uint32_t rows, cols;
    uint64_t *row_sum;    /* (rows) */
    uint64_t *col_sum;    /* (cols) */
    size_t *first;        /* (rows + 1) row i has the cells first[i] .. first[i + 1) */
    uint32_t *col;        /* (first[rows]) ascending within a row */
    uint64_t *count;      /* (first[rows]) above 0 */
};

/* Build the table of a (n), 0..rows-1, and b (n), 0..cols-1. A row that is KC_NOISE in one of them is left out.
 * Takes time linear in n, rows and cols, and 8 n bytes beside the table. */
int kc_table_build(struct kc_table *t, const uint32_t *a, uint32_t rows, const uint32_t *b, uint32_t cols, size_t n,
                   struct kc_err *e) KC_MUST_USE;
void kc_table_free(struct kc_table *t);

/* The indices: the table's rows are clusters, judged by its columns, the classes. NAN where undefined. */
struct kc_agreement {
    double ari;                    /* adjusted Rand index (Hubert & Arabie 1985) */
    double ami;                    /* adjusted mutual information (Vinh, Epps & Bailey 2010), arithmetic mean */
    double nmi;                    /* normalised mutual information, arithmetic mean: equals v_measure */
    double homogeneity, completeness, v_measure; /* Rosenberg & Hirschberg 2007, beta 1 */
    double purity;                 /* share of rows of the data in their cluster's most frequent class */
    double precision, recall, f1;  /* over pairs of rows of the data: same cluster, same class; NAN without pairs */
    double mutual_information, expected_information; /* in nats */
    int same;                      /* 1: the same partition, each cluster is one class and each class one cluster */
};

/* Compute the indices; t->n >= 1. Clusters of n rows have at most (2 n)^(1/2) different sizes, and the cost of the
 * expected mutual information grows with these only. Measured in one thread: 0.01 s for 10,000 x 10,000 random
 * clusters of 1,000,000 rows, 0.25 s for the sizes 1, 2, 3, ..., which are the worst. */
int kc_agreement_compute(const struct kc_table *t, struct kc_agreement *a, struct kc_err *e) KC_MUST_USE;

#endif
