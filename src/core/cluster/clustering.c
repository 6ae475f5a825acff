/* Release a clustering: what every algorithm fills here, and the appendix by the function that the algorithm has
 * set. */
#include "core/cluster/clustering.h"

void kc_clustering_free(struct kc_clustering *c)
{
    kc_mem_free(c->labels);
    kc_mem_free(c->centroids);
    kc_mem_free(c->sums);
    kc_mem_free(c->clusters);
    kc_mem_free(c->similarity);
    kc_mem_free(c->margin);
    kc_mem_free(c->row_silhouette);
    kc_mem_free(c->probability);
    kc_mem_free(c->outlier);
    kc_mem_free(c->merges);
    kc_strs_free(&c->warnings);
    if (c->appendix)
        c->free_appendix(c->appendix);
    *c = (struct kc_clustering){0};
}
