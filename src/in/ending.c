/* The end of a reading: what can be checked only there, and what is told of it. */
#include <stdio.h>
#include <string.h>
#include "in/reading.h"

/* Return "; the first: ..." with the reason why the first bad record is bad. */
static const char *first_bad(const struct kc_drain *d, char text[512])
{
    size_t n = 0;
    const char *first = d->shown.n > 0 ? kc_strs_get(&d->shown, 0, &n) : "";
    snprintf(text, 512, n > 0 ? "; the first: %.*s" : "%.*s", (int)(n < 400 ? n : 400), first);
    return text;
}

/* Check that there are as many terms, and records of metadata, as rows. */
static int check_counts(struct kc_drain *d, struct kc_err *e)
{
    const int here = d->o->terms_file && kc_team_rank(d->o->team) == 0;
    uint64_t terms = d->rows;
    if (here && d->o->team && kc_terms_need(&d->file_terms, d->rows, e) != 0)
        return -1;
    if (here && kc_terms_count(&d->file_terms, &terms, e) != 0)
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

int kc_reading_check(struct kc_reading *b, struct kc_err *e)
{
    struct kc_drain *d = &b->drain;
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

static void copy_field_name(char out[256], const struct kc_fields *f, const struct kc_path *p)
{
    snprintf(out, 256, "%s", f->bare || p->n == 0 ? "" : p->name);
}

/* Log what was taken for terms and vectors. */
static void tell_fields(const struct kc_ctx *ctx, const struct kc_reading *b, struct kc_in_stats *st)
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
        snprintf(st->terms, sizeof st->terms, "%s", st->term_field[0] ? st->term_field : !b->drain.named ?
                 "the row numbers" : st->format == KC_IN_NPY || st->format == KC_IN_FVECS ?
                 "the .terms file beside it" : "the file");
    kc_ctx_log(ctx, KC_LOG_INFO, "read as %s: terms from %s, vectors from %s%s%s%s, numbers: %s%zu%s",
               kc_in_format_name(st->format), st->terms, st->vec_field[0] ? st->vec_field : "the rows",
               st->how[0] ? " (" : "", st->how, st->how[0] ? ")" : "", of, d, of[0] ? " (--dims)" : "");
}

void kc_reading_tell(const struct kc_ctx *ctx, struct kc_reading *b, struct kc_in_stats *st)
{
    const struct kc_in_opts *o = b->drain.o;
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
        tell_fields(ctx, b, st);
}
