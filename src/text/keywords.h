/* Keywords of clusters by class-based TF-IDF (Grootendorst 2022, BERTopic), and labels made of them. */
#ifndef KC_TEXT_KEYWORDS_H
#define KC_TEXT_KEYWORDS_H

#include "base/ctx.h"
#include "base/mem.h"

#define KC_KEYWORDS_MOST 1000 /* of a cluster */

struct kc_keywords_opts {
    size_t top;                 /* how many of a cluster, at most KC_KEYWORDS_MOST */
    int no_builtin;             /* without the built-in stop words */
    const struct kc_strs *stop; /* stop words and phrases of the user, or NULL; empty ones and those that begin with #
                                   count for nothing */
};

/* Zero-initialise; free with kc_keywords_free. */
struct kc_keywords {
    size_t k;
    size_t *first;         /* (k + 1) cluster c's keywords are first[c] .. first[c+1] of: */
    struct kc_strs words;  /* best first: a word, or two with a space between them */
    double *weight;
    size_t weight_cap;
    struct kc_strs labels; /* (k) the cluster's label, empty where it has no words */
};

/* texts: n; labels (n): the cluster of each, of k or more: it is in none, and has no say. A term is a word or a pair of
 * words that stand side by side (text/tally.h says which). Its weight in class c is
 *
 *     W(t, c) = tf(t, c) / L(c) * log(1 + A / f(t)),
 *
 * tf(t, c) how often it occurs in c, L(c) the sum of these over the terms of c, f(t) the sum over the classes, A the mean of
 * L. tf / L is what BERTopic's ClassTfidfTransformer makes of the paper's tf; A is not cut to a whole number as there. Of
 * equal weights, pairs go before words, then the bytes decide. Pairs that occur once in all texts are no terms. When there
 * are more than 524,288 words (or 16 MB of them) or 2,097,152 pairs at a time, the rarest are forgotten, and those
 * that come again are counted from there (f, but never tf).
 *
 * A label is up to three keywords with ", " between them, out of the cluster's first ten: of a pair and a word in it only
 * one, the pair when at least half of the word's occurrences in the cluster are in it; never two pairs with a word in
 * common.
 *
 * The texts are split twice, piece by piece on ctx->pool; the result is a function of texts, labels and o alone. -1:
 * KC_ESYS. */
int kc_keywords_make(const struct kc_ctx *ctx, const struct kc_strs *texts, const uint32_t *labels, size_t k,
                     const struct kc_keywords_opts *o, struct kc_keywords *out, struct kc_err *e) KC_MUST_USE;
void kc_keywords_free(struct kc_keywords *w);

/* Allocated memory, in bytes, that kc_keywords_make takes at its peak, its result included, for n texts of so many bytes
 * in all (UINT64_MAX: not known), the longest of them `longest`. */
uint64_t kc_keywords_bytes(uint64_t n, uint64_t bytes, uint64_t longest, uint64_t k, size_t top, unsigned threads);

#endif
