/* Inside the job fit: what a run holds, and the functions of its files. Their order is in fit.c. */
#ifndef KC_JOB_FIT_RUN_H
#define KC_JOB_FIT_RUN_H

#include "core/choice/structure.h"
#include "core/graph/affinity.h"
#include "core/graph/neighbours.h"
#include "core/cluster/pairs.h"
#include "core/judge/indices.h"
#include "in/fields/attrs.h"
#include "in/fields/pair_list.h"
#include "job/fit.h"
#include "io/outputs.h"
#include "job/like.h"
#include "la/product.h"
#include "model/model.h"
#include "report/report.h"
#include "view/view.h"

#define KC_FIT_NO_FIELD SIZE_MAX
#define KC_FIT_FIELDS_MOST (KC_FACETS_MOST + KC_GROUP_FIELDS_MOST + 5)

/* The fields of the records that a run reads, each of them once. */
struct kc_fit_fields {
    const char *name[KC_FIT_FIELDS_MOST];
    enum kc_attr_kind kind[KC_FIT_FIELDS_MOST]; /* what its values must be */
    size_t n;
    /* The place of each in name and kind; KC_FIT_NO_FIELD: not read. */
    size_t text, document, time, weight, label, group[KC_GROUP_FIELDS_MOST], facet[KC_FACETS_MOST];
};

/* A space that is not the rows themselves. */
struct kc_fit_space {
    float *x;            /* (n, dims) unit rows; NULL: the rows are clustered as they are */
    struct kc_rows rows; /* of x */
    uint32_t dims;
    uint32_t neighbours, parts; /* of the graph */
    struct kc_affinity graph; /* kept for an algorithm that uses it; else empty */
    double recall;       /* of the neighbours; 1: they are exact */
    double kept;         /* share of the variance or the squared length that is in the coordinates; NAN: a graph's */
    double silhouette;   /* of the labels, on the rows themselves */
    double seconds;      /* that making it took */
};

/* The purity of the rows' labels. */
struct kc_fit_purity {
    struct kc_neighbours near; /* what the space has left, or empty */
    float *of;                 /* (n) NAN for rows in no cluster; NULL: not asked for */
    uint32_t neighbours;       /* of a row, whose labels were compared */
    double recall, mean;       /* of the neighbours, 1: they are exact; of the rows in clusters */
    double seconds;
};

/* Everything a run holds; one place to free it. */
struct kc_job_run {
    struct kc_job_fit job;      /* as asked for, with what follows from the input */
    const struct kc_ctx *outer; /* the caller's context, which log lines are passed on to */
    struct kc_ctx ctx;          /* the context of readers and core: it also keeps warnings */
    struct kc_err kept;         /* set if a warning could not be kept */
    struct kc_strs warnings;
    struct kc_output output[KC_FIT_OUTPUTS_MOST + 1]; /* by kc_fit_output; then the checkpoint, only to be compared */
    char output_name[KC_FIT_OUTPUTS_MOST][KC_OPTION_TEXT_MAX]; /* the options that name them */
    size_t noutputs;            /* without the checkpoint */
    struct kc_buf shard;        /* --shards: the name of this rank's file of labels, with its NUL; else empty */
    struct kc_fit_fields fields;
    int64_t *time;          /* (n) timestamps (base/date.h) of the rows; or NULL */
    uint32_t *group;        /* (n) groups of the rows, numbered by their first row; or NULL */
    struct kc_strs group_values; /* as in struct kc_groups */
    double *weight;         /* (n) weights of the rows; or NULL */
    double *own_weight;     /* those of this rank's rows, if the ranks of a team share the rows; or NULL */
    struct kc_parts parts;  /* the groups and windows as clustered; empty if all rows were clustered as one */
    struct kc_groups groups;
    struct kc_dataset ds;
    struct kc_fit_space space;
    struct kc_cluster_level level[KC_LEVELS_MOST]; /* (nlevels) the coarsest first */
    size_t nlevels;
    struct kc_fit_purity purity;
    float *row_stability;  /* (n) that of each row's cluster; NULL: there is no such column */
    struct kc_structure structure; /* of the rows; rows 0: not tested */
    double structure_seconds, trust_seconds;
    const struct kc_rows *rows; /* what is clustered: those of ds or of the space */
    struct kc_pair_list pair_list; /* as in the file; or empty */
    struct kc_pair *pair;    /* (pair_list.n) their rows */
    struct kc_pairs pairs;
    struct kc_dataset given; /* the centroids to start from; or empty */
    void *start_opts;        /* the algorithm's options with their number as k; or NULL */
    void *opts;             /* the algorithm's options, resolved for these rows */
    struct kc_request request;
    struct kc_clustering fit;
    struct kc_clustering as_read; /* the same clusters on the rows as read, if a space has others; or empty */
    struct kc_model model;      /* the model that is saved; empty until it is made */
    struct kc_model_moved moved; /* for it, if the ranks of a team found them; or empty */
    uint64_t left_out;          /* rows that a threshold has left out of their clusters */
    struct kc_model old;        /* the model of --like */
    int lock;                   /* lock of the model's file, see io/lock.h; -1: none */
    struct kc_like like;
    struct kc_intern stop_words; /* each once */
    struct kc_strs texts; /* (n) values of text_field, decoded */
    struct kc_keywords keywords;
    double keywords_seconds;
    struct kc_strs names; /* (fit.k) labels of the clusters */
    uint32_t *top;        /* (n, out.top) the nearest clusters of each row; or NULL */
    float *top_similarity;
    double *pair_similarity; /* (fit.k) of each cluster's rows, if the ranks of a team computed it; or NULL */
    struct {
        double begin, read, fit, end;
    } times;                /* by kc_clock_now: when the run began, and when it had read, fitted and written */
    struct kc_view view;    /* for the report and the plot; empty until it is filled */
    struct kc_checkpoint *checkpoint; /* NULL: no checkpoint and no timeout */
    uint64_t need; /* bytes needed for the data and the work; 0: not known yet */
};

/* job/fit_team.c */

/* Check that the job can be done by the ranks of a team. KC_EUSAGE. */
int kc_fit_team_check(const struct kc_job_fit *j, const struct kc_team *team, struct kc_err *e) KC_MUST_USE;
/* Give each rank the weights of its rows, which the first one has read. */
int kc_fit_team_weights(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Return 1 on the first rank, which has the texts and writes the outputs; and if there is only one. */
int kc_fit_is_first_rank(const struct kc_job_run *run);
/* Gather on the first rank what the ranks know by row, leave rows out there, and compute on all ranks what else needs
 * the rows. */
int kc_fit_team_gather(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;

/* job/fit_shards.c */

/* Set run->shard to the name of this rank's file of labels. */
int kc_fit_shards_name(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Open that file, on a rank that has no other outputs. */
int kc_fit_shards_open(struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Write the first rank's file, which is open, and pass on those of the others. all: the labels of all rows. */
int kc_fit_shards_write(struct kc_job_run *run, const struct kc_labels *all, const struct kc_out_opts *o,
                        struct kc_err *e) KC_MUST_USE;
/* Take, write and replace this rank's file, which is not the first. */
int kc_fit_shards_take(struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;

/* job/fit_fields.c */

/* List the fields that the job reads. */
void kc_fit_fields_gather(struct kc_fit_fields *f, const struct kc_job_fit *j);
/* Find where the rows' values of a field lie. Return 0 if `field` is KC_FIT_NO_FIELD. */
int kc_fit_field(const struct kc_job_run *run, size_t field, struct kc_field *out);
/* Warn of fields that no record has. */
void kc_fit_fields_check(const struct kc_job_run *run);

/* job/fit_parts.c */

/* Return 1 if the rows are clustered in parts: by groups, time windows or gaps. */
int kc_fit_in_parts(const struct kc_job_fit *j);
/* Read times, groups and weights from the rows' fields, and with them divide the rows into parts. */
int kc_fit_read_fields(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Cluster the parts. */
int kc_fit_parts(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
void kc_fit_parts_free(struct kc_job_run *run);

/* job/fit_pairs.c */

/* Read the file of pairs, if there is one. */
int kc_fit_read_pairs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Find the rows of the pairs. */
int kc_fit_match_pairs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Tell which pairs could not be kept. */
void kc_fit_tell_pairs(const struct kc_job_fit *j, struct kc_job_run *run);
void kc_fit_pairs_free(struct kc_job_run *run);

/* job/fit_start.c */

/* Read the centroids that the fit starts from, and set k and the dimension of the job by them. */
int kc_fit_read_start(struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;

/* job/fit_space.c */

/* Make the space that the job asks for, and set run->rows. */
int kc_fit_space_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Compute the silhouette of the labels on the rows themselves, if they were clustered in another space. */
int kc_fit_space_judge(struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
void kc_fit_space_free(struct kc_job_run *run);
/* Return the name of the space, "pca". */
const char *kc_fit_space_name(const struct kc_job_fit *j);
/* Return the dimensions of the space of n rows of d numbers. */
size_t kc_fit_space_dims(const struct kc_job_fit *j, size_t n, size_t d);
/* Return the bytes that making the space needs at the peak, the space included; 0 for the rows themselves. */
uint64_t kc_fit_space_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads);

/* job/fit_graph.c */

/* Return the evidence that the choice of k needs: bits KC_EVIDENCE_... */
unsigned kc_fit_evidence(const struct kc_job_fit *j);

/* Return the bytes of the graph that is kept for the algorithm, 0 if it uses none. */
uint64_t kc_fit_graph_kept_bytes(const struct kc_job_fit *j, size_t n);
/* Make the graph's space. */
int kc_fit_graph_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this needs at the peak beside the coordinates. */
uint64_t kc_fit_graph_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads);

/* job/fit_structure.c */

/* Return 1 if the job tests whether the rows have structure. */
int kc_fit_wants_structure(const struct kc_job_fit *j);
/* Test it, if the job asks for that; if k is chosen by all evidence and none is found, ask for one cluster. */
int kc_fit_structure_test(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Report it as a limit that could not be kept if the job asks for structure and there is none. */
void kc_fit_structure_report(const struct kc_job_fit *j, struct kc_job_run *run);
/* Return the bytes that the test needs. */
uint64_t kc_fit_structure_bytes(const struct kc_job_fit *j, size_t n, size_t d, unsigned threads);

/* job/fit_trust.c */

/* Compute the stability of the clusters, if the job asks for it, and spread it to the rows for a column. */
int kc_fit_trust_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this needs for n rows of d numbers and k clusters. */
uint64_t kc_fit_trust_bytes(const struct kc_job_fit *j, size_t n, size_t d, uint64_t k, unsigned threads);

/* job/fit_purity.c */

/* Return 1 if the job needs the purities. */
int kc_fit_wants_purity(const struct kc_job_fit *j);
/* Keep the neighbours that the space was made of, if they are needed; `near` is empty then. */
void kc_fit_purity_keep(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_neighbours *near, double recall);
/* Compute the purities, if the job needs them, of the labels as they are now. */
int kc_fit_purity_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that are held from the making of the space to the end, and those that the search needs at the peak,
 * when the rows are clustered. d: of the rows. */
uint64_t kc_fit_purity_bytes(const struct kc_job_fit *j, size_t n);
uint64_t kc_fit_purity_search_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads);
void kc_fit_purity_free(struct kc_job_run *run);

/* job/fit_votes.c */

/* Return 1 if the nearest clusters of the rows are those that their neighbours are in. */
int kc_fit_wants_votes(const struct kc_job_fit *j);
/* Find them: run->top and run->top_similarity, the share of the m neighbours. */
int kc_fit_votes_make(const struct kc_job_fit *j, struct kc_job_run *run, const struct kc_neighbours *g, uint32_t m,
                      struct kc_err *e) KC_MUST_USE;

/* job/fit_levels.c */

/* Unite clusters until as few are left as the job asks for. */
int kc_fit_reduce(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Make the levels. */
int kc_fit_levels_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
void kc_fit_levels_free(struct kc_job_run *run);
/* Return the bytes that both need for n rows and k clusters. */
uint64_t kc_fit_levels_bytes(const struct kc_job_fit *j, size_t n, size_t d, uint64_t k, unsigned threads);

/* job/fit_leave.c */

/* Leave the rows out that the threshold, the least margin and the least purity exclude: by the first two, the same rows
 * that assign would, with the model of this fit. The model, if one is wanted, is made before, of all rows. */
int kc_fit_leave(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this needs for n rows and k clusters. */
uint64_t kc_fit_leave_bytes(const struct kc_job_fit *j, size_t n, uint64_t k);

/* Find the words that set each of k classes of the rows apart, as the job asks for. labels (n) */
int kc_fit_find_words(const struct kc_job_fit *j, const struct kc_job_run *run, const uint32_t *labels, size_t k,
                      struct kc_keywords *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that the table over time needs for n rows, without those of its words. */
uint64_t kc_fit_time_bytes(const struct kc_job_fit *j, size_t n);

/* job/fit_model.c */

/* The shape of a fit, for estimates of memory. */
struct kc_shape {
    size_t n, d; /* rows as read */
    uint64_t k;  /* clusters at most */
    int in_memory, weights;
};
/* Return 1 if the job makes a model: for a file, or to show what became of the clusters of another one. */
int kc_fit_needs_model(const struct kc_job_fit *j);
/* Describe the clusters on the rows as read, if a model or --like needs that and they are those of a space. */
int kc_fit_describe(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Return the clusters with the centroids of the rows as read. */
const struct kc_clustering *kc_fit_as_read(const struct kc_job_run *run);
/* Return the bytes that kc_fit_describe leaves until the end. */
uint64_t kc_fit_as_read_bytes(const struct kc_job_fit *j, size_t n, size_t d, uint64_t k);
/* Return the bytes that describing the clusters, --like by a model without plain centroids, and making a model of
 * another kind than centroids need at the peak, when the rows are clustered. old: the model of --like. */
uint64_t kc_fit_model_bytes(const struct kc_job_fit *j, const struct kc_shape *s, const struct kc_model *old,
                            unsigned threads);

/* job/fit_names.c */

/* Find the labels of the clusters. Keywords are found before. */
int kc_fit_name_clusters(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;

/* job/fit_outputs.c */

/* Open all outputs, and check that no two are the same file and none is an input. */
int kc_fit_open_outputs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Write the outputs that hold results. */
int kc_fit_write_work(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Write the outputs that report the run, which need its times; and the summary for people to text, unless that is
 * NULL. */
int kc_fit_write_reports(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_buf *text, struct kc_err *e)
    KC_MUST_USE;

/* job/fit_write.c: the writers of the outputs. */
typedef int kc_fit_writer(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_outfile *f, struct kc_err *e);
kc_fit_writer kc_fit_write_labels, kc_fit_write_model, kc_fit_write_clusters, kc_fit_write_sidecar,
    kc_fit_write_prometheus, kc_fit_write_time_table, kc_fit_write_tree; /* (the last one in job/fit_time.c) */
kc_fit_writer kc_fit_write_page; /* job/fit_report.c */
/* Append a map and lines of bars to the summary, if the job asks for them. (job/fit_report.c) */
int kc_fit_plot(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_buf *text, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this needs for n rows and k clusters. */
uint64_t kc_fit_report_bytes(size_t n, size_t d, int in_memory, uint64_t k, unsigned threads);
/* Make the model of the run, if it is not made yet. */
int kc_fit_make_model(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e) KC_MUST_USE;
/* Gather the figures of the run, for reports. */
struct kc_report kc_fit_report(const struct kc_job_fit *j, const struct kc_job_run *run);

#endif
