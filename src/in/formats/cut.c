/* Cut text into pieces of whole lines, or of records whose quoted fields may hold line breaks (csv). What has been
 * scanned of an incomplete record is not scanned again when more bytes come. A record longer than --max-line is
 * discarded as it comes, and takes no memory. */
#include <string.h>
#include "in/formats/text.h"
#include "in/piece/feed.h"
#include "in/piece/slot.h"

/* Scan the text from c->at on. Return the end of its last record, or of its first one if `first`; 0 if none is
 * complete. `final`: no byte follows. */
static size_t scan_text(struct kc_cut *c, const char *p, size_t n, int first, int final)
{
    size_t end = 0;
    while (c->at < n) {
        const char *from = p + c->at, *stop = p + n, *q = NULL, *nl;
        if (c->inside) {
            q = memchr(from, '"', n - c->at);
            if (!q || (q + 1 == stop && !final)) { /* the next byte decides whether it closes the quotes */
                c->at = q ? (size_t)(q - p) : n;
                break;
            }
            c->inside = q + 1 < stop && q[1] == '"'; /* two quotes are one of the text */
            c->at = (size_t)(q - p) + 1 + (size_t)c->inside;
            continue;
        }
        if (first && (nl = memchr(from, '\n', n - c->at)) != NULL)
            stop = nl + 1;
        if (c->sep)
            q = memchr(from, '"', (size_t)(stop - from));
        stop = q ? q : stop;
        nl = memrchr(from, '\n', (size_t)(stop - from));
        if (nl)
            end = (size_t)(nl - p) + 1;
        c->at = (size_t)(stop - p);
        if (!q && (first || c->at == n))
            break;
        if (q) {
            char before = q == p ? c->before : q[-1];
            c->inside = before == c->sep || before == '\n' || (q == p && before == '\0');
            c->at++;
        }
    }
    return end;
}

const char *kc_cut_end(const char *p, const char *end, char sep)
{
    struct kc_cut c = {.sep = sep};
    size_t n = scan_text(&c, p, (size_t)(end - p), 1, 1);
    return n ? p + n - 1 : end;
}

/* Count the line breaks in n bytes. */
static uint64_t count_breaks(const char *p, size_t n)
{
    uint64_t k = 0;
    const char *end = p + n;
    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        k++;
        p++;
    }
    return k;
}

/* Prepare for the text after a record's end. */
static void restart_scan(struct kc_cut *c)
{
    c->at = 0;
    c->inside = 0;
    c->before = '\0';
}

/* Drop what is there of a record that is too long, and remember its line breaks. */
static void drop_scanned(struct kc_cut *c, struct kc_slot *s)
{
    if (s->buf.n == 0)
        return;
    size_t rest = s->buf.n - c->at; /* a quote that may be one of two */
    c->lost += c->sep ? count_breaks(s->buf.p, c->at) : 0;
    if (c->at > 0)
        c->before = s->buf.p[c->at - 1] ? s->buf.p[c->at - 1] : ' '; /* NUL has a meaning of its own here */
    memmove(s->buf.p, s->buf.p + c->at, rest);
    s->buf.n = rest;
    c->at = 0;
}

/* Refuse quotes that are never closed. Nobody knows which of the rows after them are within the quotes, so this is more
 * than a bad record. In a part of a file they may only mean that the part was cut within quotes. */
static int refuse_open_quotes(const struct kc_feed *f, const struct kc_cut *c, struct kc_err *e)
{
    uint64_t before = 0;
    e->again = c->part && !f->part.exact ? KC_AGAIN_EXACT : KC_AGAIN_NOT;
    if (kc_feed_broken(f, e) != 0 || kc_part_count_lines(f->path, f->part.begin, &before, e) != 0)
        return -1;
    return kc_err_at(e, KC_EINPUT, f->name, before + f->line0 + c->line + 1,
                     "the record has an opening quote that is never closed");
}

int kc_cut_fill(struct kc_feed *f, struct kc_slot *s, struct kc_cut *c, int *eof, struct kc_err *e)
{
    size_t want = f->block;
    s->whole_lines = 1;
    for (;;) {
        if (kc_feed_take_lines(f, &s->buf, want, e) != 0)
            return -1;
        size_t end = scan_text(c, s->buf.p, s->buf.n, c->discarding, kc_feed_ended(f));
        if (c->discarding) {
            if (end || kc_feed_ended(f)) {
                if (!end && c->inside)
                    return refuse_open_quotes(f, c, e);
                c->discarding = 0;
                c->lost += c->sep && end ? count_breaks(s->buf.p, end) - 1 : 0;
                c->line += c->sep ? 1 + c->lost : 0;
                if (kc_feed_back(f, &s->buf, end ? end : s->buf.n, e) != 0)
                    return -1;
                s->buf.n = 0;
                restart_scan(c);
            } else {
                drop_scanned(c, s);
            }
            want = kc_mem_add(s->buf.n, f->block);
            continue;
        }
        /* a CR may belong to the line break, which does not count */
        if (!end && s->buf.n - (s->buf.n > 0 && s->buf.p[s->buf.n - 1] == '\r') > f->o->max_line) {
            s->overlong = 1;
            s->lines = c->lost;
            c->lost = 0;
            drop_scanned(c, s);
            c->discarding = f->o->skip_bad;
            f->stop = !f->o->skip_bad;
            return s->buf.n > 0 ? kc_feed_back(f, &s->buf, 0, e) : 0;
        }
        if (end || kc_feed_ended(f)) {
            if (!end && c->inside)
                return refuse_open_quotes(f, c, e);
            restart_scan(c);
            s->lines = c->lost;
            c->lost = 0;
            c->line += c->sep && end ? count_breaks(s->buf.p, end) : 0;
            if (end)
                return kc_feed_back(f, &s->buf, end, e);
            *eof = s->buf.n == 0;
            return kc_feed_broken(f, e);
        }
        want = kc_mem_add(s->buf.n, f->block); /* no more, so that little is read past the record's end */
    }
}

/* Find where the first record begins at or after an offset, by scanning all records from the first one on. */
static int find_record(struct kc_feed *f, const struct kc_cut *of, uint64_t at, uint64_t *begin, struct kc_err *e)
{
    struct kc_cut c = {.sep = of->sep};
    struct kc_buf b = {NULL, 0, 0};
    const uint64_t size = f->part.size;
    int rc = 0;
    *begin = f->part.at;
    if (at <= *begin)
        return 0;
    rc = kc_part_window(f, *begin, size, e);
    while (rc == 0 && *begin < at) {
        rc = kc_feed_take(f, &b, kc_mem_add(b.n, f->block), e);
        if (rc != 0)
            break;
        const int final = kc_feed_ended(f);
        const uint64_t inside = at - *begin - 1; /* whole records that end before this byte are of no interest */
        const size_t skip = inside < b.n ? (size_t)inside : b.n;
        size_t end = scan_text(&c, b.p, skip, 0, final && skip == b.n);
        if (end == 0 && skip < b.n) /* the next record's end is at or after the offset */
            end = scan_text(&c, b.p, b.n, 1, final);
        if (end == 0 && final)
            break;
        if (end == 0)
            continue;
        memmove(b.p, b.p + end, b.n - end);
        b.n -= end;
        *begin += end;
        restart_scan(&c);
    }
    if (rc == 0 && *begin < at) { /* the file has ended */
        rc = kc_feed_broken(f, e);
        *begin = size;
    }
    kc_buf_free(&b);
    return rc;
}

int kc_cut_narrow(struct kc_feed *f, struct kc_cut *c, int *first, struct kc_err *e)
{
    struct kc_part *p = &f->part;
    uint64_t begin = p->at, end = p->size;
    const int exact = c->sep && p->exact;
    if (p->from > p->at &&
        (exact ? find_record(f, c, p->from, &begin, e) : kc_source_line(f->src, p->from, &begin, e)) != 0)
        return -1;
    if (p->to < p->size && (exact ? find_record(f, c, p->to, &end, e) : kc_source_line(f->src, p->to, &end, e)) != 0)
        return -1;
    *first = begin == p->at;
    if (!*first) {
        p->begin = begin;
        f->line0 = 0;
    }
    *c = (struct kc_cut){.sep = c->sep, .part = 1};
    return kc_part_window(f, begin, end > begin ? end : begin, e);
}
