/* Arrays by row go through pieces in the order of the rows, and come back, of all rows and of a selection. */
#include "la/pieces.h"

#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "par/share.h"
#include "unit.h"

/* Gather an array of the rows to `all` (as many as there are), and spread it again to `back`. */
static void there_and_back(const struct kc_rows *rows, const uint64_t *mine, uint64_t *all, uint64_t *back)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_row_pieces p;
    const void *piece;
    size_t pieces = 0;
    CHECK(kc_row_pieces_begin(&p, rows, sizeof *mine, &e) == 0);
    for (; kc_row_pieces_next(&p, &e) > 0; pieces++) {
        CHECK(kc_row_pieces_gather(&p, mine, &piece, &e) == 0);
        memcpy(all + p.done, piece, p.n * sizeof *all);
    }
    CHECK(p.done == kc_rows_all(rows) && pieces > 1);
    kc_row_pieces_free(&p);
    CHECK(kc_row_pieces_begin(&p, rows, sizeof *mine, &e) == 0);
    while (kc_row_pieces_next(&p, &e) > 0) {
        memcpy(kc_row_pieces_room(&p, back), all + p.done, p.n * sizeof *all);
        CHECK(kc_row_pieces_spread(&p, back, &e) == 0);
    }
    kc_row_pieces_free(&p);
}

TEST(pieces_keep_the_order_of_the_rows)
{
    enum { N = 1000000 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 5, 0);
    uint64_t *a = malloc(N * sizeof *a), *all = malloc(N * sizeof *all), *back = malloc(N * sizeof *back);
    uint32_t *idx = malloc(N * sizeof *idx);
    float x = 1;
    size_t m = 0;
    for (size_t i = 0; i < N; i++) {
        a[i] = kc_rng_below(&r, UINT64_MAX);
        if (i > 600000 && kc_rng_below(&r, 3) == 0) /* the first pieces have no rows */
            idx[m++] = (uint32_t)i;
    }
    for (int selected = 0; selected < 2; selected++)
        for (int shared = 0; shared < 2; shared++) {
            const size_t n = selected ? m : N;
            struct kc_share share = {.team = NULL, .all = n};
            struct kc_rows rows = kc_rows_memory(&x, n, 0);
            rows.idx = selected ? idx : NULL;
            rows.share = shared ? &share : NULL;
            if (selected && !shared) /* one piece */
                continue;
            memset(all, 0, N * sizeof *all);
            memset(back, 0, N * sizeof *back);
            there_and_back(&rows, a, all, back);
            CHECK(memcmp(all, a, n * sizeof *a) == 0);
            CHECK(memcmp(back, a, n * sizeof *a) == 0);
        }
    free(idx);
    free(back);
    free(all);
    free(a);
}

TEST(arrays_of_one_rank_are_those_of_all_rows)
{
    struct kc_err e = KC_ERR_INIT;
    const uint32_t idx[] = {5, 2, 7}, mine[] = {1, 2, 3};
    uint32_t all[3], back[3];
    float x = 1;
    struct kc_rows rows = kc_rows_memory(&x, 3, 0);
    rows.idx = idx; /* the places of the rows count, not their numbers */
    CHECK(kc_rows_join(&rows, mine, sizeof *mine, all, &e) == 0 && memcmp(all, mine, sizeof mine) == 0);
    kc_rows_own(&rows, all, sizeof *all, back);
    CHECK(memcmp(back, mine, sizeof mine) == 0);
    struct kc_share share = {.team = NULL, .all = 3};
    rows.idx = NULL;
    rows.share = &share;
    CHECK(kc_rows_join(&rows, mine, sizeof *mine, all, &e) == 0 && memcmp(all, mine, sizeof mine) == 0);
    kc_rows_own(&rows, all, sizeof *all, back);
    CHECK(memcmp(back, mine, sizeof mine) == 0);
}
