/* SVG to PNG, by librsvg and cairo if they are installed. They are looked for when they are needed, so that kclust
 * neither links nor requires them. */
#ifndef KC_PICTURE_PNG_H
#define KC_PICTURE_PNG_H

#include "base/mem.h"

/* Look for the libraries. KC_ESYS, with the cure, if they are not there. */
int kc_png_find(struct kc_err *e) KC_MUST_USE;
/* Append the picture, svg of n bytes, as PNG with `scale` dots for each px. */
int kc_png_make(const char *svg, size_t n, double scale, struct kc_buf *png, struct kc_err *e) KC_MUST_USE;

#endif
