/* Shares of rows: with one rank, all rows are its own, in their order. */
#include "par/share.h"
#include "par/lists.h"

#include "unit.h"

TEST(rows_that_are_not_shared_out_keep_their_numbers)
{
    const uint64_t numbers[] = {0, 1, 4096, 4294967295u};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        CHECK(kc_share_is_mine(NULL, numbers[i]));
        CHECK(kc_share_place(NULL, numbers[i]) == numbers[i]);
        CHECK(kc_share_number(NULL, (size_t)numbers[i]) == numbers[i]);
    }
}

TEST(a_rank_alone_has_all_rows)
{
    const uint64_t first[] = {0, 7};
    const struct kc_share all[] = {{NULL, 7, first}, {NULL, 7, NULL}};
    for (size_t s = 0; s < 2; s++)
        for (uint64_t i = 0; i < 7; i++)
            CHECK(kc_share_is_mine(&all[s], i) && kc_share_place(&all[s], i) == i &&
                  kc_share_number(&all[s], (size_t)i) == i);
}

TEST(a_team_of_one_changes_nothing)
{
    struct kc_err e = KC_ERR_INIT;
    double sum[] = {1, 2};
    uint64_t count[] = {3}, row[] = {9};
    float key[] = {0.5f};
    CHECK(kc_team_size(NULL) == 1 && kc_team_rank(NULL) == 0 && !kc_team_sent(NULL));
    CHECK(kc_team_sum(NULL, sum, 2, &e) == 0 && sum[0] >= 1 && sum[0] <= 1);
    CHECK(kc_team_count(NULL, count, 1, &e) == 0 && count[0] == 3 && kc_team_least(NULL, count, 1, &e) == 0);
    CHECK(kc_team_largest(NULL, key, row, 1, &e) == 0 && row[0] == 9);
    CHECK(kc_team_union(NULL, count, 8, &e) == 0 && count[0] == 3);
    CHECK(kc_share_gather(NULL, count, 1, 8, row, &e) == 0 && row[0] == 3);
    CHECK(kc_team_agree(NULL, 0, &e) == 0 && kc_team_agree(NULL, -1, &e) == -1);
    void *list = count;
    size_t n = 1;
    CHECK(kc_lists_join(NULL, &list, &n, sizeof *count, &e) == 0 && list == count && n == 1);
    CHECK(kc_team_end(NULL, 0, &e) == 0 && kc_team_end(NULL, -1, &e) == -1);
}
