/* The arithmetic of rows that are shared out. */
#include "par/share.h"

#include <string.h>
#include "base/mem.h"

/* Return the rank that has row `number`. */
static unsigned find_rank(const struct kc_share *s, uint64_t number)
{
    unsigned low = 0, high = kc_team_size(s->team);
    if (!s->first)
        return (unsigned)(number / KC_SHARE_BLOCK % high);
    while (high - low > 1) { /* the row is not before rank low, and before rank high */
        const unsigned mid = low + (high - low) / 2;
        if (s->first[mid] <= number)
            low = mid;
        else
            high = mid;
    }
    return low;
}

int kc_share_is_mine(const struct kc_share *s, uint64_t number)
{
    return !s || find_rank(s, number) == kc_team_rank(s->team);
}

size_t kc_share_place(const struct kc_share *s, uint64_t number)
{
    if (!s)
        return (size_t)number;
    if (s->first)
        return (size_t)(number - s->first[find_rank(s, number)]);
    return (size_t)(number / KC_SHARE_BLOCK / kc_team_size(s->team) * KC_SHARE_BLOCK + number % KC_SHARE_BLOCK);
}

/* Return the number of the row that a rank has at a place. */
static uint64_t number_on(const struct kc_share *s, unsigned rank, uint64_t place)
{
    if (s->first)
        return s->first[rank] + place;
    return (place / KC_SHARE_BLOCK * kc_team_size(s->team) + rank) * KC_SHARE_BLOCK + place % KC_SHARE_BLOCK;
}

uint64_t kc_share_number(const struct kc_share *s, size_t place)
{
    return s ? number_on(s, kc_team_rank(s->team), place) : place;
}

/* Return how many rows a rank has that are dealt out in turn. */
static uint64_t count_dealt(const struct kc_share *s, unsigned rank)
{
    const uint64_t turn = KC_SHARE_BLOCK * (uint64_t)kc_team_size(s->team), rest = s->all % turn;
    const uint64_t before = rank * KC_SHARE_BLOCK;
    return s->all / turn * KC_SHARE_BLOCK + (rest <= before ? 0 : rest - before < KC_SHARE_BLOCK ? rest - before :
                                             KC_SHARE_BLOCK);
}

/* Put elements that were dealt out into the order of their rows. all (s->all) from (the same, one rank after the other)
 */
static void collect_dealt(const struct kc_share *s, const uint64_t *first, const char *from, size_t size, char *all)
{
    for (unsigned r = 0; r < kc_team_size(s->team); r++)
        for (uint64_t i = 0, n = first[r + 1] - first[r]; i < n; i += KC_SHARE_BLOCK) {
            const size_t m = n - i < KC_SHARE_BLOCK ? (size_t)(n - i) : KC_SHARE_BLOCK;
            memcpy(all + number_on(s, r, i) * size, from + (first[r] + i) * size, m * size);
        }
}

/* Gather elements that were dealt out. */
static int gather_dealt(const struct kc_share *s, const void *mine, size_t n, size_t size, void *all, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(s->team);
    const size_t room = kc_team_rank(s->team) == 0 ? kc_mem_mul((size_t)s->all, size) : 0;
    uint64_t *first = kc_mem_zalloc(ranks + 1, sizeof *first, e);
    char *from = kc_mem_alloc(room, 1, e);
    int rc = -1;
    if (!first || !from)
        goto out;
    for (unsigned r = 0; r < ranks; r++)
        first[r + 1] = first[r] + count_dealt(s, r);
    rc = kc_team_gather(s->team, mine, n, size, from, first, e);
    if (rc == 0 && room > 0)
        collect_dealt(s, first, from, size, all);
out:
    kc_mem_free(from);
    kc_mem_free(first);
    return rc;
}

int kc_share_gather(const struct kc_share *s, const void *mine, size_t n, size_t size, void *all, struct kc_err *e)
{
    if (s && !s->first)
        return gather_dealt(s, mine, n, size, all, e);
    return kc_team_gather(s ? s->team : NULL, mine, n, size, all, s ? s->first : NULL, e);
}
