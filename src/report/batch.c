/* The report on one batch in its four forms: an event for the log, JSON, text for a terminal, Prometheus metrics. One
 * struct kc_batch serves assign, update and merge; what only an update changes is left out when `sizes` is NULL. */
#include "report/batch.h"

#include <math.h>
#include <stdio.h>
#include "base/num.h"
#include "json/jsonw.h"
#include "report/prometheus.h"
#include "report/width.h"

#define MOST 25u /* a table of more lines shows SOME of them and says how many more there are */
#define SOME 20u

static double share(uint64_t part, uint64_t all)
{
    return all ? (double)part / (double)all : NAN;
}

/* Write the figures of drift, the limits, and which limits are crossed; null if d is NULL. */
static void add_drift(struct kc_jsonw *w, const struct kc_drift *d)
{
    if (!d) {
        kc_jsonw_null(w, "drift");
        return;
    }
    kc_jsonw_open(w, "drift", '{', 0);
    kc_jsonw_bool(w, "drifted", d->many_unassigned || d->silhouette_fell || d->unbalanced);
    kc_jsonw_double(w, "unassigned_share", share(d->unassigned, d->rows));
    kc_jsonw_double(w, "silhouette_fit", d->silhouette_fit);
    kc_jsonw_double(w, "silhouette", d->silhouette);
    kc_jsonw_double(w, "similarity_fit", d->similarity_fit);
    kc_jsonw_double(w, "similarity", d->similarity);
    kc_jsonw_double(w, "size_cv", d->cv);
    kc_jsonw_double(w, "size_gini", d->gini);
    kc_jsonw_u64(w, "rows_fit", d->rows_fit);
    kc_jsonw_u64(w, "rows_since_fit", d->rows_since);
    kc_jsonw_double(w, "new_share", share(d->rows_since, d->rows_fit));
    kc_jsonw_open(w, "crossed", '[', 1);
    if (d->many_unassigned)
        kc_jsonw_cstr(w, NULL, "unassigned");
    if (d->silhouette_fell)
        kc_jsonw_cstr(w, NULL, "silhouette");
    if (d->unbalanced)
        kc_jsonw_cstr(w, NULL, "size_cv");
    if (d->many_rows)
        kc_jsonw_cstr(w, NULL, "new_rows");
    kc_jsonw_close(w, ']');
    kc_jsonw_open(w, "limits", '{', 1);
    kc_jsonw_double(w, "unassigned", d->limits.unassigned);
    kc_jsonw_double(w, "silhouette", d->limits.silhouette);
    kc_jsonw_double(w, "size_cv", d->limits.cv);
    kc_jsonw_double(w, "new_rows", d->limits.rows);
    kc_jsonw_close(w, '}');
    kc_jsonw_close(w, '}');
}

void kc_out_batch_event(const struct kc_ctx *ctx, const struct kc_batch *t)
{
    const struct kc_fact facts[] = {{"rows", (double)t->n}, {"dim", (double)t->d}, {"k", (double)t->k},
                                    {"joined", (double)t->joined}, {"born", (double)t->born},
                                    {"unassigned", (double)t->unassigned}, {"similarity", t->similarity}};
    kc_ctx_event(ctx, t->verb, "the rows are labelled", facts, sizeof facts / sizeof facts[0]);
}

int kc_out_batch_json(struct kc_outfile *f, const struct kc_batch *t, struct kc_err *e)
{
    struct kc_buf b = {0};
    struct kc_jsonw w = KC_JSONW(&b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_cstr(&w, "verb", t->verb);
    kc_jsonw_cstr(&w, "model", t->model);
    kc_jsonw_u64(&w, "n", t->n);
    kc_jsonw_u64(&w, "dim", t->d);
    kc_jsonw_u64(&w, "k", t->k);
    kc_jsonw_u64(&w, "joined", t->joined);
    kc_jsonw_u64(&w, "born", t->born);
    kc_jsonw_u64(&w, "unassigned", t->unassigned);
    kc_jsonw_u64(&w, "skipped", t->skipped);
    kc_jsonw_double(&w, "similarity", t->similarity);
    kc_jsonw_open(&w, "clusters", '[', 0);
    for (size_t c = 0; c < t->k; c++) {
        kc_jsonw_open(&w, NULL, '{', 1);
        kc_jsonw_u64(&w, "id", (uint64_t)t->ids[c]);
        kc_jsonw_u64(&w, "rows", t->rows[c]);
        if (t->sizes)
            kc_jsonw_u64(&w, "size", t->sizes[c]);
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, ']');
    if (t->sizes) {
        kc_jsonw_open(&w, "new_ids", '[', 1);
        for (size_t i = 0; i < t->nnew; i++)
            kc_jsonw_u64(&w, NULL, (uint64_t)t->new_ids[i]);
        kc_jsonw_close(&w, ']');
        kc_jsonw_u64(&w, "late", t->late);
        kc_jsonw_u64(&w, "pool", t->pool);
    }
    if (t->parts) {
        kc_jsonw_u64(&w, "parts", t->parts);
        kc_jsonw_u64(&w, "empty", t->empty);
        kc_jsonw_double(&w, "shift", t->shift);
    } else {
        add_drift(&w, t->drift);
    }
    kc_jsonw_fixed(&w, "seconds", t->seconds, 3);
    kc_jsonw_u64(&w, "peak_rss", t->peak_rss);
    kc_jsonw_close(&w, '}');
    int rc = kc_jsonw_end(&w);
    if (rc == 0)
        rc = kc_outfile_write(f, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}

/* Append the table of clusters that have rows of the batch. They are listed by id: sorted by rows, an id would be hard
 * to find. */
static int add_cluster_table(struct kc_buf *b, const struct kc_batch *t, struct kc_err *e)
{
    size_t with = 0, shown = 0;
    for (size_t c = 0; c < t->k; c++)
        with += t->rows[c] > 0;
    if (with == 0)
        return 0;
    if (kc_buf_printf(b, e, "          id      rows%s\n", t->sizes ? "      size" : "") != 0)
        return -1;
    for (size_t c = 0; c < t->k && shown < (with > MOST ? SOME : with); c++) {
        if (t->rows[c] == 0)
            continue;
        int is_new = t->nnew > 0 && t->ids[c] >= t->new_ids[0];
        if (kc_buf_printf(b, e, "%12lld  %8llu", (long long)t->ids[c], (unsigned long long)t->rows[c]) != 0 ||
            (t->sizes ? kc_buf_printf(b, e, "  %8llu", (unsigned long long)t->sizes[c]) : 0) != 0 ||
            kc_buf_adds(b, is_new ? "  new\n" : "\n", e) != 0)
            return -1;
        shown++;
    }
    if (shown < with && kc_buf_printf(b, e, "        and %zu more\n", with - shown) != 0)
        return -1;
    return kc_buf_addc(b, '\n', e);
}

/* Append one figure of drift. then: the figure at the fit, or NAN. */
static int add_drift_line(struct kc_buf *b, const char *what, double now, double then, double limit, int crossed,
                      struct kc_err *e)
{
    char before[32] = "";
    if (!isnan(then))
        snprintf(before, sizeof before, "%.4f at the fit", then);
    return kc_buf_printf(b, e, "  %-24s %8.4f  %-18s  limit %g%s\n", what, now, before, limit,
                         crossed ? ": crossed" : "");
}

static int add_drift_text(struct kc_buf *b, const struct kc_drift *d, struct kc_err *e)
{
    return kc_buf_adds(b, "drift:\n", e) != 0 ||
                   add_drift_line(b, "unassigned, share", share(d->unassigned, d->rows), NAN, d->limits.unassigned,
                              d->many_unassigned, e) != 0 ||
                   (!isnan(d->silhouette) && add_drift_line(b, "silhouette", d->silhouette, d->silhouette_fit,
                                                        d->limits.silhouette, d->silhouette_fell, e) != 0) ||
                   (!isnan(d->similarity) && kc_buf_printf(b, e, "  %-24s %8.4f  %.4f at the fit\n", "similarity",
                                                           d->similarity, d->similarity_fit) != 0) ||
                   add_drift_line(b, "sizes, variation", d->cv, NAN, d->limits.cv, d->unbalanced, e) != 0 ||
                   kc_buf_printf(b, e, "  %-24s %8.4f\n", "sizes, Gini", d->gini) != 0 ||
                   add_drift_line(b, "rows since the fit", share(d->rows_since, d->rows_fit), NAN, d->limits.rows,
                              d->many_rows, e) != 0 ||
                   kc_buf_addc(b, '\n', e) != 0
               ? -1
               : 0;
}

int kc_out_batch_text(struct kc_buf *b, const struct kc_batch *t, struct kc_err *e)
{
    char peak[16];
    kc_num_human(peak, t->peak_rss);
    if (add_cluster_table(b, t, e) != 0 || (t->drift && add_drift_text(b, t->drift, e) != 0) ||
        kc_buf_printf(b, e, "kclust: %zu row%s x %zu", t->n, t->n == 1 ? "" : "s", t->d) != 0 ||
        (t->skipped ? kc_buf_printf(b, e, " (%llu skipped)", (unsigned long long)t->skipped) : 0) != 0 ||
        kc_buf_printf(b, e, ", k = %zu, %llu in clusters", t->k, (unsigned long long)(t->joined + t->born)) != 0 ||
        (t->nnew ? kc_buf_printf(b, e, " (%llu in %zu new)", (unsigned long long)t->born, t->nnew) : 0) != 0 ||
        kc_buf_printf(b, e, ", %llu unassigned", (unsigned long long)t->unassigned) != 0 ||
        (t->late ? kc_buf_printf(b, e, ", %llu from the pool placed", (unsigned long long)t->late) : 0) != 0 ||
        (t->pool ? kc_buf_printf(b, e, ", %llu waiting in the pool", (unsigned long long)t->pool) : 0) != 0 ||
        (t->parts ? kc_buf_printf(b, e, ", from %zu part%s, similarity %.4f", t->parts, t->parts == 1 ? "" : "s",
                                  t->similarity) : 0) != 0 ||
        (t->parts && !isnan(t->shift) ? kc_buf_printf(b, e, ", shift %.2g", t->shift) : 0) != 0)
        return -1;
    return kc_buf_printf(b, e, ", %.2f s, peak %s\n", t->seconds, peak);
}

static void add_drift_metrics(struct kc_metrics *m, const struct kc_drift *d)
{
    kc_metrics_one(m, "kclust_unassigned_ratio", "Share of the rows that are unassigned.",
                   share(d->unassigned, d->rows));
    kc_metrics_one(m, "kclust_fit_silhouette", "Mean silhouette at the fit.", d->silhouette_fit);
    kc_metrics_one(m, "kclust_silhouette", "Mean silhouette of the rows against the model's clusters.", d->silhouette);
    kc_metrics_one(m, "kclust_fit_similarity", "Mean similarity to the nearest centroid at the fit.",
                   d->similarity_fit);
    kc_metrics_one(m, "kclust_size_variation_ratio", "Coefficient of variation of the clusters' sizes.", d->cv);
    kc_metrics_one(m, "kclust_size_gini_ratio", "Gini coefficient of the clusters' sizes.", d->gini);
    kc_metrics_one(m, "kclust_fit_rows", "Rows of the fit.", (double)d->rows_fit);
    kc_metrics_one(m, "kclust_rows_since_fit", "Rows since the fit.", (double)d->rows_since);
    kc_metrics_about(m, "kclust_drift", "Whether a limit of drift is crossed: 1 yes, 0 no.");
    kc_metrics_add(m, "kclust_drift", "limit", "unassigned", d->many_unassigned);
    kc_metrics_add(m, "kclust_drift", "limit", "silhouette", d->silhouette_fell);
    kc_metrics_add(m, "kclust_drift", "limit", "size_variation", d->unbalanced);
    kc_metrics_add(m, "kclust_drift", "limit", "new_rows", d->many_rows);
}

int kc_out_batch_prometheus(struct kc_outfile *f, const struct kc_batch *t, struct kc_err *e)
{
    struct kc_metrics m = {.verb = t->verb, .model = t->model, .e = e};
    kc_metrics_about(&m, "kclust_rows", "Rows of the run by what became of them.");
    kc_metrics_add(&m, "kclust_rows", "outcome", "joined", (double)t->joined);
    if (t->sizes)
        kc_metrics_add(&m, "kclust_rows", "outcome", "born", (double)t->born);
    kc_metrics_add(&m, "kclust_rows", "outcome", "unassigned", (double)t->unassigned);
    kc_metrics_add(&m, "kclust_rows", "outcome", "skipped", (double)t->skipped);
    kc_metrics_one(&m, "kclust_clusters", "Clusters of the model.", (double)t->k);
    kc_metrics_one(&m, "kclust_similarity", "Mean similarity of the rows to the nearest centroid.", t->similarity);
    kc_metrics_about(&m, "kclust_cluster_rows", "Rows of the run by cluster.");
    for (size_t c = 0; c < t->k; c++) {
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)t->ids[c]);
        kc_metrics_add(&m, "kclust_cluster_rows", "cluster", id, (double)t->rows[c]);
    }
    if (t->sizes) {
        kc_metrics_one(&m, "kclust_new_clusters", "Clusters that this run has added.", (double)t->nnew);
        kc_metrics_one(&m, "kclust_pool_rows", "Rows that wait for more of their kind.", (double)t->pool);
    }
    if (t->drift)
        add_drift_metrics(&m, t->drift);
    kc_metrics_common(&m, t->seconds, t->peak_rss);
    return kc_metrics_write(&m, f);
}
