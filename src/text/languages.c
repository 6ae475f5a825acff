/* The languages whose stop words are used. "auto" looks for the languages of the texts: a language is among them if its
 * stop words explain a good part of the words that no language before it explains (a greedy cover). So a language is
 * not found because its list shares words with that of another one. */
#include "text/languages.h"

#include <limits.h>
#include <string.h>
#include "base/suggest.h"
#include "text/words.h"

#define SAMPLE ((size_t)20000) /* texts that are looked at, about; evenly spread */
#define LEAST_SHARE 40         /* a language explains at least one of so many words, */
#define LEAST_WORDS 5          /* by at least so many different stop words */
#define LANGUAGES_MOST 63      /* bits of a kc_languages, less KC_LANGUAGES_AUTO */

const struct kc_stop_list *kc_language_list(size_t i)
{
    for (const struct kc_stop_list *l = kc_stop_lists; l->code; l++)
        if (i-- == 0)
            return l;
    return kc_stop_lists_iso[i].code && i < LANGUAGES_MOST ? &kc_stop_lists_iso[i] : NULL;
}

/* The codes and English names of the languages. */
static const char english[] =
    "en english vi vietnamese af afrikaans ar arabic bg bulgarian bn bengali br breton ca catalan "
    "cs czech da danish de german el greek eo esperanto es spanish et estonian eu basque fa persian "
    "fi finnish fr french ga irish gl galician gu gujarati ha hausa he hebrew hi hindi hr croatian "
    "hu hungarian hy armenian id indonesian it italian ja japanese ko korean ku kurdish la latin "
    "lt lithuanian lv latvian mr marathi ms malay nl dutch no norwegian pl polish pt portuguese "
    "ro romanian ru russian sk slovak sl slovenian so somali st sotho sv swedish sw swahili th thai "
    "tl tagalog tr turkish uk ukrainian ur urdu yo yoruba zh chinese zu zulu";

/* Return the code of the language that the word, n bytes, is meant for; NULL if it is not known. */
static const char *guess_code(const char *word, size_t n)
{
    struct kc_suggest meant;
    const char *code = NULL;
    unsigned least = UINT_MAX;
    for (const char *p = english; *p;) {
        const char *name = p + strcspn(p, " ") + 1;
        kc_suggest_begin(&meant, word, n);
        kc_suggest_try(&meant, name, strcspn(name, " "));
        if (meant.best && meant.distance < least) {
            code = p;
            least = meant.distance;
        }
        if (n >= 2 && (n == 2 || word[2] == '-' || word[2] == '_') && (word[0] | 0x20) == p[0] &&
            (word[1] | 0x20) == p[1]) /* EN, en-US */
            return p;
        p = name + strcspn(name, " ");
        p += *p == ' ';
    }
    return code;
}

/* Return the bit of the language with that code (n bytes); 0 if there is none. */
static uint64_t find_language(const char *code, size_t n)
{
    const struct kc_stop_list *l;
    for (size_t i = 0; (l = kc_language_list(i)) != NULL; i++)
        if (strlen(l->code) == n && memcmp(l->code, code, n) == 0)
            return (uint64_t)1 << i;
    return n == 4 && memcmp(code, "auto", 4) == 0 ? KC_LANGUAGES_AUTO : 0;
}

int kc_languages_parse(const char *list, const char *option, uint64_t *out, struct kc_err *e)
{
    *out = 0;
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        uint64_t bit = find_language(p, n);
        if (!bit) {
            char shown[32];
            kc_err_escape(shown, sizeof shown, p, n);
            const char *meant = guess_code(p, n);
            if (meant)
                return kc_err_set(e, KC_EUSAGE, "%s: a language is named by its code: did you mean %.2s for '%s'?",
                                  option, meant, shown);
            (void)kc_err_set(e, KC_EUSAGE, "%s: no stop words of a language '%s', expected auto or some of ", option,
                             shown);
            const struct kc_stop_list *l;
            for (size_t i = 0; (l = kc_language_list(i)) != NULL; i++)
                kc_err_more(e, "%s%s", i ? "," : "", l->code);
            return -1;
        }
        *out |= bit;
        p += n;
        if (!*p)
            return 0;
    }
}

/* What is known of the words of the stop lists. */
struct survey {
    struct kc_intern words; /* all that are an entry by themselves and have two characters or more */
    uint64_t *of;           /* (words) the languages that have the word */
    uint64_t *count;        /* (words) occurrences in the sample */
    size_t cap;
    uint64_t all;           /* words in the sample of two characters or more, a letter among them */
    struct kc_chars chars;
    struct kc_words w;
};

/* Return 1 if the word says something about its language: one of a single character may be a symbol. */
static int is_evidence(const struct kc_words *w)
{
    return w->letters > 1 && w->lettered && !w->too_long;
}

/* Note an entry (n bytes) of the languages `bit`, unless it is a phrase. */
static int add_entry(struct survey *s, const char *p, size_t n, uint64_t bit, struct kc_err *e)
{
    uint32_t id;
    struct kc_words second;
    kc_words_begin(&s->w, p, n, &s->chars);
    int more = kc_words_next(&s->w, e);
    if (more <= 0 || !is_evidence(&s->w))
        return more;
    second = s->w;
    if ((more = kc_words_next(&second, e)) != 0)
        return more < 0 ? -1 : 0;
    if (kc_intern_add(&s->words, s->w.word, s->w.n, &id, e) != 0)
        return -1;
    if (s->words.strs.n > s->cap) {
        size_t cap = 2 * s->cap + 1024;
        uint64_t *of = kc_mem_realloc(s->of, cap, sizeof *of, e);
        s->of = of ? of : s->of;
        if (!of)
            return -1;
        memset(of + s->cap, 0, (cap - s->cap) * sizeof *of);
        s->cap = cap;
    }
    s->of[id] |= bit;
    return 0;
}

/* Note the entries of all languages. */
static int read_lists(struct survey *s, struct kc_err *e)
{
    const struct kc_stop_list *l;
    for (size_t i = 0; (l = kc_language_list(i)) != NULL; i++)
        for (const char *p = l->words; *p;) {
            size_t n = strcspn(p, "|");
            if (add_entry(s, p, n, (uint64_t)1 << i, e) < 0)
                return -1;
            p += n + (p[n] == '|');
        }
    s->count = kc_mem_zalloc(s->words.strs.n, sizeof *s->count, e);
    return s->count ? 0 : -1;
}

/* Count the words of the texts. */
static int count_words(struct survey *s, const struct kc_strs *texts, struct kc_err *e)
{
    const size_t step = 1 + texts->n / SAMPLE;
    for (size_t i = 0; i < texts->n; i += step) {
        size_t n;
        int more;
        const char *text = kc_strs_get(texts, i, &n);
        kc_words_begin(&s->w, text, n, &s->chars);
        while ((more = kc_words_next(&s->w, e)) == 1) {
            uint32_t id = is_evidence(&s->w) ? kc_intern_find(&s->words, s->w.word, s->w.n) : KC_INTERN_NONE;
            s->all += is_evidence(&s->w) != 0;
            if (id != KC_INTERN_NONE)
                s->count[id]++;
        }
        if (more < 0)
            return -1;
    }
    return 0;
}

/* Return the language, as a bit, that explains most of what `found` does not explain; 0 if it explains too little. */
static uint64_t find_next(const struct survey *s, uint64_t found)
{
    uint64_t most = 0, best = 0;
    for (size_t i = 0; kc_language_list(i); i++) {
        const uint64_t bit = (uint64_t)1 << i;
        uint64_t sum = 0, different = 0;
        for (size_t w = 0; w < s->words.strs.n; w++)
            if ((s->of[w] & bit) && !(s->of[w] & found) && s->count[w] > 0) {
                sum += s->count[w];
                different++;
            }
        if (sum > most && different >= LEAST_WORDS) {
            most = sum;
            best = bit;
        }
    }
    return most >= s->all / LEAST_SHARE + (s->all % LEAST_SHARE != 0) ? best : 0;
}

int kc_languages_find(const struct kc_strs *texts, uint64_t *out, struct kc_err *e)
{
    struct survey *s = kc_mem_zalloc(1, sizeof *s, e);
    int rc = -1;
    *out = KC_LANGUAGES_OWN;
    if (s && read_lists(s, e) == 0 && count_words(s, texts, e) == 0) {
        for (uint64_t next = 1; next; *out |= next)
            next = find_next(s, *out);
        rc = 0;
    }
    if (s) {
        kc_intern_free(&s->words);
        kc_mem_free(s->of);
        kc_mem_free(s->count);
    }
    kc_mem_free(s);
    return rc;
}
