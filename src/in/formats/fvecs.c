/* The fvecs and bvecs readers. Each row is an i32 d, the same in all rows, and d float32 or bytes, little-endian.
 * Nothing in a file says what it is: without --format it is recognised if its name says so and its first four bytes are
 * a possible d. */
#include <string.h>
#include "base/bytes.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"

#define LEAD 4

/* Return 1 if the path ends in SUFFIX, or in SUFFIX.gz or SUFFIX.zst. */
static int has_suffix(const char *path, const char *suffix)
{
    static const char *const packed[] = {"", ".gz", ".zst"};
    size_t n = strlen(path), m = strlen(suffix);
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        size_t k = strlen(packed[i]);
        if (n > m + k && memcmp(path + n - k, packed[i], k) == 0 && memcmp(path + n - k - m, suffix, m) == 0)
            return 1;
    }
    return 0;
}

/* Return 1 if the file begins with a possible d. No text and no other binary format that kclust reads begins like
 * that. */
static int begins_with_dim(const struct kc_feed *f)
{
    uint32_t d = f->carry.n - f->carry_at < LEAD ? 0 : kc_le32(f->carry.p + f->carry_at);
    return d >= 1 && d <= KC_MAX_DIM;
}

static int is_fvecs(const struct kc_feed *f)
{
    return has_suffix(f->path, ".fvecs") && begins_with_dim(f);
}

static int is_bvecs(const struct kc_feed *f)
{
    return has_suffix(f->path, ".bvecs") && begins_with_dim(f);
}

/* Begin a file of either format. */
static int begin_vecs(struct kc_feed *f, enum kc_cell cell, const char *what, struct kc_err *e)
{
    struct kc_plain *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st || kc_feed_peek(f, LEAD, e) != 0)
        return -1;
    st->layout = (struct kc_layout){cell, 0, LEAD};
    st->rows = UINT64_MAX;
    if (f->carry.n - f->carry_at < LEAD)
        return kc_feed_broken(f, e) != 0 ? -1 :
               kc_err_at(e, KC_EINPUT, f->name, 0, "ends within row 0: %zu byte%s, expected %d with its dimension",
                         f->carry.n - f->carry_at, f->carry.n - f->carry_at == 1 ? "" : "s", LEAD);
    if (kc_plain_begin(f, st, kc_le32(f->carry.p + f->carry_at), what, e) != 0)
        return -1;
    uint64_t left = kc_source_left(f->src);
    if (left != UINT64_MAX && (left + (f->carry.n - f->carry_at)) % st->stride != 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "holds %llu bytes, not a whole number of rows: %zu number%s as in row 0 take%s %zu",
                         (unsigned long long)(left + (f->carry.n - f->carry_at)), f->d, f->d == 1 ? "" : "s",
                         f->d == 1 ? "s" : "", st->stride);
    return kc_plain_terms(f, st, e);
}

static int begin_fvecs(struct kc_feed *f, struct kc_err *e)
{
    return begin_vecs(f, KC_CELL_F32, "fvecs", e);
}

static int begin_bvecs(struct kc_feed *f, struct kc_err *e)
{
    return begin_vecs(f, KC_CELL_U8, "bvecs", e);
}

/* Fill the slot with whole rows, and check the d of each. */
static int fill_vecs_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct kc_plain *st = f->state;
    uint64_t first = st->done;
    size_t rows, good = 0;
    if (kc_plain_fill(f, st, s, &rows, e) != 0)
        return -1;
    *eof = rows == 0;
    while (good < rows && kc_le32(s->buf.p + good * st->stride) == f->d)
        good++;
    if (good == rows)
        return 0;
    if (good > 0) /* the good rows come first, the error with the next piece */
        return kc_plain_back(f, st, s, good, e);
    uint32_t d = kc_le32(s->buf.p);
    return kc_err_at(e, KC_EINPUT, f->name, 0, "row %llu has %lu number%s, expected %zu",
                     (unsigned long long)first, (unsigned long)d, d == 1 ? "" : "s", f->d);
}

const struct kc_reader kc_reader_fvecs = {
    .format = KC_IN_FVECS, .is = is_fvecs, .binary = 1,
    .begin = begin_fvecs, .narrow = kc_plain_narrow,
    .fill = fill_vecs_piece, .work = kc_plain_work, .end = kc_plain_end};
const struct kc_reader kc_reader_bvecs = {
    .format = KC_IN_BVECS, .is = is_bvecs, .binary = 1,
    .begin = begin_bvecs, .narrow = kc_plain_narrow,
    .fill = fill_vecs_piece, .work = kc_plain_work, .end = kc_plain_end};
