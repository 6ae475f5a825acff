/* The writers of a fit's outputs: each fills the struct of a report (room report) or of a model from what the run
 * holds. */
#include <math.h>
#include <stdio.h>
#include "base/date.h"
#include "core/cluster/assign.h"
#include "core/cluster/members.h"
#include "core/kmeans/kmeans.h"
#include "core/density/hdbscan.h"
#include "core/linkage/linkage.h"
#include "job/fit_run.h"
#include "report/density.h"

int kc_fit_write_labels(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    const size_t top = (size_t)j->out.top;
    if (top > 0 && !run->top) {
        run->top = kc_mem_alloc(kc_mem_mul(run->fit.n, top), sizeof *run->top, e);
        run->top_similarity = kc_mem_alloc(kc_mem_mul(run->fit.n, top), sizeof *run->top_similarity, e);
        if (!run->top || !run->top_similarity ||
            kc_assign_top(&run->ctx, run->rows, run->fit.centroids, run->fit.k, top, run->top, run->top_similarity,
                          e) != 0)
            return -1;
    }
    struct kc_labels t = {
        .n = run->fit.n,
        .top = run->top,
        .top_similarity = run->top_similarity,
        .terms = &run->ds.terms,
        .raws = j->out.annotate != KC_RAW_NONE ? &run->ds.raws : NULL,
        .head = run->ds.head,
        .labels = run->fit.labels,
        .ids = run->like.ids,
        .names = &run->names,
        .similarity = run->fit.similarity,
        .margin = run->fit.margin,
        .silhouette = run->fit.row_silhouette,
        .purity = run->purity.of,
        .stability = run->row_stability,
        .probability = run->fit.probability,
        .outlier = run->fit.outlier,
        .skipped = run->ds.skipped,
        .nskipped = run->ds.nskipped,
    };
    struct kc_out_opts o = j->out;
    o.nlevels = run->nlevels;
    for (size_t i = 0; i < run->nlevels; i++)
        t.level[i] = run->level[i].labels;
    return j->shards ? kc_fit_shards_write(run, &t, &o, e) : kc_out_labels(f, &t, &o, e);
}

int kc_fit_make_model(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    if (run->model.k > 0)
        return 0;
    if (run->fit.k == 0)
        return kc_err_set(e, KC_EINPUT, "--model: no row is in a cluster, so there is nothing to label new rows by");
    if (kc_model_make(&run->ctx, &run->model, kc_job_fit_model_kind(j), &run->ds, kc_fit_as_read(run), run->opts,
                      j->like ? &run->old : NULL, run->like.ids, e) != 0)
        return -1;
    if (run->ds.rows.share) {
        run->model.moved = run->moved;
        run->moved = (struct kc_model_moved){0};
    }
    run->model.created = j->created;
    if (run->model.moved.n > 0)
        kc_ctx_log(&run->ctx, KC_LOG_INFO, "model: %s moved some rows out of their nearest cluster; the model "
                   "stores them", j->pairs ? "pairs" : "size limits");
    return 0;
}

int kc_fit_write_model(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    struct kc_model *m = &run->model;
    if (kc_fit_make_model(j, run, e) != 0 ||
        (m->kind == KC_MODEL_VOTES && kc_model_keep_rows(&run->ctx, m, &run->ds.rows, run->fit.labels, run->like.ids,
                                                         (enum kc_model_form)j->model_form, e) != 0))
        return -1;
    return kc_model_set_labels(m, &run->names, run->like.ids, e) != 0 ||
                   (run->fit.stability &&
                    kc_model_set_stability(m, run->fit.stability, run->like.ids, e) != 0) ? -1 : kc_model_save(m, f, e);
}

static void add_setting(struct kc_setting *s, size_t *n, const char *name, const char *text, double number)
{
    s[(*n)++] = (struct kc_setting){name, text, number};
}

#define SETTINGS 12

/* List the options in use that influence the clusters and are not the algorithm's. Return how many. */
static size_t list_settings(const struct kc_job_fit *j, const char *group_by, struct kc_setting s[SETTINGS])
{
    const struct kc_parts_opts *p = &j->parts;
    const double second = (double)KC_DATE_SECOND;
    size_t n = 0;
    if (j->space != KC_FIT_COSINE) {
        add_setting(s, &n, "space", kc_fit_space_name(j), 0);
        add_setting(s, &n, "space_dims", NULL, (double)j->space_dims);
    }
    if (j->ngroup_by > 0)
        add_setting(s, &n, "group_by", group_by, 0);
    if (p->min_rows > 0)
        add_setting(s, &n, "min_group", NULL, (double)p->min_rows);
    if (p->small_none)
        add_setting(s, &n, "small_groups", "none", 0);
    if (!isnan(p->merge))
        add_setting(s, &n, "merge_groups", NULL, p->merge);
    if (j->time_field)
        add_setting(s, &n, "time_field", j->time_field, 0);
    if (p->window > 0)
        add_setting(s, &n, "time_window", NULL, (double)p->window / second);
    if (!isnan(p->link))
        add_setting(s, &n, "link", NULL, p->link);
    if (p->max_gap >= 0)
        add_setting(s, &n, "max_gap", NULL, (double)p->max_gap / second);
    if (j->weight_field)
        add_setting(s, &n, "weight_field", j->weight_field, 0);
    if (j->halflife > 0)
        add_setting(s, &n, "recency", NULL, (double)j->halflife / second);
    return n;
}

/* Join the fields of --group-by with commas, as they were given. */
static void join_group_fields(const struct kc_job_fit *j, char *out, size_t size)
{
    size_t n = 0;
    *out = '\0';
    for (size_t i = 0; i < j->ngroup_by && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "," : "", j->group_by[i]);
}

int kc_fit_write_clusters(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *out, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    struct kc_field document, facets[KC_FACETS_MOST];
    struct kc_members members = {0};
    struct kc_setting settings[SETTINGS];
    char group_by[1024];
    join_group_fields(j, group_by, sizeof group_by);
    struct kc_clusters c = {
        .settings = settings,
        .nsettings = list_settings(j, group_by, settings),
        .o = &j->records,
        .level = run->level,
        .nlevels = run->nlevels,
        .fit = f,
        .opts = run->opts,
        .ids = run->like.ids,
        .members = &members,
        .terms = &run->ds.terms,
        .skipped = run->ds.skipped,
        .nskipped = run->ds.nskipped,
        .keywords = j->keywords ? &run->keywords : NULL,
        .names = &run->names,
        .groups = kc_fit_in_parts(j) ? &run->groups : NULL,
        .time = run->time,
        .document = kc_fit_field(run, run->fields.document, &document) ? &document : NULL,
        .facets = facets,
    };
    int rc = -1;
    for (size_t i = 0; i < j->records.nfacets; i++)
        (void)kc_fit_field(run, run->fields.facet[i], &facets[i]); /* found: facets are among the fields */
    double *similarity = kc_mem_alloc(f->k, sizeof *similarity, e);
    c.similarity = run->pair_similarity ? run->pair_similarity : similarity;
    if (similarity && kc_members_make(&members, f->labels, f->n, f->k, e) == 0 &&
        (!run->time || kc_members_sort(&members, run->time, e) == 0) &&
        (run->pair_similarity ||
         kc_members_similarity(&run->ctx, &run->ds.rows, f->labels, f->k, similarity, e) == 0))
        rc = kc_out_clusters(out, &c, e);
    kc_members_free(&members);
    kc_mem_free(similarity);
    return rc != 0 ? -1 : kc_rows_failed(&run->ds.rows, e);
}

struct kc_report kc_fit_report(const struct kc_job_fit *j, const struct kc_job_run *run)
{
    const struct kc_kmeans *own = kc_kmeans_of(&run->fit), none = {0};
    own = own ? own : &none;
    struct kc_report report = {
        .fit = &run->fit,
        .opts = j->algorithm == &kc_algorithm_kmeans ? run->opts : NULL,
        .kernel = kc_la_kernel(),
        .dim = run->ds.rows.d,
        .space = {run->space.x ? kc_fit_space_name(j) : NULL, run->space.dims, run->space.neighbours, run->space.parts,
                  run->space.recall, run->space.kept, run->fit.silhouette},
        .silhouette = run->space.x ? run->space.silhouette : run->fit.silhouette,
        .ids = run->like.ids,
        .terms = &run->ds.terms,
        .skipped = run->ds.skipped,
        .nskipped = run->ds.nskipped,
        .input = &run->ds.st,
        .bad = run->ds.st.skipped,
        .unmet = run->ds.st.unmet,
        .warnings = &run->warnings,
        .pairs = j->pairs ? &run->pairs : NULL,
        .pair_list = &run->pair_list,
        .groups = kc_fit_in_parts(j) ? &run->groups : NULL,
        .noise = kc_hdbscan_of(&run->fit) ? kc_out_count_noise(&run->fit) - run->left_out : 0,
        .level = run->level,
        .nlevels = run->nlevels,
        .leaves = kc_job_fit_leaves(j),
        .left_out = run->left_out,
        .purity = {run->purity.of ? run->purity.neighbours : 0, run->purity.recall, run->purity.mean, j->min_purity},
        .structure = run->structure,
        .keywords = j->keywords ? &run->keywords : NULL,
        .names = j->keywords || j->label_by ? &run->names : NULL,
        .seconds = {.read = run->times.read - run->times.begin, .space = run->space.seconds,
                    .purity = run->purity.seconds,
                    .structure = run->structure_seconds, .stability = run->trust_seconds,
                    .index = own->index_seconds,
                    .final = own->final_seconds,
                    .sizes = own->sizes_seconds, .keywords = run->keywords_seconds,
                    .write = run->times.end - run->times.fit - run->keywords_seconds,
                    .total = run->times.end - run->times.begin},
        .like = {j->like, run->like.kept, run->like.fresh, run->like.gone, run->like.judged, run->like.changed},
        .command = run->ctx.command,
        .storage = kc_storage_name(run->ds.storage),
        .peak_rss = kc_mem_peak(),
    };
    const double others = report.seconds.space + report.seconds.index + report.seconds.final + report.seconds.sizes +
                          report.seconds.purity + report.seconds.structure + report.seconds.stability;
    report.seconds.sweep = run->times.fit - run->times.read - others;
    return report;
}

int kc_fit_write_sidecar(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    const struct kc_report report = kc_fit_report(j, run);
    return kc_out_sidecar(f, &report, e);
}

int kc_fit_write_prometheus(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    const struct kc_report report = kc_fit_report(j, run);
    return kc_out_fit_prometheus(f, &report, j->path[KC_FIT_MODEL], e);
}

int kc_fit_write_tree(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    const struct kc_clustering *fit = &run->fit;
    const struct kc_linkage_fit *own = kc_linkage_of(fit);
    const struct kc_hdbscan *dense = kc_hdbscan_of(fit);
    const struct kc_tree_file t = {
        .algorithm = j->algorithm->name,
        .merges = fit->merges,
        .leaves = own && own->cells ? own->cells : dense && dense->cells ? dense->cells : fit->n,
        .n = fit->n,
        .cell = own ? own->cell : dense ? dense->cell : NULL,
        .cell_rows = own ? own->cell_rows : dense ? dense->cell_rows : NULL,
        .condensed = dense ? dense->tree : NULL,
        .condensed_id = dense ? dense->tree_id : NULL,
        .condensed_of = dense ? dense->of : NULL,
        .ncondensed = dense ? dense->ntree : 0,
        .terms = &run->ds.terms,
        .skipped = run->ds.skipped,
        .nskipped = run->ds.nskipped,
    };
    if (fit->nmerges + 1 != t.leaves)
        return kc_err_set(e, KC_EINPUT, "--tree: the %zu rows are too few for --algorithm %s to build a tree", fit->n,
                          j->algorithm->name);
    return kc_out_tree(f, &t, j->tree_format, e);
}
