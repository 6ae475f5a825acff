/* Find the most similar word by the edit distance of Damerau (1964) and Levenshtein (1966), with neighbouring letters
 * swapped as one edit. A word counts if no more than a third of its letters are edits, and one in any case; a word that
 * begins with the other, of three letters or more, counts as one and a half. */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 40 /* longer words are not compared */
#define BEGINS 3u  /* what a word costs that begins with the other: an edit and a half */

static char plain(char c)
{
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Return the number of edits from a to b. */
static unsigned count_edits(const char *a, size_t n, const char *b, size_t m)
{
    unsigned row[3][LONGEST + 1], *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = plain(a[i - 1]) != plain(b[j - 1]);
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) && plain(a[i - 2]) == plain(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        unsigned *first = before;
        before = last;
        last = now;
        now = first;
    }
    return last[m];
}

void kc_suggest_begin(struct kc_suggest *s, const char *word, size_t n)
{
    *s = (struct kc_suggest){.word = word, .word_n = n};
}

void kc_suggest_try(struct kc_suggest *s, const char *known, size_t n)
{
    size_t m = s->word_n;
    if (m < 2 || m > LONGEST || n < 2 || n > LONGEST)
        return;
    unsigned most = (unsigned)(n < m ? n : m) / 3, twice = 2 * count_edits(s->word, m, known, n);
    size_t common = 0;
    while (common < m && common < n && plain(s->word[common]) == plain(known[common]))
        common++;
    if ((m >= 3 && common == m) || (n >= 4 && common == n))
        twice = least(twice, BEGINS);
    if ((twice > 2 * (most > 1 ? most : 1) && twice > BEGINS) || (s->best && twice >= s->distance))
        return;
    s->best = known;
    s->best_n = n;
    s->distance = twice;
}

void kc_suggest_list(struct kc_suggest *s, const char *words)
{
    for (const char *p = words; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        kc_suggest_try(s, p, n);
        p += n;
    }
}

void kc_known_begin(struct kc_known *k, const char *word, char *out, size_t size)
{
    *k = (struct kc_known){.out = out, .size = size, .n = strlen(out), .most = KC_KNOWN_SHOWN};
    word = !word ? "" : word[0] == '/' && !strchr(word + 1, '/') ? word + 1 : word;
    kc_suggest_begin(&k->meant, word, strlen(word));
}

/* Append to the message what there is room for. */
static void append_text(struct kc_known *k, const char *before, const char *text, size_t n, const char *after)
{
    if (k->n + 1 < k->size)
        k->n += (size_t)snprintf(k->out + k->n, k->size - k->n, "%s%.*s%s", before, (int)n, text, after);
}

void kc_known_add(struct kc_known *k, const char *name, size_t n)
{
    kc_suggest_try(&k->meant, name, n);
    if (k->count <= k->most && k->n + n + sizeof ", ...; did you mean ?" + 40 > k->size)
        k->count = k->most; /* there is no room for more */
    if (k->count < k->most)
        append_text(k, k->count ? ", " : "", name, n < 40 ? n : 40, "");
    else if (k->count == k->most)
        append_text(k, "", ", ...", 5, "");
    k->count++;
}

void kc_known_lines(struct kc_known *k, const char *names)
{
    for (const char *p = names; *p; p += strspn(p, "\n")) {
        size_t n = strcspn(p, "\n");
        kc_known_add(k, p, n);
        p += n;
    }
}

void kc_known_end(struct kc_known *k)
{
    const struct kc_suggest *s = &k->meant;
    if (s->best && !(s->best_n == s->word_n && memcmp(s->best, s->word, s->word_n) == 0))
        append_text(k, "; did you mean ", k->meant.best, k->meant.best_n < 40 ? k->meant.best_n : 40, "?");
}
