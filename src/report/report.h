/* What a fit found, for machines (the JSON sidecar) and for people (the text summary). */
#ifndef KC_REPORT_REPORT_H
#define KC_REPORT_REPORT_H

#include "core/choice/structure.h"
#include "core/cluster/pairs.h"
#include "core/kmeans/kmeans.h"
#include "in/fields/pair_list.h"
#include "io/outfile.h"
#include "report/groups.h"
#include "text/keywords.h"

struct kc_report {
    const struct kc_clustering *fit;
    const struct kc_kmeans_opts *opts; /* of k-means, whose sweep is reported; NULL for another algorithm */
    size_t dim;                     /* of the rows that were read */
    double silhouette;              /* of the labels on these */
    struct {
        const char *name;           /* "graph"; NULL: the rows were clustered as they are */
        uint32_t dims, neighbours, parts; /* the last two of the graph; 0: there is none */
        double recall;              /* of the neighbours */
        double kept;                /* share of the variance, or squared length, in it; NAN: it is no projection */
        double silhouette;          /* of the labels in the space */
    } space;                        /* in which the figures of fit were computed */
    const char *kernel;             /* the kernel of the products, "avx512" */
    const int64_t *ids;             /* (fit->k) the clusters' ids; NULL: 0 .. k-1 */
    const struct kc_strs *terms;    /* (fit->n), or empty: the numbers of the input rows are the terms */
    const uint64_t *skipped;        /* (nskipped) input rows left out, ascending */
    size_t nskipped;
    uint64_t bad;                   /* bad records among the skipped */
    uint64_t unmet;                 /* good records among the skipped that did not meet the conditions */
    struct {
        const char *model;          /* the older model whose ids were kept; NULL: none */
        size_t kept, fresh, gone;   /* ids that continue, new ids, ids no longer used */
        uint64_t judged;            /* rows whose old id is known */
        uint64_t changed;           /* of these, rows with another id now */
    } like;
    const struct kc_cluster_level *level;   /* (nlevels) the coarsest first */
    size_t nlevels;
    uint64_t noise;                 /* rows that the algorithm left in no cluster */
    int leaves;                     /* rows could be left out of their clusters, */
    uint64_t left_out;              /* and so many were */
    struct {
        uint32_t neighbours;        /* of a row, whose labels were compared with its own; 0: they were not */
        double recall, mean;        /* of the neighbours, 1: they are exact; of the purities of the rows in clusters */
        double least;               /* rows of a lower purity were left out; 0: none */
    } purity;
    struct kc_structure structure;  /* rows 0: it was not tested */
    const struct kc_pairs *pairs;   /* that were to be kept; NULL: none */
    const struct kc_pair_list *pair_list; /* the same as in their file */
    const struct kc_groups *groups; /* NULL: the rows were clustered as one */
    const struct kc_keywords *keywords; /* of the clusters; NULL: not requested */
    const struct kc_strs *names;    /* (k) the clusters' labels; NULL: no others than the representatives' terms */
    const struct kc_strs *warnings; /* all warnings, in the order in which they were given */
    struct {
        double read, space, sweep, index, final, sizes, write, total, keywords, purity, structure, stability;
    } seconds;                      /* index and final: parts of the fit that are not in sweep */
    const struct kc_in_stats *input; /* what was taken for terms and vectors; NULL: not told */
    const char *command;            /* that repeats the run; NULL: not told */
    const char *storage;            /* where the rows were: "memory", "file", "spill" */
    uint64_t peak_rss;              /* bytes; 0: not known, written as null */
};

/* Return the sweep over k of the fit; without one, of one whose selected k is that of the fit. */
struct kc_ksweep kc_report_ksweep(const struct kc_report *r);

/* Write the sidecar: one JSON object. All members but the last, from `storage` on, depend on data and options alone. A
 * time that is NAN was not measured and is written as null. */
int kc_out_sidecar(struct kc_outfile *f, const struct kc_report *r, struct kc_err *e) KC_MUST_USE;
/* Append the same to a text. */
int kc_out_sidecar_text(struct kc_buf *b, const struct kc_report *r, struct kc_err *e) KC_MUST_USE;

/* Write the main figures as Prometheus metrics, see report/prometheus.h. model: its file's name, or NULL. */
int kc_out_fit_prometheus(struct kc_outfile *f, const struct kc_report *r, const char *model,
                          struct kc_err *e) KC_MUST_USE;

/* Append the text summary: a table of the sweep, one of the clusters, and a last line; no wider than 80 columns. */
int kc_out_summary(struct kc_buf *b, const struct kc_report *r, struct kc_err *e) KC_MUST_USE;

#endif
