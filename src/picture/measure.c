/* How wide text is. A picture is drawn without fonts at hand, so widths are those of Helvetica and a twelfth more: the
 * widest of the common sans-serif fonts come near to that. East Asian characters take a whole em, combining marks
 * nothing, others two thirds of one. A label that is a little wider still has the gap around it. */
#include "picture/svg.h"

#include "base/utf8.h"
#include "report/width.h"

/* Widths of ' ' to '~' in hundredths of an em. */
static const unsigned char widths[95] = {
    28, 28, 36, 56, 56, 89, 67, 19, 33, 33, 39, 58, 28, 33, 28, 28, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 28, 28,
    58, 58, 58, 56, 102, 67, 67, 72, 72, 67, 61, 78, 72, 28, 50, 67, 56, 83, 72, 78, 67, 78, 72, 67, 61, 72, 67, 94,
    67, 67, 61, 28, 28, 28, 47, 56, 33, 56, 56, 50, 56, 56, 28, 56, 56, 22, 22, 50, 22, 83, 56, 56, 56, 56, 33, 50,
    28, 56, 50, 72, 50, 50, 50, 33, 26, 33, 58};

/* Return the width of a character, of n bytes, in em. */
static double measure_char(const char *p, size_t n)
{
    if (n == 1 && *p >= ' ' && *p <= '~')
        return widths[*p - ' '] * 13 / 1200.0;
    const unsigned columns = kc_out_columns(p, n);
    return columns == 2 ? 1 : columns == 0 ? 0 : .66;
}

/* Walk over the text until it is wider than `most` px. Return the bytes walked over; *width: their width. */
static size_t walk_text(const char *text, size_t n, double size, double most, double *width)
{
    size_t i = 0;
    *width = 0;
    while (i < n) {
        const size_t step = kc_utf8_length((const unsigned char *)text + i, n - i);
        const double w = size * (step ? measure_char(text + i, step) : 1);
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
