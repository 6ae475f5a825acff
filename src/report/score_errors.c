/* What lowers the figures of a labelling most, as text and as JSON: rows of low silhouette and where they would rather
 * be, clusters and classes with wrong and missed pairs, near-duplicates that are apart. The text has a few lines of
 * each. */
#include <math.h>
#include <string.h>
#include "in/dataset.h"
#include "report/names.h"
#include "report/score.h"
#include "report/width.h"

#define COLUMNS 80u
#define NAME 12u  /* columns of a cluster or class */
#define CELLS 3u  /* most parts of a cluster or class that a line names */

/* Return the number of data row `row` in its input. */
static unsigned long long get_number(const struct kc_score_report *r, size_t row)
{
    return (unsigned long long)kc_in_row_number(r->skipped, r->nskipped, row);
}

/* Return the term of a data row, of *n bytes; an empty one if there are no terms. */
static const char *get_term(const struct kc_score_report *r, size_t row, size_t *n)
{
    *n = 0;
    return r->terms->n > 0 ? kc_strs_get(r->terms, row, n) : "";
}

static size_t cut_list(const struct kc_score_report *r, size_t n)
{
    return n < r->most ? n : (size_t)r->most;
}

/* Append the term of a row in what is left of a line after `used` columns, and end the line. */
static int end_line(struct kc_buf *b, const struct kc_score_report *r, size_t row, unsigned used, struct kc_err *e)
{
    size_t n;
    const char *term = get_term(r, row, &n);
    return kc_out_add_cut(b, term, n, COLUMNS - used, e) != 0 ? -1 : kc_buf_addc(b, '\n', e);
}

/* Append a label in its column, and two spaces. */
static int add_name(struct kc_buf *b, const struct kc_labelling *l, uint32_t c, struct kc_err *e)
{
    return kc_out_add_label(b, l, c, NAME, 0, e) != 0 ? -1 : kc_buf_adds(b, "  ", e);
}

static int add_more(struct kc_buf *b, size_t all, size_t shown, struct kc_err *e)
{
    return all > shown ? kc_buf_printf(b, e, "and %zu more\n", all - shown) : 0;
}

static int add_worst(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    const struct kc_quality *q = r->quality;
    if (!q || q->nworst == 0)
        return 0;
    if (kc_buf_adds(b, "\nlowest silhouettes:\nsilhouette       row  cluster       nearest       term\n", e) != 0)
        return -1;
    for (size_t i = 0; i < q->nworst; i++) {
        const uint32_t at = q->worst[i];
        const size_t row = r->rows[at];
        if (kc_out_add_cell(b, (double)q->row_silhouette[at], 8, 4, e) != 0 ||
            kc_buf_printf(b, e, "  %8llu  ", get_number(r, row)) != 0 ||
            add_name(b, r->labels, r->of_row[row], e) != 0 || add_name(b, r->labels, q->row_nearest[at], e) != 0 ||
            end_line(b, r, row, 50, e) != 0)
            return -1;
    }
    return 0;
}

static int add_strays(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    const struct kc_quality *q = r->quality;
    const size_t shown = q ? cut_list(r, q->nstrays) : 0;
    if (shown == 0)
        return 0;
    if (kc_buf_adds(b, "\nrows nearer to another cluster, the costliest first:\n"
                       "silhouette      rows  cluster       nearest\n", e) != 0)
        return -1;
    for (size_t i = 0; i < shown; i++) {
        const struct kc_strays *s = &q->strays[i];
        if (kc_out_add_cell(b, s->silhouette, 8, 4, e) != 0 ||
            kc_buf_printf(b, e, "  %8llu  ", (unsigned long long)s->rows) != 0 ||
            add_name(b, r->labels, s->cluster, e) != 0 ||
            kc_out_add_label(b, r->labels, s->nearest, 0, 0, e) != 0 || kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    return add_more(b, q->nstrays, shown, e);
}

/* Append the largest cells of a row of a table as "a (51), b (40), 2 more (7)". names: of its columns. */
static int add_cells(struct kc_buf *b, const struct kc_table *t, uint32_t row, const struct kc_labelling *names,
                     size_t most, struct kc_err *e)
{
    size_t cell[CELLS], all = t->first[row + 1] - t->first[row];
    const size_t n = kc_confusions_largest(t, row, cell, most);
    uint64_t rest = t->row_sum[row];
    for (size_t i = 0; i < n; i++) {
        size_t len;
        const char *name = kc_strs_get(&names->names, t->col[cell[i]], &len);
        rest -= t->count[cell[i]];
        if (kc_buf_adds(b, i > 0 ? ", " : "", e) != 0 || kc_out_add_cut(b, name, len, NAME, e) != 0 ||
            kc_buf_printf(b, e, " (%llu)", (unsigned long long)t->count[cell[i]]) != 0)
            return -1;
    }
    return n < all ? kc_buf_printf(b, e, ", %zu more (%llu)", all - n, (unsigned long long)rest) : 0;
}

/* Append the line of a cluster or a class with as many of its parts as it has room for. */
static int add_confusion(struct kc_buf *b, const struct kc_score_report *r, const struct kc_confusion *x,
                         struct kc_err *e)
{
    const struct kc_confusions *c = r->confusions;
    const size_t start = b->n;
    const double all = (double)(c->wrong + c->missed);
    const struct kc_labelling *own = x->is_class ? r->gold : r->labels, *other = x->is_class ? r->labels : r->gold;
    size_t len;
    const char *name = kc_strs_get(&own->names, x->at, &len);
    for (size_t most = CELLS; most > 0; most--) {
        b->n = start;
        if (kc_buf_printf(b, e, "%10llu  %5.1f %%  %s ", (unsigned long long)x->pairs, 100 * (double)x->pairs / all,
                          x->is_class ? "class" : "cluster") != 0 ||
            kc_out_add_cut(b, name, len, NAME, e) != 0 || kc_buf_adds(b, ": ", e) != 0 ||
            add_cells(b, x->is_class ? &c->classes : r->table, x->at, other, most, e) != 0)
            return -1;
        if (kc_out_columns(b->p + start, b->n - start) <= COLUMNS)
            break;
    }
    return kc_buf_addc(b, '\n', e);
}

static int add_confusions(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    const struct kc_confusions *c = r->confusions;
    const size_t shown = c ? cut_list(r, c->n) : 0;
    if (shown == 0)
        return 0;
    if (kc_buf_adds(b, "\nwrong pairs by cluster, missed pairs by class, and the rows there:\n"
                       "     pairs    share\n", e) != 0)
        return -1;
    for (size_t i = 0; i < shown; i++)
        if (add_confusion(b, r, &c->list[i], e) != 0)
            return -1;
    if (add_more(b, c->n, shown, e) != 0 ||
        kc_buf_adds(b, "\nrows in most wrong and missed pairs:\n"
                       "     pairs       row  cluster       class         term\n", e) != 0)
        return -1;
    for (size_t i = 0; i < c->nworst; i++) {
        const size_t row = c->worst[i].row;
        if (kc_buf_printf(b, e, "%10llu  %8llu  ", (unsigned long long)c->worst[i].pairs, get_number(r, row)) != 0 ||
            add_name(b, r->labels, r->of_row[row], e) != 0 || add_name(b, r->gold, r->gold_of_row[row], e) != 0 ||
            end_line(b, r, row, 50, e) != 0)
            return -1;
    }
    return 0;
}

static int add_apart(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    const struct kc_apart *a = r->apart;
    if (!a)
        return 0;
    if (a->total == 0)
        return kc_buf_printf(b, e, "\nno rows with a similarity of %g or more are in different clusters\n", r->least);
    if (kc_buf_printf(b, e, "\n%llu %s of rows with a similarity of %g or more, in different clusters%s\n",
                      (unsigned long long)a->total, a->total == 1 ? "pair" : "pairs", r->least,
                      a->n > 0 ? ":" : "") != 0 ||
        (r->recall < 1 && kc_buf_printf(b, e, "(of all neighbours %.1f %% were found)\n", 100 * r->recall) != 0) ||
        (a->n > 0 && kc_buf_adds(b, "similarity  cluster       cluster       terms\n", e) != 0))
        return -1;
    for (size_t i = 0; i < a->n; i++) {
        const size_t one = r->rows[a->pair[i].a], other = r->rows[a->pair[i].b];
        size_t n;
        const char *term = get_term(r, one, &n);
        if (kc_out_add_cell(b, (double)a->pair[i].similarity, 8, 4, e) != 0 || kc_buf_adds(b, "  ", e) != 0 ||
            add_name(b, r->labels, r->of_row[one], e) != 0 || add_name(b, r->labels, r->of_row[other], e) != 0 ||
            kc_out_add_field(b, term, n, 19, 0, e) != 0 || kc_buf_adds(b, "  ", e) != 0 ||
            end_line(b, r, other, 61, e) != 0)
            return -1;
    }
    return 0;
}

int kc_out_errors_text(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    return add_worst(b, r, e) != 0 || add_strays(b, r, e) != 0 || add_confusions(b, r, e) != 0 ||
           add_apart(b, r, e) != 0 ? -1 : 0;
}

/* Write the members term, row and cluster of a data row. */
static void write_row(struct kc_jsonw *w, const struct kc_score_report *r, size_t row)
{
    size_t n;
    const char *term = get_term(r, row, &n);
    if (r->terms->n > 0)
        kc_jsonw_str(w, "term", term, n);
    else
        kc_jsonw_null(w, "term");
    kc_jsonw_u64(w, "row", get_number(r, row));
    kc_out_json_label(w, "cluster", r->labels, r->of_row[row]);
}

static void write_quality(struct kc_jsonw *w, const struct kc_score_report *r)
{
    const struct kc_quality *q = r->quality;
    kc_jsonw_open(w, "worst", '[', 0);
    for (size_t i = 0; q && i < q->nworst; i++) {
        const uint32_t at = q->worst[i];
        kc_jsonw_open(w, NULL, '{', 1);
        write_row(w, r, r->rows[at]);
        kc_jsonw_double(w, "silhouette", (double)q->row_silhouette[at]);
        kc_out_json_label(w, "nearest", r->labels, q->row_nearest[at]);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    if (q && q->k > 1)
        kc_jsonw_u64(w, "below_zero", q->below);
    else
        kc_jsonw_null(w, "below_zero");
    kc_jsonw_open(w, "strays", '[', 0);
    for (size_t i = 0; q && i < q->nstrays; i++) {
        kc_jsonw_open(w, NULL, '{', 1);
        kc_out_json_label(w, "cluster", r->labels, q->strays[i].cluster);
        kc_out_json_label(w, "nearest", r->labels, q->strays[i].nearest);
        kc_jsonw_u64(w, "rows", q->strays[i].rows);
        kc_jsonw_double(w, "silhouette", q->strays[i].silhouette);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void write_apart(struct kc_jsonw *w, const struct kc_score_report *r)
{
    const struct kc_apart *a = r->apart;
    if (!a) {
        kc_jsonw_null(w, "near_duplicates");
        return;
    }
    kc_jsonw_open(w, "near_duplicates", '{', 0);
    kc_jsonw_double(w, "least", r->least);
    kc_jsonw_double(w, "recall", r->recall);
    kc_jsonw_u64(w, "pairs", a->total);
    kc_jsonw_open(w, "list", '[', 0);
    for (size_t i = 0; i < a->n; i++) {
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_float(w, "similarity", a->pair[i].similarity);
        kc_jsonw_open(w, "rows", '[', 1);
        for (int side = 0; side < 2; side++) {
            kc_jsonw_open(w, NULL, '{', 1);
            write_row(w, r, r->rows[side ? a->pair[i].b : a->pair[i].a]);
            kc_jsonw_close(w, '}');
        }
        kc_jsonw_close(w, ']');
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    kc_jsonw_close(w, '}');
}

void kc_out_errors_json(struct kc_jsonw *w, const struct kc_score_report *r)
{
    write_quality(w, r);
    write_apart(w, r);
}

/* Write a cluster with its classes, or a class with its clusters. */
static void write_confusion(struct kc_jsonw *w, const struct kc_score_report *r, const struct kc_confusion *x)
{
    const struct kc_table *t = x->is_class ? &r->confusions->classes : r->table;
    kc_jsonw_open(w, NULL, '{', 1);
    kc_out_json_label(w, x->is_class ? "class" : "cluster", x->is_class ? r->gold : r->labels, x->at);
    kc_jsonw_u64(w, "pairs", x->pairs);
    kc_jsonw_open(w, x->is_class ? "clusters" : "classes", '[', 1);
    for (size_t p = t->first[x->at]; p < t->first[x->at + 1]; p++) {
        kc_jsonw_open(w, NULL, '{', 1);
        kc_out_json_label(w, x->is_class ? "cluster" : "class", x->is_class ? r->labels : r->gold, t->col[p]);
        kc_jsonw_u64(w, "count", t->count[p]);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    kc_jsonw_close(w, '}');
}

void kc_out_confusions_json(struct kc_jsonw *w, const struct kc_score_report *r)
{
    const struct kc_confusions *c = r->confusions;
    kc_jsonw_u64(w, "wrong_pairs", c ? c->wrong : 0);
    kc_jsonw_u64(w, "missed_pairs", c ? c->missed : 0);
    kc_jsonw_open(w, "confused", '[', 0);
    for (size_t i = 0; c && i < c->n; i++)
        write_confusion(w, r, &c->list[i]);
    kc_jsonw_close(w, ']');
    kc_jsonw_open(w, "worst", '[', 0);
    for (size_t i = 0; c && i < c->nworst; i++) {
        kc_jsonw_open(w, NULL, '{', 1);
        write_row(w, r, c->worst[i].row);
        kc_out_json_label(w, "class", r->gold, r->gold_of_row[c->worst[i].row]);
        kc_jsonw_u64(w, "pairs", c->worst[i].pairs);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}
