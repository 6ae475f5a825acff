/* Writes SVG. A number has at most two decimals, made from a whole number, so that it is the same text everywhere. */
#include "picture/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

#define FONT "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Helvetica,Arial,sans-serif"

/* Append n bytes. */
static void add_bytes(struct kc_svg *s, const char *p, size_t n)
{
    if (!s->failed && kc_buf_add(s->b, p, n, s->e) != 0)
        s->failed = 1;
}

void kc_svg_raw(struct kc_svg *s, const char *text)
{
    add_bytes(s, text, strlen(text));
}

void kc_svg_number(struct kc_svg *s, double x)
{
    char text[40];
    const long long v = llround(fmin(fmax(x, -1e9), 1e9) * 100);
    const long long a = v < 0 ? -v : v;
    int n = snprintf(text, sizeof text, "%s%lld.%02lld", v < 0 ? "-" : "", a / 100, a % 100);
    while (text[n - 1] == '0')
        n--;
    if (text[n - 1] == '.')
        n--;
    add_bytes(s, text, (size_t)n);
}

void kc_svg_attribute(struct kc_svg *s, const char *name, double x)
{
    kc_svg_raw(s, " ");
    kc_svg_raw(s, name);
    kc_svg_raw(s, "=\"");
    kc_svg_number(s, x);
    kc_svg_raw(s, "\"");
}

/* Append a class attribute. */
static void add_class(struct kc_svg *s, const char *class)
{
    kc_svg_raw(s, " class=\"");
    kc_svg_raw(s, class);
    kc_svg_raw(s, "\"");
}

void kc_svg_escape(struct kc_svg *s, const char *text, size_t n)
{
    for (size_t i = 0, step; i < n && !s->failed; i += step) {
        step = kc_utf8_length((const unsigned char *)text + i, n - i);
        const uint32_t c = step ? kc_utf8_decode((const unsigned char *)text + i, step) : 0xFFFD;
        if (c == '&')
            kc_svg_raw(s, "&amp;");
        else if (c == '<')
            kc_svg_raw(s, "&lt;");
        else if (c == '>')
            kc_svg_raw(s, "&gt;");
        else if (c == '"')
            kc_svg_raw(s, "&quot;");
        else if (c == '\t' || c == '\n' || c == '\r')
            kc_svg_raw(s, " ");
        else if (step == 0 || c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFE || c == 0xFFFF)
            kc_svg_raw(s, "\xEF\xBF\xBD");
        else
            add_bytes(s, text + i, step);
        step = step ? step : 1;
    }
}

/* Append the rules of the style that give each class its colour on light (0) or dark (1) paper. */
static void add_colours(struct kc_svg *s, int dark)
{
    char rule[96];
    for (int i = 0; i < KC_INKS; i++) {
        snprintf(rule, sizeof rule, ".i%d{fill:#%06X}.s%d{stroke:#%06X}", i, kc_inks[dark][i], i, kc_inks[dark][i]);
        kc_svg_raw(s, rule);
    }
    for (int i = 0; i < KC_HEATS; i++) {
        snprintf(rule, sizeof rule, ".h%d{fill:#%06X}", i, kc_ink_heat[dark][i]);
        kc_svg_raw(s, rule);
    }
    static const struct {
        const char *form;
        const uint32_t *ink;
    } others[] = {{".in{fill:#%06X}", kc_ink_noise}, {".sn{stroke:#%06X}", kc_ink_noise},
                  {".t{fill:#%06X}", kc_ink_text}, {".f{fill:#%06X}", kc_ink_faint}, {".p{fill:#%06X}", kc_ink_paper},
                  {".r{stroke:#%06X}", kc_ink_rule}, {".g{fill:#%06X}", kc_ink_rule},
                  {".k{stroke:#%06X}", kc_ink_text}, {".halo{stroke:#%06X}", kc_ink_paper}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(rule, sizeof rule, others[i].form, others[i].ink[dark]);
        kc_svg_raw(s, rule);
    }
}

/* Append the style of a file. Its shapes have no colours of their own, so that one picture serves both papers. */
static void add_style(struct kc_svg *s)
{
    kc_svg_raw(s, "<style type=\"text/css\">");
    add_colours(s, s->o->theme == KC_THEME_DARK);
    if (s->o->theme == KC_THEME_AUTO) {
        kc_svg_raw(s, "@media (prefers-color-scheme:dark){");
        add_colours(s, 1);
        kc_svg_raw(s, "}");
    }
    kc_svg_raw(s, "</style>\n");
}

void kc_svg_begin(struct kc_svg *s, double width, double height, const char *title)
{
    const char *said = s->o->title ? s->o->title : title;
    s->width = width;
    s->height = height;
    if (!s->o->inside)
        kc_svg_raw(s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
                   "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n");
    kc_svg_raw(s, "<svg");
    if (!s->o->inside)
        kc_svg_raw(s, " xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\"");
    else {
        kc_svg_raw(s, " role=\"img\" aria-label=\"");
        kc_svg_escape(s, said, strlen(said));
        kc_svg_raw(s, "\"");
    }
    kc_svg_attribute(s, "width", width);
    kc_svg_attribute(s, "height", height);
    kc_svg_raw(s, " viewBox=\"0 0 ");
    kc_svg_number(s, width);
    kc_svg_raw(s, " ");
    kc_svg_number(s, height);
    kc_svg_raw(s, "\" font-family=\"" FONT "\">\n");
    s->top = 8;
    if (!s->o->inside) {
        kc_svg_raw(s, "<title>");
        kc_svg_escape(s, *said ? said : title, strlen(*said ? said : title));
        kc_svg_raw(s, "</title>\n");
        add_style(s);
        kc_svg_rect(s, 0, 0, width, height, "p");
        if (*said) {
            kc_svg_text(s, 20, 30, KC_START, 16, "t", said, strlen(said), width - 40);
            s->top = 52;
        }
    }
}

int kc_svg_end(struct kc_svg *s)
{
    kc_svg_raw(s, s->o->inside ? "</svg>" : "</svg>\n");
    return s->failed ? -1 : 0;
}

/* Append a rectangle up to where its tag ends. */
static void begin_rect(struct kc_svg *s, double x, double y, double w, double h, const char *class)
{
    kc_svg_raw(s, "<rect");
    add_class(s, class);
    kc_svg_attribute(s, "x", x);
    kc_svg_attribute(s, "y", y);
    kc_svg_attribute(s, "width", fmax(w, 0));
    kc_svg_attribute(s, "height", fmax(h, 0));
}

/* End a shape, with a title inside it if there is one. */
static void end_shape(struct kc_svg *s, const char *name, const char *title)
{
    if (!title) {
        kc_svg_raw(s, "/>\n");
        return;
    }
    kc_svg_raw(s, "><title>");
    kc_svg_escape(s, title, strlen(title));
    kc_svg_raw(s, "</title></");
    kc_svg_raw(s, name);
    kc_svg_raw(s, ">\n");
}

void kc_svg_rect(struct kc_svg *s, double x, double y, double w, double h, const char *class)
{
    begin_rect(s, x, y, w, h, class);
    end_shape(s, "rect", NULL);
}

void kc_svg_class(const struct kc_svg *s, char kind, uint32_t c, char out[8])
{
    if (c == KC_NOISE)
        snprintf(out, 8, kind == 's' ? "sn" : "in");
    else
        snprintf(out, 8, "%c%u", kind, s->ink[c]);
}

void kc_svg_bar(struct kc_svg *s, double x, double y, double w, double h, uint32_t c, const char *title)
{
    char class[8];
    kc_svg_class(s, 'i', c, class);
    begin_rect(s, x, y, w, h, class);
    end_shape(s, "rect", title);
}

void kc_svg_line(struct kc_svg *s, double x1, double y1, double x2, double y2, const char *class, double width)
{
    kc_svg_raw(s, "<line");
    add_class(s, class);
    kc_svg_attribute(s, "x1", x1);
    kc_svg_attribute(s, "y1", y1);
    kc_svg_attribute(s, "x2", x2);
    kc_svg_attribute(s, "y2", y2);
    kc_svg_attribute(s, "stroke-width", width);
    kc_svg_raw(s, "/>\n");
}

void kc_svg_path_begin(struct kc_svg *s, const char *class, double width)
{
    kc_svg_raw(s, "<path");
    add_class(s, class);
    if (width > 0) {
        kc_svg_raw(s, " fill=\"none\" stroke-linejoin=\"round\"");
        kc_svg_attribute(s, "stroke-width", width);
    }
    kc_svg_raw(s, " d=\"");
}

void kc_svg_path_to(struct kc_svg *s, int first, double x, double y)
{
    kc_svg_raw(s, first ? "M" : "L");
    kc_svg_number(s, x);
    kc_svg_raw(s, " ");
    kc_svg_number(s, y);
}

void kc_svg_path_end(struct kc_svg *s, int close, const char *title)
{
    kc_svg_raw(s, close ? "Z\"" : "\"");
    end_shape(s, "path", title);
}

void kc_svg_circle(struct kc_svg *s, double x, double y, double r, const char *class)
{
    kc_svg_raw(s, "<circle");
    add_class(s, class);
    kc_svg_attribute(s, "cx", x);
    kc_svg_attribute(s, "cy", y);
    kc_svg_attribute(s, "r", r);
    kc_svg_raw(s, "/>\n");
}

void kc_svg_text(struct kc_svg *s, double x, double y, enum kc_anchor anchor, double size, const char *class,
                 const char *text, size_t n, double most)
{
    const size_t fits = most > 0 ? kc_svg_fit(text, n, size, most) : n;
    kc_svg_raw(s, "<text");
    add_class(s, class);
    kc_svg_attribute(s, "x", x);
    kc_svg_attribute(s, "y", y);
    kc_svg_attribute(s, "font-size", size);
    if (anchor != KC_START)
        kc_svg_raw(s, anchor == KC_MIDDLE ? " text-anchor=\"middle\"" : " text-anchor=\"end\"");
    kc_svg_raw(s, ">");
    kc_svg_escape(s, text, fits);
    if (fits < n)
        kc_svg_raw(s, "\xE2\x80\xA6");
    kc_svg_raw(s, "</text>\n");
}

void kc_svg_words(struct kc_svg *s, double x, double y, enum kc_anchor anchor, double size, const char *class,
                  const char *text)
{
    kc_svg_text(s, x, y, anchor, size, class, text, strlen(text), 0);
}

void kc_svg_called(struct kc_svg *s, double x, double y, enum kc_anchor anchor, double size, const char *class,
                   uint32_t c, double most)
{
    size_t n;
    const char *name = kc_view_called(s->v, c, &n);
    kc_svg_text(s, x, y, anchor, size, class, name, n, most);
}

double kc_svg_width(const struct kc_svg *s, double own)
{
    return s->o->width > 0 ? s->o->width : own;
}

void kc_svg_count(char *out, size_t size, uint64_t n)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t at = 0;
    for (int i = 0; i < len && at + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}
