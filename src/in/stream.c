/* The reading pipeline: feed -> slots -> drain -> sink. Filling cuts the inputs into pieces (one thread at a time),
 * workers decode pieces in parallel, and the drain takes them in input order: it numbers lines and rows, reports bad
 * records and calls the sink. The order of rows and messages does not depend on the number of threads. */
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "in/formats/formats.h"
#include "in/reading.h"
#include "in/relay.h"
#include "par/pipe.h"

/* Bytes of a piece. From a quarter of it on the overhead per piece no longer shows, and a few pieces take little
 * memory. */
#define BLOCK ((size_t)1 << 20)
#define BLOCK_LEAST ((size_t)4 << 10)
#define PIECES_PART 8 /* the pieces' bytes may take 1/8 of --max-memory, and what is decoded from them as much again */
#define PROGRESS_SECONDS 0.1
#define PROMPT_STEP ((size_t)65536) /* bytes of input that are looked at for a whole line */

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
    struct kc_feed *f = &((struct kc_reading *)arg)->feed;
    const struct kc_choice *choice = &((struct kc_reading *)arg)->drain.choice;
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
            if (kc_part_narrow(f, s, &none, e) != 0)
                return -1;
            if (none) {
                kc_feed_close(f);
                continue;
            }
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
        s->begin = f->part.begin;
        s->row0 = f->part.row0;
        if (!file_end) {
            s->reopened = f->reopened;
            f->reopened = NULL;
            return 0;
        }
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
    struct kc_feed *f = &((struct kc_reading *)arg)->feed;
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
static int report_bad_record(struct kc_drain *d, const struct kc_slot *s, uint64_t row, uint64_t line, const char *msg,
                             size_t n, struct kc_err *e)
{
    struct kc_err what = KC_ERR_INIT;
    uint64_t before = 0;
    if (d->begin > 0 && kc_part_count_lines(s->file, d->begin, &before, e) != 0)
        return -1;
    d->begin = 0;
    d->line += before;
    line += before;
    if (s->rd->binary)
        kc_err_at(&what, KC_EINPUT, s->file, 0, "row %llu: %.*s", (unsigned long long)(row - d->row0),
                  (int)n, msg);
    else
        kc_err_at(&what, KC_EINPUT, s->file, line, "%.*s", (int)n, msg);
    if (!d->o->skip_bad) {
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
static int report_bad_records(struct kc_drain *d, const struct kc_slot *s, struct kc_err *e)
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
static int take_place(struct kc_drain *d, const struct kc_slot *s, uint64_t place, struct kc_err *e)
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

/* Return 1 if rows get their terms from the file of --terms here. On ranks they get them when it is known how many rows
 * come before (join.c). */
static int joins_terms(const struct kc_drain *d)
{
    return d->o->terms_file && !d->o->team;
}

/* Set d->numbers to the row numbers of the slot's good rows, and d->terms to their terms if --terms gives them. */
static int number_rows(struct kc_drain *d, const struct kc_slot *s, struct kc_err *e)
{
    size_t n = 0, bad = 0;
    if (kc_mem_reserve_u64(&d->numbers, &d->numbers_cap, s->n, e) != 0 ||
        kc_mem_reserve_u64(&d->places, &d->places_cap, s->n, e) != 0)
        return -1;
    kc_strs_clear(&d->terms);
    if (joins_terms(d) && kc_terms_need(&d->file_terms, d->rows + s->records, e) != 0)
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
        if (s->by_index && d->o->team) {
            e->again = d->o->own_files ? KC_AGAIN_NOT : KC_AGAIN_WHOLE;
            return kc_err_at(e, KC_EINPUT, s->file, 0, "'index' of its records joins them to --terms, which --local "
                             "cannot do: leave one of them out");
        }
        if (s->by_index && take_place(d, s, row, e) != 0)
            return -1;
        if (joins_terms(d) && row < d->file_terms.strs.n) {
            size_t len;
            const char *t = kc_strs_get(&d->file_terms.strs, (size_t)row, &len);
            if (kc_strs_add(&d->terms, t, len, e) != 0)
                return -1;
        }
    }
    return 0;
}

static void report_progress(struct kc_drain *d, const struct kc_slot *s)
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
    struct kc_drain *d = &((struct kc_reading *)arg)->drain;
    struct kc_slot *s = slot;
    d->file = s->no;
    if (s->first) {
        d->line = s->line0;
        d->begin = s->begin;
        d->row0 = d->rows - s->row0;
        kc_watch_file(&d->watch);
    }
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
    int enough_terms = !joins_terms(d) || d->rows + s->records <= d->file_terms.strs.n;
    if (s->n > 0 && enough_terms) {
        struct kc_chunk c = {.n = s->n, .seen = s->n, .d = s->d, .x = s->x, .rows = d->numbers, .made = &s->made};
        c.terms = joins_terms(d) ? &d->terms : s->has_terms && !d->o->terms_file ? &s->terms : NULL;
        if (!d->o->terms_file && !d->o->team && c.terms &&
            kc_watch_terms(&d->watch, s->file, c.terms, 0, s->n, e) != 0)
            return -1;
        if (d->run->begin && c.terms && d->run->begin[s->no - 1] == UINT64_MAX)
            d->run->begin[s->no - 1] = d->records;
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
    ((struct kc_reading *)arg)->drain.failed = rc != 0;
    kc_slot_trim(slot);
    return rc;
}

static int is_large(const void *slot)
{
    return kc_slot_is_large(slot);
}

/* Check what can be checked before the first input is opened. ranks: how many read. */
static int check_inputs(const struct kc_feed *f, unsigned ranks, struct kc_err *e)
{
    if (f->o->dims > 0 && f->o->expect_dim > 0 && f->o->dims != f->o->expect_dim)
        return kc_err_set(e, KC_EUSAGE, "--dims %llu: expected %zu as in %s", (unsigned long long)f->o->dims,
                          f->o->expect_dim, f->o->expect_from);
    for (size_t i = 0; i < f->nfiles; i++) {
        if (ranks > 1 && strcmp(f->files[i], "-") == 0)
            return kc_err_set(e, KC_EUSAGE, "standard input reaches only one of the ranks: name files that all can "
                              "read");
        if (kc_source_check(f->files[i], e) != 0)
            return -1;
        if (f->o->terms_file && strcmp(f->files[i], "-") == 0 && strcmp(f->o->terms_file, "-") == 0)
            return kc_err_set(e, KC_EUSAGE, "--terms and the vectors cannot both be standard input");
    }
    return 0;
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
    struct kc_reading *b = kc_mem_zalloc(1, sizeof *b, e); /* too large for a small stack */
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
    b->feed.part.exact = o->exact;
    if (o->team && !o->own_files)
        kc_part_init(&b->feed, kc_team_rank(o->team), kc_team_size(o->team));
    b->feed.d = o->dims > 0 ? 0 : o->expect_dim;
    b->feed.d_name = o->dims > 0 ? NULL : o->expect_from;
    b->feed.st = st;
    b->drain.ctx = ctx;
    b->drain.o = o;
    b->drain.run = run;
    b->drain.sink = sink;
    b->drain.arg = arg;
    run->total = b->feed.part.on ? b->feed.part.high - b->feed.part.low : kc_feed_size(&b->feed);
    b->drain.last = kc_clock_now();
    if (kc_choice_init(&b->drain.choice, o, run, &b->feed.attrs, e) != 0)
        goto out;
    b->feed.accepts = kc_choice_check_file;
    b->feed.choice = &b->drain.choice;
    b->o.term_field = b->drain.choice.meta_first ? NULL : o->term_field;
    if (kc_fields_init(&b->feed.given, b->o.term_field, o->vec_field, !o->terms_file && !b->drain.choice.meta_first,
                       e) != 0 ||
        check_inputs(&b->feed, kc_team_size(ctx->team), e) != 0)
        goto out;
    b->drain.choice.bad = &b->drain.skipped;
    b->drain.choice.shown = &b->drain.shown;
    if (o->terms_file && kc_team_rank(o->team) == 0 &&
        kc_terms_open(&b->drain.file_terms, o->terms_file, 0, o->max_line, o->max_memory, e) != 0)
        goto out;
    if (o->terms_file)
        kc_watch_order(b->feed.files, b->feed.nfiles, ctx);
    slots = kc_mem_zalloc(nslots, sizeof *slots, e);
    ring = kc_mem_alloc(nslots, sizeof *ring, e);
    if (!slots || !ring)
        goto out;
    for (; made < nslots; made++)
        ring[made] = &slots[made];
    rc = kc_pipe_run(ctx->pool, &ops, b, ring, nslots, e);
    rc = o->team ? kc_reading_meet(b, rc, e) : rc;
    if (rc != 0)
        goto out;
    run->d = o->dims > 0 ? (size_t)o->dims : b->feed.d;
    st->bytes = kc_feed_bytes(&b->feed);
    st->records = b->drain.records;
    st->skipped = b->drain.skipped;
    st->unmet = b->drain.choice.unmet;
    const struct kc_fact read[] = {{"records", (double)st->records}, {"skipped", (double)st->skipped},
                                   {"bytes", (double)st->bytes}};
    kc_ctx_event(ctx, "read", "the input is read", read, sizeof read / sizeof read[0]);
    kc_reading_tell(ctx, b, st);
    rc = kc_reading_check(b, e);
    if (rc == 0 && o->team) {
        run->terms = b->drain.file_terms.strs;
        memset(&b->drain.file_terms.strs, 0, sizeof run->terms);
    }
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

/* Read on the ranks of a team, and pass all rows to the sink of the first one. */
static int stream_on_ranks(const struct kc_ctx *ctx, const struct kc_in_opts *o, kc_in_sink sink, void *arg,
                           struct kc_in_stats *st, struct kc_err *e)
{
    struct kc_in_opts in = *o;
    struct kc_in_run run = {0};
    struct kc_relay *relay = NULL;
    const int taker = kc_team_rank(ctx->team) == 0;
    in.team = ctx->team;
    in.exact = 1; /* what has been passed on cannot be taken back */
    int rc = taker ? 0 : kc_relay_new(&relay, o->relay_rows, e);
    if (rc == 0)
        rc = kc_in_run(ctx, &in, NULL, &run, taker ? sink : kc_relay_add, taker ? arg : relay, st, e);
    if (rc == 0)
        rc = kc_relay_run(relay, ctx->team, run.row0, sink, arg, e);
    kc_relay_free(relay);
    kc_mem_free(run.skipped);
    kc_mem_free(run.first);
    return rc;
}

int kc_in_stream(const struct kc_ctx *ctx, const struct kc_in_opts *o, kc_in_sink sink, void *arg,
                 struct kc_in_stats *st, struct kc_err *e)
{
    const int ranks = kc_team_size(ctx->team) > 1, joined = o->terms_file || o->metadata;
    struct kc_in_run run = {0};
    memset(st, 0, sizeof *st);
    if (ranks && joined && o->own_files)
        return kc_in_refuse_local(e);
    if (ranks && !joined)
        return stream_on_ranks(ctx, o, sink, arg, st, e);
    if (ranks && kc_team_rank(ctx->team) > 0) /* what is joined by row number is read by one */
        return 0;
    int rc = kc_in_run(ctx, o, NULL, &run, sink, arg, st, e);
    kc_mem_free(run.skipped);
    return rc;
}
