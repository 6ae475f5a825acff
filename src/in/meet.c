/* What the ranks of a team find out together when each has read its part of the inputs: whether all went well, how many
 * rows each has, and what was bad. The first failure is that of the part that comes first. */
#include <stdio.h>
#include <string.h>
#include "in/reading.h"

/* What each rank tells. */
enum { ROWS, RECORDS, SKIPPED, UNMET, NAMED, DIM, BYTES, SHOWN, FIGURES };
#define SHOWN_BYTES 1024 /* of a log line, with its NUL */

/* Set e->order: failures of the same file are in the order of the ranks, and those of the ranks' own files, too. */
static void order_failure(const struct kc_reading *b, struct kc_err *e)
{
    const struct kc_team *t = b->o.team;
    const uint64_t file = b->o.own_files ? 0 : b->drain.failed ? b->drain.file : b->feed.next;
    if (e->order == 0)
        e->order = 1 + file * kc_team_size(t) + kc_team_rank(t);
}

/* Check that the ranks' rows have the same number of numbers. told (FIGURES for each rank) */
static int compare_dims(struct kc_reading *b, const uint64_t *told, struct kc_err *e)
{
    size_t d = 0, from = 0;
    for (unsigned r = 0; r < kc_team_size(b->o.team); r++) {
        const uint64_t *v = told + (size_t)r * FIGURES;
        if (v[RECORDS] == 0)
            continue;
        if (d > 0 && v[DIM] != d)
            return kc_err_set(e, KC_EINPUT, "the vectors of rank %u have %llu numbers, expected %zu as on rank %zu", r,
                              (unsigned long long)v[DIM], d, from);
        if (d == 0)
            from = r;
        d = (size_t)v[DIM];
    }
    b->feed.d = d > 0 ? d : b->feed.d;
    return 0;
}

/* Collect the first bad records of all ranks, in their order. told as above. */
static int collect_shown(struct kc_reading *b, const uint64_t *told, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(b->o.team), me = kc_team_rank(b->o.team);
    const size_t all = ranks * (size_t)KC_BAD_SHOWN * SHOWN_BYTES;
    struct kc_strs *shown = &b->drain.shown;
    char *lines = kc_mem_zalloc(all, 1, e);
    int rc = -1;
    if (!lines)
        return -1;
    for (size_t i = 0; i < shown->n; i++) {
        size_t n;
        const char *p = kc_strs_get(shown, i, &n);
        memcpy(lines + (me * (size_t)KC_BAD_SHOWN + i) * SHOWN_BYTES, p, n < SHOWN_BYTES ? n : SHOWN_BYTES - 1);
    }
    if (kc_team_union(b->o.team, lines, all, e) != 0)
        goto out;
    kc_strs_clear(shown);
    for (unsigned r = 0; r < ranks; r++)
        for (size_t i = 0; i < told[(size_t)r * FIGURES + SHOWN] && shown->n < KC_BAD_SHOWN; i++) {
            const char *p = lines + (r * (size_t)KC_BAD_SHOWN + i) * SHOWN_BYTES;
            if (kc_strs_add(shown, p, strlen(p), e) != 0)
                goto out;
        }
    rc = 0;
out:
    kc_mem_free(lines);
    return rc;
}

/* Take over what the ranks have told. */
static int take_over(struct kc_reading *b, const uint64_t *told, struct kc_err *e)
{
    struct kc_drain *d = &b->drain;
    struct kc_in_run *run = d->run;
    const unsigned ranks = kc_team_size(b->o.team), me = kc_team_rank(b->o.team);
    uint64_t sum[FIGURES] = {0};
    run->first = kc_mem_zalloc(ranks + 1, sizeof *run->first, e);
    if (!run->first || compare_dims(b, told, e) != 0)
        return -1;
    for (unsigned r = 0; r < ranks; r++) {
        run->first[r] = sum[RECORDS];
        if (r == me)
            run->row0 = sum[ROWS];
        for (int i = 0; i < FIGURES; i++)
            sum[i] += told[(size_t)r * FIGURES + (size_t)i];
    }
    run->first[ranks] = sum[RECORDS];
    if (sum[SKIPPED] > 0 && collect_shown(b, told, e) != 0)
        return -1;
    if (d->choice.nwhere > 0 && kc_team_union(b->o.team, &d->choice.seen, sizeof d->choice.seen, e) != 0)
        return -1;
    d->rows = sum[ROWS];
    d->records = sum[RECORDS];
    d->skipped = sum[SKIPPED];
    d->choice.unmet = sum[UNMET];
    d->named = run->named = sum[NAMED] > 0;
    b->feed.bytes = sum[BYTES];
    return 0;
}

int kc_reading_meet(struct kc_reading *b, int rc, struct kc_err *e)
{
    struct kc_team *t = b->o.team;
    const struct kc_drain *d = &b->drain;
    const size_t all = kc_team_size(t) * (size_t)FIGURES;
    uint64_t *told = kc_mem_zalloc(all, sizeof *told, e);
    if (rc != 0 || !told) {
        order_failure(b, e);
        rc = -1;
    }
    if (kc_team_agree(t, rc, e) != 0 || !told) {
        kc_mem_free(told);
        return -1;
    }
    const uint64_t mine[FIGURES] = {d->rows,          d->records, d->skipped,              d->choice.unmet,
                                    d->named != 0,    b->feed.d,  kc_feed_bytes(&b->feed), d->shown.n};
    memcpy(told + kc_team_rank(t) * (size_t)FIGURES, mine, sizeof mine);
    rc = kc_team_count(t, told, all, e) != 0 ? -1 : take_over(b, told, e);
    kc_mem_free(told);
    return rc;
}
