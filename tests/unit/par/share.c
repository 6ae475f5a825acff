/* Shares of rows: with one rank, all rows are its own, in their order. */
#include "par/share.h"

#include "unit.h"

TEST(one_rank_has_all_rows_in_order)
{
    const uint64_t numbers[] = {0, 1, KC_SHARE_BLOCK - 1, KC_SHARE_BLOCK, 5 * KC_SHARE_BLOCK + 7, 4294967295u};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        CHECK(kc_share_rank(NULL, numbers[i]) == 0);
        CHECK(kc_share_place(NULL, numbers[i]) == numbers[i]);
        CHECK(kc_share_number(NULL, (size_t)numbers[i]) == numbers[i]);
        CHECK(kc_share_count(NULL, 0, numbers[i]) == numbers[i]);
    }
}

TEST(a_team_of_one_changes_nothing)
{
    struct kc_err e = KC_ERR_INIT;
    double sum[] = {1, 2};
    uint64_t count[] = {3}, row[] = {9};
    float key[] = {0.5f};
    CHECK(kc_team_size(NULL) == 1 && kc_team_rank(NULL) == 0 && kc_team_bytes(NULL) == 0);
    CHECK(kc_team_sum(NULL, sum, 2, &e) == 0 && sum[0] >= 1 && sum[0] <= 1);
    CHECK(kc_team_count(NULL, count, 1, &e) == 0 && count[0] == 3 && kc_team_least(NULL, count, 1, &e) == 0);
    CHECK(kc_team_largest(NULL, key, row, 1, &e) == 0 && row[0] == 9);
    CHECK(kc_team_union(NULL, count, 8, &e) == 0 && count[0] == 3);
    CHECK(kc_team_gather(NULL, count, 1, 8, KC_SHARE_BLOCK, row, 1, &e) == 0 && row[0] == 3);
    CHECK(kc_team_end(NULL, 0, &e) == 0 && kc_team_end(NULL, -1, &e) == -1);
}
