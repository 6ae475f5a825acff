/* Pairs of words: open addressing with linear probing, at most half full. It is a table of its own and not
 * an intern table, because a pair is eight bytes and needs no arena. */
#include "text/pairs.h"

#include <string.h>
#include "base/hash.h"

/* Return the slot of the pair, or the free one where it belongs. */
static size_t find_slot(const struct kc_pairs *t, uint64_t pair)
{
    size_t at = (size_t)kc_hash_number(pair) & t->mask;
    while (t->slot[at] != 0 && /* NOLINT(clang-analyzer-core.NullDereference): callers grow the table first */
           t->pair[t->slot[at] - 1] != pair)
        at = (at + 1) & t->mask;
    return at;
}

/* Double the room, so that at most half of the slots are used. */
static int grow(struct kc_pairs *t, struct kc_err *e)
{
    size_t cap = t->cap ? 2 * t->cap : 64;
    kc_hash_begin();
    uint64_t *pair = kc_mem_realloc(t->pair, cap, sizeof *pair, e);
    if (!pair)
        return -1;
    t->pair = pair;
    uint32_t *slot = kc_mem_zalloc(kc_mem_mul(2, cap), sizeof *slot, e);
    if (!slot)
        return -1;
    kc_mem_free(t->slot);
    t->slot = slot;
    t->cap = cap;
    t->mask = 2 * cap - 1;
    for (size_t i = 0; i < t->n; i++)
        t->slot[find_slot(t, t->pair[i])] = (uint32_t)i + 1;
    return 0;
}

int kc_pairs_add(struct kc_pairs *t, uint64_t pair, uint32_t *number, struct kc_err *e)
{
    if (t->n == t->cap && grow(t, e) != 0)
        return -1;
    size_t at = find_slot(t, pair);
    if (t->slot[at] == 0) {
        if (t->n >= UINT32_MAX - 1)
            return kc_err_set(e, KC_ESYS, "more than %u different pairs of words", UINT32_MAX - 1);
        t->pair[t->n++] = pair;
        t->slot[at] = (uint32_t)t->n;
    }
    *number = t->slot[at] - 1;
    return 0;
}

uint32_t kc_pairs_find(const struct kc_pairs *t, uint64_t pair)
{
    if (t->n == 0)
        return KC_PAIR_NONE;
    size_t at = find_slot(t, pair);
    return t->slot[at] == 0 ? KC_PAIR_NONE : t->slot[at] - 1;
}

void kc_pairs_clear(struct kc_pairs *t)
{
    if (t->slot && t->n > t->mask / 8)
        memset(t->slot, 0, (t->mask + 1) * sizeof *t->slot);
    else /* the last first, so that no search stops at a slot that was freed already */
        while (t->n > 0) {
            size_t at = find_slot(t, t->pair[t->n - 1]);
            t->slot[at] = 0;
            t->n--;
        }
    t->n = 0;
}

void kc_pairs_free(struct kc_pairs *t)
{
    kc_mem_free(t->pair);
    kc_mem_free(t->slot);
    memset(t, 0, sizeof *t);
}
