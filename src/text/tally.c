/* Count words and pairs. Words are collected until a break, then stop phrases are matched, because they may span
 * several words; what remains is counted. */
#include "text/tally.h"

#include <string.h>

/* Make room in the arrays that go with the words. */
static int grow_words(struct kc_tally *t, struct kc_err *e)
{
    size_t cap = t->words_cap ? 2 * t->words_cap : 256;
    uint32_t *count = kc_mem_realloc(t->count, cap, sizeof *count, e);
    if (!count)
        return -1;
    t->count = count;
    uint32_t *stop = kc_mem_realloc(t->stop, cap, sizeof *stop, e);
    if (!stop)
        return -1;
    t->stop = stop;
    unsigned char *worth = kc_mem_realloc(t->worth, cap, 1, e);
    if (!worth)
        return -1;
    t->worth = worth;
    t->words_cap = cap;
    return 0;
}

/* Count a pair of adjacent words. */
static int count_pair(struct kc_tally *t, uint32_t a, uint32_t b, struct kc_err *e)
{
    uint32_t number = 0;
    size_t before = t->pairs.n;
    if (before == t->pairs_cap) {
        size_t cap = before ? 2 * before : 256;
        uint32_t *count = kc_mem_realloc(t->pair_count, cap, sizeof *count, e);
        if (!count)
            return -1;
        t->pair_count = count;
        t->pairs_cap = cap;
    }
    if (kc_pairs_add(&t->pairs, (uint64_t)a << 32 | b, &number, e) != 0)
        return -1;
    if (number == before)
        t->pair_count[number] = 0;
    t->pair_count[number]++;
    return 0;
}

/* Count the words since the last break. */
static int count_run(struct kc_tally *t, const struct kc_stops *stops, struct kc_err *e)
{
    uint32_t before = KC_INTERN_NONE;
    for (size_t i = 0, stop; i < t->nrun; i += stop ? stop : 1) {
        uint32_t word = t->run[i];
        stop = kc_stops_match(stops, t->run_stop + i, t->nrun - i);
        if (stop || word == KC_INTERN_NONE || !t->worth[word]) {
            before = KC_INTERN_NONE;
            continue;
        }
        t->count[word]++;
        if (before != KC_INTERN_NONE && count_pair(t, before, word, e) != 0)
            return -1;
        before = word;
    }
    t->nrun = 0;
    return 0;
}

int kc_tally_text(struct kc_tally *t, const struct kc_stops *stops, const char *text, size_t n, struct kc_err *e)
{
    struct kc_words w;
    int more;
    kc_words_begin(&w, text, n, &t->chars);
    while ((more = kc_words_next(&w, e)) == 1) {
        uint32_t word = KC_INTERN_NONE, stop = KC_STOP_NONE;
        if (!w.too_long) {
            size_t before = t->words.strs.n;
            if ((before == t->words_cap && grow_words(t, e) != 0) ||
                kc_intern_add(&t->words, w.word, w.n, &word, e) != 0)
                return -1;
            if (word == before) {
                t->count[word] = 0;
                t->worth[word] = w.letters > 1 && w.lettered;
                t->stop[word] = kc_stops_find(stops, w.word, w.n);
            }
            stop = t->stop[word];
        }
        if ((!w.joined || t->nrun == KC_RUN_MOST) && count_run(t, stops, e) != 0)
            return -1;
        t->run[t->nrun] = word;
        t->run_stop[t->nrun++] = stop;
    }
    return more < 0 ? -1 : count_run(t, stops, e);
}

void kc_tally_clear(struct kc_tally *t)
{
    kc_intern_clear(&t->words);
    kc_pairs_clear(&t->pairs);
    t->nrun = 0;
}

void kc_tally_free(struct kc_tally *t)
{
    kc_intern_free(&t->words);
    kc_pairs_free(&t->pairs);
    kc_mem_free(t->count);
    kc_mem_free(t->pair_count);
    kc_mem_free(t->stop);
    kc_mem_free(t->worth);
    memset(t, 0, sizeof *t);
}
