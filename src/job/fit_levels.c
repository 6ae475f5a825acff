/* Levels of coarser clusters, and the union of clusters until few are left. Both go by the tree of the clusters
 * (core/linkage/levels.h); the layers of a fit by density are levels by themselves. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "core/density/hdbscan.h"
#include "core/judge/describe.h"
#include "core/linkage/levels.h"
#include "job/fit_run.h"

int kc_job_fit_parse_levels(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_fit *j = base;
    j->nlevels = 0;
    j->all_levels = strcmp(value, "all") == 0;
    for (const char *p = value; !j->all_levels; p++) {
        char number[24];
        uint64_t k;
        const size_t n = strcspn(p, ",");
        snprintf(number, sizeof number, "%.*s", n < sizeof number ? (int)n : (int)sizeof number - 1, p);
        if (n == 0 || n >= sizeof number || kc_num_u64(number, &k) != 0 || k < 1 || k > UINT32_MAX / 2)
            return kc_value_bad(value, "numbers of clusters, as in 5,20,80, or all", name, e);
        if (j->nlevels == KC_LEVELS_MOST)
            return kc_err_set(e, KC_EUSAGE, "%s: more than %d levels", name, KC_LEVELS_MOST);
        if (j->nlevels > 0 && k <= j->levels[j->nlevels - 1])
            return kc_err_set(e, KC_EUSAGE, "%s: '%.100s': the numbers rise, as in 5,20,80", name, value);
        j->levels[j->nlevels++] = (uint32_t)k;
        p += n;
        if (!*p)
            break;
    }
    return 0;
}

void kc_job_fit_levels_text(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    const struct kc_job_fit *j = base;
    size_t n = 0;
    (void)brief;
    *out = '\0';
    if (j->all_levels)
        snprintf(out, KC_OPTION_TEXT_MAX, "all");
    for (size_t i = 0; i < j->nlevels && n < KC_OPTION_TEXT_MAX; i++)
        n += (size_t)snprintf(out + n, KC_OPTION_TEXT_MAX - n, "%s%u", i ? "," : "", j->levels[i]);
}

uint64_t kc_fit_levels_bytes(const struct kc_job_fit *j, size_t n, size_t d, uint64_t k, unsigned threads)
{
    const uint64_t levels = j->all_levels ? KC_LEVELS_MOST : j->nlevels;
    if (levels == 0 && j->reduce_to == 0)
        return 0;
    const uint64_t tree = kc_levels_tree_bytes(n, d, k, threads) + k * (sizeof(struct kc_merge) + 2 * sizeof(uint64_t));
    const uint64_t layer = j->all_levels ? kc_condensed_bytes(n, 2) + 16 * (uint64_t)n : 0;
    return levels * (n + k) * sizeof(uint32_t) + (tree > layer ? tree : layer);
}

/* Find the tree of the clusters. Return merges (k - 1), which the caller frees; NULL and e on failure. */
static struct kc_merge *make_tree(struct kc_job_run *run, struct kc_err *e)
{
    struct kc_merge *merges = kc_mem_alloc(run->fit.k, sizeof *merges, e);
    if (merges && kc_levels_tree(&run->ctx, &run->fit, merges, e) != 0) {
        kc_mem_free(merges);
        return NULL;
    }
    return merges;
}

/* Replace the clustering by one with the labels (k clusters), and the same tree and appendix. */
static int replace_labels(struct kc_job_run *run, uint32_t k, struct kc_err *e)
{
    struct kc_clustering *f = &run->fit;
    kc_mem_free(f->centroids);
    kc_mem_free(f->sums);
    kc_mem_free(f->clusters);
    kc_mem_free(f->similarity);
    kc_mem_free(f->margin);
    kc_mem_free(f->row_silhouette);
    f->centroids = f->similarity = f->margin = f->row_silhouette = NULL;
    f->sums = NULL;
    f->clusters = NULL;
    return kc_describe(&run->ctx, run->rows, &run->request, k, f, e);
}

int kc_fit_reduce(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_clustering *f = &run->fit;
    if (j->reduce_to == 0 || f->k <= j->reduce_to)
        return 0;
    struct kc_merge *merges = make_tree(run, e);
    uint32_t *coarse = kc_mem_alloc(f->k, sizeof *coarse, e);
    const uint32_t before = f->k;
    const uint32_t k = merges && coarse ? kc_levels_cut(merges, f->k, (uint32_t)j->reduce_to, 1, coarse, e) : 0;
    for (size_t i = 0; k > 0 && i < f->n; i++)
        f->labels[i] = f->labels[i] == KC_NOISE ? KC_NOISE : coarse[f->labels[i]];
    kc_mem_free(coarse);
    kc_mem_free(merges);
    if (k == 0 || replace_labels(run, k, e) != 0)
        return -1;
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "reduced: %u clusters to %u", before, f->k);
    return 0;
}

/* Allocate one more level. */
static struct kc_cluster_level *add_level(struct kc_job_run *run, struct kc_err *e)
{
    struct kc_cluster_level *l = &run->level[run->nlevels++];
    l->labels = kc_mem_alloc(run->fit.n, sizeof *l->labels, e);
    l->parent = kc_mem_alloc(run->fit.k, sizeof *l->parent, e);
    return l->labels && l->parent ? l : NULL;
}

/* Number a level's clusters by size, and find the one that each cluster of the fit lies in. */
static int finish_level(struct kc_job_run *run, struct kc_cluster_level *l, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    for (size_t i = 0; i < f->n; i++)
        if (f->labels[i] == KC_NOISE && run->left_out > 0) /* a row that was left out is so on every level */
            l->labels[i] = KC_NOISE;
    if (kc_levels_order(l->labels, f->n, &l->k, e) != 0)
        return -1;
    for (uint32_t c = 0; c < f->k; c++)
        l->parent[c] = l->labels[f->clusters[c].representative];
    return 0;
}

/* Make the levels of the numbers that were asked for. */
static int unite_clusters(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    struct kc_merge *merges = make_tree(run, e);
    uint32_t *coarse = kc_mem_alloc(f->k, sizeof *coarse, e);
    int rc = merges && coarse ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < j->nlevels; i++) {
        struct kc_cluster_level *l = add_level(run, e);
        if (!l || (f->k > 0 && (l->k = kc_levels_cut(merges, f->k, j->levels[i], j->min_children, coarse, e)) == 0)) {
            rc = -1;
            break;
        }
        if (l->k < j->levels[i])
            kc_ctx_log(&run->ctx, KC_LOG_WARN, "level %zu has %u clusters, not %u: the fit has %u%s", i + 1, l->k,
                       j->levels[i], f->k, j->min_children > 1 ? ", and --min-children joins more" : "");
        for (size_t r = 0; r < f->n; r++)
            l->labels[r] = f->labels[r] == KC_NOISE ? KC_NOISE : coarse[f->labels[r]];
        rc = finish_level(run, l, e);
    }
    kc_mem_free(coarse);
    kc_mem_free(merges);
    return rc;
}

/* Make a level of each layer, the coarsest first. */
static int take_layers(struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    const struct kc_layers *layers = &kc_hdbscan_of(f)->layers;
    const size_t skip = layers->n > KC_LEVELS_MOST ? layers->n - KC_LEVELS_MOST : 0;
    int rc = 0;
    if (skip > 0)
        kc_ctx_log(&run->ctx, KC_LOG_WARN, "there are %zu layers: the %d coarsest are levels", layers->n,
                   KC_LEVELS_MOST);
    for (size_t i = layers->n; rc == 0 && i-- > skip;) {
        struct kc_cluster_level *l = add_level(run, e);
        if (!l || kc_hdbscan_layer(f, run->opts, i, l->labels, &l->k, e) != 0)
            return -1;
        rc = finish_level(run, l, e);
    }
    return rc;
}

int kc_fit_levels_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    return j->all_levels ? take_layers(run, e) : j->nlevels ? unite_clusters(j, run, e) : 0;
}

void kc_fit_levels_free(struct kc_job_run *run)
{
    for (size_t i = 0; i < run->nlevels; i++) {
        kc_mem_free(run->level[i].labels);
        kc_mem_free(run->level[i].parent);
    }
}
