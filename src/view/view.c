/* The view's memory, and what its clusters are called. */
#include "view/view.h"

#include <math.h>
#include <string.h>

void kc_view_init(struct kc_view *v)
{
    memset(v, 0, sizeof *v);
    v->silhouette = v->confidence = NAN;
    v->structure = -1;
}

int kc_view_lists_begin(struct kc_view_lists *l, size_t n, struct kc_err *e)
{
    l->first = kc_mem_zalloc(n + 1, sizeof *l->first, e);
    return l->first ? 0 : -1;
}

void kc_view_lists_end(struct kc_view_lists *l, size_t i)
{
    l->first[i + 1] = l->text.n;
}

void kc_view_lists_free(struct kc_view_lists *l)
{
    kc_mem_free(l->first);
    kc_strs_free(&l->text);
    kc_mem_free(l->weight);
    memset(l, 0, sizeof *l);
}

/* Free what became of the clusters. */
static void free_flow(struct kc_view_flow *f)
{
    for (int s = 0; s < 2; s++) {
        kc_strs_free(&f->side[s].name);
        kc_mem_free(f->side[s].size);
        kc_mem_free(f->side[s].fate);
        kc_mem_free(f->title[s]);
    }
    kc_mem_free(f->stream);
}

/* Free the clusters, their texts and their levels. */
static void free_clusters(struct kc_view *v)
{
    kc_mem_free(v->cluster);
    kc_strs_free(&v->id);
    kc_strs_free(&v->name);
    kc_view_lists_free(&v->keywords);
    kc_view_lists_free(&v->representatives);
    for (size_t i = 0; i < v->nfacets; i++) {
        kc_mem_free(v->facet[i].name);
        kc_view_lists_free(&v->facet[i].values);
    }
    for (size_t i = 0; i < v->nlevels; i++) {
        kc_mem_free(v->level[i].parent);
        kc_strs_free(&v->level[i].name);
    }
    kc_mem_free(v->level);
    kc_strs_free(&v->group);
    kc_mem_free(v->group_figures);
}

void kc_view_free(struct kc_view *v)
{
    free_clusters(v);
    free_flow(&v->flow);
    kc_mem_free(v->title);
    kc_mem_free(v->label);
    kc_strs_free(&v->text);
    kc_mem_free(v->row_silhouette);
    kc_mem_free(v->xy);
    kc_mem_free(v->map_how);
    kc_mem_free(v->time);
    kc_mem_free(v->entry);
    kc_mem_free(v->heat_cluster);
    kc_mem_free(v->heat);
    kc_mem_free(v->heat_order);
    kc_mem_free(v->merge);
    kc_strs_free(&v->bin);
    kc_mem_free(v->bin_rows);
    kc_mem_free(v->event);
    kc_strs_free(&v->gold);
    kc_mem_free(v->gold_rows);
    kc_mem_free(v->worst);
    kc_mem_free(v->ink);
    kc_strs_free(&v->fact);
    kc_strs_free(&v->doubt);
    kc_mem_free(v->command);
    kc_view_init(v);
}

const char *kc_view_called(const struct kc_view *v, uint32_t c, size_t *n)
{
    const char *s;
    if (v->name.n > c && (s = kc_strs_get(&v->name, c, n), *n > 0))
        return s;
    const struct kc_view_lists *l = &v->representatives;
    if (l->first && l->first[c] < l->first[c + 1] && (s = kc_strs_get(&l->text, l->first[c], n), *n > 0))
        return s;
    return kc_strs_get(&v->id, c, n);
}
