/* Sum, allocate and free a list of blocks. Pointers are stored with memcpy, since they are of different types. */
#include "base/plan.h"

#include <string.h>
#include "base/mem.h"

void kc_plan_add(struct kc_plan *p, void *pointer, size_t count, size_t size, enum kc_plan_kind kind)
{
    if (p->n == KC_PLAN_MOST) { /* a bug: let it be seen at once */
        p->item[0].count = SIZE_MAX;
        return;
    }
    p->item[p->n].pointer = pointer;
    p->item[p->n].count = count;
    p->item[p->n].size = size;
    p->item[p->n++].kind = kind;
}

void kc_plan_add_other(struct kc_plan *p, uint64_t bytes)
{
    kc_plan_add(p, NULL, bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX, 1, KC_PLAN_OTHER);
}

uint64_t kc_plan_bytes(const struct kc_plan *p)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        uint64_t count = p->item[i].count, size = p->item[i].size;
        if (size > 0 && count > UINT64_MAX / size)
            return UINT64_MAX;
        sum = count * size > UINT64_MAX - sum ? UINT64_MAX : sum + count * size;
    }
    return sum;
}

static void store_pointer(void *pointer, void *value)
{
    memcpy(pointer, &value, sizeof value);
}

int kc_plan_alloc(const struct kc_plan *p, struct kc_err *e)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->item[i].kind != KC_PLAN_OTHER)
            store_pointer(p->item[i].pointer, NULL);
    for (size_t i = 0; i < p->n; i++) {
        size_t count = p->item[i].count, size = p->item[i].size;
        enum kc_plan_kind kind = p->item[i].kind;
        if (kind == KC_PLAN_OTHER)
            continue;
        void *block = kind == KC_PLAN_ZEROED ? kc_mem_zalloc(count, size, e) :
                      kind == KC_PLAN_ALIGNED ? kc_mem_aligned(count, size, e) : kc_mem_alloc(count, size, e);
        if (!block) {
            kc_plan_free(p);
            return -1;
        }
        store_pointer(p->item[i].pointer, block);
    }
    return 0;
}

void kc_plan_free(const struct kc_plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        void *block;
        if (p->item[i].kind == KC_PLAN_OTHER)
            continue;
        memcpy(&block, p->item[i].pointer, sizeof block);
        kc_mem_free(block);
        store_pointer(p->item[i].pointer, NULL);
    }
}
