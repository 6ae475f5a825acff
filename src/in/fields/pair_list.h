/* Files of pairs of records that must be in one cluster, or must not: a line for each, as tsv or csv with three
 * columns, TERM, TERM and must or cannot, or as JSON objects {"a": TERM, "b": TERM, "pair": "must"}. */
#ifndef KC_IN_FIELDS_PAIR_LIST_H
#define KC_IN_FIELDS_PAIR_LIST_H

#include "io/lines.h"

struct kc_pair_list {
    size_t n, cap;
    struct kc_strs terms;   /* (2 n) those of pair i are 2 i and 2 i + 1 */
    unsigned char *cannot;  /* (n) */
    uint64_t *lines;        /* (n) of the file */
};

/* Read the file. KC_EINPUT, with the line, for what is no pair. l is zero-initialised by the callee; free it with
 * kc_pair_list_free, also after a failure. */
int kc_pair_list_load(struct kc_pair_list *l, const char *path, uint64_t max_line, struct kc_err *e) KC_MUST_USE;
void kc_pair_list_free(struct kc_pair_list *l);

#endif
