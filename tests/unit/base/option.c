/* Options as typed rows: each type parses what it should, refuses the rest in words, and reads back what it writes. */
#include "base/option.h"

#include <math.h>
#include <string.h>
#include "json/option_json.h"
#include "unit.h"

struct things {
    int flag, word;
    uint64_t u64, size, count;
    double real, seconds;
    int64_t time;
    const char *text, *file;
};

#define AT(member) offsetof(struct things, member)
static const struct kc_option rows[] = {
    {.name = "flag", .type = KC_OPTION_FLAG, .at = AT(flag), .set = -1},
    {.name = "word", .arg = "W", .type = KC_OPTION_WORD, .at = AT(word), .words = "one two three"},
    {.name = "u-64", .arg = "N", .type = KC_OPTION_U64, .at = AT(u64), .least = 2, .most = 9, .off = "off"},
    {.name = "size", .arg = "S", .type = KC_OPTION_SIZE, .at = AT(size)},
    {.name = "count", .arg = "N", .type = KC_OPTION_COUNT, .at = AT(count), .least = 2, .off = "all"},
    {.name = "real", .arg = "F", .type = KC_OPTION_REAL, .at = AT(real), .high = 1, .marks = KC_OPTION_OPEN_HIGH},
    {.name = "seconds", .arg = "T", .type = KC_OPTION_SECONDS, .at = AT(seconds), .low = 1, .off = "off"},
    {.name = "time", .arg = "T", .type = KC_OPTION_TIME, .at = AT(time), .low = 1e-3, .off = "off"},
    {.letter = 't', .arg = "T", .key = "text", .at = AT(text)},
    {.name = "file", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(file), .marks = KC_OPTION_NO_STDIO},
    {0}};
static const struct things defaults = {.u64 = 5, .size = 16 << 20, .count = 250000, .real = 1e-6, .seconds = -1};

static const struct kc_option *row(const char *key)
{
    char own[KC_OPTION_TEXT_MAX];
    for (const struct kc_option *o = rows; !kc_option_is_last(o); o++) {
        kc_option_key(o, own);
        if (strcmp(own, key) == 0)
            return o;
    }
    return NULL;
}

/* Parse a value; the message is in *e. */
static int parse(struct things *t, const char *key, const char *value, struct kc_err *e)
{
    *e = (struct kc_err)KC_ERR_INIT;
    return kc_option_parse(row(key), t, &defaults, value, "--it", e);
}

TEST(options_parse_and_print_by_type)
{
    static const struct {
        const char *key, *value, *text, *brief; /* text NULL: refused, and then brief is the message */
    } rounds[] = {
        {"word", "three", "three", "three"},
        {"word", "four", NULL, "--it: 'four' is not one of: one two three"},
        {"u_64", "9", "9", "9"},
        {"u_64", "off", "0", "off"},
        {"u_64", "1", NULL, "--it: '1' is not a whole number from 2 to 9"},
        {"size", "16M", "16777216", "16M"},
        {"size", "1500", "1500", "1500"},
        {"size", "0", NULL, "--it: '0' is not a size, such as 500M or 2G"},
        {"count", "1M", "1048576", "1048576"},
        {"count", "all", "0", "all"},
        {"real", "1e-6", "9.9999999999999995e-07", "1e-6"},
        {"real", "0.5", "0.5", "0.5"},
        {"real", "1", NULL, "--it: '1' is not a number from 0 to 1"},
        {"real", "nan", NULL, "--it: 'nan' is not a number from 0 to 1"},
        {"seconds", "1.5m", "90", "90s"},
        {"seconds", "off", "-1", "off"},
        {"seconds", "0", NULL, "--it: '0' is not off or a time from 1s to 10,000 years, such as 90, 90s, 1.5m, 2h, 1d or 2w"},
        {"time", "2w", "1209600", "1209600"},
        {"time", "off", "off", "off"},
        {"text", "a b", "a b", "a b"},
        {"file", "-", NULL, "--it needs the name of a file"},
    };
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        struct things t = defaults;
        struct kc_err e;
        char text[KC_OPTION_TEXT_MAX];
        int rc = parse(&t, rounds[i].key, rounds[i].value, &e);
        if (!rounds[i].text) {
            CHECK_MSG(rc != 0 && e.code == KC_EUSAGE && strcmp(e.msg, rounds[i].brief) == 0, "%s: %s", rounds[i].value, e.msg);
            continue;
        }
        CHECK_MSG(rc == 0, "%s: %s", rounds[i].value, e.msg);
        kc_option_text(row(rounds[i].key), &t, 0, text);
        CHECK_MSG(strcmp(text, rounds[i].text) == 0, "%s: %s", rounds[i].value, text);
        kc_option_text(row(rounds[i].key), &t, 1, text);
        CHECK_MSG(strcmp(text, rounds[i].brief) == 0, "%s: %s", rounds[i].value, text);
    }
    struct things t = defaults;
    struct kc_err e;
    CHECK(parse(&t, "flag", NULL, &e) != 0 || t.flag == -1);
    CHECK(kc_option_is_idle(row("u_64"), "off") && !kc_option_is_idle(row("u_64"), "5"));
    CHECK(kc_option_is_idle(row("word"), "one") && !kc_option_is_idle(row("word"), "two"));
    CHECK(kc_option_u64(rows, &t, "u_64", 1) == 5 && kc_option_u64(rows, &t, "none", 1) == 1);
}

TEST(options_read_from_json_what_they_write)
{
    struct things t = {.word = 2, .u64 = 9, .size = 5, .count = 0, .real = 0.25}, back = defaults;
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct kc_jsonw w = KC_JSONW(&b, &e);
    static const char *const keys[] = {"word", "u_64", "size", "count", "real"};
    kc_jsonw_open(&w, NULL, '{', 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        kc_option_write(&w, row(keys[i]), &t, 0);
    kc_jsonw_close(&w, '}');
    CHECK(kc_jsonw_end(&w) == 0 && kc_buf_addc(&b, '\0', &e) == 0 && kc_buf_reserve(&b, 64, &e) == 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        CHECK_MSG(kc_option_read(row(keys[i]), &back, b.p) == 0, "%s in %s", keys[i], b.p);
    CHECK(back.word == 2 && back.u64 == 9 && back.size == 5 && back.count == 0 && back.real >= 0.25 && back.real <= 0.25);
    /* What is out of bounds, of another type or not there is refused. */
    static const char bad[] = "{\"word\": \"four\", \"u_64\": 10, \"count\": 1, \"real\": 2.0, \"size\": \"5\"}"
                              "\0                                                                ";
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        CHECK_MSG(kc_option_read(row(keys[i]), &back, bad) != 0, "%s", keys[i]);
    CHECK(kc_option_read(row("seconds"), &back, bad) != 0);
    kc_buf_free(&b);
}
