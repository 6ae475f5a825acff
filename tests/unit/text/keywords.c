/* Keywords: counting, forgetting, weights, labels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "par/pool.h"
#include "text/keywords.h"
#include "text/shared.h"
#include "text/tally.h"
#include "text/vocabulary.h"
#include "unit.h"

static void add(struct kc_strs *s, const char *text)
{
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_strs_add(s, text, strlen(text), &e) == 0);
}

/* Keywords and label of cluster c as one line. */
static const char *shown(const struct kc_keywords *w, size_t c)
{
    static char out[4096];
    size_t at = 0, n;
    for (size_t i = w->first[c]; i < w->first[c + 1]; i++) {
        const char *p = kc_strs_get(&w->words, i, &n);
        at += (size_t)snprintf(out + at, sizeof out - at, "%.*s %.4f; ", (int)n, p, w->weight[i]);
    }
    const char *label = kc_strs_get(&w->labels, c, &n);
    snprintf(out + at, sizeof out - at, "[%.*s]", (int)n, label);
    return out;
}

static void is(const struct kc_keywords *w, size_t c, const char *want)
{
    CHECK_MSG(strcmp(shown(w, c), want) == 0, "cluster %zu: got '%s', expected '%s'", c, shown(w, c), want);
}

static int make(const struct kc_strs *texts, const uint32_t *labels, size_t k, size_t top, const struct kc_strs *stop,
                unsigned threads, struct kc_keywords *w)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_ctx ctx = {.pool = kc_pool_new(threads, &e)};
    const struct kc_keywords_opts o = {.top = top, .stop = stop};
    memset(w, 0, sizeof *w);
    int rc = kc_keywords_make(&ctx, texts, labels, k, &o, w, &e);
    CHECK_MSG(rc == 0, "%s", e.msg);
    kc_pool_free(ctx.pool);
    return rc;
}

TEST(keywords_by_hand)
{
    /* Terms: cluster 0: red 2, apple 3, "red apple" 2; cluster 1: apple 1, pear 1; cluster 2: none; 3: stop words only.
     * L = 7, 2, 0, 0, 0; A = 9/5. The row of no cluster has no say. */
    static const uint32_t labels[] = {0, 1, 0, UINT32_MAX, 3, 0};
    struct kc_strs texts = {0};
    struct kc_keywords w;
    add(&texts, "The Red Apple");
    add(&texts, "an apple, a pear");
    add(&texts, "red-apple.");
    add(&texts, "pear pear pear");
    add(&texts, "the and of it");
    add(&texts, "Apple");
    if (make(&texts, labels, 5, 2, NULL, 1, &w) == 0) {
        char want[256];
        double a = 9.0 / 5, apple = log(1 + a / 4), red = log(1 + a / 2), pear = log(1 + a);
        snprintf(want, sizeof want, "red apple %.4f; red %.4f; [red apple]", 2.0 / 7 * red, 2.0 / 7 * red);
        is(&w, 0, want);
        snprintf(want, sizeof want, "pear %.4f; apple %.4f; [pear, apple]", pear / 2, apple / 2);
        is(&w, 1, want);
        is(&w, 2, "[]");
        is(&w, 3, "[]");
        is(&w, 4, "[]");
    }
    kc_keywords_free(&w);
    struct kc_strs stop = {0};
    add(&stop, "# pear");
    add(&stop, "");
    add(&stop, "RED apple");
    if (make(&texts, labels, 4, 3, &stop, 2, &w) == 0) {
        char want[256];
        snprintf(want, sizeof want, "apple %.4f; [apple]", log(1 + 0.75 / 2));
        is(&w, 0, want); /* the phrase went, the word alone did not */
    }
    kc_keywords_free(&w);
    kc_strs_free(&stop);
    kc_strs_free(&texts);
}

/* Labels: a pair in place of its words, when it is most of what they are there for. */
TEST(keywords_make_labels)
{
    static const struct {
        const char *text[4];
        const char *label;
    } cases[] = {
        {{"kinh t\xE1\xBA\xBF, kinh t\xE1\xBA\xBF, kinh t\xE1\xBA\xBF", "l\xC3\xA3i su\xE1\xBA\xA5t; l\xC3\xA3i su\xE1\xBA\xA5t"},
         "kinh t\xE1\xBA\xBF, l\xC3\xA3i su\xE1\xBA\xA5t"},
        {{"database, database, database, database, database", "oracle database", "oracle database"}, "database, oracle"},
        {{"medical leave; medical leave; medical leave", "leave act; leave act"}, "medical leave, act"},
        {{"bora bora, bora bora"}, "bora bora"},
        {{"x1, y2", "yy, zz, ww, ww, vv"}, "ww, vv, x1"},
    };
    uint32_t labels[4] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kc_strs texts = {0};
        struct kc_keywords w;
        for (size_t j = 0; j < 4 && cases[i].text[j]; j++)
            add(&texts, cases[i].text[j]);
        if (make(&texts, labels, 1, 1, NULL, 1, &w) == 0) {
            size_t n;
            const char *p = kc_strs_get(&w.labels, 0, &n);
            CHECK_MSG(n == strlen(cases[i].label) && memcmp(p, cases[i].label, n) == 0, "case %zu: got '%.*s', expected '%s'",
                      i, (int)n, p, cases[i].label);
        }
        kc_keywords_free(&w);
        kc_strs_free(&texts);
    }
}

/* Words made of a number, from common to rare. */
static void random_texts(struct kc_strs *texts, uint32_t *labels, size_t n, uint32_t k)
{
    uint64_t x = unit_seed() | 1;
    for (size_t i = 0; i < n; i++) {
        char text[512];
        size_t at = 0;
        labels[i] = (uint32_t)(i * 7919 % (k + 1)); /* k: in none */
        for (int j = 0; j < 20; j++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            uint32_t word = (uint32_t)(x >> 40 & 0xFFFF) >> (x & 15);
            at += (size_t)snprintf(text + at, sizeof text - at, "%sw%u", j ? " " : "", word ^ (labels[i] % 3 * (word < 64)));
        }
        add(texts, text);
    }
}

/* Several pieces, clusters of more than one piece, and clusters without texts. */
TEST(keywords_do_not_depend_on_threads)
{
    enum { N = 20000 };
    uint32_t *labels = malloc(N * sizeof *labels);
    struct kc_strs texts = {0};
    struct kc_keywords one, many;
    if (!labels)
        return;
    random_texts(&texts, labels, N, 4);
    for (size_t i = 0; i < N; i++)
        labels[i] += labels[i] == 2; /* 2 stays empty, and 4 gets texts */
    CHECK(texts.bytes.n > 1500000);
    for (size_t k = 4; k <= 6; k++) {
        if (make(&texts, labels, k, 50, NULL, 1, &one) == 0 && make(&texts, labels, k, 50, NULL, 3, &many) == 0) {
            CHECK(one.words.n == many.words.n && one.labels.n == k && many.labels.n == k);
            CHECK(one.words.n == 50 * (k > 4 ? 4u : 3u));
            CHECK(memcmp(one.words.bytes.p, many.words.bytes.p, one.words.bytes.n) == 0);
            CHECK(memcmp(one.weight, many.weight, one.words.n * sizeof *one.weight) == 0);
            CHECK(memcmp(one.first, many.first, (k + 1) * sizeof *one.first) == 0);
            CHECK(memcmp(one.labels.bytes.p, many.labels.bytes.p, one.labels.bytes.n) == 0);
        }
        kc_keywords_free(&many);
        kc_keywords_free(&one);
    }
    kc_strs_free(&texts);
    free(labels);
}

/* What kc_keywords_bytes promises is never less than what is taken. */
TEST(keywords_take_no_more_memory_than_they_say)
{
    enum { N = 3000 };
    static uint32_t labels[N];
    struct kc_err e = KC_ERR_INIT;
    struct kc_strs texts = {0};
    struct kc_keywords w = {0};
    uint64_t most, held, longest = 0;
    random_texts(&texts, labels, N, 3);
    for (size_t i = 0, n; i < N; i++) {
        (void)kc_strs_get(&texts, i, &n);
        longest = n > longest ? n : longest;
    }
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct kc_ctx ctx = {.pool = kc_pool_new(threads, &e)};
        const struct kc_keywords_opts o = {.top = 20};
        held = kc_mem_held(&most, 1);
        CHECK(kc_keywords_make(&ctx, &texts, labels, 3, &o, &w, &e) == 0);
        (void)kc_mem_held(&most, 0);
        uint64_t said = kc_keywords_bytes(N, texts.bytes.n, longest, 3, 20, threads);
        CHECK_MSG(most - held <= said, "%llu bytes, said %llu", (unsigned long long)(most - held), (unsigned long long)said);
        kc_keywords_free(&w);
        kc_pool_free(ctx.pool);
    }
    kc_strs_free(&texts);
}

TEST(vocabulary_forgets_the_rarest)
{
    struct kc_vocabulary v = {.most_words = 8, .most_pairs = 6, .most_bytes = 1000};
    struct kc_stops stops = {0};
    struct kc_err e = KC_ERR_INIT;
    struct kc_tally *t = calloc(1, sizeof *t);
    if (!t)
        return;
    CHECK(kc_stops_ready(&stops, &e) == 0);
    for (int round = 0; round < 40; round++) {
        char text[128];
        snprintf(text, sizeof text, "often too, often too, rare%d seldom%d", round, round / 2);
        kc_tally_clear(t);
        CHECK(kc_tally_text(t, &stops, text, strlen(text), &e) == 0 && kc_vocabulary_add(&v, t, &e) == 0);
        CHECK(v.words.strs.n <= v.most_words && v.pairs.n <= v.most_pairs);
    }
    CHECK(v.forgot > 0);
    CHECK(kc_vocabulary_end(&v, &e) == 0);
    uint32_t often = kc_intern_find(&v.words, "often", 5), too = kc_intern_find(&v.words, "too", 3);
    CHECK(often != KC_INTERN_NONE && too != KC_INTERN_NONE);
    if (often != KC_INTERN_NONE && too != KC_INTERN_NONE) {
        uint32_t pair = kc_pairs_find(&v.pairs, (uint64_t)often << 32 | too);
        CHECK(v.count[often] == 80 && v.count[too] == 80 && pair != KC_PAIR_NONE && v.pair_count[pair] == 80);
    }
    CHECK(v.pairs.n == 1);
    kc_vocabulary_free(&v);
    /* too many bytes */
    v = (struct kc_vocabulary){.most_words = 1000, .most_pairs = 1000, .most_bytes = 64};
    for (int round = 0; round < 40; round++) {
        char text[128];
        snprintf(text, sizeof text, "often; once%d", round);
        kc_tally_clear(t);
        CHECK(kc_tally_text(t, &stops, text, strlen(text), &e) == 0 && kc_vocabulary_add(&v, t, &e) == 0);
        CHECK(v.words.strs.bytes.n <= v.most_bytes);
    }
    often = kc_intern_find(&v.words, "often", 5);
    CHECK(often != KC_INTERN_NONE && v.count[often] == 40);
    kc_vocabulary_free(&v);
    kc_tally_free(t);
    kc_stops_free(&stops);
    free(t);
}

/* Hash tables that are emptied, when few and when many of their slots are taken. */
TEST(tables_are_empty_after_they_are_cleared)
{
    struct kc_intern t = {0};
    struct kc_pairs p = {0};
    struct kc_err e = KC_ERR_INIT;
    uint32_t number;
    static const size_t rounds[] = {1000, 30, 600, 3, 0, 300};
    for (size_t r = 0; r < sizeof rounds / sizeof rounds[0]; r++) {
        for (size_t i = 0; i < rounds[r]; i++) {
            char name[32];
            int n = snprintf(name, sizeof name, "%zu", i * i + r);
            CHECK(kc_intern_find(&t, name, (size_t)n) == KC_INTERN_NONE && kc_pairs_find(&p, i * i + r) == KC_PAIR_NONE);
            CHECK(kc_intern_add(&t, name, (size_t)n, &number, &e) == 0 && number == i);
            CHECK(kc_pairs_add(&p, i * i + r, &number, &e) == 0 && number == i);
        }
        for (size_t i = 0; i < rounds[r]; i++) {
            char name[32];
            int n = snprintf(name, sizeof name, "%zu", i * i + r);
            CHECK(kc_intern_find(&t, name, (size_t)n) == i && kc_pairs_find(&p, i * i + r) == i);
        }
        kc_intern_clear(&t);
        kc_pairs_clear(&p);
        for (size_t i = 0; i <= t.mask; i++)
            CHECK(t.slot[i] == 0 && p.slot[i] == 0);
    }
    kc_intern_free(&t);
    kc_pairs_free(&p);
}

/* Return the label of cluster c. */
static const char *label_of(const struct kc_keywords *w, size_t c)
{
    static char out[256];
    size_t n;
    const char *p = kc_strs_get(&w->labels, c, &n);
    snprintf(out, sizeof out, "%.*s", (int)n, p);
    return out;
}

TEST(labels_without_common_words)
{
    /* "buy" is the best word of all clusters; in the last it is the only one. Cluster 5 has no text. */
    static const char *const texts[] = {"buy, red, buy", "buy, green, buy", "buy, blue, buy", "buy, black, buy", "buy, buy", "buy, white"};
    static const uint32_t labels[] = {0, 1, 2, 3, 4, 6};
    static const char *const all[] = {"red", "green", "blue", "black", "buy", "", "white"};
    static const char *const four[] = {"red, buy", "green, buy", "blue, buy", "black, buy"};
    for (unsigned threads = 1; threads < 4; threads += 2) {
        struct kc_strs s = {0};
        struct kc_keywords w;
        for (size_t i = 0; i < 6; i++)
            add(&s, texts[i]);
        if (make(&s, labels, 7, 3, NULL, threads, &w) == 0)
            for (size_t c = 0; c < 7; c++)
                CHECK_MSG(strcmp(label_of(&w, c), all[c]) == 0, "%zu: '%s'", c, label_of(&w, c));
        CHECK(w.first[5] == w.first[6] && w.first[7] == w.words.n && w.first[6] + 2 == w.first[7]);
        kc_keywords_free(&w);
        if (make(&s, labels, 4, 3, NULL, threads, &w) == 0) /* too few clusters to tell */
            for (size_t c = 0; c < 4; c++)
                CHECK_MSG(strcmp(label_of(&w, c), four[c]) == 0, "%zu: '%s'", c, label_of(&w, c));
        kc_keywords_free(&w);
        kc_strs_free(&s);
    }
}

/* The keywords of cluster c that a text has, on one line. */
static void shares(const struct kc_keywords *w, size_t c, const char *text, const char *want)
{
    struct kc_strs got = {0};
    struct kc_err e = KC_ERR_INIT;
    char line[512] = "";
    CHECK(kc_keywords_shared(w, c, text, strlen(text), &got, &e) == 0);
    for (size_t i = 0, n; i < got.n; i++) {
        const char *p = kc_strs_get(&got, i, &n);
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%.*s", i ? ", " : "", (int)n, p);
    }
    CHECK_MSG(strcmp(line, want) == 0, "'%s' shares '%s', not '%s'", text, line, want);
    kc_strs_free(&got);
}

TEST(keywords_shared_with_a_text)
{
    static const uint32_t labels[] = {0, 0, 1, 1};
    struct kc_strs texts = {0};
    struct kc_keywords w;
    add(&texts, "red apple red apple");
    add(&texts, "a red apple");
    add(&texts, "green pear");
    add(&texts, "green pear, green tea");
    make(&texts, labels, 2, 9, NULL, 1, &w);
    shares(&w, 0, "RED-Apple", "red apple, apple, red");
    shares(&w, 0, "apple, red", "apple, red"); /* no pair over a comma */
    shares(&w, 0, "pear", "");
    shares(&w, 0, "", "");
    shares(&w, 1, "the green of a pear", "green, pear"); /* nor over other words */
    shares(&w, 1, "apples; pear\xff" "green\xff", "green, pear");
    kc_keywords_free(&w);
    kc_strs_free(&texts);
}

/* A cluster of one text: the text has all its keywords, and a text of other words none. */
TEST(keywords_of_one_text_are_shared_with_it)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 214, 0);
    for (int q = 0; q < 40; q++) {
        struct kc_strs texts = {0};
        struct kc_keywords w;
        uint32_t labels[6];
        for (uint32_t i = 0; i < 6; i++) {
            char text[600] = "";
            for (size_t j = 0, n = kc_rng_below(&r, 40); j < n; j++)
                snprintf(text + strlen(text), sizeof text - strlen(text), "%s%c%u", j ? kc_rng_below(&r, 4) ? " " : ". " : "",
                         i == 5 ? 'z' : 'a', (unsigned)kc_rng_below(&r, 9));
            add(&texts, text);
            labels[i] = i;
        }
        make(&texts, labels, 6, KC_KEYWORDS_MOST, NULL, 2, &w);
        for (size_t i = 0; i < 6; i++) {
            struct kc_strs got = {0};
            struct kc_err e = KC_ERR_INIT;
            size_t n, other;
            const char *text = kc_strs_get(&texts, i, &n), *foreign = kc_strs_get(&texts, i == 5 ? 0 : 5, &other);
            CHECK(kc_keywords_shared(&w, i, text, n, &got, &e) == 0 && got.n == w.first[i + 1] - w.first[i]);
            kc_strs_clear(&got);
            CHECK(kc_keywords_shared(&w, i, foreign, other, &got, &e) == 0 && got.n == 0);
            kc_strs_free(&got);
        }
        kc_keywords_free(&w);
        kc_strs_free(&texts);
    }
}
