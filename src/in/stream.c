/* The reading pipeline: feed -> slots -> drain -> sink. Filling cuts the inputs into pieces (one thread at a time),
 * workers decode pieces in parallel, and the drain takes them in input order: it numbers lines and rows, reports bad
 * records and calls the sink. The order of rows and messages does not depend on the number of threads. */
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "in/choice.h"
#include "in/fields/terms.h"
#include "in/formats/formats.h"
#include "in/run.h"
#include "in/watch.h"
#include "par/pipe.h"

/* Bytes of a piece. From a quarter of it on the overhead per piece no longer shows, and a few pieces take little
 * memory. */
#define BLOCK ((size_t)1 << 20)
#define BLOCK_LEAST ((size_t)4 << 10)
#define PIECES_PART 8 /* the pieces' bytes may take 1/8 of --max-memory, and what is decoded from them as much again */
#define PROGRESS_SECONDS 0.1
#define PROMPT_STEP ((size_t)65536) /* bytes of input that are looked at for a whole line */

/* The drain's side. fill_slot and drain_slot may run at the same time, on any thread: they share nothing but the
 * slots. */
struct drain {
    const struct kc_ctx *ctx;
    const struct kc_in_opts *o;
    struct kc_in_run *run;
    kc_in_sink sink;
    void *arg;
    uint64_t rows;     /* input rows so far */
    uint64_t row0;     /* rows before this file: a message that names the file counts its rows from 0 */
    uint64_t line;     /* lines of the file so far */
    uint64_t records, skipped;
    double last;       /* when progress was last reported */
    uint64_t *numbers; /* numbers of a slot's rows */
    size_t numbers_cap;
    uint64_t *places;  /* rows of the terms and of the metadata that are theirs */
    size_t places_cap;
    struct kc_intern used; /* the places that rows have taken, if records say theirs by "index" */
    struct kc_choice choice;
    struct kc_watch watch;
    struct kc_terms file_terms; /* the terms of --terms */
    int named;                 /* rows with terms were passed on */
    struct kc_strs terms;      /* the terms of a slot's rows if they come from there or from the metadata */
    struct kc_strs shown; /* the first bad records as log lines; only the calling thread may log, so they wait */
};

/* The two ends of the pipeline, as its argument. */
struct pipeline {
    struct kc_in_opts o; /* as the readers see them: without a --term-field that the metadata have */
    struct kc_feed feed;
    struct drain drain;
};

/* Check that the records of the open file can be copied in the form that is asked for. */
static int check_copies(struct kc_feed *f, struct kc_err *e)
{
    static const char *const names[] = {[KC_RAW_JSONL] = "jsonl", [KC_RAW_CSV] = "csv", [KC_RAW_TSV] = "tsv"};
    const char *is = kc_in_format_name(f->rd->format);
    enum kc_raw own = f->rd == &kc_reader_jsonl ? KC_RAW_JSONL : f->rd == &kc_reader_csv ? KC_RAW_CSV :
                      f->rd == &kc_reader_tsv   ? KC_RAW_TSV : KC_RAW_NONE;
    enum kc_raw want = f->o->want_raw;
    if (own == KC_RAW_NONE)
        return kc_err_at(e, KC_EUSAGE, f->name, 0, "--annotate needs JSON, csv or tsv input, this is %s", is);
    if (want != KC_RAW_INPUT && want != own && want != KC_RAW_JSONL)
        return kc_err_at(e, KC_EUSAGE, f->name, 0,
                         "is %s: --annotate writes it as %s%s, not as %s: --output-format %s", is, is,
                         own == KC_RAW_JSONL ? "" : " or jsonl", names[want], is);
    if (!f->raw_from) {
        f->raw_from = f->rd;
        f->raw_name = f->name;
    }
    if (f->raw_from != f->rd && want == KC_RAW_INPUT)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is %s, and %s is %s: --annotate writes both only with "
                         "--output-format jsonl", is, f->raw_name, kc_in_format_name(f->raw_from->format));
    return 0;
}

/* Fill a slot with the next piece, opening the next input when the present one has ended. Set *eof after the last. */
static int fill_slot(void *arg, void *slot, int *eof, struct kc_err *e)
{
    static const struct kc_attrs nothing = {0};
    struct kc_feed *f = &((struct pipeline *)arg)->feed;
    const struct kc_choice *choice = &((struct pipeline *)arg)->drain.choice;
    struct kc_slot *s = slot;
    kc_slot_clear(s);
    for (;;) {
        int none, file_end = 0;
        if (f->stop) {
            *eof = 1;
            return 0;
        }
        if (!f->src) {
            if (kc_formats_open_next(f, &none, e) != 0)
                return -1;
            if (none) {
                *eof = 1;
                return 0;
            }
            if (f->o->want_raw != KC_RAW_NONE && check_copies(f, e) != 0)
                return -1;
        }
        s->o = f->o;
        s->rd = f->rd;
        s->given = &f->given;
        s->want = f->o->metadata ? &nothing : &f->attrs;
        s->where = choice->where;
        s->nwhere = choice->nwhere;
        s->file = f->name;
        if (f->rd->fill(f, s, &file_end, e) != 0)
            return -1;
        s->d = f->d;
        if (f->d > 0 && f->d < f->o->dims)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "has %zu numbers per row, fewer than --dims %llu takes", f->d,
                             (unsigned long long)f->o->dims);
        s->d_from = f->d_name == f->name ? NULL : f->d_name;
        s->first = f->fresh;
        s->line0 = f->line0;
        s->hint_rows = f->hint_rows;
        s->bytes = kc_feed_bytes(f);
        s->no = f->next;
        f->fresh = 0;
        s->numbered = f->o->team && !f->unnumbered;
        s->plain = f->plain;
        s->row0 = f->row0;
        if (!file_end) {
            s->reopened = f->reopened;
            f->reopened = NULL;
            return 0;
        }
        f->row0 += f->file_rows;
        f->file_rows = 0;
        f->unnumbered |= !f->plain;
        f->plain = 0;
        kc_feed_close(f);
        kc_slot_clear(s);
    }
}

/* Decode a slot, on any thread; then let the caller's `each` see its rows. */
static void decode_slot(void *arg, void *slot)
{
    struct kc_slot *s = slot;
    (void)arg;
    s->rd->work(s);
    kc_slot_shorten(s);
    if (s->o->each && s->n > 0 && s->err.code == KC_OK &&
        s->o->each(s->o->each_arg, s->x, s->n, s->d, &s->made, &s->err) != 0)
        s->n = 0; /* the drain reports err */
}

/* Return 1 if filling will not wait for input. With `prompt` it does not if a whole line is there: bytes that have come
 * may be the beginning of a line whose rest is long in coming. So they are read now, which is not waiting, to see. What
 * fails is reported by filling. */
static int input_is_ready(void *arg)
{
    struct kc_feed *f = &((struct pipeline *)arg)->feed;
    struct kc_err later = KC_ERR_INIT;
    if (!f->o->prompt || !f->src)
        return 1;
    while (!memchr(f->carry.p ? f->carry.p + f->carry_at : "", '\n', f->carry.n - f->carry_at)) {
        if (f->src_eof)
            return 1;
        if (!kc_source_ready(f->src))
            return 0;
        if (f->carry.n - f->carry_at > f->block || kc_feed_more(f, PROMPT_STEP, &later) != 0)
            return 1;
    }
    return 1;
}

/* Report one bad record: end the run, or with --on-bad skip count it and leave it out. */
static int report_bad_record(struct drain *d, const struct kc_slot *s, uint64_t row, uint64_t line, const char *msg,
                             size_t n, struct kc_err *e)
{
    struct kc_err what = KC_ERR_INIT;
    if (s->rd->binary)
        kc_err_at(&what, KC_EINPUT, s->file, 0, "row %llu: %.*s", (unsigned long long)(row - d->row0),
                  (int)n, msg);
    else
        kc_err_at(&what, KC_EINPUT, s->file, line, "%.*s", (int)n, msg);
    if (!d->o->skip_bad) {
        what.order = row + 1;
        *e = what;
        return -1;
    }
    if (d->shown.n < KC_BAD_SHOWN) {
        char text[1000];
        kc_err_format(&what, text, sizeof text);
        if (kc_strs_add(&d->shown, text, strlen(text), e) != 0)
            return -1;
    }
    d->skipped++;
    if (!d->run->want_skipped)
        return 0;
    if (kc_in_skip_room(d->run, 1, e) != 0)
        return -1;
    d->run->skipped[d->run->nskipped++] = row;
    return 0;
}

/* Report the bad records of a slot, in order, and then the overlong record that may follow them. */
static int report_bad_records(struct drain *d, const struct kc_slot *s, struct kc_err *e)
{
    for (size_t i = 0; i < s->nbads; i++) {
        const struct kc_bad *b = &s->bads[i];
        size_t n = 0;
        const char *msg = b->msg == SIZE_MAX ? "" : kc_strs_get(&s->msgs, b->msg, &n);
        for (size_t j = 0; j < b->count; j++)
            if (report_bad_record(d, s, d->rows + b->index + j, s->whole_lines ? d->line + b->line : b->line, msg, n,
                                  e) != 0)
                return -1;
    }
    if (!s->overlong)
        return 0;
    char msg[128];
    int n = snprintf(msg, sizeof msg, "longer than %llu bytes; --max-line raises the limit",
                     (unsigned long long)d->o->max_line);
    return report_bad_record(d, s, d->rows + s->records, s->whole_lines ? d->line + s->lines + 1 : s->overlong_line,
                             msg, (size_t)n, e);
}

/* Note that a row takes a place that its record's "index" names: each place has one row. */
static int take_place(struct drain *d, const struct kc_slot *s, uint64_t place, struct kc_err *e)
{
    const size_t before = d->used.strs.n;
    uint32_t id;
    int beyond = place > UINT32_MAX;
    if (!beyond && d->o->terms_file) {
        if (kc_terms_need(&d->file_terms, place + 1, e) != 0)
            return -1;
        beyond = d->file_terms.strs.n <= place;
    }
    if (!beyond) {
        if (kc_intern_add(&d->used, (const char *)&place, sizeof place, &id, e) != 0)
            return -1;
        if (id == before)
            return 0;
    }
    return kc_err_at(e, KC_EINPUT, s->file, 0,
                     "'index' of its records is no order of them: %llu %s; take 'index' out of them to join %s by "
                     "position",
                     (unsigned long long)(place - d->row0), beyond ? "is beyond the last" : "comes twice",
                     d->o->terms_file ? "--terms" : "--metadata");
}

/* Set d->numbers to the row numbers of the slot's good rows, and d->terms to their terms if --terms gives them. */
static int number_rows(struct drain *d, const struct kc_slot *s, struct kc_err *e)
{
    size_t n = 0, bad = 0;
    if (kc_mem_reserve_u64(&d->numbers, &d->numbers_cap, s->n, e) != 0 ||
        kc_mem_reserve_u64(&d->places, &d->places_cap, s->n, e) != 0)
        return -1;
    kc_strs_clear(&d->terms);
    if (d->o->terms_file && kc_terms_need(&d->file_terms, d->rows + s->records, e) != 0)
        return -1;
    for (size_t i = 0; i < s->records; i++) {
        if (bad < s->nbads && s->bads[bad].index == i) {
            i += s->bads[bad++].count - 1;
            continue;
        }
        uint64_t row = d->rows + i;
        d->numbers[n] = row;
        row = s->by_index ? d->row0 + s->places[n] : row;
        d->places[n++] = row;
        if (s->by_index && take_place(d, s, row, e) != 0)
            return -1;
        if (d->o->terms_file && row < d->file_terms.strs.n) {
            size_t len;
            const char *t = kc_strs_get(&d->file_terms.strs, (size_t)row, &len);
            if (kc_strs_add(&d->terms, t, len, e) != 0)
                return -1;
        }
    }
    return 0;
}

static void report_progress(struct drain *d, const struct kc_slot *s)
{
    double now = d->ctx->progress ? kc_clock_now() : 0;
    if (!d->ctx->progress || now - d->last < PROGRESS_SECONDS)
        return;
    struct kc_progress p = {.phase = KC_PHASE_READ, .done = s->bytes, .total = d->run->total, .records = d->records};
    d->last = now;
    d->ctx->progress(d->ctx->arg, &p);
}

/* Number a slot's lines and rows, report its bad records, choose its rows and pass them to the sink. */
static int drain_slot(void *arg, void *slot, struct kc_err *e)
{
    struct drain *d = &((struct pipeline *)arg)->drain;
    struct kc_slot *s = slot;
    if (s->first) {
        d->line = s->line0;
        d->rows = s->numbered ? s->row0 : d->rows;
        d->row0 = d->rows;
        kc_watch_file(&d->watch);
    }
    if (s->numbered && s->plain)
        d->rows = s->number;
    size_t from = d->run->nskipped;
    if (report_bad_records(d, s, e) != 0)
        return -1;
    if (s->err.code != KC_OK) {
        *e = s->err;
        return -1;
    }
    if (number_rows(d, s, e) != 0)
        return -1;
    /* if there are too few terms, rows are only counted from here on, for the message at the end */
    int enough_terms = !d->o->terms_file || d->rows + s->records <= d->file_terms.strs.n;
    if (s->n > 0 && enough_terms) {
        struct kc_chunk c = {.n = s->n, .seen = s->n, .d = s->d, .x = s->x, .rows = d->numbers, .made = &s->made};
        c.terms = d->o->terms_file ? &d->terms : s->has_terms ? &s->terms : NULL;
        if (!d->o->terms_file && c.terms && kc_watch_terms(&d->watch, s->file, c.terms, s->n, e) != 0)
            return -1;
        c.raws = d->o->want_raw != KC_RAW_NONE ? &s->raws : NULL;
        c.head = s->head;
        c.attrs = d->o->nattrs ? &s->attrs : NULL;
        if (kc_choice_metadata(&d->choice, s, d->places, &d->terms, d->run, &c, e) != 0 ||
            kc_choice_rows(&d->choice, s, d->numbers, &d->terms, d->run, from, &c, e) != 0)
            return -1;
        d->records += c.n;
        d->named |= c.terms != NULL;
        d->run->hint_rows = s->hint_rows;
        d->run->slot = s;
        if (c.n > 0 && d->sink(d->arg, &c, e) != 0)
            return -1;
    }
    d->rows += s->records + (s->overlong != 0);
    d->line += s->lines + (s->overlong != 0 && s->whole_lines);
    report_progress(d, s);
    return 0;
}

/* Drain a slot. A large one (a long record takes many times its length while it is decoded and written) frees its
 * memory at once; the pipeline has only one of these at a time. */
static int drain_and_trim(void *arg, void *slot, struct kc_err *e)
{
    int rc = drain_slot(arg, slot, e);
    kc_slot_trim(slot);
    return rc;
}

static int is_large(const void *slot)
{
    return kc_slot_is_large(slot);
}

/* Return "; the first: ..." with the reason why the first bad record is bad. */
static const char *first_bad(const struct drain *d, char text[512])
{
    size_t n = 0;
    const char *first = d->shown.n > 0 ? kc_strs_get(&d->shown, 0, &n) : "";
    snprintf(text, 512, n > 0 ? "; the first: %.*s" : "%.*s", (int)(n < 400 ? n : 400), first);
    return text;
}

/* Check that there are as many terms, and records of metadata, as rows. */
static int check_counts(struct drain *d, struct kc_err *e)
{
    uint64_t terms = d->rows;
    if (d->o->terms_file && kc_terms_count(&d->file_terms, &terms, e) != 0)
        return -1;
    if (terms != d->rows)
        return kc_err_at(e, KC_EINPUT, kc_source_name(d->o->terms_file), 0,
                         "has %llu term%s, the input has %llu row%s%s", (unsigned long long)terms,
                         terms == 1 ? "" : "s", (unsigned long long)d->rows, d->rows == 1 ? "" : "s",
                         terms != d->rows + 1 ? "" :
                         ": is its first line a header? leave it out, as tail -n +2 does");
    struct kc_meta *m = &d->choice.meta;
    uint64_t records = d->rows;
    if (d->choice.has_meta && !m->by_key && kc_meta_count(m, &records, e) != 0)
        return -1;
    if (records != d->rows)
        return kc_err_at(e, KC_EINPUT, m->name, 0, "describes %llu row%s, the input has %llu",
                         (unsigned long long)records, records == 1 ? "" : "s", (unsigned long long)d->rows);
    return 0;
}

/* Log what was skipped, and check what can be checked only at the end: the number of terms, of metadata, of records. */
static int check_end(struct pipeline *b, struct kc_err *e)
{
    struct drain *d = &b->drain;
    const struct kc_choice *t = &d->choice;
    const char *only = b->feed.nfiles == 1 ? kc_source_name(b->feed.files[0]) : NULL;
    char text[512];
    for (size_t i = 0; i < d->shown.n; i++) {
        size_t n;
        const char *line = kc_strs_get(&d->shown, i, &n);
        kc_ctx_log(d->ctx, KC_LOG_WARN, "%.*s; skipped", (int)n, line);
    }
    if (d->skipped > d->shown.n)
        kc_ctx_log(d->ctx, KC_LOG_WARN, "%llu more bad record%s skipped", (unsigned long long)(d->skipped - d->shown.n),
                   d->skipped - d->shown.n == 1 ? "" : "s");
    kc_watch_report(&d->watch, d->ctx);
    if (d->o->terms_file)
        kc_watch_lines(d->o->terms_file, &d->file_terms.strs, d->ctx);
    if (check_counts(d, e) != 0)
        return -1;
    uint64_t all = d->records + d->skipped + t->unmet;
    if (d->records > 0 && d->skipped > 0 && (double)d->skipped > d->o->max_bad * (double)all) {
        return kc_err_at(e, KC_EINPUT, only, 0, "%llu of %llu records are bad, more than --max-bad %g allows%s",
                         (unsigned long long)d->skipped, (unsigned long long)all, d->o->max_bad, first_bad(d, text));
    }
    text[0] = '\0';
    if (t->has_meta)
        memcpy(b->feed.st->keys, t->meta.names, sizeof b->feed.st->keys);
    if (all > 0)
        kc_choice_unseen(t, b->feed.st->keys, d->records > 0 ? "--where: " : "; ", text, sizeof text);
    if (d->records > 0 && text[0] && d->skipped < all)
        kc_ctx_log(d->ctx, KC_LOG_WARN, "%s", text);
    if (d->records == 0 && t->unmet == 1)
        return kc_err_at(e, KC_EINPUT, only, 0, "no records: the only good one does not meet the conditions%s", text);
    if (d->records == 0 && t->unmet > 0)
        return kc_err_at(e, KC_EINPUT, only, 0, "no records: none of the %llu good ones meets the conditions%s",
                         (unsigned long long)t->unmet, text);
    if (d->records == 0 && d->skipped == 1)
        return kc_err_at(e, KC_EINPUT, only, 0, "no records: the only one was bad%s", first_bad(d, text));
    if (d->records == 0 && d->skipped > 0)
        return kc_err_at(e, KC_EINPUT, only, 0, "no records: all %llu were bad%s", (unsigned long long)d->skipped,
                         first_bad(d, text));
    if (d->records == 0)
        return kc_err_at(e, KC_EINPUT, only, 0, "no records");
    return 0;
}

/* Check what can be checked before the first input is opened. */
static int check_inputs(const struct kc_feed *f, struct kc_err *e)
{
    if (f->o->dims > 0 && f->o->expect_dim > 0 && f->o->dims != f->o->expect_dim)
        return kc_err_set(e, KC_EUSAGE, "--dims %llu: expected %zu as in %s", (unsigned long long)f->o->dims,
                          f->o->expect_dim, f->o->expect_from);
    for (size_t i = 0; i < f->nfiles; i++) {
        if (kc_source_check(f->files[i], e) != 0)
            return -1;
        if (f->o->terms_file && strcmp(f->files[i], "-") == 0 && strcmp(f->o->terms_file, "-") == 0)
            return kc_err_set(e, KC_EUSAGE, "--terms and the vectors cannot both be standard input");
    }
    return 0;
}

static void copy_field_name(char out[256], const struct kc_fields *f, const struct kc_path *p)
{
    snprintf(out, 256, "%s", f->bare || p->n == 0 ? "" : p->name);
}

/* Return the bytes of a piece: fewer if there are many threads and little memory. */
static size_t block_bytes(const struct kc_in_opts *o, size_t nslots)
{
    uint64_t most = o->max_memory / PIECES_PART / nslots;
    return o->max_memory == 0 || most > BLOCK ? BLOCK : most > BLOCK_LEAST ? (size_t)most : BLOCK_LEAST;
}

static size_t count_slots(const struct kc_ctx *ctx)
{
    return 2 * (size_t)kc_pool_threads(ctx->pool);
}

/* Return the bytes of all pieces: as read, and what is decoded from them. */
static uint64_t pieces_bytes(size_t nslots, size_t block)
{
    return 2 * (uint64_t)nslots * block;
}

uint64_t kc_in_stream_bytes(const struct kc_ctx *ctx, const struct kc_in_opts *o)
{
    return pieces_bytes(count_slots(ctx), block_bytes(o, count_slots(ctx)));
}

/* Tell what was taken for terms and vectors. named: some rows have terms. */
static void tell_fields(const struct kc_ctx *ctx, const struct pipeline *b, struct kc_in_stats *st, int named)
{
    const struct kc_in_opts *o = b->drain.o;
    const size_t d = b->feed.d;
    char of[32] = "";
    if (o->dims > 0 && o->dims < d)
        snprintf(of, sizeof of, "%llu of ", (unsigned long long)o->dims);
    if (o->terms_file)
        snprintf(st->terms, sizeof st->terms, "--terms");
    else if (b->drain.choice.meta_gave)
        snprintf(st->terms, sizeof st->terms, "%s of --metadata", o->term_field ? o->term_field : "the ids");
    else
        snprintf(st->terms, sizeof st->terms, "%s", st->term_field[0] ? st->term_field : !named ?
                 "the row numbers" : st->format == KC_IN_NPY || st->format == KC_IN_FVECS ?
                 "the .terms file beside it" : "the file");
    kc_ctx_log(ctx, KC_LOG_INFO, "read as %s: terms from %s, vectors from %s%s%s%s, numbers: %s%zu%s",
               kc_in_format_name(st->format), st->terms, st->vec_field[0] ? st->vec_field : "the rows",
               st->how[0] ? " (" : "", st->how, st->how[0] ? ")" : "", of, d, of[0] ? " (--dims)" : "");
}

int kc_in_run(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
              struct kc_in_run *run, kc_in_sink sink, void *arg, struct kc_in_stats *st, struct kc_err *e)
{
    static const char *const standard_input = "-";
    static const struct kc_pipe_ops ops = {fill_slot, input_is_ready, decode_slot, drain_and_trim, is_large};
    size_t nslots = count_slots(ctx), made = 0;
    struct kc_slot *slots = NULL;
    void **ring = NULL;
    int rc = -1;
    uint64_t most;
    memset(st, 0, sizeof *st);
    struct pipeline *b = kc_mem_zalloc(1, sizeof *b, e); /* too large for a small stack */
    if (!b) {
        kc_source_free(o->first);
        return -1;
    }
    b->feed.first = o->first;
    b->o = *o;
    b->feed.o = &b->o;
    b->feed.block = tune && tune->block ? tune->block : block_bytes(o, nslots);
    run->pieces = pieces_bytes(nslots, b->feed.block);
    b->feed.files = o->nfiles ? o->files : &standard_input;
    b->feed.nfiles = o->nfiles ? o->nfiles : 1;
    b->feed.d = o->dims > 0 ? 0 : o->expect_dim;
    b->feed.d_name = o->dims > 0 ? NULL : o->expect_from;
    b->feed.st = st;
    b->drain.ctx = ctx;
    b->drain.o = o;
    b->drain.run = run;
    b->drain.sink = sink;
    b->drain.arg = arg;
    run->total = kc_feed_size(&b->feed);
    b->drain.last = kc_clock_now();
    if (kc_choice_init(&b->drain.choice, o, run, &b->feed.attrs, e) != 0)
        goto out;
    b->feed.accepts = kc_choice_check_file;
    b->feed.choice = &b->drain.choice;
    b->o.term_field = b->drain.choice.meta_first ? NULL : o->term_field;
    if (kc_fields_init(&b->feed.given, b->o.term_field, o->vec_field, !o->terms_file && !b->drain.choice.meta_first,
                       e) != 0 ||
        check_inputs(&b->feed, e) != 0)
        goto out;
    b->drain.choice.bad = &b->drain.skipped;
    b->drain.choice.shown = &b->drain.shown;
    if (o->terms_file && kc_terms_open(&b->drain.file_terms, o->terms_file, 0, o->max_line, o->max_memory, e) != 0)
        goto out;
    if (o->terms_file)
        kc_watch_order(b->feed.files, b->feed.nfiles, ctx);
    slots = kc_mem_zalloc(nslots, sizeof *slots, e);
    ring = kc_mem_alloc(nslots, sizeof *ring, e);
    if (!slots || !ring)
        goto out;
    for (; made < nslots; made++)
        ring[made] = &slots[made];
    if (kc_pipe_run(ctx->pool, &ops, b, ring, nslots, e) != 0)
        goto out;
    if (o->team) { /* also those that were left out */
        b->drain.rows = b->feed.unnumbered ? b->drain.rows : b->feed.row0;
        b->drain.records = b->drain.rows;
    }
    run->d = o->dims > 0 ? (size_t)o->dims : b->feed.d;
    st->bytes = kc_feed_bytes(&b->feed);
    st->records = b->drain.records;
    st->skipped = b->drain.skipped;
    st->unmet = b->drain.choice.unmet;
    const struct kc_fact read[] = {{"records", (double)st->records}, {"skipped", (double)st->skipped},
                                   {"bytes", (double)st->bytes}};
    kc_ctx_event(ctx, "read", "the input is read", read, sizeof read / sizeof read[0]);
    if (o->nwhere > 0)
        kc_ctx_log(ctx, KC_LOG_INFO, "where: %llu of %llu records meet it", (unsigned long long)st->records,
                   (unsigned long long)(st->records + st->unmet));
    if (b->feed.decided && st->format == KC_IN_JSONL) {
        copy_field_name(st->term_field, &b->feed.fields, &b->feed.fields.term);
        copy_field_name(st->vec_field, &b->feed.fields, &b->feed.fields.vec);
        if (st->how[0] == '\0')
            snprintf(st->how, sizeof st->how, "%s", o->vec_field ? "by --vec-field" : b->feed.fields.found ?
                     "the only vector in a record" : b->feed.fields.bare ? "a record is a vector" : "by its name");
    }
    if (st->records > 0)
        tell_fields(ctx, b, st, b->drain.named);
    rc = check_end(b, e);
out:
    run->held = kc_mem_held(&most, 0);
    for (size_t i = 0; i < made; i++)
        kc_slot_free(&slots[i]);
    kc_mem_free(slots);
    kc_mem_free(ring);
    kc_feed_free(&b->feed);
    kc_mem_free(b->drain.numbers);
    kc_mem_free(b->drain.places);
    kc_intern_free(&b->drain.used);
    kc_watch_free(&b->drain.watch);
    kc_choice_free(&b->drain.choice);
    kc_attrs_free(&b->feed.attrs);
    kc_terms_free(&b->drain.file_terms);
    kc_strs_free(&b->drain.terms);
    kc_strs_free(&b->drain.shown);
    kc_mem_free(b);
    return rc;
}

int kc_in_stream(const struct kc_ctx *ctx, const struct kc_in_opts *o, kc_in_sink sink, void *arg,
                 struct kc_in_stats *st, struct kc_err *e)
{
    struct kc_in_run run = {0};
    int rc = kc_in_run(ctx, o, NULL, &run, sink, arg, st, e);
    kc_mem_free(run.skipped);
    return rc;
}
