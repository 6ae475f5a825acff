/* Rows are stored and searched as those of models that vote (rows.c, votes.c): in the order of their hashes, as
 * float16.
 *
 * A new row goes to the mean of the places of its nearest rows, as openTSNE's first step does (Policar, Strazar & Zupan
 * 2024). The steps that follow there are left out: they would let new rows push each other, so that a row's place would
 * depend on those that come with it. */
#include "model/map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "core/map/attract.h"
#include "json/json.h"
#include "model/tensors.h"
#include "model/votes.h"

#define PERPLEXITY 1.5         /* of the weights: more would put rows between two groups to where no row is */
#define ALIGN ((size_t)64)
#define ROUNDED_TOLERANCE 1e-2 /* of the squared length of a row of float16 */

/* Find the place of each row among those that are sorted by hash: place[i] receives it, taken from the labels, which
 * are the numbers of the rows. */
static int sort_places(struct kc_map *m, const float *xy, struct kc_err *e)
{
    const size_t n = m->rows.rows.n, dims = m->dims;
    m->place = kc_mem_alloc(kc_mem_mul(n, dims), sizeof *m->place, e);
    for (size_t p = 0; m->place && p < n; p++)
        memcpy(m->place + p * dims, xy + (size_t)m->rows.rows.label[p] * dims, dims * sizeof *m->place);
    return m->place ? 0 : -1;
}

int kc_map_make(const struct kc_ctx *ctx, struct kc_map *m, const struct kc_rows *rows, const struct kc_map_opts *o,
                const struct kc_map_report *report, const float *xy, struct kc_err *e)
{
    *m = (struct kc_map){.dims = o->dims, .method = o->method, .exaggeration = report->exaggeration,
                         .perplexity = report->perplexity};
    m->rows.d = rows->d;
    snprintf(m->kclust, sizeof m->kclust, "%s", KC_VERSION);
    return kc_model_keep_numbered(ctx, &m->rows, rows, e) != 0 ? -1 : sort_places(m, xy, e);
}

uint64_t kc_map_make_bytes(size_t n, size_t d, int in_memory, size_t dims, unsigned threads)
{
    return kc_model_keep_bytes(n, d, in_memory, KC_MODEL_F16, threads) + (uint64_t)n * dims * sizeof(float);
}

void kc_map_free(struct kc_map *m)
{
    kc_model_free(&m->rows);
    kc_mem_free(m->place);
    memset(m, 0, sizeof *m);
}

static int add_info(struct kc_buf *b, const struct kc_map *m, struct kc_err *e)
{
    char exaggeration[KC_NUM_DOUBLE_MAX], perplexity[KC_NUM_DOUBLE_MAX];
    (void)kc_num_format_double(exaggeration, m->exaggeration);
    (void)kc_num_format_double(perplexity, m->perplexity);
    return kc_buf_printf(b, e, "{\"kclust\": \"%s\", \"method\": \"%s\", \"exaggeration\": %s, \"perplexity\": %s}",
                         m->kclust, m->method == KC_MAP_PCA ? "pca" : "tsne", exaggeration, perplexity);
}

int kc_map_save(const struct kc_map *m, struct kc_outfile *f, struct kc_err *e)
{
    const struct kc_model_rows *r = &m->rows.rows;
    struct kc_buf info = {0};
    char version[24];
    const int digits = snprintf(version, sizeof version, "%d", KC_MAP_VERSION);
    int rc = add_info(&info, m, e);
    struct kc_st_tensor tensors[] = {
        {.name = "row_hashes", .type = KC_ST_U64, .ndims = 1, .shape = {r->n}, .data = r->hash},
        {.name = "places", .type = KC_ST_F32, .ndims = 2, .shape = {r->n, m->dims}, .data = m->place},
        {.name = "rows", .type = KC_ST_F16, .ndims = 2, .shape = {r->n, m->rows.d}, .data = r->halves}};
    const struct kc_st_text metadata[] = {{"format", KC_ST_MAP, strlen(KC_ST_MAP)},
                                          {"version", version, (size_t)digits}, {"info", info.p, info.n}};
    if (rc == 0)
        rc = kc_st_write(f, tensors, sizeof tensors / sizeof *tensors, metadata, sizeof metadata / sizeof *metadata, e);
    kc_buf_free(&info);
    return rc;
}

/* Copy the tensors, whose shapes decide n, d and dims. */
static int load_tensors(const struct kc_tensors *f, struct kc_map *m)
{
    struct kc_model_rows *r = &m->rows.rows;
    const uint64_t *rows = kc_tensors_shape(f, "rows", 2), *places = rows ? kc_tensors_shape(f, "places", 2) : NULL;
    if (!rows || !places)
        return -1;
    if (rows[0] < 1 || rows[0] >= UINT32_MAX || rows[1] < 1 || rows[1] > KC_MAX_DIM)
        return kc_tensors_bad(f, "rows of (%llu, %llu)", (unsigned long long)rows[0], (unsigned long long)rows[1]);
    if (places[1] != 2 && places[1] != 3)
        return kc_tensors_bad(f, "places of %llu dimensions", (unsigned long long)places[1]);
    m->rows.d = (size_t)rows[1];
    m->dims = (size_t)places[1];
    r->n = (size_t)rows[0];
    return (r->hash = kc_tensors_copy(f, "row_hashes", KC_ST_U64, r->n, 0)) &&
                   (m->place = kc_tensors_copy(f, "places", KC_ST_F32, r->n, m->dims)) &&
                   (r->halves = kc_tensors_copy(f, "rows", KC_ST_F16, r->n, m->rows.d)) ? 0 : -1;
}

/* Check the values of the tensors. */
static int check_tensors(const struct kc_tensors *f, const struct kc_map *m)
{
    const struct kc_model_rows *r = &m->rows.rows;
    float *x = kc_mem_alloc(m->rows.d, sizeof *x, f->e);
    int rc = x ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        double ss = 0;
        kc_model_widen_rows(&m->rows, i, 1, x);
        for (size_t t = 0; t < m->rows.d; t++)
            ss += (double)x[t] * (double)x[t];
        if (!(fabs(ss - 1) <= ROUNDED_TOLERANCE))
            rc = kc_tensors_bad(f, "row %zu is not a unit vector", i);
        else if (i > 0 && r->hash[i] < r->hash[i - 1])
            rc = kc_tensors_bad(f, "the hashes of the rows do not increase");
        for (size_t t = 0; rc == 0 && t < m->dims; t++)
            if (!isfinite(m->place[i * m->dims + t]))
                rc = kc_tensors_bad(f, "row %zu has no place", i);
    }
    kc_mem_free(x);
    return rc;
}

/* Read the info, a JSON text. */
static int read_info(const struct kc_tensors *f, struct kc_map *m)
{
    struct kc_json_str version, method;
    struct kc_json_fault fault;
    struct kc_buf b = {0};
    size_t n = 0;
    int rc = -1;
    const char *p = kc_st_metadata(&f->st, "info", &n);
    if (!p)
        return kc_tensors_bad(f, "there is no info");
    if (kc_buf_reserve(&b, kc_mem_add(n, KC_NUM_PAD), f->e) != 0)
        return -1;
    memset(b.p, 0, n + KC_NUM_PAD);
    memcpy(b.p, p, n);
    const char *start = kc_json_ws(b.p), *past = kc_json_skip(start, b.p + n, 0, &fault);
    if (*start != '{' || !past || kc_json_ws(past) != b.p + n) {
        kc_tensors_bad(f, "the info is not a JSON object");
    } else if (kc_json_text(kc_json_find(start, "kclust"), &version) != 0 || version.n >= sizeof m->kclust ||
               version.n > strspn(version.p, "0123456789.+-~abcdefghijklmnopqrstuvwxyz")) {
        kc_tensors_bad(f, "kclust is not a version");
    } else if (kc_json_text(kc_json_find(start, "method"), &method) != 0 ||
               (!kc_json_equals(&method, "tsne", 4) && !kc_json_equals(&method, "pca", 3))) {
        kc_tensors_bad(f, "method is none that this kclust knows");
    } else if (kc_json_double(kc_json_find(start, "exaggeration"), &m->exaggeration) != 0 ||
               kc_json_double(kc_json_find(start, "perplexity"), &m->perplexity) != 0) {
        kc_tensors_bad(f, "exaggeration or perplexity is not a number");
    } else {
        memcpy(m->kclust, version.p, version.n);
        m->method = kc_json_equals(&method, "pca", 3) ? KC_MAP_PCA : KC_MAP_TSNE;
        rc = 0;
    }
    kc_buf_free(&b);
    return rc;
}

int kc_map_parse(struct kc_map *m, const char *bytes, size_t n, const char *name, struct kc_err *e)
{
    struct kc_tensors f = {.name = name, .what = "map", .e = e};
    memset(m, 0, sizeof *m);
    int rc = kc_tensors_open(&f, bytes, n, KC_ST_MAP, KC_MAP_VERSION) != 0 || load_tensors(&f, m) != 0 ||
             check_tensors(&f, m) != 0 || read_info(&f, m) != 0 ? -1 : 0;
    kc_tensors_close(&f);
    return rc;
}

int kc_map_read(struct kc_map *m, const char *path, struct kc_source *src, struct kc_err *e)
{
    struct kc_buf b = {0};
    memset(m, 0, sizeof *m);
    int rc = kc_tensors_read(&b, src, e) != 0 ? -1 : kc_map_parse(m, b.p, b.n, kc_source_name(path), e);
    kc_buf_free(&b);
    return rc;
}

int kc_map_load(struct kc_map *m, const char *path, struct kc_err *e)
{
    struct kc_source *s = NULL;
    memset(m, 0, sizeof *m);
    if (kc_source_open(&s, path, e) != 0)
        return -1;
    int rc = kc_map_read(m, path, s, e);
    kc_source_free(s);
    return rc;
}

int kc_map_is(struct kc_source *src, struct kc_err *e)
{
    return kc_tensors_is(src, KC_ST_MAP, 0, e);
}

float *kc_map_places(const struct kc_buf *made)
{
    return (float *)(void *)(made->p + (ALIGN - (uintptr_t)made->p % ALIGN) % ALIGN);
}

/* Place a row beside its neighbours, list i of g. */
static void place_row(const struct kc_map *m, const struct kc_neighbours *g, size_t i, float *to)
{
    const uint32_t *id = g->id + i * g->m;
    double weight[KC_MODEL_NEIGHBOURS], sum[KC_MAP_DIMS] = {0};
    kc_attract_weigh(g->similarity + i * g->m, g->count[i], PERPLEXITY, weight);
    for (uint32_t j = 0; j < g->count[i]; j++)
        for (size_t t = 0; t < m->dims; t++)
            sum[t] += weight[j] * (double)m->place[id[j] * m->dims + t];
    for (size_t t = 0; t < m->dims; t++)
        to[t] = (float)sum[t];
}

int kc_map_place_each(void *arg, const float *x, size_t n, size_t d, struct kc_buf *made, struct kc_err *e)
{
    const struct kc_map *m = arg;
    const size_t places = (kc_mem_mul(kc_mem_mul(n, m->dims), sizeof(float)) + ALIGN - 1) / ALIGN * ALIGN;
    const size_t pointers = (n * sizeof(float *) + ALIGN - 1) / ALIGN * ALIGN;
    struct kc_neighbours near;
    if (n == 0)
        return 0;
    if (kc_buf_reserve(made, kc_mem_add(kc_mem_add(places + pointers, kc_votes_work(&m->rows, n)), ALIGN), e) != 0)
        return -1;
    float *to = kc_map_places(made);
    char *const past = (char *)to + places;
    const float **row = (const float **)(void *)past;
    for (size_t i = 0; i < n; i++)
        row[i] = x + i * d;
    kc_votes_list(&m->rows, row, n, &near, past + pointers);
    for (size_t i = 0; i < n; i++) {
        const size_t same = kc_model_find_row(&m->rows, kc_la_hash(row[i], d));
        if (same != SIZE_MAX)
            memcpy(to + i * m->dims, m->place + same * m->dims, m->dims * sizeof *to);
        else
            place_row(m, &near, i, to + i * m->dims);
    }
    return 0;
}
