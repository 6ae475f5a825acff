/* The records of a csv or tsv, written back as they were read, without their vectors and with columns added at the end.
 * There is a header if the input has one: the names as they were written, then those of the columns. */
#include <string.h>
#include "report/writer.h"

/* List the columns that are added: the cluster first, and never the term, which the record has. */
static struct kc_out_opts added_columns(const struct kc_out_opts *o)
{
    struct kc_out_opts added = *o;
    added.ncolumns = 0;
    added.columns[added.ncolumns++] = KC_COL_CLUSTER;
    for (size_t j = 0; j < o->ncolumns; j++)
        if (o->columns[j] != KC_COL_TERM && o->columns[j] != KC_COL_CLUSTER)
            added.columns[added.ncolumns++] = o->columns[j];
    return added;
}

int kc_out_table_begin(struct kc_buf *b, const struct kc_raw_head *head, const struct kc_out_opts *o, struct kc_err *e)
{
    const struct kc_out_opts added = added_columns(o);
    if (o->id_format && strchr(o->id_format, head->sep))
        return kc_err_set(e, KC_EUSAGE, "--id-format has a '%c', which separates the columns of the input", head->sep);
    if (!head->header)
        return 0;
    if (kc_buf_add(b, head->names, head->n, e) != 0)
        return -1;
    for (size_t j = 0; j < added.ncolumns; j++)
        if (((j || head->columns > 0) && kc_buf_addc(b, head->sep, e) != 0) ||
            kc_buf_adds(b, kc_out_column_key(added.columns[j]), e) != 0)
            return -1;
    if (kc_out_level_names(b, o, head->sep, e) != 0)
        return -1;
    for (uint64_t j = 1; j <= o->top; j++)
        if (kc_buf_printf(b, e, "%ctop%llu%csim%llu", head->sep, (unsigned long long)j, head->sep,
                          (unsigned long long)j) != 0)
            return -1;
    return kc_buf_addc(b, '\n', e);
}

/* Take the place of a term's writer: there is no term among the columns. */
static int add_no_term(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    return kc_buf_add(b, s, n, e);
}

int kc_out_table_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number,
                     const struct kc_out_opts *o, struct kc_err *e)
{
    const struct kc_out_opts added = added_columns(o);
    size_t n;
    const char *s = kc_strs_get(t->raws, i, &n);
    return kc_buf_add(b, s, n, e) != 0 || (t->head->columns > 0 && kc_buf_addc(b, t->head->sep, e) != 0) ? -1 :
           kc_out_add_row(b, t, i, number, &added, t->head->sep, add_no_term, e);
}
