/* The quality of a labelling as text of at most 80 columns. Tables of more than KC_OUT_MOST clusters are cut to the
 * largest; shorter ones list the clusters by name. What lowers the figures is in score_errors.c. */
#include <math.h>
#include <string.h>
#include "report/names.h"
#include "report/score.h"
#include "report/width.h"

#define COLUMNS 80u
#define NAME 16u    /* columns of a cluster's name in the confusion table */
#define CELL 8u     /* columns of a class in it, after two spaces */
#define CLASSES 5u  /* classes shown in it; one more column is for all others */

static int add_sizes(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t c = 0; c < r->labels->k; c++) {
        least = r->sizes[c] < least ? r->sizes[c] : least;
        most = r->sizes[c] > most ? r->sizes[c] : most;
    }
    if (kc_buf_printf(b, e, "%-24s%llu\n%-24s%llu\n", "rows", (unsigned long long)r->n, "assigned",
                      (unsigned long long)r->assigned) != 0 ||
        kc_out_add_figure(b, "coverage", (double)r->assigned / (double)r->n, e) != 0 ||
        kc_buf_printf(b, e, "%-24s%u\n", "clusters", r->labels->k) != 0)
        return -1;
    if (r->labels->k == 0)
        return 0;
    return kc_buf_printf(b, e, "%-24s%llu to %llu\n", "sizes", (unsigned long long)least,
                         (unsigned long long)most) != 0 ||
           kc_out_add_figure(b, "variation of sizes", r->variation, e) != 0 ||
           kc_out_add_figure(b, "gini of sizes", r->gini, e) != 0 ? -1 : 0;
}

static int add_quality(struct kc_buf *b, const struct kc_quality *q, struct kc_err *e)
{
    return kc_out_add_figure(b, "silhouette", q->silhouette, e) != 0 ||
           (q->k > 1 &&
            kc_buf_printf(b, e, "%-24s%llu\n", "silhouettes below 0", (unsigned long long)q->below) != 0) ||
           kc_out_add_figure(b, "calinski-harabasz", q->calinski_harabasz, e) != 0 ||
           kc_out_add_figure(b, "davies-bouldin", q->davies_bouldin, e) != 0 ||
           kc_out_add_figure(b, "inertia", q->inertia, e) != 0 ? -1 : 0;
}

static int add_agreement(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    const struct kc_agreement *a = r->agreement;
    if (kc_buf_adds(b, "\nagainst               ", e) != 0 || kc_buf_adds(b, "  ", e) != 0 ||
        kc_out_add_cut(b, r->gold_name, strlen(r->gold_name), COLUMNS - 24, e) != 0 ||
        kc_buf_printf(b, e, "\n%-24s%u\n", "classes", r->gold->k) != 0)
        return -1;
    if (!a)
        return 0;
    const struct {
        const char *name;
        double x;
    } all[] = {{"adjusted rand", a->ari},      {"adjusted mutual", a->ami}, {"normalised mutual", a->nmi},
               {"homogeneity", a->homogeneity}, {"completeness", a->completeness}, {"v-measure", a->v_measure},
               {"purity", a->purity},          {"precision of pairs", a->precision}, {"recall of pairs", a->recall},
               {"f1 of pairs", a->f1}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (kc_out_add_figure(b, all[i].name, all[i].x, e) != 0)
            return -1;
    return kc_buf_printf(b, e, "%-24s%llu\n%-24s%llu\n", "wrong pairs", (unsigned long long)r->confusions->wrong,
                         "missed pairs", (unsigned long long)r->confusions->missed);
}

/* Append a line on the clusters or classes that were cut off, if any. */
static int add_rest(struct kc_buf *b, size_t all, size_t shown, const char *one, const char *many, struct kc_err *e)
{
    size_t rest = all - shown;
    return rest > 0 ? kc_buf_printf(b, e, "and %zu smaller %s\n", rest, rest == 1 ? one : many) : 0;
}

static int add_clusters(struct kc_buf *b, const struct kc_score_report *r, const uint32_t *order, size_t shown,
                        struct kc_err *e)
{
    const struct kc_quality *q = r->quality;
    if (kc_buf_adds(b, q ? "\n    size  silhouette  below 0  similarity  cluster\n" : "\n    size  cluster\n", e) != 0)
        return -1;
    for (size_t i = 0; i < shown; i++) {
        uint32_t c = order[i];
        if (kc_buf_printf(b, e, "%8llu", (unsigned long long)r->sizes[c]) != 0 ||
            (q && (kc_out_add_cell(b, q->clusters[c].silhouette, 10, 4, e) != 0 ||
                   kc_out_add_cell(b, q->k > 1 ? (double)q->clusters[c].strays : NAN, 7, 0, e) != 0 ||
                   kc_out_add_cell(b, q->clusters[c].similarity, 10, 4, e) != 0)) ||
            kc_buf_adds(b, "  ", e) != 0 || kc_out_add_label(b, r->labels, c, 0, 0, e) != 0 ||
            kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    return add_rest(b, r->labels->k, shown, "cluster", "clusters", e);
}

static int add_count(struct kc_buf *b, uint64_t n, struct kc_err *e)
{
    return n > 0 ? kc_buf_printf(b, e, "  %*llu", (int)CELL, (unsigned long long)n)
                 : kc_buf_printf(b, e, "  %*s", (int)CELL, ".");
}

/* Append the confusion table: the largest clusters by the largest classes. order, classes: by falling size. */
static int add_confusion(struct kc_buf *b, const struct kc_score_report *r, const uint32_t *order, size_t shown,
                         const uint32_t *classes, struct kc_err *e)
{
    const struct kc_table *t = r->table;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): shown with a table only */
    size_t cols = t->cols <= CLASSES + 1 ? t->cols : CLASSES;
    if (kc_buf_printf(b, e, "\n%-*s", (int)NAME, "cluster \\ class") != 0)
        return -1;
    for (size_t j = 0; j < cols; j++)
        if (kc_buf_adds(b, "  ", e) != 0 || kc_out_add_label(b, r->gold, classes[j], CELL, 1, e) != 0)
            return -1;
    if ((cols < t->cols && kc_buf_printf(b, e, "  %*s", (int)CELL, "others") != 0) || kc_buf_addc(b, '\n', e) != 0)
        return -1;
    for (size_t i = 0; i < shown; i++) {
        uint32_t c = order[i];
        uint64_t others = t->row_sum[c];
        if (kc_out_add_label(b, r->labels, c, NAME, 0, e) != 0)
            return -1;
        for (size_t j = 0; j < cols; j++) {
            uint64_t n = 0;
            for (size_t p = t->first[c]; p < t->first[c + 1] && t->col[p] <= classes[j]; p++)
                n = t->col[p] == classes[j] ? t->count[p] : n;
            others -= n;
            if (add_count(b, n, e) != 0)
                return -1;
        }
        if ((cols < t->cols && add_count(b, others, e) != 0) || kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    if (add_rest(b, t->rows, shown, "cluster", "clusters", e) != 0)
        return -1;
    return add_rest(b, t->cols, cols, "class", "classes", e);
}

int kc_out_score_text(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    uint32_t k = r->labels->k, classes = r->table ? r->table->cols : 0;
    size_t shown = k > KC_OUT_MOST ? KC_OUT_SOME : k;
    uint32_t *order = kc_mem_alloc(k, sizeof *order, e), *class_order = kc_mem_alloc(classes, sizeof *class_order, e);
    int rc = -1;
    if (!order || !class_order)
        goto out;
    kc_out_by_size(r->sizes, k, order);
    if (shown == k) /* all are shown: by name */
        for (uint32_t c = 0; c < k; c++)
            order[c] = c;
    if (classes > 0)
        kc_out_by_size(r->table->col_sum, classes, class_order);
    if (add_sizes(b, r, e) != 0 || (r->quality && add_quality(b, r->quality, e) != 0) ||
        (r->gold && add_agreement(b, r, e) != 0) || (k > 0 && add_clusters(b, r, order, shown, e) != 0) ||
        (r->agreement && add_confusion(b, r, order, shown, class_order, e) != 0))
        goto out;
    rc = kc_out_errors_text(b, r, e);
out:
    kc_mem_free(class_order);
    kc_mem_free(order);
    return rc;
}
