#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "core/track/edits.h"
#include "unit.h"

static struct kc_edit_opts opts; /* large */

TEST(edits_are_parsed_or_refused)
{
    static const char *const good[][6] = {
        {"3,7", "a\\,b,c", "1,2,3,4", "x:y,z=", "\\\\,a", NULL},
        {"5", "5:3", "a\\:3", "a:b:2", "5:x", NULL},
        {"2=fonts", "a\\=b=c", "2==", "x= ", "\\=\\==y", NULL},
    };
    static const char *const bad[][8] = {
        {"", "3", "3,", ",3", "3,,7", "a\\,b", ",", NULL},
        {"", ":3", "5:1", "5:0", "5:1025", "5:99999999999999999999", NULL},
        {"", "2", "2=", "=x", "a\\=b", "2=\xff", NULL},
    };
    for (int kind = 0; kind < 3; kind++) {
        for (size_t i = 0; good[kind][i]; i++) {
            struct kc_err e = KC_ERR_INIT;
            opts.n = 0;
            CHECK_MSG(kc_edit_parse(&opts, (enum kc_edit_kind)kind, good[kind][i], "--x", &e) == 0, "%s", good[kind][i]);
            CHECK(opts.n == 1 && opts.edit[0].value == good[kind][i] && kc_edit_count(&opts, (enum kc_edit_kind)kind) == 1);
        }
        for (size_t i = 0; bad[kind][i]; i++) {
            struct kc_err e = KC_ERR_INIT;
            CHECK_MSG(kc_edit_parse(&opts, (enum kc_edit_kind)kind, bad[kind][i], "--x", &e) != 0, "%s", bad[kind][i]);
            CHECK(e.code == KC_EUSAGE && strstr(e.msg, "--x: '") == e.msg);
        }
    }
}

/* Random merges, splits and names that do not contradict each other, by the definitions. */
TEST(edits_find_what_they_mean)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 90, 0);
    enum { K = 12 };
    for (int round = 0; round < 200; round++) {
        static char text[3 * K][64];
        struct kc_err e = KC_ERR_INIT;
        struct kc_strs ids = {0};
        struct kc_edits s;
        uint64_t rows[K];
        uint32_t want[K], order[K], used = 0, more = 0, gone = 0;
        opts.n = 0;
        for (uint32_t c = 0; c < K; c++) {
            char id[24];
            const int n = snprintf(id, sizeof id, "id%u", 5 * c);
            CHECK(kc_strs_add(&ids, id, (size_t)n, &e) == 0);
            rows[c] = 1 + kc_rng_below(&r, 4);
            want[c] = order[c] = c;
        }
        for (uint32_t c = K - 1; c > 0; c--) {
            const uint32_t j = (uint32_t)kc_rng_below(&r, c + 1), x = order[c];
            order[c] = order[j];
            order[j] = x;
        }
        while (used + 3 < K) { /* take clusters in a random order, each for one edit */
            const uint32_t a = order[used];
            char *to = text[opts.n];
            if (kc_rng_below(&r, 2)) {
                const uint32_t m = 2 + (uint32_t)kc_rng_below(&r, 2);
                uint32_t best = a;
                to[0] = '\0';
                for (uint32_t i = 0; i < m; i++) {
                    const uint32_t c = order[used + i];
                    snprintf(to + strlen(to), 64 - strlen(to), "%sid%u", i ? "," : "", 5 * c);
                    best = rows[c] > rows[best] ? c : best;
                }
                for (uint32_t i = 0; i < m; i++)
                    want[order[used + i]] = best;
                used += m;
                gone += m - 1;
                CHECK(kc_edit_parse(&opts, KC_EDIT_MERGE, to, "--merge", &e) == 0);
            } else {
                snprintf(to, 64, "id%u:%u", 5 * a, 2 + a % 3);
                more += 1 + a % 3;
                used++;
                CHECK(kc_edit_parse(&opts, KC_EDIT_SPLIT, to, "--split", &e) == 0);
            }
        }
        CHECK(kc_edits_find(&s, &opts, &ids, rows, "f", &e) == 0);
        CHECK(s.k == K && s.gone == gone && s.more == more && s.after == K - gone + more);
        for (uint32_t c = 0; c < K; c++) {
            CHECK(s.into[c] == want[c] && s.from[s.place[c]] == want[c] && s.place[c] == s.place[want[c]]);
            CHECK(s.changed[s.place[c]] == (s.parts[c] > 1 || s.into[c] != c || s.changed[s.place[c]]));
            for (uint32_t p = 1; p < s.parts[c]; p++)
                CHECK(s.part[c] >= K - gone && s.from[s.part[c] + p - 1] == c && s.changed[s.part[c] + p - 1]);
            CHECK(c == 0 || want[c] != c || want[c - 1] != c - 1 || s.place[c] == s.place[c - 1] + 1);
        }
        kc_edits_free(&s);
        kc_strs_free(&ids);
    }
}

TEST(edits_that_contradict_each_other_are_refused)
{
    static const struct {
        enum kc_edit_kind kind[2];
        const char *value[2], *say;
        enum kc_code code;
    } t[] = {
        {{KC_EDIT_MERGE, KC_EDIT_MERGE}, {"a,b", "b,c"}, "--merge b,c: b is merged twice", KC_EUSAGE},
        {{KC_EDIT_MERGE, KC_EDIT_RENAME}, {"a,a", "c=x"}, "--merge a,a: a is merged twice", KC_EUSAGE},
        {{KC_EDIT_SPLIT, KC_EDIT_MERGE}, {"a", "b,a"}, "--split a: it is merged in the same run", KC_EUSAGE},
        {{KC_EDIT_SPLIT, KC_EDIT_SPLIT}, {"a", "a:3"}, "--split a:3: it is split twice", KC_EUSAGE},
        {{KC_EDIT_RENAME, KC_EDIT_RENAME}, {"a=x", "a=x"}, "--rename a=x: it is renamed twice", KC_EUSAGE},
        {{KC_EDIT_RENAME, KC_EDIT_MERGE}, {"a=x", "a,b"}, "--rename a=x: it is merged into b, which is larger", KC_EUSAGE},
        {{KC_EDIT_RENAME, KC_EDIT_MERGE}, {"b=x", "a,d"}, "f: --merge a,d: no cluster 'd'; it has a, b, c", KC_EINPUT},
        {{KC_EDIT_RENAME, KC_EDIT_MERGE}, {"b=x", "a,-1"}, "--merge a,-1: -1 is no cluster", KC_EUSAGE},
    };
    const uint64_t rows[3] = {1, 2, 3};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_strs ids = {0};
        struct kc_edits s;
        char line[1024];
        opts.n = 0;
        for (int c = 0; c < 3; c++)
            CHECK(kc_strs_add(&ids, &"abc"[c], 1, &e) == 0);
        for (int j = 0; j < 2; j++)
            CHECK(kc_edit_parse(&opts, t[i].kind[j], t[i].value[j], "--x", &e) == 0);
        CHECK(kc_edits_find(&s, &opts, &ids, rows, "f", &e) != 0 && e.code == t[i].code);
        kc_err_format(&e, line, sizeof line);
        CHECK_MSG(strncmp(line, t[i].say, strlen(t[i].say)) == 0, "%s", line);
        kc_edits_free(&s);
        kc_strs_free(&ids);
    }
}
