/* The report of a fit for programs: the JSON sidecar and the Prometheus metrics. The sidecar ends with what differs
 * between runs (storage, seconds, memory); all before it can be compared byte by byte. */
#include <math.h>
#include <stdio.h>
#include "core/linkage/linkage.h"
#include "in/dataset.h"
#include "report/density.h"
#include "report/evidence.h"
#include "report/prometheus.h"
#include "report/writer.h"

struct kc_ksweep kc_report_ksweep(const struct kc_report *r)
{
    return r->fit->ksweep ? *r->fit->ksweep :
           (struct kc_ksweep){.selected = r->fit->k, .silhouette = r->fit->silhouette,
                              .by = r->opts ? r->opts->k_by : KC_INDEX_SILHOUETTE};
}

static void add_sweep(struct kc_jsonw *w, const struct kc_ksweep *tried)
{
    kc_jsonw_open(w, "sweep", '[', 0);
    for (size_t i = 0; i < tried->n; i++) {
        const struct kc_k_entry *s = &tried->entry[i];
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "k", s->k);
        kc_jsonw_u64(w, "rows", s->rows);
        kc_jsonw_double(w, "silhouette", s->silhouette);
        kc_jsonw_double(w, "inertia", s->inertia);
        kc_jsonw_double(w, "objective", s->objective);
        kc_jsonw_double(w, "calinski_harabasz", s->calinski_harabasz);
        kc_jsonw_double(w, "davies_bouldin", s->davies_bouldin);
        if (tried->iterates)
            kc_jsonw_u64(w, "iterations", s->iterations);
        kc_out_evidence(w, s, tried->evidence);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void add_label(struct kc_jsonw *w, const struct kc_strs *names, uint32_t c)
{
    size_t n;
    const char *label = kc_strs_get(names, c, &n);
    if (n > 0)
        kc_jsonw_str(w, "label", label, n);
    else
        kc_jsonw_null(w, "label");
}

/* Write a cluster's keywords. Weights have six decimals: the last bits of log() differ between machines. */
static void add_keywords(struct kc_jsonw *w, const struct kc_keywords *keywords, uint32_t c)
{
    size_t n;
    kc_jsonw_open(w, "keywords", '[', 1);
    for (size_t i = keywords->first[c]; i < keywords->first[c + 1]; i++) {
        const char *word = kc_strs_get(&keywords->words, i, &n);
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_str(w, "word", word, n);
        kc_jsonw_fixed(w, "weight", keywords->weight[i], 6);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void add_clusters(struct kc_jsonw *w, const struct kc_report *r)
{
    kc_jsonw_open(w, "clusters", '[', 0);
    for (uint32_t c = 0; c < r->fit->k; c++) {
        const struct kc_cluster *cl = &r->fit->clusters[c];
        size_t n;
        char digits[20];
        uint64_t row = kc_in_row_number(r->skipped, r->nskipped, cl->representative);
        const char *term = kc_out_term(r->terms, (size_t)cl->representative, row, digits, &n);
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "id", r->ids ? (uint64_t)r->ids[c] : c);
        kc_jsonw_u64(w, "size", cl->size);
        kc_jsonw_double(w, "cohesion", cl->cohesion);
        kc_jsonw_double(w, "silhouette", cl->silhouette);
        if (r->fit->stability)
            kc_jsonw_double(w, "stability", r->fit->stability[c]);
        kc_jsonw_str(w, "representative", term, n);
        kc_jsonw_u64(w, "representative_row", row);
        if (r->groups && r->groups->nfields > 0 && r->groups->parts->group[c] != KC_NONE)
            kc_out_group(w, "group", r->groups, r->groups->parts->group[c]);
        if (r->names)
            add_label(w, r->names, c);
        if (r->keywords)
            add_keywords(w, r->keywords, c);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

/* Write the levels: how many clusters each has, and which of them each cluster of the fit lies in. */
static void add_levels(struct kc_jsonw *w, const struct kc_report *r)
{
    if (r->nlevels == 0)
        return;
    kc_jsonw_open(w, "levels", '[', 0);
    for (size_t i = 0; i < r->nlevels; i++) {
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "k", r->level[i].k);
        kc_jsonw_open(w, "parents", '[', 1);
        for (uint32_t c = 0; c < r->fit->k; c++)
            if (r->level[i].parent[c] == KC_NOISE)
                kc_jsonw_null(w, NULL);
            else
                kc_jsonw_u64(w, NULL, r->level[i].parent[c]);
        kc_jsonw_close(w, ']');
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

/* Write how many pairs there were, and all that could not be kept. */
static void add_pairs(struct kc_jsonw *w, const struct kc_report *r)
{
    const struct kc_pair_list *l = r->pair_list;
    size_t cannot = 0;
    if (!r->pairs)
        return;
    for (size_t i = 0; i < r->pairs->n; i++)
        cannot += (size_t)r->pairs->pair[i].cannot;
    kc_jsonw_open(w, "pairs", '{', 0);
    kc_jsonw_u64(w, "must", r->pairs->n - cannot);
    kc_jsonw_u64(w, "cannot", cannot);
    kc_jsonw_u64(w, "groups", r->pairs->groups);
    kc_jsonw_u64(w, "rows", r->pairs->grouped);
    kc_jsonw_open(w, "not_kept", '[', 0);
    for (size_t i = 0; i < r->pairs->n; i++) {
        size_t n;
        if (r->pairs->fate[i] == KC_PAIR_KEPT)
            continue;
        kc_jsonw_open(w, NULL, '{', 1);
        const char *p = kc_strs_get(&l->terms, 2 * i, &n);
        kc_jsonw_str(w, "a", p, n);
        p = kc_strs_get(&l->terms, 2 * i + 1, &n);
        kc_jsonw_str(w, "b", p, n);
        kc_jsonw_u64(w, "line", l->lines[i]);
        kc_jsonw_cstr(w, "why", r->pairs->fate[i] == KC_PAIR_CONTRADICTED ? "contradiction" : "no room");
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    kc_jsonw_close(w, '}');
}

/* Write the floating-point work of the fit, which is the same for any number of threads; ranks of a team round up to
 * tiles of their own. */
static void add_work(struct kc_jsonw *w, const struct kc_kmeans *own)
{
    const struct kc_kmeans none = {0}; /* of a fit in parts */
    own = own ? own : &none;
    kc_jsonw_open(w, "work", '{', 1);
    kc_jsonw_fixed(w, "sweep_gflop", (double)own->sweep_flops * 1e-9, 3);
    kc_jsonw_fixed(w, "sweep_dense_gflop", (double)own->sweep_dense_flops * 1e-9, 3);
    kc_jsonw_fixed(w, "index_gflop", (double)own->index_flops * 1e-9, 3);
    kc_jsonw_close(w, '}');
}

static void add_costs(struct kc_jsonw *w, const struct kc_report *r)
{
    kc_jsonw_cstr(w, "storage", r->storage);
    if (r->opts)
        add_work(w, kc_kmeans_of(r->fit));
    if (r->command)
        kc_jsonw_cstr(w, "command", r->command);
    if (r->input) {
        const struct kc_in_stats *in = r->input;
        kc_jsonw_open(w, "input", '{', 1);
        kc_jsonw_cstr(w, "format", kc_in_format_name(in->format));
        kc_jsonw_cstr(w, "terms", in->terms);
        kc_jsonw_cstr(w, "term_field", in->term_field[0] ? in->term_field : NULL);
        kc_jsonw_cstr(w, "vec_field", in->vec_field[0] ? in->vec_field : NULL);
        kc_jsonw_cstr(w, "how", in->how[0] ? in->how : NULL);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_open(w, "seconds", '{', 1);
    kc_jsonw_fixed(w, "read", r->seconds.read, 3);
    if (r->space.name)
        kc_jsonw_fixed(w, "space", r->seconds.space, 3);
    kc_jsonw_fixed(w, "sweep", r->seconds.sweep, 3);
    kc_jsonw_fixed(w, "index", r->seconds.index, 3);
    kc_jsonw_fixed(w, "final", r->seconds.final, 3);
    kc_jsonw_fixed(w, "sizes", r->seconds.sizes, 3);
    if (r->purity.neighbours)
        kc_jsonw_fixed(w, "purity", r->seconds.purity, 3);
    if (r->structure.rows)
        kc_jsonw_fixed(w, "structure", r->seconds.structure, 3);
    if (r->fit->stability)
        kc_jsonw_fixed(w, "stability", r->seconds.stability, 3);
    if (r->keywords)
        kc_jsonw_fixed(w, "keywords", r->seconds.keywords, 3);
    kc_jsonw_fixed(w, "write", r->seconds.write, 3);
    kc_jsonw_fixed(w, "total", r->seconds.total, 3);
    kc_jsonw_close(w, '}');
    if (r->peak_rss)
        kc_jsonw_u64(w, "peak_rss", r->peak_rss);
    else
        kc_jsonw_null(w, "peak_rss");
}

int kc_out_sidecar_text(struct kc_buf *b, const struct kc_report *r, struct kc_err *e)
{
    const struct kc_clustering *fit = r->fit;
    const struct kc_ksweep tried = kc_report_ksweep(r);
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_u64(&w, "n", fit->n);
    kc_jsonw_u64(&w, "dim", r->dim);
    kc_jsonw_u64(&w, "k", fit->k);
    kc_jsonw_double(&w, "silhouette", r->silhouette);
    if (r->space.name) {
        kc_jsonw_open(&w, "space", '{', 1);
        kc_jsonw_cstr(&w, "name", r->space.name);
        kc_jsonw_u64(&w, "dims", r->space.dims);
        if (r->space.neighbours) {
            kc_jsonw_u64(&w, "neighbours", r->space.neighbours);
            kc_jsonw_u64(&w, "parts", r->space.parts);
            kc_jsonw_double(&w, "recall", r->space.recall);
        } else {
            kc_jsonw_double(&w, "kept", r->space.kept);
        }
        kc_jsonw_double(&w, "silhouette", r->space.silhouette);
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_double(&w, "objective", fit->objective);
    kc_jsonw_double(&w, "inertia", fit->inertia);
    if (!r->opts) {
        kc_jsonw_cstr(&w, "algorithm", fit->algorithm->name);
        kc_out_density(&w, fit);
        if (kc_linkage_of(fit) && kc_linkage_of(fit)->cells)
            kc_jsonw_u64(&w, "cells", kc_linkage_of(fit)->cells);
    }
    if (r->opts || fit->ksweep) {
        kc_jsonw_u64(&w, "k_selected", tried.selected);
        kc_jsonw_double(&w, "silhouette_selected", tried.silhouette);
        if (r->opts)
            kc_jsonw_u64(&w, "seed", r->opts->seed);
        kc_jsonw_cstr(&w, "k_by", kc_index_name(tried.by));
        add_sweep(&w, &tried);
        kc_out_choice(&w, &tried);
    }
    kc_out_structure(&w, &r->structure);
    add_clusters(&w, r);
    add_levels(&w, r);
    if (r->groups)
        kc_out_parts(&w, r->groups);
    if (r->like.model) {
        kc_jsonw_open(&w, "like", '{', 1);
        kc_jsonw_cstr(&w, "model", r->like.model);
        kc_jsonw_u64(&w, "kept", r->like.kept);
        kc_jsonw_u64(&w, "new", r->like.fresh);
        kc_jsonw_u64(&w, "gone", r->like.gone);
        kc_jsonw_u64(&w, "rows", r->like.judged);
        kc_jsonw_u64(&w, "relabelled", r->like.changed);
        kc_jsonw_close(&w, '}');
    }
    if (r->opts || fit->ksweep) {
        kc_jsonw_u64(&w, "merged", tried.merged);
        kc_jsonw_u64(&w, "split", tried.split);
    }
    kc_jsonw_cstr(&w, "limit_broken", fit->limit_broken ? fit->limit_reason : NULL);
    add_pairs(&w, r);
    if (r->purity.neighbours) {
        kc_jsonw_open(&w, "purity", '{', 1);
        kc_jsonw_double(&w, "mean", r->purity.mean);
        kc_jsonw_u64(&w, "neighbours", r->purity.neighbours);
        kc_jsonw_double(&w, "recall", r->purity.recall);
        kc_jsonw_double(&w, "least", r->purity.least);
        kc_jsonw_close(&w, '}');
    }
    if (r->leaves)
        kc_jsonw_u64(&w, "unassigned", r->left_out);
    kc_jsonw_u64(&w, "skipped", r->bad);
    kc_jsonw_u64(&w, "unmet", r->unmet);
    kc_jsonw_open(&w, "warnings", '[', 0);
    for (size_t i = 0; i < r->warnings->n; i++) {
        size_t n;
        const char *s = kc_strs_get(r->warnings, i, &n);
        kc_jsonw_str(&w, NULL, s, n);
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_cstr(&w, "kernel", r->kernel);
    add_costs(&w, r);
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

int kc_out_sidecar(struct kc_outfile *f, const struct kc_report *r, struct kc_err *e)
{
    struct kc_buf b = {0};
    int rc = kc_out_sidecar_text(&b, r, e);
    if (rc == 0)
        rc = kc_outfile_write(f, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}

int kc_out_fit_prometheus(struct kc_outfile *f, const struct kc_report *r, const char *model, struct kc_err *e)
{
    const struct kc_clustering *fit = r->fit;
    struct kc_metrics m = {.verb = "fit", .model = model, .e = e};
    kc_metrics_about(&m, "kclust_rows", "Rows of the run by what became of them.");
    kc_metrics_add(&m, "kclust_rows", "outcome", "joined", (double)(fit->n - r->left_out));
    if (r->leaves)
        kc_metrics_add(&m, "kclust_rows", "outcome", "unassigned", (double)r->left_out);
    kc_metrics_add(&m, "kclust_rows", "outcome", "skipped", (double)r->bad);
    kc_metrics_one(&m, "kclust_clusters", "Clusters of the model.", fit->k);
    kc_metrics_one(&m, "kclust_selected_clusters", "Clusters before the size limits.", kc_report_ksweep(r).selected);
    kc_metrics_one(&m, "kclust_silhouette", "Mean silhouette of the rows.", r->silhouette);
    kc_metrics_one(&m, "kclust_objective", "Sum of the rows' similarities to their centroids.", fit->objective);
    kc_metrics_one(&m, "kclust_inertia", "Sum of the squared distances of the rows to their cluster's mean.",
                   fit->inertia);
    kc_metrics_about(&m, "kclust_cluster_rows", "Rows of the run by cluster.");
    for (uint32_t c = 0; c < fit->k; c++) {
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)(r->ids ? r->ids[c] : c));
        kc_metrics_add(&m, "kclust_cluster_rows", "cluster", id, (double)fit->clusters[c].size);
    }
    kc_metrics_one(&m, "kclust_limit_broken", "Whether a limit that was asked for could not be kept: 1 yes, 0 no.",
                   fit->limit_broken);
    kc_metrics_common(&m, r->seconds.total, r->peak_rss);
    return kc_metrics_write(&m, f);
}
