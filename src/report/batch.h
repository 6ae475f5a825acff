/* What became of a batch of rows that met a model: for machines, for people, for monitoring. */
#ifndef KC_REPORT_BATCH_H
#define KC_REPORT_BATCH_H

#include "base/ctx.h"
#include "base/mem.h"
#include "core/judge/drift.h"
#include "io/outfile.h"

struct kc_batch {
    const char *verb;          /* "assign", "update" */
    const char *model;         /* its name */
    size_t n, d, k;            /* rows of the batch, dimensions, clusters (of an update: afterwards) */
    uint64_t skipped;
    uint64_t joined, born, unassigned; /* rows into clusters that were there, new ones, none; born 0 for assign */
    double similarity;         /* mean over the rows, to the nearest centroid; NAN without rows */
    const int64_t *ids;        /* (k) */
    const uint64_t *rows;      /* (k) of this batch */
    const uint64_t *sizes;     /* (k) in all, or NULL where the model does not change */
    const int64_t *new_ids;    /* (nnew) */
    size_t nnew;
    uint64_t late, pool;       /* update: rows of earlier batches that came into a new cluster; rows left in the pool */
    const struct kc_drift *drift; /* or NULL */
    double seconds;
    uint64_t peak_rss;
};

void kc_out_batch_event(const struct kc_ctx *ctx, const struct kc_batch *t); /* the counts, as an event */
int kc_out_batch_json(struct kc_outfile *f, const struct kc_batch *t, struct kc_err *e) KC_MUST_USE;
int kc_out_batch_text(struct kc_buf *b, const struct kc_batch *t, struct kc_err *e) KC_MUST_USE;
/* The text exposition format of Prometheus, as node_exporter's textfile collector reads it. */
int kc_out_batch_prometheus(struct kc_outfile *f, const struct kc_batch *t, struct kc_err *e) KC_MUST_USE;

#endif
