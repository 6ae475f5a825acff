/* Inside the fit's job: what a run holds, for the files that do its parts. fit.c has their order. */
#ifndef KC_JOB_FIT_RUN_H
#define KC_JOB_FIT_RUN_H

#include "in/fields/attrs.h"
#include "job/fit.h"
#include "io/outputs.h"
#include "job/like.h"
#include "model/model.h"
#include "report/report.h"

#define KC_FIT_NO_FIELD SIZE_MAX

/* The fields of the records that a run wants, each of them once. */
struct kc_fit_fields {
    const char *name[KC_FACETS_MOST + KC_GROUP_FIELDS_MOST + 4];
    enum kc_attr_kind kind[KC_FACETS_MOST + KC_GROUP_FIELDS_MOST + 4]; /* what each must be */
    size_t n;
    size_t text, document, time, weight, group[KC_GROUP_FIELDS_MOST], facet[KC_FACETS_MOST]; /* which of them; KC_FIT_NO_FIELD */
};

/* Everything a run holds; one place to free it. */
struct kc_job_run {
    const struct kc_ctx *outer; /* the caller's context: log lines are passed on to it */
    struct kc_ctx ctx;          /* what readers and core see: warnings are kept as well */
    struct kc_err kept;         /* a failure to keep a warning */
    struct kc_strs warnings;
    struct kc_output output[KC_FIT_OUTPUTS_MOST + 1]; /* by the rows of job/fit_outputs.c; the last: the checkpoint, to compare */
    char output_name[KC_FIT_OUTPUTS_MOST][KC_OPTION_TEXT_MAX]; /* their options */
    size_t noutputs;            /* without the last */
    struct kc_fit_fields fields;
    int64_t *time;          /* (n) of time_field; or NULL */
    uint32_t *group;        /* (n) by group_by, counted in the order in which they were met; or NULL */
    struct kc_strs group_values; /* as struct kc_groups has them */
    double *weight;         /* (n) or NULL */
    struct kc_parts parts;  /* what became of them; none where all rows were clustered as one */
    struct kc_groups groups;
    struct kc_dataset ds;
    void *opts;             /* the algorithm's options, settled for these rows */
    struct kc_request request;
    struct kc_clustering fit;
    struct kc_model model, old; /* old: of --like */
    int lock;                   /* on the model that is replaced */
    struct kc_like like;
    struct kc_strs stop_words;
    struct kc_strs texts; /* of text_field */
    struct kc_keywords keywords;
    double keywords_seconds;
    struct {
        double begin, read, fit, end; /* by kc_clock_now: when the run began, and what was done then */
    } times;
    struct kc_checkpoint *checkpoint; /* NULL: the fit is done in one go */
    uint64_t need; /* bytes for the data and the work, 0: not known yet */
};

/* job/fit_fields.c */
void kc_fit_fields_gather(struct kc_fit_fields *f, const struct kc_job_fit *j);
/* Where the rows' values of a field are; 0 when it is none. */
int kc_fit_field(const struct kc_job_run *run, size_t field, struct kc_field *out);
/* Warn of those that no record has. */
void kc_fit_fields_check(const struct kc_job_run *run);

/* job/fit_parts.c. Whether the rows are clustered in parts; */
int kc_fit_in_parts(const struct kc_job_fit *j);
/* times, groups and weights out of the rows' fields, and so which rows are in which part; */
int kc_fit_take_fields(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* and kc_parts_fit of them. */
int kc_fit_parts(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
    KC_MUST_USE;
void kc_fit_parts_free(struct kc_job_run *run);

/* job/fit_outputs.c: open the outputs; write those of the work; and, when the times are known, those that report it, and
 * the summary for people into text (may be NULL). */
int kc_fit_open_outputs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
int kc_fit_write_work(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
int kc_fit_write_reports(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_buf *text, struct kc_err *e)
    KC_MUST_USE;

/* job/fit_write.c: the writers of the outputs. */
typedef int kc_fit_writer(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e);
kc_fit_writer kc_fit_write_labels, kc_fit_write_model, kc_fit_write_clusters, kc_fit_write_sidecar,
    kc_fit_write_prometheus;
/* Gather what the run came to, for reports. */
struct kc_report kc_fit_report(const struct kc_job_fit *j, const struct kc_job_run *run);

#endif
