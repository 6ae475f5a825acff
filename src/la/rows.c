/* Rows for the algorithms, whether they are in memory or must be read. Reading errors do not stop a pass: its rows
 * become zero, and the caller asks once at the end, so that hot loops have no error path. */
#include "la/rows.h"

#include <string.h>
#include "base/mem.h"

uint64_t kc_rows_number(const struct kc_rows *r, size_t i)
{
    return kc_share_number(r->share, r->idx ? r->idx[i] : i);
}

struct kc_rows kc_rows_memory(const float *x, size_t n, size_t d)
{
    return (struct kc_rows){.n = n, .d = d, .x = x};
}

struct kc_rows kc_rows_pick(const struct kc_rows *base, const uint32_t *idx, size_t n)
{
    struct kc_rows r = *base;
    r.n = n;
    r.idx = idx;
    return r;
}

struct kc_rows kc_rows_pick_from(const struct kc_rows *r, const uint32_t *at, size_t n, uint32_t *idx)
{
    for (size_t i = 0; i < n; i++)
        idx[i] = r->idx ? r->idx[at[i]] : at[i];
    return kc_rows_pick(r, idx, n);
}

/* Read m rows. With idx, rows that are adjacent in the source are read at once. */
static int read_some(const struct kc_rows *r, size_t i0, size_t m, float *buf)
{
    if (!r->idx)
        return r->read(r->src, i0, m, buf);
    for (size_t i = 0, run; i < m; i += run) {
        const uint32_t *idx = r->idx + i0 + i;
        for (run = 1; i + run < m && idx[run] == idx[0] + run; run++)
            ;
        if (r->read(r->src, idx[0], run, buf + i * r->d) != 0)
            return -1;
    }
    return 0;
}

void kc_rows_get(const struct kc_rows *r, size_t i0, size_t m, float *buf, const float **row)
{
    if (r->x) {
        for (size_t i = 0; i < m; i++)
            row[i] = kc_rows_at(r, i0 + i);
        return;
    }
    if (read_some(r, i0, m, buf) != 0)
        memset(buf, 0, m * r->d * sizeof *buf);
    for (size_t i = 0; i < m; i++)
        row[i] = buf + i * r->d;
}

void kc_rows_copy(const struct kc_rows *r, const uint32_t *idx, size_t m, float *x)
{
    for (size_t i = 0; i < m; i++) {
        const float *row;
        kc_rows_get(r, idx[i], 1, x + i * r->d, &row);
        if (r->x)
            memcpy(x + i * r->d, row, r->d * sizeof *x);
    }
}

int kc_rows_copy_shared(const struct kc_rows *r, const uint32_t *idx, size_t m, float *x, struct kc_err *e)
{
    for (size_t i = 0; i < m * r->d; i++)
        x[i] = 0;
    for (size_t i = 0; i < m; i++)
        if (kc_share_is_mine(r->share, idx[i])) {
            const uint32_t at = (uint32_t)kc_share_place(r->share, idx[i]);
            kc_rows_copy(r, &at, 1, x + i * r->d);
        }
    if (kc_rows_failed(r, e) != 0)
        return -1;
    struct kc_team *t = kc_rows_team(r);
    const enum kc_sent_for before = kc_team_send_for(t, KC_SENT_COPIES);
    const int rc = kc_team_union(t, x, kc_mem_mul(kc_mem_mul(m, r->d), sizeof *x), e);
    kc_team_send_for(t, before);
    return rc;
}

int kc_rows_join(const struct kc_rows *r, const void *mine, size_t size, void *all, struct kc_err *e)
{
    const size_t bytes = kc_mem_mul((size_t)kc_rows_all(r), size);
    if (!r->share) {
        memcpy(all, mine, bytes);
        return 0;
    }
    memset(all, 0, bytes);
    for (size_t i = 0; i < r->n; i++)
        memcpy((char *)all + kc_rows_number(r, i) * size, (const char *)mine + i * size, size);
    return kc_team_union(kc_rows_team(r), all, bytes, e);
}

void kc_rows_own(const struct kc_rows *r, const void *all, size_t size, void *mine)
{
    if (!r->share)
        memmove(mine, all, r->n * size);
    for (size_t i = 0; r->share && i < r->n; i++)
        memmove((char *)mine + i * size, (const char *)all + kc_rows_number(r, i) * size, size);
}

int kc_rows_failed(const struct kc_rows *r, struct kc_err *e)
{
    return r->failed ? r->failed(r->src, e) : 0;
}
