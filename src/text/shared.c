/* The text is counted as those were that the keywords are from, but without stop words: no keyword has one. */
#include "text/shared.h"

#include <string.h>
#include "text/tally.h"

/* Return the number of a word if the text has it, else KC_INTERN_NONE. */
static uint32_t find_word(const struct kc_tally *t, const char *word, size_t n)
{
    const uint32_t number = kc_intern_find(&t->words, word, n);
    return number == KC_INTERN_NONE || t->count[number] == 0 ? KC_INTERN_NONE : number;
}

/* Return 1 if the text has the keyword: a word, or two words separated by a blank. */
static int has_keyword(const struct kc_tally *t, const char *keyword, size_t n)
{
    const char *blank = memchr(keyword, ' ', n);
    if (!blank)
        return find_word(t, keyword, n) != KC_INTERN_NONE;
    const size_t one = (size_t)(blank - keyword);
    const uint32_t a = find_word(t, keyword, one), b = find_word(t, blank + 1, n - one - 1);
    return a != KC_INTERN_NONE && b != KC_INTERN_NONE &&
           kc_pairs_find(&t->pairs, (uint64_t)a << 32 | b) != KC_PAIR_NONE;
}

int kc_keywords_shared(const struct kc_keywords *w, size_t c, const char *text, size_t n, struct kc_strs *out,
                       struct kc_err *e)
{
    struct kc_stops none = {0};
    struct kc_tally *t = kc_mem_zalloc(1, sizeof *t, e);
    int rc = t && kc_stops_ready(&none, e) == 0 && kc_tally_text(t, &none, text, n, e) == 0 ? 0 : -1;
    for (size_t i = w->first[c]; rc == 0 && i < w->first[c + 1]; i++) {
        size_t len;
        const char *keyword = kc_strs_get(&w->words, i, &len);
        if (has_keyword(t, keyword, len))
            rc = kc_strs_add(out, keyword, len, e);
    }
    if (t)
        kc_tally_free(t);
    kc_mem_free(t);
    kc_stops_free(&none);
    return rc;
}
