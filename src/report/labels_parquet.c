/* Labels as Parquet: a column for each of --columns, and two for each of the nearest clusters, with the names that
 * csv's header has. Ids are integers, or texts if they have a format. What csv leaves empty is null: figures that are
 * not defined, labels of unassigned rows, and nearest clusters that there are not. */
#include <stdio.h>
#include <string.h>
#include "report/parquet.h"
#include "report/writer.h"

#define NAME_MAX_BYTES 8 /* of sim100, with a NUL */

static enum kc_parquet_type type_of_id(const struct kc_out_opts *o)
{
    return o->id_format ? KC_PARQUET_TEXT : KC_PARQUET_INT;
}

static enum kc_parquet_type type_of(enum kc_column c, const struct kc_out_opts *o)
{
    return c == KC_COL_TERM || c == KC_COL_LABEL ? KC_PARQUET_TEXT :
           c == KC_COL_CLUSTER ? type_of_id(o) : c == KC_COL_ROW ? KC_PARQUET_INT : KC_PARQUET_REAL;
}

int kc_out_parquet_begin(struct kc_parquet **out, char **names, struct kc_outfile *f, const struct kc_out_opts *o,
                         struct kc_err *e)
{
    struct kc_parquet_column columns[KC_COLUMNS + KC_LABELS_LEVELS_MOST + 2 * KC_TOP_MOST];
    size_t n = 0;
    char *name = *names = kc_mem_alloc(2 * (size_t)o->top + o->nlevels, NAME_MAX_BYTES, e);
    if (!name)
        return -1;
    for (size_t j = 0; j < o->ncolumns; j++)
        columns[n++] = (struct kc_parquet_column){kc_out_column_key(o->columns[j]), type_of(o->columns[j], o),
                                                  o->columns[j] == KC_COL_LABEL};
    for (unsigned j = 0; j < o->nlevels; j++, name += NAME_MAX_BYTES) {
        snprintf(name, NAME_MAX_BYTES, "level%u", (j + 1) % 100);
        columns[n++] = (struct kc_parquet_column){name, type_of_id(o), 0};
    }
    for (unsigned j = 0; j < 2 * o->top; j++, name += NAME_MAX_BYTES) {
        snprintf(name, NAME_MAX_BYTES, "%s%u", j % 2 ? "sim" : "top", (j / 2 + 1) % 1000);
        columns[n++] = (struct kc_parquet_column){name, j % 2 ? KC_PARQUET_REAL : type_of_id(o), 1};
    }
    return kc_parquet_begin(out, f, columns, n, e);
}

/* Add an id to column j: that of cluster c, or -1 if the row is in none. */
static int add_id(struct kc_parquet *p, size_t j, const struct kc_labels *t, uint32_t c, const struct kc_out_opts *o,
                  struct kc_buf *tmp, struct kc_err *e)
{
    if (!o->id_format)
        return kc_parquet_int(p, j, c == KC_NOISE ? -1 : t->ids ? t->ids[c] : (int64_t)c, e);
    tmp->n = 0;
    if (c == KC_NOISE)
        return kc_parquet_text(p, j, "-1", 2, e);
    return kc_out_add_top_id(tmp, t, c, o, e) != 0 ? -1 : kc_parquet_text(p, j, tmp->p, tmp->n, e);
}

/* Add the number of row i's cluster at level j. Levels have no ids but these. */
static int add_level(struct kc_parquet *p, const struct kc_labels *t, size_t i, size_t j, const struct kc_out_opts *o,
                     struct kc_buf *tmp, struct kc_err *e)
{
    const uint32_t c = t->level[j][i];
    if (!o->id_format)
        return kc_parquet_int(p, o->ncolumns + j, c == KC_NOISE ? -1 : (int64_t)c, e);
    tmp->n = 0;
    return kc_out_add_level(tmp, t, i, j, o, e) != 0 ? -1 : kc_parquet_text(p, o->ncolumns + j, tmp->p, tmp->n, e);
}

/* Add the nearest clusters of row i and the similarities to them, from column j on. */
static int add_top(struct kc_parquet *p, size_t j, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                   struct kc_buf *tmp, struct kc_err *e)
{
    for (uint64_t place = 0; place < o->top; place++, j += 2) {
        float similarity;
        uint32_t c = kc_out_top(t, i, place, o, &similarity);
        int rc = c == KC_NONE ? kc_parquet_null(p, j, e) != 0 || kc_parquet_null(p, j + 1, e) != 0 :
                 add_id(p, j, t, c, o, tmp, e) != 0 || kc_parquet_real(p, j + 1, similarity, e) != 0;
        if (rc != 0)
            return -1;
    }
    return 0;
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
        case KC_COL_CLUSTER: rc = add_id(p, j, t, t->labels[i], o, tmp, e); break;
        case KC_COL_ROW: rc = kc_parquet_int(p, j, (int64_t)number, e); break;
        case KC_COL_LABEL:
            s = kc_out_name(t, i, &n);
            rc = n > 0 ? kc_parquet_text(p, j, s, n, e) : kc_parquet_null(p, j, e);
            break;
        default: rc = kc_parquet_real(p, j, (float)kc_out_figure(t, i, o->columns[j]), e);
        }
        if (rc != 0)
            return -1;
    }
    for (size_t j = 0; j < o->nlevels; j++)
        if (add_level(p, t, i, j, o, tmp, e) != 0)
            return -1;
    return add_top(p, o->ncolumns + o->nlevels, t, i, o, tmp, e) != 0 ? -1 : kc_parquet_row(p, e);
}

const struct kc_out_writer kc_out_writer_parquet = {"parquet", NULL, NULL};
