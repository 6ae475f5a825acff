#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "unit.h"

TEST(err_first_one_wins)
{
    struct kc_err e = KC_ERR_INIT;
    char s[256];
    CHECK(kc_err_at(&e, KC_EINPUT, "a.jsonl", 7, "vec has %d numbers, expected %d", 3, 4) == -1);
    CHECK(kc_err_set(&e, KC_ESYS, "later") == -1);
    kc_err_format(&e, s, sizeof s);
    CHECK(e.code == KC_EINPUT && strcmp(s, "a.jsonl:7: vec has 3 numbers, expected 4") == 0);
}

TEST(err_escapes_what_moves_the_cursor)
{
    char s[64];
    kc_err_escape(s, sizeof s, "a\x1b[2J\n\x7f", 7);
    CHECK(strcmp(s, "a\\x1b[2J\\x0a\\x7f") == 0);
    kc_err_escape(s, sizeof s, "\xc3\xa9\xc2\x9b\xff\xed\xa0\x80", 8); /* e acute; a C1 control; no UTF-8; a surrogate */
    CHECK(strcmp(s, "\xc3\xa9\\xc2\\x9b\\xff\\xed\\xa0\\x80") == 0);
    kc_err_escape(s, 6, "abcdefgh", 8);
    CHECK(strcmp(s, "abcde") == 0);
    kc_err_escape(s, 4, "ab\xe2\x82\xac", 5); /* no half character at the end */
    CHECK(strcmp(s, "ab") == 0);
}

TEST(err_long_paths_keep_their_end)
{
    char path[3000];
    struct kc_err e = KC_ERR_INIT;
    memset(path, 'x', sizeof path);
    memcpy(path + sizeof path - 8, "end.npy", 8);
    (void)kc_err_sys(&e, path, 2, "cannot open");
    CHECK(strlen(e.file) == sizeof e.file - 1 && strcmp(e.file + strlen(e.file) - 7, "end.npy") == 0);
    CHECK(strcmp(e.msg, "cannot open: No such file or directory") == 0);
}

TEST(mem_sizes_do_not_wrap)
{
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_mem_mul(SIZE_MAX / 2, 3) == SIZE_MAX && kc_mem_mul(0, 3) == 0 && kc_mem_mul(5, 0) == 0);
    CHECK(kc_mem_add(SIZE_MAX, 1) == SIZE_MAX);
    CHECK(kc_mem_alloc(SIZE_MAX / 2, 4, &e) == NULL && e.code == KC_ESYS);
    e.code = KC_OK;
    CHECK(kc_mem_aligned(SIZE_MAX / 2, 4, &e) == NULL && e.code == KC_ESYS);
    e.code = KC_OK;
    void *p = kc_mem_alloc(0, 8, &e);
    CHECK(p != NULL && e.code == KC_OK);
    kc_mem_free(p);
}

/* What was asked for, beside what; of a block that was to grow, only by how much. */
TEST(mem_failures_say_how_much)
{
    struct kc_err e = KC_ERR_INIT, f = KC_ERR_INIT, first = KC_ERR_INIT;
    CHECK(kc_mem_alloc(SIZE_MAX / 4, 1, &e) == NULL && e.code == KC_ESYS && e.short_of == SIZE_MAX / 4);
    CHECK_MSG(strncmp(e.msg, "out of memory: 4.6 EB more were needed beside ", 46) == 0, "%s", e.msg);
    kc_err_more(&e, "; %d", 7);
    CHECK(strcmp(e.msg + strlen(e.msg) - 3, "; 7") == 0);
    char *p = kc_mem_alloc(1000000, 1, &f);
    CHECK(p && kc_mem_realloc(p, SIZE_MAX / 4, 1, &f) == NULL && f.short_of > SIZE_MAX / 4 - 1100000 &&
          f.short_of <= SIZE_MAX / 4 - 1000000);
    kc_mem_free(p);
    (void)kc_err_set(&first, KC_EINPUT, "bad");
    CHECK(kc_mem_fail(&first, 1) == -1 && strcmp(first.msg, "bad") == 0 && first.short_of == 0);
}

TEST(mem_buffers_and_strings)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {NULL, 0, 0};
    struct kc_strs s = {{NULL, 0, 0}, NULL, 0, 0}, t = {{NULL, 0, 0}, NULL, 0, 0};
    size_t len;
    for (int i = 0; i < 1000; i++)
        CHECK(kc_buf_printf(&b, &e, "%d,", i) == 0);
    CHECK(b.n == 3890 && memcmp(b.p, "0,1,2,", 6) == 0 && memcmp(b.p + b.n - 4, "999,", 4) == 0);
    CHECK(kc_strs_add(&s, "a\0b", 3, &e) == 0 && kc_strs_add(&s, "", 0, &e) == 0);
    CHECK(kc_strs_append(&t, &s, &e) == 0 && kc_strs_append(&t, &s, &e) == 0 && t.n == 4);
    CHECK(memcmp(kc_strs_get(&t, 2, &len), "a\0b", 3) == 0 && len == 3);
    (void)kc_strs_get(&t, 3, &len);
    CHECK(len == 0);
    kc_strs_clear(&t);
    CHECK(kc_strs_add(&t, "x", 1, &e) == 0 && *kc_strs_get(&t, 0, &len) == 'x' && len == 1);
    kc_strs_free(&t);
    kc_strs_free(&s);
    CHECK(kc_strs_add(&s, "", 0, &e) == 0 && kc_strs_append(&t, &s, &e) == 0); /* nothing but empty ones */
    CHECK(kc_strs_get(&s, 0, &len) != NULL && len == 0 && kc_strs_get(&t, 0, &len) != NULL && len == 0);
    kc_strs_free(&t);
    kc_strs_free(&s);
    kc_buf_free(&b);
}

TEST(rng_streams_are_functions_of_their_keys)
{
    struct kc_rng a = kc_rng_stream(1, KC_RNG_TEST, 2, 3), b = kc_rng_stream(1, KC_RNG_TEST, 2, 3);
    struct kc_rng c = kc_rng_stream(1, KC_RNG_TEST, 3, 2);
    double sum = 0;
    uint64_t hits[3] = {0, 0, 0};
    CHECK(kc_rng_u64(&a) == kc_rng_u64(&b) && kc_rng_u64(&a) == kc_rng_u64(&b));
    CHECK(kc_rng_u64(&a) != kc_rng_u64(&c));
    for (int i = 0; i < 100000; i++) {
        double u = kc_rng_unit(&a);
        CHECK(u >= 0 && u < 1);
        sum += u;
        hits[kc_rng_below(&c, 3)]++;
    }
    CHECK(sum > 49000 && sum < 51000);
    for (int i = 0; i < 3; i++)
        CHECK(hits[i] > 32700 && hits[i] < 34000);
}
