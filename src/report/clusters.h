/* The clusters as records, one JSON object per line, to be loaded into a graph, a timeline or a database. */
#ifndef KC_REPORT_CLUSTERS_H
#define KC_REPORT_CLUSTERS_H

#include "core/cluster/members.h"
#include "core/cluster/algorithm.h"
#include "io/outfile.h"
#include "report/facets.h"
#include "report/groups.h"
#include "text/keywords.h"

struct kc_clusters_opts {
    const char *type;        /* cluster_type */
    const char *id_format;   /* as in kc_out_opts */
    uint64_t representatives; /* rows listed per cluster, at most KC_REPRESENTATIVES_MOST */
    uint64_t facet_values;   /* values listed per facet */
    struct kc_facet facets[KC_FACETS_MOST];
    size_t nfacets;
    int64_t timestamp;       /* seconds since 1970; -1: left out */
};

#define KC_REPRESENTATIVES_MOST 1000
#define KC_CLUSTERS_OPTS_DEFAULT {"cluster", NULL, 3, 5, {{"", NULL}}, 0, -1}

/* An option that influences the clusters, as the records report it: text, or a number if text is NULL. */
struct kc_setting {
    const char *name, *text;
    double number;
};

struct kc_clusters {
    const struct kc_clusters_opts *o;
    const struct kc_clustering *fit;
    const void *opts;            /* the options of fit->algorithm */
    const struct kc_setting *settings; /* (nsettings) options that are not in opts */
    size_t nsettings;
    const int64_t *ids;          /* (fit->k) the clusters' ids; NULL: 0 .. k-1 */
    const struct kc_members *members; /* ordered by time if `time` is given, else by row */
    const double *similarity;    /* (fit->k) mean similarity of all pairs of members */
    const struct kc_strs *terms; /* (n), or empty: the numbers of the input rows are the terms */
    const uint64_t *skipped;     /* (nskipped) input rows left out, ascending */
    size_t nskipped;
    const struct kc_keywords *keywords; /* NULL: none */
    const struct kc_strs *names;        /* (fit->k) labels of the clusters; an empty one is none */
    const struct kc_cluster_level *level;       /* (nlevels) the coarsest first */
    size_t nlevels;
    const struct kc_groups *groups;     /* NULL: all rows are one group */
    const int64_t *time;                /* (n) timestamps, see base/date.h; NULL: none */
    const struct kc_field *document;    /* the field of the rows' documents; NULL: none */
    const struct kc_field *facets;      /* (o->nfacets) */
};

/* Add the facet FIELD or NAME=FIELD. KC_EUSAGE if `value` is neither, or if its name is a member of the records
 * already. */
int kc_out_clusters_add_facet(struct kc_clusters_opts *c, const char *value, const char *option, struct kc_err *e)
    KC_MUST_USE;

/* Write a record for each cluster, in the order of clusters 0..k-1. The records depend on data and options alone. */
int kc_out_clusters(struct kc_outfile *f, const struct kc_clusters *c, struct kc_err *e) KC_MUST_USE;

#endif
