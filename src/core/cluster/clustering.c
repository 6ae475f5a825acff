/* Release a clustering: what every algorithm fills here, and the appendix by the function that the algorithm has
 * set. */
#include "core/cluster/clustering.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int kc_clustering_warn(struct kc_clustering *c, struct kc_err *e, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    return kc_strs_add(&c->warnings, line, strlen(line), e);
}

void kc_clustering_limit(struct kc_clustering *c, const char *fmt, ...)
{
    size_t at = strlen(c->limit_reason), room = sizeof c->limit_reason - at;
    va_list ap;
    if (at) {
        snprintf(c->limit_reason + at, room, "; ");
        at = strlen(c->limit_reason);
        room = sizeof c->limit_reason - at;
    }
    va_start(ap, fmt);
    vsnprintf(c->limit_reason + at, room, fmt, ap);
    va_end(ap);
    c->limit_broken = 1;
}

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
    kc_mem_free(c->stability);
    kc_mem_free(c->merges);
    kc_strs_free(&c->warnings);
    if (c->appendix)
        c->free_appendix(c->appendix);
    *c = (struct kc_clustering){0};
}
