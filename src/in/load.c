/* All rows into memory. */
#include <stdio.h>
#include <string.h>
#include "in/reader.h"
#include "in/run.h"

struct load {
    struct kc_dataset *ds;
    struct kc_in_run run;
    uint64_t limit;     /* bytes, 0: none */
};

static uint64_t text_bytes(const struct kc_strs *s)
{
    return (uint64_t)s->bytes.cap + (uint64_t)s->cap * sizeof *s->off;
}

/* The rows so far, and what text comes with them, are more than the limit. */
static int over_limit(const struct load *l, const char *which, size_t rows, uint64_t text, struct kc_err *e)
{
    size_t d = l->ds->x.d;
    uint64_t bytes = (uint64_t)kc_mem_mul(kc_mem_mul(rows, d), sizeof(float));
    char need[32], most[32];
    bytes = bytes > UINT64_MAX - text ? UINT64_MAX : bytes + text;
    kc_in_sizes(need, bytes, most, l->limit);
    return kc_err_set(e, KC_ESYS, "%s%zu row%s of %zu number%s%s %s %s, more than --max-memory %s allows", which, rows,
                      rows == 1 ? "" : "s", d, d == 1 ? "" : "s", text > 0 ? " and their text" : "",
                      rows == 1 && text == 0 ? "takes" : "take", need, most);
}

/* Room for r more rows, never beyond the limit: growing by half may ask for more than what is needed and allowed. */
static int make_room(struct load *l, size_t r, struct kc_err *e)
{
    struct kc_matrix *x = &l->ds->x;
    uint64_t text = text_bytes(&l->ds->terms) + text_bytes(&l->ds->raws) + (uint64_t)l->run.nskipped * sizeof(uint64_t);
    size_t row = kc_mem_mul(x->d, sizeof(float)), need = kc_mem_add(x->n, r);
    if (x->n == 0 && l->run.hint_rows > 0 && l->run.hint_rows <= SIZE_MAX) {
        size_t hint = (size_t)l->run.hint_rows;
        if (l->limit == 0 || kc_mem_mul(hint, row) <= l->limit)
            return kc_matrix_reserve(x, hint, e);
        return over_limit(l, "", hint, 0, e);
    }
    if (l->limit == 0 || need <= x->cap)
        return 0;
    uint64_t most = text < l->limit ? (l->limit - text) / row : 0;
    if (need > most)
        return over_limit(l, "the first ", need, text, e);
    size_t want = kc_mem_add(x->cap, x->cap / 2);
    if (want < need)
        want = need;
    return kc_matrix_reserve(x, want < most ? want : (size_t)most, e);
}

static int add_terms(struct load *l, const struct kc_chunk *c, struct kc_err *e)
{
    struct kc_dataset *ds = l->ds;
    if (c->terms)
        return kc_strs_append(&ds->terms, c->terms, e);
    for (size_t i = 0; i < c->n; i++) {
        char t[24];
        int n = snprintf(t, sizeof t, "%llu", (unsigned long long)c->rows[i]);
        if (kc_strs_add(&ds->terms, t, (size_t)n, e) != 0)
            return -1;
    }
    return 0;
}

static int sink(void *arg, const struct kc_chunk *c, struct kc_err *e)
{
    struct load *l = arg;
    struct kc_matrix *x = &l->ds->x;
    x->d = c->d;
    if (make_room(l, c->n, e) != 0 || kc_matrix_append(x, c->x, c->n, e) != 0 || add_terms(l, c, e) != 0)
        return -1;
    return c->raws ? kc_strs_append(&l->ds->raws, c->raws, e) : 0;
}

/* Give back what growing left over. A block that could not be made smaller still serves. */
static void trim(struct kc_strs *s)
{
    struct kc_err ignored = KC_ERR_INIT;
    char *p = s->bytes.n > 0 && s->bytes.n < s->bytes.cap ? kc_mem_realloc(s->bytes.p, s->bytes.n, 1, &ignored) : NULL;
    if (p) {
        s->bytes.p = p;
        s->bytes.cap = s->bytes.n;
    }
    uint64_t *off = s->n > 0 && s->n + 1 < s->cap ? kc_mem_realloc(s->off, s->n + 1, sizeof *off, &ignored) : NULL;
    if (off) {
        s->off = off;
        s->cap = s->n + 1;
    }
}

int kc_in_load_tuned(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
                     struct kc_dataset *ds, struct kc_err *e)
{
    struct load l = {.ds = ds, .limit = o->max_memory};
    memset(ds, 0, sizeof *ds);
    int rc = kc_in_run(ctx, o, tune, &l.run, sink, &l, &ds->st, e);
    ds->skipped = l.run.skipped;
    ds->nskipped = l.run.nskipped;
    kc_matrix_trim(&ds->x);
    trim(&ds->terms);
    trim(&ds->raws);
    return rc;
}

int kc_in_load(const struct kc_ctx *ctx, const struct kc_in_opts *o, struct kc_dataset *ds, struct kc_err *e)
{
    return kc_in_load_tuned(ctx, o, NULL, ds, e);
}

void kc_dataset_free(struct kc_dataset *ds)
{
    kc_matrix_free(&ds->x);
    kc_strs_free(&ds->terms);
    kc_strs_free(&ds->raws);
    kc_mem_free(ds->skipped);
    memset(ds, 0, sizeof *ds);
}
