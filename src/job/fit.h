/* fit: read rows, cluster them, write the outputs. */
#ifndef KC_JOB_FIT_H
#define KC_JOB_FIT_H

#include "core/cluster/algorithm.h"
#include "core/parts/parts.h"
#include "in/dataset.h"
#include "job/checkpoint.h"
#include "model/assign.h"
#include "report/clusters.h"
#include "report/labels.h"
#include "report/tree.h"

#define KC_GROUP_FIELDS_MOST 8
#define KC_FIT_RESAMPLES 20 /* for a column stability */
#define KC_FIT_OUTPUTS_MOST 16

/* The outputs, by their rows in job/fit_outputs.c. */
enum kc_fit_output { KC_FIT_LABELS, KC_FIT_SUMMARY, KC_FIT_PROMETHEUS, KC_FIT_CLUSTERS, KC_FIT_MODEL,
                     KC_FIT_TIME_TABLE, KC_FIT_TREE, KC_FIT_REPORT };

enum kc_fit_space_kind { KC_FIT_COSINE, KC_FIT_GRAPH, KC_FIT_PCA, KC_FIT_SVD };

enum kc_time_bin { KC_BIN_MONTH, KC_BIN_WEEK, KC_BIN_DAY };

struct kc_job_fit {
    struct kc_in_opts in;    /* the job sets normalise, want_raw, max_memory, work, work_arg and the attributes */
    const struct kc_algorithm *algorithm;
    const void *opts;        /* its options */
    struct kc_out_opts out;
    const char *path[KC_FIT_OUTPUTS_MOST]; /* file of each kc_fit_output; "-": standard output; NULL: none */
    struct kc_clusters_opts records; /* options of the records of clusters */
    const char *document_field; /* field of a row's document, for the records; or NULL */
    const char *like;        /* an older model whose ids are kept, or NULL */
    const char *like_labels; /* labels that are ids of that model, to match clusters by rows; NULL: by centroids */
    /* Groups, time and weights: */
    const char *group_by[KC_GROUP_FIELDS_MOST]; /* fields: rows with different values are clustered separately */
    size_t ngroup_by;
    enum kc_out_format table_format; /* of the table over time */
    enum kc_tree_format tree_format; /* of the tree */
    int time_bins;           /* enum kc_time_bin: the bins of the table over time */
    const char *time_field;  /* field of a row's timestamp, or NULL */
    const char *weight_field; /* field of a row's weight, or NULL */
    int64_t halflife;        /* age at which a row's weight is halved, in microseconds; 0: age does not count */
    struct kc_parts_opts parts; /* window, max_gap, link, merge, min_rows, small_none; the job sets the rest */
    double max_relabel;      /* share of the rows that may change their id; 1: all */
    uint64_t keywords;       /* keywords per cluster; 0: none */
    const char *text_field;  /* field that keywords are found in; NULL: in the terms */
    const char *label_by;    /* field whose largest value names a cluster's member that is its label; or NULL */
    const char *stop_words;  /* file of words that are never keywords, one per line; or NULL */
    int no_stop_words;       /* 1: do not use the built-in stop words */
    uint64_t languages;      /* whose stop words are used, see text/languages.h; 0: those of the texts */
    const char *pairs;       /* file of pairs of rows that must, or must not, be in one cluster; or NULL */
    int pairs_by_row;        /* 1: they are row numbers, though the rows have terms */
    const char *centroids;   /* file of vectors that the clusters start from, or NULL; the job sets k */
    enum kc_fit_space_kind space; /* what is clustered */
    uint32_t space_dims;     /* coordinates; 0: as many as suit the algorithm */
    struct kc_threshold threshold; /* rows less similar to their cluster than this are left out of it */
    double min_margin;       /* rows with a smaller margin are left out; -2: none */
    uint32_t levels[KC_LEVELS_MOST]; /* numbers of clusters of the coarser levels, rising */
    size_t nlevels;
    int all_levels;          /* 1: the levels are the layers of a fit by density */
    uint64_t min_children;   /* clusters of the fit in one of a level, at least */
    uint64_t reduce_to;      /* unite clusters until so many are left; 0: do not */
    uint64_t resamples;      /* for the stability of the clusters; 0: it is not computed */
    int test_structure;      /* 1: a limit is broken if the rows have no structure */
    double min_purity;       /* rows with a smaller share of neighbours in their cluster are left out; 0: none */
    int64_t created;         /* time stored in the model, seconds since 1970; -1: none */
    uint64_t max_memory;     /* bytes, 0: no limit */
    struct kc_checkpoint_opts checkpoint;
    int model_form;          /* enum kc_model_form: how a model of votes holds the rows */
    double lock_timeout;      /* seconds to wait for another run that writes the model; negative: no limit */
    int shards;              /* a file of labels for each rank of a team */
    int want_text;           /* fill result.text */
    int plot;                /* add a map and lines of bars to it: 1; and with colours: 2 */
};

struct kc_job_fit_result {
    int limit_broken;        /* the outputs are written, but a limit could not be kept */
    char limit_reason[512];  /* which limit, and why */
    struct kc_buf text;      /* the summary for people */
};

/* Split `value`, the fields to group by, at the commas. The names lie in `copy`, of `size` bytes. KC_EUSAGE if there
 * are too many, or one is empty or repeated; the message names the option. */
int kc_job_fit_split_fields(struct kc_job_fit *j, char *copy, size_t size, const char *value, const char *option,
                            struct kc_err *e) KC_MUST_USE;
/* Parse and write "5,20,80" or "all". Functions of an option about a struct kc_job_fit. */
int kc_job_fit_parse_levels(void *base, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;
void kc_job_fit_levels_text(const void *base, int brief, char out[KC_OPTION_TEXT_MAX]);
/* Parse and write "cosine", "graph", "graph:N", "pca:N" or "svd:N". Functions of an option about a struct
 * kc_job_fit. */
int kc_job_fit_parse_space(void *base, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;
void kc_job_fit_space_text(const void *base, int brief, char out[KC_OPTION_TEXT_MAX]);
/* The options that name the outputs; rows about a struct kc_job_fit. */
extern const struct kc_option kc_fit_output_options[];
/* Return 1 if rows may be left out of their clusters; if they may be for their similarity to centroids. */
int kc_job_fit_leaves(const struct kc_job_fit *j);
int kc_job_fit_leaves_by_centroid(const struct kc_job_fit *j);
/* Return the kind of model that the job makes, if it makes one. */
enum kc_model_kind kc_job_fit_model_kind(const struct kc_job_fit *j);
/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_fit_check_outputs(const struct kc_job_fit *j, struct kc_err *e) KC_MUST_USE;

/* Run the job. Nothing is written before all input is read and valid and the work is done, and no output is replaced
 * before all are complete. r is zero-initialised by the callee; free it with kc_job_fit_free, also after a failure. */
int kc_job_fit_run(const struct kc_ctx *ctx, const struct kc_job_fit *j, struct kc_job_fit_result *r,
                   struct kc_err *e) KC_MUST_USE;
void kc_job_fit_free(struct kc_job_fit_result *r);

#endif
