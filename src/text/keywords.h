/* Keywords of clusters by class-based TF-IDF (Grootendorst 2022, BERTopic), and labels made of them. */
#ifndef KC_TEXT_KEYWORDS_H
#define KC_TEXT_KEYWORDS_H

#include "base/ctx.h"
#include "base/mem.h"

#define KC_KEYWORDS_MOST 1000 /* keywords of a cluster */

struct kc_keywords_opts {
    size_t top;                 /* keywords per cluster, at most KC_KEYWORDS_MOST */
    int no_builtin;             /* leave out the built-in stop words */
    uint64_t languages;         /* whose stop words are used, see text/languages.h; 0: KC_LANGUAGES_AUTO */
    const struct kc_strs *stop; /* the user's stop words and phrases, or NULL; empty ones and #... are ignored */
};

/* Zero-initialise; free with kc_keywords_free. */
struct kc_keywords {
    size_t k;
    size_t *first;         /* (k + 1) cluster c has the keywords first[c] .. first[c+1] of words and weight */
    struct kc_strs words;  /* best first: a word, or two separated by a blank */
    double *weight;
    size_t weight_cap;
    struct kc_strs labels; /* (k) the clusters' labels; empty for a cluster without words */
};

/* Find the keywords of k clusters of texts, and name the clusters by them.
 *
 * texts   (n) the texts
 * labels  (n) the cluster of each; a text with a label of k or more is unassigned and ignored
 *
 * A term is a word or a pair of adjacent words (see text/tally.h). Its weight in class c is
 *
 *     W(t, c) = tf(t, c) / L(c) * log(1 + A / f(t)),
 *
 * with tf(t, c) the occurrences of t in c, L(c) the sum of these over the terms of c, f(t) the sum over the classes,
 * and A the mean of L. tf / L is what BERTopic's ClassTfidfTransformer makes of the paper's tf; unlike there, A is not
 * cut to a whole number. Of equal weights, pairs come before words, then the bytes decide. Pairs that occur once in all
 * texts are no terms. When there are more than 524,288 words (or 16 MB of them) or 2,097,152 pairs at a time, the
 * rarest are forgotten; if they come again, f counts them from there on (tf counts them all).
 *
 * A label is up to three keywords, separated by ", ", from the cluster's first ten. Of a pair and a word in it only one
 * is used: the pair, if it has at least half of the word's occurrences in the cluster. Two pairs never share a word.
 * Among five clusters with words or more, a word or pair that is one of the first ten keywords in more than three of
 * four is in no label, unless the cluster had none then.
 *
 * The texts are split twice, piece by piece on ctx->pool. The result is a function of texts, labels and o alone. Return
 * -1 with KC_ESYS on failure. */
int kc_keywords_make(const struct kc_ctx *ctx, const struct kc_strs *texts, const uint32_t *labels, size_t k,
                     const struct kc_keywords_opts *o, struct kc_keywords *out, struct kc_err *e) KC_MUST_USE;
void kc_keywords_free(struct kc_keywords *w);

/* Return the bytes of memory that kc_keywords_make needs at its peak, with its result, for n texts of `bytes` bytes in
 * all (UINT64_MAX: not known), the longest of `longest` bytes. */
uint64_t kc_keywords_bytes(uint64_t n, uint64_t bytes, uint64_t longest, uint64_t k, size_t top, unsigned threads);
/* The same for these n texts; NULL: not known yet, an estimate above what terms need. */
uint64_t kc_keywords_bytes_of(const struct kc_strs *texts, uint64_t n, uint64_t k, size_t top, unsigned threads);

#endif
