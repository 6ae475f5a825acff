/* The keywords of one cluster, out of how often each term occurs in it; and its label. */
#ifndef KC_TEXT_RANK_H
#define KC_TEXT_RANK_H

#include "text/keywords.h"
#include "text/vocabulary.h"

#define KC_LABEL_PARTS 3 /* keywords in a label, */
#define KC_LABEL_FROM 10 /* out of so many */

struct kc_ranked {
    double weight;
    uint32_t term;
};

struct kc_rank {
    const struct kc_vocabulary *v;
    const double *idf;        /* (terms) log(1 + A / f) */
    size_t top;
    uint64_t *tf;             /* (terms) in this cluster; all 0 between clusters */
    uint32_t *met;            /* (terms) those that are not 0 */
    size_t nmet;
    struct kc_ranked *best;   /* (the larger of top and KC_LABEL_FROM) */
    size_t nbest;
    struct kc_buf text, other; /* scratch */
};

/* v and idf are kept. -1: KC_ESYS; free with kc_rank_free all the same. */
int kc_rank_init(struct kc_rank *r, const struct kc_vocabulary *v, const double *idf, size_t top,
                 struct kc_err *e) KC_MUST_USE;
void kc_rank_free(struct kc_rank *r);

static inline void kc_rank_count(struct kc_rank *r, uint32_t term, uint64_t n)
{
    if (r->tf[term] == 0)
        r->met[r->nmet++] = term;
    r->tf[term] += n;
}

/* The cluster is complete: append its keywords and label to out, and begin the next. */
int kc_rank_end(struct kc_rank *r, struct kc_keywords *out, struct kc_err *e) KC_MUST_USE;

#endif
