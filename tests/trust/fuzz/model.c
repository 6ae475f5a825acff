/* The model file. Bytes: flags; then a container as fuzz_container reads it. What is accepted holds together, can be
 * looked at, and is written back in one form. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "model/assign.h"
#include "model/edit.h"
#include "model/tally.h"
#include "par/pool.h"
#include "view/fill.h"

/* Check that a tally is within what its rows can make it. */
static void tally_holds(const struct kc_model *m)
{
    const struct kc_model_tally *t = &m->tally;
    uint64_t joined = 0;
    FUZZ_CHECK(m->kind == KC_MODEL_CENTROIDS && t->rows <= KC_MODEL_TALLY_ROWS && t->unassigned <= t->rows);
    for (size_t c = 0; c < m->k; joined += t->counts[c++])
        for (size_t i = c * m->d; i < (c + 1) * m->d; i++) {
            const double sum = (double)t->units[i] * 0x1p-30 + (double)t->rest[i] * 0x1p-60;
            FUZZ_CHECK(fabs(sum) <= (double)t->counts[c] * 1.00001);
        }
    FUZZ_CHECK(joined == t->rows - t->unassigned);
}

static void holds_together(const struct kc_model *m)
{
    if (m->tally.counts)
        tally_holds(m);
    FUZZ_CHECK(m->k > 0 && m->d > 0 && m->nlives >= m->k && m->rep_first[0] == 0);
    for (size_t c = 0; c < m->k; c++) {
        double length = 0;
        FUZZ_CHECK(m->ids[c] >= 0 && m->ids[c] < m->next_id && (c == 0 || m->ids[c] > m->ids[c - 1]));
        FUZZ_CHECK(m->counts[c] >= 1 && m->rep_first[c] <= m->rep_first[c + 1]);
        FUZZ_CHECK(kc_model_find(m, m->ids[c]) == c);
        for (size_t j = 0; j < m->d; j++) {
            length += (double)m->centroids[c * m->d + j] * (double)m->centroids[c * m->d + j];
            FUZZ_CHECK(isfinite(m->sums[c * m->d + j]));
        }
        FUZZ_CHECK(length > 0.99 && length < 1.01);
        for (double p = 0; p <= 100; p += 12.5)
            FUZZ_CHECK(isfinite(kc_model_percentile(m, c, p)));
    }
    FUZZ_CHECK(m->rep_first[m->k] == m->rep_terms.n && m->pool.terms.n == m->pool.n);
    for (size_t i = 0; i < m->moved.n; i++)
        FUZZ_CHECK(m->moved.place[i] < m->k && (i == 0 || m->moved.hash[i] >= m->moved.hash[i - 1]) &&
                   kc_model_moved(&m->moved, m->moved.hash[i]) <= i);
    FUZZ_CHECK((m->kind == KC_MODEL_VOTES) == (m->rows.n > 0) && (m->rows.n == 0 || m->rows.n == m->n));
    FUZZ_CHECK(m->nevents <= KC_MODEL_EVENTS_MOST);
    for (size_t i = 0; i < m->nevents; i++)
        FUZZ_CHECK(m->events[i].generation >= 1 && m->events[i].generation <= m->generation && m->events[i].time >= -1);
    for (size_t i = 0; i < m->rows.n; i++)
        FUZZ_CHECK((m->rows.label[i] < m->k || m->rows.label[i] == KC_NOISE) &&
                   (i == 0 || m->rows.hash[i] >= m->rows.hash[i - 1]) && kc_model_find_row(m, m->rows.hash[i]) <= i);
}

/* Let the rows of a model label a few rows: any model that is accepted can. */
static void labels_rows(const struct kc_model *m)
{
    const struct kc_assign_opts o = {{KC_THRESHOLD_MODEL, 0}, -2, 1, 2, 1};
    struct kc_err e = KC_ERR_INIT;
    struct kc_labeller *l = NULL;
    struct kc_buf made = {NULL, 0, 0};
    struct kc_labelled out;
    if (m->d > 4096)
        return;
    float *x = calloc(3 * m->d, sizeof *x);
    if (!x)
        abort();
    for (size_t i = 0; i < 3; i++)
        x[i * m->d + i % m->d] = 1;
    FUZZ_CHECK(kc_labeller_new(&l, m, &o, &e) == 0 && kc_labeller_each(l, x, 3, m->d, &made, &e) == 0);
    kc_labeller_take(l, x, 3, NULL, 3, &made, &out);
    for (size_t i = 0; i < 3; i++)
        FUZZ_CHECK((out.labels[i] < m->k || out.labels[i] == KC_NOISE) && (out.top[2 * i] < m->k || out.top[2 * i] == KC_NONE));
    kc_labeller_free(l);
    kc_buf_free(&made);
    free(x);
}

static int save_model(const void *m, struct kc_outfile *f, struct kc_err *e)
{
    return kc_model_save(m, f, e);
}

static void accepted(const struct kc_model *m)
{
    struct kc_buf one = {NULL, 0, 0}, two = {NULL, 0, 0};
    struct kc_err e = KC_ERR_INIT;
    struct kc_model again;
    holds_together(m);
    labels_rows(m);
    fuzz_save(save_model, m, &one);
    if (kc_model_parse(&again, one.p, one.n, "again", &e) != 0)
        fuzz_fail("what was accepted is refused when it is written again: %s", e.msg);
    fuzz_save(save_model, &again, &two);
    FUZZ_CHECK(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
    kc_model_free(&again);
    kc_buf_free(&one);
    kc_buf_free(&two);
}

/* Merge a part with itself as often as its rows allow, and let the model step: the result is a model, too. */
static void try_merge(struct kc_model *m)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_tallied step;
    FUZZ_CHECK(kc_model_same_tally(m, "a", m, "b", &e) == 0);
    for (int i = 0; i < 40; i++) {
        const uint64_t before = m->tally.rows;
        if (kc_model_join_tally(m, m, "a", &e) != 0) {
            FUZZ_CHECK(e.code == KC_EINPUT && before > KC_MODEL_TALLY_ROWS / 2);
            break;
        }
        FUZZ_CHECK(m->tally.rows == 2 * before);
    }
    e = (struct kc_err)KC_ERR_INIT;
    FUZZ_CHECK(kc_model_apply_tally(m, &step, &e) == 0 && step.empty <= m->k && step.shift >= 0);
    accepted(m);
    kc_model_free_tally(m);
    accepted(m);
}

/* Unite the first clusters, and name the last: the result is a model, too. */
static void try_edit(struct kc_model *m)
{
    static struct kc_pool *pool;
    struct kc_err e = KC_ERR_INIT;
    if (!pool && !(pool = kc_pool_new(1, &e)))
        abort();
    const struct kc_ctx ctx = {.pool = pool};
    struct kc_edit_opts *o = calloc(1, sizeof *o);
    struct kc_strs ids = {0};
    struct kc_edits edits;
    struct kc_model_edited edited;
    char merge[64], rename[64];
    for (size_t c = 0; o && c < m->k; c++) {
        char id[24];
        const int n = snprintf(id, sizeof id, "%lld", (long long)m->ids[c]);
        if (kc_strs_add(&ids, id, (size_t)n, &e) != 0)
            abort();
    }
    if (!o)
        abort();
    snprintf(merge, sizeof merge, "%lld,%lld", (long long)m->ids[0], (long long)m->ids[m->k > 1]);
    snprintf(rename, sizeof rename, "%lld=x", (long long)m->ids[m->k - 1]);
    FUZZ_CHECK((m->k < 3 || kc_edit_parse(o, KC_EDIT_MERGE, merge, "--merge", &e) == 0) &&
               kc_edit_parse(o, KC_EDIT_RENAME, rename, "--rename", &e) == 0);
    FUZZ_CHECK(kc_edits_find(&edits, o, &ids, m->counts, "m", &e) == 0 && edits.after == (m->k < 3 ? m->k : m->k - 1));
    if (kc_model_edit(&ctx, m, &edits, NULL, &edited, &e) == 0) {
        size_t n;
        const char *name = kc_model_label(m, m->k - 1, &n);
        FUZZ_CHECK(m->k == edits.after && n == 1 && *name == 'x');
        accepted(m);
    } else {
        FUZZ_CHECK(e.code == KC_EINPUT);
    }
    kc_model_edited_free(&edited);
    kc_edits_free(&edits);
    kc_strs_free(&ids);
    free(o);
}

static int load_model(const char *path, struct kc_err *e)
{
    struct kc_model m;
    const int rc = kc_model_load(&m, path, e);
    kc_model_free(&m);
    return rc;
}

/* Look at the model's clusters and history, alone and beside labels. */
static void view_model(const struct kc_model *m, unsigned flags)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_view v;
    if (m->d > 4096)
        return;
    kc_view_init(&v);
    if (flags & 4)
        fuzz_label(&v);
    FUZZ_CHECK(kc_view_set_model(&v, m, &e) == 0 && v.nevents > 0 && v.nevents <= m->nevents + 1);
    FUZZ_CHECK((flags & 4) || v.k == m->k);
    fuzz_show(&v, flags & 8);
    kc_view_free(&v);
}

void fuzz_model(const uint8_t *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_model m;
    if (n < 2)
        return;
    const unsigned flags = p[0];
    uint8_t *const own = fuzz_container(&p, &n);
    int rc = kc_model_parse(&m, (const char *)p, n, "model", &e);
    FUZZ_CHECK((rc == 0) == (e.code == KC_OK));
    if (rc != 0)
        fuzz_refusal(&e);
    fuzz_by_path(load_model, p, n, flags >> 1 & 1, &e);
    if (rc == 0) {
        view_model(&m, flags);
        accepted(&m);
        if (m.tally.counts)
            try_merge(&m);
        try_edit(&m);
    }
    kc_model_free(&m);
    free(own);
}
