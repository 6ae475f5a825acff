/* Which languages texts are in, and the codes of languages. */
#include <string.h>
#include "text/languages.h"
#include "unit.h"

/* Return the languages of the texts, by their codes. */
static const char *languages_of(const char *const *texts, size_t n, size_t times)
{
    static char out[256];
    struct kc_strs s = {0};
    struct kc_err e = KC_ERR_INIT;
    uint64_t found = 0;
    for (size_t i = 0; i < times; i++)
        for (size_t j = 0; j < n; j++)
            CHECK(kc_strs_add(&s, texts[j], strlen(texts[j]), &e) == 0);
    CHECK(kc_languages_find(&s, &found, &e) == 0);
    kc_strs_free(&s);
    *out = '\0';
    for (size_t i = 0; kc_language_list(i); i++)
        if (found >> i & 1)
            snprintf(out + strlen(out), sizeof out - strlen(out), " %s", kc_language_list(i)->code);
    return out;
}

static const char *const russian[] = {"как купить дом для семьи или дачу", "что это такое и где его можно найти",
                                      "когда мы будем там", "все они уже были в Москве"};
static const char *const german[] = {"wie man das Haus und den Garten für die Familie kauft", "was ist das und wo kann ich es finden"};
static const char *const english[] = {"how to buy a house for the family", "what is it and where can I find it",
                                      "the program of the state bank was a plus", "care of a global premier, par avion"};
static const char *const vietnamese[] = {"làm thế nào để mua nhà cho gia đình", "đó là gì và có thể tìm ở đâu"};
static const char *const names[] = {"München", "Köln", "Das Boot", "Москва"};

TEST(languages_of_texts)
{
#define IS(texts, want) \
    CHECK_MSG(strcmp(languages_of(texts, sizeof texts / sizeof *texts, 1), want) == 0, "got '%s', expected '%s'", \
              languages_of(texts, sizeof texts / sizeof *texts, 1), want)
    IS(english, " en vi");
    IS(vietnamese, " en vi");
    IS(names, " en vi");
    IS(russian, " en vi ru");
    IS(german, " en vi de");
    CHECK(strcmp(languages_of(NULL, 0, 0), " en vi") == 0);
    const char *both[6];
    memcpy(both, russian, sizeof russian);
    memcpy(both + 4, german, sizeof german);
    IS(both, " en vi de ru");
    /* one part in a hundred is not enough */
    const char *few[102];
    for (size_t i = 0; i < 102; i++)
        few[i] = i < 2 ? german[i] : english[i % 4];
    IS(few, " en vi");
    /* of many texts, some are looked at: all over */
    CHECK(strcmp(languages_of(russian, 4, 20000), " en vi ru") == 0);
}

TEST(languages_by_code)
{
    uint64_t got = 0;
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_languages_parse("vi", "--language", &got, &e) == 0 && got == 2);
    CHECK(kc_languages_parse("auto,en", "--language", &got, &e) == 0 && got == (KC_LANGUAGES_AUTO | 1));
    static const char *const bad[] = {"", "xx", "en,", ",en", "EN", "en ru", "english", "autos"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e = (struct kc_err)KC_ERR_INIT;
        CHECK_MSG(kc_languages_parse(bad[i], "--language", &got, &e) != 0 && e.code == KC_EUSAGE &&
                      (strstr(e.msg, "ur,yo,zh,zu") || strstr(e.msg, "did you mean en for")), "%s: %s", bad[i], e.msg);
    }
    /* lists have codes of two letters in order, one bit each, and sorted entries */
    size_t i = 0;
    for (; kc_language_list(i); i++) {
        const struct kc_stop_list *l = kc_language_list(i), *after = kc_language_list(i + 1);
        CHECK(strlen(l->code) == 2 && *l->words && (i < 2 || !after || strcmp(l->code, after->code) < 0));
        CHECK(kc_languages_parse(l->code, "", &got, &e) == 0 && got == (uint64_t)1 << i);
    }
    CHECK(i > 50 && i < 63);
    /* the words that shells complete are these */
    char words[512] = "auto";
    for (i = 0; kc_language_list(i); i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), " %s", kc_language_list(i)->code);
    CHECK_MSG(strcmp(words, KC_LANGUAGE_WORDS) == 0, "%s", words);
}
