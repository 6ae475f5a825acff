/* The model: a clustering that lasts. What fit found, what update adds to it, and all that assign needs.
 *
 * In the file (safetensors, json/safetensors.h) everything lies in the order of the ids, which rise; new clusters get
 * ids above all that were ever given, so they come behind. Everything in here follows from the data and the options:
 * a model is the same to the byte whenever it is made. */
#ifndef KC_MODEL_MODEL_H
#define KC_MODEL_MODEL_H

#include "base/ctx.h"
#include "core/cluster/algorithm.h"
#include "in/dataset.h"
#include "io/outfile.h"

#define KC_MODEL_VERSION 1
#define KC_MODEL_PERCENTILES 101  /* 0 to 100 */
#define KC_MODEL_REPRESENTATIVES 5
#define KC_MODEL_SEED 42           /* of updates, where the algorithm of the fit has none */
#define KC_MODEL_POOL 10000       /* rows kept for the next update, at most: the latest */

/* The fit's indices: what later rows are compared with. NAN where not defined. */
struct kc_model_baseline {
    double silhouette, calinski_harabasz, davies_bouldin, inertia, objective;
    double similarity; /* mean over the rows, each to the centroid of the others of its cluster, as a new row would be */
};

/* The life of an id. */
struct kc_model_life {
    int64_t id;
    uint64_t generation, update; /* when it was born: the fit of that generation, or an update (from 1) after it */
    uint64_t rows;               /* that it was born with */
    uint64_t gone;               /* the generation whose fit no longer had it; 0: it lives */
};

/* Rows of the fit that size limits put elsewhere than into the nearest cluster. They are told by a hash of the unit
 * row; equal rows may go to several clusters, in the order in which they come. */
struct kc_model_moved {
    uint64_t *hash;  /* (n) rising */
    uint64_t *place; /* (n) 0..k-1 */
    uint64_t *count; /* (n) rows, one after the other, that go there */
    size_t n;
};

struct kc_model {
    size_t k, d;
    int64_t *ids;      /* (k) rising, from 0 on */
    float *centroids;  /* (k, d) unit rows: what labels are the arg-max over */
    double *sums;      /* (k, d) of the members' unit rows */
    uint64_t *counts;  /* (k) at least 1 */
    float *quantiles;  /* (k, KC_MODEL_PERCENTILES) of the members' similarities, whatever their weights, see kc_model_quantiles */
    struct kc_model_moved moved;
    struct {
        float *x;      /* (n, d) unit rows that no cluster has taken, the oldest first */
        size_t n;
        struct kc_strs terms; /* n */
    } pool;
    uint32_t *rep_first;     /* (k + 1) cluster c has representatives rep_first[c] .. rep_first[c + 1] - 1, */
    struct kc_strs rep_terms; /* the most similar first, */
    float *rep_similarity;   /* with their similarities */
    struct kc_model_life *lives; /* (nlives) by rising id */
    size_t nlives;

    char kclust[32];         /* the version that wrote it */
    const struct kc_algorithm *algorithm; /* that made the clustering, */
    void *opts;              /* and its options; the model's own */
    uint64_t n;              /* rows of the fit */
    uint64_t generation;     /* 1, and one more with each fit --like */
    uint64_t updates;        /* since the fit */
    uint64_t joined, born, unassigned; /* rows of these updates: into old clusters, into new ones, into none */
    int64_t next_id;         /* above every id there ever was */
    int64_t created;         /* seconds since 1970; -1: not told */
    struct kc_model_baseline baseline;
};

/* A fitted clustering as a model: of generation 1 with ids 0..k-1, or, with old and ids (k), of the generation after old,
 * with those ids. f: with sums and centroids, by options opts of its algorithm. Rows are read once more, and each
 * is assigned again: what does not come out as its label goes into moved. */
int kc_model_make(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_dataset *ds, const struct kc_clustering *f,
                  const void *opts, const struct kc_model *old, const int64_t *ids,
                  struct kc_err *e) KC_MUST_USE;

/* Return the whole number that the fit's option of this key had; fallback if its algorithm has none. */
uint64_t kc_model_option(const struct kc_model *m, const char *key, uint64_t fallback);

/* What kc_model_make allocates for n rows and k clusters at most. Pure. */
uint64_t kc_model_make_bytes(size_t n, size_t d, uint64_t k);

/* Quantiles of similarities grouped by cluster: similarity (n) to the own centroid, labels (n), counts (k), sums (k, d).
 * A member counts as if it were new: its similarity is that to the centroid of the others, (L s - 1) / |S - x| with L =
 * |S|. A cluster of one, which has no others, gets the percentiles of all rows; without any, 1. Linear between the
 * order statistics, as numpy has it. *mean (may be NULL): over all rows. */
int kc_model_quantiles(size_t n, size_t d, size_t k, const float *similarity, const uint32_t *labels,
                       const double *sums, const uint64_t *counts, float *quantiles, double *mean,
                       struct kc_err *e) KC_MUST_USE;
/* Percentile p (0..100, linear between whole ones) of cluster c. */
float kc_model_percentile(const struct kc_model *m, size_t c, double p);

/* "-" is standard input; may be compressed. KC_EINPUT for everything that is not a model as section MODEL of
 * kclust-formats(5) has it. m is zero-initialised here; free with kc_model_free, also after a failure. */
int kc_model_load(struct kc_model *m, const char *path, struct kc_err *e) KC_MUST_USE;
/* The same from n bytes in memory. */
int kc_model_parse(struct kc_model *m, const char *bytes, size_t n, const char *name, struct kc_err *e) KC_MUST_USE;
int kc_model_save(const struct kc_model *m, struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
void kc_model_free(struct kc_model *m);

/* 1 when the file at path is a regular one and a model: begins as a safetensors file does, and with a header that does not
 * say that it is something else (one that is damaged or cut short does not); else 0. -1: it cannot be read. */
int kc_model_is(const char *path, struct kc_err *e) KC_MUST_USE;

uint64_t kc_model_bytes(const struct kc_model *m); /* of memory, but for terms */

/* The row of m with that id; SIZE_MAX: none. */
size_t kc_model_find(const struct kc_model *m, int64_t id);

/* Fill m->moved: labels (rows->n) that are not the nearest of m's clusters. */
int kc_model_find_moved(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                        const uint32_t *labels, struct kc_err *e) KC_MUST_USE;
/* The first entry of a hash (kc_la_hash of the unit row); SIZE_MAX: none. */
size_t kc_model_moved(const struct kc_model_moved *t, uint64_t hash);

#endif
