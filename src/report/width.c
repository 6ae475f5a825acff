/* The width of text without wcwidth, which depends on the locale and on the system's Unicode version: the same terms
 * give the same table everywhere. */
#include "report/width.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

struct code_range {
    uint32_t first, last;
};

/* Characters of no width and of two columns, ascending. These are the blocks that matter for text in the languages
 * people embed, not all of Unicode. */
static const struct code_range zero[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670},
    {0x06D6, 0x06DC}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2069},
    {0x20D0, 0x20F0}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};
static const struct code_range wide[] = {
    {0x1100, 0x115F}, {0x231A, 0x231B}, {0x2329, 0x232A}, {0x23E9, 0x23EC}, {0x25FD, 0x25FE}, {0x2614, 0x2615},
    {0x2648, 0x2653}, {0x26AA, 0x26AB}, {0x26BD, 0x26BE}, {0x2705, 0x2705}, {0x270A, 0x270B}, {0x2728, 0x2728},
    {0x274C, 0x274C}, {0x2753, 0x2755}, {0x2795, 0x2797}, {0x2B1B, 0x2B1C}, {0x2B50, 0x2B50}, {0x2E80, 0x303E},
    {0x3041, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0xA4CF}, {0xA960, 0xA97C}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD},
};

/* Return 1 if c is in one of the n ranges. */
static int is_in_ranges(const struct code_range *r, size_t n, uint32_t c)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c > r[mid].last)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && c >= r[lo].first;
}

/* Return the columns of one character: 0, 1 or 2. */
static unsigned char_width(uint32_t c)
{
    if (c < 0x300)
        return 1;
    if (is_in_ranges(zero, sizeof zero / sizeof zero[0], c))
        return 0;
    return is_in_ranges(wide, sizeof wide / sizeof wide[0], c) ? 2 : 1;
}

/* Make what is shown for the character at s: its bytes, an escape, or nothing. Return the bytes read from s. */
static size_t show_char(const char *s, size_t n, char out[8], size_t *outlen, unsigned *width)
{
    size_t len = kc_utf8_length((const unsigned char *)s, n);
    uint32_t c = len ? kc_utf8_decode((const unsigned char *)s, len) : 0;
    if (len == 0 || c < 0x20 || c == 0x7F) {
        *outlen = (size_t)snprintf(out, 8, "\\x%02x", (unsigned char)s[0]);
        *width = 4;
        return 1;
    }
    *outlen = len;
    *width = char_width(c);
    memcpy(out, s, len);
    if (c >= 0x80 && c < 0xA0) { /* C1 controls: two bytes that some terminals obey */
        out[0] = '?';
        *outlen = 1;
    } else if (c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) {
        *outlen = 0;
    }
    return len;
}

int kc_out_add_cut(struct kc_buf *b, const char *s, size_t n, unsigned columns, struct kc_err *e)
{
    unsigned used = 0;
    size_t fits = b->n; /* end of the text that leaves a column for the ellipsis */
    for (size_t i = 0; i < n;) {
        char t[8];
        size_t len;
        unsigned w;
        i += show_char(s + i, n - i, t, &len, &w);
        if (used + w > columns) {
            b->n = fits;
            return columns ? kc_buf_adds(b, "\xE2\x80\xA6", e) : 0;
        }
        if (kc_buf_add(b, t, len, e) != 0)
            return -1;
        used += w;
        if (used < columns)
            fits = b->n;
    }
    return 0;
}

unsigned kc_out_columns(const char *s, size_t n)
{
    unsigned used = 0;
    for (size_t i = 0; i < n;) {
        char t[8];
        size_t bytes;
        unsigned w;
        i += show_char(s + i, n - i, t, &bytes, &w);
        used += w;
    }
    return used;
}

int kc_out_add_field(struct kc_buf *b, const char *s, size_t n, unsigned columns, int right, struct kc_err *e)
{
    size_t start = b->n;
    if (kc_out_add_cut(b, s, n, columns, e) != 0)
        return -1;
    size_t len = b->n - start;
    unsigned used = kc_out_columns(b->p + start, len);
    size_t pad = used < columns ? columns - used : 0;
    if (kc_buf_reserve(b, pad, e) != 0)
        return -1;
    if (right)
        memmove(b->p + start + pad, b->p + start, len);
    memset(b->p + start + (right ? 0 : len), ' ', pad);
    b->n += pad;
    return 0;
}
