/* Stop words and phrases. Phrases are sorted by their words, so that each word of a text narrows them down by a binary
 * search: a list of many phrases with the same first words costs no more than their logarithm. */
#include "text/stops.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_MOST 16 /* words of an entry; a longer one is cut */

int kc_stops_add(struct kc_stops *s, const char *p, size_t n, struct kc_chars *chars, struct kc_err *e)
{
    uint32_t entry[1 + ENTRY_MOST];
    struct kc_words w;
    int more;
    entry[0] = 0;
    kc_words_begin(&w, p, n, chars);
    while ((more = kc_words_next(&w, e)) == 1 && entry[0] < ENTRY_MOST)
        if (kc_intern_add(&s->words, w.word, w.n, &entry[++entry[0]], e) != 0)
            return -1;
    if (more < 0)
        return -1;
    return entry[0] ? kc_buf_add(&s->entries, entry, (1 + entry[0]) * sizeof *entry, e) : 0;
}

int kc_stops_add_list(struct kc_stops *s, const struct kc_stop_list *list, struct kc_chars *chars, struct kc_err *e)
{
    for (const char *p = list->words; *p;) {
        size_t n = strcspn(p, "|");
        if (kc_stops_add(s, p, n, chars, e) != 0)
            return -1;
        p += n + (p[n] == '|');
    }
    return 0;
}

/* Order phrases by their words; one that another begins with comes before it. */
static int by_words(const void *x, const void *y)
{
    const uint32_t *a = *(const uint32_t *const *)x, *b = *(const uint32_t *const *)y;
    for (uint32_t i = 1; i <= a[0] && i <= b[0]; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return (a[0] > b[0]) - (a[0] < b[0]);
}

int kc_stops_ready(struct kc_stops *s, struct kc_err *e)
{
    size_t words = s->words.strs.n, all = s->entries.n / sizeof(uint32_t), phrases = 0, parts = 0;
    const uint32_t *entry = (const uint32_t *)(const void *)s->entries.p;
    const uint32_t **sorted = kc_mem_alloc(all, sizeof *sorted, e);
    int rc = -1;
    s->alone = kc_mem_zalloc(words, 1, e);
    s->first = kc_mem_zalloc(words + 1, sizeof *s->first, e);
    if (!sorted || !s->alone || !s->first)
        goto out;
    for (size_t i = 0; i < all; i += 1 + entry[i])
        if (entry[i] == 1) {
            s->alone[entry[i + 1]] = 1;
        } else {
            sorted[phrases++] = entry + i;
            parts += entry[i];
        }
    if (phrases > 0)
        qsort(sorted, phrases, sizeof *sorted, by_words);
    s->at = kc_mem_zalloc(phrases + 1, sizeof *s->at, e);
    s->part = kc_mem_alloc(parts, sizeof *s->part, e);
    if (!s->at || !s->part)
        goto out;
    for (size_t j = 0; j < phrases; j++) {
        const uint32_t *x = sorted[j];
        s->first[x[1] + 1] = (uint32_t)j + 1;
        s->at[j + 1] = s->at[j] + x[0];
        memcpy(s->part + s->at[j], x + 1, x[0] * sizeof *x);
    }
    for (size_t i = 0; i < words; i++) /* words that begin no phrase */
        if (s->first[i + 1] < s->first[i])
            s->first[i + 1] = s->first[i];
    kc_buf_free(&s->entries);
    rc = 0;
out:
    kc_mem_free(sorted);
    return rc;
}

/* Return the first phrase from lo on, before hi, whose word i is at least `least`. All have more than i words and share
 * those before. */
static uint32_t find_phrase(const struct kc_stops *s, uint32_t lo, uint32_t hi, size_t i, uint64_t least)
{
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->part[s->at[mid] + i] < least)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

size_t kc_stops_match(const struct kc_stops *s, const uint32_t *word, size_t n)
{
    if (word[0] == KC_STOP_NONE)
        return 0;
    size_t longest = s->alone[word[0]];
    uint32_t lo = s->first[word[0]], hi = s->first[word[0] + 1];
    for (size_t i = 1; lo < hi; i++) {
        for (; lo < hi && s->at[lo + 1] - s->at[lo] == i; lo++) /* these end here, and come first */
            longest = i;
        if (i == n)
            break;
        lo = find_phrase(s, lo, hi, i, word[i]);
        hi = find_phrase(s, lo, hi, i, (uint64_t)word[i] + 1);
    }
    return longest;
}

void kc_stops_free(struct kc_stops *s)
{
    kc_intern_free(&s->words);
    kc_mem_free(s->alone);
    kc_mem_free(s->first);
    kc_mem_free(s->at);
    kc_mem_free(s->part);
    kc_buf_free(&s->entries);
    memset(s, 0, sizeof *s);
}
