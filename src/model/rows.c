/* The rows of the fit in a model, two bytes or one for each number: rounded so, they have the same neighbours but for
 * one in a thousand (float16) or two hundred (bytes). They are in the order of their hashes: so a row is found by
 * binary search, and the file does not depend on the order of the input, but for equal rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/half.h"
#include "core/graph/offer.h"
#include "model/model.h"

struct hashed_row {
    uint64_t hash;
    uint32_t at; /* its number in the fit */
};

/* The rows being stored. */
struct storing {
    struct kc_model *m;
    const struct kc_rows *rows;
    struct hashed_row *list; /* (n) */
    uint32_t *place;         /* (n) of each row of the fit among the sorted ones */
    float *buf;              /* (threads, KC_LA_TILE, d) for rows that are not in memory */
};

static int by_hash(const void *a, const void *b)
{
    const struct hashed_row *p = a, *q = b;
    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

/* Point row[] at the rows of a tile. Return their number. */
static size_t get_tile(const struct storing *s, size_t tile, unsigned worker, const float **row)
{
    const size_t i0 = tile * KC_LA_TILE, n = s->rows->n - i0 < KC_LA_TILE ? s->rows->n - i0 : KC_LA_TILE;
    kc_rows_get(s->rows, i0, n, s->buf + worker * kc_rows_buf(s->rows, KC_LA_TILE), row);
    return n;
}

static void hash_tile(void *arg, size_t tile, unsigned worker)
{
    struct storing *s = arg;
    const float *row[KC_LA_TILE];
    const size_t n = get_tile(s, tile, worker, row);
    for (size_t r = 0; r < n; r++) {
        const size_t i = tile * KC_LA_TILE + r;
        s->list[i] = (struct hashed_row){kc_la_hash(row[r], s->rows->d), (uint32_t)i};
    }
}

/* Round a row to bytes, the largest of which is 127. Return the scale that makes its length 1. */
static float round_to_bytes(const float *x, size_t d, int8_t *to)
{
    double most = 0, squares = 0;
    for (size_t t = 0; t < d; t++)
        most = fabs((double)x[t]) > most ? fabs((double)x[t]) : most; /* gcc 12 for arm64 fails on fmax here */
    for (size_t t = 0; t < d; t++) {
        const double q = rint((double)x[t] / most * 127);
        to[t] = (int8_t)q;
        squares += q * q;
    }
    return (float)(1 / sqrt(squares));
}

static void store_tile(void *arg, size_t tile, unsigned worker)
{
    struct storing *s = arg;
    struct kc_model_rows *to = &s->m->rows;
    const size_t d = s->rows->d;
    const float *row[KC_LA_TILE];
    const size_t n = get_tile(s, tile, worker, row);
    for (size_t r = 0; r < n; r++) {
        const size_t place = s->place[tile * KC_LA_TILE + r];
        if (to->bytes)
            to->scale[place] = round_to_bytes(row[r], d, to->bytes + place * d);
        else
            for (size_t t = 0; t < d; t++)
                to->halves[place * d + t] = kc_half_of(row[r][t]);
    }
}

static int allocate_rows(struct storing *s, enum kc_model_form form, unsigned threads, struct kc_err *e)
{
    struct kc_model_rows *to = &s->m->rows;
    const size_t n = s->rows->n, all = kc_mem_mul(n, s->rows->d);
    if (form == KC_MODEL_I8) {
        to->bytes = kc_mem_aligned(all, sizeof *to->bytes, e);
        to->scale = kc_mem_alloc(n, sizeof *to->scale, e);
    } else {
        to->halves = kc_mem_aligned(all, sizeof *to->halves, e);
    }
    to->label = kc_mem_alloc(n, sizeof *to->label, e);
    to->hash = kc_mem_alloc(n, sizeof *to->hash, e);
    s->list = kc_mem_alloc(n, sizeof *s->list, e);
    s->place = kc_mem_alloc(n, sizeof *s->place, e);
    s->buf = kc_mem_aligned(kc_mem_mul(threads, kc_rows_buf(s->rows, KC_LA_TILE)), sizeof *s->buf, e);
    return (form == KC_MODEL_I8 ? to->bytes && to->scale : to->halves != NULL) && to->label && to->hash && s->list &&
                   s->place && s->buf
               ? 0 : -1;
}

/* Store rows in the order of their hashes. A label receives the number of its row in the fit. */
static int store_rows(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                      enum kc_model_form form, struct kc_err *e)
{
    struct storing s = {.m = m, .rows = rows};
    const size_t n = rows->n, tiles = kc_la_tiles(n);
    int rc = -1;
    if (allocate_rows(&s, form, kc_pool_threads(ctx->pool), e) != 0)
        goto out;
    kc_pool_for(ctx->pool, tiles, hash_tile, &s);
    if (kc_rows_failed(rows, e) != 0)
        goto out;
    qsort(s.list, n, sizeof *s.list, by_hash);
    for (size_t p = 0; p < n; p++) {
        s.place[s.list[p].at] = (uint32_t)p;
        m->rows.hash[p] = s.list[p].hash;
        m->rows.label[p] = s.list[p].at;
    }
    kc_pool_for(ctx->pool, tiles, store_tile, &s);
    m->rows.n = n;
    rc = kc_rows_failed(rows, e);
out:
    kc_mem_free(s.buf);
    kc_mem_free(s.place);
    kc_mem_free(s.list);
    return rc;
}

int kc_model_keep_rows(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                       const uint32_t *labels, const int64_t *ids, enum kc_model_form form, struct kc_err *e)
{
    if (store_rows(ctx, m, rows, form, e) != 0)
        return -1;
    for (size_t p = 0; p < m->rows.n; p++) {
        const uint32_t c = labels[m->rows.label[p]];
        m->rows.label[p] = c == KC_NOISE ? KC_NOISE : (uint32_t)kc_model_find(m, ids ? ids[c] : (int64_t)c);
    }
    return 0;
}

int kc_model_keep_numbered(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows, struct kc_err *e)
{
    return store_rows(ctx, m, rows, KC_MODEL_F16, e);
}

uint64_t kc_model_keep_bytes(size_t n, size_t d, int in_memory, enum kc_model_form form, unsigned threads)
{
    if (form == KC_MODEL_NO_ROWS)
        return 0;
    const uint64_t row = sizeof(uint32_t) + sizeof(uint64_t) + (form == KC_MODEL_I8 ? d + sizeof(float) : 2 * d);
    const uint64_t sorting = 2 * sizeof(struct hashed_row) + sizeof(uint32_t); /* qsort may have a copy */
    const uint64_t tiles = in_memory ? 0 : (uint64_t)threads * KC_LA_TILE * d * sizeof(float);
    return (uint64_t)kc_mem_add(kc_mem_mul(n, (size_t)(row + sorting)), (size_t)tiles);
}

void kc_model_widen_rows(const struct kc_model *m, size_t first, size_t n, float *x)
{
    const size_t d = m->d;
    if (m->rows.halves) {
        kc_la_widen_halves(x, m->rows.halves + first * d, n * d);
        return;
    }
    for (size_t i = 0; i < n; i++)
        kc_la_widen_bytes(x + i * d, m->rows.scale[first + i], m->rows.bytes + (first + i) * d, d);
}

size_t kc_model_find_row(const struct kc_model *m, uint64_t hash)
{
    size_t lo = 0, hi = m->rows.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->rows.hash[mid] < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->rows.n && m->rows.hash[lo] == hash ? lo : SIZE_MAX;
}

uint64_t kc_model_rows_bytes(const struct kc_model *m)
{
    const uint64_t row = sizeof(uint32_t) + sizeof(uint64_t) + (m->rows.bytes ? m->d + sizeof(float) : 2 * m->d);
    return (uint64_t)m->rows.n * row;
}

int kc_model_version(const struct kc_model *m)
{
    return m->kind == KC_MODEL_CENTROIDS ? 1 : KC_MODEL_VERSION;
}

const char *kc_model_kind_name(const struct kc_model *m)
{
    static const char *const names[] = {[KC_MODEL_CENTROIDS] = "centroids", [KC_MODEL_VOTES] = "votes",
                                        [KC_MODEL_SMALL] = "small"};
    return names[m->kind];
}

const char *kc_model_form_name(const struct kc_model *m)
{
    return m->rows.bytes ? "int8" : m->rows.halves ? "f16" : "none";
}
