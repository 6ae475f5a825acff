/* Views from files: what report and plot show of clusters that were found earlier, by labels, vectors, a summary, a
 * model, or some of them. */
#ifndef KC_JOB_VIEW_H
#define KC_JOB_VIEW_H

#include "core/map/map.h"
#include "in/dataset.h"
#include "job/align.h"
#include "report/facets.h"
#include "view/fill.h"

struct kc_job_view {
    struct kc_job_labels labels; /* of the rows */
    int vectors;              /* 1: there are vectors */
    struct kc_in_opts in;     /* where they are; the job sets normalise, attributes and memory */
    const char *summary;      /* the sidecar of a fit, or NULL */
    const char *model;        /* or NULL */
    const char *map;          /* a saved map, or a file of coordinates; NULL: none */
    int want_map;             /* 1: compute a map if there are vectors and no file */
    struct kc_map_opts map_opts;
    struct kc_job_labels old; /* labels of earlier clusters of these rows */
    struct kc_job_labels gold; /* labels known to be right */
    uint64_t keywords;        /* of a cluster, if the summary has none; 0: none */
    const char *text_field;   /* what a row is called, and where keywords are found; NULL: its term */
    uint64_t languages;       /* as in text/keywords.h */
    const char *time_field;   /* or NULL */
    int bins;                 /* enum kc_view_bin */
    const char *group_by;     /* or NULL */
    struct kc_facet facet[KC_VIEW_FACETS_MOST];
    size_t nfacets;
    const char *title;        /* or NULL */
    uint64_t worst;           /* rows listed that lower the agreement with gold labels */
    uint64_t max_memory;      /* bytes, 0: no limit */
};
#define KC_JOB_VIEW_DEFAULT {.in = KC_IN_DEFAULTS, .want_map = 1, .map_opts = KC_MAP_OPTS_DEFAULT, .keywords = 10, \
                             .worst = 50}

/* Fill the view v, which was set by kc_view_init. KC_EINPUT if the files do not belong together. */
int kc_job_view_load(const struct kc_ctx *ctx, const struct kc_job_view *j, struct kc_view *v,
                     struct kc_err *e) KC_MUST_USE;

/* Return the threads of the context. (job/view_map.c) */
unsigned kc_job_view_threads(const struct kc_ctx *ctx);

/* Steps that other jobs share, whose rows are loaded already (job/view_rows.c). */

/* Set the facts of a view of one file: what it is ("model") and its name; and the command. */
int kc_job_view_about(const struct kc_ctx *ctx, struct kc_view *v, const char *what, const char *file,
                      struct kc_err *e) KC_MUST_USE;
/* Compute the map of the rows. (job/view_map.c) */
int kc_job_view_map(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_map_opts *o,
                    struct kc_view *v, struct kc_err *e) KC_MUST_USE;
/* Set the map from a file: a saved map, on which the rows are placed, or the rows' coordinates. (job/view_map.c) */
int kc_job_view_map_file(const struct kc_ctx *ctx, const char *file, const struct kc_rows *rows, struct kc_view *v,
                         struct kc_err *e) KC_MUST_USE;
/* Find keywords of the clusters in the view's texts. */
int kc_job_view_words(const struct kc_ctx *ctx, uint64_t keywords, uint64_t languages, struct kc_view *v,
                      struct kc_err *e) KC_MUST_USE;
/* Name the clusters of the levels in the same way. */
int kc_job_view_levels(const struct kc_ctx *ctx, uint64_t keywords, uint64_t languages, struct kc_view *v,
                       struct kc_err *e) KC_MUST_USE;
/* Read the rows' times and bin them; read the rows' groups. */
int kc_job_view_times(struct kc_view *v, const struct kc_field *f, int bins, struct kc_err *e) KC_MUST_USE;
int kc_job_view_groups(struct kc_view *v, const struct kc_field *f, struct kc_err *e) KC_MUST_USE;
/* Compare with labels of earlier clusters of the same rows. terms (n), or none. name: of the new labels. */
int kc_job_view_old(const struct kc_ctx *ctx, const struct kc_job_labels *old, const struct kc_strs *terms,
                    const char *name, struct kc_view *v, struct kc_err *e) KC_MUST_USE;
/* Compare with an earlier model; new: that of the view's clusters. Models of different dimensions are not compared. */
struct kc_model;
struct kc_lineage_opts;
int kc_job_view_models(const struct kc_model *old, const char *old_name, const struct kc_model *new,
                       const char *new_name, const struct kc_lineage_opts *o, struct kc_view *v,
                       struct kc_err *e) KC_MUST_USE;

#endif
