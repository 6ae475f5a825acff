/* Reads the sidecar of a fit into a view: the figures of each k, what is known of the clusters, warnings, and facts
 * about the run. A member that is not there is left empty, so that sidecars of every version can be read. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/judge/indices.h"
#include "json/json.h"
#include "view/fill.h"

/* A sidecar that is being read. */
struct reader {
    struct kc_view *v;
    struct kc_view_index index; /* of the view's clusters, once they are made */
    struct kc_buf tmp;
    int failed; /* memory was short for a text */
    struct kc_err *e;
};

/* Decode a string into r->tmp. Return NULL if it is none, or if memory is short, which r->failed remembers; else its
 * bytes, with a NUL behind them. */
static const char *decode_text(struct reader *r, const char *p, size_t *n)
{
    struct kc_json_str s;
    r->tmp.n = 0;
    const int none = !p || kc_json_text(p, &s) != 0 ? 1 : kc_json_decode(&s, &r->tmp, r->e);
    *n = r->tmp.n;
    r->failed |= none < 0 || (none == 0 && kc_buf_addc(&r->tmp, '\0', r->e) != 0);
    return none == 0 && !r->failed ? r->tmp.p : NULL;
}

/* Return a number, or NAN if it is missing. */
static double get_real(const char *object, const char *key)
{
    double x = NAN;
    const char *p = kc_json_find(object, key);
    return p && *p != 'n' && kc_json_double(p, &x) == 0 ? x : NAN;
}

static uint64_t get_count(const char *object, const char *key)
{
    uint64_t x = 0;
    const char *p = kc_json_find(object, key);
    return p && kc_json_u64(p, &x) == 0 ? x : 0;
}

/* Add a fact whose value is a number, a string, or nothing. */
static int add_fact(struct reader *r, const char *object, const char *key, const char *name)
{
    const char *p = kc_json_find(object, key);
    size_t n;
    if (!p || *p == 'n')
        return 0;
    const char *text = *p == '"' ? decode_text(r, p, &n) : NULL;
    if (text)
        return kc_view_add_fact(r->v, r->e, name, "%.400s", text);
    const double x = get_real(object, key);
    return isnan(x) || x == 0 ? 0 : kc_view_add_fact(r->v, r->e, name, x == floor(x) ? "%.0f" : "%.4f", x);
}

/* Read the figures of one k. */
static void read_entry(const char *p, struct kc_k_entry *s, unsigned *evidence)
{
    *s = kc_k_entry_of((uint32_t)get_count(p, "k"), get_count(p, "rows"), get_count(p, "iterations"));
    const struct {
        const char *key;
        double *to;
        unsigned evidence;
    } t[] = {{"silhouette", &s->silhouette, 0}, {"inertia", &s->inertia, 0}, {"objective", &s->objective, 0},
             {"calinski_harabasz", &s->calinski_harabasz, 0}, {"davies_bouldin", &s->davies_bouldin, 0},
             {"macro_silhouette", &s->macro_silhouette, 0}, {"modularity", &s->modularity, KC_EVIDENCE_MODULARITY},
             {"stability", &s->stability, KC_EVIDENCE_HALVES},
             {"prediction_strength", &s->strength, KC_EVIDENCE_HALVES},
             {"gap", &s->gap, KC_EVIDENCE_GAP}, {"merit", &s->merit, KC_EVIDENCE_AUTO},
             {"support", &s->support, KC_EVIDENCE_AUTO}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        *t[i].to = get_real(p, t[i].key);
        *evidence |= isnan(*t[i].to) ? 0 : t[i].evidence;
    }
}

/* Return how many elements an array has. */
static size_t count_elements(const char *array)
{
    size_t n = 0;
    for (const char *p = array && *array == '[' ? kc_json_first(array) : NULL; p; p = kc_json_next(kc_json_past(p)))
        n++;
    return n;
}

/* Read the sweep over k. */
static int read_sweep(struct reader *r, const char *top)
{
    struct kc_view *v = r->v;
    const char *sweep = kc_json_find(top, "sweep");
    const size_t n = count_elements(sweep);
    size_t words;
    if (n == 0)
        return 0;
    v->entry = kc_mem_alloc(n, sizeof *v->entry, r->e);
    if (!v->entry)
        return -1;
    for (const char *p = kc_json_first(sweep); p; p = kc_json_next(kc_json_past(p)))
        read_entry(p, &v->entry[v->nentries++], &v->evidence);
    v->k_selected = (uint32_t)get_count(top, "k_selected");
    const char *choice = kc_json_find(top, "choice");
    if (choice && *choice == '{') {
        v->confidence = get_real(choice, "confidence");
        v->runner_up = (uint32_t)get_count(choice, "runner_up");
    }
    const char *by = decode_text(r, kc_json_find(top, "k_by"), &words);
    enum kc_index index;
    if (by && kc_index_by_name(by, &index) == 0) /* an unknown one is that of a later version */
        v->k_by = index;
    return 0;
}

/* Make the clusters that the sidecar lists, if the view has none yet. */
static int make_clusters(struct reader *r, const char *array)
{
    struct kc_view *v = r->v;
    const size_t n = count_elements(array);
    if (v->k > 0 || n == 0)
        return 0;
    v->cluster = kc_mem_zalloc(n, sizeof *v->cluster, r->e);
    if (!v->cluster)
        return -1;
    for (const char *p = kc_json_first(array); p; p = kc_json_next(kc_json_past(p))) {
        char text[24];
        const int len = snprintf(text, sizeof text, "%llu", (unsigned long long)get_count(p, "id"));
        v->cluster[v->k++] = (struct kc_view_cluster){.size = get_count(p, "size"), .cohesion = NAN, .silhouette = NAN,
                                                      .stability = NAN, .group = KC_NONE};
        if (kc_strs_add(&v->id, text, (size_t)len, r->e) != 0)
            return -1;
    }
    return 0;
}

/* Find the object of each cluster of the view: of (k), NULL where there is none. */
static void find_objects(const struct reader *r, const char *array, const char **of)
{
    for (uint32_t c = 0; c < r->v->k; c++)
        of[c] = NULL;
    for (const char *p = kc_json_first(array); p; p = kc_json_next(kc_json_past(p))) {
        const uint32_t c = kc_view_find(&r->index, (int64_t)get_count(p, "id"));
        if (c != KC_NONE)
            of[c] = p;
    }
}

/* Append the keywords of a cluster. room: places of weights. */
static int read_words(struct reader *r, const char *object)
{
    struct kc_view_lists *l = &r->v->keywords;
    const char *words = kc_json_find(object, "keywords");
    for (const char *p = words && *words == '[' ? kc_json_first(words) : NULL; p; p = kc_json_next(kc_json_past(p))) {
        size_t n;
        const char *text = decode_text(r, kc_json_find(p, "word"), &n);
        if (!text)
            continue;
        double *weight = kc_mem_realloc(l->weight, l->text.n + 1, sizeof *weight, r->e);
        if (!weight)
            return -1;
        l->weight = weight;
        weight[l->text.n] = get_real(p, "weight");
        if (kc_strs_add(&l->text, text, n, r->e) != 0)
            return -1;
    }
    return 0;
}

/* Read labels, keywords, representatives and figures of the clusters that have objects. */
static int read_texts(struct reader *r, const char *const *of)
{
    struct kc_view *v = r->v;
    const int words = !v->keywords.first, names = v->name.n == 0, terms = !v->representatives.first;
    int rc = (words && kc_view_lists_begin(&v->keywords, v->k, r->e) != 0) ||
                     (terms && kc_view_lists_begin(&v->representatives, v->k, r->e) != 0) ? -1 : 0;
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        size_t n = 0;
        const char *p = of[c], *text = names ? decode_text(r, p ? kc_json_find(p, "label") : NULL, &n) : NULL;
        struct kc_view_cluster *cluster = &v->cluster[c];
        rc = names ? kc_strs_add(&v->name, text ? text : "", text ? n : 0, r->e) : 0;
        if (p) {
            cluster->stability = get_real(p, "stability");
            cluster->cohesion = isnan(cluster->cohesion) ? get_real(p, "cohesion") : cluster->cohesion;
            cluster->silhouette = isnan(cluster->silhouette) ? get_real(p, "silhouette") : cluster->silhouette;
            if (rc == 0 && words)
                rc = read_words(r, p);
            text = terms ? decode_text(r, kc_json_find(p, "representative"), &n) : NULL;
            if (rc == 0 && text)
                rc = kc_strs_add(&v->representatives.text, text, n, r->e);
        }
        if (words)
            kc_view_lists_end(&v->keywords, c);
        if (terms)
            kc_view_lists_end(&v->representatives, c);
    }
    return rc;
}

static int read_clusters(struct reader *r, const char *array)
{
    if (make_clusters(r, array) != 0 || kc_view_index_make(&r->index, r->v, r->e) != 0)
        return -1;
    const char **of = kc_mem_alloc(r->v->k, sizeof *of, r->e);
    if (!of)
        return -1;
    find_objects(r, array, of);
    const int rc = read_texts(r, of);
    kc_mem_free(of);
    return rc;
}

/* Read one level: the parent of each cluster, which the sidecar lists in the order of its clusters. */
static int read_level(struct reader *r, const char *object, const char *clusters, struct kc_view_level *level)
{
    struct kc_view *v = r->v;
    const char *q = kc_json_find(object, "parents"), *p = kc_json_first(clusters);
    level->k = (uint32_t)get_count(object, "k");
    level->parent = kc_mem_alloc(v->k, sizeof *level->parent, r->e);
    if (!level->parent)
        return -1;
    for (uint32_t c = 0; c < v->k; c++)
        level->parent[c] = KC_NOISE;
    for (q = q && *q == '[' ? kc_json_first(q) : NULL; q && p;
         q = kc_json_next(kc_json_past(q)), p = kc_json_next(kc_json_past(p))) {
        uint64_t parent;
        const uint32_t c = kc_view_find(&r->index, (int64_t)get_count(p, "id"));
        if (c != KC_NONE && kc_json_u64(q, &parent) == 0 && parent < level->k)
            level->parent[c] = (uint32_t)parent;
    }
    return 0;
}

static int read_levels(struct reader *r, const char *top, const char *clusters)
{
    struct kc_view *v = r->v;
    const char *levels = kc_json_find(top, "levels");
    const size_t n = count_elements(levels);
    if (n == 0 || v->nlevels > 0)
        return 0;
    v->level = kc_mem_zalloc(n, sizeof *v->level, r->e);
    if (!v->level)
        return -1;
    for (const char *p = kc_json_first(levels); p; p = kc_json_next(kc_json_past(p)))
        if (read_level(r, p, clusters, &v->level[v->nlevels++]) != 0)
            return -1;
    return 0;
}

/* Read warnings and what else the sidecar says of the whole run. */
static int read_run(struct reader *r, const char *top)
{
    static const struct {
        const char *object, *key, *name;
    } facts[] = {{NULL, "n", "rows"}, {NULL, "dim", "dimensions"}, {NULL, "k", "clusters"},
                 {NULL, "silhouette", "silhouette"}, {NULL, "algorithm", "algorithm"}, {"space", "name", "space"},
                 {NULL, "k_by", "k chosen by"}, {NULL, "seed", "seed"}, {NULL, "version", "kclust"},
                 {NULL, "unassigned", "rows left out"}, {NULL, "skipped", "bad records"},
                 {NULL, "unmet", "records that did not meet the conditions"}, {"like", "model", "ids kept from"},
                 {"input", "format", "input format"}, {"input", "terms", "terms"}};
    struct kc_view *v = r->v;
    const char *warnings = kc_json_find(top, "warnings");
    size_t n;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char *object = facts[i].object ? kc_json_find(top, facts[i].object) : top;
        if (object && *object == '{' && add_fact(r, object, facts[i].key, facts[i].name) != 0)
            return -1;
    }
    for (const char *p = warnings && *warnings == '[' ? kc_json_first(warnings) : NULL; p;
         p = kc_json_next(kc_json_past(p))) {
        const char *text = decode_text(r, p, &n);
        if (text && kc_strs_add(&v->doubt, text, n, r->e) != 0)
            return -1;
    }
    const char *limit = decode_text(r, kc_json_find(top, "limit_broken"), &n);
    if (limit && kc_strs_add(&v->doubt, limit, n, r->e) != 0)
        return -1;
    const char *command = v->command ? NULL : decode_text(r, kc_json_find(top, "command"), &n);
    if (command && !(v->command = kc_mem_strdup(command, r->e)))
        return -1;
    const char *structure = kc_json_find(top, "structure");
    v->structure = structure && *structure == 't' ? 1 : structure && *structure == 'f' ? 0 : v->structure;
    return 0;
}

int kc_view_refuse_summary(const char *name, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, name, 0, "no summary of a fit, which fit -s writes as JSON");
}

int kc_view_read_summary(struct kc_view *v, const char *text, size_t n, const char *name, struct kc_err *e)
{
    struct reader r = {.v = v, .e = e};
    struct kc_json_fault f;
    const char *top = kc_json_ws(text), *past = kc_json_skip(top, text + n, 0, &f);
    const char *clusters = past && kc_json_ws(past) == text + n ? kc_json_find(top, "clusters") : NULL;
    if (!clusters || *clusters != '[' || !kc_json_find(top, "k"))
        return kc_view_refuse_summary(name, e);
    v->n = v->n ? v->n : get_count(top, "n");
    v->d = v->d ? v->d : get_count(top, "dim");
    v->silhouette = isnan(v->silhouette) ? get_real(top, "silhouette") : v->silhouette;
    if (!v->label)
        v->noise = get_count(top, "unassigned");
    const int rc = read_sweep(&r, top) != 0 || read_clusters(&r, clusters) != 0 ||
                           read_levels(&r, top, clusters) != 0 || read_run(&r, top) != 0 || r.failed ? -1 : 0;
    kc_view_index_free(&r.index);
    kc_buf_free(&r.tmp);
    return rc;
}
