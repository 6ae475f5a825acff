/* The judge that algorithms are given (core/judge/judging.h): modularities, fits of halves, gaps. */
#ifndef KC_CORE_CHOICE_EVIDENCE_H
#define KC_CORE_CHOICE_EVIDENCE_H

#include "core/judge/judging.h"

extern const struct kc_judge kc_choice_judge;

#define KC_CHOICE_ROWS 10000    /* rows that modularities are computed on; of more, as many are drawn */
#define KC_CHOICE_SPLITS 4u     /* of the rows into halves */
#define KC_CHOICE_HALF 2000     /* rows of a half, at most */
#define KC_CHOICE_REFERENCES 8u /* of a gap */
#define KC_CHOICE_GAP_ROWS 2000 /* rows of a gap; of more, as many are drawn */

#endif
