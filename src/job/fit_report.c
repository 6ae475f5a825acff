/* The HTML report of a fit. What the view shows of the run itself is read from the sidecar's text, as it is later by
 * the verb report, so that both show the same; the rest is computed from the rows as read. */
#include <math.h>
#include <string.h>
#include "base/num.h"
#include "core/track/lineage.h"
#include "job/fit_run.h"
#include "job/view.h"
#include "page/page.h"
#include "picture/ink.h"
#include "picture/terminal.h"

#define KEYWORDS 10 /* of a cluster, if the run has found none */

/* Set the clusters, with their ids as texts. */
static int set_clusters(struct kc_job_run *run, struct kc_view *v, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    struct kc_strs ids = {{0}, 0, 0, 0};
    struct kc_buf text = {0};
    int rc = 0;
    for (uint32_t c = 0; rc == 0 && c < f->k; c++) {
        text.n = 0;
        rc = kc_buf_printf(&text, e, "%lld", (long long)(run->like.ids ? run->like.ids[c] : c));
        if (rc == 0)
            rc = kc_strs_add(&ids, text.p, text.n, e);
    }
    if (rc == 0)
        rc = kc_view_set_labels(v, f->labels, f->n, &ids, NULL, e);
    kc_buf_free(&text);
    kc_strs_free(&ids);
    return rc;
}

/* Read what the sidecar tells into the view. */
static int read_sidecar(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_view *v, struct kc_err *e)
{
    const struct kc_report report = kc_fit_report(j, run);
    struct kc_buf text = {0};
    int rc = kc_out_sidecar_text(&text, &report, e);
    if (rc == 0)
        rc = kc_buf_reserve(&text, KC_NUM_PAD, e);
    if (rc == 0) {
        memset(text.p + text.n, 0, KC_NUM_PAD);
        rc = kc_view_read_summary(v, text.p, text.n, "the summary", e);
    }
    kc_buf_free(&text);
    return rc;
}

/* Name the groups by the values of their fields. */
static int set_groups(struct kc_job_run *run, struct kc_view *v, struct kc_err *e)
{
    const struct kc_groups *g = &run->groups;
    struct kc_strs names = {{0}, 0, 0, 0};
    struct kc_buf name = {0};
    int rc = 0;
    if (g->nfields == 0 || !run->group)
        return 0;
    for (size_t i = 0; rc == 0 && i < g->values->n / g->nfields; i++) {
        name.n = 0;
        for (size_t f = 0; rc == 0 && f < g->nfields; f++) {
            size_t n;
            const char *value = kc_strs_get(g->values, i * g->nfields + f, &n);
            const int quoted = n > 1 && value[0] == '"';
            rc = kc_buf_adds(&name, f > 0 ? ", " : "", e);
            if (rc == 0)
                rc = kc_buf_add(&name, value + quoted, n - 2 * (size_t)quoted, e);
        }
        if (rc == 0)
            rc = kc_strs_add(&names, name.p, name.n, e);
    }
    if (rc == 0)
        rc = kc_view_set_groups(v, run->group, &names, e);
    kc_buf_free(&name);
    kc_strs_free(&names);
    return rc;
}

/* Copy the times of the rows and bin them, and add the facets. */
static int set_fields(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_view *v, struct kc_err *e)
{
    static const enum kc_view_bin bins[] = {[KC_BIN_MONTH] = KC_VIEW_MONTH, [KC_BIN_WEEK] = KC_VIEW_WEEK,
                                            [KC_BIN_DAY] = KC_VIEW_DAY};
    struct kc_field f;
    if (run->time) {
        v->time = kc_mem_alloc((size_t)v->n, sizeof *v->time, e);
        if (!v->time)
            return -1;
        memcpy(v->time, run->time, (size_t)v->n * sizeof *v->time);
        if (kc_view_set_bins(v, j->path[KC_FIT_TIME_TABLE] ? bins[j->time_bins] : KC_VIEW_AUTO, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < j->records.nfacets; i++)
        if (kc_fit_field(run, run->fields.facet[i], &f) && kc_view_add_facet(v, j->records.facets[i].name, &f, e) != 0)
            return -1;
    return set_groups(run, v, e);
}

/* Show what became of the clusters of --like: by shared rows if there are labels, else by centroids. */
static int set_old(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_view *v, struct kc_err *e)
{
    const struct kc_job_labels old = {.file = j->like_labels};
    const struct kc_lineage_opts o = KC_LINEAGE_OPTS_DEFAULT;
    if (j->like_labels)
        return kc_job_view_old(&run->ctx, &old, &run->ds.terms, "this run", v, e);
    if (!j->like || run->fit.k == 0)
        return 0;
    return kc_fit_make_model(j, run, e) != 0 ? -1 :
           kc_job_view_models(&run->old, j->like, &run->model, "this run", &o, v, e);
}

/* Let the figures be those that the fit reports, which count weights. */
static void copy_figures(const struct kc_job_run *run, double silhouette, struct kc_view *v)
{
    v->silhouette = silhouette;
    for (uint32_t c = 0; !run->space.x && c < v->k; c++) {
        v->cluster[c].cohesion = run->fit.clusters[c].cohesion;
        v->cluster[c].silhouette = run->fit.clusters[c].silhouette;
    }
}

/* Fill the view of the run from what it has found, with its map. */
static int fill_view(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_view *v, struct kc_err *e)
{
    const struct kc_strs *texts = j->text_field ? &run->texts : &run->ds.terms;
    const struct kc_map_opts map = KC_MAP_OPTS_DEFAULT;
    if (kc_strs_append(&v->text, texts, e) != 0 || set_clusters(run, v, e) != 0 ||
        kc_view_measure(&run->ctx, &run->ds.rows, v, e) != 0 || read_sidecar(j, run, v, e) != 0)
        return -1;
    copy_figures(run, kc_fit_report(j, run).silhouette, v);
    if (v->keywords.first && v->keywords.text.n == 0) {
        kc_view_lists_free(&v->keywords);
        if (kc_job_view_words(&run->ctx, KEYWORDS, j->languages, v, e) != 0)
            return -1;
    }
    if (kc_job_view_levels(&run->ctx, KEYWORDS, j->languages, v, e) != 0)
        return -1;
    return set_fields(j, run, v, e) != 0 || set_old(j, run, v, e) != 0 ? -1 :
           kc_job_view_map(&run->ctx, &run->ds.rows, &map, v, e) != 0 ? -1 : kc_ink_keep(v, e);
}

/* Fill the view, if it is not filled yet. */
static int need_view(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    if (run->view.n > 0)
        return 0;
    kc_view_init(&run->view);
    return fill_view(j, run, &run->view, e);
}

int kc_fit_write_page(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e)
{
    const struct kc_page_opts o = {0};
    return need_view(j, run, e) != 0 ? -1 : kc_page_write(&run->view, &o, f, e);
}

int kc_fit_plot(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_buf *text, struct kc_err *e)
{
    return !j->plot ? 0 : need_view(j, run, e) != 0 ? -1 : kc_terminal_draw(&run->view, j->plot > 1, text, e);
}

uint64_t kc_fit_report_bytes(size_t n, size_t d, int in_memory, uint64_t k, unsigned threads)
{
    const struct kc_map_opts map = KC_MAP_OPTS_DEFAULT;
    const uint64_t measure = kc_view_measure_bytes(n, d, in_memory, k, threads);
    const uint64_t place = kc_map_bytes(n, d, in_memory, &map, threads);
    return (measure > place ? measure : place) + n * (3 * sizeof(uint32_t) + 3 * sizeof(float) + sizeof(int64_t));
}
