/* Strings and their numbers: an arena, and a hash table with open addressing and linear probing, at most half full. */
#include "base/intern.h"

#include <string.h>
#include "base/hash.h"

static int string_equals(const struct kc_strs *s, size_t i, const char *p, size_t n)
{
    size_t len;
    const char *q = kc_strs_get(s, i, &len);
    return len == n && (n == 0 || memcmp(p, q, n) == 0);
}

/* Return the slot of the string, or the free one where it belongs. */
static size_t find_slot(const struct kc_intern *t, uint32_t hash, const char *p, size_t n)
{
    size_t at = hash & t->mask;
    for (; t->slot[at] != 0; at = (at + 1) & t->mask)
        if (t->hash[t->slot[at] - 1] == hash && string_equals(&t->strs, t->slot[at] - 1, p, n))
            break;
    return at;
}

/* Double the room, so that at most half of the slots are used. */
static int grow(struct kc_intern *t, struct kc_err *e)
{
    size_t cap = t->cap ? 2 * t->cap : 64;
    kc_hash_begin();
    uint32_t *hash = kc_mem_realloc(t->hash, cap, sizeof *hash, e);
    if (!hash)
        return -1;
    t->hash = hash;
    uint32_t *slot = kc_mem_zalloc(kc_mem_mul(2, cap), sizeof *slot, e);
    if (!slot)
        return -1;
    kc_mem_free(t->slot);
    t->slot = slot;
    t->cap = cap;
    t->mask = 2 * cap - 1;
    for (size_t i = 0; i < t->strs.n; i++) {
        size_t at = t->hash[i] & t->mask;
        while (t->slot[at] != 0)
            at = (at + 1) & t->mask;
        t->slot[at] = (uint32_t)i + 1;
    }
    return 0;
}

int kc_intern_add(struct kc_intern *t, const char *p, size_t n, uint32_t *number, struct kc_err *e)
{
    if (t->strs.n == t->cap && grow(t, e) != 0)
        return -1;
    uint32_t hash = (uint32_t)kc_hash_bytes(p, n);
    size_t at = find_slot(t, hash, p, n);
    if (t->slot[at] == 0) {
        if (t->strs.n >= UINT32_MAX - 1)
            return kc_err_set(e, KC_ESYS, "more than %u different strings", UINT32_MAX - 1);
        if (kc_strs_add(&t->strs, p, n, e) != 0)
            return -1;
        t->hash[t->strs.n - 1] = hash;
        t->slot[at] = (uint32_t)t->strs.n;
    }
    *number = t->slot[at] - 1;
    return 0;
}

uint32_t kc_intern_find(const struct kc_intern *t, const char *p, size_t n)
{
    if (t->strs.n == 0)
        return KC_INTERN_NONE;
    size_t at = find_slot(t, (uint32_t)kc_hash_bytes(p, n), p, n);
    return t->slot[at] == 0 ? KC_INTERN_NONE : t->slot[at] - 1;
}

void kc_intern_clear(struct kc_intern *t)
{
    if (!t->slot)
        return;
    if (t->strs.n > t->mask / 8)
        memset(t->slot, 0, (t->mask + 1) * sizeof *t->slot);
    else /* the last first, so that no search stops at a slot that was freed already */
        for (size_t i = t->strs.n; i-- > 0;) {
            size_t at = t->hash[i] & t->mask;
            while (t->slot[at] != i + 1)
                at = (at + 1) & t->mask;
            t->slot[at] = 0;
        }
    kc_strs_clear(&t->strs);
}

void kc_intern_free(struct kc_intern *t)
{
    kc_strs_free(&t->strs);
    kc_mem_free(t->slot);
    kc_mem_free(t->hash);
    memset(t, 0, sizeof *t);
}

/* Match by hashing. next[i] leads from a string of a to the next equal one, head[number] to the first that has no
 * partner yet. */
static int align_by_hash(const struct kc_strs *a, const struct kc_strs *b, size_t from, uint32_t *a_of_b,
                         struct kc_err *e)
{
    struct kc_intern t = {0};
    uint32_t *next = kc_mem_alloc(a->n, sizeof *next, e), *head = kc_mem_alloc(a->n, sizeof *head, e);
    int rc = -1;
    if (!next || !head)
        goto out;
    /* from the last to the first, so that each becomes the head of those after it */
    for (size_t i = a->n; i-- > from;) {
        size_t n;
        uint32_t number;
        const char *p = kc_strs_get(a, i, &n);
        size_t before = t.strs.n;
        if (kc_intern_add(&t, p, n, &number, e) != 0)
            goto out;
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): kc_intern_add has set it */
        next[i] = number < before ? head[number] : KC_INTERN_NONE;
        head[number] = (uint32_t)i;
    }
    for (size_t j = from; j < b->n; j++) {
        size_t n;
        const char *p = kc_strs_get(b, j, &n);
        uint32_t number = kc_intern_find(&t, p, n);
        a_of_b[j] = number == KC_INTERN_NONE ? KC_INTERN_NONE : head[number];
        if (a_of_b[j] != KC_INTERN_NONE)
            head[number] = next[a_of_b[j]];
    }
    rc = 0;
out:
    kc_mem_free(head);
    kc_mem_free(next);
    kc_intern_free(&t);
    return rc;
}

int kc_intern_align(const struct kc_strs *a, const struct kc_strs *b, uint32_t *a_of_b, size_t *a_left,
                    struct kc_err *e)
{
    size_t same = 0, matched = 0;
    for (; same < a->n && same < b->n; same++) {
        size_t n;
        const char *p = kc_strs_get(b, same, &n);
        if (!string_equals(a, same, p, n))
            break;
        a_of_b[same] = (uint32_t)same;
    }
    /* equal beginnings are matched with each other in any case: only later strings remain */
    if (same < b->n && align_by_hash(a, b, same, a_of_b, e) != 0)
        return -1;
    for (size_t j = 0; j < b->n; j++)
        matched += a_of_b[j] != KC_INTERN_NONE;
    *a_left = a->n - matched;
    return 0;
}
