/* The table over time: rows are sorted by bin and cluster, and each run of equal ones is a cell. With keywords, the
 * cells are the classes in which words are weighed, as in BERTopic's topics over time (Grootendorst 2022): what sets a
 * cluster's rows of a month apart from the other cells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/date.h"
#include "job/fit_run.h"
#include "report/time_table.h"

struct placed {
    int64_t bin;
    uint32_t cluster, row;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Write the name of the bin that a time is in. Names of equal length sort as the times do. */
static void name_bin(enum kc_time_bin bins, int64_t time, char out[12])
{
    char text[KC_DATE_MAX];
    int64_t day = floor_div(time, KC_DATE_DAY);
    if (bins == KC_BIN_WEEK) /* 1970-01-01 was a Thursday */
        day -= day + 3 - 7 * floor_div(day + 3, 7);
    kc_date_format(text, day * KC_DATE_DAY);
    snprintf(out, 12, "%.*s", bins == KC_BIN_MONTH ? 7 : 10, text);
}

/* Return the number of the bin; a later bin has a higher one. */
static int64_t number_bin(enum kc_time_bin bins, int64_t time)
{
    int64_t day = floor_div(time, KC_DATE_DAY);
    char text[12];
    if (bins == KC_BIN_DAY)
        return day;
    if (bins == KC_BIN_WEEK)
        return floor_div(day + 3, 7);
    name_bin(bins, time, text);
    return strtol(text, NULL, 10) * 12 + strtol(text + 5, NULL, 10);
}

static int by_bin(const void *a, const void *b)
{
    const struct placed *p = a, *q = b;
    if (p->bin != q->bin)
        return p->bin < q->bin ? -1 : 1;
    if (p->cluster != q->cluster)
        return p->cluster < q->cluster ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

uint64_t kc_fit_time_bytes(const struct kc_job_fit *j, size_t n)
{
    /* qsort takes as much again; there may be as many cells as rows */
    return j->path[KC_FIT_TIME_TABLE] ? kc_mem_mul(n, 2 * sizeof(struct placed) + sizeof(struct kc_time_cell) + 4) : 0;
}

/* Fill cells from the sorted rows, and of[row] with the cell of each row, or KC_NOISE. Returns how many there are. */
static size_t fill_cells(const struct kc_job_fit *j, const struct kc_job_run *run, const struct placed *p,
                         struct kc_time_cell *cell, uint32_t *of)
{
    const size_t n = run->fit.n;
    size_t m = 0, begin = 0; /* the bin's first cell */
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++) {
        int fresh = i == 0 || p[i].bin != p[i - 1].bin;
        if (fresh || p[i].cluster != p[i - 1].cluster) {
            if (fresh)
                begin = m;
            name_bin((enum kc_time_bin)j->time_bins, run->time[p[i].row], cell[m].bin);
            cell[m].cluster = p[i].cluster;
            cell[m++].rows = 0;
        }
        cell[m - 1].rows++;
        all = fresh ? 1 : all + 1;
        of[p[i].row] = p[i].cluster == KC_NOISE ? KC_NOISE : (uint32_t)(m - 1);
        for (size_t c = begin; c < m && (i + 1 == n || p[i + 1].bin != p[i].bin); c++)
            cell[c].all = all;
    }
    return m;
}

int kc_fit_write_time_table(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    const size_t n = run->fit.n;
    struct placed *p = kc_mem_alloc(n, sizeof *p, e);
    struct kc_time_cell *cell = kc_mem_alloc(n, sizeof *cell, e);
    uint32_t *of = kc_mem_alloc(n, sizeof *of, e);
    struct kc_keywords words = {0};
    int rc = p && cell && of ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        p[i] = (struct placed){number_bin((enum kc_time_bin)j->time_bins, run->time[i]), run->fit.labels[i],
                               (uint32_t)i};
    if (rc == 0) {
        qsort(p, n, sizeof *p, by_bin);
        const struct kc_time_table t = {.cell = cell, .n = fill_cells(j, run, p, cell, of), .labels = &run->names,
                                        .ids = run->like.ids, .words = j->keywords ? &words : NULL};
        if (j->keywords)
            rc = kc_fit_find_words(j, run, of, t.n, &words, e);
        struct kc_out_opts o = j->out;
        o.format = j->table_format;
        if (rc == 0)
            rc = kc_out_time_table(f, &t, &o, e);
    }
    kc_keywords_free(&words);
    kc_mem_free(of);
    kc_mem_free(cell);
    kc_mem_free(p);
    return rc;
}
