/* Join what the ranks have read. Texts are gathered, not shared: the first rank writes them. Rows are moved only where
 * the parts of the inputs were far from even, as when one compressed file has all of them. */
#include "in/join.h"

#include <string.h>
#include "in/piece/part.h"
#include "in/watch.h"

#define UNEVEN 8           /* rows are moved if a rank has 1/8 more than its even share, */
#define FEW_ROWS 4096      /* and more than these */
#define LOOKED_AT 4096     /* rows whose terms are looked at */

/* Give the rows without terms their numbers, if any row of any rank has a term. */
static int name_rows(struct kc_dataset *ds, const struct kc_in_run *run, const struct kc_unnamed *unnamed, size_t n,
                     struct kc_err *e)
{
    struct kc_strs all = {.n = 0};
    size_t named = 0;
    if (!run->named || n == 0)
        return 0;
    for (size_t u = 0; u <= n; u++) {
        const size_t stop = u < n ? unnamed[u].at : ds->x.n;
        while (all.n < stop) {
            size_t len;
            const char *p = kc_strs_get(&ds->terms, named++, &len);
            if (kc_strs_add(&all, p, len, e) != 0)
                goto fail;
        }
        if (u < n && kc_in_add_numbers(&all, run->row0, stop, unnamed[u].n, run->skipped, run->nskipped, e) != 0)
            goto fail;
    }
    kc_strs_free(&ds->terms);
    ds->terms = all;
    return 0;
fail:
    kc_strs_free(&all);
    return -1;
}

/* Set first[r] (ranks + 1) to the sum of the n of the ranks before r. */
static int number_parts(struct kc_team *t, uint64_t n, uint64_t *first, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t);
    memset(first, 0, (ranks + 1) * sizeof *first);
    first[kc_team_rank(t) + 1] = n;
    if (kc_team_count(t, first, ranks + 1, e) != 0)
        return -1;
    for (unsigned r = 0; r < ranks; r++)
        first[r + 1] += first[r];
    return 0;
}

/* Gather the strings of all ranks on the first one; the others have none then. */
static int gather_strs(struct kc_team *t, struct kc_strs *s, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t), me = kc_team_rank(t);
    uint64_t *first = kc_mem_alloc(2 * (size_t)(ranks + 1), sizeof *first, e), *byte = first ? first + ranks + 1 : NULL;
    struct kc_strs all = {.n = 0};
    int rc = -1;
    if (!first || number_parts(t, s->n, first, e) != 0 || number_parts(t, s->bytes.n, byte, e) != 0)
        goto out;
    if (me == 0 && first[ranks] > 0) {
        all.n = all.cap = (size_t)first[ranks];
        all.off = kc_mem_alloc(all.n + 1, sizeof *all.off, e);
        if (!all.off || kc_buf_reserve(&all.bytes, (size_t)byte[ranks], e) != 0)
            goto out;
        all.bytes.n = (size_t)byte[ranks];
        all.off[all.n] = byte[ranks];
    }
    if (kc_team_gather(t, s->off, s->n, sizeof *s->off, all.off, first, e) != 0 ||
        kc_team_gather(t, s->bytes.p, s->bytes.n, 1, all.bytes.p, byte, e) != 0)
        goto out;
    for (unsigned r = 0; r < ranks && all.n > 0; r++)
        for (uint64_t i = first[r]; i < first[r + 1]; i++)
            all.off[i] += byte[r];
    kc_strs_free(s);
    *s = all;
    memset(&all, 0, sizeof all);
    rc = 0;
out:
    kc_strs_free(&all);
    kc_mem_free(first);
    return rc;
}

/* Gather the numbers of the rows that were left out on the first rank. */
static int gather_skipped(struct kc_team *t, struct kc_in_run *run, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t);
    uint64_t *first = kc_mem_alloc(ranks + 1, sizeof *first, e), *all = NULL;
    int rc = -1;
    for (size_t i = 0; i < run->nskipped; i++)
        run->skipped[i] += run->row0;
    if (!first || number_parts(t, run->nskipped, first, e) != 0)
        goto out;
    all = kc_mem_alloc(kc_team_rank(t) == 0 ? (size_t)first[ranks] : 0, sizeof *all, e);
    if (!all || kc_team_gather(t, run->skipped, run->nskipped, sizeof *all, all, first, e) != 0)
        goto out;
    kc_mem_free(run->skipped);
    run->skipped = all;
    run->nskipped = run->skipped_cap = kc_team_rank(t) == 0 ? (size_t)first[ranks] : 0;
    all = NULL;
    rc = 0;
out:
    kc_mem_free(all);
    kc_mem_free(first);
    return rc;
}

/* Give the rows that were not left out their terms of --terms. */
static int pick_terms(struct kc_dataset *ds, struct kc_in_run *run, struct kc_err *e)
{
    const size_t n = (size_t)run->first[kc_team_size(ds->share.team)];
    uint32_t *at = run->nskipped > 0 ? kc_mem_alloc(n, sizeof *at, e) : NULL;
    if (run->nskipped > 0 && !at)
        return -1;
    for (size_t i = 0; at && i < n; i++)
        at[i] = (uint32_t)kc_in_row_number(run->skipped, run->nskipped, i);
    if (at)
        kc_strs_pick(&run->terms, at, n, 1);
    kc_mem_free(at);
    ds->terms = run->terms;
    memset(&run->terms, 0, sizeof run->terms);
    return 0;
}

/* Give the first rank how the copies of records begin, if only others have come upon one. */
static int share_head(struct kc_team *t, struct kc_dataset *ds, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t), me = kc_team_rank(t);
    uint64_t *have = kc_mem_zalloc(ranks, sizeof *have, e);
    struct kc_raw_head *head = NULL;
    unsigned from = 0;
    int rc = -1;
    if (!have)
        return -1;
    have[me] = ds->head ? sizeof *ds->head + ds->head->n : 0;
    if (kc_team_count(t, have, ranks, e) != 0)
        goto out;
    while (from < ranks && have[from] == 0)
        from++;
    if (from > 0 && from < ranks) {
        head = kc_mem_zalloc((size_t)have[from], 1, e);
        if (!head)
            goto out;
        if (me == from && ds->head)
            memcpy(head, ds->head, (size_t)have[from]);
        if (kc_team_union(t, head, (size_t)have[from], e) != 0)
            goto out;
        if (!ds->head) {
            ds->head = head;
            head = NULL;
        }
    }
    rc = 0;
out:
    kc_mem_free(head);
    kc_mem_free(have);
    return rc;
}

/* Return 1 if the rows are far from evenly shared out. */
static int is_uneven(const uint64_t *first, unsigned ranks)
{
    const uint64_t even = first[ranks] / ranks + 1;
    for (unsigned r = 0; r < ranks; r++)
        if (first[r + 1] - first[r] > even + even / UNEVEN && first[r + 1] - first[r] > FEW_ROWS)
            return 1;
    return 0;
}

/* Share out the rows evenly, or with `gather` give all to the first rank. first is set anew. */
static int move_rows(struct kc_team *t, struct kc_dataset *ds, uint64_t *first, int gather, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t), me = kc_team_rank(t);
    const size_t d = ds->x.d;
    struct kc_matrix x = {.d = d};
    uint64_t *even = kc_mem_alloc(ranks + 1, sizeof *even, e);
    int rc = -1;
    if (!even)
        return -1;
    for (unsigned r = 0; r <= ranks; r++)
        even[r] = gather ? (r > 0 ? first[ranks] : 0) : kc_part_even(first[ranks], r, ranks);
    const size_t n = (size_t)(even[me + 1] - even[me]);
    if (kc_matrix_reserve(&x, n > 0 ? n : 1, e) != 0 ||
        kc_team_move(t, ds->x.x, first, x.x, even, d * sizeof *x.x, e) != 0)
        goto out;
    x.n = n;
    memcpy(first, even, (ranks + 1) * sizeof *first);
    kc_matrix_free(&ds->x);
    ds->x = x;
    x = (struct kc_matrix){.d = d};
    rc = 0;
out:
    kc_matrix_free(&x);
    kc_mem_free(even);
    return rc;
}

/* Look at the first terms, and at those that each file begins with. begin (nfiles): the row of each file's first term;
 * UINT64_MAX: it has none. */
static int watch_terms(const struct kc_ctx *ctx, const struct kc_dataset *ds, const char *const *files, size_t nfiles,
                       const uint64_t *begin, struct kc_err *e)
{
    struct kc_watch w = {.n = 0};
    size_t next = SIZE_MAX;
    int rc = 0;
    for (size_t f = nfiles; f-- > 0;) /* rows of a file end where those of the next one with terms begin */
        next = begin[f] != UINT64_MAX ? f : next;
    while (rc == 0 && next < nfiles) {
        const size_t f = next;
        size_t end = ds->terms.n;
        for (next = f + 1; next < nfiles && begin[next] == UINT64_MAX; next++)
            ;
        end = next < nfiles ? (size_t)begin[next] : end;
        end = end - (size_t)begin[f] < LOOKED_AT ? end : (size_t)begin[f] + LOOKED_AT;
        kc_watch_file(&w);
        rc = kc_watch_terms(&w, files[f], &ds->terms, (size_t)begin[f], end - (size_t)begin[f], e);
    }
    if (rc == 0)
        kc_watch_report(&w, ctx);
    kc_watch_free(&w);
    return rc;
}

int kc_dataset_join(const struct kc_ctx *ctx, struct kc_dataset *ds, struct kc_in_run *run,
                    const struct kc_unnamed *unnamed, size_t nunnamed, const char *const *files, size_t nfiles,
                    int gather, struct kc_err *e)
{
    struct kc_team *t = ctx->team;
    ds->x.d = run->d; /* also if this rank has read no row */
    if (name_rows(ds, run, unnamed, nunnamed, e) != 0 || gather_strs(t, &ds->terms, e) != 0 ||
        gather_strs(t, &ds->raws, e) != 0 || gather_strs(t, &ds->attrs, e) != 0 || gather_skipped(t, run, e) != 0 ||
        share_head(t, ds, e) != 0 || (run->terms.n > 0 && pick_terms(ds, run, e) != 0))
        return -1;
    if (files && run->begin) {
        for (size_t f = 0; f < nfiles; f++)
            run->begin[f] += run->begin[f] == UINT64_MAX ? 0 : run->first[kc_team_rank(t)];
        if (kc_team_least(t, run->begin, nfiles, e) != 0 ||
            (kc_team_rank(t) == 0 && run->named && watch_terms(ctx, ds, files, nfiles, run->begin, e) != 0))
            return -1;
    }
    ds->read = kc_mem_alloc(kc_team_size(t) + 1, sizeof *ds->read, e);
    if (!ds->read)
        return -1;
    memcpy(ds->read, run->first, (kc_team_size(t) + 1) * sizeof *ds->read);
    if ((gather || is_uneven(run->first, kc_team_size(t))) && move_rows(t, ds, run->first, gather, e) != 0)
        return -1;
    ds->first = run->first;
    run->first = NULL;
    ds->share = (struct kc_share){t, ds->first[kc_team_size(t)], ds->first};
    return 0;
}
