/* The heap of the best items. Sorting is a heap sort in place: it needs no memory. */
#include "base/top.h"

#include <string.h>
#include "base/mem.h"

static char *get_item(const struct kc_top *b, size_t i)
{
    return b->items + i * b->size;
}

/* Put the item into the heap of m items, of which the last in order is on top: let it sink from place i to its own. */
static void sift_down(struct kc_top *b, size_t m, size_t i, const void *item)
{
    for (size_t c; (c = 2 * i + 1) < m; i = c) {
        if (c + 1 < m && b->before(b->arg, get_item(b, c), get_item(b, c + 1)))
            c++;
        if (!b->before(b->arg, item, get_item(b, c)))
            break;
        memcpy(get_item(b, i), get_item(b, c), b->size);
    }
    memcpy(get_item(b, i), item, b->size);
}

/* Put the item at the end of the heap, and let it rise to its place. */
static void sift_up(struct kc_top *b, const void *item)
{
    size_t i = b->n++;
    for (; i > 0 && b->before(b->arg, get_item(b, (i - 1) / 2), item); i = (i - 1) / 2)
        memcpy(get_item(b, i), get_item(b, (i - 1) / 2), b->size);
    memcpy(get_item(b, i), item, b->size);
}

int kc_top_init(struct kc_top *b, size_t most, size_t size, kc_top_before *before, const void *arg,
                 struct kc_err *e)
{
    *b = (struct kc_top){.most = most, .size = size, .before = before, .arg = arg};
    b->items = kc_mem_alloc(kc_mem_add(most, 1), size, e); /* one more: sorting lifts an item out of the heap */
    return b->items ? 0 : -1;
}

void kc_top_offer(struct kc_top *b, const void *item)
{
    if (b->n < b->most)
        sift_up(b, item);
    else if (b->n > 0 && b->before(b->arg, item, b->items))
        sift_down(b, b->n, 0, item);
}

void kc_top_sort(struct kc_top *b)
{
    char *lifted = get_item(b, b->most);
    for (size_t m = b->n; m-- > 1;) { /* the last of those left is moved to their end */
        memcpy(lifted, get_item(b, m), b->size);
        memcpy(get_item(b, m), b->items, b->size);
        sift_down(b, m, 0, lifted);
    }
}

void kc_top_free(struct kc_top *b)
{
    kc_mem_free(b->items);
    b->items = NULL;
}
