/* The records of clusters: one JSON object per line. They are flushed about every megabyte, so that the text of all
 * clusters need not fit into memory. */
#include "report/clusters.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/date.h"
#include "in/dataset.h"
#include "json/option_json.h"
#include "report/labels.h"
#include "report/writer.h"

#define FLUSH_AT ((size_t)1 << 20)

/* The members that a record may have. No facet may be called like one of them. */
static const char *const members[] = {
    "cluster_id", "cluster_type", "cluster_label", "cluster_size", "member_ids", "document_ids", "centroid_vector",
    "temporal_span", "group", "groups", "intra_cluster_similarity", "cohesion", "silhouette", "stability",
    "representatives",
    "keywords", "metadata",
};

/* Return 1 if records have a member of that name already. */
static int is_member(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i], name) == 0)
            return 1;
    return 0;
}

int kc_out_clusters_add_facet(struct kc_clusters_opts *c, const char *value, const char *option, struct kc_err *e)
{
    struct kc_facet *f = &c->facets[c->nfacets];
    if (c->nfacets == KC_FACETS_MOST)
        return kc_err_set(e, KC_EUSAGE, "%s: more than %d facets", option, KC_FACETS_MOST);
    if (kc_facet_parse(f, value, option, e) != 0)
        return -1;
    for (size_t i = 0; i < c->nfacets; i++)
        if (strcmp(c->facets[i].name, f->name) == 0)
            return kc_err_set(e, KC_EUSAGE, "%s: two facets named '%s': give one as NAME=FIELD", option, f->name);
    if (is_member(f->name))
        return kc_err_set(e, KC_EUSAGE, "%s: the records already have a '%s': give it as NAME=FIELD", option, f->name);
    c->nfacets++;
    return 0;
}

/* The buffers that are reused from record to record. */
struct record_writer {
    const struct kc_clusters *c;
    struct kc_buf id; /* the cluster's id, formatted */
    struct kc_facets facets;
    uint32_t best[KC_REPRESENTATIVES_MOST]; /* rows of the representatives */
};

static void add_id(struct kc_jsonw *w, struct record_writer *t, uint32_t cluster)
{
    const struct kc_clusters *c = t->c;
    uint64_t id = c->ids ? (uint64_t)c->ids[cluster] : cluster;
    t->id.n = 0;
    if (!c->o->id_format)
        kc_jsonw_u64(w, "cluster_id", id);
    else if (kc_out_add_id(&t->id, c->o->id_format, id, w->e) == 0)
        kc_jsonw_str(w, "cluster_id", t->id.p, t->id.n);
    else
        w->failed = 1;
}

static void add_terms(struct kc_jsonw *w, const struct kc_clusters *c, const char *key, const uint32_t *row, size_t m)
{
    kc_jsonw_open(w, key, '[', 1);
    for (size_t i = 0; i < m; i++) {
        size_t n;
        char digits[20];
        const char *term = kc_out_term(c->terms, row[i], kc_in_row_number(c->skipped, c->nskipped, row[i]), digits, &n);
        kc_jsonw_str(w, NULL, term, n);
    }
    kc_jsonw_close(w, ']');
}

static void add_label(struct kc_jsonw *w, const struct kc_clusters *c, uint32_t cluster)
{
    size_t n;
    const char *label = kc_strs_get(c->names, cluster, &n);
    if (n > 0)
        kc_jsonw_str(w, "cluster_label", label, n);
    else
        kc_jsonw_null(w, "cluster_label");
}

static void add_keywords(struct kc_jsonw *w, const struct kc_clusters *c, uint32_t cluster)
{
    if (!c->keywords)
        return;
    kc_jsonw_open(w, "keywords", '[', 1);
    for (size_t i = c->keywords->first[cluster]; i < c->keywords->first[cluster + 1]; i++) {
        size_t n;
        const char *word = kc_strs_get(&c->keywords->words, i, &n);
        kc_jsonw_str(w, NULL, word, n);
    }
    kc_jsonw_close(w, ']');
}

/* Write the timestamps of the first and last member. row (m): the members by time. */
static void add_span(struct kc_jsonw *w, const struct kc_clusters *c, const uint32_t *row, size_t m)
{
    char begin[KC_DATE_MAX], end[KC_DATE_MAX];
    if (!c->time || m == 0)
        return;
    int64_t first = c->time[row[0]], last = c->time[row[m - 1]];
    kc_date_format(begin, first);
    kc_date_format(end, last);
    kc_jsonw_open(w, "temporal_span", '{', 1);
    kc_jsonw_cstr(w, "start", begin);
    kc_jsonw_cstr(w, "end", end);
    kc_jsonw_double(w, "seconds", (double)(last - first) / (double)KC_DATE_SECOND);
    kc_jsonw_close(w, '}');
}

/* Write how the clusters were made: algorithm, version, time and options. */
static void add_metadata(struct kc_jsonw *w, const struct kc_clusters *c)
{
    kc_jsonw_open(w, "metadata", '{', 1);
    kc_jsonw_cstr(w, "algorithm", c->fit->algorithm->title);
    kc_jsonw_cstr(w, "version", KC_VERSION);
    if (c->o->timestamp >= 0) {
        char text[40];
        struct tm t;
        time_t seconds = (time_t)c->o->timestamp;
        if (gmtime_r(&seconds, &t) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &t) > 0)
            kc_jsonw_cstr(w, "timestamp", text);
    }
    kc_jsonw_open(w, "options", '{', 1);
    for (const struct kc_option *o = c->fit->algorithm->options; !kc_option_is_last(o); o++)
        if (o->marks & KC_OPTION_RECORD)
            kc_option_write(w, o, c->opts, 1);
    for (size_t i = 0; i < c->nsettings; i++) {
        const struct kc_setting *s = &c->settings[i];
        if (s->text)
            kc_jsonw_cstr(w, s->name, s->text);
        else
            kc_jsonw_double(w, s->name, s->number);
    }
    kc_jsonw_close(w, '}');
    kc_jsonw_close(w, '}');
}

/* Write the number of the cluster of a level; null if there is none. */
static void add_parent(struct kc_jsonw *w, uint32_t parent)
{
    if (parent == KC_NOISE)
        kc_jsonw_null(w, NULL);
    else
        kc_jsonw_u64(w, NULL, parent);
}

static int add_cluster(struct kc_buf *b, struct record_writer *t, uint32_t cluster, struct kc_err *e)
{
    const struct kc_clusters *c = t->c;
    const struct kc_clustering *f = c->fit;
    const struct kc_cluster *cl = &f->clusters[cluster];
    const uint32_t *row = c->members->row + c->members->first[cluster];
    size_t m = c->members->first[cluster + 1] - c->members->first[cluster];
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 1);
    add_id(&w, t, cluster);
    kc_jsonw_cstr(&w, "cluster_type", c->o->type);
    add_label(&w, c, cluster);
    if (c->nlevels > 0) {
        kc_jsonw_open(&w, "parents", '[', 1);
        for (size_t i = 0; i < c->nlevels; i++)
            add_parent(&w, c->level[i].parent[cluster]);
        kc_jsonw_close(&w, ']');
    }
    kc_jsonw_u64(&w, "cluster_size", m);
    add_span(&w, c, row, m);
    if (c->groups && kc_out_group_members(&w, c->groups, cluster, row, m, e) != 0)
        return -1;
    kc_jsonw_double(&w, "intra_cluster_similarity", c->similarity[cluster]);
    kc_jsonw_double(&w, "cohesion", cl->cohesion);
    kc_jsonw_double(&w, "silhouette", cl->silhouette);
    if (f->stability)
        kc_jsonw_double(&w, "stability", f->stability[cluster]);
    add_terms(&w, c, "representatives", t->best,
              kc_members_best(row, m, f->similarity, c->o->representatives, t->best));
    add_keywords(&w, c, cluster);
    for (size_t i = 0; i < c->o->nfacets; i++) {
        if (kc_facets_count(&t->facets, &c->facets[i], row, m, e) != 0)
            return -1;
        kc_facets_write(&t->facets, &w, c->o->facets[i].name, c->o->facet_values);
    }
    if (c->document) {
        if (kc_facets_count(&t->facets, c->document, row, m, e) != 0)
            return -1;
        kc_facets_list(&t->facets, &w, "document_ids");
    }
    add_terms(&w, c, "member_ids", row, m);
    if (f->centroids) {
        kc_jsonw_open(&w, "centroid_vector", '[', 1);
        for (size_t i = 0; i < f->d; i++)
            kc_jsonw_float(&w, NULL, f->centroids[(size_t)cluster * f->d + i]);
        kc_jsonw_close(&w, ']');
    } else {
        kc_jsonw_null(&w, "centroid_vector");
    }
    add_metadata(&w, c);
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

int kc_out_clusters(struct kc_outfile *f, const struct kc_clusters *c, struct kc_err *e)
{
    struct kc_buf b = {0};
    struct record_writer *t = kc_mem_zalloc(1, sizeof *t, e);
    int rc = t ? 0 : -1;
    for (uint32_t cluster = 0; rc == 0 && cluster < c->fit->k; cluster++) {
        t->c = c;
        rc = add_cluster(&b, t, cluster, e);
        if (rc == 0 && (b.n >= FLUSH_AT || cluster + 1 == c->fit->k)) {
            rc = kc_outfile_write(f, b.p, b.n, e);
            b.n = 0;
        }
    }
    if (t) {
        kc_facets_free(&t->facets);
        kc_buf_free(&t->id);
    }
    kc_mem_free(t);
    kc_buf_free(&b);
    return rc;
}
