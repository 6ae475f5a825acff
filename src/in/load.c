/* Load all rows into a data set: into memory, and out of it again if they turn out to be too many. Then they are read
 * again from their files if all of these allow it, else they go to a temporary file. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/join.h"
#include "in/piece/opts.h"
#include "in/piece/slot.h"
#include "in/run.h"
#include "in/stored.h"
#include "json/jsonw.h"

/* A load under way. */
struct loading {
    struct kc_dataset *ds;
    struct kc_in_run run;
    const struct kc_in_opts *o;
    size_t n;      /* rows so far */
    uint64_t read; /* stored bytes read for them */
    int tied;      /* some rows cannot be read again from the inputs */
    struct kc_team *team; /* the ranks that the rows are shared out to; NULL: there is only this one */
    struct kc_unnamed *unnamed; /* o->team: (nunnamed) rows without terms */
    size_t nunnamed, unnamed_cap;
};

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t strs_bytes(const struct kc_strs *s)
{
    return (uint64_t)s->bytes.cap + (uint64_t)s->cap * sizeof *s->off;
}

/* Return the bytes of the texts and of everything else but the rows. */
static uint64_t text_bytes(const struct kc_dataset *ds)
{
    uint64_t b = strs_bytes(&ds->terms) + strs_bytes(&ds->raws) + strs_bytes(&ds->attrs) +
                 (uint64_t)ds->nskipped * sizeof *ds->skipped;
    return b + (ds->reread ? kc_reread_bytes(ds->reread) : 0);
}

static uint64_t rows_bytes(size_t n, size_t d)
{
    return (uint64_t)kc_mem_mul(kc_mem_mul(n, d), sizeof(float));
}

uint64_t kc_dataset_bytes(const struct kc_dataset *ds)
{
    return add_capped(rows_bytes(ds->x.cap, ds->x.d), text_bytes(ds));
}

uint64_t kc_in_row_number(const uint64_t *skipped, size_t n, uint64_t i)
{
    size_t lo = 0, hi = n;
    while (lo < hi) { /* skipped[j] - j good rows precede skipped[j] */
        size_t mid = lo + (hi - lo) / 2;
        if (skipped[mid] - mid <= i)
            lo = mid + 1;
        else
            hi = mid;
    }
    return i + lo;
}

const char *kc_dataset_term(const struct kc_dataset *ds, size_t i, char digits[20], size_t *n)
{
    if (ds->terms.n > 0)
        return kc_strs_get(&ds->terms, i, n);
    *n = kc_jsonw_digits(digits, kc_in_row_number(ds->skipped, ds->nskipped, i));
    return digits;
}

const char *kc_storage_name(enum kc_storage s)
{
    return s == KC_STORAGE_MEMORY ? "memory" : s == KC_STORAGE_FILE ? "file" : "spill";
}

/* Return 1 if n rows in memory and the text fit within max_memory, together with the larger of what reading needs now
 * and what the work on n rows will need later. */
static int fits_in_memory(const struct loading *l, size_t n)
{
    size_t d = l->ds->x.d;
    if (l->o->max_memory == 0)
        return 1;
    uint64_t work = l->o->work ? l->o->work(l->o->work_arg, n, d) : 0;
    work = work > l->run.pieces + l->run.metadata ? work : l->run.pieces + l->run.metadata;
    return add_capped(add_capped(rows_bytes(n, d), text_bytes(l->ds)), work) <= l->o->max_memory;
}

/* Begin a temporary file with these rows. */
static int start_spill(struct loading *l, const struct kc_rows *rows, struct kc_err *e)
{
    return kc_spill_new(&l->ds->spill, l->ds->x.d, e) != 0 ? -1 : kc_spill_copy(l->ds->spill, rows, e);
}

/* Move the rows so far from memory to a temporary file, or drop them if they can be read again. */
static int move_out_of_memory(struct loading *l, struct kc_err *e)
{
    struct kc_dataset *ds = l->ds;
    size_t d = ds->x.d;
    const struct kc_rows rows = {.n = ds->x.n, .d = d, .x = ds->x.x};
    ds->storage = l->tied ? KC_STORAGE_SPILL : KC_STORAGE_FILE;
    if (l->tied && start_spill(l, &rows, e) != 0)
        return -1;
    kc_matrix_free(&ds->x);
    ds->x.d = d;
    return 0;
}

/* Copy the rows so far from their files to a temporary file, because rows have come that cannot be read again. */
static int move_files_to_spill(struct loading *l, struct kc_err *e)
{
    const struct kc_rows rows = kc_reread_rows(l->ds->reread);
    l->ds->storage = KC_STORAGE_SPILL;
    return start_spill(l, &rows, e);
}

/* Make room for r more rows in memory. Return 1 if the limit does not allow it. */
static int make_room(struct loading *l, size_t r, struct kc_err *e)
{
    struct kc_matrix *x = &l->ds->x;
    size_t need = kc_mem_add(x->n, r);
    const uint64_t ranks = l->o->team ? 1 : kc_team_size(l->team), rows = l->run.hint_rows / ranks;
    if (x->n == 0 && rows <= SIZE_MAX && need <= rows)
        need = (size_t)rows;
    if (need <= x->cap)
        return 0;
    if (l->o->max_memory == 0)
        return x->n == 0 ? kc_matrix_reserve(x, need, e) : 0; /* appending grows it */
    for (unsigned part = 2; part <= 128; part *= 4) { /* try to grow by 1/2, 1/8, 1/32, 1/128 as the limit comes near */
        size_t want = kc_mem_add(x->cap, x->cap / part);
        if (want > need && fits_in_memory(l, want))
            return kc_matrix_reserve(x, want, e);
    }
    return fits_in_memory(l, need) ? kc_matrix_reserve(x, need, e) : 1;
}

/* Store the chunk's rows where the data set keeps its rows at present, and move all rows elsewhere if they no longer
 * fit. */
static int store_rows(struct loading *l, const struct kc_chunk *c, struct kc_err *e)
{
    struct kc_dataset *ds = l->ds;
    int rc;
    if (l->o->max_memory > 0 && !l->tied) {
        if (!ds->reread && !(ds->reread = kc_reread_new(c->d, e)))
            return -1;
        rc = kc_reread_add(ds->reread, l->run.slot, e);
        if (rc < 0)
            return -1;
        l->tied = rc;
    }
    if (ds->storage == KC_STORAGE_MEMORY) {
        rc = make_room(l, c->n, e);
        if (rc < 0 || (rc > 0 && move_out_of_memory(l, e) != 0))
            return -1;
    }
    if (ds->storage == KC_STORAGE_FILE && l->tied && move_files_to_spill(l, e) != 0)
        return -1;
    if (l->tied && ds->reread) {
        kc_reread_free(ds->reread);
        ds->reread = NULL;
    }
    return ds->storage == KC_STORAGE_MEMORY ? kc_matrix_append(&ds->x, c->x, c->n, e) :
           ds->storage == KC_STORAGE_SPILL ? kc_spill_add(ds->spill, c->x, c->n, e) : 0;
}

/* Store of a chunk's rows those that are this rank's. */
static int store_share(struct loading *l, const struct kc_chunk *c, struct kc_err *e)
{
    for (size_t i = 0, m; i < c->n; i += m) {
        const uint64_t number = l->n + i;
        struct kc_chunk part = *c;
        m = KC_SHARE_BLOCK - (size_t)(number % KC_SHARE_BLOCK);
        m = m < c->n - i ? m : c->n - i;
        part.n = m;
        part.x += i * c->d;
        if (kc_share_is_mine(&l->ds->share, number) && store_rows(l, &part, e) != 0)
            return -1;
    }
    return 0;
}

int kc_in_add_numbers(struct kc_strs *terms, uint64_t row0, size_t at, size_t n, const uint64_t *skipped,
                      size_t nskipped, struct kc_err *e)
{
    uint64_t row = kc_in_row_number(skipped, nskipped, at);
    size_t skip = (size_t)row - at; /* those before it */
    for (size_t i = 0; i < n; i++, row++) {
        char t[20];
        for (; skip < nskipped && skipped[skip] == row; skip++)
            row++;
        if (kc_strs_add(terms, t, kc_jsonw_digits(t, row0 + row), e) != 0)
            return -1;
    }
    return 0;
}

int kc_dataset_number_terms(struct kc_dataset *ds, struct kc_err *e)
{
    return ds->terms.n > 0 ? 0 : kc_in_add_numbers(&ds->terms, 0, 0, ds->rows.n, ds->skipped, ds->nskipped, e);
}

/* Note that the chunk's rows have no terms: their numbers are known when all ranks have read. */
static int note_unnamed(struct loading *l, const struct kc_chunk *c, struct kc_err *e)
{
    struct kc_unnamed *last = l->nunnamed > 0 ? &l->unnamed[l->nunnamed - 1] : NULL;
    if (last && last->at + last->n == l->n) {
        last->n += c->n;
        return 0;
    }
    if (l->nunnamed == l->unnamed_cap) {
        const size_t cap = 2 * l->unnamed_cap + 1;
        struct kc_unnamed *u = kc_mem_realloc(l->unnamed, cap, sizeof *u, e);
        if (!u)
            return -1;
        l->unnamed = u;
        l->unnamed_cap = cap;
    }
    last = l->unnamed + l->nunnamed++;
    last->at = l->n; /* NOLINT(clang-analyzer-core.NullDereference): there is room */
    last->n = c->n;
    return 0;
}

/* Append the chunk's terms. As soon as one input has terms, rows without a term get their row number. */
static int add_terms(struct loading *l, const struct kc_chunk *c, struct kc_err *e)
{
    struct kc_strs *terms = &l->ds->terms;
    if (l->o->team)
        return c->terms ? kc_strs_append(terms, c->terms, e) : note_unnamed(l, c, e);
    if (c->terms && terms->n < l->n &&
        kc_in_add_numbers(terms, 0, 0, l->n, l->run.skipped, l->run.nskipped, e) != 0)
        return -1;
    if (c->terms)
        return kc_strs_append(terms, c->terms, e);
    for (size_t i = 0; terms->n > 0 && i < c->n; i++) {
        char t[20];
        if (kc_strs_add(terms, t, kc_jsonw_digits(t, c->rows[i]), e) != 0)
            return -1;
    }
    return 0;
}

static int add_attrs(struct kc_dataset *ds, const struct kc_chunk *c, struct kc_err *e)
{
    for (size_t i = 0; c->attrs && i < c->n; i++)
        for (size_t a = 0; a < ds->nattrs; a++) {
            size_t n;
            const char *p = kc_strs_get(c->attrs, i * c->stride + a, &n);
            if (kc_strs_add(&ds->attrs, p, n, e) != 0)
                return -1;
        }
    return 0;
}

/* Store the copies of a chunk's records, and how they begin. */
static int copy_raws(struct kc_dataset *ds, const struct kc_chunk *c, struct kc_err *e)
{
    if (c->head && !ds->head) {
        ds->head = kc_mem_alloc(sizeof *c->head + c->head->n, 1, e);
        if (!ds->head)
            return -1;
        memcpy(ds->head, c->head, sizeof *c->head + c->head->n);
    }
    return c->raws ? kc_strs_append(&ds->raws, c->raws, e) : 0;
}

/* Store a chunk's rows, terms, texts and attributes, and check that the text alone is within the limit. The sink. */
static int store_chunk(void *arg, const struct kc_chunk *c, struct kc_err *e)
{
    struct loading *l = arg;
    struct kc_dataset *ds = l->ds;
    const int texts = l->o->team || kc_team_rank(l->team) == 0;
    ds->x.d = c->d;
    if ((l->team && !l->o->team ? store_share(l, c, e) : store_rows(l, c, e)) != 0 ||
        (texts && (add_terms(l, c, e) != 0 || copy_raws(ds, c, e) != 0 || add_attrs(ds, c, e) != 0)))
        return -1;
    l->n += c->n;
    l->read = l->run.slot->bytes;
    uint64_t text = text_bytes(ds);
    if (l->o->max_memory == 0 || text <= l->o->max_memory)
        return 0;
    char need[32], most[32];
    kc_num_human_pair(need, text, most, l->o->max_memory);
    return kc_err_set(e, KC_ESYS, "the text of the first %zu row%s takes %s, more than --max-memory %s allows", l->n,
                      l->n == 1 ? "" : "s", need, most);
}

/* Release the unused ends of the arrays. If a block cannot be shrunk it stays as it is. */
static void trim_strs(struct kc_strs *s)
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

/* Finish the data set after its last row, and set its row source. */
static int finish_dataset(struct loading *l, struct kc_err *e)
{
    struct kc_dataset *ds = l->ds;
    /* the text may have grown since room was made for the rows */
    if (ds->storage == KC_STORAGE_MEMORY && !fits_in_memory(l, ds->x.n) && move_out_of_memory(l, e) != 0)
        return -1;
    if (ds->storage == KC_STORAGE_SPILL)
        return kc_spill_end(ds->spill, &ds->rows, e);
    if (ds->storage == KC_STORAGE_FILE) {
        ds->rows = kc_reread_rows(ds->reread);
        return 0;
    }
    kc_reread_free(ds->reread);
    ds->reread = NULL;
    if (ds->x.n == 0) { /* a rank may have no rows */
        ds->x.d = l->run.d;
        if (kc_matrix_reserve(&ds->x, 1, e) != 0)
            return -1;
    } else {
        kc_matrix_trim(&ds->x);
    }
    ds->share.all = ds->share.first ? ds->share.all : l->n;
    ds->rows = kc_rows_memory(ds->x.x, ds->x.n, ds->x.d);
    ds->rows.share = l->team && !l->o->gather ? &ds->share : NULL;
    return 0;
}

/* Append to the message, when memory ran short before all rows were read, what all rows would need, if the input
 * (or the part of it that was read) lets their number be known or estimated. */
static void append_need(const struct loading *l, struct kc_err *e)
{
    const struct kc_dataset *ds = l->ds;
    int exact = l->o->nfiles <= 1 && l->run.hint_rows > 0;
    double n = exact ? (double)l->run.hint_rows :
               l->read ? (double)l->n * ((double)l->run.total / (double)l->read) : 0;
    if (n < (double)l->n || n < 1 || n >= 1e15 || ds->x.d == 0)
        return;
    char all[16];
    uint64_t have = kc_dataset_bytes(ds), reading = l->run.held > have ? l->run.held - have : 0;
    uint64_t work = l->o->work ? l->o->work(l->o->work_arg, (size_t)n, ds->x.d) : 0;
    uint64_t text = l->n ? (uint64_t)((double)text_bytes(ds) * (n / (double)l->n)) : 0;
    kc_num_human(all, add_capped(add_capped(rows_bytes((size_t)n, ds->x.d), text), work > reading ? work : reading));
    kc_err_more(e, "; all %s%.0f rows need %s", exact ? "" : "of some ", n, all);
}

/* Read all inputs into ds, which is zero. */
static int load_inputs(const struct kc_ctx *ctx, struct loading *l, const struct kc_in_tune *tune, struct kc_err *e)
{
    struct kc_dataset *ds = l->ds;
    const struct kc_in_opts *o = l->o;
    ds->nattrs = o->nattrs;
    ds->share.team = l->team;
    l->tied = o->nwhere > 0;
    if (o->team && !o->own_files) {
        l->run.begin = kc_mem_alloc(o->nfiles, sizeof *l->run.begin, e);
        if (!l->run.begin)
            return -1;
        for (size_t i = 0; i < o->nfiles; i++)
            l->run.begin[i] = UINT64_MAX;
    }
    int rc = kc_in_run(ctx, o, tune, &l->run, store_chunk, l, &ds->st, e);
    if (rc == 0 && o->team)
        rc = kc_dataset_join(ctx, ds, &l->run, l->unnamed, l->nunnamed, o->own_files ? NULL : o->files, o->nfiles,
                             o->gather, e);
    ds->skipped = l->run.skipped;
    ds->nskipped = l->run.nskipped;
    kc_mem_free(l->unnamed);
    kc_mem_free(l->run.begin);
    kc_mem_free(l->run.first);
    kc_strs_free(&l->run.terms);
    return rc;
}

int kc_in_refuse_local(struct kc_err *e)
{
    return kc_err_set(e, KC_EUSAGE, "--metadata and --terms are joined to the rows of all ranks: leave --local out");
}

int kc_in_load_tuned(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
                     struct kc_dataset *ds, struct kc_err *e)
{
    struct kc_in_opts shared = *o;
    struct kc_team *team = kc_team_size(ctx->team) > 1 ? ctx->team : NULL;
    struct loading l;
    int rc;
    if (team && o->own_files && o->metadata)
        return kc_in_refuse_local(e);
    shared.team = o->metadata ? NULL : team; /* metadata are joined where all rows are read */
    for (;;) {
        const int alone = o->gather && !shared.team; /* the first rank reads all, as it is to have all */
        memset(ds, 0, sizeof *ds);
        if (alone && kc_team_rank(team) > 0)
            return 0;
        shared.max_memory = team && !alone ? 0 : o->max_memory; /* the jobs check what they let run on ranks */
        l = (struct loading){.ds = ds, .o = &shared, .run.want_skipped = 1, .team = alone ? NULL : team};
        rc = load_inputs(ctx, &l, tune, e);
        if (rc == 0 || e->again == KC_AGAIN_NOT)
            break;
        shared.exact = 1;
        shared.team = e->again == KC_AGAIN_WHOLE ? NULL : team;
        kc_dataset_free(ds);
        *e = (struct kc_err)KC_ERR_INIT;
    }
    trim_strs(&ds->terms);
    trim_strs(&ds->raws);
    trim_strs(&ds->attrs);
    rc = rc != 0 ? -1 : finish_dataset(&l, e);
    if (rc != 0 && e->short_of)
        append_need(&l, e);
    return rc;
}

int kc_in_load(const struct kc_ctx *ctx, const struct kc_in_opts *o, struct kc_dataset *ds, struct kc_err *e)
{
    return kc_in_load_tuned(ctx, o, NULL, ds, e);
}

void kc_dataset_free(struct kc_dataset *ds)
{
    kc_matrix_free(&ds->x);
    kc_reread_free(ds->reread);
    kc_spill_free(ds->spill);
    kc_strs_free(&ds->terms);
    kc_strs_free(&ds->raws);
    kc_strs_free(&ds->attrs);
    kc_mem_free(ds->skipped);
    kc_mem_free(ds->head);
    kc_mem_free(ds->first);
    kc_mem_free(ds->read);
    memset(ds, 0, sizeof *ds);
}
