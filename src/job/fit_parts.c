/* Groups, times and weights of a fit. The reader has checked the values of fields that must be times or weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/choice/evidence.h"
#include "base/intern.h"
#include "job/fit_run.h"

int kc_fit_in_parts(const struct kc_job_fit *j)
{
    return j->ngroup_by > 0 || (j->time_field && (j->parts.window > 0 || j->parts.max_gap >= 0));
}

static int read_times(struct kc_job_run *run, struct kc_err *e)
{
    struct kc_attrs_work w = {{0}, {0}};
    struct kc_field f;
    const size_t n = (size_t)kc_rows_all(&run->ds.rows); /* the first rank has the fields of all rows */
    int rc = 0;
    if (!kc_fit_field(run, run->fields.time, &f))
        return 0;
    run->time = kc_mem_alloc(n, sizeof *run->time, e);
    for (size_t i = 0; run->time && rc == 0 && i < n; i++) {
        size_t len;
        const char *value = kc_strs_get(f.attrs, i * f.stride + f.column, &len);
        rc = kc_attrs_time(value, len, &w, &run->time[i], e); /* cannot fail: the reader has checked it */
    }
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    return run->time && rc == 0 ? 0 : -1;
}

/* Compute the rows' weights: by weight_field, by age, or by the product of both. */
static int read_weights(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_attrs_work w = {{0}, {0}};
    struct kc_field f;
    size_t n = (size_t)kc_rows_all(&run->ds.rows), len;
    int64_t latest = INT64_MIN;
    int given = kc_fit_field(run, run->fields.weight, &f), rc = 0;
    if (!given && j->halflife == 0)
        return 0;
    run->weight = kc_mem_alloc(n, sizeof *run->weight, e);
    if (!run->weight)
        return -1;
    for (size_t i = 0; j->halflife > 0 && i < n; i++)
        latest = run->time[i] > latest ? run->time[i] : latest;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const char *value = given ? kc_strs_get(f.attrs, i * f.stride + f.column, &len) : NULL;
        run->weight[i] = 1;
        if (given)
            rc = kc_attrs_weight(value, len, &w, &run->weight[i], e);
        if (j->halflife > 0) /* not below 1e-9: a very old row still has a weight */
            run->weight[i] *= fmax(exp2(-(double)(latest - run->time[i]) / (double)j->halflife), 1e-9);
    }
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    return rc == 0 ? 0 : -1;
}

/* Number the groups by the values of the fields, and keep these values. */
static int read_groups(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_intern groups = {0};
    struct kc_buf key = {0};
    size_t n = (size_t)kc_rows_all(&run->ds.rows);
    int rc = -1;
    if (j->ngroup_by == 0)
        return 0;
    run->group = kc_mem_alloc(n, sizeof *run->group, e);
    if (!run->group)
        goto out;
    for (size_t i = 0; i < n; i++) {
        key.n = 0;
        for (size_t a = 0; a < j->ngroup_by; a++) { /* compact JSON has no newline, so it can separate */
            struct kc_field f;
            size_t len = 0;
            const char *value = kc_fit_field(run, run->fields.group[a], &f) ?
                                kc_strs_get(f.attrs, i * f.stride + f.column, &len) : "";
            if (kc_buf_add(&key, value, len, e) != 0 || kc_buf_addc(&key, '\n', e) != 0)
                goto out;
        }
        if (kc_intern_add(&groups, key.p, key.n, &run->group[i], e) != 0)
            goto out;
    }
    for (size_t g = 0; g < groups.strs.n; g++) {
        size_t len;
        const char *p = kc_strs_get(&groups.strs, g, &len), *end = p + len;
        for (const char *q; p < end; p = q + 1) {
            q = memchr(p, '\n', (size_t)(end - p));
            if (!q || kc_strs_add(&run->group_values, p, (size_t)(q - p), e) != 0)
                goto out;
        }
    }
    rc = 0;
out:
    kc_buf_free(&key);
    kc_intern_free(&groups);
    return rc;
}

static struct kc_parts_opts parts_opts(const struct kc_job_fit *j, const struct kc_job_run *run)
{
    struct kc_parts_opts parts = j->parts;
    parts.algorithm = j->algorithm;
    parts.opts = j->opts;
    parts.judge = kc_fit_evidence(j) ? &kc_choice_judge : NULL; /* second opinions on every part are too much */
    parts.weights = run->weight;
    parts.group = run->group;
    parts.time = run->time;
    return parts;
}

int kc_fit_read_fields(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    if (read_times(run, e) != 0 || read_weights(j, run, e) != 0 || read_groups(j, run, e) != 0)
        return -1;
    const struct kc_parts_opts parts = parts_opts(j, run);
    return kc_fit_in_parts(j) ? kc_parts_cut(run->ds.rows.n, &parts, &run->parts, e) : 0;
}

int kc_fit_parts(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_parts_opts parts = parts_opts(j, run);
    run->groups =
        (struct kc_groups){&run->parts, j->group_by, j->ngroup_by, &run->group_values, run->group, j->parts.window};
    return kc_parts_fit(&run->ctx, &run->ds.rows, &parts, &run->parts, &run->fit, e);
}

void kc_fit_parts_free(struct kc_job_run *run)
{
    kc_parts_free(&run->parts);
    kc_strs_free(&run->group_values);
    kc_mem_free(run->group);
    kc_mem_free(run->own_weight);
    kc_mem_free(run->weight);
    kc_mem_free(run->time);
}
