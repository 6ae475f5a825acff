/* The keywords of one cluster after the other, from how often each term occurs in it; and then their labels, as words
 * that nearly every cluster has are in none. */
#ifndef KC_TEXT_RANK_H
#define KC_TEXT_RANK_H

#include "text/keywords.h"
#include "text/vocabulary.h"

#define KC_LABEL_PARTS 3 /* most keywords in a label */
#define KC_LABEL_FROM 10 /* best keywords that it is chosen from */
#define KC_COMMON_CLUSTERS 5 /* among so many clusters or more, */
/* a term that is one of these keywords in more than 3 of 4 clusters is in no label */
#define KC_COMMON_OF 4
#define KC_COMMON_MOST 3

/* One of the best keywords of a cluster. */
struct kc_candidate {
    uint32_t term, cluster;
    uint64_t tf; /* its occurrences in the cluster */
};

struct kc_ranked {
    double weight;
    uint32_t term;
};

struct kc_rank {
    const struct kc_vocabulary *v;
    const double *idf;        /* (terms) log(1 + A / f) */
    size_t top;
    uint64_t *tf;             /* (terms) occurrences in this cluster; all 0 between clusters */
    struct kc_buf candidates; /* struct kc_candidate, by cluster and then from the best on */
    uint32_t *met;            /* (nmet) the terms that occur */
    size_t nmet;
    struct kc_ranked *best;   /* (nbest) by falling weight; room for the larger of top and KC_LABEL_FROM */
    size_t nbest;
    struct kc_buf text, other; /* scratch */
};

/* Begin. v and idf are kept. Return -1 with KC_ESYS if memory is short. Free with kc_rank_free, also after a
 * failure. */
int kc_rank_init(struct kc_rank *r, const struct kc_vocabulary *v, const double *idf, size_t top,
                 struct kc_err *e) KC_MUST_USE;
void kc_rank_free(struct kc_rank *r);

/* Count n occurrences of a term in this cluster. */
static inline void kc_rank_count(struct kc_rank *r, uint32_t term, uint64_t n)
{
    if (r->tf[term] == 0)
        r->met[r->nmet++] = term;
    r->tf[term] += n;
}

/* End cluster c: append its keywords to out, and prepare for the next. Clusters end in their order. */
int kc_rank_end(struct kc_rank *r, uint32_t c, struct kc_keywords *out, struct kc_err *e) KC_MUST_USE;
/* Append the labels of all out->k clusters to out, after the last has ended. */
int kc_rank_labels(struct kc_rank *r, struct kc_keywords *out, struct kc_err *e) KC_MUST_USE;

#endif
