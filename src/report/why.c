/* Why a row is where it is. The text begins with the row and its cluster, and goes on from what decided to what only
 * speaks for it. */
#include "report/why.h"

#include <math.h>
#include "base/label.h"
#include "json/jsonw.h"
#include "report/names.h"
#include "report/width.h"

#define COLUMNS 80u
#define TITLE 13u /* columns before what a line says */

static const char *get_name(const struct kc_why *y, uint32_t c, size_t *n)
{
    return kc_strs_get(y->names, c, n);
}

/* Append the id of a cluster; "none" for noise. */
static int add_id(struct kc_buf *b, const struct kc_why *y, uint32_t c, struct kc_err *e)
{
    return c == KC_NOISE ? kc_buf_adds(b, "none", e) : kc_buf_printf(b, e, "%lld", (long long)y->ids[c]);
}

/* Append the id of a cluster in its column, and two spaces. */
static int add_id_field(struct kc_buf *b, const struct kc_why *y, uint32_t c, struct kc_err *e)
{
    return c == KC_NOISE ? kc_buf_printf(b, e, "%7s  ", "-") : kc_buf_printf(b, e, "%7lld  ", (long long)y->ids[c]);
}

/* Append the name of a cluster in what is left of a line after `used` columns, and end the line. */
static int end_with_name(struct kc_buf *b, const struct kc_why *y, uint32_t c, unsigned used, struct kc_err *e)
{
    size_t n = 0;
    const char *name = c == KC_NOISE ? "" : get_name(y, c, &n);
    return kc_out_add_cut(b, name, n, COLUMNS - used, e) != 0 ? -1 : kc_buf_addc(b, '\n', e);
}

/* Append the term of a data row in what is left of a line, and end the line. */
static int end_with_term(struct kc_buf *b, const struct kc_why *y, size_t at, unsigned used, struct kc_err *e)
{
    char digits[20];
    size_t n;
    const char *term = kc_dataset_term(y->ds, at, digits, &n);
    return kc_out_add_cut(b, term, n, COLUMNS - used, e) != 0 ? -1 : kc_buf_addc(b, '\n', e);
}

static unsigned long long get_number(const struct kc_why *y, size_t at)
{
    return (unsigned long long)kc_in_row_number(y->ds->skipped, y->ds->nskipped, at);
}

/* Append a similarity, with no minus before what is shown as 0. */
static int add_figure(struct kc_buf *b, double x, struct kc_err *e)
{
    return kc_buf_printf(b, e, "%.4f", x < 0 && x > -0.00005 ? 0 : x);
}

/* Append the row and its cluster. */
static int add_head(struct kc_buf *b, const struct kc_why *y, const struct kc_why_row *r, struct kc_err *e)
{
    const size_t start = b->n;
    if (kc_buf_printf(b, e, "row          %llu: ", get_number(y, r->at)) != 0 ||
        end_with_term(b, y, r->at, kc_out_columns(b->p + start, b->n - start), e) != 0)
        return -1;
    if (r->label == KC_NOISE)
        return kc_buf_printf(b, e, "cluster      none: %s\n",
                             r->nearest == KC_NOISE ? (r->known ? "the fit left it unassigned" :
                                                                  "noise has most votes") :
                             (double)r->similarity < r->least ? "it is less similar than the threshold" :
                                                                "its margin is too small");
    const size_t line = b->n;
    return kc_buf_printf(b, e, "cluster      %lld  ", (long long)y->ids[r->label]) != 0 ? -1 :
           end_with_name(b, y, r->label, kc_out_columns(b->p + line, b->n - line), e);
}

/* Return the place of a label among those with equally many votes: first the one that has won. */
static uint64_t rank_label(const struct kc_why_row *r, uint32_t label)
{
    return label == r->nearest ? 0 : (uint64_t)label + 1;
}

/* Append the votes by label, the most first. */
static int add_votes(struct kc_buf *b, const struct kc_why *y, const struct kc_why_row *r, struct kc_err *e)
{
    if (r->nvoters == 0)
        return 0;
    if (kc_buf_adds(b, "votes        ", e) != 0)
        return -1;
    size_t left = r->nvoters, last = SIZE_MAX;
    uint64_t last_rank = 0;
    for (int more = 0; left > 0; more = 1) {
        size_t best = 0;
        uint32_t label = KC_NOISE;
        for (size_t i = 0; i < r->nvoters; i++) { /* the next by votes, then by rank */
            const uint32_t c = r->voter_label[i];
            size_t votes = 0;
            for (size_t j = 0; j < r->nvoters; j++)
                votes += r->voter_label[j] == c;
            const int later = votes < last || (votes == last && rank_label(r, c) > last_rank);
            if (later && (votes > best || (votes == best && rank_label(r, c) < rank_label(r, label)))) {
                best = votes;
                label = c;
            }
        }
        if (kc_buf_printf(b, e, "%s%zu for ", more ? ", " : "", best) != 0 || add_id(b, y, label, e) != 0)
            return -1;
        left -= best;
        last = best;
        last_rank = rank_label(r, label);
    }
    return kc_buf_adds(b, ", of the nearest rows of the fit\n", e);
}

/* Append how similar the row is to its nearest centroid, and what threshold and margin ask for. */
static int add_decision(struct kc_buf *b, const struct kc_why *y, const struct kc_why_row *r, struct kc_err *e)
{
    if (r->known && kc_buf_adds(b, "known        a row of the fit: the model has kept its cluster\n", e) != 0)
        return -1;
    if (add_votes(b, y, r, e) != 0)
        return -1;
    if (r->nearest == KC_NOISE)
        return 0;
    if (kc_buf_adds(b, "similarity   ", e) != 0 || add_figure(b, (double)r->similarity, e) != 0 ||
        kc_buf_printf(b, e, " to the centroid of %lld, ", (long long)y->ids[r->nearest]) != 0)
        return -1;
    if ((r->percentile < 0 ? kc_buf_adds(b, "below all rows of the cluster\n", e) :
                             kc_buf_printf(b, e, "percentile %d of its rows\n", r->percentile)) != 0)
        return -1;
    if (!isnan(r->margin) && (kc_buf_adds(b, "margin       ", e) != 0 ||
                              add_figure(b, (double)r->margin, e) != 0 ||
                              kc_buf_adds(b, " to the best of the other centroids", e) != 0 ||
                              (y->min_margin > -2 &&
                               kc_buf_printf(b, e, ", at least %g asked for", y->min_margin) != 0) ||
                              kc_buf_addc(b, '\n', e) != 0))
        return -1;
    if (r->least < -1)
        return 0;
    const double over = (double)r->similarity - r->least;
    return kc_buf_adds(b, "threshold    ", e) != 0 || add_figure(b, r->least, e) != 0 ||
           kc_buf_adds(b, ": the similarity is ", e) != 0 || add_figure(b, fabs(over), e) != 0 ||
           kc_buf_adds(b, over < 0 ? " below it\n" : " above it\n", e) != 0 ? -1 : 0;
}

/* Append a line on the keywords that the row's text shares with a cluster. */
static int add_shared(struct kc_buf *b, const struct kc_why *y, const struct kc_why_row *r, size_t i,
                      struct kc_err *e)
{
    struct kc_buf words = {0};
    const size_t start = b->n;
    int rc = kc_buf_adds(b, i == 0 ? "keywords     of " : "             of ", e) != 0 ||
             add_id(b, y, r->compared[i], e) != 0 || kc_buf_adds(b, ": ", e) != 0 ? -1 : 0;
    for (size_t j = 0; rc == 0 && j < r->shared[i].n; j++) {
        size_t n;
        const char *word = kc_strs_get(&r->shared[i], j, &n);
        rc = kc_buf_adds(&words, j > 0 ? ", " : "", e) != 0 || kc_buf_add(&words, word, n, e) != 0 ? -1 : 0;
    }
    if (rc == 0 && r->shared[i].n == 0)
        rc = kc_buf_adds(&words, "none in the row's text", e);
    if (rc == 0)
        rc = kc_out_add_cut(b, words.p, words.n, COLUMNS - kc_out_columns(b->p + start, b->n - start), e);
    kc_buf_free(&words);
    return rc != 0 ? -1 : kc_buf_addc(b, '\n', e);
}

static int add_clusters(struct kc_buf *b, const struct kc_why *y, const struct kc_why_row *r, struct kc_err *e)
{
    if (r->nclusters == 0)
        return 0;
    if (kc_buf_adds(b, "\nnearest centroids:\nsimilarity  cluster  label\n", e) != 0)
        return -1;
    for (size_t i = 0; i < r->nclusters; i++)
        if (kc_out_add_cell(b, (double)r->cluster_similarity[i], 8, 4, e) != 0 || kc_buf_adds(b, "  ", e) != 0 ||
            add_id_field(b, y, r->cluster[i], e) != 0 || end_with_name(b, y, r->cluster[i], 21, e) != 0)
            return -1;
    return 0;
}

/* Count the neighbours of row number i of those that are asked about, and those of them with its label. */
static uint32_t count_same(const struct kc_why *y, size_t i)
{
    const uint32_t *id = y->near->id + i * y->near->m;
    uint32_t same = 0;
    for (uint32_t j = 0; j < y->near->count[i]; j++)
        same += y->labels[id[j]] == y->row[i].label;
    return same;
}

static int add_neighbours(struct kc_buf *b, const struct kc_why *y, size_t i, struct kc_err *e)
{
    const struct kc_neighbours *g = y->near;
    const uint32_t count = g->count[i], label = y->row[i].label;
    if (count == 0)
        return 0;
    if ((label == KC_NOISE ? kc_buf_adds(b, "\nnearest rows", e) :
                             kc_buf_printf(b, e, "\nnearest rows, %u of %u in cluster %lld", count_same(y, i), count,
                                           (long long)y->ids[label])) != 0 ||
        kc_buf_adds(b, ":\nsimilarity  cluster       row  term\n", e) != 0)
        return -1;
    for (uint32_t j = 0; j < count; j++) {
        const uint32_t other = g->id[i * g->m + j];
        if (kc_out_add_cell(b, (double)g->similarity[i * g->m + j], 8, 4, e) != 0 || kc_buf_adds(b, "  ", e) != 0 ||
            add_id_field(b, y, y->labels[other], e) != 0 ||
            kc_buf_printf(b, e, "%8llu  ", get_number(y, other)) != 0 || end_with_term(b, y, other, 31, e) != 0)
            return -1;
    }
    return 0;
}

int kc_out_why_text(struct kc_buf *b, const struct kc_why *y, struct kc_err *e)
{
    for (size_t i = 0; i < y->nrows; i++) {
        const struct kc_why_row *r = &y->row[i];
        if ((i > 0 && kc_buf_addc(b, '\n', e) != 0) || add_head(b, y, r, e) != 0 || add_decision(b, y, r, e) != 0)
            return -1;
        for (size_t c = 0; c < KC_WHY_WORDS; c++)
            if (r->compared[c] != KC_NONE && add_shared(b, y, r, c, e) != 0)
                return -1;
        if (add_clusters(b, y, r, e) != 0 || add_neighbours(b, y, i, e) != 0)
            return -1;
    }
    return 0;
}

/* Write the id of a cluster; -1 for noise. */
static void write_id(struct kc_jsonw *w, const char *key, const struct kc_why *y, uint32_t c)
{
    if (c == KC_NOISE)
        kc_jsonw_raw(w, key, "-1", 2);
    else
        kc_jsonw_u64(w, key, (uint64_t)y->ids[c]);
}

static void write_name(struct kc_jsonw *w, const struct kc_why *y, uint32_t c)
{
    size_t n = 0;
    const char *name = c == KC_NOISE ? "" : get_name(y, c, &n);
    if (n > 0)
        kc_jsonw_str(w, "label", name, n);
    else
        kc_jsonw_null(w, "label");
}

/* Write a similarity with as many digits as a float has; null for NAN. */
static void write_float(struct kc_jsonw *w, const char *key, float x)
{
    if (isnan(x))
        kc_jsonw_null(w, key);
    else
        kc_jsonw_float(w, key, x);
}

static void write_decision(struct kc_jsonw *w, const struct kc_why *y, const struct kc_why_row *r)
{
    write_id(w, "cluster", y, r->label);
    write_name(w, y, r->label);
    write_id(w, "nearest", y, r->nearest);
    kc_jsonw_cstr(w, "unassigned_by", r->label != KC_NOISE ? NULL :
                                      r->nearest == KC_NOISE ? (r->known ? "fit" : "votes") :
                                      (double)r->similarity < r->least ? "threshold" : "margin");
    kc_jsonw_bool(w, "known", r->known);
    write_float(w, "similarity", r->similarity);
    if (r->nearest == KC_NOISE)
        kc_jsonw_null(w, "percentile");
    else
        kc_jsonw_u64(w, "percentile", r->percentile < 0 ? 0 : (uint64_t)r->percentile);
    write_float(w, "margin", r->margin);
    kc_jsonw_double(w, "threshold", r->nearest == KC_NOISE || r->least < -1 ? NAN : r->least);
}

static void write_voters(struct kc_jsonw *w, const struct kc_why *y, const struct kc_why_row *r)
{
    if (r->nvoters == 0) {
        kc_jsonw_null(w, "votes");
        return;
    }
    kc_jsonw_open(w, "votes", '[', 0);
    for (size_t i = 0; i < r->nvoters; i++) {
        kc_jsonw_open(w, NULL, '{', 1);
        write_float(w, "similarity", r->voter_similarity[i]);
        write_id(w, "cluster", y, r->voter_label[i]);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void write_shared(struct kc_jsonw *w, const struct kc_why *y, const struct kc_why_row *r)
{
    if (y->keywords == 0) {
        kc_jsonw_null(w, "keywords");
        return;
    }
    kc_jsonw_open(w, "keywords", '[', 0);
    for (size_t i = 0; i < KC_WHY_WORDS; i++) {
        if (r->compared[i] == KC_NONE)
            continue;
        kc_jsonw_open(w, NULL, '{', 1);
        write_id(w, "cluster", y, r->compared[i]);
        kc_jsonw_open(w, "shared", '[', 1);
        for (size_t j = 0; j < r->shared[i].n; j++) {
            size_t n;
            const char *word = kc_strs_get(&r->shared[i], j, &n);
            kc_jsonw_str(w, NULL, word, n);
        }
        kc_jsonw_close(w, ']');
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

/* Write the members row and term of a data row. */
static void write_row(struct kc_jsonw *w, const struct kc_why *y, size_t at)
{
    char digits[20];
    size_t n;
    const char *term = kc_dataset_term(y->ds, at, digits, &n);
    kc_jsonw_u64(w, "row", get_number(y, at));
    kc_jsonw_str(w, "term", term, n);
}

static void write_neighbours(struct kc_jsonw *w, const struct kc_why *y, size_t i)
{
    const struct kc_neighbours *g = y->near;
    const int defined = g->count[i] > 0 && y->row[i].label != KC_NOISE;
    kc_jsonw_double(w, "purity", defined ? (double)count_same(y, i) / g->count[i] : NAN);
    kc_jsonw_open(w, "neighbours", '[', 0);
    for (uint32_t j = 0; j < g->count[i]; j++) {
        const uint32_t other = g->id[i * g->m + j];
        kc_jsonw_open(w, NULL, '{', 1);
        write_row(w, y, other);
        write_float(w, "similarity", g->similarity[i * g->m + j]);
        write_id(w, "cluster", y, y->labels[other]);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

int kc_out_why_json(struct kc_buf *b, const struct kc_why *y, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_cstr(&w, "model", y->model);
    kc_jsonw_cstr(&w, "kind", y->kind);
    kc_jsonw_u64(&w, "k", y->k);
    kc_jsonw_u64(&w, "n", y->ds->rows.n);
    kc_jsonw_u64(&w, "dim", y->ds->rows.d);
    kc_jsonw_open(&w, "rows", '[', 0);
    for (size_t i = 0; i < y->nrows; i++) {
        const struct kc_why_row *r = &y->row[i];
        kc_jsonw_open(&w, NULL, '{', 0);
        write_row(&w, y, r->at);
        write_decision(&w, y, r);
        write_voters(&w, y, r);
        kc_jsonw_open(&w, "centroids", '[', 0);
        for (size_t c = 0; c < r->nclusters; c++) {
            kc_jsonw_open(&w, NULL, '{', 1);
            write_id(&w, "cluster", y, r->cluster[c]);
            write_name(&w, y, r->cluster[c]);
            write_float(&w, "similarity", r->cluster_similarity[c]);
            kc_jsonw_close(&w, '}');
        }
        kc_jsonw_close(&w, ']');
        write_shared(&w, y, r);
        write_neighbours(&w, y, i);
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}
