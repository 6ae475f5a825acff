/* Writes SVG: shapes with classes for colours, numbers of two decimals, escaped text. Internal to picture.
 *
 * Classes: i0 .. i23 fill with a cluster's colour, s0 .. s23 draw lines in it, in and sn are those of noise, h0 ..
 * h8 fill by the scale of a heat map; t, f, p fill with the colour of text, of faint text, of paper; r draws rules, k
 * lines in the colour of text; g fills with the colour of rules; halo is text with an outline of paper. */
#ifndef KC_PICTURE_SVG_H
#define KC_PICTURE_SVG_H

#include "picture/ink.h"
#include "picture/picture.h"

/* A picture that is being drawn. The first failure sticks, so that functions need not be checked one by one. */
struct kc_svg {
    const struct kc_view *v;
    const struct kc_picture_opts *o;
    const unsigned char *ink; /* (v->k) */
    struct kc_buf *b;
    struct kc_err *e;
    int failed;
    double width, height; /* of the whole */
    double top;           /* y below the title */
};

enum kc_anchor { KC_START, KC_MIDDLE, KC_END };

/* Begin a picture: the head, the style of a file, and the title, which is that of the options, else `title`. */
void kc_svg_begin(struct kc_svg *s, double width, double height, const char *title);
/* End it. Returns -1 if something failed. */
int kc_svg_end(struct kc_svg *s);

void kc_svg_raw(struct kc_svg *s, const char *text);
void kc_svg_number(struct kc_svg *s, double x);            /* with at most two decimals */
void kc_svg_attribute(struct kc_svg *s, const char *name, double x); /* name="x" behind a space */
/* Draw shapes. class: as above. */
void kc_svg_rect(struct kc_svg *s, double x, double y, double w, double h, const char *class);
/* Draw a rectangle in the colour of cluster c, or of noise; with a title, which a pointer that rests on it shows. */
void kc_svg_bar(struct kc_svg *s, double x, double y, double w, double h, uint32_t c, const char *title);
void kc_svg_line(struct kc_svg *s, double x1, double y1, double x2, double y2, const char *class, double width);
/* Draw a path from points: begin with the class, add points, end. close: join the last point with the first. */
void kc_svg_path_begin(struct kc_svg *s, const char *class, double width);
void kc_svg_path_to(struct kc_svg *s, int first, double x, double y);
void kc_svg_path_end(struct kc_svg *s, int close, const char *title);
void kc_svg_circle(struct kc_svg *s, double x, double y, double r, const char *class);
/* Write text of n bytes, cut to `most` px with an ellipsis (0: whole), its baseline at y. */
void kc_svg_text(struct kc_svg *s, double x, double y, enum kc_anchor anchor, double size, const char *class,
                 const char *text, size_t n, double most);
void kc_svg_words(struct kc_svg *s, double x, double y, enum kc_anchor anchor, double size, const char *class,
                  const char *text); /* a C string */
/* Write what cluster c is called. */
void kc_svg_called(struct kc_svg *s, double x, double y, enum kc_anchor anchor, double size, const char *class,
                   uint32_t c, double most);
/* Append text as it stands in XML: escaped, without characters that XML does not have. */
void kc_svg_escape(struct kc_svg *s, const char *text, size_t n);
/* Write the class of a cluster's fill ("i7") or line ("s7") to out. */
void kc_svg_class(const struct kc_svg *s, char kind, uint32_t c, char out[8]);

/* Return the width of text in px: an estimate by the widths of a sans-serif font. */
double kc_svg_measure(const char *text, size_t n, double size);
/* Return how many bytes of the text fit into `most` px. */
size_t kc_svg_fit(const char *text, size_t n, double size, double most);

/* A scale from values to px, and its ticks at round values. */
struct kc_scale {
    double low, high;     /* values */
    double from, to;      /* px */
    double first, step;   /* of the ticks */
    int ticks, decimals;
};
/* Make a scale that covers low .. high, widened to round values if `widen`. most: ticks. */
struct kc_scale kc_scale_make(double low, double high, double from, double to, int most, int widen);
double kc_scale_at(const struct kc_scale *s, double value);
/* Draw the rules and numbers of a vertical axis (at x, rules to x2), or of a horizontal one (at y, rules up to y2). */
void kc_scale_draw_y(struct kc_svg *s, const struct kc_scale *a, double x, double x2);
void kc_scale_draw_x(struct kc_svg *s, const struct kc_scale *a, double y, double y2);

/* The pictures. They are called with v, o and ink set. */
typedef int kc_picture_drawer(struct kc_svg *s);
kc_picture_drawer kc_draw_map, kc_draw_silhouette, kc_draw_k, kc_draw_sizes, kc_draw_heat, kc_draw_tree, kc_draw_time,
    kc_draw_flow, kc_draw_keywords, kc_draw_history, kc_draw_confusion;
/* Return the width asked for, or the kind's own. */
double kc_svg_width(const struct kc_svg *s, double own);
/* Append "12,345" to a text of `size` bytes. */
void kc_svg_count(char *out, size_t size, uint64_t n);

#endif
