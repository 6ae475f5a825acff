/* A k beyond the number of distinct rows would leave clusters empty, so these are counted first: by bytes, in a hash
 * table, no further than the largest k. */
#include "core/kmeans/choose.h"

#include <string.h>
#include "base/hash.h"
#include "base/mem.h"

#define TILE 64 /* rows read at a time */

/* The different rows found so far: their numbers if the rows lie in memory, else copies. */
struct distinct {
    const struct kc_rows *rows;
    uint32_t *slot; /* (mask + 1) hash table with open addressing; 0 is free, else 1 + the number of a row or copy */
    size_t mask, have, room;
    float *copy;    /* (room, d) grows */
};

/* Add row i, which is x, if it differs from all rows so far. */
static int add_if_new(struct distinct *s, size_t i, const float *x, struct kc_err *e)
{
    size_t d = s->rows->d, at = (size_t)kc_hash_bytes(x, d * sizeof *x) & s->mask;
    for (; s->slot[at] != 0; at = (at + 1) & s->mask) {
        size_t id = s->slot[at] - 1;
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): what has an id has been copied */
        if (memcmp(s->rows->x ? kc_rows_at(s->rows, id) : s->copy + id * d, x, d * sizeof *x) == 0)
            return 0;
    }
    if (!s->rows->x) {
        if (s->have == s->room) {
            size_t room = s->room ? 2 * s->room : 64;
            float *more = kc_mem_realloc(s->copy, kc_mem_mul(room, d), sizeof *more, e);
            if (!more)
                return -1;
            s->copy = more;
            s->room = room;
        }
        memcpy(s->copy + s->have * d, x, d * sizeof *x);
        i = s->have;
    }
    s->slot[at] = (uint32_t)i + 1;
    s->have++;
    return 0;
}

/* Count the different rows among those of all ranks, none of which has as many as `most`: each gives the others its own
 * ones. */
static int count_of_ranks(const struct distinct *s, uint64_t most, uint64_t *distinct, struct kc_err *e)
{
    struct kc_team *team = kc_rows_team(s->rows);
    const size_t d = s->rows->d, ranks = kc_team_size(team);
    uint64_t *have = kc_mem_zalloc(ranks, sizeof *have, e);
    float *x = NULL, *to;
    size_t all = 0, before = 0;
    int rc = -1;
    if (!have)
        return -1;
    have[kc_team_rank(team)] = s->have;
    if (kc_team_count(team, have, ranks, e) != 0)
        goto out;
    for (size_t r = 0; r < ranks; r++) {
        before += r < kc_team_rank(team) ? have[r] : 0;
        all += have[r];
    }
    to = x = kc_mem_zalloc(kc_mem_mul(all, d), sizeof *x, e);
    if (!x)
        goto out;
    to += before * d;
    for (size_t i = 0; i <= s->mask; i++)
        if (s->slot[i] != 0) {
            memcpy(to, kc_rows_at(s->rows, s->slot[i] - 1), d * sizeof *to);
            to += d;
        }
    if (kc_team_union(team, x, all * d * sizeof *x, e) != 0)
        goto out;
    const struct kc_rows rows = kc_rows_memory(x, all, d);
    rc = kc_choose_distinct(&rows, most, distinct, e);
out:
    kc_mem_free(x);
    kc_mem_free(have);
    return rc;
}

int kc_choose_distinct(const struct kc_rows *rows, uint64_t most, uint64_t *distinct, struct kc_err *e)
{
    size_t cap = 64, n = rows->n;
    const float *row[TILE];
    float *buf = NULL;
    int rc = -1;
    kc_hash_begin();
    const uint64_t all = most < kc_rows_all(rows) ? most : kc_rows_all(rows);
    if (most > n)
        most = n;
    while (cap < 2 * most)
        cap *= 2;
    struct distinct s = {.rows = rows, .slot = kc_mem_zalloc(cap, sizeof *s.slot, e), .mask = cap - 1};
    buf = kc_mem_alloc(kc_rows_buf(rows, TILE), sizeof *buf, e);
    if (!s.slot || !buf)
        goto out;
    for (size_t i0 = 0; i0 < n && s.have < most; i0 += TILE) {
        size_t m = n - i0 < TILE ? n - i0 : TILE;
        kc_rows_get(rows, i0, m, buf, row);
        for (size_t i = 0; i < m && s.have < most; i++)
            if (add_if_new(&s, i0 + i, row[i], e) != 0)
                goto out;
    }
    if (kc_rows_failed(rows, e) != 0)
        goto out;
    *distinct = s.have;
    if (rows->share) {
        uint64_t enough = s.have >= all;
        if (kc_team_count(rows->share->team, &enough, 1, e) != 0 ||
            (!enough && count_of_ranks(&s, all, distinct, e) != 0))
            goto out;
        *distinct = enough ? all : *distinct;
    }
    rc = 0;
out:
    kc_mem_free(buf);
    kc_mem_free(s.copy);
    kc_mem_free(s.slot);
    return rc;
}
