/* What became of the clusters, from a comparison of two labellings or two models. Of models the rows are not known:
 * there an old cluster's rows are drawn as going where the cluster went. */
#include <string.h>
#include "report/diff.h"
#include "view/fill.h"

/* Copy the clusters of a side. */
static int copy_side(struct kc_view_side *to, char **title, const struct kc_diff_side *from,
                     const enum kc_fate *fate, struct kc_err *e)
{
    const uint32_t k = from->labels->k;
    *title = kc_mem_strdup(from->name, e);
    to->size = kc_mem_alloc(k, sizeof *to->size, e);
    to->fate = kc_mem_alloc(k, sizeof *to->fate, e);
    if (!*title || !to->size || !to->fate || kc_strs_append(&to->name, &from->labels->names, e) != 0)
        return -1;
    for (uint32_t c = 0; c < k; c++) {
        to->size[c] = from->size[c];
        to->fate[c] = (unsigned char)fate[c];
    }
    return 0;
}

/* Add the rows of each pair of clusters. */
static int copy_table(struct kc_view_flow *f, const struct kc_table *t, struct kc_err *e)
{
    f->stream = kc_mem_alloc(t->first[t->rows] + t->rows + t->cols, sizeof *f->stream, e);
    for (uint32_t i = 0; f->stream && i < t->rows; i++)
        for (size_t at = t->first[i]; at < t->first[i + 1]; at++)
            f->stream[f->nstreams++] = (struct kc_view_stream){i, t->col[at], t->count[at]};
    return f->stream ? 0 : -1;
}

/* Add the rows that are in a cluster on one side only. */
static void add_unassigned(struct kc_view_flow *f, const struct kc_diff_report *r)
{
    for (uint32_t i = 0; i < r->table->rows; i++)
        if (r->old.rows[i] > r->table->row_sum[i])
            f->stream[f->nstreams++] = (struct kc_view_stream){i, KC_NOISE, r->old.rows[i] - r->table->row_sum[i]};
    for (uint32_t i = 0; i < r->table->cols; i++)
        if (r->new.rows[i] > r->table->col_sum[i])
            f->stream[f->nstreams++] = (struct kc_view_stream){KC_NOISE, i, r->new.rows[i] - r->table->col_sum[i]};
}

/* Let the clusters of a model go where their lineage says; of those that were split, equal parts to each. */
static int copy_lineage(struct kc_view_flow *f, const struct kc_diff_report *r, struct kc_err *e)
{
    const struct kc_lineage *l = r->lineage;
    const struct kc_kin_links *links = &r->kinship->old;
    f->stream = kc_mem_alloc(links->first[l->nold] + l->nold, sizeof *f->stream, e);
    for (uint32_t i = 0; f->stream && i < l->nold; i++) {
        const size_t n = links->first[i + 1] - links->first[i];
        const uint64_t rows = r->old.size[i];
        if (l->old_fate[i] == KC_FATE_SPLIT && n > 1)
            for (size_t at = links->first[i]; at < links->first[i + 1]; at++)
                f->stream[f->nstreams++] = (struct kc_view_stream){i, links->col[at], rows / n};
        else
            f->stream[f->nstreams++] = (struct kc_view_stream){i, l->to[i] == KC_NONE ? KC_NOISE : l->to[i], rows};
    }
    return f->stream ? 0 : -1;
}

/* Bring the new side into the view's order, and call its clusters as the view does. */
static int order_new(struct kc_view *v, const uint32_t *of, struct kc_err *e)
{
    struct kc_view_side *s = &v->flow.side[1];
    struct kc_view_side to = {.size = kc_mem_zalloc(v->k, sizeof *to.size, e),
                              .fate = kc_mem_zalloc(v->k, sizeof *to.fate, e)};
    int rc = to.size && to.fate ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < s->name.n; i++)
        if (of[i] != KC_NONE) {
            to.size[of[i]] = s->size[i];
            to.fate[of[i]] = s->fate[i];
        }
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        size_t n;
        const char *name = kc_view_called(v, c, &n);
        rc = kc_strs_add(&to.name, name, n, e);
    }
    for (size_t i = 0; rc == 0 && i < v->flow.nstreams; i++)
        if (v->flow.stream[i].to != KC_NOISE)
            v->flow.stream[i].to = of[v->flow.stream[i].to];
    struct kc_view_side from = rc == 0 ? *s : to;
    if (rc == 0)
        *s = to;
    kc_strs_free(&from.name);
    kc_mem_free(from.size);
    kc_mem_free(from.fate);
    return rc;
}

/* Set the streams, of the new clusters as the report numbers them. */
static int set_streams(struct kc_view_flow *f, const struct kc_diff_report *r, struct kc_err *e)
{
    if (r->kinship)
        return copy_lineage(f, r, e);
    if (copy_table(f, r->table, e) != 0)
        return -1;
    add_unassigned(f, r);
    return 0;
}

int kc_view_set_flow(struct kc_view *v, const struct kc_diff_report *r, const uint32_t *of, struct kc_err *e)
{
    struct kc_view_flow *f = &v->flow;
    if (copy_side(&f->side[0], &f->title[0], &r->old, r->lineage->old_fate, e) != 0 ||
        copy_side(&f->side[1], &f->title[1], &r->new, r->lineage->new_fate, e) != 0 || set_streams(f, r, e) != 0)
        return -1;
    return of ? order_new(v, of, e) : 0;
}
