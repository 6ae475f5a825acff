/* What the readers of plain binary rows share: the sizes are checked against the file's before the first row is read,
 * terms may come from FILE.terms, and a row cut short is reported after all whole rows before it. */
#include "in/formats/plain.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/num.h"
#include "in/fields/terms.h"
#include "in/piece/reopened.h"
#include "in/piece/slot.h"
#include "io/outfile.h"

/* Return the bytes that remain of a plain regular file; UINT64_MAX: not known. */
static uint64_t remaining_bytes(const struct kc_feed *f)
{
    uint64_t left = kc_source_left(f->src);
    return left == UINT64_MAX ? left : left + (f->carry.n - f->carry_at);
}

int kc_plain_begin(struct kc_feed *f, struct kc_plain *p, uint64_t d, const char *what, struct kc_err *e)
{
    uint64_t left = remaining_bytes(f), total = 0;
    if (p->rows == 0)
        return 0;
    if (kc_feed_dim(f, d, e) != 0)
        return -1;
    p->stride = p->layout.lead + f->d * kc_cell_bytes(p->layout.cell);
    if (p->rows != UINT64_MAX) {
        if (__builtin_mul_overflow(p->rows, (uint64_t)p->stride, &total) ||
            __builtin_add_overflow(total, p->after, &total) || total > INT64_MAX)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "its %s header is damaged: its shape is larger than any file",
                             what);
        if (left != UINT64_MAX && left != total && !p->apart)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "holds %llu byte%s of numbers, its header states %llu",
                             (unsigned long long)left, left == 1 ? "" : "s", (unsigned long long)total);
    }
    if (left != UINT64_MAX && f->nfiles == 1)
        f->hint_rows = p->rows != UINT64_MAX ? p->rows : left / p->stride;
    f->reopened = p->by_column || p->apart ? NULL : kc_reopened_open(f, &p->layout, &p->at);
    return 0;
}

int kc_plain_spool(struct kc_feed *f, struct kc_plain *p, uint64_t total, struct kc_err *e)
{
    struct kc_buf b = {NULL, 0, 0};
    int rc = kc_outfile_open_spool(&p->spool, e);
    for (uint64_t left = total; rc == 0 && left > 0; left -= b.n) {
        b.n = 0;
        rc = kc_feed_take(f, &b, left < f->block ? (size_t)left : f->block, e);
        if (rc == 0 && b.n == 0)
            rc = kc_feed_broken(f, e) != 0 ? -1 :
                 kc_err_at(e, KC_EINPUT, f->name, 0,
                           "is cut short: %llu of the %llu bytes after its header are missing",
                           (unsigned long long)left, (unsigned long long)total);
        if (rc == 0)
            rc = kc_outfile_write(p->spool, b.p, b.n, e);
    }
    kc_buf_free(&b);
    return rc == 0 ? kc_outfile_finish(p->spool, e) : -1;
}

int kc_plain_by_column(struct kc_feed *f, struct kc_plain *p, struct kc_err *e)
{
    uint64_t at;
    p->fd = kc_source_dup(f->src, &at);
    if (p->fd < 0)
        return kc_plain_spool(f, p, p->rows * p->stride, e);
    p->base = at - (f->carry.n - f->carry_at);
    return 0;
}

/* Report that FILE.terms and FILE differ in their number of rows. */
static int report_bad_terms(const struct kc_feed *f, struct kc_plain *p, uint64_t rows, struct kc_err *e)
{
    uint64_t n;
    if (kc_terms_count(&p->terms, &n, e) != 0)
        return -1;
    return kc_err_at(e, KC_EINPUT, p->terms.in.name, 0, "has %llu term%s, %s has %llu row%s", (unsigned long long)n,
                     n == 1 ? "" : "s", f->path, (unsigned long long)rows, rows == 1 ? "" : "s");
}

/* Check that FILE.terms has no more terms than the rows that were read. */
static int check_terms_end(const struct kc_feed *f, struct kc_plain *p, struct kc_err *e)
{
    if (!p->has_terms)
        return 0;
    if (kc_terms_need(&p->terms, p->done + 1, e) != 0)
        return -1;
    return p->terms.strs.n == p->done ? 0 : report_bad_terms(f, p, p->done, e);
}

int kc_plain_terms(struct kc_feed *f, struct kc_plain *p, struct kc_err *e)
{
    struct kc_buf *path = &p->terms_path;
    uint64_t left = remaining_bytes(f), rows = p->rows;
    if (f->o->terms_file || strcmp(f->path, "-") == 0)
        return 0;
    if (kc_buf_printf(path, e, "%s.terms%c", f->path, '\0') != 0)
        return -1;
    if (access(path->p, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
        return 0;
    p->has_terms = 1;
    if (kc_terms_open(&p->terms, path->p, 1, f->o->max_line, f->o->max_memory, e) != 0)
        return -1;
    if (left == UINT64_MAX)
        return 0;
    rows = rows == UINT64_MAX ? left / p->stride : rows; /* known beforehand, and so is a difference */
    if (kc_terms_need(&p->terms, rows + 1, e) != 0)
        return -1;
    return p->terms.strs.n == rows ? 0 : report_bad_terms(f, p, rows, e);
}

void kc_plain_end(struct kc_feed *f)
{
    struct kc_plain *p = f->state;
    kc_terms_free(&p->terms);
    kc_buf_free(&p->terms_path);
    if (p->by_column && p->fd >= 0)
        close(p->fd);
    if (p->by_column)
        kc_outfile_free(p->spool);
}

/* Skip the `after` bytes that follow the last row, and check that the file ends there. */
static int check_after_rows(struct kc_feed *f, struct kc_plain *p, struct kc_err *e)
{
    uint64_t missing;
    if (p->apart || (p->by_column && p->fd >= 0)) /* kc_plain_begin has checked the file's size */
        return check_terms_end(f, p, e);
    if (kc_feed_skip(f, p->spool ? 0 : p->after, &missing, e) != 0)
        return -1;
    if (missing > 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is cut short: %llu of the %llu bytes after its rows are missing",
                         (unsigned long long)missing, (unsigned long long)p->after);
    if (kc_feed_peek(f, 1, e) != 0 || kc_feed_broken(f, e) != 0)
        return -1;
    if (f->carry_at < f->carry.n)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "more bytes follow the %llu row%s that its header states",
                         (unsigned long long)p->rows, p->rows == 1 ? "" : "s");
    return check_terms_end(f, p, e);
}

/* Report why there is no whole row: the file is cut short, or, if its rows are not counted by a header, it has ended
 * and must have ended between two rows. rest: bytes of a row. */
static int report_no_row(struct kc_feed *f, struct kc_plain *p, size_t rest, struct kc_err *e)
{
    if (kc_feed_broken(f, e) != 0)
        return -1;
    if (p->rows != UINT64_MAX)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is cut short: it ends within row %llu of %llu",
                         (unsigned long long)p->done, (unsigned long long)p->rows);
    if (rest > 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "ends within row %llu: %zu byte%s of %zu%s %s there",
                         (unsigned long long)p->done, rest, rest == 1 ? "" : "s", p->stride,
                         f->o->dim ? " (--dim)" : "", rest == 1 ? "is" : "are");
    return check_terms_end(f, p, e);
}

/* Read n bytes at an offset of the file. */
static int read_at(const struct kc_feed *f, const struct kc_plain *p, uint64_t at, char *to, size_t n, struct kc_err *e)
{
    if (p->fd < 0)
        return kc_outfile_read(p->spool, p->spool_at + at, to, n, e);
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(p->fd, to + done, n - done, (off_t)(p->base + at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return kc_err_sys(e, f->name, errno, "cannot read");
        if (got == 0)
            return kc_err_at(e, KC_ESYS, f->name, 0, "has become shorter while it was read");
        done += (size_t)got;
    }
    return 0;
}

/* Gather the next rows from the columns into b: for each column, the numbers of these rows lie side by side. */
static int gather_rows(const struct kc_feed *f, const struct kc_plain *p, struct kc_buf *b, size_t rows,
                       struct kc_err *e)
{
    size_t cell = kc_cell_bytes(p->layout.cell), d = p->stride / cell;
    char *column = kc_mem_alloc(rows, cell, e);
    int rc = column && kc_buf_reserve(b, kc_mem_add(rows * p->stride, KC_NUM_PAD), e) == 0 ? 0 : -1;
    for (size_t j = 0; rc == 0 && j < d; j++) {
        rc = read_at(f, p, (j * p->rows + p->done) * cell, column, rows * cell, e);
        for (size_t i = 0; rc == 0 && i < rows; i++)
            memcpy(b->p + i * p->stride + j * cell, column + i * cell, cell);
    }
    b->n = rc == 0 ? rows * p->stride : 0;
    kc_mem_free(column);
    return rc;
}

/* Append up to `rows` rows of bytes to b. */
static int read_rows(struct kc_feed *f, const struct kc_plain *p, struct kc_buf *b, size_t rows, struct kc_err *e)
{
    size_t n = rows * p->stride;
    if (p->by_column)
        return gather_rows(f, p, b, rows, e);
    if (!p->spool)
        return kc_feed_take(f, b, n, e);
    if (kc_buf_reserve(b, n, e) != 0 ||
        kc_outfile_read(p->spool, p->spool_at + p->done * p->stride, b->p, n, e) != 0)
        return -1;
    b->n = n;
    return 0;
}

/* Append the terms of the next `rows` rows. */
static int add_terms(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t rows, struct kc_err *e)
{
    if (kc_terms_need(&p->terms, p->done + rows, e) != 0)
        return -1;
    if (p->terms.strs.n < p->done + rows)
        return report_bad_terms(f, p, p->done + rows, e);
    for (size_t i = 0; i < rows; i++) {
        size_t n;
        const char *t = kc_strs_get(&p->terms.strs, (size_t)p->done + i, &n);
        if (kc_strs_add(&s->terms, t, n, e) != 0)
            return -1;
    }
    s->has_terms = 1;
    return 0;
}

/* Return how many of the rows begin before an offset of the file; of those that do not lie there one after the other,
 * the same part of all rows as the offset is of all bytes. */
static uint64_t rows_before(const struct kc_feed *f, const struct kc_plain *p, uint64_t at, uint64_t rows)
{
    const uint64_t base = f->part.at, size = f->part.size;
    const uint64_t n = at == size ? rows : p->spool || p->by_column ?
                       (uint64_t)((double)rows * ((double)at / (double)size)) :
                       at <= base ? 0 : (at - base + p->stride - 1) / p->stride;
    return n < rows ? n : rows;
}

int kc_plain_narrow(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct kc_plain *p = f->state;
    struct kc_part *part = &f->part;
    const uint64_t left = remaining_bytes(f), rows = p->rows != UINT64_MAX ? p->rows : left / p->stride;
    (void)s;
    if (rows == 0 || (p->rows == UINT64_MAX && left % p->stride != 0))
        return 1;
    p->done = rows_before(f, p, part->from, rows);
    p->end = rows_before(f, p, part->to, rows);
    p->narrow = 1;
    part->row0 = p->done;
    f->hint_rows = f->nfiles == 1 ? p->end - p->done : 0;
    return p->spool || p->by_column ? 0 :
           kc_part_window(f, part->at + p->done * p->stride,
                          p->end == rows ? part->size : part->at + p->end * p->stride, e);
}

int kc_plain_fill(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t *rows, struct kc_err *e)
{
    const uint64_t end = p->narrow ? p->end : p->rows;
    *rows = 0;
    if (p->done == p->rows)
        return check_after_rows(f, p, e);
    if (p->done == end)
        return 0;
    size_t want = f->block / p->stride;
    if (want == 0)
        want = 1;
    if (want > end - p->done)
        want = (size_t)(end - p->done);
    if (read_rows(f, p, &s->buf, want, e) != 0)
        return -1;
    size_t n = s->buf.n / p->stride, rest = s->buf.n - n * p->stride;
    if (n == 0) /* whole rows come first, the error with the next piece */
        return report_no_row(f, p, rest, e);
    if (rest > 0 && kc_feed_back(f, &s->buf, n * p->stride, e) != 0)
        return -1;
    if (p->has_terms && add_terms(f, p, s, n, e) != 0)
        return -1;
    s->layout = p->layout;
    s->at = p->at + p->done * p->stride;
    p->done += n;
    s->end = p->at + p->done * p->stride;
    *rows = n;
    return 0;
}

int kc_plain_next(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    size_t rows;
    int rc = kc_plain_fill(f, f->state, s, &rows, e);
    *eof = rows == 0;
    return rc;
}

int kc_plain_back(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t n, struct kc_err *e)
{
    p->done -= s->buf.n / p->stride - n;
    s->end = p->at + p->done * p->stride;
    return kc_feed_back(f, &s->buf, n * p->stride, e);
}

/* Replace the message "infinite" by the value if a float64 is finite but too large for float32. */
static void describe_large(const struct kc_slot *s, const char *p, char *msg, size_t size)
{
    for (size_t j = 0; s->layout.cell == KC_CELL_F64 && j < s->d; j++) {
        double d;
        uint64_t b = s->layout.swap ? __builtin_bswap64(kc_le64(p + 8 * j)) : kc_le64(p + 8 * j);
        memcpy(&d, &b, sizeof d);
        if (!isfinite((float)d)) {
            if (isfinite(d))
                snprintf(msg, size, "column %zu is %g, beyond the range of float32", j, d);
            return;
        }
    }
}

void kc_plain_work(struct kc_slot *s)
{
    size_t stride = s->layout.lead + s->d * kc_cell_bytes(s->layout.cell), rows = s->buf.n / stride;
    struct kc_strs good = {{NULL, 0, 0}, NULL, 0, 0};
    for (size_t i = 0; i < rows; i++, s->records++) {
        const char *p = s->buf.p + i * stride + s->layout.lead;
        float *row = kc_slot_row(s);
        char msg[128];
        if (!row)
            break;
        kc_cell_floats(row, p, s->d, &s->layout);
        if (kc_slot_check(s, "", msg, sizeof msg) != 0) {
            describe_large(s, p, msg, sizeof msg);
            if (!kc_slot_bad(s, 0, msg))
                break;
        } else if (s->has_terms) {
            size_t n;
            const char *t = kc_strs_get(&s->terms, i, &n);
            if (kc_strs_add(&good, t, n, &s->err) != 0)
                break;
        }
    }
    if (s->has_terms) { /* only those of the good rows */
        kc_strs_free(&s->terms);
        s->terms = good;
    }
}
