/* csv: RFC 4180 with a header line; lines end in a plain newline, as every Unix tool expects. */
#include <string.h>
#include "out/writer.h"

static int add_field(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    /* an empty field in quotes: a line of one empty field would be blank, which readers skip */
    int quote = n == 0 || s[0] == ' ' || s[n - 1] == ' ';
    for (size_t i = 0; i < n && !quote; i++)
        quote = s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r';
    if (!quote)
        return kc_buf_add(b, s, n, e);
    if (kc_buf_addc(b, '"', e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if ((s[i] == '"' && kc_buf_addc(b, '"', e) != 0) || kc_buf_addc(b, s[i], e) != 0)
            return -1;
    return kc_buf_addc(b, '"', e);
}

static int header(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e)
{
    for (size_t j = 0; j < o->ncolumns; j++)
        if ((j && kc_buf_addc(b, ',', e) != 0) || kc_buf_adds(b, kc_out_column_key(o->columns[j]), e) != 0)
            return -1;
    return kc_buf_addc(b, '\n', e);
}

static int row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
               struct kc_err *e)
{
    for (size_t j = 0; j < o->ncolumns; j++) {
        size_t n;
        const char *s;
        int rc;
        if (j && kc_buf_addc(b, ',', e) != 0)
            return -1;
        switch (o->columns[j]) {
        case KC_COL_TERM:
            s = kc_strs_get(t->terms, i, &n);
            rc = add_field(b, s, n, e);
            break;
        case KC_COL_CLUSTER:
            rc = kc_out_add_u64(b, t->labels[i], e);
            break;
        case KC_COL_ROW:
            rc = kc_out_add_u64(b, number, e);
            break;
        default:
            rc = kc_out_add_real(b, kc_out_figure(t, i, o->columns[j]), e);
        }
        if (rc != 0)
            return -1;
    }
    return kc_buf_addc(b, '\n', e);
}

const struct kc_out_writer kc_out_writer_csv = {"csv", header, row};
