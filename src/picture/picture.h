/* Pictures of a clustering, as SVG: text of fixed precision, so that the same view gives the same bytes.
 *
 * A picture is drawn from a view (view/view.h) alone. It is used in two ways. As a file it is a whole SVG 1.1 document
 * with its own style, for light and dark pages. In a page of HTML it is an <svg> element whose colours the page's style
 * sheet defines. Texts are <text>, and there is no script in it. */
#ifndef KC_PICTURE_PICTURE_H
#define KC_PICTURE_PICTURE_H

#include "view/view.h"

enum kc_picture {
    KC_PICTURE_MAP, KC_PICTURE_SILHOUETTE, KC_PICTURE_K, KC_PICTURE_SIZES, KC_PICTURE_HEAT, KC_PICTURE_TREE,
    KC_PICTURE_TIME, KC_PICTURE_FLOW, KC_PICTURE_KEYWORDS, KC_PICTURE_HISTORY, KC_PICTURE_CONFUSION,
    KC_PICTURES
};
#define KC_PICTURE_WORDS "map silhouette k sizes heat tree time flow keywords history confusion" /* in the same order */

struct kc_picture_opts {
    double width;     /* px, 320 .. 4000; 0: the kind's own */
    double height;    /* px; 0: as the picture needs */
    int inside;       /* 1: an element of a page of HTML, without XML header and style */
    int theme;        /* of a file: enum kc_theme */
    size_t points;    /* of the map, at most; 0: KC_PICTURE_POINTS */
    const char *title; /* NULL: the kind's own; "": none */
};
enum kc_theme { KC_THEME_AUTO, KC_THEME_LIGHT, KC_THEME_DARK };
#define KC_THEME_WORDS "auto light dark"
#define KC_PICTURE_POINTS ((size_t)50000) /* more are drawn as a sample */

/* Return NULL if the view has what the picture needs, else what is missing, with the cure: "a model: --model FILE". */
const char *kc_picture_lacks(const struct kc_view *v, enum kc_picture kind);
/* Append the picture to svg. The view has what it needs. */
int kc_picture_draw(const struct kc_view *v, enum kc_picture kind, const struct kc_picture_opts *o, struct kc_buf *svg,
                    struct kc_err *e) KC_MUST_USE;
/* Return a sentence that says what the picture shows, for a caption. */
const char *kc_picture_caption(enum kc_picture kind);

#endif
