/* Lineage of clusters by their centroids. */
#include <math.h>
#include <string.h>

#include "core/track/kinship.h"
#include "unit.h"

enum { D = 6, MOST = 8 };

struct side {
    struct kc_kin_side s;
    float centroids[MOST * D];
    double sums[MOST * D], median[MOST];
    uint64_t counts[MOST];
};

/* A cluster more whose mean is 1 on one axis and `off` on another. */
static void add(struct side *t, int axis, int other, double off, uint64_t n)
{
    uint32_t c = t->s.k++;
    double len = sqrt(1 + off * off);
    t->sums[c * D + (uint32_t)axis] = (double)n;
    t->sums[c * D + (uint32_t)other] = off * (double)n;
    t->centroids[c * D + (uint32_t)axis] = (float)(1 / len);
    t->centroids[c * D + (uint32_t)other] = (float)(off / len);
    t->median[c] = 0.9;
    t->counts[c] = n;
    t->s.centroids = t->centroids;
    t->s.sums = t->sums;
    t->s.counts = t->counts;
    t->s.median = t->median;
}

static struct kc_kinship kinship(const struct side *a, const struct side *b)
{
    struct kc_err e = KC_ERR_INIT;
    const struct kc_lineage_opts o = KC_LINEAGE_OPTS_DEFAULT;
    struct kc_kinship s;
    CHECK(kc_kinship_compute(&s, &a->s, &b->s, D, &o, &e) == 0);
    return s;
}

TEST(core_kinship_fates)
{
    struct side old = {0}, new = {0};
    add(&old, 0, 5, 0, 10);     /* kept */
    add(&old, 1, 5, 0.3, 10);   /* merged */
    add(&old, 1, 5, -0.3, 12);  /* merged */
    add(&old, 2, 5, 0, 20);     /* split in halves */
    add(&old, 3, 5, 0, 20);     /* split off a quarter: what is left goes on */
    add(&old, 0, 4, 0.3, 10);   /* gone, though it is as similar to what was kept as those that are merged or split */
    add(&new, 3, 5, 0.1, 15);
    add(&new, 3, 5, -0.3, 5);
    add(&new, 2, 5, 0.3, 10);
    add(&new, 2, 5, -0.3, 10);
    add(&new, 1, 5, -0.6 / 22, 22);
    add(&new, 0, 5, 0, 11);
    add(&new, 0, 4, -0.3, 10);  /* born, as near as that */
    static const enum kc_fate old_fate[] = {KC_FATE_KEPT, KC_FATE_MERGED, KC_FATE_MERGED,
                                            KC_FATE_SPLIT, KC_FATE_SHRUNK, KC_FATE_GONE};
    static const enum kc_fate new_fate[] = {KC_FATE_SHRUNK, KC_FATE_SPLIT, KC_FATE_SPLIT, KC_FATE_SPLIT,
                                            KC_FATE_MERGED, KC_FATE_KEPT, KC_FATE_BORN};
    static const uint32_t none = KC_NONE;
    const uint32_t to[] = {5, 4, 4, none, 0, none}, from[] = {4, 4, 3, 3, 2, 0, none};
    struct kc_kinship s = kinship(&old, &new);
    const struct kc_lineage *l = &s.lineage;
    for (uint32_t i = 0; i < old.s.k; i++)
        CHECK_MSG(l->old_fate[i] == old_fate[i] && l->to[i] == to[i], "old %u: %s, to %d", i,
                  kc_fate_name(l->old_fate[i]), (int)l->to[i]);
    for (uint32_t j = 0; j < new.s.k; j++)
        CHECK_MSG(l->new_fate[j] == new_fate[j] && l->from[j] == from[j], "new %u: %s, from %d", j,
                  kc_fate_name(l->new_fate[j]), (int)l->from[j]);
    CHECK(l->partner[5] == 0 && l->partner[6] == none && l->partner[1] == none && l->partner[0] == 4);
    CHECK(s.old.first[4] - s.old.first[3] == 2 && s.old.col[s.old.first[3]] == 2); /* both of its halves */
    CHECK(s.old.first[6] - s.old.first[5] == 1 && s.old.col[s.old.first[5]] == 5); /* the nearest, without a link */
    CHECK(fabs(s.old.similarity[s.old.first[5]] - 1 / sqrt(1.09)) < 1e-6);
    kc_kinship_free(&s);
}

TEST(core_kinship_edges)
{
    struct side old = {0}, same = {0}, far = {0}, twins = {0};
    add(&old, 0, 1, 0, 10);
    add(&same, 0, 1, 0.45, 10); /* 0.912 */
    add(&far, 0, 1, 0.5, 10);   /* 0.894: below both medians */
    struct kc_kinship s = kinship(&old, &same);
    CHECK(s.lineage.old_fate[0] == KC_FATE_KEPT && s.lineage.new_fate[0] == KC_FATE_KEPT);
    kc_kinship_free(&s);
    s = kinship(&old, &far);
    CHECK(s.lineage.old_fate[0] == KC_FATE_GONE && s.lineage.new_fate[0] == KC_FATE_BORN);
    kc_kinship_free(&s);
    far.median[0] = 0.89; /* one of them is enough */
    s = kinship(&old, &far);
    CHECK(s.lineage.old_fate[0] == KC_FATE_KEPT && s.lineage.new_fate[0] == KC_FATE_KEPT);
    kc_kinship_free(&s);
    add(&twins, 0, 1, 0, 10); /* nothing is between these */
    add(&twins, 0, 1, 0, 10);
    s = kinship(&twins, &old);
    CHECK(s.lineage.old_fate[0] == KC_FATE_MERGED && s.lineage.old_fate[1] == KC_FATE_MERGED);
    CHECK(s.lineage.new_fate[0] == KC_FATE_MERGED);
    kc_kinship_free(&s);
}

/* More clusters than a tile and a block of columns have: each finds itself among all, in any place. */
TEST(core_kinship_many)
{
    enum { K = 200 };
    static float c[K * K], turned[K * K];
    static double sums[K * K], turned_sums[K * K], median[K];
    static uint64_t counts[K];
    for (uint32_t i = 0; i < K; i++) {
        uint32_t j = (i * 77 + 5) % K;
        c[i * K + i] = turned[j * K + i] = 1;
        sums[i * K + i] = turned_sums[j * K + i] = 3;
        median[i] = 0.5;
        counts[i] = 3;
    }
    struct kc_kin_side a = {K, c, sums, counts, median}, b = {K, turned, turned_sums, counts, median};
    const struct kc_lineage_opts o = KC_LINEAGE_OPTS_DEFAULT;
    struct kc_err e = KC_ERR_INIT;
    struct kc_kinship s;
    int right = 1;
    CHECK(kc_kinship_compute(&s, &a, &b, K, &o, &e) == 0);
    for (uint32_t i = 0; i < K; i++)
        right = right && s.lineage.old_fate[i] == KC_FATE_KEPT && s.lineage.to[i] == (i * 77 + 5) % K;
    CHECK(right);
    kc_kinship_free(&s);
}
