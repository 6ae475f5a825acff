/* The raw reader: rows of --dim little-endian float32 and nothing else. No first bytes give the format away, so it must
 * be named with --format. */
#include "in/formats/formats.h"
#include "in/formats/plain.h"

static int begin_raw(struct kc_feed *f, struct kc_err *e)
{
    struct kc_plain *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st)
        return -1;
    st->rows = UINT64_MAX;
    if (kc_plain_begin(f, st, f->o->dim, "raw", e) != 0)
        return -1;
    uint64_t left = kc_source_left(f->src);
    if (left == UINT64_MAX)
        return 0;
    left += f->carry.n - f->carry_at;
    return left % st->stride == 0 ? 0 :
           kc_err_at(e, KC_EINPUT, f->name, 0,
                     "holds %llu byte%s, not a whole number of rows: %zu number%s (--dim) take%s %zu",
                     (unsigned long long)left, left == 1 ? "" : "s", f->d, f->d == 1 ? "" : "s",
                     f->d == 1 ? "s" : "", st->stride);
}

const struct kc_reader kc_reader_raw = {
    .format = KC_IN_RAW, .binary = 1,
    .begin = begin_raw, .narrow = kc_plain_narrow,
    .fill = kc_plain_next, .work = kc_plain_work, .end = kc_plain_end};
