/* Escapes within lines. */
#include <string.h>
#include "io/lines.h"
#include "unit.h"

static int decodes_to(const char *text, const char *want, size_t want_n)
{
    char b[64];
    size_t n = strlen(text);
    memcpy(b, text, n);
    n = kc_lines_unescape(b, n);
    return n == want_n && (!want || memcmp(b, want, n) == 0);
}

TEST(escapes_of_lines)
{
    CHECK(decodes_to("plain", "plain", 5));
    CHECK(decodes_to("a\\tb\\nc\\rd\\\\e\\b\\f\\v", "a\tb\nc\rd\\e\b\f\v", 12));
    CHECK(decodes_to("\\x41\\x0a\\xfF", "A\n\xFF", 3));
    CHECK(decodes_to("", "", 0));
    static const char *const bad[] = {"\\", "a\\", "\\q", "\\x", "\\x4", "\\x4g", "\\xg4", "\\0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_MSG(decodes_to(bad[i], NULL, SIZE_MAX), "'%s' is decoded", bad[i]);
}
