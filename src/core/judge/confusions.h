/* Where a labelling departs from gold labels: the clusters, classes and rows with the most wrong and missed pairs. A
 * pair of rows is wrong if it is in one cluster and in different classes, and missed if it is in one class and in
 * different clusters. They are what lowers the adjusted Rand index, and precision and recall of pairs. */
#ifndef KC_CORE_JUDGE_CONFUSIONS_H
#define KC_CORE_JUDGE_CONFUSIONS_H

#include "core/judge/agreement.h"

/* A cluster that has wrong pairs, or a class that has missed ones. */
struct kc_confusion {
    int is_class;
    uint32_t at;    /* the cluster or class */
    uint64_t pairs; /* above 0 */
};

/* A row that is in such pairs. */
struct kc_confused_row {
    size_t row;      /* of the labels */
    uint64_t pairs;  /* above 0 */
    float silhouette; /* or NAN */
};

struct kc_confusions {
    uint64_t wrong, missed;    /* pairs */
    struct kc_table classes;   /* classes by clusters */
    struct kc_confusion *list; /* (n) the most pairs first, of equally many clusters first, then the lower number */
    size_t n;
    struct kc_confused_row *worst; /* (nworst) the most pairs first, then the lower silhouette, then the lower row */
    size_t nworst;
};

/* Find what is confused. 2^32 rows of the data have fewer pairs than a number can hold.
 *   t             the table of a (n) by b (n), as of kc_table_build
 *   silhouette    (t->n) of the rows that are in it; NULL: not known
 *   worst         how many rows to list, at most
 *   c             set; free it with kc_confusions_free, also after a failure */
int kc_confusions_find(const struct kc_table *t, const uint32_t *a, const uint32_t *b, size_t n,
                       const float *silhouette, size_t worst, struct kc_confusions *c, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates, about: for n rows and k clusters and classes together. */
uint64_t kc_confusions_bytes(size_t n, uint64_t k);
void kc_confusions_free(struct kc_confusions *c);

/* List the `most` largest cells of a row of a table, the largest first, of equal ones the first: cell receives their
 * places in t->col and t->count. Returns how many there are. */
size_t kc_confusions_largest(const struct kc_table *t, uint32_t row, size_t *cell, size_t most);

#endif
