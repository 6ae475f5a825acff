/* A view made of random numbers: what a run would give, without a run. */
#ifndef KC_TESTS_VIEW_UTIL_H
#define KC_TESTS_VIEW_UTIL_H

#include "view/view.h"

struct view_recipe {
    uint64_t n;
    uint32_t k;
    double noise;            /* share of the rows */
    int texts;               /* 0 none, 1 English, 2 hostile, 3 Arabic and Hebrew, 4 Chinese */
    int map, levels, groups, times, gold, flow, events, sweep, heat, facets;
    uint64_t seed;
};
#define VIEW_RECIPE_ALL {20000, 24, 0.06, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}

/* Make a view. Free it with kc_view_free, also after a failure. */
int view_make(struct kc_view *v, const struct view_recipe *r, struct kc_err *e) KC_MUST_USE;

#endif
