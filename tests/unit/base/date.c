#include "base/date.h"

#include <string.h>
#include <time.h>
#include "base/rng.h"
#include "unit.h"

static int parses(const char *s, int64_t seconds, int64_t micros)
{
    int64_t t = -1;
    return kc_date_parse(s, strlen(s), &t) == 0 && t == seconds * KC_DATE_SECOND + micros;
}

TEST(base_date_known)
{
    CHECK(parses("1970-01-01", 0, 0) && parses("1970-01-01T00:00:00Z", 0, 0) && parses("0", 0, 0));
    CHECK(parses("2024-02-29t12:34:56.5+02:00", 1709202896, 500000));
    CHECK(parses("2024-02-29 12:34:56", 1709210096, 0));
    CHECK(parses("2016-12-31T23:59:60Z", 1483228800, 0)); /* a leap second */
    CHECK(parses("1969-12-31T23:59:59.000001z", -1, 1));
    CHECK(parses("1714521600", 1714521600, 0) && parses("1714521600.25", 1714521600, 250000) && parses("-0.5", -1, 500000));
    CHECK(parses("0001-01-01", -62135596800, 0) && parses("9999-12-31T23:59:59.9999999Z", 253402300799, 999999));
    CHECK(parses("2024-05-01T00:00:00-23:59", 1714607940, 0));
}

TEST(base_date_refused)
{
    static const char *const bad[] = {
        "", "2024-5-1", "2024-13-01", "2024-00-01", "2023-02-29", "1900-02-29", "2024-04-31", "2024-04-00", "0000-01-01",
        "2024-05-01T", "2024-05-01T12", "2024-05-01T12:00", "2024-05-01T24:00:00Z", "2024-05-01T12:60:00Z", "2024-05-01T12:00:61Z",
        "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00+2", "2024-05-01T12:00:00+24:00", "2024-05-01T12:00:00ZZ", "2024-05-01x12:00:00",
        "05/01/2024", "yesterday", " 2024-05-01", "2024-05-01 ", "1714521600000", "1e300", "nan", "0x10", "20240501T120000Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "-62135596801", "253402300800", "2024-05-01T12:00:00+02:60",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t t;
        if (kc_date_parse(bad[i], strlen(bad[i]), &t) == 0)
            printf("  taken: '%s'\n", bad[i]);
        CHECK(kc_date_parse(bad[i], strlen(bad[i]), &t) != 0);
    }
    int64_t t;
    CHECK(kc_date_parse("1714521600\0", 11, &t) != 0);
}

/* Against the C library, and back again. */
TEST(base_date_random)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_SAMPLE, 91, 0);
    for (int i = 0; i < 20000; i++) {
        int64_t seconds = (int64_t)(kc_rng_u64(&r) % 315537897600u) - 62135596800;
        int64_t micros = i % 3 ? (int64_t)(kc_rng_u64(&r) % 1000000) : 0, back = 0;
        char ours[KC_DATE_MAX], theirs[64];
        time_t at = (time_t)seconds;
        struct tm tm;
        gmtime_r(&at, &tm);
        int n = snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                         tm.tm_hour, tm.tm_min, tm.tm_sec);
        snprintf(theirs + n, sizeof theirs - (size_t)n, micros ? ".%06dZ" : "Z", (int)micros);
        kc_date_format(ours, seconds * KC_DATE_SECOND + micros);
        CHECK(strcmp(ours, theirs) == 0);
        CHECK(kc_date_parse(ours, strlen(ours), &back) == 0 && back == seconds * KC_DATE_SECOND + micros);
    }
}
