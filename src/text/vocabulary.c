/* The vocabulary: counts of all words and pairs, kept within fixed bounds by forgetting the rarest. A forgotten term
 * that comes again starts from 0, so the counts are lower bounds. */
#include "text/vocabulary.h"

#include <string.h>

/* Make room for `more` counts after n. */
static int reserve_counts(uint64_t **count, size_t *cap, size_t n, size_t more, struct kc_err *e)
{
    size_t want = kc_mem_add(n, more);
    if (want <= *cap)
        return 0;
    if (want < 2 * *cap)
        want = 2 * *cap;
    uint64_t *p = kc_mem_realloc(*count, want, sizeof *p, e);
    if (!p)
        return -1;
    *count = p;
    *cap = want;
    return 0;
}

/* Add n occurrences of term `number`. If there were `before` terms, that one is new, and its count starts at 0. */
static void add_count(uint64_t *count, uint32_t number, size_t before, uint64_t n)
{
    if (number == before)
        count[number] = 0;
    count[number] += n;
}

/* Add the words of a tally, and set v->number. */
static int add_words(struct kc_vocabulary *v, const struct kc_tally *t, struct kc_err *e)
{
    size_t n = t->words.strs.n;
    if (n > v->number_cap) {
        uint32_t *p = kc_mem_realloc(v->number, n, sizeof *p, e);
        if (!p)
            return -1;
        v->number = p;
        v->number_cap = n;
    }
    if (reserve_counts(&v->count, &v->words_cap, v->words.strs.n, n, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        size_t len, before = v->words.strs.n;
        const char *p = kc_strs_get(&t->words.strs, i, &len);
        if (t->count[i] == 0)
            continue;
        if (kc_intern_add(&v->words, p, len, &v->number[i], e) != 0)
            return -1;
        add_count(v->count, v->number[i], before, t->count[i]);
    }
    return 0;
}

/* Add the pairs of a tally, by the numbers in v->number. */
static int add_pairs(struct kc_vocabulary *v, const struct kc_tally *t, struct kc_err *e)
{
    if (reserve_counts(&v->pair_count, &v->pairs_cap, v->pairs.n, t->pairs.n, e) != 0)
        return -1;
    for (size_t i = 0; i < t->pairs.n; i++) {
        uint64_t x = t->pairs.pair[i], pair = (uint64_t)v->number[x >> 32] << 32 | v->number[x & UINT32_MAX];
        size_t before = v->pairs.n;
        uint32_t number = 0;
        if (kc_pairs_add(&v->pairs, pair, &number, e) != 0)
            return -1;
        add_count(v->pair_count, number, before, t->pair_count[i]);
    }
    return 0;
}

/* Keep only words that occur at least `least` times. number (words): set to their new numbers, or KC_TERM_NONE. */
static int keep_words(struct kc_vocabulary *v, uint64_t least, uint32_t *number, struct kc_err *e)
{
    struct kc_intern kept = {0};
    for (size_t i = 0; i < v->words.strs.n; i++) {
        size_t len;
        const char *p = kc_strs_get(&v->words.strs, i, &len);
        number[i] = KC_TERM_NONE;
        if (v->count[i] < least)
            continue;
        if (kc_intern_add(&kept, p, len, &number[i], e) != 0) {
            kc_intern_free(&kept);
            return -1;
        }
        v->count[number[i]] = v->count[i];
    }
    kc_intern_free(&v->words);
    v->words = kept;
    return 0;
}

/* Keep only pairs that occur at least `least` times, and whose words are still there by `number` (NULL: all are). */
static int keep_pairs(struct kc_vocabulary *v, uint64_t least, const uint32_t *number, struct kc_err *e)
{
    struct kc_pairs kept = {0};
    for (size_t i = 0; i < v->pairs.n; i++) {
        uint64_t x = v->pairs.pair[i];
        uint32_t a = (uint32_t)(x >> 32), b = (uint32_t)x, to = 0;
        if (v->pair_count[i] < least || (number && (number[a] == KC_TERM_NONE || number[b] == KC_TERM_NONE)))
            continue;
        if (kc_pairs_add(&kept, number ? (uint64_t)number[a] << 32 | number[b] : x, &to, e) != 0) {
            kc_pairs_free(&kept);
            return -1;
        }
        v->pair_count[to] = v->pair_count[i];
    }
    kc_pairs_free(&v->pairs);
    v->pairs = kept;
    return 0;
}

/* Return a count, from 2 up, that at most `most` of the n counts reach. */
static uint64_t least_count(const uint64_t *count, size_t n, size_t most)
{
    for (uint64_t least = 2;; least += 1 + least / 4) {
        size_t reach = 0;
        for (size_t i = 0; i < n; i++)
            reach += count[i] >= least;
        if (reach <= most)
            return least;
    }
}

/* Forget the rarest words, so that half of the room is free. */
static int forget_words(struct kc_vocabulary *v, struct kc_err *e)
{
    size_t n = v->words.strs.n;
    /* If the bytes are too many, reduce the words in the same proportion. */
    size_t most = v->words.strs.bytes.n > v->most_bytes ?
                  (size_t)((double)n * (double)v->most_bytes / (double)v->words.strs.bytes.n) : v->most_words;
    uint32_t *number = kc_mem_alloc(n, sizeof *number, e);
    if (!number)
        return -1;
    uint64_t least = least_count(v->count, n, (most < v->most_words ? most : v->most_words) / 2);
    int rc = keep_words(v, least, number, e) != 0 || keep_pairs(v, 0, number, e) != 0 ? -1 : 0;
    kc_mem_free(number);
    v->forgot++;
    return rc;
}

int kc_vocabulary_add(struct kc_vocabulary *v, const struct kc_tally *t, struct kc_err *e)
{
    if (add_words(v, t, e) != 0 || add_pairs(v, t, e) != 0)
        return -1;
    if ((v->words.strs.n > v->most_words || v->words.strs.bytes.n > v->most_bytes) && forget_words(v, e) != 0)
        return -1;
    if (v->pairs.n <= v->most_pairs)
        return 0;
    v->forgot++;
    return keep_pairs(v, least_count(v->pair_count, v->pairs.n, v->most_pairs / 2), NULL, e);
}

int kc_vocabulary_end(struct kc_vocabulary *v, struct kc_err *e)
{
    return keep_pairs(v, 2, NULL, e);
}

unsigned kc_vocabulary_words(const struct kc_vocabulary *v, uint32_t term, uint32_t word[2])
{
    size_t words = v->words.strs.n;
    word[0] = term < words ? term : (uint32_t)(v->pairs.pair[term - words] >> 32);
    word[1] = term < words ? term : (uint32_t)v->pairs.pair[term - words];
    return term < words ? 1 : 2;
}

int kc_vocabulary_term(const struct kc_vocabulary *v, uint32_t term, struct kc_buf *b, struct kc_err *e)
{
    uint32_t word[2];
    unsigned n = kc_vocabulary_words(v, term, word);
    for (unsigned i = 0; i < n; i++) {
        size_t len;
        const char *p = kc_strs_get(&v->words.strs, word[i], &len);
        if ((i > 0 && kc_buf_addc(b, ' ', e) != 0) || kc_buf_add(b, p, len, e) != 0)
            return -1;
    }
    return 0;
}

void kc_vocabulary_free(struct kc_vocabulary *v)
{
    kc_intern_free(&v->words);
    kc_pairs_free(&v->pairs);
    kc_mem_free(v->count);
    kc_mem_free(v->pair_count);
    kc_mem_free(v->number);
    memset(v, 0, sizeof *v);
}
