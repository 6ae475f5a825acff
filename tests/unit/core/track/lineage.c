/* Lineage of clusters. */
#include <string.h>

#include "core/track/lineage.h"
#include "unit.h"

/* A table given in full; sizes are those of the table, and `extra` unassigned rows more for each old cluster. */
static struct kc_lineage lineage(const uint64_t *cells, uint32_t rows, uint32_t cols, uint64_t extra)
{
    struct kc_err e = KC_ERR_INIT;
    const struct kc_lineage_opts o = KC_LINEAGE_OPTS_DEFAULT;
    uint32_t a[1000] = {0}, b[1000] = {0};
    size_t n = 0;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t j = 0; j < cols; j++)
            for (uint64_t q = 0; q < cells[i * cols + j]; q++, n++) {
                a[n] = i;
                b[n] = j;
            }
    struct kc_table t;
    struct kc_lineage l;
    uint64_t old[16];
    CHECK(kc_table_build(&t, a, rows, b, cols, n, &e) == 0);
    for (uint32_t i = 0; i < rows; i++)
        old[i] = t.row_sum[i] + extra;
    CHECK(kc_lineage_compute(&l, &t, old, t.col_sum, old, t.col_sum, &o, &e) == 0);
    kc_table_free(&t);
    return l;
}

TEST(core_lineage_fates)
{
    static const uint64_t one_each[] = {20, 0, 0, 0, 0, /* kept */
                                        0, 10, 0, 0, 0, /* merged */
                                        0, 12, 0, 0, 1, /* merged */
                                        0, 0, 9, 9, 2}; /* split, also into the last one */
    struct kc_lineage l = lineage(one_each, 4, 5, 0);
    CHECK(l.old_fate[0] == KC_FATE_KEPT && l.to[0] == 0 && l.new_fate[0] == KC_FATE_KEPT && l.from[0] == 0);
    CHECK(l.old_fate[1] == KC_FATE_MERGED && l.old_fate[2] == KC_FATE_MERGED && l.to[1] == 1 && l.to[2] == 1);
    CHECK(l.new_fate[1] == KC_FATE_MERGED && l.from[1] == 2);
    CHECK(l.old_fate[3] == KC_FATE_SPLIT && l.to[3] == KC_NONE);
    CHECK(l.new_fate[2] == KC_FATE_SPLIT && l.new_fate[3] == KC_FATE_SPLIT && l.from[2] == 3 && l.from[3] == 3);
    CHECK(l.new_fate[4] == KC_FATE_SPLIT && l.from[4] == 3);
    CHECK(l.partner[1] == 2 && l.agreed == 20 + 12 + 9);
    kc_lineage_free(&l);
    static const uint64_t half[] = {5, 5}; /* half is not more than half */
    l = lineage(half, 1, 2, 0);
    CHECK(l.to[0] == KC_NONE && l.old_fate[0] == KC_FATE_SPLIT && l.from[0] == 0 && l.from[1] == 0);
    kc_lineage_free(&l);
    l = lineage(half, 1, 2, 11); /* most of it is nowhere */
    CHECK(l.to[0] == KC_NONE && l.old_fate[0] == KC_FATE_GONE);
    CHECK(l.new_fate[0] == KC_FATE_SPLIT && l.from[0] == 0); /* all that it is made of */
    kc_lineage_free(&l);
    static const uint64_t grown[] = {10, 0, 0, 1, 10, 9}; /* 3 x 2 */
    l = lineage(grown, 3, 2, 0);
    CHECK(l.old_fate[0] == KC_FATE_MERGED && l.old_fate[1] == KC_FATE_GROWN && l.old_fate[2] == KC_FATE_MERGED);
    CHECK(l.new_fate[1] == KC_FATE_GROWN && l.from[1] == 1 && l.from[0] == 0);
    kc_lineage_free(&l);
}
