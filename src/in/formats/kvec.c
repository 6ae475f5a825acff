/* The kvec reader, for kclust's own format: "KCV1", u32 d, then records of u32 term length, term and d float32;
 * little-endian. A header may come again between records, so that files can be concatenated. */
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/utf8.h"
#include "in/formats/formats.h"
#include "in/piece/reopened.h"

struct kvec_state {
    uint64_t records; /* records cut so far */
    size_t d;         /* 0: no header yet */
    uint64_t at;      /* offset in the file of the next byte, if it can be read again */
};

static const char magic[] = "KCV1";

static int begin_kvec(struct kc_feed *f, struct kc_err *e)
{
    static const struct kc_layout floats = {KC_CELL_F32, 0, 0};
    struct kvec_state *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st)
        return -1;
    f->reopened = kc_reopened_open(f, &floats, &st->at);
    return 0;
}

/* End the reader: it has nothing to free but its state, which the feed frees. */
static void end_kvec(struct kc_feed *f)
{
    (void)f;
}

/* Cut records from s->buf at *at on. *need is the size of the next record that is not complete. */
static int cut_records(struct kc_feed *f, struct kc_slot *s, size_t *at, size_t *need, struct kc_err *e)
{
    struct kvec_state *st = f->state;
    uint64_t longest = f->o->max_line < KC_KVEC_TERM_MAX ? f->o->max_line : KC_KVEC_TERM_MAX - 1;
    *need = 4;
    while (s->nspans < KC_SLOT_SPANS) {
        const char *p = s->buf.p + *at;
        size_t left = s->buf.n - *at;
        *need = 4;
        if (left < 4)
            return 0;
        if (memcmp(p, magic, 4) == 0) {
            *need = 8;
            if (left < 8)
                return 0;
            uint32_t d = kc_le32(p + 4);
            if (st->d != 0 && st->d != d)
                return kc_err_at(e, KC_EINPUT, f->name, 0,
                                 "the header before row %llu states %lu number%s per row, expected %zu",
                                 (unsigned long long)st->records, (unsigned long)d, d == 1 ? "" : "s", st->d);
            if (kc_feed_dim(f, d, e) != 0)
                return -1;
            st->d = d;
            *at += 8;
            continue;
        }
        uint32_t n = kc_le32(p);
        if (n > longest)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "row %llu states a term of %lu bytes, more than %llu%s",
                             (unsigned long long)st->records, (unsigned long)n, (unsigned long long)longest,
                             longest == f->o->max_line ? " (--max-line)" : "");
        *need = 4 + (size_t)n + st->d * sizeof(float);
        if (left < *need)
            return 0;
        struct kc_span span = {*at + 4, n, 0, 0, 0, 0};
        if (kc_slot_span(s, &span) != 0) {
            *e = s->err;
            return -1;
        }
        st->records++;
        *at += *need;
    }
    return 0;
}

/* Report a file that ends after `left` bytes of a header or record of `need` bytes. */
static int refuse_cut_short(const struct kc_feed *f, const char *p, size_t left, size_t need, struct kc_err *e)
{
    const struct kvec_state *st = f->state;
    char what[48] = "the kvec header";
    if (left < 4 || memcmp(p, magic, 4) != 0)
        snprintf(what, sizeof what, "row %llu", (unsigned long long)st->records);
    return kc_err_at(e, KC_EINPUT, f->name, 0, "%s is cut short: %zu byte%s of %zu %s there", what, left,
                     left == 1 ? "" : "s", need, left == 1 ? "is" : "are");
}

static int fill_kvec_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct kvec_state *st = f->state;
    size_t at = 0, need = 0, want = f->block;
    for (;;) {
        if (kc_feed_take(f, &s->buf, want, e) != 0)
            return -1;
        struct kc_err bad = KC_ERR_INIT;
        int rc = cut_records(f, s, &at, &need, &bad);
        if (s->nspans > 0) { /* a fault after them is found again by the next call */
            s->at = st->at;
            s->end = st->at += at;
            return kc_feed_back(f, &s->buf, at, e);
        }
        if (rc != 0) {
            *e = bad;
            return -1;
        }
        if (kc_feed_ended(f)) {
            if (kc_feed_broken(f, e) != 0)
                return -1;
            if (at < s->buf.n)
                return refuse_cut_short(f, s->buf.p + at, s->buf.n - at, need, e);
            *eof = 1;
            return 0;
        }
        want = kc_mem_add(at, need);
        if (want < s->buf.n + 1)
            want = s->buf.n + 1;
    }
}

/* Decode the slot's records. */
static void decode_kvec_piece(struct kc_slot *s)
{
    for (size_t i = 0; i < s->nspans; i++, s->records++) {
        const struct kc_span *t = &s->spans[i];
        const char *term = s->buf.p + t->off, *bad = kc_utf8_bad(term, term + t->n);
        float *row = kc_slot_row(s);
        char msg[128];
        if (!row)
            return;
        kc_le_floats(row, term + t->n, s->d);
        if (bad)
            snprintf(msg, sizeof msg, "its term is not UTF-8: byte 0x%02x at column %zu", (unsigned char)*bad,
                     (size_t)(bad - term) + 1);
        if (bad || kc_slot_check(s, "", msg, sizeof msg) != 0) {
            if (!kc_slot_bad(s, 0, msg))
                return;
        } else if (s->given->want_term && kc_strs_add(&s->terms, term, t->n, &s->err) != 0) {
            return;
        }
    }
    s->has_terms = s->given->want_term;
}

const struct kc_reader kc_reader_kvec = {
    .format = KC_IN_KVEC, .magic = magic, .magic_n = 4, .binary = 1,
    .begin = begin_kvec, .fill = fill_kvec_piece, .work = decode_kvec_piece, .end = end_kvec};
