/* Pictures of made-up views: every kind, well-formed whatever the texts are, the same bytes again; and its parts. */
#include "picture/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "picture/ink.h"
#include "picture/place.h"
#include "picture/svg.h"
#include "picture/terminal.h"
#include "unit.h"
#include "view_util.h"

/* Return 1 if the text is well-formed enough to be one element: tags are closed in order, attributes are quoted, and
 * outside of tags there is no bare < or &. No character that XML does not have is in it. */
static int is_well_formed(const char *p, size_t n)
{
    const char *end = p + n, *names[64];
    size_t lengths[64], depth = 0, roots = 0;
    while (p < end) {
        if (*p == '&') {
            const char *semi = memchr(p, ';', (size_t)(end - p));
            if (!semi || semi - p > 6)
                return 0;
        } else if ((unsigned char)*p < 0x20 && *p != '\n') {
            return 0;
        } else if (*p == '<') {
            const char *name = p + 1 + (p[1] == '/');
            const size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzACEGHOPSTVWYD!?"), is_end = p[1] == '/';
            const char *close = name;
            for (int quoted = 0; close < end && (quoted || *close != '>'); close++)
                quoted ^= *close == '"';
            if (close == end)
                return 0;
            if (p[1] != '?' && p[1] != '!') {
                if (is_end) {
                    if (depth == 0 || lengths[depth - 1] != len || memcmp(names[depth - 1], name, len) != 0)
                        return 0;
                    roots += --depth == 0;
                } else if (close[-1] == '/') {
                    roots += depth == 0;
                } else if (depth < 64) {
                    names[depth] = name;
                    lengths[depth++] = len;
                }
            }
            p = close;
        } else if (*p == '>') {
            return 0;
        }
        p++;
    }
    return depth == 0 && roots == 1;
}

/* Draw a picture. */
static int draw(const struct kc_view *v, enum kc_picture kind, int inside, double width, struct kc_buf *b)
{
    const struct kc_picture_opts o = {.inside = inside, .width = width};
    struct kc_err e = KC_ERR_INIT;
    b->n = 0;
    return kc_picture_draw(v, kind, &o, b, &e);
}

TEST(every_picture_of_hostile_texts_is_well_formed_and_the_same_again)
{
    for (int texts = 0; texts < 5; texts++) {
        struct view_recipe r = VIEW_RECIPE_ALL;
        struct kc_err e = KC_ERR_INIT;
        struct kc_view v;
        struct kc_buf a = {0}, b = {0};
        r.n = 900;
        r.texts = texts;
        CHECK(view_make(&v, &r, &e) == 0);
        for (int kind = 0; kind < KC_PICTURES; kind++) {
            if (kc_picture_lacks(&v, (enum kc_picture)kind))
                continue;
            for (int inside = 0; inside < 2; inside++) {
                CHECK(draw(&v, (enum kc_picture)kind, inside, inside ? 320 : 0, &a) == 0);
                CHECK_MSG(is_well_formed(a.p, a.n), "kind %d, texts %d, inside %d", kind, texts, inside);
                CHECK(draw(&v, (enum kc_picture)kind, inside, inside ? 320 : 0, &b) == 0);
                CHECK(a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
                CHECK(!memmem(a.p, a.n, "<script", 7) && !memmem(a.p, a.n, "nan", 3) && !memmem(a.p, a.n, "inf\"", 4));
            }
        }
        kc_buf_free(&a);
        kc_buf_free(&b);
        kc_view_free(&v);
    }
}

TEST(pictures_of_few_and_of_many_clusters_are_sound)
{
    static const struct {
        uint64_t n;
        uint32_t k;
    } shapes[] = {{1, 1}, {2, 2}, {40, 1}, {3000, 700}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct view_recipe r = VIEW_RECIPE_ALL;
        struct kc_err e = KC_ERR_INIT;
        struct kc_view v;
        struct kc_buf b = {0};
        r.n = shapes[i].n;
        r.k = shapes[i].k;
        r.noise = 0;
        CHECK(view_make(&v, &r, &e) == 0);
        for (int kind = 0; kind < KC_PICTURES; kind++)
            if (!kc_picture_lacks(&v, (enum kc_picture)kind)) {
                CHECK(draw(&v, (enum kc_picture)kind, 0, 0, &b) == 0);
                CHECK_MSG(is_well_formed(b.p, b.n), "%u clusters, kind %d", shapes[i].k, kind);
            }
        kc_buf_free(&b);
        kc_view_free(&v);
    }
}

TEST(a_picture_that_lacks_its_figures_says_what_it_needs)
{
    struct kc_view v;
    kc_view_init(&v);
    for (int kind = 0; kind < KC_PICTURES; kind++) {
        CHECK(kc_picture_lacks(&v, (enum kc_picture)kind) != NULL);
        CHECK(kc_picture_caption((enum kc_picture)kind)[0] != '\0');
    }
    kc_view_free(&v);
}

TEST(a_map_of_many_rows_draws_a_sample_of_the_size_that_is_asked_for)
{
    struct view_recipe r = VIEW_RECIPE_ALL;
    const struct kc_picture_opts o = {.points = 137};
    struct kc_err e = KC_ERR_INIT;
    struct kc_view v;
    struct kc_buf b = {0};
    size_t dots = 0;
    r.n = 5000;
    CHECK(view_make(&v, &r, &e) == 0);
    CHECK(kc_picture_draw(&v, KC_PICTURE_MAP, &o, &b, &e) == 0);
    CHECK(kc_buf_addc(&b, '\0', &e) == 0);
    for (const char *p = b.p; (p = strstr(p, "h0")) != NULL; p++)
        dots++;
    CHECK_MSG(dots - 2 == 137, "%zu dots", dots - 2); /* two are a class of the style, on light and dark paper */
    CHECK(strstr(b.p, "a sample of 137 of 5,000 rows"));
    kc_buf_free(&b);
    kc_view_free(&v);
}

/* Return a channel of an sRGB colour in linear light. */
static double linear(uint32_t rgb, int shift)
{
    const double c = (double)(rgb >> shift & 255) / 255;
    return c <= .04045 ? c / 12.92 : pow((c + .055) / 1.055, 2.4);
}

/* Convert linear RGB to Oklab. */
static void to_oklab(const double rgb[3], double lab[3])
{
    static const double m1[3][3] = {{.4122214708, .5363325363, .0514459929}, {.2119034982, .6806995451, .1073969566},
                                    {.0883024619, .2817188376, .6299787005}};
    static const double m2[3][3] = {{.2104542553, .7936177850, -.0040720468}, {1.9779984951, -2.4285922050, .4505937099},
                                    {.0259040371, .7827717662, -.8086757660}};
    double l[3];
    for (int i = 0; i < 3; i++)
        l[i] = cbrt(fmax(m1[i][0] * rgb[0] + m1[i][1] * rgb[1] + m1[i][2] * rgb[2], 0));
    for (int i = 0; i < 3; i++)
        lab[i] = m2[i][0] * l[0] + m2[i][1] * l[1] + m2[i][2] * l[2];
}

/* Return the distance of two colours as people with (1 .. 3) and without (0) a kind of colour blindness see them. */
static double measure_colours(uint32_t a, uint32_t b, int blindness)
{
    static const double see[4][3][3] = {
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{.152286, 1.052583, -.204868}, {.114503, .786281, .099216}, {-.003882, -.048116, 1.051998}},
        {{.367322, .860646, -.227968}, {.280085, .672501, .047413}, {-.011820, .042940, .968881}},
        {{1.255528, -.076749, -.178779}, {-.078411, .930809, .147602}, {.004733, .691367, .303900}}};
    double lab[2][3], sum = 0;
    for (int i = 0; i < 2; i++) {
        const uint32_t c = i ? b : a;
        const double rgb[3] = {linear(c, 16), linear(c, 8), linear(c, 0)};
        double seen[3];
        for (int j = 0; j < 3; j++)
            seen[j] = fmin(fmax(see[blindness][j][0] * rgb[0] + see[blindness][j][1] * rgb[1] +
                                see[blindness][j][2] * rgb[2], 0), 1);
        to_oklab(seen, lab[i]);
    }
    for (int j = 0; j < 3; j++)
        sum += (lab[0][j] - lab[1][j]) * (lab[0][j] - lab[1][j]);
    return sqrt(sum);
}

/* Return the contrast of two colours (WCAG 2). */
static double contrast(uint32_t a, uint32_t b)
{
    const double la = .2126 * linear(a, 16) + .7152 * linear(a, 8) + .0722 * linear(a, 0);
    const double lb = .2126 * linear(b, 16) + .7152 * linear(b, 8) + .0722 * linear(b, 0);
    return (fmax(la, lb) + .05) / (fmin(la, lb) + .05);
}

TEST(colours_of_clusters_can_be_told_apart_and_texts_can_be_read)
{
    for (int paper = 0; paper < 2; paper++) {
        for (int a = 0; a < KC_INKS; a++) {
            for (int b = 0; b < a; b++)
                for (int blindness = 0; blindness < 4; blindness++) {
                    const double d = measure_colours(kc_inks[paper][a], kc_inks[paper][b], blindness);
                    CHECK_MSG(d >= (a < 8 ? .09 : .04), "%d and %d on %d, seen by %d: %.3f", a, b, paper, blindness, d);
                }
            CHECK(contrast(kc_inks[paper][a], kc_ink_paper[paper]) >= 2.2);
        }
        CHECK(contrast(kc_ink_text[paper], kc_ink_paper[paper]) >= 7);
        CHECK(contrast(kc_ink_faint[paper], kc_ink_paper[paper]) >= 4.5);
    }
}

TEST(labels_never_overlap_and_earlier_ones_stay)
{
    struct kc_place p[60];
    uint64_t state = unit_seed();
    for (size_t i = 0; i < 60; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        p[i] = (struct kc_place){.x = (double)(state >> 33 & 511), .y = (double)(state >> 45 & 255),
                                 .width = 40 + (double)(state >> 20 & 63), .height = 14};
    }
    kc_place_labels(p, 60, 512, 256);
    size_t shown = 0;
    for (size_t i = 0; i < 60; i++) {
        if (!p[i].shown)
            continue;
        shown++;
        CHECK(p[i].left >= 0 && p[i].top >= 0 && p[i].left + p[i].width <= 512 && p[i].top + p[i].height <= 256);
        for (size_t j = 0; j < i; j++)
            CHECK(!p[j].shown || p[i].left >= p[j].left + p[j].width || p[j].left >= p[i].left + p[i].width ||
                  p[i].top >= p[j].top + p[j].height || p[j].top >= p[i].top + p[i].height);
    }
    CHECK(p[0].shown && shown > 10);
}

TEST(neighbours_among_many_clusters_have_different_colours)
{
    enum { K = 5000 };
    struct kc_view v;
    struct kc_err e = KC_ERR_INIT;
    static unsigned char ink[K];
    kc_view_init(&v);
    v.k = K;
    CHECK(kc_ink_choose(&v, ink, &e) == 0);
    for (int c = 8; c < K; c++)
        for (int i = 1; i <= 8; i++)
            CHECK_MSG(ink[c] != ink[c - i], "clusters %d and %d", c - i, c);
    kc_view_free(&v);
}

TEST(scales_of_any_numbers_have_few_ticks_within_them)
{
    static const double at[] = {-INFINITY, -1e308, -1e300, -1e15, -1, -1e-300, 0, 5e-324, 1e-13, 1, 1 + 1e-15, 1e15, 1e17, 1e308};
    const size_t n = sizeof at / sizeof *at;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            for (int widen = 0; widen < 2; widen++) {
                const struct kc_scale s = kc_scale_make(at[i], at[j], 0, 100, 5, widen);
                CHECK_MSG(isfinite(s.low) && isfinite(s.high) && isfinite(s.step) && s.step > 0, "%g %g", at[i], at[j]);
                CHECK_MSG(s.ticks >= 0 && s.ticks <= 8, "%g to %g: %d ticks", at[i], at[j], s.ticks);
            }
}

TEST(scales_have_round_ticks_that_cover_the_values)
{
    static const double spans[][2] = {{0, 1}, {.05, .2331}, {-.13, .6}, {0, 1503}, {15, 15}, {0, 0}, {-3, -3}, {1e-7, 3e-7}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        const struct kc_scale s = kc_scale_make(spans[i][0], spans[i][1], 0, 100, 6, 1);
        const double near = 1e-9 * fmax(fabs(spans[i][0]), fabs(spans[i][1]));
        CHECK_MSG(s.low <= spans[i][0] + near && s.high >= spans[i][1] - near && s.high > s.low, "%g .. %g", s.low,
                  s.high);
        CHECK_MSG(s.ticks >= 2 && s.ticks <= 9, "%d ticks for %g .. %g", s.ticks, spans[i][0], spans[i][1]);
        CHECK(fabs(kc_scale_at(&s, s.low)) < 1e-9 && fabs(kc_scale_at(&s, s.high) - 100) < 1e-9);
    }
}

TEST(text_is_cut_where_it_no_longer_fits_and_never_inside_a_character)
{
    static const char text[] = "\xE7\x89\xA9\xE6\xB5\x81\xE5\xA4\xAA\xE6\x85\xA2"; /* four wide characters */
    CHECK(kc_svg_fit(text, 12, 10, 40.5) == 12);
    CHECK(kc_svg_fit(text, 12, 10, 39) == 6);
    CHECK(kc_svg_fit("words", 5, 10, 1000) == 5);
    CHECK(kc_svg_measure("ll", 2, 10) < kc_svg_measure("mm", 2, 10));
}

TEST(a_map_in_characters_is_at_most_80_columns_wide)
{
    for (int colours = 0; colours < 2; colours++) {
        struct view_recipe r = VIEW_RECIPE_ALL;
        struct kc_err e = KC_ERR_INIT;
        struct kc_view v;
        struct kc_buf b = {0};
        r.texts = 2;
        r.n = 3000;
        r.k = 40;
        CHECK(view_make(&v, &r, &e) == 0);
        CHECK(kc_terminal_draw(&v, colours, &b, &e) == 0);
        size_t columns = 0, lines = 0;
        for (size_t i = 0; i < b.n; i++) {
            if (b.p[i] == '\033') { /* up to the m that ends it */
                CHECK(colours);
                while (b.p[i] != 'm')
                    i++;
            } else if (b.p[i] == '\n') {
                CHECK_MSG(columns <= 80, "line %zu: %zu columns", lines, columns);
                columns = 0;
                lines++;
            } else {
                CHECK((unsigned char)b.p[i] >= 0x20);
                columns += ((unsigned char)b.p[i] & 0xC0) != 0x80;
            }
        }
        CHECK(lines > 20);
        kc_buf_free(&b);
        kc_view_free(&v);
    }
}
