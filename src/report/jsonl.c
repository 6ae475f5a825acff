/* jsonl: one object per line. With annotate it is the input record, with the columns added after its own members. */
#include "report/writer.h"

/* Append the member of one column. */
static int add_member(struct kc_buf *b, int first, const struct kc_labels *t, size_t i, uint64_t number,
                      enum kc_column c, const struct kc_out_opts *o, struct kc_err *e)
{
    size_t n;
    const char *s;
    char digits[20];
    if ((!first && kc_buf_addc(b, ',', e) != 0) || kc_buf_addc(b, '"', e) != 0 ||
        kc_buf_adds(b, kc_out_column_key(c), e) != 0 || kc_buf_add(b, "\":", 2, e) != 0)
        return -1;
    switch (c) {
    case KC_COL_TERM:
        s = kc_out_term(t->terms, i, number, digits, &n);
        return kc_jsonw_quote(b, s, n, e);
    case KC_COL_CLUSTER:
        if (!o->id_format) /* a number; with a format all ids are text, -1 too */
            return kc_out_add_cluster(b, t, i, o, e);
        return kc_buf_addc(b, '"', e) != 0 || kc_out_add_cluster(b, t, i, o, e) != 0 ? -1 : kc_buf_addc(b, '"', e);
    case KC_COL_ROW:
        return kc_out_add_u64(b, number, e);
    case KC_COL_LABEL:
        s = kc_out_name(t, i, &n);
        return n > 0 ? kc_jsonw_quote(b, s, n, e) : kc_buf_add(b, "null", 4, e);
    default:
        break;
    }
    char real[KC_OUT_REAL_MAX];
    n = kc_out_real(real, kc_out_figure(t, i, c));
    return n ? kc_buf_add(b, real, n, e) : kc_buf_add(b, "null", 4, e);
}

/* Append the row's clusters at the levels. */
static int add_levels(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                      struct kc_err *e)
{
    const char *quote = o->id_format ? "\"" : "";
    if (o->nlevels == 0)
        return 0;
    if (kc_buf_adds(b, ",\"levels\":[", e) != 0)
        return -1;
    for (size_t j = 0; j < o->nlevels; j++)
        if ((j && kc_buf_addc(b, ',', e) != 0) || kc_buf_adds(b, quote, e) != 0 ||
            kc_out_add_level(b, t, i, j, o, e) != 0 || kc_buf_adds(b, quote, e) != 0)
            return -1;
    return kc_buf_addc(b, ']', e);
}

/* Append the member with the nearest clusters: an array, the most similar first. */
static int add_top(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o, struct kc_err *e)
{
    if (o->top == 0)
        return 0;
    if (kc_buf_adds(b, ",\"top\":[", e) != 0)
        return -1;
    for (uint64_t j = 0; j < o->top; j++) {
        float similarity;
        char real[KC_OUT_REAL_MAX];
        const char *quote = o->id_format ? "\"" : "";
        uint32_t c = kc_out_top(t, i, j, o, &similarity);
        if (c == KC_NONE)
            break;
        if (kc_buf_adds(b, j ? ",{\"cluster_id\":" : "{\"cluster_id\":", e) != 0 || kc_buf_adds(b, quote, e) != 0 ||
            kc_out_add_top_id(b, t, c, o, e) != 0 || kc_buf_adds(b, quote, e) != 0 ||
            kc_buf_adds(b, ",\"similarity\":", e) != 0 ||
            kc_buf_add(b, real, kc_out_real(real, (double)similarity), e) != 0 || kc_buf_addc(b, '}', e) != 0)
            return -1;
    }
    return kc_buf_addc(b, ']', e);
}

/* Append the input record with the columns after its members. */
static int add_annotated(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number,
                    const struct kc_out_opts *o, struct kc_err *e)
{
    size_t n;
    const char *s = kc_strs_get(t->raws, i, &n);
    /* raw is a compact object: copy all but its closing brace; after "{" alone no comma is needed */
    if (kc_buf_add(b, s, n - 1, e) != 0 || add_member(b, n == 2, t, i, number, KC_COL_CLUSTER, o, e) != 0)
        return -1;
    for (size_t j = 0; j < o->ncolumns; j++)
        if (o->columns[j] != KC_COL_TERM && o->columns[j] != KC_COL_CLUSTER &&
            add_member(b, 0, t, i, number, o->columns[j], o, e) != 0)
            return -1;
    return add_levels(b, t, i, o, e) != 0 || add_top(b, t, i, o, e) != 0 ? -1 : kc_buf_add(b, "}\n", 2, e);
}

static int add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
               struct kc_err *e)
{
    if (o->annotate != KC_RAW_NONE)
        return add_annotated(b, t, i, number, o, e);
    if (kc_buf_addc(b, '{', e) != 0)
        return -1;
    for (size_t j = 0; j < o->ncolumns; j++)
        if (add_member(b, j == 0, t, i, number, o->columns[j], o, e) != 0)
            return -1;
    return add_levels(b, t, i, o, e) != 0 || add_top(b, t, i, o, e) != 0 ? -1 : kc_buf_add(b, "}\n", 2, e);
}

const struct kc_out_writer kc_out_writer_jsonl = {"jsonl", NULL, add_row};
