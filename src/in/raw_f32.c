/* raw: rows of --dim little-endian float32 and nothing else. No first bytes tell it. */
#include "in/reader.h"

struct state {
    uint64_t rows; /* cut so far */
    uint64_t at;   /* the place in the file of the next row, where it can be read again */
    size_t row_bytes;
};

static int begin(struct kc_feed *f, struct kc_err *e)
{
    uint64_t left = kc_source_left(f->src);
    struct state *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st || kc_feed_dim(f, f->o->dim, e) != 0)
        return -1;
    st->row_bytes = f->d * sizeof(float);
    if (left != UINT64_MAX) {
        left += f->carry.n - f->carry_at;
        if (left % st->row_bytes != 0)
            return kc_err_at(e, KC_EINPUT, f->name, 0,
                             "holds %llu byte%s, not a whole number of rows: %zu number%s (--dim) take %zu",
                             (unsigned long long)left, left == 1 ? "" : "s", f->d, f->d == 1 ? "" : "s", st->row_bytes);
        if (f->nfiles == 1)
            f->hint_rows = left / st->row_bytes;
    }
    f->again = kc_again_open(f, sizeof(float), 0, &st->at);
    return 0;
}

static void end(struct kc_feed *f)
{
    (void)f;
}

static int fill(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct state *st = f->state;
    size_t rows = f->block / st->row_bytes;
    if (kc_feed_take(f, &s->buf, (rows ? rows : 1) * st->row_bytes, e) != 0)
        return -1;
    rows = s->buf.n / st->row_bytes;
    if (rows == 0) { /* rows that are whole come first */
        if (kc_feed_broken(f, e) != 0)
            return -1;
        if (s->buf.n > 0)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "ends within row %llu: %zu byte%s of %zu (--dim) %s there",
                             (unsigned long long)st->rows, s->buf.n, s->buf.n == 1 ? "" : "s", st->row_bytes,
                             s->buf.n == 1 ? "is" : "are");
        *eof = 1;
        return 0;
    }
    size_t rest = s->buf.n - rows * st->row_bytes;
    if (rest > 0 && kc_feed_back(f, &s->buf, rows * st->row_bytes, e) != 0)
        return -1;
    s->width = sizeof(float);
    s->at = st->at;
    s->end = st->at += rows * st->row_bytes;
    st->rows += rows;
    return 0;
}

const struct kc_reader kc_reader_raw = {KC_IN_RAW, "raw", NULL, 0, 1, begin, fill, kc_npy_work, end};
