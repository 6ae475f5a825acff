/* The memory of an engine as one list of pointer, count and size. The list is summed for a memory limit before the work
 * starts, walked to allocate and walked to free, so that the three cannot disagree. */
#ifndef KC_BASE_PLAN_H
#define KC_BASE_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define KC_PLAN_MOST 40 /* entries */

enum kc_plan_kind {
    KC_PLAN_PLAIN,   /* kc_mem_alloc */
    KC_PLAN_ZEROED,  /* kc_mem_zalloc */
    KC_PLAN_ALIGNED, /* kc_mem_aligned: to 64 bytes */
    KC_PLAN_OTHER    /* allocated elsewhere: only counted */
};

struct kc_plan {
    struct {
        void *pointer; /* the address of the pointer; NULL for KC_PLAN_OTHER */
        size_t count, size;
        enum kc_plan_kind kind;
    } item[KC_PLAN_MOST];
    size_t n;
};

/* Add `count` elements of the pointer's type to the plan: KC_PLAN(p, g->mass, room, KC_PLAN_PLAIN). */
#define KC_PLAN(plan, member, count, kind) kc_plan_add(plan, &(member), count, sizeof *(member), kind)

/* Add an entry. A count whose size overflows becomes one that cannot be had. More entries than KC_PLAN_MOST are a bug
 * and make the plan impossible. */
void kc_plan_add(struct kc_plan *p, void *pointer, size_t count, size_t size, enum kc_plan_kind kind);
/* Add bytes that are allocated elsewhere. */
void kc_plan_add_other(struct kc_plan *p, uint64_t bytes);

/* Return the bytes of all entries; UINT64_MAX where they overflow. */
uint64_t kc_plan_bytes(const struct kc_plan *p);

/* Allocate every entry and set its pointer. After a failure all pointers are NULL. */
int kc_plan_alloc(const struct kc_plan *p, struct kc_err *e) KC_MUST_USE;

/* Free every entry and set its pointer to NULL. */
void kc_plan_free(const struct kc_plan *p);

#endif
