/* A map of characters. With colours, a character is a pattern of 2 x 4 dots (Braille, Unicode 3.0) in the colour of the
 * cluster that has most of its rows; without, it is the letter of that cluster. Lines of bars have eight heights. */
#include "picture/terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "picture/ink.h"
#include "report/width.h"

#define COLUMNS 76u
#define LINES 22u
#define LISTED 26u /* clusters with a letter, and named below the map */
#define BARS_MOST ((size_t)60)

/* A map in the making. */
struct sheet {
    const struct kc_view *v;
    int colours;
    unsigned char *ink;
    float low[2], high[2];
    unsigned char dots[LINES][COLUMNS]; /* bits of the pattern */
    uint32_t best[LINES][COLUMNS];      /* the cluster of the character; KC_NOISE */
    uint32_t rows[LINES][COLUMNS];      /* its rows there, less those of others: the majority vote of Boyer & Moore
                                         * (1981), which needs no counts by cluster */
};

/* Return the colour of a cluster among the 216 of a terminal. */
static int find_colour(const struct sheet *s, uint32_t c)
{
    const uint32_t rgb = c == KC_NOISE ? 0x808080 : kc_inks[1][s->ink[c]];
    const int r = (int)(rgb >> 16 & 255), g = (int)(rgb >> 8 & 255), b = (int)(rgb & 255);
    return 16 + 36 * ((r * 5 + 127) / 255) + 6 * ((g * 5 + 127) / 255) + (b * 5 + 127) / 255;
}

/* Enter row i into the map. */
static void enter_row(struct sheet *s, size_t i)
{
    /* dots 1 2 3 7 down the left, 4 5 6 8 down the right */
    static const unsigned char bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    const double w = fmax((double)(s->high[0] - s->low[0]), 1e-9), h = fmax((double)(s->high[1] - s->low[1]), 1e-9);
    const double scale = fmin((2 * COLUMNS - 1) / w, (4 * LINES - 1) / h); /* a dot is as wide as it is high */
    const unsigned x = (unsigned)((double)(s->v->xy[2 * i] - s->low[0]) * scale + .5);
    const unsigned y = (unsigned)((double)(s->high[1] - s->v->xy[2 * i + 1]) * scale + .5);
    const uint32_t c = s->v->label ? s->v->label[i] : KC_NOISE;
    uint32_t *best = &s->best[y / 4][x / 2], *rows = &s->rows[y / 4][x / 2];
    s->dots[y / 4][x / 2] |= bits[y % 4][x % 2];
    if (*rows == 0)
        *best = c;
    *rows = *best == c ? *rows + 1 : *rows - 1;
}

/* Append one character of the map. */
static int add_cell(struct sheet *s, unsigned y, unsigned x, struct kc_buf *b, struct kc_err *e)
{
    const unsigned dots = s->dots[y][x];
    const uint32_t c = s->best[y][x];
    if (dots == 0)
        return kc_buf_addc(b, ' ', e);
    if (!s->colours)
        return kc_buf_addc(b, c < LISTED ? (char)('a' + c) : c == KC_NOISE ? '.' : '+', e);
    const char braille[] = {'\xE2', (char)(0xA0 | dots >> 6), (char)(0x80 | (dots & 63)), '\0'};
    return kc_buf_printf(b, e, "\033[38;5;%dm%s\033[0m", find_colour(s, c), braille);
}

/* Append the lines of the map, without empty ones above and below, and without blanks at their ends. */
static int add_map(struct sheet *s, struct kc_buf *b, struct kc_err *e)
{
    unsigned first = LINES, last = 0;
    for (unsigned y = 0; y < LINES; y++)
        for (unsigned x = 0; x < COLUMNS; x++)
            if (s->dots[y][x]) {
                first = first < y ? first : y;
                last = y;
            }
    for (unsigned y = first; y <= last && first < LINES; y++) {
        unsigned end = COLUMNS;
        while (end > 0 && !s->dots[y][end - 1])
            end--;
        if (end > 0 && kc_buf_adds(b, "  ", e) != 0)
            return -1;
        for (unsigned x = 0; x < end; x++)
            if (add_cell(s, y, x, b, e) != 0)
                return -1;
        if (kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    return kc_buf_addc(b, '\n', e);
}

/* Append the names of the clusters, two beside each other. */
static int add_names(struct sheet *s, struct kc_buf *b, struct kc_err *e)
{
    const struct kc_view *v = s->v;
    const uint32_t n = v->k < LISTED ? v->k : LISTED, half = (n + 1) / 2;
    for (uint32_t i = 0; i < half; i++) {
        for (uint32_t side = 0; side < 2 && i + side * half < n; side++) {
            const uint32_t c = i + side * half;
            size_t len;
            const char *name = kc_view_called(v, c, &len);
            const int last = side == 1 || c + half >= n;
            int rc = s->colours ? kc_buf_printf(b, e, "  \033[38;5;%dm\xE2\x97\x8F\033[0m ", find_colour(s, c)) :
                                  kc_buf_printf(b, e, "  %c ", 'a' + (int)c);
            if (rc == 0)
                rc = last ? kc_out_add_cut(b, name, len, 34, e) : kc_out_add_field(b, name, len, 34, 0, e);
            if (rc != 0)
                return -1;
        }
        if (kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    return n < v->k ? kc_buf_printf(b, e, "  %s and %u more\n", s->colours ? "" : "+", v->k - n) : 0;
}

/* Draw the map. */
static int draw_map(struct sheet *s, struct kc_buf *b, struct kc_err *e)
{
    const struct kc_view *v = s->v;
    for (size_t j = 0; j < 2; j++)
        s->low[j] = s->high[j] = v->xy[j];
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; j < 2; j++) {
            s->low[j] = fminf(s->low[j], v->xy[2 * i + j]);
            s->high[j] = fmaxf(s->high[j], v->xy[2 * i + j]);
        }
    for (size_t i = 0; i < v->n; i++)
        enter_row(s, i);
    return kc_buf_addc(b, '\n', e) != 0 || add_map(s, b, e) != 0 || add_names(s, b, e) != 0 ? -1 : 0;
}

/* Append a line of bars: of n values, the mean of each stretch if they are many. from: what the lowest bar stands
 * for. */
static int add_bars(struct kc_buf *b, const char *title, const double *value, size_t n, double from, const char *note,
                    struct kc_err *e)
{
    const size_t bars = n < BARS_MOST ? n : BARS_MOST;
    double high = from;
    for (size_t i = 0; i < n; i++)
        high = isfinite(value[i]) ? fmax(high, value[i]) : high;
    if (kc_buf_printf(b, e, "\n  %-12s ", title) != 0)
        return -1;
    for (size_t i = 0; i < bars; i++) {
        double sum = 0, known = 0;
        for (size_t j = i * n / bars; j < (i + 1) * n / bars; j++)
            if (isfinite(value[j])) {
                sum += value[j];
                known++;
            }
        const double share = known > 0 && high > from ? (sum / known - from) / (high - from) : 0;
        const int height = (int)(fmin(fmax(share, 0), 1) * 7 + .5);
        const char bar[] = {'\xE2', '\x96', (char)(0x81 + height), '\0'};
        if ((known > 0 ? kc_buf_adds(b, bar, e) : kc_buf_addc(b, ' ', e)) != 0)
            return -1;
    }
    return kc_buf_printf(b, e, "  %s\n", note);
}

/* Append the lines of bars that the view has. */
static int draw_bars(const struct kc_view *v, struct kc_buf *b, struct kc_err *e)
{
    const size_t wide = (size_t)v->k + 1;
    size_t most = v->nentries > v->k ? v->nentries : v->k;
    most = most > v->bin.n ? most : v->bin.n;
    double *value = kc_mem_alloc(most, sizeof *value, e), low = 0;
    char note[64];
    int rc = value ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < v->nentries; i++) {
        value[i] = v->entry[i].silhouette;
        low = fmin(low, isfinite(value[i]) ? value[i] : 0);
    }
    if (rc == 0 && v->nentries > 1) {
        snprintf(note, sizeof note, "k = %u .. %u", v->entry[0].k, v->entry[v->nentries - 1].k);
        rc = add_bars(b, "silhouette", value, v->nentries, low, note, e);
    }
    for (uint32_t c = 0; rc == 0 && c < v->k; c++)
        value[c] = (double)v->cluster[c].size;
    if (rc == 0 && v->k > 1) {
        snprintf(note, sizeof note, "%.0f .. %.0f rows", value[v->k - 1], value[0]);
        rc = add_bars(b, "sizes", value, v->k, 0, note, e);
    }
    for (size_t i = 0; rc == 0 && i < v->bin.n; i++) {
        value[i] = 0;
        for (size_t c = 0; c < wide; c++)
            value[i] += (double)v->bin_rows[i * wide + c];
    }
    if (rc == 0 && v->bin.n > 1) {
        size_t n, m;
        const char *first = kc_strs_get(&v->bin, 0, &n), *last = kc_strs_get(&v->bin, v->bin.n - 1, &m);
        snprintf(note, sizeof note, "%.*s .. %.*s", (int)(n < 12 ? n : 12), first, (int)(m < 12 ? m : 12), last);
        rc = add_bars(b, "over time", value, v->bin.n, 0, note, e);
    }
    kc_mem_free(value);
    return rc;
}

int kc_terminal_draw(const struct kc_view *v, int colours, struct kc_buf *b, struct kc_err *e)
{
    struct sheet *s = kc_mem_zalloc(1, sizeof *s, e);
    unsigned char *ink = kc_mem_alloc(v->k, sizeof *ink, e);
    int rc = s && ink ? kc_ink_choose(v, ink, e) : -1;
    if (rc == 0 && v->xy && v->n > 0) {
        s->v = v;
        s->colours = colours;
        s->ink = ink;
        rc = draw_map(s, b, e);
    }
    if (rc == 0)
        rc = draw_bars(v, b, e);
    if (rc == 0)
        rc = kc_buf_addc(b, '\n', e);
    kc_mem_free(ink);
    kc_mem_free(s);
    return rc;
}
