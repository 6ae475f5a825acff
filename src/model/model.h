/* The model: a clustering in a file. It holds what fit has found, what update adds to it, and all that assign needs.
 *
 * The file is a safetensors container (json/safetensors.h). All arrays are ordered by ascending id; new clusters get
 * ids above all that were ever given, so they come last. A model depends on the data and the options alone: it is
 * the same byte for byte whenever it is made. */
#ifndef KC_MODEL_MODEL_H
#define KC_MODEL_MODEL_H

#include "base/ctx.h"
#include "core/cluster/algorithm.h"
#include "in/dataset.h"
#include "io/outfile.h"

#define KC_MODEL_VERSION 2         /* the latest; a model of centroids is written as version 1 */
#define KC_MODEL_NEIGHBOURS ((size_t)15)     /* rows of the fit that vote for a new row's label */
#define KC_MODEL_SMALL_PERCENTILE 5 /* of a cluster's similarities: a small model leaves rows below it unassigned */
#define KC_MODEL_PERCENTILES 101  /* 0 to 100 */
#define KC_MODEL_REPRESENTATIVES 5
#define KC_MODEL_SEED 42           /* seed of updates if the algorithm of the fit has none */
#define KC_MODEL_MOST_ROWS (INT64_MAX / 2) /* of a cluster */
#define KC_MODEL_POOL 10000       /* most rows kept for the next update: the latest ones */

/* The indices of the fit, which later rows are compared with. NAN where not defined. */
struct kc_model_baseline {
    double silhouette, calinski_harabasz, davies_bouldin, inertia, objective;
    double similarity; /* mean over the rows, each to the centroid of the others of its cluster, as if it were new */
};

/* When an id began and ended. */
struct kc_model_life {
    int64_t id;
    uint64_t generation;         /* of the fit that gave it, or that was the last before the update that gave it */
    uint64_t update;             /* number of that update after the fit, from 1; 0: the fit gave it */
    uint64_t rows;               /* rows of the cluster at that time */
    uint64_t gone;               /* generation of the first fit without it; 0: a cluster has it */
};

/* A batch that a model has learned from: its fit, or an update. */
struct kc_model_event {
    uint64_t generation, update; /* as in struct kc_model_life */
    int64_t time;                /* seconds since 1970; -1: unknown */
    uint64_t rows, joined, born, unassigned; /* of the batch; of a fit the rows have joined */
    uint64_t clusters;           /* after it */
    double similarity, silhouette; /* means over the batch, by the model before it; of a fit as in the baseline */
    double variation;            /* of the sizes of all clusters after it */
    struct kc_model_share {
        int64_t id;
        uint64_t rows;           /* above 0 */
    } *share;                    /* (nshares) rows of the batch in each cluster that got some, by id; owned by the
                                  * model. Of a fit it may be empty. */
    size_t nshares;
};
#define KC_MODEL_EVENTS_MOST 1000 /* of a model; the oldest are dropped */
#define KC_MODEL_TIME_MOST 253402300799 /* the last second of the year 9999 */

/* How a model labels a row. */
enum kc_model_kind {
    KC_MODEL_CENTROIDS, /* by the nearest centroid: the clusters are those of their centroids */
    KC_MODEL_VOTES,     /* by the votes of the nearest rows of the fit, which the model holds (model/votes.h) */
    KC_MODEL_SMALL      /* as VOTES would, but without the rows: by the nearest centroid, above a threshold */
};

/* How the rows of the fit are stored. */
enum kc_model_form { KC_MODEL_F16, KC_MODEL_I8, KC_MODEL_NO_ROWS };
#define KC_MODEL_FORMS "f16 int8 none" /* their names, in the same order */

/* The rows of the fit, in the order of their hashes; equal rows in the order of the input. */
struct kc_model_rows {
    size_t n;
    uint16_t *halves; /* (n, d) float16; or NULL */
    int8_t *bytes;    /* (n, d) each times the row's scale; or NULL */
    float *scale;     /* (n) with bytes: a row's length is 1 */
    uint32_t *label;  /* (n) cluster, 0..k-1, or KC_NOISE */
    uint64_t *hash;   /* (n) kc_la_hash of the unit row, before it was rounded */
};

/* Rows of the fit that size limits put into another cluster than the nearest. They are recognised by a hash of the unit
 * row. Equal rows may go to several clusters: the first `count` of them to the first entry's, and so on. */
struct kc_model_moved {
    uint64_t *hash;  /* (n) ascending */
    uint64_t *place; /* (n) cluster, 0..k-1 */
    uint64_t *count; /* (n) rows that go there */
    size_t n;
};

/* The rows of a shard, added up by cluster (model/tally.h). */
struct kc_model_tally {
    uint64_t *counts;    /* (k) rows, also none; NULL: the model has no tally */
    int64_t *units;      /* (k, d) sums of the unit rows, in units of 2^-30 */
    int64_t *rest;       /* (k, d) what the units leave, in units of 2^-60 */
    uint64_t rows;       /* of the shard, the unassigned ones included */
    uint64_t unassigned; /* that are in no sum */
};

struct kc_model {
    enum kc_model_kind kind;
    size_t k, d;
    int64_t *ids;      /* (k) ascending, 0 or more */
    float *centroids;  /* (k, d) unit rows; a label is the most similar of them */
    double *sums;      /* (k, d) sums of the members' unit rows */
    uint64_t *counts;  /* (k) rows, at least 1 */
    float *quantiles;  /* (k, KC_MODEL_PERCENTILES) of the members' similarities, unweighted: kc_model_quantiles */
    struct kc_model_moved moved; /* of a model of centroids */
    struct kc_model_rows rows;   /* of a model of votes */
    struct {
        float *x;      /* (n, d) unit rows, the oldest first */
        size_t n;
        struct kc_strs terms; /* (n) */
    } pool;            /* unassigned rows of updates, kept for the next */
    uint32_t *rep_first;     /* (k + 1) cluster c has the representatives rep_first[c] .. rep_first[c + 1] - 1 */
    struct kc_strs rep_terms; /* their terms; within a cluster the most similar first */
    float *rep_similarity;   /* their similarities to the centroid */
    struct kc_strs labels;   /* (k), "": none; or empty: the labels are the terms of the first representatives */
    double *stability;       /* (nstability) of the first clusters, by resamples of the fit (core/choice/trust.h); those
                              * of updates come after these. NAN: not known */
    size_t nstability;       /* 0: it was not asked for */
    struct kc_model_life *lives; /* (nlives) of every id ever given, ascending */
    size_t nlives;
    struct kc_model_event *events; /* (nevents) of earlier fits and of all updates, the oldest first; none: it was not
                                    * updated */
    size_t nevents;
    struct kc_model_tally tally; /* of a model of centroids that assign --tally has written */

    char kclust[32];         /* the version of kclust that wrote it */
    const struct kc_algorithm *algorithm; /* the algorithm of the fit */
    void *opts;              /* its options; owned by the model */
    uint64_t n;              /* rows of the fit */
    uint64_t generation;     /* 1, plus 1 for each fit --like */
    uint64_t updates;        /* updates since the fit */
    uint64_t joined;         /* rows of these updates that joined an old cluster */
    uint64_t born;           /* rows of these updates in new clusters */
    uint64_t unassigned;     /* rows of these updates that were left unassigned */
    int64_t next_id;         /* above every id ever given */
    int64_t created;         /* seconds since 1970; -1: unknown */
    struct kc_model_baseline baseline;
};

/* Make a model from a fitted clustering. For a model of centroids the rows are read once more and each is assigned
 * again; rows that would get another label than that of the fit are recorded in `moved`. A model of votes lacks its
 * rows still.
 *
 * ds        the rows
 * f, opts   the clustering, with sums and centroids, and the options of its algorithm
 * old, ids  the model that it continues, and its ids (k); NULL: a model of generation 1 with the ids 0..k-1 */
int kc_model_make(const struct kc_ctx *ctx, struct kc_model *m, enum kc_model_kind kind, const struct kc_dataset *ds,
                  const struct kc_clustering *f, const void *opts, const struct kc_model *old, const int64_t *ids,
                  struct kc_err *e) KC_MUST_USE;

/* Give a model of votes the rows of its fit.
 *
 * rows      (n, d) unit rows, which are read twice
 * labels    (n) the fit's clusters, or KC_NOISE
 * ids       (k) of the fit's clusters; NULL: 0..k-1
 * form      KC_MODEL_F16 or KC_MODEL_I8 */
int kc_model_keep_rows(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                       const uint32_t *labels, const int64_t *ids, enum kc_model_form form,
                       struct kc_err *e) KC_MUST_USE;
/* Do the same with float16 for a map (model/map.h): m has d only, and the labels are the numbers of the rows. */
int kc_model_keep_numbered(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                           struct kc_err *e) KC_MUST_USE;
/* Return the bytes that these allocate at the peak, the rows of the model included. */
uint64_t kc_model_keep_bytes(size_t n, size_t d, int in_memory, enum kc_model_form form, unsigned threads);
/* Write rows [first, first + n) to x (n, d), as float32. */
void kc_model_widen_rows(const struct kc_model *m, size_t first, size_t n, float *x);
/* Return the first row with that hash; SIZE_MAX if there is none. */
size_t kc_model_find_row(const struct kc_model *m, uint64_t hash);
/* Return the bytes of the rows, with their labels and hashes. */
uint64_t kc_model_rows_bytes(const struct kc_model *m);
/* Return the version of the format that the model is written in; the name of its kind; of the form of its rows. */
int kc_model_version(const struct kc_model *m);
const char *kc_model_kind_name(const struct kc_model *m);
const char *kc_model_form_name(const struct kc_model *m);

/* Return the label of cluster c, of *n bytes; of 0 bytes if it has none. */
const char *kc_model_label(const struct kc_model *m, size_t c, size_t *n);
/* Append the labels of all clusters to out. */
int kc_model_copy_labels(const struct kc_model *m, struct kc_strs *out, struct kc_err *e) KC_MUST_USE;
/* Give the clusters labels (m->k): labels[c] to the one with the id ids[c]; ids NULL: with the id c. */
int kc_model_set_labels(struct kc_model *m, const struct kc_strs *labels, const int64_t *ids,
                        struct kc_err *e) KC_MUST_USE;

/* Give the clusters their stability (m->k): stability[c] to the one with the id ids[c]; ids NULL: with the id c. */
int kc_model_set_stability(struct kc_model *m, const double *stability, const int64_t *ids,
                           struct kc_err *e) KC_MUST_USE;

/* Append the update that the model has just learned from: the figures of its batch, whose shares are made of rows (k),
 * the batch's rows in each cluster. (model/history.c) */
int kc_model_log_update(struct kc_model *m, const struct kc_model_event *batch, const uint64_t *rows,
                        struct kc_err *e) KC_MUST_USE;
/* Copy the history of an older model, its fit included, to one that continues it. */
int kc_model_continue_history(struct kc_model *m, const struct kc_model *old, struct kc_err *e) KC_MUST_USE;
struct kc_jsonw; /* json/jsonw.h */
/* Write the history as the member "history". (model/save.c) */
void kc_model_write_history(struct kc_jsonw *w, const struct kc_model *m);
/* Append the info of a model file, all but its tensors, as JSON. (model/save.c) */
int kc_model_add_info(struct kc_buf *b, const struct kc_model *m, struct kc_err *e) KC_MUST_USE;
/* Describe the model's fit as an event, without shares. */
struct kc_model_event kc_model_fit_event(const struct kc_model *m);
void kc_model_free_history(struct kc_model *m);

/* Return the fit's option of this key, a whole number; `fallback` if its algorithm has none. */
uint64_t kc_model_option(const struct kc_model *m, const char *key, uint64_t fallback);

/* Return the bytes that kc_model_make allocates for n rows and at most k clusters. */
uint64_t kc_model_make_bytes(enum kc_model_kind kind, size_t n, size_t d, uint64_t k);

/* Compute the percentiles of the members' similarities for each cluster, linear between the order statistics, as in
 * numpy. A member counts as if it were new: its similarity is that to the centroid of the others, (L s - 1) / |S -
 * x| with L = |S|. A cluster of one row gets the percentiles of all rows; if all clusters are such, 1.
 *
 * similarity     (n) of the rows to their own centroid
 * labels         (n)
 * sums, counts   (k, d) and (k) of the clusters
 * quantiles      (k, KC_MODEL_PERCENTILES) receives the percentiles
 * mean           receives the mean of these similarities over all rows; may be NULL */
int kc_model_quantiles(size_t n, size_t d, size_t k, const float *similarity, const uint32_t *labels,
                       const double *sums, const uint64_t *counts, float *quantiles, double *mean,
                       struct kc_err *e) KC_MUST_USE;
/* Return percentile p (0..100, linear between whole ones), given the whole ones (KC_MODEL_PERCENTILES); that of
 * cluster c. */
float kc_model_quantile(const float *quantiles, double p);
float kc_model_percentile(const struct kc_model *m, size_t c, double p);

/* Load a model; "-" is standard input. The file may be compressed. KC_EINPUT for everything that is not a model as in
 * section MODEL of kclust-formats(5). m is zero-initialised here; free it with kc_model_free, also after a failure. */
int kc_model_load(struct kc_model *m, const char *path, struct kc_err *e) KC_MUST_USE;
/* Load what labels new rows, and some of the rest; what is not loaded is not checked either. */
#define KC_MODEL_SUMS 1u /* the sums, and the tally */
#define KC_MODEL_PAST 2u /* lineage, representatives, labels, stability, history, and the pool */
#define KC_MODEL_ALL (KC_MODEL_SUMS | KC_MODEL_PAST)
int kc_model_load_parts(struct kc_model *m, const char *path, unsigned parts, struct kc_err *e) KC_MUST_USE;
/* The same for a file of n bytes in memory. name: its name, for messages. */
int kc_model_parse(struct kc_model *m, const char *bytes, size_t n, const char *name, struct kc_err *e) KC_MUST_USE;
/* Write a model to f. The caller commits f. */
int kc_model_save(const struct kc_model *m, struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
void kc_model_free(struct kc_model *m);

/* Return 1 if a source, of which nothing has been read, is a model: it begins as a safetensors file, and no valid
 * header says that it is something else. A model that is damaged or cut short is one too. 0: no model; -1: it cannot
 * be read. Nothing of it is read. */
int kc_model_is(struct kc_source *src, struct kc_err *e) KC_MUST_USE;
/* Load a model as kc_model_load does, from a source that was opened at path. The caller closes it. */
int kc_model_read(struct kc_model *m, const char *path, struct kc_source *src, struct kc_err *e) KC_MUST_USE;

/* Return the bytes of memory that the model takes, without terms. */
uint64_t kc_model_bytes(const struct kc_model *m);

/* Return the place of the cluster with that id; SIZE_MAX if there is none. */
size_t kc_model_find(const struct kc_model *m, int64_t id);

/* Fill m->moved with the rows whose label is not the nearest of m's clusters. labels: (rows->n). Of m, k and centroids
 * are looked at. All ranks that share the rows get the same. */
int kc_model_find_moved(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                        const uint32_t *labels, struct kc_err *e) KC_MUST_USE;
/* Return the first entry with that hash (kc_la_hash of the unit row); SIZE_MAX if there is none. */
size_t kc_model_moved(const struct kc_model_moved *t, uint64_t hash);
void kc_model_moved_free(struct kc_model_moved *t);

#endif
