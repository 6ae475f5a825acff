/* csv: RFC 4180 with a header line; lines end in a plain newline, as every Unix tool expects. */
#include <string.h>
#include "report/writer.h"

int kc_out_csv_field(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    /* quote an empty field: a line of one empty field would be blank, and readers skip blank lines */
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

static int add_header(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e)
{
    for (size_t j = 0; j < o->ncolumns; j++)
        if ((j && kc_buf_addc(b, ',', e) != 0) || kc_buf_adds(b, kc_out_column_key(o->columns[j]), e) != 0)
            return -1;
    for (uint64_t j = 1; j <= o->top; j++)
        if (kc_buf_printf(b, e, ",top%llu,sim%llu", (unsigned long long)j, (unsigned long long)j) != 0)
            return -1;
    return kc_buf_addc(b, '\n', e);
}

static int add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
               struct kc_err *e)
{
    return kc_out_add_row(b, t, i, number, o, ',', kc_out_csv_field, e);
}

const struct kc_out_writer kc_out_writer_csv = {"csv", add_header, add_row};
