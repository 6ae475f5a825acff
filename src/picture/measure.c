/* How wide text is. A picture is drawn without fonts at hand, so widths are those of Helvetica, rounded, which common
 * sans-serif fonts come near to; East Asian characters take a whole em, combining marks nothing, others .6 em. A label
 * that is a little wider than estimated still has the gap that is kept around it. */
#include "picture/svg.h"

#include "base/utf8.h"

/* Widths of ' ' to '~' in hundredths of an em. */
static const unsigned char widths[95] = {
    28, 28, 36, 56, 56, 89, 67, 19, 33, 33, 39, 58, 28, 33, 28, 28, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 28, 28,
    58, 58, 58, 56, 102, 67, 67, 72, 72, 67, 61, 78, 72, 28, 50, 67, 56, 83, 72, 78, 67, 78, 72, 67, 61, 72, 67, 94,
    67, 67, 61, 28, 28, 28, 47, 56, 33, 56, 56, 50, 56, 56, 28, 56, 56, 22, 22, 50, 22, 83, 56, 56, 56, 56, 33, 50,
    28, 56, 50, 72, 50, 50, 50, 33, 26, 33, 58};

/* Return 1 if the character takes a whole em. */
static int is_wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

/* Return 1 if the character takes no room: a combining mark, or one that joins or turns others. */
static int is_mark(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || (c >= 0x483 && c <= 0x489) || (c >= 0x591 && c <= 0x5BD) ||
           (c >= 0x610 && c <= 0x61A) || (c >= 0x64B && c <= 0x65F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F);
}

/* Return the width of a character in em. */
static double measure_char(uint32_t c)
{
    if (c >= ' ' && c <= '~')
        return widths[c - ' '] / 100.0;
    return is_wide(c) ? 1 : is_mark(c) ? 0 : .6;
}

/* Walk over the text until it is wider than `most` px. Return the bytes walked over; *width: their width. */
static size_t walk_text(const char *text, size_t n, double size, double most, double *width)
{
    size_t i = 0;
    *width = 0;
    while (i < n) {
        const size_t step = kc_utf8_length((const unsigned char *)text + i, n - i);
        const double w = size * (step ? measure_char(kc_utf8_decode((const unsigned char *)text + i, step)) : 1);
        if (*width + w > most)
            break;
        *width += w;
        i += step ? step : 1;
    }
    return i;
}

double kc_svg_measure(const char *text, size_t n, double size)
{
    double width;
    walk_text(text, n, size, 1e9, &width);
    return width;
}

size_t kc_svg_fit(const char *text, size_t n, double size, double most)
{
    double width;
    size_t fits = walk_text(text, n, size, most, &width);
    if (fits == n)
        return n;
    fits = walk_text(text, n, size, most - size, &width); /* room for the ellipsis */
    while (fits > 0 && text[fits - 1] == ' ')
        fits--;
    return fits;
}
