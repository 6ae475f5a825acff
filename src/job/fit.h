/* fit: read, cluster, write. */
#ifndef KC_JOB_FIT_H
#define KC_JOB_FIT_H

#include "core/cluster/algorithm.h"
#include "core/parts/parts.h"
#include "in/dataset.h"
#include "job/checkpoint.h"
#include "report/clusters.h"
#include "report/labels.h"

#define KC_GROUP_FIELDS_MOST 8
#define KC_FIT_OUTPUTS_MOST 16

/* The rows of the outputs that others know of. */
enum kc_fit_output { KC_FIT_LABELS, KC_FIT_SUMMARY, KC_FIT_PROMETHEUS, KC_FIT_CLUSTERS, KC_FIT_MODEL };

struct kc_job_fit {
    struct kc_in_opts in;    /* normalise, want_raw, max_memory and work are set by the job */
    const struct kc_algorithm *algorithm;
    const void *opts;        /* its options */
    struct kc_out_opts out;
    const char *path[KC_FIT_OUTPUTS_MOST]; /* of each output, by its row in job/fit_outputs.c; "-": standard output; NULL: none */
    struct kc_clusters_opts records;
    const char *document_field; /* for these, or NULL */
    const char *like;        /* an older model whose ids are kept, or NULL */
    const char *like_labels; /* labels by its ids, to match clusters by their rows; or NULL: by centroids */
    /* Groups, time and weights: */
    const char *group_by[KC_GROUP_FIELDS_MOST]; /* rows with different values here are clustered apart */
    size_t ngroup_by;
    const char *time_field;  /* when a row is from, or NULL */
    const char *weight_field; /* how much it counts, or NULL; */
    int64_t halflife;        /* and it counts half as much when it is older by this, in microseconds; 0: it does not */
    struct kc_parts_opts parts; /* window, max_gap, link, merge, min_rows, small_none; the rest is set by the job */
    double max_relabel;      /* share of the rows that may change their id; 1: all */
    uint64_t keywords;       /* of each cluster, out of the terms; 0: none */
    const char *text_field;  /* or out of this field of the records; or NULL */
    const char *stop_words;  /* words that are no keywords, one a line; or NULL */
    int no_stop_words;       /* without the built-in ones */
    int64_t created;         /* the time that the model tells, seconds since 1970; -1: none */
    uint64_t max_memory;     /* bytes, 0: no limit */
    struct kc_checkpoint_opts checkpoint;
    int want_text;           /* fill result.text */
};

struct kc_job_fit_result {
    int limit_broken;        /* the output is written, but a limit could not be kept: */
    char limit_reason[512];
    struct kc_buf text;      /* the summary for people */
};

/* Split the fields to group by at the commas; their names lie in `copy`. KC_EUSAGE. */
int kc_job_fit_split_fields(struct kc_job_fit *j, char *copy, size_t size, const char *value, const char *option,
                            struct kc_err *e) KC_MUST_USE;
/* The options that name the outputs, about a struct kc_job_fit. */
extern const struct kc_option kc_fit_output_options[];
/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_fit_check_outputs(const struct kc_job_fit *j, struct kc_err *e) KC_MUST_USE;

/* Nothing is written before the input is complete and valid and the work is done; no output is replaced before all are
 * complete. r is zero-initialised by the callee; free with kc_job_fit_free, also after a failure. */
int kc_job_fit_run(const struct kc_ctx *ctx, const struct kc_job_fit *j, struct kc_job_fit_result *r,
                   struct kc_err *e) KC_MUST_USE;
void kc_job_fit_free(struct kc_job_fit_result *r);

#endif
