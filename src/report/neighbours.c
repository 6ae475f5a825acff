/* Writes the lists of neighbours. In npy, a row's record holds its m neighbours and their similarities, so that
 * np.load(FILE)["row"] is an (n, m) array; m is in the type, as numpy has it for records with arrays in them. */
#include "report/neighbours.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/option.h"
#include "in/dataset.h"
#include "report/writer.h"

#define FLUSH_AT ((size_t)64 << 10)

/* What the functions below pass on. */
struct near_writer {
    const struct kc_near *t;
    const struct kc_near_opts *o;
    struct kc_buf *b;
    struct kc_err *e;
};

int kc_near_columns_parse(const char *list, struct kc_near_opts *o, const char *option, struct kc_err *e)
{
    o->ncolumns = 0;
    for (const char *p = list;; p++) {
        const size_t n = strcspn(p, ",");
        const int c = kc_value_word(KC_NEAR_WORDS, p, n);
        char name[64];
        kc_err_escape(name, sizeof name, p, n);
        if (c < 0)
            return kc_err_set(e, KC_EUSAGE, "%s: no column '%s', expected some of "
                              "term,neighbour,similarity,rank,row,neighbour_row", option, name);
        for (size_t i = 0; i < o->ncolumns; i++)
            if (o->columns[i] == (enum kc_near_column)c)
                return kc_err_set(e, KC_EUSAGE, "%s: column '%s' is given twice", option, name);
        o->columns[o->ncolumns++] = (enum kc_near_column)c;
        p += n;
        if (!*p)
            return 0;
    }
}

static uint64_t get_number(const struct kc_near *t, size_t i)
{
    return kc_in_row_number(t->skipped, t->nskipped, i);
}

static int add_term(const struct near_writer *w, size_t i, kc_out_add_term term)
{
    char digits[20];
    size_t n;
    const char *s = kc_out_term(w->t->terms, i, get_number(w->t, i), digits, &n);
    return term(w->b, s, n, w->e);
}

static int add_real(const struct near_writer *w, float x)
{
    char text[KC_OUT_REAL_MAX];
    return kc_buf_add(w->b, text, kc_out_real(text, (double)x), w->e);
}

/* Append the line of row i and the neighbour that is number `rank` in its list, from 0. */
static int add_line(const struct near_writer *w, size_t i, uint32_t rank, char separator, kc_out_add_term term)
{
    const struct kc_neighbours *g = w->t->g;
    const size_t at = i * g->m + rank;
    for (size_t j = 0; j < w->o->ncolumns; j++) {
        int rc = j ? kc_buf_addc(w->b, separator, w->e) : 0;
        if (rc != 0)
            return -1;
        switch (w->o->columns[j]) {
        case KC_NEAR_TERM:
            rc = add_term(w, i, term);
            break;
        case KC_NEAR_NEIGHBOUR:
            rc = add_term(w, g->id[at], term);
            break;
        case KC_NEAR_SIMILARITY:
            rc = add_real(w, g->similarity[at]);
            break;
        case KC_NEAR_RANK:
            rc = kc_out_add_u64(w->b, rank + (uint64_t)1, w->e);
            break;
        case KC_NEAR_ROW:
            rc = kc_out_add_u64(w->b, get_number(w->t, i), w->e);
            break;
        default:
            rc = kc_out_add_u64(w->b, get_number(w->t, g->id[at]), w->e);
        }
        if (rc != 0)
            return -1;
    }
    return kc_buf_addc(w->b, '\n', w->e);
}

/* Return 1 if row i is to name this neighbour: with pairs, only the first row of two does, unless only the second one
 * has the other in its list. */
static int is_named(const struct near_writer *w, size_t i, uint32_t other)
{
    const struct kc_neighbours *g = w->t->g;
    if (!w->o->pairs || i < other)
        return 1;
    for (uint32_t j = 0; j < g->count[other]; j++)
        if (g->id[(size_t)other * g->m + j] == i)
            return 0;
    return 1;
}

/* Append the object of row i. */
static int add_object(const struct near_writer *w, size_t i)
{
    const struct kc_neighbours *g = w->t->g;
    if (kc_buf_adds(w->b, "{\"term\":", w->e) != 0 || add_term(w, i, kc_jsonw_quote) != 0 ||
        kc_buf_printf(w->b, w->e, ",\"row\":%llu,\"neighbours\":[", (unsigned long long)get_number(w->t, i)) != 0)
        return -1;
    for (uint32_t j = 0; j < g->count[i]; j++) {
        const size_t at = i * g->m + j;
        if (kc_buf_adds(w->b, j ? ",{\"term\":" : "{\"term\":", w->e) != 0 ||
            add_term(w, g->id[at], kc_jsonw_quote) != 0 ||
            kc_buf_printf(w->b, w->e, ",\"row\":%llu,\"similarity\":",
                          (unsigned long long)get_number(w->t, g->id[at])) != 0 ||
            add_real(w, g->similarity[at]) != 0 || kc_buf_addc(w->b, '}', w->e) != 0)
            return -1;
    }
    return kc_buf_adds(w->b, "]}\n", w->e);
}

/* Append the record of row i. */
static int add_record(const struct near_writer *w, size_t i)
{
    const struct kc_neighbours *g = w->t->g;
    for (uint32_t j = 0; j < g->m; j++) {
        const int32_t id = j < g->count[i] ? (int32_t)g->id[i * g->m + j] : -1;
        if (kc_buf_add(w->b, &id, sizeof id, w->e) != 0)
            return -1;
    }
    for (uint32_t j = 0; j < g->m; j++) {
        const float x = j < g->count[i] ? g->similarity[i * g->m + j] : NAN;
        if (kc_buf_add(w->b, &x, sizeof x, w->e) != 0)
            return -1;
    }
    return 0;
}

/* Append the header of the npy file: its text fills up to a multiple of 64 bytes. */
static int add_npy_header(const struct near_writer *w)
{
    const struct kc_neighbours *g = w->t->g;
    const char order = KC_BIG_ENDIAN ? '>' : '<';
    char text[256];
    int n = snprintf(text, sizeof text,
                     "{'descr': [('row', '%ci4', (%u,)), ('similarity', '%cf4', (%u,))], 'fortran_order': False, "
                     "'shape': (%zu,), }", order, g->m, order, g->m, g->n);
    while ((n + 10 + 1) % 64 != 0)
        text[n++] = ' ';
    text[n++] = '\n';
    const char head[10] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(n & 0xFF), (char)(n >> 8)};
    return kc_buf_add(w->b, head, sizeof head, w->e) != 0 ? -1 : kc_buf_add(w->b, text, (size_t)n, w->e);
}

/* Append the header line of csv. */
static int add_csv_header(const struct near_writer *w)
{
    static const char *const names[] = {"term", "neighbour", "similarity", "rank", "row", "neighbour_row"};
    if (kc_out_csv_begin(w->b, &w->o->csv, w->e) != 0)
        return -1;
    for (size_t j = 0; j < w->o->ncolumns; j++)
        if ((j && kc_buf_addc(w->b, ',', w->e) != 0) || kc_buf_adds(w->b, names[w->o->columns[j]], w->e) != 0)
            return -1;
    return kc_buf_addc(w->b, '\n', w->e);
}

/* Append what the format has for row i. */
static int add_row(const struct near_writer *w, size_t i, uint64_t *lines)
{
    const struct kc_neighbours *g = w->t->g;
    const int tsv = w->o->format == KC_OUT_TSV;
    if (w->o->format == KC_OUT_JSONL || w->o->format == KC_OUT_NPY) {
        *lines += g->count[i];
        return w->o->format == KC_OUT_NPY ? add_record(w, i) : add_object(w, i);
    }
    for (uint32_t j = 0; j < g->count[i]; j++) {
        if (!is_named(w, i, g->id[i * g->m + j]))
            continue;
        ++*lines;
        if (add_line(w, i, j, tsv ? '\t' : ',', tsv ? kc_out_tsv_escape : kc_out_csv_text(&w->o->csv)) != 0)
            return -1;
    }
    return 0;
}

int kc_out_near(struct kc_outfile *f, const struct kc_near *t, const struct kc_near_opts *o, uint64_t *lines,
                struct kc_err *e)
{
    struct kc_buf b = {0};
    const struct near_writer w = {t, o, &b, e};
    int rc = o->format == KC_OUT_NPY ? add_npy_header(&w) : o->format == KC_OUT_CSV ? add_csv_header(&w) : 0;
    *lines = 0;
    for (size_t i = 0; rc == 0 && i < t->g->n; i++) {
        rc = add_row(&w, i, lines);
        if (rc == 0 && b.n >= FLUSH_AT) {
            rc = kc_outfile_write(f, b.p, b.n, e);
            b.n = 0;
        }
    }
    if (rc == 0 && b.n > 0)
        rc = kc_outfile_write(f, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}
