/* info of a model: its history, the baseline of its fit, and its clusters. And of a map: how it was made, and how far
 * it reaches. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "core/judge/drift.h"
#include "job/info.h"
#include "json/jsonw.h"
#include "model/map.h"
#include "report/width.h"

#define MOST 25u /* a table of more lines shows SOME of them and says how many more there are */
#define SOME 20u

static int make_json(struct kc_buf *b, const struct kc_model *m, double cv, double gini, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "format", "model");
    kc_jsonw_u64(&w, "format_version", (uint64_t)kc_model_version(m));
    kc_jsonw_cstr(&w, "kclust", m->kclust);
    kc_jsonw_cstr(&w, "algorithm", m->algorithm->name);
    kc_jsonw_cstr(&w, "kind", kc_model_kind_name(m));
    kc_jsonw_u64(&w, "kept_rows", m->rows.n);
    kc_jsonw_cstr(&w, "kept_as", kc_model_form_name(m));
    kc_jsonw_u64(&w, "bytes", kc_model_bytes(m));
    if (m->created < 0)
        kc_jsonw_null(&w, "created");
    else
        kc_jsonw_u64(&w, "created", (uint64_t)m->created);
    kc_jsonw_u64(&w, "k", m->k);
    kc_jsonw_u64(&w, "dim", m->d);
    kc_jsonw_u64(&w, "rows", m->n);
    kc_jsonw_u64(&w, "generation", m->generation);
    kc_jsonw_u64(&w, "updates", m->updates);
    kc_jsonw_u64(&w, "joined", m->joined);
    kc_jsonw_u64(&w, "born", m->born);
    kc_jsonw_u64(&w, "unassigned", m->unassigned);
    kc_jsonw_u64(&w, "pool", m->pool.n);
    kc_jsonw_u64(&w, "moved", m->moved.n);
    kc_jsonw_u64(&w, "next_id", (uint64_t)m->next_id);
    kc_jsonw_u64(&w, "seed", kc_model_option(m, "seed", KC_MODEL_SEED));
    kc_jsonw_open(&w, "baseline", '{', 1);
    kc_jsonw_double(&w, "silhouette", m->baseline.silhouette);
    kc_jsonw_double(&w, "similarity", m->baseline.similarity);
    kc_jsonw_double(&w, "calinski_harabasz", m->baseline.calinski_harabasz);
    kc_jsonw_double(&w, "davies_bouldin", m->baseline.davies_bouldin);
    kc_jsonw_double(&w, "inertia", m->baseline.inertia);
    kc_jsonw_double(&w, "objective", m->baseline.objective);
    kc_jsonw_close(&w, '}');
    kc_jsonw_double(&w, "size_cv", cv);
    kc_jsonw_double(&w, "size_gini", gini);
    kc_jsonw_open(&w, "clusters", '[', 0);
    for (size_t c = 0; c < m->k; c++) {
        kc_jsonw_open(&w, NULL, '{', 1);
        kc_jsonw_u64(&w, "id", (uint64_t)m->ids[c]);
        kc_jsonw_u64(&w, "size", m->counts[c]);
        size_t len;
        const char *label = kc_model_label(m, c, &len);
        if (len > 0)
            kc_jsonw_str(&w, "label", label, len);
        else
            kc_jsonw_null(&w, "label");
        kc_jsonw_fixed(&w, "p5", (double)kc_model_percentile(m, c, 5), 6);
        kc_jsonw_fixed(&w, "median", (double)kc_model_percentile(m, c, 50), 6);
        if (m->nstability > 0)
            kc_jsonw_double(&w, "stability", c < m->nstability ? m->stability[c] : NAN);
        kc_jsonw_open(&w, "representatives", '[', 1);
        for (uint32_t j = m->rep_first[c]; j < m->rep_first[c + 1]; j++) {
            size_t n;
            const char *term = kc_strs_get(&m->rep_terms, j, &n);
            kc_jsonw_str(&w, NULL, term, n);
        }
        kc_jsonw_close(&w, ']');
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_open(&w, "gone", '[', 1);
    for (size_t i = 0; i < m->nlives; i++)
        if (m->lives[i].gone)
            kc_jsonw_u64(&w, NULL, (uint64_t)m->lives[i].id);
    kc_jsonw_close(&w, ']');
    kc_model_write_history(&w, m);
    if (m->tally.counts) {
        kc_jsonw_open(&w, "tally", '{', 1);
        kc_jsonw_u64(&w, "rows", m->tally.rows);
        kc_jsonw_u64(&w, "unassigned", m->tally.unassigned);
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

static int add_figure(struct kc_buf *b, double x, struct kc_err *e)
{
    return isnan(x) ? kc_buf_adds(b, "-", e) : kc_buf_printf(b, e, "%.4f", x);
}

/* Add a line on how a model labels rows, if that is not simply by its centroids. */
static int add_kind(struct kc_buf *b, const struct kc_model *m, struct kc_err *e)
{
    char size[16];
    kc_num_human(size, kc_model_rows_bytes(m));
    if (m->kind == KC_MODEL_VOTES)
        return kc_buf_printf(b, e, "\nlabels       %s, by the votes of the %zu nearest of %zu rows (%s, %s)",
                             m->algorithm->name, m->rows.n < KC_MODEL_NEIGHBOURS ? m->rows.n : KC_MODEL_NEIGHBOURS,
                             m->rows.n, kc_model_form_name(m), size);
    return m->kind == KC_MODEL_SMALL ?
               kc_buf_printf(b, e, "\nlabels       %s, by the nearest centroid, above percentile %d",
                             m->algorithm->name, KC_MODEL_SMALL_PERCENTILE) : 0;
}

/* Add a line on the tally, if there is one. */
static int add_tally(struct kc_buf *b, const struct kc_model *m, struct kc_err *e)
{
    return !m->tally.counts ? 0 :
           kc_buf_printf(b, e, "tally        %llu rows of a shard, %llu of them unassigned, for merge\n",
                         (unsigned long long)m->tally.rows, (unsigned long long)m->tally.unassigned);
}

static int make_text(struct kc_buf *b, const struct kc_model *m, double cv, double gini, struct kc_err *e)
{
    size_t shown = m->k > MOST ? SOME : m->k;
    if (kc_buf_printf(b, e, "format       model, version %d, by kclust ", kc_model_version(m)) != 0 ||
        kc_out_add_cut(b, m->kclust, strlen(m->kclust), 30, e) != 0 || add_kind(b, m, e) != 0 ||
        kc_buf_printf(b, e,
                      "\nclusters     %zu\ndimensions   %zu\nfit          %llu rows, generation %llu, silhouette ",
                      m->k, m->d, (unsigned long long)m->n, (unsigned long long)m->generation) != 0 ||
        add_figure(b, m->baseline.silhouette, e) != 0 || kc_buf_adds(b, ", similarity ", e) != 0 ||
        add_figure(b, m->baseline.similarity, e) != 0 ||
        kc_buf_printf(b, e,
                      "\nsince then   %llu update%s: %llu rows joined, %llu in new clusters, %llu unassigned\n"
                      "pool         %zu rows\nsizes        variation %.4f, Gini %.4f\nnext id      %lld\n",
                      (unsigned long long)m->updates, m->updates == 1 ? "" : "s", (unsigned long long)m->joined,
                      (unsigned long long)m->born, (unsigned long long)m->unassigned, m->pool.n, cv, gini,
                      (long long)m->next_id) != 0 ||
        add_tally(b, m, e) != 0 || kc_buf_addc(b, '\n', e) != 0 ||
        kc_buf_printf(b, e, "          id      size      p5  median  %s%s\n", m->nstability ? "stability  " : "",
                      m->labels.n ? "label: representatives" : "representatives") != 0)
        return -1;
    for (size_t c = 0; c < shown; c++) {
        struct kc_buf terms = {0};
        int rc = kc_buf_printf(b, e, "%12lld  %8llu  %6.4f  %6.4f  ", (long long)m->ids[c],
                               (unsigned long long)m->counts[c], (double)kc_model_percentile(m, c, 5),
                               (double)kc_model_percentile(m, c, 50));
        if (rc == 0 && m->nstability > 0)
            rc = c < m->nstability && !isnan(m->stability[c]) ? kc_buf_printf(b, e, "%9.2f  ", m->stability[c]) :
                                                                kc_buf_printf(b, e, "%9s  ", "-");
        if (rc == 0 && m->labels.n > 0) {
            size_t n;
            const char *label = kc_model_label(m, c, &n);
            rc = kc_buf_add(&terms, label, n, e) != 0 ? -1 : kc_buf_adds(&terms, n ? ": " : "-: ", e);
        }
        for (uint32_t j = m->rep_first[c]; rc == 0 && j < m->rep_first[c + 1]; j++) {
            size_t n;
            const char *term = kc_strs_get(&m->rep_terms, j, &n);
            rc = (j > m->rep_first[c] ? kc_buf_adds(&terms, ", ", e) : 0) != 0 ? -1 : kc_buf_add(&terms, term, n, e);
        }
        if (rc == 0)
            rc = kc_out_add_cut(b, terms.p ? terms.p : "", terms.n, m->nstability ? 27 : 38, e) != 0 ?
                     -1 : kc_buf_addc(b, '\n', e);
        kc_buf_free(&terms);
        if (rc != 0)
            return -1;
    }
    return shown < m->k ? kc_buf_printf(b, e, "        and %zu more\n", m->k - shown) : 0;
}

int kc_job_info_model(const struct kc_job_info *j, const char *path, struct kc_source *src, struct kc_buf *text,
                      struct kc_err *e)
{
    struct kc_model m;
    double cv, gini;
    int rc = -1;
    if (kc_model_read(&m, path, src, e) == 0 && kc_balance(m.counts, m.k, &cv, &gini, e) == 0)
        rc = j->json ? make_json(text, &m, cv, gini, e) : make_text(text, &m, cv, gini, e);
    kc_model_free(&m);
    return rc;
}

/* How far a map reaches along its axes. */
struct extent {
    float least[KC_MAP_DIMS], most[KC_MAP_DIMS];
};

static struct extent find_extent(const struct kc_map *m)
{
    struct extent x;
    for (size_t t = 0; t < m->dims; t++) {
        x.least[t] = x.most[t] = m->place[t];
        for (size_t i = 1; i < m->rows.rows.n; i++) {
            const float v = m->place[i * m->dims + t];
            x.least[t] = v < x.least[t] ? v : x.least[t];
            x.most[t] = v > x.most[t] ? v : x.most[t];
        }
    }
    return x;
}

static int make_map_json(struct kc_buf *b, const struct kc_map *m, const struct extent *x, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "format", "map");
    kc_jsonw_u64(&w, "format_version", KC_MAP_VERSION);
    kc_jsonw_cstr(&w, "kclust", m->kclust);
    kc_jsonw_cstr(&w, "method", m->method == KC_MAP_PCA ? "pca" : "tsne");
    kc_jsonw_u64(&w, "rows", m->rows.rows.n);
    kc_jsonw_u64(&w, "dim", m->rows.d);
    kc_jsonw_u64(&w, "components", m->dims);
    kc_jsonw_double(&w, "exaggeration", m->exaggeration);
    kc_jsonw_double(&w, "perplexity", m->perplexity);
    kc_jsonw_open(&w, "extent", '[', 1);
    for (size_t t = 0; t < m->dims; t++) {
        kc_jsonw_open(&w, NULL, '[', 1);
        kc_jsonw_double(&w, NULL, (double)x->least[t]);
        kc_jsonw_double(&w, NULL, (double)x->most[t]);
        kc_jsonw_close(&w, ']');
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

static int make_map_text(struct kc_buf *b, const struct kc_map *m, const struct extent *x, struct kc_err *e)
{
    char human[16];
    kc_num_human(human, kc_model_rows_bytes(&m->rows));
    if (kc_buf_printf(b, e, "format       map, version %d, of kclust %s\n", KC_MAP_VERSION, m->kclust) != 0 ||
        kc_buf_printf(b, e, "rows         %zu x %zu (%s)\n", m->rows.rows.n, m->rows.d, human) != 0)
        return -1;
    if ((m->exaggeration > 0 ? kc_buf_printf(b, e, "method       t-SNE, exaggeration %.3g, perplexity %.3g\n",
                                             m->exaggeration, m->perplexity)
                             : kc_buf_adds(b, "method       principal components\n", e)) != 0)
        return -1;
    for (size_t t = 0; t < m->dims; t++)
        if (kc_buf_printf(b, e, "%c            %.6g to %.6g\n", "xyz"[t], (double)x->least[t], (double)x->most[t]) != 0)
            return -1;
    return 0;
}

int kc_job_info_map(const struct kc_job_info *j, const char *path, struct kc_source *src, struct kc_buf *text,
                    struct kc_err *e)
{
    struct kc_map m;
    int rc = -1;
    if (kc_map_read(&m, path, src, e) == 0) {
        const struct extent x = find_extent(&m);
        rc = j->json ? make_map_json(text, &m, &x, e) : make_map_text(text, &m, &x, e);
    }
    kc_map_free(&m);
    return rc;
}
