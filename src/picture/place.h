/* Places labels on a map so that none overlaps another. */
#ifndef KC_PICTURE_PLACE_H
#define KC_PICTURE_PLACE_H

#include <stddef.h>

struct kc_place {
    double x, y;          /* the middle of what it names, px */
    double width, height; /* of the label, px */
    double left, top;     /* set: where it goes */
    int shown;            /* set: 0 if there is no room */
};

/* Place n labels, the most important first, within 0 .. width and 0 .. height: at the middle of what they name, else as
 * near as there is room, up to some line heights away. An earlier label never gives way to a later one. */
void kc_place_labels(struct kc_place *p, size_t n, double width, double height);

#endif
