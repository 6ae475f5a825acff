/* Colours. A cluster has one of KC_INKS colours, chosen so that clusters that lie near each other on the map, or are
 * neighbours in their order, can be told apart, by colour-blind people too. Noise is grey. */
#ifndef KC_PICTURE_INK_H
#define KC_PICTURE_INK_H

#include "view/view.h"

#define KC_INKS 24

/* The colours as 0xRRGGBB: [0] on light paper, [1] on dark. */
extern const uint32_t kc_inks[2][KC_INKS];
/* A scale of nine steps, from little to much. */
#define KC_HEATS 9
extern const uint32_t kc_ink_heat[2][KC_HEATS];
extern const uint32_t kc_ink_noise[2], kc_ink_paper[2], kc_ink_text[2], kc_ink_faint[2], kc_ink_rule[2];

/* Choose the colours and keep them in the view, for all its pictures. */
int kc_ink_keep(struct kc_view *v, struct kc_err *e) KC_MUST_USE;
/* Give each cluster of the view a colour: ink (k). */
int kc_ink_choose(const struct kc_view *v, unsigned char *ink, struct kc_err *e) KC_MUST_USE;

#endif
