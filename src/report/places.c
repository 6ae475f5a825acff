/* Writes the places of rows. Coordinates are the shortest decimals that read back as the same floats, so all formats
 * hold the same numbers. An npy file is kept until its number of rows is known. */
#include "report/places.h"

#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"
#include "base/option.h"
#include "in/dataset.h"
#include "report/parquet.h"
#include "report/writer.h"

#define FLUSH_AT ((size_t)64 << 10)
#define HEADER 128 /* bytes of an npy header */

static const char *const names[KC_PLACE_COLUMNS] = {"term", "x", "y", "z", "cluster", "label", "row"};

struct kc_place_file {
    struct kc_outfile *f;
    const struct kc_place_opts *o;
    struct kc_parquet *parquet;
    struct kc_buf b;
    size_t dims; /* of npy */
};

int kc_place_columns_parse(const char *list, struct kc_place_opts *o, const char *option, struct kc_err *e)
{
    o->ncolumns = 0;
    for (const char *p = list;; p++) {
        const size_t n = strcspn(p, ",");
        const int c = kc_value_word(KC_PLACE_WORDS, p, n);
        char name[64];
        kc_err_escape(name, sizeof name, p, n);
        if (c < 0)
            return kc_err_set(e, KC_EUSAGE, "%s: no column '%s', expected some of term,x,y,z,cluster,label,row", option,
                              name);
        if (kc_place_has_column(o, (enum kc_place_column)c))
            return kc_err_set(e, KC_EUSAGE, "%s: column '%s' is given twice", option, name);
        o->columns[o->ncolumns++] = (enum kc_place_column)c;
        p += n;
        if (!*p)
            return 0;
    }
}

int kc_place_has_column(const struct kc_place_opts *o, enum kc_place_column c)
{
    for (size_t i = 0; i < o->ncolumns; i++)
        if (o->columns[i] == c)
            return 1;
    return 0;
}

/* Return the text of a cluster or label of row i; of 0 bytes, or -1 for a cluster, if it has none. */
static const char *get_name(const struct kc_places *t, size_t i, enum kc_place_column c, size_t *n)
{
    const uint32_t which = c == KC_PLACE_CLUSTER ? t->cluster[i] : t->label[i];
    *n = c == KC_PLACE_CLUSTER ? 2 : 0;
    return which == KC_NOISE ? "-1" : kc_strs_get(c == KC_PLACE_CLUSTER ? t->clusters : t->labels, which, n);
}

static int add_real(struct kc_buf *b, float x, struct kc_err *e)
{
    char text[KC_NUM_FLOAT_MAX];
    return kc_buf_add(b, text, kc_num_format_float(text, x), e);
}

/* Append the columns of row i as text. key: they are members of an object. */
static int add_columns(const struct kc_place_file *w, struct kc_buf *b, const struct kc_places *t, size_t i,
                       uint64_t number, const char *separator, int key, kc_out_add_term term, struct kc_err *e)
{
    for (size_t j = 0; j < w->o->ncolumns; j++) {
        const enum kc_place_column c = w->o->columns[j];
        char digits[20];
        size_t n;
        const char *s;
        int rc = j ? kc_buf_adds(b, separator, e) : 0;
        if (rc != 0 || (key && kc_buf_printf(b, e, "\"%s\":", names[c]) != 0))
            return -1;
        switch (c) {
        case KC_PLACE_X:
        case KC_PLACE_Y:
        case KC_PLACE_Z:
            rc = add_real(b, t->xy[i * t->dims + (size_t)(c - KC_PLACE_X)], e);
            break;
        case KC_PLACE_ROW:
            rc = kc_out_add_u64(b, number, e);
            break;
        case KC_PLACE_TERM:
            s = kc_out_term(t->terms, i, number, digits, &n);
            rc = term(b, s, n, e);
            break;
        default:
            s = get_name(t, i, c, &n);
            rc = c == KC_PLACE_CLUSTER && w->o->integers ? kc_buf_add(b, s, n, e) :
                 key && n == 0 ? kc_buf_adds(b, "null", e) : n == 0 && w->o->ncolumns > 1 ? 0 : term(b, s, n, e);
        }
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int add_text_row(const struct kc_place_file *w, struct kc_buf *b, const struct kc_places *t, size_t i,
                        uint64_t number, struct kc_err *e)
{
    const int json = w->o->format == KC_OUT_JSONL, csv = w->o->format == KC_OUT_CSV;
    if (json && kc_buf_addc(b, '{', e) != 0)
        return -1;
    if (add_columns(w, b, t, i, number, json || csv ? "," : "\t", json,
                    json ? kc_jsonw_quote : csv ? kc_out_csv_text(&w->o->csv) : kc_out_tsv_escape, e) != 0)
        return -1;
    return kc_buf_adds(b, json ? "}\n" : "\n", e);
}

/* Return the whole number of n digits. */
static int64_t read_whole(const char *s, size_t n)
{
    int64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = 10 * v + (s[i] - '0');
    return v;
}

static int add_parquet_row(struct kc_parquet *p, const struct kc_place_opts *o, const struct kc_places *t, size_t i,
                           uint64_t number, struct kc_err *e)
{
    for (size_t j = 0; j < o->ncolumns; j++) {
        const enum kc_place_column c = o->columns[j];
        char digits[20];
        size_t n;
        const char *s;
        int rc;
        switch (c) {
        case KC_PLACE_X:
        case KC_PLACE_Y:
        case KC_PLACE_Z:
            rc = kc_parquet_real(p, j, t->xy[i * t->dims + (size_t)(c - KC_PLACE_X)], e);
            break;
        case KC_PLACE_ROW:
            rc = kc_parquet_int(p, j, (int64_t)number, e);
            break;
        case KC_PLACE_TERM:
            s = kc_out_term(t->terms, i, number, digits, &n);
            rc = kc_parquet_text(p, j, s, n, e);
            break;
        default:
            s = get_name(t, i, c, &n);
            if (c == KC_PLACE_CLUSTER && o->integers) {
                rc = kc_parquet_int(p, j, t->cluster[i] == KC_NOISE ? -1 : read_whole(s, n), e);
            } else {
                rc = n == 0 ? kc_parquet_null(p, j, e) : kc_parquet_text(p, j, s, n, e);
            }
        }
        if (rc != 0)
            return -1;
    }
    return kc_parquet_row(p, e);
}

static int begin_parquet(struct kc_place_file *w, struct kc_err *e)
{
    struct kc_parquet_column columns[KC_PLACE_COLUMNS];
    for (size_t j = 0; j < w->o->ncolumns; j++) {
        const enum kc_place_column c = w->o->columns[j];
        const int whole = c == KC_PLACE_ROW || (c == KC_PLACE_CLUSTER && w->o->integers);
        columns[j] = (struct kc_parquet_column){
            names[c], whole ? KC_PARQUET_INT : c >= KC_PLACE_X && c <= KC_PLACE_Z ? KC_PARQUET_REAL : KC_PARQUET_TEXT,
            c == KC_PLACE_LABEL};
    }
    return kc_parquet_begin(&w->parquet, w->f, columns, w->o->ncolumns, e);
}

/* Append the header line of csv. */
static int add_csv_header(struct kc_place_file *w, struct kc_err *e)
{
    if (kc_out_csv_begin(&w->b, &w->o->csv, e) != 0)
        return -1;
    for (size_t j = 0; j < w->o->ncolumns; j++)
        if ((j && kc_buf_addc(&w->b, ',', e) != 0) || kc_buf_adds(&w->b, names[w->o->columns[j]], e) != 0)
            return -1;
    return kc_buf_addc(&w->b, '\n', e);
}

int kc_out_places_begin(struct kc_place_file **out, struct kc_outfile *f, const struct kc_place_opts *o,
                        struct kc_err *e)
{
    struct kc_place_file *w = kc_mem_zalloc(1, sizeof *w, e);
    *out = w;
    if (!w)
        return -1;
    w->f = f;
    w->o = o;
    return o->format == KC_OUT_PARQUET ? begin_parquet(w, e) : o->format == KC_OUT_CSV ? add_csv_header(w, e) : 0;
}

/* Write what is in the buffer, if it is enough. */
static int flush(struct kc_place_file *w, size_t enough, struct kc_err *e)
{
    if (w->b.n < enough || w->b.n == 0)
        return 0;
    const int rc = kc_outfile_write(w->f, w->b.p, w->b.n, e);
    w->b.n = 0;
    return rc;
}

int kc_out_places_add(struct kc_place_file *w, const struct kc_places *t, struct kc_err *e)
{
    uint64_t row = 0;
    size_t skip = 0;
    if (w->o->format == KC_OUT_NPY) {
        w->dims = t->dims;
        return kc_buf_add(&w->b, t->xy, kc_mem_mul(kc_mem_mul(t->n, t->dims), sizeof *t->xy), e);
    }
    for (size_t i = 0; i < t->n; i++, row++) {
        while (!t->rows && skip < t->nskipped && t->skipped[skip] == row) {
            skip++;
            row++;
        }
        const uint64_t number = t->rows ? t->rows[i] : row;
        if ((w->parquet ? add_parquet_row(w->parquet, w->o, t, i, number, e) :
                          add_text_row(w, &w->b, t, i, number, e)) != 0 || flush(w, FLUSH_AT, e) != 0)
            return -1;
    }
    return flush(w, 1, e);
}

/* Write an npy file of the floats in the buffer. */
static int write_npy(struct kc_place_file *w, struct kc_err *e)
{
    char head[HEADER];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    head[8] = HEADER - 10;
    head[9] = 0;
    const int n = snprintf(head + 10, HEADER - 11, "{'descr': '%cf4', 'fortran_order': False, 'shape': (%zu, %zu), }",
                           KC_BIG_ENDIAN ? '>' : '<', w->b.n / sizeof(float) / w->dims, w->dims);
    head[10 + n] = ' ';
    head[HEADER - 1] = '\n';
    return kc_outfile_write(w->f, head, sizeof head, e) != 0 ? -1 : flush(w, 1, e);
}

int kc_out_places_end(struct kc_place_file *w, struct kc_err *e)
{
    return w->parquet ? kc_parquet_end(w->parquet, e) : w->o->format == KC_OUT_NPY ? write_npy(w, e) : flush(w, 1, e);
}

void kc_out_places_free(struct kc_place_file *w)
{
    if (!w)
        return;
    kc_parquet_free(w->parquet);
    kc_buf_free(&w->b);
    kc_mem_free(w);
}
