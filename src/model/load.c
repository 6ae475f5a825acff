/* Read a model file without trusting it: every relation between its parts is checked, so that no other code needs to. A
 * file that is truncated or damaged is distinguished from one that is no model. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/utf8.h"
#include "core/algorithms.h"
#include "io/source.h"
#include "json/json.h"
#include "json/option_json.h"
#include "json/safetensors.h"
#include "model/tally.h"
#include "model/tensors.h"

#define MOST_IDS (INT64_MAX - UINT32_MAX) /* leaves room for new ids */
#define ROUNDED_TOLERANCE 1e-2 /* of the squared length of a row of float16, or of bytes */
#define UNIT_TOLERANCE 1e-4 /* of a row's squared length: float32 keeps it to 1e-6 in a million dimensions */

#define MEMBERS 32 /* of the info, at most */

/* A model file being read. */
struct model_reader {
    struct kc_model *m;
    struct kc_tensors f;
    unsigned parts;   /* KC_MODEL_SUMS, KC_MODEL_PAST: what is read beside what labels need */
    char *text;       /* the info: a JSON text, with a NUL */
    const char *info; /* the object in it, and its members: to find one costs no walk through all of them */
    struct kc_json_str key[MEMBERS];
    const char *value[MEMBERS];
    size_t nmembers;
    struct kc_buf tmp; /* a decoded string */
};

/* Return the value of a member of an object; NULL if there is none. */
static const char *find(const struct model_reader *l, const char *object, const char *key)
{
    const size_t n = strlen(key);
    if (object != l->info)
        return kc_json_find(object, key);
    for (size_t i = l->nmembers; i-- > 0;) /* of equal keys the last counts */
        if (kc_json_equals(&l->key[i], key, n))
            return l->value[i];
    return NULL;
}

/* Read the kind of the model. Models of version 1 do not name theirs. */
static int read_kind(const struct model_reader *l, const char *v)
{
    struct kc_json_str s;
    if (!v)
        return 0;
    if (kc_json_text(v, &s) == 0 && kc_json_equals(&s, "votes", 5))
        l->m->kind = KC_MODEL_VOTES;
    else if (kc_json_text(v, &s) == 0 && kc_json_equals(&s, "small", 5))
        l->m->kind = KC_MODEL_SMALL;
    else
        return kc_tensors_bad(&l->f, "kind is none that this kclust knows");
    return 0;
}

/* Copy the rows of the fit. */
static int load_rows(struct model_reader *l)
{
    struct kc_model *m = l->m;
    struct kc_model_rows *r = &m->rows;
    const struct kc_st_tensor *t = kc_st_find(&l->f.st, "rows");
    const uint64_t *s = kc_tensors_shape(&l->f, "row_hashes", 1);
    if (!s)
        return -1;
    if (s[0] < 1 || s[0] >= UINT32_MAX)
        return kc_tensors_bad(&l->f, "%llu rows of the fit", (unsigned long long)s[0]);
    r->n = (size_t)s[0];
    if (!(r->hash = kc_tensors_copy(&l->f, "row_hashes", KC_ST_U64, r->n, 0)) ||
        !(r->label = kc_tensors_copy(&l->f, "row_labels", KC_ST_I32, r->n, 0)))
        return -1;
    if (t && t->type == KC_ST_I8)
        return (r->scale = kc_tensors_copy(&l->f, "row_scales", KC_ST_F32, r->n, 0)) &&
                       (r->bytes = kc_tensors_copy(&l->f, "rows", KC_ST_I8, r->n, m->d)) ? 0 : -1;
    return (r->halves = kc_tensors_copy(&l->f, "rows", KC_ST_F16, r->n, m->d)) ? 0 : -1;
}

/* Return the squared length of a row. Eight sums side by side need no wait for each other: 1,000 x 768 take 0.2 ms, and
 * one sum 1 ms. */
static double square_length(const float *x, size_t d)
{
    double s[8] = {0}, all = 0;
    size_t t = 0;
    for (; t + 8 <= d; t += 8)
        for (size_t i = 0; i < 8; i++)
            s[i] += (double)x[t + i] * (double)x[t + i];
    for (; t < d; t++)
        all += (double)x[t] * (double)x[t];
    for (size_t i = 0; i < 8; i++)
        all += s[i];
    return all;
}

/* Check the values of the rows of the fit. */
static int check_rows(const struct model_reader *l)
{
    const struct kc_model *m = l->m;
    const struct kc_model_rows *r = &m->rows;
    float *x = kc_mem_alloc(m->d, sizeof *x, l->f.e);
    int rc = x ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        if (r->label[i] != KC_NOISE && r->label[i] >= m->k)
            rc = kc_tensors_bad(&l->f, "row %zu of the fit has no cluster that there is", i);
        else if (i > 0 && r->hash[i] < r->hash[i - 1])
            rc = kc_tensors_bad(&l->f, "the hashes of the rows do not increase");
        if (rc != 0)
            break;
        kc_model_widen_rows(m, i, 1, x);
        if (!(fabs(square_length(x, m->d) - 1) <= ROUNDED_TOLERANCE))
            rc = kc_tensors_bad(&l->f, "row %zu of the fit is not a unit vector", i);
    }
    kc_mem_free(x);
    return rc;
}

/* Copy all tensors into the model. The shapes of three of them decide k, d and the lengths. */
static int load_tensors(struct model_reader *l)
{
    struct kc_model *m = l->m;
    const uint64_t *s, *moved, *pool;
    if (!(s = kc_tensors_shape(&l->f, "centroids", 2)) || !(moved = kc_tensors_shape(&l->f, "moved_hash", 1)) ||
        !(pool = kc_tensors_shape(&l->f, "pool", 2)))
        return -1;
    if (s[0] < 1 || s[0] > INT32_MAX || s[1] < 1 || s[1] > KC_MAX_DIM)
        return kc_tensors_bad(&l->f, "centroids of (%llu, %llu)", (unsigned long long)s[0], (unsigned long long)s[1]);
    m->k = (size_t)s[0];
    m->d = (size_t)s[1];
    m->moved.n = (size_t)moved[0];
    m->pool.n = (size_t)pool[0];
    if (!(m->centroids = kc_tensors_copy(&l->f, "centroids", KC_ST_F32, m->k, m->d)) ||
        !(m->ids = kc_tensors_copy(&l->f, "ids", KC_ST_I64, m->k, 0)) ||
        !(m->counts = kc_tensors_copy(&l->f, "counts", KC_ST_I64, m->k, 0)) ||
        ((l->parts & KC_MODEL_SUMS) && !(m->sums = kc_tensors_copy(&l->f, "sums", KC_ST_F64, m->k, m->d))) ||
        !(m->quantiles = kc_tensors_copy(&l->f, "quantiles", KC_ST_F32, m->k, KC_MODEL_PERCENTILES)) ||
        !(m->moved.hash = kc_tensors_copy(&l->f, "moved_hash", KC_ST_U64, m->moved.n, 0)) ||
        !(m->moved.place = kc_tensors_copy(&l->f, "moved_place", KC_ST_I64, m->moved.n, 0)) ||
        !(m->moved.count = kc_tensors_copy(&l->f, "moved_count", KC_ST_I64, m->moved.n, 0)))
        return -1;
    if (!(l->parts & KC_MODEL_PAST))
        m->pool.n = 0;
    else if (!(m->pool.x = kc_tensors_copy(&l->f, "pool", KC_ST_F32, m->pool.n, m->d)))
        return -1;
    return l->parts & KC_MODEL_SUMS ? kc_model_read_tally(m, &l->f) : 0;
}

/* Check that the n rows of x are unit vectors. */
static int check_unit(const struct model_reader *l, const float *x, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(square_length(x + i * l->m->d, l->m->d) - 1) <= UNIT_TOLERANCE))
            return kc_tensors_bad(&l->f, "row %zu of %s is not a unit vector", i, what);
    return 0;
}

/* Check the values of the tensors. */
static int check_tensors(const struct model_reader *l)
{
    const struct kc_model *m = l->m;
    for (size_t c = 0; c < m->k; c++) {
        if (m->ids[c] < 0 || (c > 0 && m->ids[c] <= m->ids[c - 1]))
            return kc_tensors_bad(&l->f, "the ids do not increase");
        if (m->counts[c] < 1 || m->counts[c] > KC_MODEL_MOST_ROWS)
            return kc_tensors_bad(&l->f, "a cluster of %lld rows", (long long)m->counts[c]);
        for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++) {
            float q = m->quantiles[c * KC_MODEL_PERCENTILES + p];
            if (!(q >= -1.001f && q <= 1.001f) || (p > 0 && q < m->quantiles[c * KC_MODEL_PERCENTILES + p - 1]))
                return kc_tensors_bad(&l->f, "the quantiles of id %lld are invalid", (long long)m->ids[c]);
        }
        double most = (double)m->counts[c] * (1 + UNIT_TOLERANCE);
        for (size_t t = 0; m->sums && t < m->d; t++)
            if (!(fabs(m->sums[c * m->d + t]) <= most))
                return kc_tensors_bad(&l->f, "the sum of id %lld is greater than its rows can make it",
                                     (long long)m->ids[c]);
    }
    for (size_t i = 0; i < m->moved.n; i++)
        if (m->moved.place[i] >= m->k || m->moved.count[i] < 1 || m->moved.count[i] > INT64_MAX ||
            (i > 0 && m->moved.hash[i] < m->moved.hash[i - 1]))
            return kc_tensors_bad(&l->f, "entry %zu of the moved rows is invalid", i);
    return check_unit(l, m->centroids, m->k, "centroids") != 0 ? -1 : check_unit(l, m->pool.x, m->pool.n, "pool");
}

/* A whole number in the info, and the range that it must be in. */
struct number_field {
    const char *key;
    uint64_t least, most;
    uint64_t *to;
};

/* Read the n numbers of t from a JSON object. where: what precedes their keys in messages. */
static int read_numbers(const struct model_reader *l, const char *object, const char *where,
                        const struct number_field *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kc_json_u64(find(l, object, t[i].key), t[i].to) != 0 || *t[i].to < t[i].least ||
            *t[i].to > t[i].most)
            return kc_tensors_bad(&l->f, "%s%s is not a number from %llu to %llu", where, t[i].key,
                                 (unsigned long long)t[i].least, (unsigned long long)t[i].most);
    return 0;
}

#define COUNT(p) (sizeof(p) / sizeof(p)[0])

/* Read the algorithm and its options. If no algorithm is named, it is k-means. */
static int read_options(const struct model_reader *l, const char *info)
{
    struct kc_model *m = l->m;
    const char *v = find(l, info, "options"), *name = kc_json_find(v, "algorithm");
    struct kc_err why = KC_ERR_INIT;
    struct kc_json_str s;
    char key[KC_OPTION_TEXT_MAX];
    m->algorithm = !name ? kc_algorithms[0] : kc_json_text(name, &s) == 0 ? kc_algorithm_find(s.p, s.n) : NULL;
    if (!m->algorithm)
        return kc_tensors_bad(&l->f, "options.algorithm is none that this kclust has");
    m->opts = kc_mem_alloc(m->algorithm->opts_size, 1, l->f.e);
    if (!m->opts)
        return -1;
    memcpy(m->opts, m->algorithm->defaults, m->algorithm->opts_size);
    for (const struct kc_option *o = m->algorithm->options; !kc_option_is_last(o); o++) {
        kc_option_key(o, key);
        if ((o->marks & KC_OPTION_MODEL) && kc_option_read(o, m->opts, v) != 0)
            return kc_tensors_bad(&l->f, "options.%s is not a value that it can have", key);
    }
    return m->algorithm->check(m->opts, &why) == 0 ? 0 : kc_tensors_bad(&l->f, "options: %s", why.msg);
}

static int read_baseline(const struct model_reader *l, const char *v)
{
    struct kc_model_baseline *b = &l->m->baseline;
    const struct {
        const char *key;
        double *to;
    } t[] = {{"silhouette", &b->silhouette}, {"similarity", &b->similarity},
             {"calinski_harabasz", &b->calinski_harabasz}, {"davies_bouldin", &b->davies_bouldin},
             {"inertia", &b->inertia}, {"objective", &b->objective}};
    for (size_t i = 0; i < COUNT(t); i++)
        if (kc_json_double(kc_json_find(v, t[i].key), t[i].to) != 0)
            return kc_tensors_bad(&l->f, "baseline.%s is not a number", t[i].key);
    return 0;
}

static size_t count_elements(const char *v)
{
    size_t n = 0;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        n++;
    return n;
}

/* Read the lineage, and check that exactly the ids of the clusters live. */
static int read_lives(const struct model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    size_t i = 0, alive = 0;
    if (!v || *v != '[')
        return kc_tensors_bad(&l->f, "lineage is not an array");
    m->nlives = count_elements(v);
    m->lives = kc_mem_zalloc(m->nlives, sizeof *m->lives, l->f.e);
    if (!m->lives)
        return -1;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)), i++) {
        struct kc_model_life *f = &m->lives[i];
        const char *gone = kc_json_find(q, "gone");
        uint64_t id = 0;
        const struct number_field t[] = {
            {"id", i > 0 ? (uint64_t)m->lives[i - 1].id + 1 : 0, (uint64_t)m->next_id - 1, &id},
            {"generation", 1, m->generation, &f->generation}, {"update", 0, UINT64_MAX, &f->update},
            {"rows", 1, INT64_MAX, &f->rows}, {"gone", 2, m->generation, &f->gone},
        };
        if (read_numbers(l, q, "lineage: ", t, gone && *gone == 'n' ? 4 : 5) != 0)
            return -1;
        f->id = (int64_t)id;
        int lives = kc_model_find(m, f->id) != SIZE_MAX;
        if (lives != (f->gone == 0))
            return kc_tensors_bad(&l->f, "lineage: id %lld is %s", (long long)f->id,
                                 lives ? "gone and there" : "neither gone nor there");
        alive += (size_t)lives;
    }
    return alive == m->k ? 0 : kc_tensors_bad(&l->f, "lineage: %zu ids live, expected %zu", alive, m->k);
}

/* Decode a JSON string and add it to `to`. what: its name in messages. */
static int add_string(struct model_reader *l, const char *v, struct kc_strs *to, const char *what)
{
    struct kc_json_str s;
    l->tmp.n = 0;
    if (kc_json_text(v, &s) != 0)
        return kc_tensors_bad(&l->f, "%s is not a string", what);
    int rc = kc_json_decode(&s, &l->tmp, l->f.e);
    if (rc > 0)
        return kc_tensors_bad(&l->f, "%s has a lone surrogate", what);
    return rc < 0 ? -1 : kc_strs_add(to, l->tmp.p, l->tmp.n, l->f.e);
}

static int read_representatives(struct model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    size_t c = 0, n = 0, all = 0;
    if (!v || *v != '[' || count_elements(v) != m->k)
        return kc_tensors_bad(&l->f, "representatives are not an array of %zu", m->k);
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        all += *q == '[' ? count_elements(q) : 0;
    m->rep_first = kc_mem_alloc(m->k + 1, sizeof *m->rep_first, l->f.e);
    m->rep_similarity = kc_mem_alloc(all, sizeof *m->rep_similarity, l->f.e);
    if (!m->rep_first || !m->rep_similarity)
        return -1;
    m->rep_first[0] = 0;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q))) {
        if (*q != '[' || count_elements(q) > KC_MODEL_REPRESENTATIVES)
            return kc_tensors_bad(&l->f, "the representatives of a cluster are not an array of at most %d",
                                 KC_MODEL_REPRESENTATIVES);
        for (const char *r = kc_json_first(q); r; r = kc_json_next(kc_json_past(r))) {
            double similarity;
            if (kc_json_double(kc_json_find(r, "similarity"), &similarity) != 0 || !(fabs(similarity) <= 1.001))
                return kc_tensors_bad(&l->f, "a representative has no similarity");
            m->rep_similarity[n++] = (float)similarity;
            if (add_string(l, kc_json_find(r, "term"), &m->rep_terms, "a representative's term") != 0)
                return -1;
        }
        m->rep_first[++c] = (uint32_t)n;
    }
    return 0;
}

/* Read the labels, which models of version 0.2.0 and before do not have. */
static int read_labels(struct model_reader *l, const char *v)
{
    if (!v)
        return 0;
    if (*v != '[' || count_elements(v) != l->m->k)
        return kc_tensors_bad(&l->f, "labels are not an array of %zu", l->m->k);
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        if ((*q == 'n' ? kc_strs_add(&l->m->labels, "", 0, l->f.e) : add_string(l, q, &l->m->labels, "a label")) != 0)
            return -1;
    return 0;
}

/* Read the stability of the clusters, which few models have. */
static int read_stability(struct model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    if (!v)
        return 0;
    if (*v != '[' || count_elements(v) > m->k)
        return kc_tensors_bad(&l->f, "stability is not an array of at most %zu", m->k);
    m->stability = kc_mem_alloc(m->k, sizeof *m->stability, l->f.e);
    for (const char *q = m->stability ? kc_json_first(v) : NULL; q; q = kc_json_next(kc_json_past(q))) {
        double x = NAN;
        if (*q != 'n' && (kc_json_double(q, &x) != 0 || !(x >= 0 && x <= 1)))
            return kc_tensors_bad(&l->f, "a cluster's stability is not a number from 0 to 1");
        m->stability[m->nstability++] = x;
    }
    return m->stability ? 0 : -1;
}

/* Read how many rows of an event each cluster got: pairs of an id and a number of rows. */
static int read_shares(const struct model_reader *l, const char *q, struct kc_model_event *v)
{
    if (!q || *q != '[' || count_elements(q) >= UINT32_MAX)
        return kc_tensors_bad(&l->f, "history: shares are not an array");
    v->share = kc_mem_alloc(count_elements(q), sizeof *v->share, l->f.e);
    if (!v->share)
        return -1;
    for (const char *p = kc_json_first(q); p; p = kc_json_next(kc_json_past(p))) {
        uint64_t id, rows;
        const char *a = *p == '[' ? kc_json_first(p) : NULL, *b = a ? kc_json_next(kc_json_past(a)) : NULL;
        if (!b || kc_json_u64(a, &id) != 0 || kc_json_u64(b, &rows) != 0 || id > MOST_IDS || rows == 0)
            return kc_tensors_bad(&l->f, "history: a share is not an id and a number of rows");
        v->share[v->nshares++] = (struct kc_model_share){(int64_t)id, rows};
    }
    return 0;
}

/* Read one event of the history. */
static int read_event(const struct model_reader *l, const char *q, struct kc_model_event *v)
{
    const char *time = kc_json_find(q, "time");
    const int untimed = time && *time == 'n';
    uint64_t seconds = 0;
    const struct number_field t[] = {
        {"generation", 1, l->m->generation, &v->generation}, {"update", 0, INT64_MAX, &v->update},
        {"rows", 0, UINT64_MAX, &v->rows}, {"joined", 0, UINT64_MAX, &v->joined}, {"born", 0, UINT64_MAX, &v->born},
        {"unassigned", 0, UINT64_MAX, &v->unassigned}, {"clusters", 1, INT32_MAX, &v->clusters},
        {"time", 0, KC_MODEL_TIME_MOST, &seconds},
    };
    if (read_numbers(l, q, "history: ", t, sizeof t / sizeof *t - (untimed ? 1 : 0)) != 0)
        return -1;
    v->time = untimed ? -1 : (int64_t)seconds;
    return kc_json_double(kc_json_find(q, "similarity"), &v->similarity) != 0 ||
                   kc_json_double(kc_json_find(q, "silhouette"), &v->silhouette) != 0 ||
                   kc_json_double(kc_json_find(q, "variation"), &v->variation) != 0
               ? kc_tensors_bad(&l->f, "history: a figure is not a number") :
               read_shares(l, kc_json_find(q, "shares"), v);
}

/* Read the history, which models that were never updated do not have, nor those of version 0.2.0 and before. */
static int read_history(const struct model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    if (!v)
        return 0;
    if (*v != '[' || count_elements(v) > KC_MODEL_EVENTS_MOST)
        return kc_tensors_bad(&l->f, "history is not an array of at most %d", KC_MODEL_EVENTS_MOST);
    m->events = kc_mem_zalloc(count_elements(v), sizeof *m->events, l->f.e);
    if (!m->events)
        return -1;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        if (read_event(l, q, &m->events[m->nevents++]) != 0)
            return -1;
    return 0;
}

static int read_pool_terms(struct model_reader *l, const char *v)
{
    if (!v || *v != '[' || count_elements(v) != l->m->pool.n)
        return kc_tensors_bad(&l->f, "pool_terms are not an array of %zu", l->m->pool.n);
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        if (add_string(l, q, &l->m->pool.terms, "a pool's term") != 0)
            return -1;
    return 0;
}

/* Read how many rows are in the tally, which few models have. */
static int read_tally(const struct model_reader *l, const char *v)
{
    struct kc_model_tally *t = &l->m->tally;
    const struct number_field numbers[] = {{"rows", 0, KC_MODEL_TALLY_ROWS, &t->rows},
                                           {"unassigned", 0, KC_MODEL_TALLY_ROWS, &t->unassigned}};
    uint64_t joined = 0;
    if (!t->counts && !v)
        return 0;
    if (!t->counts || !v || l->m->kind != KC_MODEL_CENTROIDS)
        return kc_tensors_bad(&l->f, "the tally lacks %s", !v ? "its info" : !t->counts ? "its sums" : "centroids");
    for (size_t c = 0; c < l->m->k; c++)
        joined += t->counts[c];
    if (read_numbers(l, v, "tally: ", numbers, COUNT(numbers)) != 0)
        return -1;
    return t->unassigned <= t->rows && joined == t->rows - t->unassigned ?
               0 : kc_tensors_bad(&l->f, "the tally's rows are not those of its clusters");
}

static int read_info(struct model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    const char *created = find(l, v, "created");
    uint64_t next_id = 0, seconds = 0;
    const struct number_field t[] = {
        {"rows", 1, UINT32_MAX, &m->n}, {"generation", 1, INT64_MAX, &m->generation},
        {"updates", 0, INT64_MAX, &m->updates}, {"joined", 0, UINT64_MAX, &m->joined},
        {"born", 0, UINT64_MAX, &m->born}, {"unassigned", 0, UINT64_MAX, &m->unassigned},
        {"next_id", (uint64_t)m->ids[m->k - 1] + 1, MOST_IDS, &next_id}, {"created", 0, INT64_MAX, &seconds},
    };
    struct kc_json_str version;
    if (read_numbers(l, v, "", t, created && *created == 'n' ? 7 : 8) != 0)
        return -1;
    m->next_id = (int64_t)next_id;
    m->created = created && *created == 'n' ? -1 : (int64_t)seconds;
    if (kc_json_text(find(l, v, "kclust"), &version) != 0 || version.n >= sizeof m->kclust ||
        version.n > strspn(version.p, "0123456789.+-~abcdefghijklmnopqrstuvwxyz"))
        return kc_tensors_bad(&l->f, "kclust is not a version");
    memcpy(m->kclust, version.p, version.n);
    if (read_kind(l, find(l, v, "kind")) != 0 ||
        (m->kind == KC_MODEL_VOTES && (load_rows(l) != 0 || check_rows(l) != 0)))
        return -1;
    if (m->kind == KC_MODEL_VOTES && m->rows.n != m->n)
        return kc_tensors_bad(&l->f, "%zu rows of the fit, expected %llu", m->rows.n, (unsigned long long)m->n);
    if (read_options(l, v) != 0 || read_baseline(l, find(l, v, "baseline")) != 0 ||
        ((l->parts & KC_MODEL_SUMS) && read_tally(l, find(l, v, "tally")) != 0))
        return -1;
    if (!(l->parts & KC_MODEL_PAST))
        return 0;
    return read_lives(l, find(l, v, "lineage")) != 0 ||
                   read_representatives(l, find(l, v, "representatives")) != 0 ||
                   read_labels(l, find(l, v, "labels")) != 0 ||
                   read_stability(l, find(l, v, "stability")) != 0 ||
                   read_history(l, find(l, v, "history")) != 0
               ? -1
               : read_pool_terms(l, find(l, v, "pool_terms"));
}

/* Parse the info and read it into the model. */
static int load_info(struct model_reader *l)
{
    struct kc_json_fault f;
    size_t n = 0;
    const char *p = kc_st_metadata(&l->f.st, "info", &n);
    if (!p)
        return kc_tensors_bad(&l->f, "there is no info");
    l->text = kc_mem_zalloc(kc_mem_add(n, KC_NUM_PAD), 1, l->f.e);
    if (!l->text)
        return -1;
    memcpy(l->text, p, n);
    const char *start = kc_json_ws(l->text), *past = kc_json_skip(start, l->text + n, 0, &f);
    if (*start != '{' || !past || kc_json_ws(past) != l->text + n)
        return kc_tensors_bad(&l->f, "the info is not a JSON object");
    l->info = start;
    for (const char *q = kc_json_first(start); q; q = kc_json_next(kc_json_past(q))) {
        if (l->nmembers == MEMBERS)
            return kc_tensors_bad(&l->f, "the info has more than %d members", MEMBERS);
        q = kc_json_member(q, &l->key[l->nmembers]);
        l->value[l->nmembers++] = q;
    }
    return read_info(l, start);
}

/* Read the model in the file that has been opened. */
static int read_model(struct model_reader *l)
{
    return load_tensors(l) != 0 || check_tensors(l) != 0 ? -1 : load_info(l);
}

int kc_model_parse(struct kc_model *m, const char *bytes, size_t n, const char *name, struct kc_err *e)
{
    struct model_reader l = {.m = m, .f = {.name = name, .what = "model", .e = e}, .parts = KC_MODEL_ALL};
    memset(m, 0, sizeof *m);
    const int rc = kc_tensors_open(&l.f, bytes, n, KC_ST_MODEL, KC_MODEL_VERSION) != 0 ? -1 : read_model(&l);
    kc_tensors_close(&l.f);
    kc_buf_free(&l.tmp);
    kc_mem_free(l.text);
    return rc;
}

/* Read the parts of a model from a source that was opened at path. */
static int read_source(struct kc_model *m, const char *path, struct kc_source *src, unsigned parts, struct kc_err *e)
{
    struct model_reader l = {.m = m, .f = {.name = kc_source_name(path), .what = "model", .e = e}, .parts = parts};
    struct kc_buf b = {0};
    memset(m, 0, sizeof *m);
    const int rc = kc_tensors_open_source(&l.f, &b, src, KC_ST_MODEL, KC_MODEL_VERSION) != 0 ? -1 : read_model(&l);
    kc_tensors_close(&l.f);
    kc_buf_free(&l.tmp);
    kc_mem_free(l.text);
    kc_buf_free(&b);
    return rc;
}

int kc_model_read(struct kc_model *m, const char *path, struct kc_source *src, struct kc_err *e)
{
    return read_source(m, path, src, KC_MODEL_ALL, e);
}

int kc_model_load_parts(struct kc_model *m, const char *path, unsigned parts, struct kc_err *e)
{
    struct kc_source *s = NULL;
    memset(m, 0, sizeof *m);
    if (kc_source_open(&s, path, e) != 0)
        return -1;
    int rc = read_source(m, path, s, parts, e);
    kc_source_free(s);
    return rc;
}

int kc_model_load(struct kc_model *m, const char *path, struct kc_err *e)
{
    return kc_model_load_parts(m, path, KC_MODEL_ALL, e);
}

int kc_model_is(struct kc_source *src, struct kc_err *e)
{
    return kc_tensors_is(src, KC_ST_MODEL, 1, e);
}
