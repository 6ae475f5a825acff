/* Text to words: scripts, accents, what is no text at all; and stop words. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "text/stops.h"
#include "text/words.h"
#include "unit.h"

/* The words of a text with '|' between them, '+' before those that are joined to the one before; too long ones are '#'. */
static const char *split(const char *text, size_t n)
{
    static struct kc_chars chars;
    static char out[4096];
    struct kc_err e = KC_ERR_INIT;
    struct kc_words w;
    size_t at = 0;
    kc_words_begin(&w, text, n, &chars);
    while (kc_words_next(&w, &e) == 1 && at + 2 * KC_WORD_MOST < sizeof out) {
        if (at > 0)
            out[at++] = w.joined ? '+' : '|';
        memcpy(out + at, w.too_long ? "#" : w.word, w.too_long ? 1 : w.n);
        at += w.too_long ? 1 : w.n;
    }
    out[at] = '\0';
    CHECK(e.code == KC_OK);
    return out;
}

static void splits(const char *text, const char *want)
{
    const char *got = split(text, strlen(text));
    CHECK_MSG(strcmp(got, want) == 0, "'%s': '%s', expected '%s'", text, got, want);
}

TEST(words_of_english)
{
    splits("The U.S. Family and Medical-Leave Act", "the+u|s|family+and+medical+leave+act");
    splits("don't 'quote' it -- or a - dash", "don+t|quote|it|or+a|dash");
    splits("don\xE2\x80\x99t", "don+t");
    splits("snake_case 42 x86\tA\r\nB", "snake_case+42+x86+a+b");
    splits("", "");
    splits(" ,;", "");
    splits("co\xC2\xADop\xC2\xAD erate", "coop+erate"); /* soft hyphens */
    splits("a\xC2\xA0" "b\xE2\x80\x8B" "c", "a+b+c");    /* no-break and zero-width space */
}

TEST(words_in_lower_case)
{
    splits("\xC3\x84\xC3\x96\xC3\x9C \xC3\x9F \xD0\xAF\xD0\xB7\xD1\x8B\xD0\x9A",
           "\xC3\xA4\xC3\xB6\xC3\xBC+\xC3\x9F+\xD1\x8F\xD0\xB7\xD1\x8B\xD0\xBA");
    /* the sigma at the end of a word, and before another letter */
    splits("\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3 \xCE\xA3\xCE\x91", "\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82+\xCF\x83\xCE\xB1");
    splits("\xC4\xB0ZM", "i\xCC\x87zm");         /* I with a dot */
    splits("\xE2\x84\xAA" "elvin", "kelvin");    /* the Kelvin sign is K */
    splits("\xE2\x84\xAB" "re", "\xC3\xA5re");   /* the Angstrom sign is A with a ring */
}

TEST(words_of_vietnamese_whichever_way_they_were_typed)
{
    const char *want = "ti\xE1\xBA\xBFng+vi\xE1\xBB\x87t";
    splits("Ti\xE1\xBA\xBFng Vi\xE1\xBB\x87t", want);
    splits("TIE\xCC\x82\xCC\x81NG VIE\xCC\xA3\xCC\x82T", want);             /* NFD */
    splits("Ti\xC3\xAA\xCC\x81ng Vi\xC3\xAA\xCC\xA3t", want);               /* as Windows-1258 has them */
    splits("Tie\xCC\x82\xCC\x81ng Vie\xCC\x82\xCC\xA3t", want);             /* marks out of order */
    splits("\xC4\x90\xC6\xAF\xE1\xBB\x9C" "NG \xC4\x91\xC6\xB0\xC6\xA1\xCC\x80ng",
           "\xC4\x91\xC6\xB0\xE1\xBB\x9Dng+\xC4\x91\xC6\xB0\xE1\xBB\x9Dng");
    splits("\xD0\xA0\xD0\xBE\xD1\x81\xD1\x81\xD0\xB8\xCC\x81\xD1\x8F",      /* a stress mark stays in its word */
           "\xD1\x80\xD0\xBE\xD1\x81\xD1\x81\xD0\xB8\xCC\x81\xD1\x8F");
}

TEST(words_of_scripts_without_spaces)
{
    splits("\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA7\xE5\xAD\xA6", /* Beijing University */
           "\xE5\x8C\x97\xE4\xBA\xAC|\xE4\xBA\xAC\xE5\xA4\xA7|\xE5\xA4\xA7\xE5\xAD\xA6");
    splits("\xE5\x8C\x97 \xE4\xBA\xAC GPU\xE5\x8A\xA0\xE9\x80\x9F", "\xE5\x8C\x97|\xE4\xBA\xAC|gpu|\xE5\x8A\xA0\xE9\x80\x9F");
    /* Tokyo he iku deeta no: hiragana goes, katakana stays with its long vowels */
    splits("\xE6\x9D\xB1\xE4\xBA\xAC\xE3\x81\xB8\xE8\xA1\x8C\xE3\x81\x8F\xE3\x83\x87\xE3\x83\xBC\xE3\x82\xBF\xE3\x81\xAE",
           "\xE6\x9D\xB1\xE4\xBA\xAC|\xE8\xA1\x8C|\xE3\x83\x87\xE3\x83\xBC\xE3\x82\xBF");
    splits("\xEF\xA4\x80\xEF\xA4\x81", "\xE8\xB1\x88\xE6\x9B\xB4"); /* compatibility ideographs */
    splits("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB \xED\x95\x9C\xEA\xB8\x80", "\xED\x95\x9C+\xED\x95\x9C\xEA\xB8\x80"); /* Hangul */
    /* Thai: vowels above and tone marks are marks, and stay */
    splits("\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88 \xE0\xB8\x94\xE0\xB8\xB5",
           "\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88+\xE0\xB8\x94\xE0\xB8\xB5");
}

TEST(words_of_what_is_no_text)
{
    splits("go \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB\xEF\xB8\x8F run 1\xEF\xB8\x8F\xE2\x83\xA3", "go|run+1\xEF\xB8\x8F\xE2\x83\xA3");
    splits("a\xFF" "b \xC3 c \xED\xA0\x80 d\xE2\x82", "a|b|c|d");
    splits("\xCC\x81 x", "x"); /* a mark on nothing */
    char longest[2 * KC_WORD_MOST + 8];
    memset(longest, 'x', sizeof longest);
    longest[KC_WORD_MOST] = ' ';
    longest[sizeof longest - 1] = '\0';
    char want[KC_WORD_MOST + 3];
    memcpy(want, longest, KC_WORD_MOST);
    memcpy(want + KC_WORD_MOST, "+#", 3);
    splits(longest, want);
}

/* Bytes at random: every word is UTF-8 in lower case already, and splitting it again gives the same. */
TEST(words_of_random_bytes)
{
    static struct kc_chars chars;
    static const char *const some[] = {"\xCC\x81", "\xCC\xA3", "\xE1\x86\xAB", "\xE1\x84\x92", "\xCE\xA3", "\xC4\xB0", "A",
                                       "e", "\xE5\x8C\x97", "\xE3\x82\xBF", " ", "-", "\xC2\xAD", "\xF0\x9D\x94\xB8", "\xFF"};
    struct kc_err e = KC_ERR_INIT;
    uint64_t x = unit_seed() | 1;
    for (int round = 0; round < 3000; round++) {
        char text[256];
        size_t n = 0;
        while (n < 200) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            if (round % 2) {
                const char *s = some[x % (sizeof some / sizeof some[0])];
                memcpy(text + n, s, strlen(s));
                n += strlen(s);
            } else {
                text[n++] = (char)(x >> 20);
            }
        }
        char *exact = malloc(n); /* so that a sanitizer sees a step beyond the end */
        if (!exact)
            return;
        memcpy(exact, text, n);
        struct kc_words w;
        kc_words_begin(&w, exact, n, &chars);
        while (kc_words_next(&w, &e) == 1) {
            if (w.too_long)
                continue;
            char word[KC_WORD_MOST + 1];
            size_t len = w.n;
            memcpy(word, w.word, len);
            word[len] = '\0';
            CHECK(len > 0 && len <= KC_WORD_MOST && w.letters > 0);
            CHECK(kc_utf8_bad(word, word + len) == NULL);
            const char *again = split(word, len);
            CHECK_MSG(strcmp(again, word) == 0, "'%s' becomes '%s'", word, again);
        }
        free(exact);
    }
    CHECK(e.code == KC_OK);
}

static size_t match(const struct kc_stops *s, const char *text)
{
    static struct kc_chars chars;
    uint32_t number[16];
    size_t n = 0;
    struct kc_err e = KC_ERR_INIT;
    struct kc_words w;
    kc_words_begin(&w, text, strlen(text), &chars);
    while (n < 16 && kc_words_next(&w, &e) == 1)
        number[n++] = kc_stops_find(s, w.word, w.n);
    return n ? kc_stops_match(s, number, n) : 0;
}

TEST(stop_words_and_phrases)
{
    static struct kc_chars chars;
    struct kc_stops s = {0};
    struct kc_err e = KC_ERR_INIT;
    static const char *const own[] = {"Tuy Nhi\xC3\xAAn", "tuy", "a b c", "a b", "...", "", "z y x w"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        CHECK(kc_stops_add(&s, own[i], strlen(own[i]), &chars, &e) == 0);
    CHECK(kc_stops_ready(&s, &e) == 0);
    CHECK(match(&s, "tuy nhie\xCC\x82n xx") == 2);
    CHECK(match(&s, "tuy xx") == 1);
    CHECK(match(&s, "nhi\xC3\xAAn tuy") == 0);
    CHECK(match(&s, "a b c d") == 3 && match(&s, "a b d") == 2 && match(&s, "a c") == 0 && match(&s, "a") == 0);
    CHECK(match(&s, "z y x") == 0 && match(&s, "z y x w") == 4 && match(&s, "other") == 0);
    kc_stops_free(&s);
    CHECK(kc_stops_add_list(&s, &kc_stop_lists[0], &chars, &e) == 0 &&
          kc_stops_add_list(&s, &kc_stop_lists[1], &chars, &e) == 0 && kc_stops_ready(&s, &e) == 0);
    CHECK(match(&s, "the") == 1 && match(&s, "don't") == 2 && match(&s, "don quixote") == 0 && match(&s, "such as") == 2);
    CHECK(match(&s, "c\xE1\xBB\xA7" "a") == 1 && match(&s, "tuy nhi\xC3\xAAn") == 2 && match(&s, "thi\xC3\xAAn nhi\xC3\xAAn") == 0);
    CHECK(match(&s, "ai") == 0);
    kc_stops_free(&s);
    CHECK(kc_stops_ready(&s, &e) == 0 && match(&s, "the") == 0); /* none at all */
    kc_stops_free(&s);
}
