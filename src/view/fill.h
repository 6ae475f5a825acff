/* Fills a view from rows, labels and texts. Each function fills what its name says, and needs what was filled before;
 * on failure the view is freed by its owner as always. */
#ifndef KC_VIEW_FILL_H
#define KC_VIEW_FILL_H

#include "base/ctx.h"
#include "base/intern.h"
#include "view/view.h"

struct kc_rows;     /* la/rows.h */
struct kc_keywords; /* text/keywords.h */
struct kc_model;    /* model/model.h */
struct kc_diff_report;

#define KC_VIEW_HEAT_MOST ((size_t)100) /* clusters whose similarities are shown: the largest */
#define KC_VIEW_REPRESENTATIVES 5

/* Set the clusters from labels: label (n) is copied, names (k) are their ids. Clusters are ordered by falling size, of
 * equal ones by their names' order; empty ones are left out. of (k), or NULL: set to the place of each in the view, or
 * KC_NONE. */
int kc_view_set_labels(struct kc_view *v, const uint32_t *label, size_t n, const struct kc_strs *names, uint32_t *of,
                       struct kc_err *e) KC_MUST_USE;
/* Compute the clusters' figures, the rows' silhouettes, the representatives, and the similarities and the tree of the
 * clusters from the rows (v->n). */
int kc_view_measure(const struct kc_ctx *ctx, const struct kc_rows *rows, struct kc_view *v,
                    struct kc_err *e) KC_MUST_USE;
uint64_t kc_view_measure_bytes(size_t n, size_t d, int in_memory, uint64_t k, unsigned threads);
/* Compute the similarities of unit centroids (k, d), and their tree by average linkage. */
int kc_view_set_heat(struct kc_view *v, const float *centroids, size_t d, struct kc_err *e) KC_MUST_USE;
/* Copy keywords of the clusters (of[c]: the place of cluster c in the view; NULL: c itself), and the names that they
 * give. */
int kc_view_set_keywords(struct kc_view *v, const struct kc_keywords *w, const uint32_t *of,
                         struct kc_err *e) KC_MUST_USE;

enum kc_view_bin { KC_VIEW_AUTO, KC_VIEW_DAY, KC_VIEW_WEEK, KC_VIEW_MONTH, KC_VIEW_YEAR };
#define KC_VIEW_BIN_WORDS "auto day week month year"
/* Count the rows of each cluster in bins of v->time, and set the clusters' spans. */
int kc_view_set_bins(struct kc_view *v, enum kc_view_bin bins, struct kc_err *e) KC_MUST_USE;
/* Set the groups from each row's group, and the figures of each. */
int kc_view_set_groups(struct kc_view *v, const uint32_t *group, const struct kc_strs *names,
                       struct kc_err *e) KC_MUST_USE;
/* Count the rows of each cluster and class. gold (n), names (m). Lists up to `worst` rows that lower the agreement. */
int kc_view_set_gold(struct kc_view *v, const uint32_t *gold, const struct kc_strs *names, size_t worst,
                     struct kc_err *e) KC_MUST_USE;

/* Read the sidecar of a fit (text of n bytes, readable as json/json.h asks), whose clusters have the ids in v. name:
 * its file, for messages. KC_EINPUT if it is none. */
int kc_view_read_summary(struct kc_view *v, const char *text, size_t n, const char *name,
                         struct kc_err *e) KC_MUST_USE;
/* Set the error of a file that is no summary. Returns -1. */
int kc_view_refuse_summary(const char *name, struct kc_err *e);
/* Set clusters and history from a model, or only what the view lacks if it has clusters. */
int kc_view_set_model(struct kc_view *v, const struct kc_model *m, struct kc_err *e) KC_MUST_USE;
/* Set what became of the clusters. of (new clusters of r): the place in the view of each, so that the flow has them in
 * the view's order; KC_NONE: it has no rows. NULL: they are in that order. */
int kc_view_set_flow(struct kc_view *v, const struct kc_diff_report *r, const uint32_t *of,
                     struct kc_err *e) KC_MUST_USE;

struct kc_field; /* report/facets.h */
#define KC_VIEW_FACET_VALUES 5
/* Add a facet: the most frequent values of a field in each cluster. */
int kc_view_add_facet(struct kc_view *v, const char *name, const struct kc_field *field,
                      struct kc_err *e) KC_MUST_USE;

/* The clusters by their ids. Zero-initialise; free with kc_view_index_free. */
struct kc_view_index {
    struct kc_intern ids;
    uint32_t *place; /* (ids) of the first cluster that has each */
};
int kc_view_index_make(struct kc_view_index *t, const struct kc_view *v, struct kc_err *e) KC_MUST_USE;
void kc_view_index_free(struct kc_view_index *t);
/* Return the place of the cluster with that id, KC_NONE if there is none. */
uint32_t kc_view_find(const struct kc_view_index *t, int64_t id);

/* Append a fact, "rows" and "1503". */
int kc_view_add_fact(struct kc_view *v, struct kc_err *e, const char *name, const char *fmt, ...)
    KC_PRINTF(4, 5) KC_MUST_USE;

#endif
