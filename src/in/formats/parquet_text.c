/* Values as text: terms as they are, attributes as JSON, just as the JSON reader would give them. Dates and timestamps
 * become text that --time-field reads, whatever their unit. The filling thread does this, value by value: there are few
 * of them beside a vector's numbers. */
#include "in/formats/parquet.h"

#include <math.h>
#include <string.h>
#include "base/bytes.h"
#include "base/date.h"
#include "base/num.h"
#include "json/jsonw.h"

#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */
#define JULIAN_1970 2440588

/* A value: the bytes as stored, or an integer if they were not stored as bytes. */
struct value {
    const char *p;
    size_t n;
    int is_int;
    int64_t i;
};

static int report_short_page(const struct kc_pq_cursor *c, struct kc_err *e)
{
    return kc_pq_damaged(c->file, c->column, e, "its page at byte %llu ends before its values do",
                         (unsigned long long)c->page->at);
}

/* Take n bytes of the page. */
static int take_bytes(struct kc_pq_cursor *c, size_t n, struct value *v, struct kc_err *e)
{
    if (n > c->n)
        return report_short_page(c, e);
    v->p = (const char *)c->p;
    v->n = n;
    c->p += n;
    c->n -= n;
    return 0;
}

/* Read the next value stored as it is. */
static int next_plain(struct kc_pq_cursor *c, struct value *v, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    size_t i = c->i;
    if (l->type == KC_PQ_BOOLEAN) {
        v->is_int = 1;
        v->i = i / 8 < c->n ? c->p[i / 8] >> (i % 8) & 1 : 0;
        return i / 8 < c->n ? 0 : report_short_page(c, e);
    }
    if (l->width > 0)
        return take_bytes(c, l->width, v, e);
    return take_bytes(c, 4, v, e) != 0 ? -1 : take_bytes(c, kc_le32(v->p), v, e);
}

/* Read the next value of one that shares its beginning with the value before. */
static int next_shared(struct kc_pq_cursor *c, struct value *v, struct kc_err *e)
{
    int64_t prefix, suffix;
    kc_pq_delta_take(&c->delta, &prefix, 1);
    kc_pq_delta_take(&c->suffix, &suffix, 1);
    if (c->i == 0)
        c->before.n = 0;
    if (c->delta.bad || c->suffix.bad || prefix < 0 || suffix < 0 || (uint64_t)prefix > c->before.n ||
        (uint64_t)suffix > c->n)
        return report_short_page(c, e);
    if ((uint64_t)prefix + (uint64_t)suffix > c->file->most_text)
        return kc_pq_damaged(c->file, c->column, e, "a value is longer than %llu bytes; --max-line raises the limit",
                             (unsigned long long)c->file->most_text);
    c->before.n = (size_t)prefix;
    if (take_bytes(c, (size_t)suffix, v, e) != 0 || kc_buf_add(&c->before, v->p, v->n, e) != 0 ||
        kc_buf_reserve(&c->before, 1, e) != 0)
        return -1;
    v->p = c->before.p;
    v->n = c->before.n;
    return 0;
}

/* Read the next value of the page. tmp may hold its bytes. */
static int next_value(struct kc_pq_cursor *c, struct value *v, struct kc_buf *tmp, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    const struct kc_pq_dict *d = c->dict;
    uint32_t at;
    int rc = 0;
    *v = (struct value){"", 0, 0, 0};
    if (kc_pq_values_begin(c, e) != 0)
        return -1;
    switch (c->page->encoding) {
    case KC_PQ_PLAIN: rc = next_plain(c, v, e); break;
    case KC_PQ_SPLIT:
        tmp->n = 0;
        if (c->i >= c->n / l->width)
            return report_short_page(c, e);
        for (size_t k = 0; rc == 0 && k < l->width; k++)
            rc = kc_buf_addc(tmp, (char)c->p[k * (c->n / l->width) + c->i], e);
        v->p = tmp->p;
        v->n = l->width;
        break;
    case KC_PQ_RLE:
        kc_pq_rle_take(&c->index, &at, 1);
        v->is_int = 1;
        v->i = at;
        rc = c->index.bad ? report_short_page(c, e) : 0;
        break;
    case KC_PQ_DELTA:
        kc_pq_delta_take(&c->delta, &v->i, 1);
        v->is_int = 1;
        if (l->type == KC_PQ_INT32)
            v->i = l->is_unsigned ? (int64_t)(uint32_t)v->i : (int64_t)(int32_t)v->i;
        rc = c->delta.bad ? report_short_page(c, e) : 0;
        break;
    case KC_PQ_DELTA_LENGTH:
        kc_pq_delta_take(&c->delta, &v->i, 1);
        rc = c->delta.bad || v->i < 0 ? report_short_page(c, e) : take_bytes(c, (size_t)v->i, v, e);
        break;
    case KC_PQ_DELTA_BYTES:
        rc = next_shared(c, v, e);
        if (rc == 0 && l->width > 0 && v->n != l->width)
            rc = report_short_page(c, e);
        break;
    default: /* by a dictionary */
        kc_pq_rle_take(&c->index, &at, 1);
        if (c->index.bad)
            return report_short_page(c, e);
        if (at >= d->n)
            return kc_pq_damaged(c->file, c->column, e, "index %u is outside its dictionary of %zu values", at, d->n);
        v->p = d->bytes.p + (l->width ? (size_t)at * l->width : d->off[at]);
        v->n = l->width ? l->width : d->off[at + 1] - 4 - d->off[at];
    }
    c->i++;
    return rc;
}

/* Append text: as it is, or as a JSON string. */
static int add_text(struct kc_buf *b, int json, const char *p, size_t n, struct kc_err *e)
{
    return json ? kc_jsonw_quote(b, p, n, e) : kc_buf_add(b, p, n, e);
}

/* Append a timestamp of `unit` to the second, or if its year has not four digits, its number. */
static int add_time(struct kc_buf *b, int json, int64_t v, int64_t unit, int only_day, struct kc_err *e)
{
    char text[KC_DATE_MAX];
    int64_t seconds = v / unit, rest = v % unit;
    if (rest < 0) {
        rest += unit;
        seconds--;
    }
    if (seconds < FIRST_DAY * INT64_C(86400) || seconds >= (LAST_DAY + 1) * INT64_C(86400))
        return kc_buf_printf(b, e, "%lld", (long long)v);
    kc_date_format(text, seconds * KC_DATE_SECOND + (unit > KC_DATE_SECOND ? rest / (unit / KC_DATE_SECOND) :
                                                     rest * (KC_DATE_SECOND / unit)));
    return add_text(b, json, text, only_day ? 10 : strlen(text), e);
}

/* Append a float64; null if it is not finite. */
static int add_real(struct kc_buf *b, double x, int is_float, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    if (is_float && isfinite(x))
        kc_jsonw_float(&w, NULL, (float)x);
    else
        kc_jsonw_double(&w, NULL, x);
    return w.failed ? -1 : 0;
}

/* Append a UUID. */
static int add_uuid(struct kc_buf *b, int json, const char *p, struct kc_err *e)
{
    static const char digits[] = "0123456789abcdef";
    char text[36];
    size_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[n++] = '-';
        text[n++] = digits[(unsigned char)p[i] >> 4];
        text[n++] = digits[(unsigned char)p[i] & 15];
    }
    return add_text(b, json, text, n, e);
}

/* Return the integer that v is. */
static int64_t int_of(const struct kc_pq_leaf *l, const struct value *v)
{
    if (v->is_int)
        return v->i;
    if (l->type == KC_PQ_INT32)
        return l->is_unsigned ? (int64_t)kc_le32(v->p) : (int64_t)(int32_t)kc_le32(v->p);
    return (int64_t)kc_le64(v->p);
}

/* Append a value to b. */
static int add_value(struct kc_buf *b, const struct kc_pq_leaf *l, const struct value *v, int json, struct kc_err *e)
{
    float f;
    double x = 0;
    uint64_t bits;
    if (l->meaning == KC_PQ_UUID)
        return add_uuid(b, json, v->p, e);
    switch (l->type) {
    case KC_PQ_BOOLEAN: return kc_buf_adds(b, v->i ? "true" : "false", e);
    case KC_PQ_INT32:
    case KC_PQ_INT64:
        if (l->meaning == KC_PQ_DATE)
            return add_time(b, json, int_of(l, v) * 86400, 1, 1, e);
        if (l->meaning == KC_PQ_TIMESTAMP)
            return add_time(b, json, int_of(l, v), l->unit, 0, e);
        return l->is_unsigned ? kc_buf_printf(b, e, "%llu", (unsigned long long)int_of(l, v)) :
               kc_buf_printf(b, e, "%lld", (long long)int_of(l, v));
    case KC_PQ_INT96: { /* nanoseconds of a day, and the day from noon of the first of January 4713 B.C. */
        int64_t day = (int64_t)kc_le32(v->p + 8) - JULIAN_1970, nanoseconds = (int64_t)kc_le64(v->p);
        int64_t micro = nanoseconds / 1000;
        return day < FIRST_DAY || day > LAST_DAY || micro < 0 || micro >= KC_DATE_DAY ? kc_buf_adds(b, "0", e) :
               add_time(b, json, day * KC_DATE_DAY + micro, KC_DATE_SECOND, 0, e);
    }
    case KC_PQ_FLOAT:
        kc_pq_convert(l->type, 0, v->p, 1, &f);
        return add_real(b, (double)f, 1, e);
    case KC_PQ_DOUBLE:
        bits = kc_le64(v->p);
        memcpy(&x, &bits, sizeof x);
        return add_real(b, x, 0, e);
    default: break;
    }
    if (l->meaning == KC_PQ_HALF) {
        kc_pq_convert(KC_PQ_FIXED, 0, v->p, 1, &f);
        return add_real(b, (double)f, 1, e);
    }
    return add_text(b, json, v->p, v->n, e);
}

/* Append the value, or null, at the cursor's next level to b. *def is its definition level. */
static int add_level(struct kc_pq_cursor *c, int json, struct kc_buf *b, struct kc_buf *tmp, uint32_t *def,
                     struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    struct value v;
    kc_pq_rle_take(&c->def, def, 1);
    c->in_page--;
    if (c->def.bad || *def > l->max_def)
        return kc_pq_damaged(c->file, c->column, e, "the definition levels of a page make no sense");
    if (*def < l->max_def)
        return 0;
    if (next_value(c, &v, tmp, e) != 0 || add_value(b, l, &v, json, e) != 0)
        return -1;
    return b->n <= c->file->most_text ? 0 :
           kc_pq_damaged(c->file, c->column, e, "a value is longer than %llu bytes; --max-line raises the limit",
                         (unsigned long long)c->file->most_text);
}

/* Append the rest of a list, after its first level, to b. */
static int add_elements(struct kc_pq_cursor *c, struct kc_buf *b, struct kc_buf *tmp, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    for (;;) {
        uint32_t def;
        int more = kc_pq_cursor_more(c, e);
        if (more <= 0)
            return more;
        if (kc_pq_rle_equal(&c->rep, 1, 1) == 0)
            return c->rep.bad ? kc_pq_damaged(c->file, c->column, e, "the repetition levels of a page end too early") :
                   0;
        if (kc_buf_addc(b, ',', e) != 0 || add_level(c, 1, b, tmp, &def, e) != 0)
            return -1;
        if (def < l->list_def)
            return kc_pq_damaged(c->file, c->column, e, "a list that is null or empty has elements");
        if (def < l->max_def && kc_buf_adds(b, "null", e) != 0)
            return -1;
    }
}

/* Append the next row's value to b. */
static int add_row(struct kc_pq_cursor *c, int json, struct kc_buf *b, struct kc_buf *tmp, int *null, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    uint32_t def, rep = 0;
    int more = kc_pq_cursor_more(c, e);
    if (more <= 0)
        return more < 0 ? -1 : kc_pq_damaged(c->file, c->column, e, "it has fewer values than its row group has rows");
    if (l->shape == KC_PQ_SCALAR) {
        if (add_level(c, json, b, tmp, &def, e) != 0)
            return -1;
        int nan = (l->type == KC_PQ_FLOAT || l->type == KC_PQ_DOUBLE || l->meaning == KC_PQ_HALF) && b->n == 4 &&
                  memcmp(b->p, "null", 4) == 0;
        b->n = nan ? 0 : b->n;
        *null = nan || def < l->max_def;
        return 0;
    }
    kc_pq_rle_take(&c->rep, &rep, 1);
    if (rep != 0 || c->rep.bad)
        return kc_pq_damaged(c->file, c->column, e, "the repetition levels of a page make no sense");
    if (kc_buf_addc(b, '[', e) != 0 || add_level(c, json, b, tmp, &def, e) != 0)
        return -1;
    if (def + 1 < l->list_def) {
        *null = 1;
        b->n--;
        return 0;
    }
    if (def >= l->list_def && ((def < l->max_def && kc_buf_adds(b, "null", e) != 0) ||
                               add_elements(c, b, tmp, e) != 0))
        return -1;
    return kc_buf_addc(b, ']', e);
}

int kc_pq_text_row(struct kc_pq_cursor *c, int json, struct kc_strs *out, struct kc_buf *tmp, int *null,
                   struct kc_err *e)
{
    *null = 0;
    tmp->n = 0;
    struct kc_buf joined = {NULL, 0, 0}; /* of a value whose bytes are split */
    int rc = add_row(c, json, tmp, &joined, null, e);
    kc_buf_free(&joined);
    return rc != 0 ? -1 : kc_strs_add(out, tmp->p ? tmp->p : "", tmp->n, e);
}
