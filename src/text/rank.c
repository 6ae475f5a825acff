/* Rank the terms of each cluster by class-based TF-IDF, and make the labels at the end. Only the best are kept, in a
 * sorted array, so a cluster costs time by the terms that occur in it. */
#include "text/rank.h"

#include <string.h>

int kc_rank_init(struct kc_rank *r, const struct kc_vocabulary *v, const double *idf, size_t top, struct kc_err *e)
{
    size_t terms = kc_vocabulary_terms(v);
    memset(r, 0, sizeof *r);
    r->v = v;
    r->idf = idf;
    r->top = top;
    r->tf = kc_mem_zalloc(terms, sizeof *r->tf, e);
    r->met = kc_mem_alloc(terms, sizeof *r->met, e);
    r->best = kc_mem_alloc(top > KC_LABEL_FROM ? top : KC_LABEL_FROM, sizeof *r->best, e);
    return r->tf && r->met && r->best ? 0 : -1;
}

void kc_rank_free(struct kc_rank *r)
{
    kc_mem_free(r->tf);
    kc_mem_free(r->met);
    kc_mem_free(r->best);
    kc_buf_free(&r->candidates);
    kc_buf_free(&r->text);
    kc_buf_free(&r->other);
    memset(r, 0, sizeof *r);
}

/* Return 1 if a ranks before b, 0 if not, -1 with KC_ESYS. Of equal weights pairs come before words, then the bytes
 * decide. */
static int is_better(struct kc_rank *r, const struct kc_ranked *a, const struct kc_ranked *b, struct kc_err *e)
{
    size_t words = r->v->words.strs.n;
    if (a->weight < b->weight || a->weight > b->weight)
        return a->weight > b->weight;
    if ((a->term < words) != (b->term < words))
        return b->term < words;
    r->text.n = r->other.n = 0;
    if (kc_vocabulary_term(r->v, a->term, &r->text, e) != 0 || kc_vocabulary_term(r->v, b->term, &r->other, e) != 0)
        return -1;
    size_t n = r->text.n < r->other.n ? r->text.n : r->other.n;
    int order = memcmp(r->text.p, r->other.p, n);
    return order != 0 ? order < 0 : r->text.n < r->other.n;
}

/* Insert a term in its place among the best. */
static int insert_ranked(struct kc_rank *r, const struct kc_ranked *x, size_t most, struct kc_err *e)
{
    size_t lo = 0, hi = r->nbest;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int better = is_better(r, x, &r->best[mid], e);
        if (better < 0)
            return -1;
        if (better)
            hi = mid;
        else
            lo = mid + 1;
    }
    if (lo == most)
        return 0;
    size_t stay = r->nbest < most ? r->nbest++ : most - 1;
    memmove(r->best + lo + 1, r->best + lo, (stay - lo) * sizeof *r->best);
    r->best[lo] = *x;
    return 0;
}

/* Find the best terms of the cluster. */
static int find_best(struct kc_rank *r, struct kc_err *e)
{
    size_t most = r->top > KC_LABEL_FROM ? r->top : KC_LABEL_FROM;
    uint64_t all = 0;
    r->nbest = 0;
    for (size_t i = 0; i < r->nmet; i++)
        all += r->tf[r->met[i]];
    for (size_t i = 0; i < r->nmet; i++) {
        uint32_t t = r->met[i];
        struct kc_ranked x = {(double)r->tf[t] / (double)all * r->idf[t], t};
        if ((r->nbest < most || x.weight >= r->best[r->nbest - 1].weight) && insert_ranked(r, &x, most, e) != 0)
            return -1;
    }
    return 0;
}

/* A keyword that may become part of the label. */
struct label_part {
    uint32_t term, word[2];
    uint64_t tf;
    unsigned words;
};

static int has_word(const struct label_part *p, uint32_t word)
{
    return p->word[0] == word || p->word[1] == word;
}

static int share_word(const struct label_part *a, const struct label_part *b)
{
    return has_word(a, b->word[0]) || has_word(a, b->word[1]);
}

/* Add x to the label's parts, unless it repeats a word. Return the number of parts. A pair may replace the words in it,
 * if it has at least half of the occurrences of the first of them. */
static size_t add_part(struct label_part *part, size_t n, const struct label_part *x)
{
    size_t at = n;
    for (size_t i = n; i-- > 0;)
        if (share_word(&part[i], x)) {
            if (part[i].words == 2)
                return n;
            at = i; /* the first of them */
        }
    if (at == n) {
        if (n < KC_LABEL_PARTS)
            part[n++] = *x;
        return n;
    }
    if (2 * x->tf < part[at].tf)
        return n;
    part[at] = *x;
    size_t left = at + 1;
    for (size_t i = left; i < n; i++)
        if (!share_word(&part[i], x))
            part[left++] = part[i];
    return left;
}

/* Choose the parts of a label from the candidates c (n), and return their number. common: a term that is a candidate in
 * so many clusters (by r->tf) is left out; 0: none is. */
static size_t choose_parts(const struct kc_rank *r, const struct kc_candidate *c, size_t n, uint64_t common,
                           struct label_part *part)
{
    size_t parts = 0;
    for (size_t i = 0; i < n; i++) {
        struct label_part x = {.term = c[i].term, .tf = c[i].tf};
        if (common > 0 && r->tf[x.term] >= common)
            continue;
        x.words = kc_vocabulary_words(r->v, x.term, x.word);
        parts = add_part(part, parts, &x);
    }
    return parts;
}

/* Append the label of a cluster with the candidates c (n), without terms that are common (see choose_parts). */
static int add_label(struct kc_rank *r, const struct kc_candidate *c, size_t n, uint64_t common, struct kc_strs *labels,
                     struct kc_err *e)
{
    struct label_part part[KC_LABEL_PARTS];
    size_t parts = choose_parts(r, c, n, common, part);
    if (parts == 0 && common > 0) /* better a common word than none */
        parts = choose_parts(r, c, n, 0, part);
    r->text.n = 0;
    for (size_t i = 0; i < parts; i++)
        if ((i > 0 && kc_buf_add(&r->text, ", ", 2, e) != 0) ||
            kc_vocabulary_term(r->v, part[i].term, &r->text, e) != 0)
            return -1;
    return kc_strs_add(labels, r->text.n ? r->text.p : "", r->text.n, e);
}

int kc_rank_labels(struct kc_rank *r, struct kc_keywords *out, struct kc_err *e)
{
    const struct kc_candidate *c = (const void *)r->candidates.p;
    const size_t n = r->candidates.n / sizeof *c;
    uint64_t clusters = 0;
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        r->tf[c[i].term]++;
        clusters += i == 0 || c[i].cluster != c[i - 1].cluster;
    }
    const uint64_t common = clusters < KC_COMMON_CLUSTERS ? 0 : clusters * KC_COMMON_MOST / KC_COMMON_OF + 1;
    for (size_t i = 0, from = 0; rc == 0 && out->labels.n < out->k; from = i) {
        while (i < n && c[i].cluster == out->labels.n)
            i++;
        rc = add_label(r, c + from, i - from, common, &out->labels, e);
    }
    return rc;
}

/* Append the cluster's keywords. */
static int add_keywords(struct kc_rank *r, struct kc_keywords *out, struct kc_err *e)
{
    size_t n = r->nbest < r->top ? r->nbest : r->top, want = out->words.n + n;
    if (want > out->weight_cap) {
        size_t cap = want > 2 * out->weight_cap ? want : 2 * out->weight_cap;
        double *p = kc_mem_realloc(out->weight, cap, sizeof *p, e);
        if (!p)
            return -1;
        out->weight = p;
        out->weight_cap = cap;
    }
    for (size_t i = 0; i < n; i++) {
        r->text.n = 0;
        if (kc_vocabulary_term(r->v, r->best[i].term, &r->text, e) != 0)
            return -1;
        out->weight[out->words.n] = r->best[i].weight;
        if (kc_strs_add(&out->words, r->text.p, r->text.n, e) != 0)
            return -1;
    }
    return 0;
}

int kc_rank_end(struct kc_rank *r, uint32_t c, struct kc_keywords *out, struct kc_err *e)
{
    if (find_best(r, e) != 0 || add_keywords(r, out, e) != 0)
        return -1;
    for (size_t i = 0; i < r->nbest && i < KC_LABEL_FROM; i++) {
        const struct kc_candidate x = {r->best[i].term, c, r->tf[r->best[i].term]};
        if (kc_buf_add(&r->candidates, (const char *)&x, sizeof x, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < r->nmet; i++)
        r->tf[r->met[i]] = 0;
    r->nmet = 0;
    return 0;
}
