/* The clusters as records, one JSON object a line: what a graph, a timeline or a database takes in. */
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
    const char *id_format;   /* as kc_out_opts has it */
    uint64_t representatives; /* how many, at most KC_REPRESENTATIVES_MOST */
    uint64_t facet_values;   /* how many of each facet */
    struct kc_facet facets[KC_FACETS_MOST];
    size_t nfacets;
    int64_t timestamp;       /* seconds since 1970; -1: not told */
};

#define KC_REPRESENTATIVES_MOST 1000
#define KC_CLUSTERS_OPTS_DEFAULT {"cluster", NULL, 3, 5, {{"", NULL}}, 0, -1}

/* An option that has a say in the clusters, as the records tell it: text, or a number where text is NULL. */
struct kc_setting {
    const char *name, *text;
    double number;
};

struct kc_clusters {
    const struct kc_clusters_opts *o;
    const struct kc_clustering *fit;
    const void *opts;            /* the options of fit->algorithm */
    const struct kc_setting *settings; /* (nsettings) beside opts */
    size_t nsettings;
    const int64_t *ids;          /* (fit->k), or NULL: 0 .. k-1 */
    const struct kc_members *members; /* with times in their order */
    const double *similarity;    /* (fit->k) of the pairs of members */
    const struct kc_strs *terms; /* as struct kc_report has them */
    const uint64_t *skipped;
    size_t nskipped;
    const struct kc_keywords *keywords; /* NULL: none */
    const struct kc_groups *groups;     /* NULL: one */
    const int64_t *time;                /* (n) moments; NULL: none */
    const struct kc_field *document;    /* NULL: no documents are told of */
    const struct kc_field *facets;      /* (o->nfacets) */
};

/* Add the facet FIELD or NAME=FIELD. KC_EUSAGE if it is none, or another member of the records has its name. */
int kc_out_clusters_add_facet(struct kc_clusters_opts *c, const char *value, const char *option, struct kc_err *e)
    KC_MUST_USE;

/* A record for each cluster, in the order of the ids 0..k-1. All of it follows from data and options. */
int kc_out_clusters(struct kc_outfile *f, const struct kc_clusters *c, struct kc_err *e) KC_MUST_USE;

#endif
