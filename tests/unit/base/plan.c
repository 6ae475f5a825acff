/* A plan of memory: what it sums is what it allocates, and a failure leaves nothing. */
#include "base/plan.h"

#include <string.h>
#include "base/mem.h"
#include "unit.h"

TEST(plan_allocates_what_it_sums)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_plan p = {.n = 0};
    float *a;
    double *b;
    char *none;
    uint64_t most, before = kc_mem_held(&most, 1);
    KC_PLAN(&p, a, 100, KC_PLAN_ALIGNED);
    KC_PLAN(&p, b, 7, KC_PLAN_ZEROED);
    KC_PLAN(&p, none, 0, KC_PLAN_PLAIN);
    CHECK(kc_plan_bytes(&p) == 100 * sizeof *a + 7 * sizeof *b);
    kc_plan_add_other(&p, 1000);
    CHECK(kc_plan_bytes(&p) == 100 * sizeof *a + 7 * sizeof *b + 1000);
    CHECK(kc_plan_alloc(&p, &e) == 0);
    CHECK(a && b && none && (uintptr_t)a % 64 == 0);
    for (size_t i = 0; i < 7; i++)
        CHECK(b[i] >= 0 && b[i] <= 0);
    memset(a, 1, 100 * sizeof *a);
    CHECK(kc_mem_held(&most, 0) - before >= 100 * sizeof *a + 7 * sizeof *b);
    kc_plan_free(&p);
    CHECK(!a && !b && !none && kc_mem_held(&most, 0) == before);
}

TEST(plan_that_cannot_be_had_leaves_nothing)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_plan p = {.n = 0};
    float *a, *b;
    uint64_t most, before = kc_mem_held(&most, 1);
    KC_PLAN(&p, a, 10, KC_PLAN_PLAIN);
    KC_PLAN(&p, b, kc_mem_mul(SIZE_MAX / 2, 3), KC_PLAN_PLAIN);
    CHECK(kc_plan_bytes(&p) == UINT64_MAX);
    CHECK(kc_plan_alloc(&p, &e) != 0 && e.code == KC_ESYS && !a && !b && kc_mem_held(&most, 0) == before);
    /* More entries than there is room for cannot be had either. */
    float *many[KC_PLAN_MOST + 1];
    struct kc_plan full = {.n = 0};
    for (size_t i = 0; i <= KC_PLAN_MOST; i++)
        KC_PLAN(&full, many[i], 1, KC_PLAN_PLAIN);
    CHECK(kc_plan_bytes(&full) == UINT64_MAX);
}
