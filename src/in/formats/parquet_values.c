/* The numbers of a vector, from any encoding, as floats. Those stored as they are, in a page that is not compressed,
 * are read from their place in the file straight into the row. */
#include "in/formats/parquet.h"

#include <math.h>
#include <string.h>
#include "base/bytes.h"
#include "in/formats/plain.h"

#define SOME 1024 /* numbers that are converted at a time */

/* Convert float64. What only float32 makes infinite is marked. */
static void convert_doubles(const char *p, size_t n, float *out)
{
    const uint32_t beyond = KC_PQ_BEYOND;
    for (size_t i = 0; i < n; i++) {
        double x;
        uint64_t b = kc_le64(p + 8 * i);
        memcpy(&x, &b, sizeof x);
        out[i] = (float)x;
        if (isfinite(x) && !isfinite(out[i]))
            memcpy(&out[i], &beyond, sizeof beyond);
    }
}

void kc_pq_convert(enum kc_pq_type type, int is_unsigned, const char *p, size_t n, float *out)
{
    const struct kc_layout half = {KC_CELL_F16, 0, 0};
    switch (type) {
    case KC_PQ_FLOAT: kc_le_floats(out, p, n); break;
    case KC_PQ_DOUBLE: convert_doubles(p, n, out); break;
    case KC_PQ_FIXED: kc_cell_floats(out, p, n, &half); break;
    case KC_PQ_INT32:
        for (size_t i = 0; i < n; i++)
            out[i] = is_unsigned ? (float)kc_le32(p + 4 * i) : (float)(int32_t)kc_le32(p + 4 * i);
        break;
    default: /* KC_PQ_INT64: no other type is chosen */
        for (size_t i = 0; i < n; i++)
            out[i] = is_unsigned ? (float)kc_le64(p + 8 * i) : (float)(int64_t)kc_le64(p + 8 * i);
    }
}

/* Say that the page's encoding is not read. */
static int refuse_encoding(const struct kc_pq_cursor *c, struct kc_err *e)
{
    return kc_pq_damaged(c->file, c->column, e, "its page at byte %llu has an encoding that does not fit its type",
                         (unsigned long long)c->page->at);
}

static int report_short_page(const struct kc_pq_cursor *c, struct kc_err *e)
{
    return kc_pq_damaged(c->file, c->column, e, "its page at byte %llu ends before its values do",
                         (unsigned long long)c->page->at);
}

/* Begin the decoder of the values (p, n). */
static int begin_decoder(struct kc_pq_cursor *c, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    int whole = l->type == KC_PQ_INT32 || l->type == KC_PQ_INT64;
    const unsigned char *after;
    switch (c->page->encoding) {
    case KC_PQ_PLAIN: return 0;
    case KC_PQ_SPLIT: return l->width > 0 && l->type != KC_PQ_INT96 ? 0 : refuse_encoding(c, e);
    case KC_PQ_PLAIN_DICT:
    case KC_PQ_RLE_DICT:
        if (!c->dict)
            return kc_pq_damaged(c->file, c->column, e, "its dictionary is missing");
        if (c->n > 0 && c->p[0] > 32)
            return kc_pq_damaged(c->file, c->column, e, "the indices of its page at byte %llu have %u bits",
                                 (unsigned long long)c->page->at, c->p[0]);
        kc_pq_rle_begin(&c->index, c->p + (c->n > 0), c->n - (c->n > 0), c->n > 0 ? c->p[0] : 1);
        return 0;
    case KC_PQ_RLE:
        if (l->type != KC_PQ_BOOLEAN)
            return refuse_encoding(c, e);
        kc_pq_rle_begin(&c->index, c->p + (c->n < 4 ? c->n : 4), c->n < 4 ? 0 : c->n - 4, 1);
        return 0;
    case KC_PQ_DELTA:
        if (!whole)
            return refuse_encoding(c, e);
        kc_pq_delta_begin(&c->delta, c->p, c->n);
        return 0;
    case KC_PQ_DELTA_LENGTH:
    case KC_PQ_DELTA_BYTES:
        if (l->type != KC_PQ_BYTES && (l->type != KC_PQ_FIXED || c->page->encoding == KC_PQ_DELTA_LENGTH))
            return refuse_encoding(c, e);
        kc_pq_delta_begin(&c->delta, c->p, c->n);
        after = kc_pq_delta_after(&c->delta);
        if (after && c->page->encoding == KC_PQ_DELTA_BYTES) {
            kc_pq_delta_begin(&c->suffix, after, (size_t)(c->p + c->n - after));
            after = kc_pq_delta_after(&c->suffix);
        }
        if (!after)
            return report_short_page(c, e);
        c->n = (size_t)(c->p + c->n - after);
        c->p = after;
        return 0;
    case KC_PQ_BIT_PACKED: break;
    }
    return refuse_encoding(c, e);
}

int kc_pq_values_begin(struct kc_pq_cursor *c, struct kc_err *e)
{
    if (c->begun)
        return 0;
    c->begun = 1;
    return kc_pq_page_load(c->page, c->column, &c->p, &c->n, e) != 0 ? -1 : begin_decoder(c, e);
}

/* Read numbers stored as they are from the file. */
static int read_straight(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    const struct kc_pq_page *p = c->page;
    uint64_t at = p->at + p->skip + (uint64_t)c->i * l->width;
    if (l->type == KC_PQ_FLOAT && !KC_BIG_ENDIAN)
        return kc_pq_file_read(c->file, at, out, n * sizeof *out, e);
    for (size_t i = 0, m; i < n; i += m) {
        char some[8 * SOME];
        m = n - i < SOME ? n - i : SOME;
        if (kc_pq_file_read(c->file, at + (uint64_t)i * l->width, some, m * l->width, e) != 0)
            return -1;
        kc_pq_convert(l->type, l->is_unsigned, some, m, out + i);
    }
    return 0;
}

/* Collect numbers whose bytes are split into streams. */
static void join_streams(const struct kc_pq_cursor *c, float *out, size_t n)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    size_t all = c->n / l->width;
    for (size_t i = 0, m; i < n; i += m) {
        char some[8 * SOME];
        const unsigned char *p = c->p + c->i + i;
        m = n - i < SOME ? n - i : SOME;
        if (l->width == 4)
            for (size_t j = 0; j < m; j++) {
                uint32_t v = (uint32_t)p[j] | (uint32_t)p[all + j] << 8 | (uint32_t)p[2 * all + j] << 16 |
                             (uint32_t)p[3 * all + j] << 24;
                v = KC_BIG_ENDIAN ? __builtin_bswap32(v) : v;
                memcpy(some + 4 * j, &v, 4);
            }
        else
            for (size_t j = 0; j < m; j++)
                for (size_t k = 0; k < l->width; k++)
                    some[j * l->width + k] = (char)p[k * all + j];
        kc_pq_convert(l->type, l->is_unsigned, some, m, out + i);
    }
}

/* Read numbers by their indices in the dictionary. */
static int look_up(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e)
{
    const struct kc_pq_dict *d = c->dict;
    if (!out) {
        kc_pq_rle_take(&c->index, NULL, n);
        return c->index.bad ? report_short_page(c, e) : 0;
    }
    for (size_t i = 0, m; i < n; i += m) {
        uint32_t at[SOME];
        m = n - i < SOME ? n - i : SOME;
        kc_pq_rle_take(&c->index, at, m);
        for (size_t j = 0; j < m; j++) {
            if (at[j] >= d->n)
                return kc_pq_damaged(c->file, c->column, e, "index %u is outside its dictionary of %zu values", at[j],
                                     d->n);
            out[i + j] = d->x[at[j]];
        }
    }
    return c->index.bad ? report_short_page(c, e) : 0;
}

/* Read numbers that are stored as differences. */
static int add_differences(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    for (size_t i = 0, m; i < n; i += m) {
        int64_t some[SOME];
        m = n - i < SOME ? n - i : SOME;
        kc_pq_delta_take(&c->delta, out ? some : NULL, m);
        for (size_t j = 0; out && j < m; j++) /* INT32 is added up modulo 2^32 */
            out[i + j] = l->type == KC_PQ_INT32 ? l->is_unsigned ? (float)(uint32_t)some[j] : (float)(int32_t)some[j] :
                         l->is_unsigned ? (float)(uint64_t)some[j] : (float)some[j];
    }
    return c->delta.bad ? report_short_page(c, e) : 0;
}

/* Read float16 that share their first bytes with the one before. */
static int join_halves(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e)
{
    for (size_t i = 0; i < n; i++) {
        int64_t prefix, suffix;
        kc_pq_delta_take(&c->delta, &prefix, 1);
        kc_pq_delta_take(&c->suffix, &suffix, 1);
        if (c->delta.bad || c->suffix.bad || prefix < 0 || prefix > 2 || suffix != 2 - prefix ||
            (size_t)suffix > c->n)
            return report_short_page(c, e);
        memcpy(c->half + prefix, c->p, (size_t)suffix);
        c->p += suffix;
        c->n -= (size_t)suffix;
        if (out)
            kc_pq_convert(KC_PQ_FIXED, 0, c->half, 1, out + i);
    }
    return 0;
}

int kc_pq_floats(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e)
{
    const struct kc_pq_page *p = c->page;
    int in_place = p->encoding == KC_PQ_PLAIN || p->encoding == KC_PQ_SPLIT, rc = 0;
    if (n == 0)
        return 0;
    if (in_place && p->full - p->skip < kc_mem_mul(c->i + n, kc_pq_leaf_of(c)->width))
        return report_short_page(c, e);
    if (in_place && out && p->encoding == KC_PQ_PLAIN && p->codec == KC_PQ_NONE)
        rc = read_straight(c, out, n, e);
    else if (in_place && !out)
        rc = 0;
    else if (kc_pq_values_begin(c, e) != 0)
        return -1;
    else if (p->encoding == KC_PQ_PLAIN)
        kc_pq_convert(kc_pq_leaf_of(c)->type, kc_pq_leaf_of(c)->is_unsigned,
                      (const char *)c->p + c->i * kc_pq_leaf_of(c)->width, n, out);
    else if (p->encoding == KC_PQ_SPLIT)
        join_streams(c, out, n);
    else if (p->encoding == KC_PQ_DELTA)
        rc = add_differences(c, out, n, e);
    else if (p->encoding == KC_PQ_PLAIN_DICT || p->encoding == KC_PQ_RLE_DICT)
        rc = look_up(c, out, n, e);
    else if (p->encoding == KC_PQ_DELTA_BYTES)
        rc = join_halves(c, out, n, e);
    else
        rc = refuse_encoding(c, e);
    c->i += n;
    return rc;
}

/* Read the first `n` present values of a row's next stretch, those within d to the row. */
static int take_present(struct kc_pq_cursor *c, float *row, size_t d, uint64_t at, size_t n,
                        struct kc_err *e)
{
    size_t keep = !row || at >= d ? 0 : d - (size_t)at < n ? d - (size_t)at : n;
    return kc_pq_floats(c, row ? row + at : NULL, keep, e) != 0 ? -1 :
           kc_pq_floats(c, NULL, n - keep, e);
}

/* Read the stretch of a row that is in the present page: n levels. *count are the elements before it. */
static int read_stretch(struct kc_pq_cursor *c, float *row, size_t d, size_t n, enum kc_pq_row *what, uint64_t *count,
                        uint64_t *hole, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    c->in_page -= (uint32_t)n;
    while (n > 0) {
        size_t present = kc_pq_rle_equal(&c->def, l->max_def, n);
        if (present > 0 && take_present(c, row, d, *count, present, e) != 0)
            return -1;
        *count += present;
        n -= present;
        if (n == 0)
            break;
        uint32_t def;
        kc_pq_rle_take(&c->def, &def, 1);
        n--;
        if (c->def.bad || def > l->max_def)
            return kc_pq_damaged(c->file, c->column, e, "the definition levels of a page make no sense");
        if (def >= l->list_def) { /* an element that is null */
            *hole = *what == KC_PQ_ROW_OK ? *count : *hole;
            *what = KC_PQ_ROW_HOLE;
            ++*count;
        } else if (*count > 0 || n > 0) {
            return kc_pq_damaged(c->file, c->column, e, "a list that is null or empty has elements");
        } else {
            *what = def + 1 == l->list_def ? KC_PQ_ROW_EMPTY : KC_PQ_ROW_NULL;
        }
    }
    return c->def.bad ? kc_pq_damaged(c->file, c->column, e, "the definition levels of a page end too early") : 0;
}

int kc_pq_list_row(struct kc_pq_cursor *c, float *row, size_t d, enum kc_pq_row *what, uint64_t *count,
                   uint64_t *hole, struct kc_err *e)
{
    uint32_t begins = 1;
    int more = kc_pq_cursor_more(c, e);
    *what = KC_PQ_ROW_OK;
    *count = 0;
    if (more > 0)
        kc_pq_rle_take(&c->rep, &begins, 1);
    if (more < 0)
        return -1;
    if (more == 0)
        return kc_pq_damaged(c->file, c->column, e, "it has fewer values than its row group has rows");
    if (begins != 0 || c->rep.bad)
        return kc_pq_damaged(c->file, c->column, e, "the repetition levels of a page make no sense");
    for (size_t n = 1;; n = 0) {
        n += kc_pq_rle_equal(&c->rep, 1, c->in_page - n);
        if (c->rep.bad)
            return kc_pq_damaged(c->file, c->column, e, "the repetition levels of a page end too early");
        if (n == 0) /* the page before ended with the row */
            return 0;
        if (read_stretch(c, row, d, n, what, count, hole, e) != 0)
            return -1;
        if (c->in_page > 0)
            return 0;
        more = kc_pq_cursor_more(c, e);
        if (more <= 0)
            return more;
        if (*what == KC_PQ_ROW_NULL || *what == KC_PQ_ROW_EMPTY)
            return 0; /* if the row goes on, the next one will not begin well */
    }
}
