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
#include "model/loading.h"

#define HEADER_LENGTH 8
#define ROUNDED_TOLERANCE 1e-2 /* of the squared length of a row of float16, or of bytes */
#define UNIT_TOLERANCE 1e-4 /* of a row's squared length: float32 keeps it to 1e-6 in a million dimensions */

int kc_model_damage(const struct kc_model_reader *l, const char *fmt, ...)
{
    char what[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kc_err_at(l->e, KC_EINPUT, l->name, 0, "damaged model: %s", what);
}

/* Fail with KC_EINPUT: the file is no model. */
static int refuse_file(const char *name, const char *why, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, name, 0, "%s: not a kclust model, which fit -m writes", why);
}

/* Copy the tensor of that name, type and shape (d0, d1), or (d0) if d1 is 0. NULL, with the error set, if there is none
 * such. */
static void *copy_tensor(struct kc_model_reader *l, const char *name, enum kc_st_type type, uint64_t d0, uint64_t d1)
{
    static const struct {
        const char *name;
        size_t width;
    } types[] = {[KC_ST_F32] = {"F32", 4}, [KC_ST_F64] = {"F64", 8}, [KC_ST_I64] = {"I64", 8}, [KC_ST_U64] = {"U64", 8},
                 [KC_ST_F16] = {"F16", 2}, [KC_ST_I32] = {"I32", 4}, [KC_ST_I8] = {"I8", 1}};
    const struct kc_st_tensor *t = kc_st_find(&l->st, name);
    const size_t width = types[type].width;
    if (!t) {
        kc_model_damage(l, "there is no tensor '%s'", name);
        return NULL;
    }
    if (t->type != type || t->ndims != (d1 ? 2u : 1u) || t->shape[0] != d0 || (d1 && t->shape[1] != d1)) {
        if (d1)
            kc_model_damage(l, "tensor '%s' is not %s of (%llu, %llu)", name, types[type].name, (unsigned long long)d0,
                          (unsigned long long)d1);
        else
            kc_model_damage(l, "tensor '%s' is not %s of (%llu)", name, types[type].name, (unsigned long long)d0);
        return NULL;
    }
    size_t count = (size_t)(t->end - t->begin) / width;
    void *p = kc_mem_aligned(count, width, l->e);
    if (p && count) {
        memcpy(p, l->data + t->begin, count * width);
        kc_st_swap(p, count, width);
    }
    return p;
}

/* Return the shape of a tensor of `dims` dimensions; NULL, with the error set, if there is none such. */
static const uint64_t *find_shape(const struct kc_model_reader *l, const char *name, unsigned dims)
{
    const struct kc_st_tensor *t = kc_st_find(&l->st, name);
    if (t && t->ndims == dims)
        return t->shape;
    kc_model_damage(l, "there is no tensor '%s' of %u dimension%s", name, dims, dims == 1 ? "" : "s");
    return NULL;
}

/* Read the kind of the model. Models of version 1 do not name theirs. */
static int read_kind(const struct kc_model_reader *l, const char *v)
{
    struct kc_json_str s;
    if (!v)
        return 0;
    if (kc_json_text(v, &s) == 0 && kc_json_equals(&s, "votes", 5))
        l->m->kind = KC_MODEL_VOTES;
    else if (kc_json_text(v, &s) == 0 && kc_json_equals(&s, "small", 5))
        l->m->kind = KC_MODEL_SMALL;
    else
        return kc_model_damage(l, "kind is none that this kclust knows");
    return 0;
}

/* Copy the rows of the fit. */
static int load_rows(struct kc_model_reader *l)
{
    struct kc_model *m = l->m;
    struct kc_model_rows *r = &m->rows;
    const struct kc_st_tensor *t = kc_st_find(&l->st, "rows");
    const uint64_t *s = find_shape(l, "row_hashes", 1);
    if (!s)
        return -1;
    if (s[0] < 1 || s[0] >= UINT32_MAX)
        return kc_model_damage(l, "%llu rows of the fit", (unsigned long long)s[0]);
    r->n = (size_t)s[0];
    if (!(r->hash = copy_tensor(l, "row_hashes", KC_ST_U64, r->n, 0)) ||
        !(r->label = copy_tensor(l, "row_labels", KC_ST_I32, r->n, 0)))
        return -1;
    if (t && t->type == KC_ST_I8)
        return (r->scale = copy_tensor(l, "row_scales", KC_ST_F32, r->n, 0)) &&
                       (r->bytes = copy_tensor(l, "rows", KC_ST_I8, r->n, m->d)) ? 0 : -1;
    return (r->halves = copy_tensor(l, "rows", KC_ST_F16, r->n, m->d)) ? 0 : -1;
}

/* Check the values of the rows of the fit. */
static int check_rows(const struct kc_model_reader *l)
{
    const struct kc_model *m = l->m;
    const struct kc_model_rows *r = &m->rows;
    float *x = kc_mem_alloc(m->d, sizeof *x, l->e);
    int rc = x ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        if (r->label[i] != KC_NOISE && r->label[i] >= m->k)
            rc = kc_model_damage(l, "row %zu of the fit has no cluster that there is", i);
        else if (i > 0 && r->hash[i] < r->hash[i - 1])
            rc = kc_model_damage(l, "the hashes of the rows do not increase");
        if (rc != 0)
            break;
        kc_model_widen_rows(m, i, 1, x);
        double ss = 0;
        for (size_t t = 0; t < m->d; t++)
            ss += (double)x[t] * (double)x[t];
        if (!(fabs(ss - 1) <= ROUNDED_TOLERANCE))
            rc = kc_model_damage(l, "row %zu of the fit is not a unit vector", i);
    }
    kc_mem_free(x);
    return rc;
}

/* Copy all tensors into the model. The shapes of three of them decide k, d and the lengths. */
static int load_tensors(struct kc_model_reader *l)
{
    struct kc_model *m = l->m;
    const uint64_t *s, *moved, *pool;
    if (!(s = find_shape(l, "centroids", 2)) || !(moved = find_shape(l, "moved_hash", 1)) ||
        !(pool = find_shape(l, "pool", 2)))
        return -1;
    if (s[0] < 1 || s[0] > INT32_MAX || s[1] < 1 || s[1] > KC_MAX_DIM)
        return kc_model_damage(l, "centroids of (%llu, %llu)", (unsigned long long)s[0], (unsigned long long)s[1]);
    m->k = (size_t)s[0];
    m->d = (size_t)s[1];
    m->moved.n = (size_t)moved[0];
    m->pool.n = (size_t)pool[0];
    if (!(m->centroids = copy_tensor(l, "centroids", KC_ST_F32, m->k, m->d)) ||
        !(m->ids = copy_tensor(l, "ids", KC_ST_I64, m->k, 0)) ||
        !(m->counts = copy_tensor(l, "counts", KC_ST_I64, m->k, 0)) ||
        !(m->sums = copy_tensor(l, "sums", KC_ST_F64, m->k, m->d)) ||
        !(m->quantiles = copy_tensor(l, "quantiles", KC_ST_F32, m->k, KC_MODEL_PERCENTILES)) ||
        !(m->moved.hash = copy_tensor(l, "moved_hash", KC_ST_U64, m->moved.n, 0)) ||
        !(m->moved.place = copy_tensor(l, "moved_place", KC_ST_I64, m->moved.n, 0)) ||
        !(m->moved.count = copy_tensor(l, "moved_count", KC_ST_I64, m->moved.n, 0)) ||
        !(m->pool.x = copy_tensor(l, "pool", KC_ST_F32, m->pool.n, m->d)))
        return -1;
    return 0;
}

/* Check that the n rows of x are unit vectors. */
static int check_unit(const struct kc_model_reader *l, const float *x, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        double ss = 0;
        for (size_t t = 0; t < l->m->d; t++)
            ss += (double)x[i * l->m->d + t] * (double)x[i * l->m->d + t];
        if (!(fabs(ss - 1) <= UNIT_TOLERANCE))
            return kc_model_damage(l, "row %zu of %s is not a unit vector", i, what);
    }
    return 0;
}

/* Check the values of the tensors. */
static int check_tensors(const struct kc_model_reader *l)
{
    const struct kc_model *m = l->m;
    for (size_t c = 0; c < m->k; c++) {
        if (m->ids[c] < 0 || (c > 0 && m->ids[c] <= m->ids[c - 1]))
            return kc_model_damage(l, "the ids do not increase");
        if (m->counts[c] < 1 || m->counts[c] > KC_MODEL_MOST_ROWS)
            return kc_model_damage(l, "a cluster of %lld rows", (long long)m->counts[c]);
        for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++) {
            float q = m->quantiles[c * KC_MODEL_PERCENTILES + p];
            if (!(q >= -1.001f && q <= 1.001f) || (p > 0 && q < m->quantiles[c * KC_MODEL_PERCENTILES + p - 1]))
                return kc_model_damage(l, "the quantiles of id %lld are invalid", (long long)m->ids[c]);
        }
        double most = (double)m->counts[c] * (1 + UNIT_TOLERANCE);
        for (size_t t = 0; t < m->d; t++)
            if (!(fabs(m->sums[c * m->d + t]) <= most))
                return kc_model_damage(l, "the sum of id %lld is greater than its rows can make it",
                                     (long long)m->ids[c]);
    }
    for (size_t i = 0; i < m->moved.n; i++)
        if (m->moved.place[i] >= m->k || m->moved.count[i] < 1 || m->moved.count[i] > INT64_MAX ||
            (i > 0 && m->moved.hash[i] < m->moved.hash[i - 1]))
            return kc_model_damage(l, "entry %zu of the moved rows is invalid", i);
    return check_unit(l, m->centroids, m->k, "centroids") != 0 ? -1 : check_unit(l, m->pool.x, m->pool.n, "pool");
}

int kc_model_numbers(const struct kc_model_reader *l, const char *object, const char *where,
                     const struct kc_model_number *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kc_json_u64(kc_json_find(object, t[i].key), t[i].to) != 0 || *t[i].to < t[i].least ||
            *t[i].to > t[i].most)
            return kc_model_damage(l, "%s%s is not a number from %llu to %llu", where, t[i].key,
                                 (unsigned long long)t[i].least, (unsigned long long)t[i].most);
    return 0;
}

/* Read the algorithm and its options. If no algorithm is named, it is k-means. */
static int read_options(const struct kc_model_reader *l, const char *info)
{
    struct kc_model *m = l->m;
    const char *v = kc_json_find(info, "options"), *name = kc_json_find(v, "algorithm");
    struct kc_err why = KC_ERR_INIT;
    struct kc_json_str s;
    char key[KC_OPTION_TEXT_MAX];
    m->algorithm = !name ? kc_algorithms[0] : kc_json_text(name, &s) == 0 ? kc_algorithm_find(s.p, s.n) : NULL;
    if (!m->algorithm)
        return kc_model_damage(l, "options.algorithm is none that this kclust has");
    m->opts = kc_mem_alloc(m->algorithm->opts_size, 1, l->e);
    if (!m->opts)
        return -1;
    memcpy(m->opts, m->algorithm->defaults, m->algorithm->opts_size);
    for (const struct kc_option *o = m->algorithm->options; !kc_option_is_last(o); o++) {
        kc_option_key(o, key);
        if ((o->marks & KC_OPTION_MODEL) && kc_option_read(o, m->opts, v) != 0)
            return kc_model_damage(l, "options.%s is not a value that it can have", key);
    }
    return m->algorithm->check(m->opts, &why) == 0 ? 0 : kc_model_damage(l, "options: %s", why.msg);
}

static int read_baseline(const struct kc_model_reader *l, const char *v)
{
    struct kc_model_baseline *b = &l->m->baseline;
    const struct {
        const char *key;
        double *to;
    } t[] = {{"silhouette", &b->silhouette}, {"similarity", &b->similarity},
             {"calinski_harabasz", &b->calinski_harabasz}, {"davies_bouldin", &b->davies_bouldin},
             {"inertia", &b->inertia}, {"objective", &b->objective}};
    for (size_t i = 0; i < (sizeof t / sizeof *t); i++)
        if (kc_json_double(kc_json_find(v, t[i].key), t[i].to) != 0)
            return kc_model_damage(l, "baseline.%s is not a number", t[i].key);
    return 0;
}

size_t kc_model_count(const char *v)
{
    size_t n = 0;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        n++;
    return n;
}

/* Read the lineage, and check that exactly the ids of the clusters live. */
static int read_lives(const struct kc_model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    size_t i = 0, alive = 0;
    if (!v || *v != '[')
        return kc_model_damage(l, "lineage is not an array");
    m->nlives = kc_model_count(v);
    m->lives = kc_mem_zalloc(m->nlives, sizeof *m->lives, l->e);
    if (!m->lives)
        return -1;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)), i++) {
        struct kc_model_life *f = &m->lives[i];
        const char *gone = kc_json_find(q, "gone");
        uint64_t id = 0;
        const struct kc_model_number t[] = {
            {"id", i > 0 ? (uint64_t)m->lives[i - 1].id + 1 : 0, (uint64_t)m->next_id - 1, &id},
            {"generation", 1, m->generation, &f->generation}, {"update", 0, UINT64_MAX, &f->update},
            {"rows", 1, INT64_MAX, &f->rows}, {"gone", 2, m->generation, &f->gone},
        };
        if (kc_model_numbers(l, q, "lineage: ", t, gone && *gone == 'n' ? 4 : 5) != 0)
            return -1;
        f->id = (int64_t)id;
        int lives = kc_model_find(m, f->id) != SIZE_MAX;
        if (lives != (f->gone == 0))
            return kc_model_damage(l, "lineage: id %lld is %s", (long long)f->id,
                                 lives ? "gone and there" : "neither gone nor there");
        alive += (size_t)lives;
    }
    return alive == m->k ? 0 : kc_model_damage(l, "lineage: %zu ids live, expected %zu", alive, m->k);
}

/* Decode a JSON string and add it to `to`. what: its name in messages. */
static int add_string(struct kc_model_reader *l, const char *v, struct kc_strs *to, const char *what)
{
    struct kc_json_str s;
    l->tmp.n = 0;
    if (kc_json_text(v, &s) != 0)
        return kc_model_damage(l, "%s is not a string", what);
    int rc = kc_json_decode(&s, &l->tmp, l->e);
    if (rc > 0)
        return kc_model_damage(l, "%s has a lone surrogate", what);
    return rc < 0 ? -1 : kc_strs_add(to, l->tmp.p, l->tmp.n, l->e);
}

static int read_representatives(struct kc_model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    size_t c = 0, n = 0, all = 0;
    if (!v || *v != '[' || kc_model_count(v) != m->k)
        return kc_model_damage(l, "representatives are not an array of %zu", m->k);
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        all += *q == '[' ? kc_model_count(q) : 0;
    m->rep_first = kc_mem_alloc(m->k + 1, sizeof *m->rep_first, l->e);
    m->rep_similarity = kc_mem_alloc(all, sizeof *m->rep_similarity, l->e);
    if (!m->rep_first || !m->rep_similarity)
        return -1;
    m->rep_first[0] = 0;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q))) {
        if (*q != '[' || kc_model_count(q) > KC_MODEL_REPRESENTATIVES)
            return kc_model_damage(l, "the representatives of a cluster are not an array of at most %d",
                                 KC_MODEL_REPRESENTATIVES);
        for (const char *r = kc_json_first(q); r; r = kc_json_next(kc_json_past(r))) {
            double similarity;
            if (kc_json_double(kc_json_find(r, "similarity"), &similarity) != 0 || !(fabs(similarity) <= 1.001))
                return kc_model_damage(l, "a representative has no similarity");
            m->rep_similarity[n++] = (float)similarity;
            if (add_string(l, kc_json_find(r, "term"), &m->rep_terms, "a representative's term") != 0)
                return -1;
        }
        m->rep_first[++c] = (uint32_t)n;
    }
    return 0;
}

/* Read the labels, which models of version 0.2.0 and before do not have. */
static int read_labels(struct kc_model_reader *l, const char *v)
{
    if (!v)
        return 0;
    if (*v != '[' || kc_model_count(v) != l->m->k)
        return kc_model_damage(l, "labels are not an array of %zu", l->m->k);
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        if ((*q == 'n' ? kc_strs_add(&l->m->labels, "", 0, l->e) : add_string(l, q, &l->m->labels, "a label")) != 0)
            return -1;
    return 0;
}

/* Read the stability of the clusters, which few models have. */
static int read_stability(struct kc_model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    if (!v)
        return 0;
    if (*v != '[' || kc_model_count(v) > m->k)
        return kc_model_damage(l, "stability is not an array of at most %zu", m->k);
    m->stability = kc_mem_alloc(m->k, sizeof *m->stability, l->e);
    for (const char *q = m->stability ? kc_json_first(v) : NULL; q; q = kc_json_next(kc_json_past(q))) {
        double x = NAN;
        if (*q != 'n' && (kc_json_double(q, &x) != 0 || !(x >= 0 && x <= 1)))
            return kc_model_damage(l, "a cluster's stability is not a number from 0 to 1");
        m->stability[m->nstability++] = x;
    }
    return m->stability ? 0 : -1;
}

static int read_pool_terms(struct kc_model_reader *l, const char *v)
{
    if (!v || *v != '[' || kc_model_count(v) != l->m->pool.n)
        return kc_model_damage(l, "pool_terms are not an array of %zu", l->m->pool.n);
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)))
        if (add_string(l, q, &l->m->pool.terms, "a pool's term") != 0)
            return -1;
    return 0;
}

static int read_info(struct kc_model_reader *l, const char *v)
{
    struct kc_model *m = l->m;
    const char *created = kc_json_find(v, "created");
    uint64_t next_id = 0, seconds = 0;
    const struct kc_model_number t[] = {
        {"rows", 1, UINT32_MAX, &m->n}, {"generation", 1, INT64_MAX, &m->generation},
        {"updates", 0, INT64_MAX, &m->updates}, {"joined", 0, UINT64_MAX, &m->joined},
        {"born", 0, UINT64_MAX, &m->born}, {"unassigned", 0, UINT64_MAX, &m->unassigned},
        {"next_id", (uint64_t)m->ids[m->k - 1] + 1, KC_MODEL_MOST_IDS, &next_id}, {"created", 0, INT64_MAX, &seconds},
    };
    struct kc_json_str version;
    if (kc_model_numbers(l, v, "", t, created && *created == 'n' ? 7 : 8) != 0)
        return -1;
    m->next_id = (int64_t)next_id;
    m->created = created && *created == 'n' ? -1 : (int64_t)seconds;
    if (kc_json_text(kc_json_find(v, "kclust"), &version) != 0 || version.n >= sizeof m->kclust ||
        version.n > strspn(version.p, "0123456789.+-~abcdefghijklmnopqrstuvwxyz"))
        return kc_model_damage(l, "kclust is not a version");
    memcpy(m->kclust, version.p, version.n);
    if (read_kind(l, kc_json_find(v, "kind")) != 0 ||
        (m->kind == KC_MODEL_VOTES && (load_rows(l) != 0 || check_rows(l) != 0)))
        return -1;
    if (m->kind == KC_MODEL_VOTES && m->rows.n != m->n)
        return kc_model_damage(l, "%zu rows of the fit, expected %llu", m->rows.n, (unsigned long long)m->n);
    return read_options(l, v) != 0 || read_baseline(l, kc_json_find(v, "baseline")) != 0 ||
                   read_lives(l, kc_json_find(v, "lineage")) != 0 ||
                   read_representatives(l, kc_json_find(v, "representatives")) != 0 ||
                   read_labels(l, kc_json_find(v, "labels")) != 0 ||
                   read_stability(l, kc_json_find(v, "stability")) != 0 ||
                   kc_model_read_history(l, kc_json_find(v, "history")) != 0
               ? -1
               : read_pool_terms(l, kc_json_find(v, "pool_terms"));
}

/* Parse the info and read it into the model. */
static int load_info(struct kc_model_reader *l)
{
    struct kc_json_fault f;
    size_t n = 0;
    const char *p = kc_st_metadata(&l->st, "info", &n);
    if (!p)
        return kc_model_damage(l, "there is no info");
    l->text = kc_mem_zalloc(kc_mem_add(n, KC_NUM_PAD), 1, l->e);
    if (!l->text)
        return -1;
    memcpy(l->text, p, n);
    const char *start = kc_json_ws(l->text), *past = kc_json_skip(start, l->text + n, 0, &f);
    if (*start != '{' || !past || kc_json_ws(past) != l->text + n)
        return kc_model_damage(l, "the info is not a JSON object");
    return read_info(l, start);
}

/* Check that the metadata name a model, of a version that we know. */
static int check_format(struct kc_model_reader *l)
{
    size_t n = 0;
    if (!kc_st_is_model(&l->st))
        return refuse_file(l->name, "a safetensors file of something else", l->e);
    char digits[24] = "";
    uint64_t version;
    const char *p = kc_st_metadata(&l->st, "version", &n);
    if (p && n < sizeof digits)
        memcpy(digits, p, n);
    if (kc_num_u64(digits, &version) != 0 || version < 1)
        return kc_model_damage(l, "its version is not a number");
    if (version > KC_MODEL_VERSION)
        return kc_err_at(l->e, KC_EINPUT, l->name, 0, "model version %llu: this kclust reads versions up to %d",
                         (unsigned long long)version, KC_MODEL_VERSION);
    return 0;
}

/* Return the length of the header, by the first n bytes of a file; 0 if it is no safetensors file. */
static uint64_t header_length(const char *bytes, size_t n)
{
    uint64_t header = n > HEADER_LENGTH ? kc_le64(bytes) : 0;
    return header < 2 || header > KC_ST_HEADER_MAX || bytes[HEADER_LENGTH] != '{' ? 0 : header;
}

int kc_model_parse(struct kc_model *m, const char *bytes, size_t n, const char *name, struct kc_err *e)
{
    struct kc_model_reader l = {.m = m, .name = name, .e = e};
    int rc = -1;
    memset(m, 0, sizeof *m);
    uint64_t header = header_length(bytes, n);
    if (header == 0)
        return refuse_file(name, n ? "no safetensors file" : "empty", e);
    if (header > n - HEADER_LENGTH)
        return kc_err_at(e, KC_EINPUT, name, 0, "the model is cut short: %zu bytes, its header alone has %llu", n,
                         (unsigned long long)header);
    if (kc_st_parse(&l.st, bytes + HEADER_LENGTH, (size_t)header, name, e) != 0)
        goto out;
    l.data = bytes + HEADER_LENGTH + header;
    uint64_t have = n - HEADER_LENGTH - header;
    if (check_format(&l) != 0)
        goto out;
    if (have != l.st.bytes) {
        kc_err_at(e, KC_EINPUT, name, 0, "%s: %llu bytes of data, expected %llu",
                  have < l.st.bytes ? "the model is cut short" : "there is more after the model",
                  (unsigned long long)have, (unsigned long long)l.st.bytes);
        goto out;
    }
    if (load_tensors(&l) == 0 && check_tensors(&l) == 0)
        rc = load_info(&l);
out:
    kc_st_free(&l.st);
    kc_buf_free(&l.tmp);
    kc_mem_free(l.text);
    return rc;
}

/* Return the size of the file that begins with these n bytes: to the end of its header, or, if the header is there,
 * to the end of its data. 0: no model. */
static uint64_t expected_size(const char *p, size_t n)
{
    uint64_t header = header_length(p, n), all = HEADER_LENGTH + header;
    if (header == 0 || n < all)
        return header == 0 ? 0 : all;
    struct kc_err e = KC_ERR_INIT; /* kc_model_parse finds the error again and reports it */
    struct kc_st st;
    int rc = kc_st_parse(&st, p + HEADER_LENGTH, (size_t)header, "", &e);
    all = rc == 0 && st.bytes < UINT64_MAX - all ? all + st.bytes : 0;
    kc_st_free(&st);
    return all;
}

int kc_model_read(struct kc_model *m, const char *path, struct kc_source *src, struct kc_err *e)
{
    struct kc_buf b = {0};
    size_t got = 1;
    int rc = -1;
    memset(m, 0, sizeof *m);
    uint64_t want = HEADER_LENGTH + 1;
    /* a file that is no model, or longer than one, is not read to its end */
    for (int steps = 0; got > 0 && b.n <= want;) {
        if (b.cap - b.n < 4096 && kc_buf_reserve(&b, b.n / 2 + 65536, e) != 0)
            goto out;
        if (kc_source_read(src, b.p + b.n, b.cap - b.n, &got, e) != 0)
            goto out;
        b.n += got;
        for (; steps < 2 && b.n >= want; steps++) {
            want = expected_size(b.p, b.n);
            uint64_t left = kc_source_left(src), more = want > b.n ? want - b.n : 0; /* its length is known: at once */
            if (left != UINT64_MAX && more > 0 && kc_buf_reserve(&b, (size_t)(more < left ? more : left) + 1, e) != 0)
                goto out;
        }
    }
    rc = kc_model_parse(m, b.p, b.n, kc_source_name(path), e);
out:
    kc_buf_free(&b);
    return rc;
}

int kc_model_load(struct kc_model *m, const char *path, struct kc_err *e)
{
    struct kc_source *s = NULL;
    memset(m, 0, sizeof *m);
    if (kc_source_open(&s, path, e) != 0)
        return -1;
    int rc = kc_model_read(m, path, s, e);
    kc_source_free(s);
    return rc;
}

int kc_model_is(struct kc_source *src, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    struct kc_st st = {0};
    const char *p;
    size_t n;
    if (kc_source_peek(src, HEADER_LENGTH + 1, &p, &n, e) != 0)
        return -1;
    uint64_t header = header_length(p, n);
    if (header == 0)
        return 0;
    if (kc_source_peek(src, HEADER_LENGTH + (size_t)header, &p, &n, e) != 0)
        return -1;
    if (n < HEADER_LENGTH + header) /* cut short: reading it will say so */
        return 1;
    int another = kc_st_parse(&st, p + HEADER_LENGTH, (size_t)header, "", &why) == 0 && !kc_st_is_model(&st);
    kc_st_free(&st);
    if (why.code != KC_ESYS)
        return !another;
    *e = why;
    return -1;
}
