/* The hierarchy of a clustering as a file: scipy's linkage matrix (npy), Newick, or JSON. */
#ifndef KC_REPORT_TREE_H
#define KC_REPORT_TREE_H

#include "core/cluster/clustering.h"
struct kc_outfile; /* io/outfile.h */

#define KC_TREE_SUFFIXES "npy nwk/newick json"
enum kc_tree_format { KC_TREE_NPY, KC_TREE_NEWICK, KC_TREE_JSON };

/* A cluster of the condensed tree of a fit by density (core/density/condense.h). */
struct kc_dense_cluster;

struct kc_tree_file {
    const char *algorithm;        /* its name */
    const struct kc_merge *merges; /* (leaves - 1) sorted by height */
    size_t leaves;                /* rows, or cells of rows */
    size_t n;                     /* rows */
    const uint32_t *cell;         /* (n) the leaf of each row; NULL: leaf i is row i */
    const uint64_t *cell_rows;    /* (leaves) rows of each cell; NULL with cell */
    const struct kc_dense_cluster *condensed; /* (ncondensed); NULL: there is none */
    const uint32_t *condensed_id; /* (ncondensed) the id of a selected cluster; KC_NONE: it is not selected */
    const uint32_t *condensed_of; /* (leaves) the cluster that each leaf falls out of */
    uint32_t ncondensed;
    const struct kc_strs *terms;  /* (n), or empty: the numbers of the input rows are the terms */
    const uint64_t *skipped;      /* (nskipped) input rows left out, ascending */
    size_t nskipped;
};

/* Return the format that the suffix of a path asks for; KC_EUSAGE (-1) if it is none of KC_TREE_SUFFIXES. */
int kc_out_tree_format(const char *path, enum kc_tree_format *format, struct kc_err *e) KC_MUST_USE;

/* Write the tree.
 *   npy: (leaves - 1, 4) doubles: the two nodes of a merge, its height, the rows below it
 *   Newick: leaves are named by their terms, or by cell and size; a branch is as long as the heights differ
 *   JSON: one object: merges as in npy, the terms of the rows, their cells, and the condensed tree. It is flat: trees
 *   can be as deep as they have leaves, and readers of JSON do not nest so deep. */
int kc_out_tree(struct kc_outfile *f, const struct kc_tree_file *t, enum kc_tree_format format,
                struct kc_err *e) KC_MUST_USE;

#endif
