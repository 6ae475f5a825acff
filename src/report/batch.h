/* The report on one batch of rows labelled by a model (assign, update, merge): as JSON, as text, for Prometheus. */
#ifndef KC_REPORT_BATCH_H
#define KC_REPORT_BATCH_H

#include "base/ctx.h"
#include "base/mem.h"
#include "core/judge/drift.h"
#include "io/outfile.h"

struct kc_batch {
    const char *verb;          /* "assign", "update", "merge" */
    const char *model;         /* name of the model's file */
    size_t n, d;               /* rows of the batch, dimensions */
    size_t k;                  /* clusters of the model; after the batch, if it is an update */
    uint64_t skipped;          /* bad records */
    uint64_t joined;           /* rows that joined a cluster the model already had */
    uint64_t born;             /* rows in new clusters; 0 for assign */
    uint64_t unassigned;       /* rows without a cluster */
    double similarity;         /* mean over the rows, to the nearest centroid; NAN without rows */
    const int64_t *ids;        /* (k) */
    const uint64_t *rows;      /* (k) rows of this batch in each cluster */
    const uint64_t *sizes;     /* (k) rows of all batches in each cluster; NULL if the model does not change (assign) */
    const int64_t *new_ids;    /* (nnew) ids of the new clusters, ascending */
    size_t nnew;
    uint64_t late;             /* update: rows of earlier batches that were placed in a new cluster */
    uint64_t pool;             /* update: rows left in the pool */
    size_t parts;              /* merge: files that were added up; 0 for the others */
    size_t empty;              /* merge: clusters without rows */
    double shift;              /* merge: the greatest 1 - cos between a centroid and the one before; NAN: no step */
    const struct kc_drift *drift; /* NULL: not computed */
    double seconds;
    uint64_t peak_rss;         /* bytes */
};

/* Send the counts as an event. */
void kc_out_batch_event(const struct kc_ctx *ctx, const struct kc_batch *t);
int kc_out_batch_json(struct kc_outfile *f, const struct kc_batch *t, struct kc_err *e) KC_MUST_USE;
int kc_out_batch_text(struct kc_buf *b, const struct kc_batch *t, struct kc_err *e) KC_MUST_USE;
/* Write the main figures as Prometheus metrics, see report/prometheus.h. */
int kc_out_batch_prometheus(struct kc_outfile *f, const struct kc_batch *t, struct kc_err *e) KC_MUST_USE;

#endif
