/* Principal components (Pearson 1901) and the truncated singular value decomposition, through the eigenvectors of the
 * small (d, d) matrix: exact, in two passes over the rows. Unlike the usual forms, the coordinates are scaled to length
 * 1: what is compared with them is the cosine, as among the rows. For it the uncentred form is the truer one. */
#include "core/graph/project.h"

#include <math.h>
#include "base/mem.h"
#include "core/graph/leading.h"
#include "core/graph/moments.h"
#include "core/graph/offer.h"

#define NOTHING 1e-12 /* a length that is nothing but rounding errors */

struct worker {
    float *rows;   /* (KC_LA_TILE, d), for rows that are not in memory */
    double *out;   /* (dims, KC_LA_TILE) */
    char *scratch; /* KC_LA_SCRATCH */
};

struct projection {
    const struct kc_rows *rows;
    size_t dims;
    int plain;
    const double *vector; /* (dims, d) */
    const double *middle; /* (dims) the coordinates of the mean; or zeros */
    float *x;
    struct worker *worker;
};

static void project_tile(void *arg, size_t at, unsigned worker)
{
    struct projection *p = arg;
    struct worker *w = &p->worker[worker];
    const size_t n = p->rows->n, dims = p->dims, from = at * KC_LA_TILE;
    const size_t rows = n - from < KC_LA_TILE ? n - from : KC_LA_TILE;
    const float *row[KC_LA_TILE];
    kc_rows_get(p->rows, from, rows, w->rows, row);
    kc_la_productd(row, rows, p->rows->d, p->vector, dims, w->out, KC_LA_TILE, w->scratch);
    for (size_t r = 0; r < rows; r++) {
        float *x = p->x + (from + r) * dims;
        double length = 0;
        for (size_t t = 0; t < dims; t++) {
            double *v = &w->out[t * KC_LA_TILE + r];
            *v -= p->middle[t];
            length += *v * *v;
        }
        length = p->plain ? 1 : sqrt(length);
        for (size_t t = 0; t < dims; t++)
            x[t] = length > NOTHING ? (float)(w->out[t * KC_LA_TILE + r] / length) : (float)(t == 0);
    }
}

static void free_workers(struct worker *w, unsigned threads)
{
    for (unsigned i = 0; w && i < threads; i++) {
        kc_mem_free(w[i].rows);
        kc_mem_free(w[i].out);
        kc_mem_free(w[i].scratch);
    }
    kc_mem_free(w);
}

static struct worker *make_workers(const struct kc_rows *rows, size_t dims, unsigned threads, struct kc_err *e)
{
    struct worker *w = kc_mem_zalloc(threads, sizeof *w, e);
    for (unsigned i = 0; w && i < threads; i++) {
        w[i].rows = kc_mem_aligned(kc_rows_buf(rows, KC_LA_TILE), sizeof *w[i].rows, e);
        w[i].out = kc_mem_aligned(kc_mem_mul(dims, KC_LA_TILE), sizeof *w[i].out, e);
        w[i].scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        if (!w[i].rows || !w[i].out || !w[i].scratch) {
            free_workers(w, threads);
            return NULL;
        }
    }
    return w;
}

/* Find the directions, and the coordinates of the mean on them. m (d, d): room for the moments. */
static int find_directions(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_project_opts *o,
                           double *m, double *mean, double *value, double *vector, double *middle,
                           struct kc_project_report *report, struct kc_err *e)
{
    const size_t d = rows->d;
    struct kc_leading_report how;
    double all = 0, kept = 0;
    if (kc_moments_make(ctx, rows, o->centre, mean, m, e) != 0)
        return -1;
    for (size_t t = 0; t < d; t++)
        all += m[t * d + t];
    if (kc_leading_find(ctx, m, d, o->dims, value, vector, &how, e) != 0)
        return -1;
    for (size_t t = 0; t < o->dims; t++) {
        kept += value[t] > 0 ? value[t] : 0;
        middle[t] = o->centre ? kc_la_dotd(vector + t * d, mean, d) : 0;
    }
    *report = (struct kc_project_report){.kept = all > kept ? kept / all : 1, .largest = value[0],
                                         .least = value[o->dims - 1], .residual = how.residual, .rounds = how.rounds};
    return 0;
}

int kc_project_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_project_opts *o, float *x,
                   struct kc_project_report *report, struct kc_err *e)
{
    const size_t d = rows->d, dims = o->dims;
    const unsigned threads = kc_pool_threads(ctx->pool);
    double *m = kc_mem_aligned(kc_mem_mul(d, d), sizeof *m, e);
    double *mean = kc_mem_alloc(d + 2 * dims, sizeof *mean, e), *value = mean ? mean + d : NULL;
    double *vector = kc_mem_aligned(kc_mem_mul(dims, d), sizeof *vector, e);
    struct projection p = {.rows = rows, .dims = dims, .plain = o->plain, .vector = vector,
                           .middle = value ? value + dims : NULL, .x = x};
    int rc = -1;
    if (!m || !mean || !vector ||
        find_directions(ctx, rows, o, m, mean, value, vector, value + dims, report, e) != 0)
        goto out;
    kc_mem_free(m);
    m = NULL;
    p.worker = make_workers(rows, dims, threads, e);
    if (!p.worker)
        goto out;
    kc_pool_for(ctx->pool, kc_la_tiles(rows->n), project_tile, &p);
    rc = kc_rows_failed(rows, e);
out:
    free_workers(p.worker, threads);
    kc_mem_free(vector);
    kc_mem_free(mean);
    kc_mem_free(m);
    return rc;
}

uint64_t kc_project_bytes(size_t d, int in_memory, const struct kc_project_opts *o, unsigned threads)
{
    const uint64_t wide = d, all = wide * wide * sizeof(double), dims = o->dims;
    const uint64_t moments = all + kc_moments_bytes(d, in_memory, threads);
    const uint64_t search = all + kc_leading_bytes(d, o->dims, threads);
    const uint64_t pass = threads * (sizeof(struct worker) + (in_memory ? 0 : KC_LA_TILE * wide * sizeof(float)) +
                                     KC_LA_TILE * dims * sizeof(double) + KC_LA_SCRATCH);
    const uint64_t most = moments > search ? moments : search;
    return (wide + 2 * dims + dims * wide) * sizeof(double) + (most > pass ? most : pass);
}
