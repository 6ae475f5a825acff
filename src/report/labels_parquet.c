/* Labels as Parquet: a column for each of --columns, with the names that csv's header has. Ids are integers, or texts
 * if they have a format; figures are floats, null where they are not defined. */
#include "report/parquet.h"
#include "report/writer.h"

static enum kc_parquet_type type_of(enum kc_column c, const struct kc_out_opts *o)
{
    return c == KC_COL_TERM || (c == KC_COL_CLUSTER && o->id_format) ? KC_PARQUET_TEXT :
           c == KC_COL_CLUSTER || c == KC_COL_ROW ? KC_PARQUET_INT : KC_PARQUET_REAL;
}

int kc_out_parquet_begin(struct kc_parquet **out, struct kc_outfile *f, const struct kc_out_opts *o, struct kc_err *e)
{
    struct kc_parquet_column columns[KC_COLUMNS];
    for (size_t j = 0; j < o->ncolumns; j++)
        columns[j] = (struct kc_parquet_column){kc_out_column_key(o->columns[j]), type_of(o->columns[j], o)};
    return kc_parquet_begin(out, f, columns, o->ncolumns, e);
}

/* Add the id of the cluster of row i. */
static int add_cluster(struct kc_parquet *p, size_t j, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                       struct kc_buf *tmp, struct kc_err *e)
{
    uint32_t c = t->labels[i];
    if (!o->id_format)
        return kc_parquet_int(p, j, c == KC_NOISE ? -1 : t->ids ? t->ids[c] : (int64_t)c, e);
    tmp->n = 0;
    return kc_out_add_cluster(tmp, t, i, o, e) != 0 ? -1 : kc_parquet_text(p, j, tmp->p, tmp->n, e);
}

int kc_out_parquet_row(struct kc_parquet *p, const struct kc_labels *t, size_t i, uint64_t number,
                       const struct kc_out_opts *o, struct kc_buf *tmp, struct kc_err *e)
{
    for (size_t j = 0; j < o->ncolumns; j++) {
        char digits[20];
        size_t n;
        const char *s;
        int rc;
        switch (o->columns[j]) {
        case KC_COL_TERM:
            s = kc_out_term(t->terms, i, number, digits, &n);
            rc = kc_parquet_text(p, j, s, n, e);
            break;
        case KC_COL_CLUSTER: rc = add_cluster(p, j, t, i, o, tmp, e); break;
        case KC_COL_ROW: rc = kc_parquet_int(p, j, (int64_t)number, e); break;
        default: rc = kc_parquet_real(p, j, (float)kc_out_figure(t, i, o->columns[j]), e);
        }
        if (rc != 0)
            return -1;
    }
    return kc_parquet_row(p, e);
}

const struct kc_out_writer kc_out_writer_parquet = {"parquet", NULL, NULL};
