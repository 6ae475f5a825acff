/* What the label writers share: formats and columns by name, the formats of ids, and the loop over the rows. The bytes
 * of a single format are in tsv.c, csv.c, jsonl.c, labels_npy.c and labels_parquet.c. */
#include "report/labels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/suggest.h"
#include "base/utf8.h"
#include "io/suffix.h"
#include "report/parquet.h"
#include "report/writer.h"

#define FLUSH_AT ((size_t)64 << 10)

static const struct kc_out_writer *const writers[KC_OUT_FORMATS] = {
    [KC_OUT_TSV] = &kc_out_writer_tsv,
    [KC_OUT_CSV] = &kc_out_writer_csv,
    [KC_OUT_JSONL] = &kc_out_writer_jsonl,
    [KC_OUT_NPY] = &kc_out_writer_npy,
    [KC_OUT_PARQUET] = &kc_out_writer_parquet,
};

static const char *const column_names[KC_COLUMNS] = {"term", "cluster", "similarity", "margin", "silhouette", "row",
                                               "label", "purity", "probability", "outlier", "stability"};

int kc_out_format_by_name(const char *name, enum kc_out_format *f)
{
    for (int i = 0; i < KC_OUT_FORMATS; i++)
        if (strcmp(writers[i]->name, name) == 0) {
            *f = (enum kc_out_format)i;
            return 0;
        }
    return -1;
}

int kc_out_format_by_suffix(const char *path, const char *option, const char *words, const char *cure,
                            enum kc_out_format *format, struct kc_err *e)
{
    char suffix[KC_SUFFIX_MAX];
    if (*kc_suffix_of(path, suffix) == '\0' || strcmp(suffix, "txt") == 0)
        return 0;
    int i = kc_suffix_find(words, suffix);
    if (i < 0)
        return kc_suffix_refuse(path, option, words, cure, e);
    *format = (enum kc_out_format)i;
    return 0;
}

const char *kc_out_column_key(enum kc_column c)
{
    return c == KC_COL_CLUSTER ? "cluster_id" : c == KC_COL_LABEL ? "cluster_label" : column_names[c];
}

int kc_out_has_column(const struct kc_out_opts *o, enum kc_column c)
{
    for (size_t i = 0; i < o->ncolumns; i++)
        if (o->columns[i] == c)
            return 1;
    return 0;
}

int kc_out_wants_figures(const struct kc_out_opts *o)
{
    return kc_out_has_column(o, KC_COL_SIMILARITY) || kc_out_has_column(o, KC_COL_MARGIN) ||
           kc_out_has_column(o, KC_COL_SILHOUETTE);
}
/* What others call the columns. */
static const struct {
    const char *name;
    enum kc_column column;
} others[] = {{"name", KC_COL_LABEL}, {"cluster_labels", KC_COL_LABEL}, {"cluster_name", KC_COL_LABEL},
              {"topic", KC_COL_LABEL}, {"keywords", KC_COL_LABEL}, {"words", KC_COL_LABEL},
              {"id", KC_COL_TERM}, {"text", KC_COL_TERM}, {"key", KC_COL_TERM}, {"index", KC_COL_ROW},
              {"number", KC_COL_ROW}, {"distance", KC_COL_SIMILARITY}, {"score", KC_COL_SIMILARITY},
              {"strength", KC_COL_PROBABILITY}, {"probabilities", KC_COL_PROBABILITY},
              {"outlier_score", KC_COL_OUTLIER}, {"outlier_scores", KC_COL_OUTLIER}};

static int is_word(const char *word, const char *s, size_t n)
{
    return strlen(word) == n && memcmp(word, s, n) == 0;
}

static int column_by_name(const char *s, size_t n)
{
    for (int i = 0; i < KC_COLUMNS; i++)
        if (is_word(column_names[i], s, n) || is_word(kc_out_column_key((enum kc_column)i), s, n))
            return i;
    return -1;
}

/* Report a name that no column has. */
static int refuse_column(const char *p, size_t n, struct kc_err *e)
{
    char name[64], msg[256];
    struct kc_known known;
    if (n == 0 || strchr(" \t", *p))
        return kc_err_set(e, KC_EUSAGE, "an empty column, or a blank: columns are written as in term,cluster,label");
    kc_err_escape(name, sizeof name, p, n);
    snprintf(msg, sizeof msg, "no column '%s', expected some of ", name);
    kc_known_begin(&known, name, msg, sizeof msg);
    known.most = KC_COLUMNS;
    for (int i = 0; i < KC_COLUMNS; i++)
        kc_known_add(&known, column_names[i], strlen(column_names[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (is_word(others[i].name, p, n))
            known.meant = (struct kc_suggest){.word = name, .best = column_names[others[i].column],
                                              .best_n = strlen(column_names[others[i].column])};
    kc_known_end(&known);
    return kc_err_set(e, KC_EUSAGE, "%s", msg);
}

int kc_out_columns_parse(const char *list, struct kc_out_opts *o, struct kc_err *e)
{
    o->ncolumns = 0;
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ",");
        int c = column_by_name(p, n);
        if (c < 0)
            return refuse_column(p, n, e);
        if (kc_out_has_column(o, (enum kc_column)c))
            return kc_err_set(e, KC_EUSAGE, "column '%s' is given twice", column_names[c]);
        o->columns[o->ncolumns++] = (enum kc_column)c;
        p += n;
        if (!*p)
            return 0;
    }
}

double kc_out_figure(const struct kc_labels *t, size_t i, enum kc_column c)
{
    const float *const figures[KC_COLUMNS] = {
        [KC_COL_SIMILARITY] = t->similarity, [KC_COL_MARGIN] = t->margin, [KC_COL_SILHOUETTE] = t->silhouette,
        [KC_COL_PURITY] = t->purity, [KC_COL_PROBABILITY] = t->probability, [KC_COL_OUTLIER] = t->outlier,
        [KC_COL_STABILITY] = t->stability};
    return (double)figures[c][i];
}

size_t kc_out_real(char out[KC_OUT_REAL_MAX], double x)
{
    if (!isfinite(x) || fabs(x) > 1e12)
        return 0;
    double scaled = nearbyint(fabs(x) * 1e6);
    uint64_t v = (uint64_t)scaled;
    size_t n = 0;
    if (x < 0 && v > 0)
        out[n++] = '-';
    n += kc_jsonw_digits(out + n, v / 1000000);
    out[n++] = '.';
    uint64_t frac = v % 1000000;
    for (int i = 5; i >= 0; i--, frac /= 10)
        out[n + (size_t)i] = (char)('0' + frac % 10);
    return n + 6;
}

const char *kc_out_term(const struct kc_strs *terms, size_t i, uint64_t row, char digits[20], size_t *n)
{
    if (terms->n > 0)
        return kc_strs_get(terms, i, n);
    *n = kc_jsonw_digits(digits, row);
    return digits;
}

int kc_out_add_u64(struct kc_buf *b, uint64_t v, struct kc_err *e)
{
    char t[20];
    return kc_buf_add(b, t, kc_jsonw_digits(t, v), e);
}

/* Parse the %d or %0Nd at p. Return what follows it, and its least width in *width; NULL if there is none at p. */
static const char *parse_number_place(const char *p, unsigned *width)
{
    *width = 0;
    if (*p != '%')
        return NULL;
    /* The check asks for a leading zero: ids are padded with zeros only. */
    for (p++; *p >= '0' && *p <= '9' && *width < 100; p++)
        *width = *width * 10 + (unsigned)(*p - '0');
    return *p == 'd' ? p + 1 : NULL;
}

int kc_out_id_format_check(const char *format, const char *option, struct kc_err *e)
{
    size_t numbers = 0;
    unsigned width;
    int bad = kc_utf8_bad(format, format + strlen(format)) != NULL;
    for (const char *p = format, *q; *p && !bad; p = q) {
        q = p + 1 + (p[0] == '%' && p[1] == '%');
        if (*p == '%' && p[1] != '%') {
            const char *after = parse_number_place(p, &width);
            bad = !after || width > 20 || (p[1] != 'd' && p[1] != '0');
            q = after ? after : q;
            numbers++;
        }
        bad |= (unsigned char)*p < 0x20 || *p == 0x7f || strchr("\"\\,", *p) != NULL;
    }
    char shown[64];
    if (!bad && numbers == 1)
        return 0;
    kc_err_escape(shown, sizeof shown, format, strlen(format));
    return kc_err_set(e, KC_EUSAGE,
                      "%s: '%s' is not text with one %%d or %%0Nd in it (%%%% is a percent sign), without quotes, "
                      "commas, backslashes and control characters",
                      option, shown);
}

int kc_out_add_id(struct kc_buf *b, const char *format, uint64_t id, struct kc_err *e)
{
    unsigned width;
    char digits[20];
    size_t n = kc_jsonw_digits(digits, id);
    if (!format)
        return kc_buf_add(b, digits, n, e);
    for (const char *p = format, *q; *p; p = q) {
        q = parse_number_place(p, &width);
        if (!q) {
            q = p + 1 + (p[0] == '%');
            if (kc_buf_addc(b, *p, e) != 0)
                return -1;
            continue;
        }
        for (size_t zeros = width > n ? width - n : 0; zeros > 0; zeros--)
            if (kc_buf_addc(b, '0', e) != 0)
                return -1;
        if (kc_buf_add(b, digits, n, e) != 0)
            return -1;
    }
    return 0;
}

static int add_id(struct kc_buf *b, const struct kc_labels *t, uint32_t c, const struct kc_out_opts *o,
                  struct kc_err *e)
{
    return kc_out_add_id(b, o->id_format, t->ids ? (uint64_t)t->ids[c] : c, e);
}

int kc_out_add_cluster(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                       struct kc_err *e)
{
    uint32_t c = t->labels[i];
    return c == KC_NOISE ? kc_buf_add(b, "-1", 2, e) :
           add_id(b, t, c, o, e);
}

static int add_real(struct kc_buf *b, double x, struct kc_err *e)
{
    char t[KC_OUT_REAL_MAX];
    return kc_buf_add(b, t, kc_out_real(t, x), e);
}

uint32_t kc_out_top(const struct kc_labels *t, size_t i, uint64_t j, const struct kc_out_opts *o, float *similarity)
{
    const size_t at = i * (size_t)o->top + (size_t)j;
    *similarity = t->top_similarity[at];
    return t->top[at];
}

int kc_out_add_top_id(struct kc_buf *b, const struct kc_labels *t, uint32_t c, const struct kc_out_opts *o,
                      struct kc_err *e)
{
    return add_id(b, t, c, o, e);
}

const char *kc_out_name(const struct kc_labels *t, size_t i, size_t *n)
{
    *n = 0;
    return t->labels[i] == KC_NOISE ? "" : kc_strs_get(t->names, t->labels[i], n);
}

/* Append the label of the cluster of row i. Without one the column is empty, without quotes unless it stands alone. */
static int add_name(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                    kc_out_add_term term, struct kc_err *e)
{
    size_t n;
    const char *name = kc_out_name(t, i, &n);
    return n == 0 && (o->ncolumns > 1 || o->nlevels > 0 || o->top > 0) ? 0 : term(b, name, n, e);
}

int kc_out_level_names(struct kc_buf *b, const struct kc_out_opts *o, char separator, struct kc_err *e)
{
    for (size_t j = 0; j < o->nlevels; j++)
        if (kc_buf_printf(b, e, "%clevel%zu", separator, j + 1) != 0)
            return -1;
    return 0;
}

int kc_out_add_level(struct kc_buf *b, const struct kc_labels *t, size_t i, size_t j, const struct kc_out_opts *o,
                     struct kc_err *e)
{
    const uint32_t c = t->level[j][i];
    return c == KC_NOISE ? kc_buf_adds(b, "-1", e) : kc_out_add_id(b, o->id_format, c, e);
}

/* Append the row's clusters at the levels as columns. */
static int add_levels(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                      char separator, struct kc_err *e)
{
    for (size_t j = 0; j < o->nlevels; j++)
        if (kc_buf_addc(b, separator, e) != 0 || kc_out_add_level(b, t, i, j, o, e) != 0)
            return -1;
    return 0;
}

/* Append the nearest clusters and their similarities as columns, empty where there are fewer. */
static int add_top(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o, char separator,
                   struct kc_err *e)
{
    for (uint64_t j = 0; j < o->top; j++) {
        float similarity;
        uint32_t c = kc_out_top(t, i, j, o, &similarity);
        int there = c != KC_NONE;
        if (kc_buf_addc(b, separator, e) != 0 || (there && add_id(b, t, c, o, e) != 0) ||
            kc_buf_addc(b, separator, e) != 0 || (there && add_real(b, (double)similarity, e) != 0))
            return -1;
    }
    return 0;
}

int kc_out_add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
                   char separator, kc_out_add_term term, struct kc_err *e)
{
    for (size_t j = 0; j < o->ncolumns; j++) {
        size_t n;
        const char *s;
        char digits[20];
        int rc;
        if (j && kc_buf_addc(b, separator, e) != 0)
            return -1;
        switch (o->columns[j]) {
        case KC_COL_TERM:
            s = kc_out_term(t->terms, i, number, digits, &n);
            rc = term(b, s, n, e);
            break;
        case KC_COL_CLUSTER:
            rc = kc_out_add_cluster(b, t, i, o, e);
            break;
        case KC_COL_ROW:
            rc = kc_out_add_u64(b, number, e);
            break;
        case KC_COL_LABEL:
            rc = add_name(b, t, i, o, term, e);
            break;
        default:
            rc = add_real(b, kc_out_figure(t, i, o->columns[j]), e);
        }
        if (rc != 0)
            return -1;
    }
    return add_levels(b, t, i, o, separator, e) != 0 || add_top(b, t, i, o, separator, e) != 0 ? -1 :
           kc_buf_addc(b, '\n', e);
}

struct kc_label_file {
    struct kc_outfile *f;
    const struct kc_out_opts *o;
    struct kc_parquet *parquet;
    char *names; /* of columns of the Parquet file */
    struct kc_buf b;
    int begun; /* rows have been written */
};

int kc_out_labels_begin(struct kc_label_file **out, struct kc_outfile *f, const struct kc_out_opts *o,
                        struct kc_err *e)
{
    const struct kc_out_writer *writer = writers[o->format];
    struct kc_label_file *w = kc_mem_zalloc(1, sizeof *w, e);
    *out = w;
    if (!w)
        return -1;
    w->f = f;
    w->o = o;
    if (o->format == KC_OUT_PARQUET)
        return kc_out_parquet_begin(&w->parquet, &w->names, f, o, e);
    return o->annotate == KC_RAW_NONE && writer->header && writer->header(&w->b, o, e) != 0 ? -1 :
           w->b.n ? kc_outfile_write(f, w->b.p, w->b.n, e) : 0;
}

int kc_out_labels_add(struct kc_label_file *w, const struct kc_labels *t, struct kc_err *e)
{
    const struct kc_out_opts *o = w->o;
    struct kc_buf *b = &w->b;
    uint64_t row = 0;
    size_t skip = 0;
    b->n = o->format == KC_OUT_NPY ? b->n : 0; /* whose header says how many there are */
    if (o->annotate != KC_RAW_NONE && t->head && !w->begun && kc_out_table_begin(b, t->head, o, e) != 0)
        return -1;
    w->begun = 1;
    for (size_t i = 0; i < t->n; i++, row++) {
        while (!t->rows && skip < t->nskipped && t->skipped[skip] == row) {
            skip++;
            row++;
        }
        uint64_t number = t->rows ? t->rows[i] : row;
        if ((w->parquet ? kc_out_parquet_row(w->parquet, t, i, number, o, b, e) :
             o->annotate != KC_RAW_NONE && t->head ? kc_out_table_row(b, t, i, number, o, e) :
             writers[o->format]->row(b, t, i, number, o, e)) != 0)
            return -1;
        if (!w->parquet && o->format != KC_OUT_NPY && b->n >= FLUSH_AT) {
            if (kc_outfile_write(w->f, b->p, b->n, e) != 0)
                return -1;
            b->n = 0;
        }
    }
    return !w->parquet && o->format != KC_OUT_NPY && b->n ? kc_outfile_write(w->f, b->p, b->n, e) : 0;
}

int kc_out_labels_end(struct kc_label_file *w, struct kc_err *e)
{
    return w->parquet ? kc_parquet_end(w->parquet, e) : w->o->format == KC_OUT_NPY ? kc_out_npy_end(w->f, &w->b, e) : 0;
}

void kc_out_labels_free(struct kc_label_file *w)
{
    if (!w)
        return;
    kc_parquet_free(w->parquet);
    kc_mem_free(w->names);
    kc_buf_free(&w->b);
    kc_mem_free(w);
}

int kc_out_labels(struct kc_outfile *f, const struct kc_labels *t, const struct kc_out_opts *o, struct kc_err *e)
{
    struct kc_label_file *w = NULL;
    int rc = kc_out_labels_begin(&w, f, o, e) != 0 || kc_out_labels_add(w, t, e) != 0 ? -1 : kc_out_labels_end(w, e);
    kc_out_labels_free(w);
    return rc;
}
