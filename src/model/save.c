/* Write a model file, as section MODEL of kclust-formats(5) describes it: the arrays as tensors, and all else as one
 * JSON text in the metadata, so that safetensors libraries can read it. */
#include <string.h>
#include "core/algorithms.h"
#include "json/jsonw.h"
#include "json/option_json.h"
#include "json/safetensors.h"
#include "model/model.h"

/* Write a number; null if it is negative, which means unknown. */
static void add_i64(struct kc_jsonw *w, const char *key, int64_t v)
{
    if (v < 0)
        kc_jsonw_null(w, key);
    else
        kc_jsonw_u64(w, key, (uint64_t)v);
}

/* Write the algorithm and its options. Models of k-means do not name it: version 0.1.0 had no other. */
static void add_options(struct kc_jsonw *w, const struct kc_model *m)
{
    kc_jsonw_open(w, "options", '{', 1);
    if (m->algorithm != kc_algorithms[0])
        kc_jsonw_cstr(w, "algorithm", m->algorithm->name);
    for (const struct kc_option *o = m->algorithm->options; !kc_option_is_last(o); o++)
        if (o->marks & KC_OPTION_MODEL)
            kc_option_write(w, o, m->opts, 0);
    kc_jsonw_close(w, '}');
}

static void add_baseline(struct kc_jsonw *w, const struct kc_model_baseline *b)
{
    kc_jsonw_open(w, "baseline", '{', 1);
    kc_jsonw_double(w, "silhouette", b->silhouette);
    kc_jsonw_double(w, "similarity", b->similarity);
    kc_jsonw_double(w, "calinski_harabasz", b->calinski_harabasz);
    kc_jsonw_double(w, "davies_bouldin", b->davies_bouldin);
    kc_jsonw_double(w, "inertia", b->inertia);
    kc_jsonw_double(w, "objective", b->objective);
    kc_jsonw_close(w, '}');
}

static void add_lives(struct kc_jsonw *w, const struct kc_model *m)
{
    kc_jsonw_open(w, "lineage", '[', 1);
    for (size_t i = 0; i < m->nlives; i++) {
        const struct kc_model_life *l = &m->lives[i];
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "id", (uint64_t)l->id);
        kc_jsonw_u64(w, "generation", l->generation);
        kc_jsonw_u64(w, "update", l->update);
        kc_jsonw_u64(w, "rows", l->rows);
        if (l->gone)
            kc_jsonw_u64(w, "gone", l->gone);
        else
            kc_jsonw_null(w, "gone");
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void add_representatives(struct kc_jsonw *w, const struct kc_model *m)
{
    kc_jsonw_open(w, "representatives", '[', 1);
    for (size_t c = 0; c < m->k; c++) {
        kc_jsonw_open(w, NULL, '[', 1);
        for (uint32_t j = m->rep_first[c]; j < m->rep_first[c + 1]; j++) {
            size_t n;
            const char *term = kc_strs_get(&m->rep_terms, j, &n);
            kc_jsonw_open(w, NULL, '{', 1);
            kc_jsonw_str(w, "term", term, n);
            kc_jsonw_fixed(w, "similarity", (double)m->rep_similarity[j], 6);
            kc_jsonw_close(w, '}');
        }
        kc_jsonw_close(w, ']');
    }
    kc_jsonw_close(w, ']');
}

/* Write the labels of the clusters, unless they follow from the representatives. */
static void add_labels(struct kc_jsonw *w, const struct kc_model *m)
{
    if (m->labels.n == 0)
        return;
    kc_jsonw_open(w, "labels", '[', 1);
    for (size_t c = 0; c < m->k; c++) {
        size_t n;
        const char *label = kc_strs_get(&m->labels, c, &n);
        if (n > 0)
            kc_jsonw_str(w, NULL, label, n);
        else
            kc_jsonw_null(w, NULL);
    }
    kc_jsonw_close(w, ']');
}

/* Write the stability of the clusters, if it is known. */
static void add_stability(struct kc_jsonw *w, const struct kc_model *m)
{
    if (m->nstability == 0)
        return;
    kc_jsonw_open(w, "stability", '[', 1);
    for (size_t c = 0; c < m->nstability; c++)
        kc_jsonw_double(w, NULL, m->stability[c]);
    kc_jsonw_close(w, ']');
}

void kc_model_write_history(struct kc_jsonw *w, const struct kc_model *m)
{
    kc_jsonw_open(w, "history", '[', 1);
    for (size_t i = 0; i < m->nevents; i++) {
        const struct kc_model_event *v = &m->events[i];
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "generation", v->generation);
        kc_jsonw_u64(w, "update", v->update);
        add_i64(w, "time", v->time);
        kc_jsonw_u64(w, "rows", v->rows);
        kc_jsonw_u64(w, "joined", v->joined);
        kc_jsonw_u64(w, "born", v->born);
        kc_jsonw_u64(w, "unassigned", v->unassigned);
        kc_jsonw_u64(w, "clusters", v->clusters);
        kc_jsonw_double(w, "similarity", v->similarity);
        kc_jsonw_double(w, "silhouette", v->silhouette);
        kc_jsonw_double(w, "variation", v->variation);
        kc_jsonw_open(w, "shares", '[', 1);
        for (size_t s = 0; s < v->nshares; s++) {
            kc_jsonw_open(w, NULL, '[', 1);
            kc_jsonw_u64(w, NULL, (uint64_t)v->share[s].id);
            kc_jsonw_u64(w, NULL, v->share[s].rows);
            kc_jsonw_close(w, ']');
        }
        kc_jsonw_close(w, ']');
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void add_strs(struct kc_jsonw *w, const char *key, const struct kc_strs *s)
{
    kc_jsonw_open(w, key, '[', 1);
    for (size_t i = 0; i < s->n; i++) {
        size_t n;
        const char *p = kc_strs_get(s, i, &n);
        kc_jsonw_str(w, NULL, p, n);
    }
    kc_jsonw_close(w, ']');
}

int kc_model_add_info(struct kc_buf *b, const struct kc_model *m, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 1);
    kc_jsonw_cstr(&w, "kclust", m->kclust);
    if (m->kind != KC_MODEL_CENTROIDS)
        kc_jsonw_cstr(&w, "kind", kc_model_kind_name(m));
    kc_jsonw_u64(&w, "rows", m->n);
    kc_jsonw_u64(&w, "generation", m->generation);
    kc_jsonw_u64(&w, "updates", m->updates);
    kc_jsonw_u64(&w, "joined", m->joined);
    kc_jsonw_u64(&w, "born", m->born);
    kc_jsonw_u64(&w, "unassigned", m->unassigned);
    kc_jsonw_u64(&w, "next_id", (uint64_t)m->next_id);
    add_i64(&w, "created", m->created);
    add_options(&w, m);
    add_baseline(&w, &m->baseline);
    add_lives(&w, m);
    add_representatives(&w, m);
    add_labels(&w, m);
    add_stability(&w, m);
    if (m->nevents > 0)
        kc_model_write_history(&w, m);
    add_strs(&w, "pool_terms", &m->pool.terms);
    if (m->tally.counts) {
        kc_jsonw_open(&w, "tally", '{', 1);
        kc_jsonw_u64(&w, "rows", m->tally.rows);
        kc_jsonw_u64(&w, "unassigned", m->tally.unassigned);
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, '}');
    if (kc_jsonw_end(&w) != 0)
        return -1;
    b->n--; /* remove the newline */
    return 0;
}

int kc_model_save(const struct kc_model *m, struct kc_outfile *f, struct kc_err *e)
{
    struct kc_buf info = {0};
    char version[24];
    struct kc_st_text metadata[] = {{"format", KC_ST_MODEL, sizeof KC_ST_MODEL - 1},
                                    {"version", version, 0},
                                    {"info", NULL, 0}};
    const uint64_t k = m->k, d = m->d;
    const struct kc_model_rows *rows = &m->rows;
    struct kc_st_tensor t[] = { /* the widest elements first, so that all are aligned */
        {.name = "ids", .type = KC_ST_I64, .ndims = 1, .shape = {k}, .data = m->ids},
        {.name = "counts", .type = KC_ST_I64, .ndims = 1, .shape = {k}, .data = m->counts},
        {.name = "sums", .type = KC_ST_F64, .ndims = 2, .shape = {k, d}, .data = m->sums},
        {.name = "moved_hash", .type = KC_ST_U64, .ndims = 1, .shape = {m->moved.n}, .data = m->moved.hash},
        {.name = "moved_place", .type = KC_ST_I64, .ndims = 1, .shape = {m->moved.n}, .data = m->moved.place},
        {.name = "moved_count", .type = KC_ST_I64, .ndims = 1, .shape = {m->moved.n}, .data = m->moved.count},
        {.name = "tally_counts", .type = KC_ST_I64, .ndims = 1, .shape = {k}, .data = m->tally.counts},
        {.name = "tally_units", .type = KC_ST_I64, .ndims = 2, .shape = {k, d}, .data = m->tally.units},
        {.name = "tally_rest", .type = KC_ST_I64, .ndims = 2, .shape = {k, d}, .data = m->tally.rest},
        {.name = "row_hashes", .type = KC_ST_U64, .ndims = 1, .shape = {rows->n}, .data = rows->hash},
        {.name = "centroids", .type = KC_ST_F32, .ndims = 2, .shape = {k, d}, .data = m->centroids},
        {.name = "quantiles", .type = KC_ST_F32, .ndims = 2, .shape = {k, KC_MODEL_PERCENTILES}, .data = m->quantiles},
        {.name = "pool", .type = KC_ST_F32, .ndims = 2, .shape = {m->pool.n, d}, .data = m->pool.x},
        {.name = "row_labels", .type = KC_ST_I32, .ndims = 1, .shape = {rows->n}, .data = rows->label},
        {.name = "row_scales", .type = KC_ST_F32, .ndims = 1, .shape = {rows->n}, .data = rows->scale},
        {.name = "rows", .type = rows->bytes ? KC_ST_I8 : KC_ST_F16, .ndims = 2, .shape = {rows->n, d},
         .data = rows->bytes ? (const void *)rows->bytes : rows->halves},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) /* leave out what this kind of model does not have */
        if ((m->kind == KC_MODEL_VOTES || strncmp(t[i].name, "row", 3) != 0) &&
            (m->tally.counts || strncmp(t[i].name, "tally", 5) != 0) &&
            (rows->bytes || strcmp(t[i].name, "row_scales") != 0))
            t[n++] = t[i];
    metadata[1].n = kc_jsonw_digits(version, (uint64_t)kc_model_version(m));
    int rc = kc_model_add_info(&info, m, e);
    if (rc == 0) {
        metadata[2].value = info.p;
        metadata[2].n = info.n;
        rc = kc_st_write(f, t, n, metadata, sizeof metadata / sizeof metadata[0], e);
    }
    kc_buf_free(&info);
    return rc;
}
