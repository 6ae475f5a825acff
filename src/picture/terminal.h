/* Pictures for a terminal, in characters: a map and lines of bars. */
#ifndef KC_PICTURE_TERMINAL_H
#define KC_PICTURE_TERMINAL_H

#include "view/view.h"

/* Append what the view has: the map with a list of the clusters on it, the silhouette by k, the sizes, the rows over
 * time. No line is wider than 80 columns. colours: 1: with the colours of clusters (ECMA-48, 256 colours), the map in
 * dots; 0: the map in letters. */
int kc_terminal_draw(const struct kc_view *v, int colours, struct kc_buf *b, struct kc_err *e) KC_MUST_USE;

#endif
