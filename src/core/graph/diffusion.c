/* Coordinates of the diffusion map (Coifman & Lafon 2006) in the form of spectral clustering: the leading eigenvectors
 * of the random walk, each times its eigenvalue to a power, and each row scaled to length 1 (Ng, Jordan, Weiss 2001).
 * The first eigenvector, which is constant, is left out.
 *
 * The eigenvectors are those of S = D^-1/2 W D^-1/2, by subspace iteration with a Chebyshev filter (Zhou & Saad 2007):
 * a block of vectors is multiplied by a polynomial of S that is small on the unwanted end of the spectrum, made
 * orthogonal (by its Gram matrix, Stathopoulos & Wu 2002), and turned to the best approximations in its span
 * (Rayleigh-Ritz). The start is a fixed random block, and all sums are added in a fixed order in double; so the bytes
 * depend on the graph alone.
 *
 * Work: (degree + 1) (edges + block n) block multiplications a round; memory traffic of the gathered rows bounds it. */
#include "core/graph/diffusion.h"

#include <math.h>
#include <string.h>
#include "base/exp.h"
#include "base/mem.h"
#include "base/rng.h"
#include "core/cluster/space.h"
#include "core/graph/eigen.h"
#include "core/graph/offer.h"

#define DEGREE 12     /* of the polynomial */
#define ROUNDS 40     /* at most */
#define ENOUGH 1e-4   /* residual of the wanted vectors */
#define GUARD 8       /* vectors that are computed beside the wanted ones, and a quarter as many */

/* The computation under way. Blocks of vectors are (n, b), a row after the other. */
struct block_work {
    const struct kc_affinity *a;
    size_t n, b;
    double *scale;      /* (n) D^-1/2 */
    float *x, *y, *z;   /* (n, b) */
    size_t rows, parts; /* rows of a part of the sums, and how many there are */
    double *sum;        /* (parts, 2, b, b) */
    double *gram, *inner, *turn, *value, *vector, *small; /* (b, b) each; value (b) */
    /* what a pass over the rows does */
    const float *from, *before; /* to = scale_s S from + scale_f from + scale_b before */
    float *to;
    double scale_s, scale_f, scale_b;
};

static size_t choose_block(const struct kc_diffusion_opts *o, size_t n)
{
    const size_t b = (size_t)o->dims + 1 + GUARD + o->dims / 4;
    return b < n ? b : n;
}

/* Compute some rows of to = scale_s S from + scale_f from + scale_b before. */
static void multiply_rows(void *arg, size_t at, unsigned worker)
{
    struct block_work *w = arg;
    const struct kc_affinity *a = w->a;
    const size_t b = w->b, end = (at + 1) * KC_LA_TILE < w->n ? (at + 1) * KC_LA_TILE : w->n;
    double sum[2 * KC_DIFFUSION_MOST];
    (void)worker;
    for (size_t i = at * KC_LA_TILE; i < end; i++) {
        const float *self = w->from + i * b, *before = w->before + i * b;
        float *to = w->to + i * b;
        for (size_t t = 0; t < b; t++)
            sum[t] = 0;
        for (size_t e = a->first[i]; e < a->first[i + 1]; e++) {
            const double weight = (double)a->weight[e] * w->scale[a->id[e]];
            const float *other = w->from + (size_t)a->id[e] * b;
            for (size_t t = 0; t < b; t++)
                sum[t] += weight * (double)other[t];
        }
        const double mine = w->scale_s * w->scale[i];
        for (size_t t = 0; t < b; t++)
            to[t] = (float)(mine * sum[t] + w->scale_f * (double)self[t] + w->scale_b * (double)before[t]);
    }
}

/* Set to = scale_s S from + scale_f from + scale_b before. before may be to. */
static void multiply(const struct kc_ctx *ctx, struct block_work *w, float *to, const float *from, const float *before,
                     double scale_s, double scale_f, double scale_b)
{
    w->to = to;
    w->from = from;
    w->before = before;
    w->scale_s = scale_s;
    w->scale_f = scale_f;
    w->scale_b = scale_b;
    kc_pool_for(ctx->pool, kc_la_tiles(w->n), multiply_rows, w);
}

/* Add up from^T from and from^T to over one part of the rows. */
static void add_part(void *arg, size_t at, unsigned worker)
{
    struct block_work *w = arg;
    const size_t b = w->b, end = (at + 1) * w->rows < w->n ? (at + 1) * w->rows : w->n;
    double *gram = w->sum + at * 2 * b * b, *inner = gram + b * b;
    (void)worker;
    memset(gram, 0, 2 * b * b * sizeof *gram);
    for (size_t i = at * w->rows; i < end; i++) {
        const float *x = w->from + i * b, *y = w->to + i * b;
        for (size_t p = 0; p < b; p++) {
            const double v = (double)x[p];
            for (size_t q = 0; q < b; q++) {
                gram[p * b + q] += v * (double)x[q];
                inner[p * b + q] += v * (double)y[q];
            }
        }
    }
}

/* Set gram = x^T x and inner = x^T y. */
static void make_sums(const struct kc_ctx *ctx, struct block_work *w, const float *x, float *y)
{
    const size_t b = w->b;
    w->from = x;
    w->to = y;
    kc_pool_for(ctx->pool, w->parts, add_part, w);
    for (size_t i = 0; i < b * b; i++) {
        w->gram[i] = w->inner[i] = 0;
        for (size_t p = 0; p < w->parts; p++) {
            w->gram[i] += w->sum[p * 2 * b * b + i];
            w->inner[i] += w->sum[(p * 2 + 1) * b * b + i];
        }
    }
}

/* Multiply some rows of a block in place by turn: row <- row turn^T. */
static void turn_rows(void *arg, size_t at, unsigned worker)
{
    struct block_work *w = arg;
    const size_t b = w->b, end = (at + 1) * KC_LA_TILE < w->n ? (at + 1) * KC_LA_TILE : w->n;
    double row[2 * KC_DIFFUSION_MOST];
    (void)worker;
    for (size_t i = at * KC_LA_TILE; i < end; i++) {
        float *x = w->to + i * b;
        for (size_t t = 0; t < b; t++)
            row[t] = (double)x[t];
        for (size_t t = 0; t < b; t++) {
            double sum = 0;
            for (size_t s = 0; s < b; s++)
                sum += row[s] * w->turn[t * b + s];
            x[t] = (float)sum;
        }
    }
}

/* Set c = a b^T, all (n, n). */
static void multiply_small(double *c, const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t t = 0; t < n; t++)
                sum += a[i * n + t] * b[j * n + t];
            c[i * n + j] = sum;
        }
}

/* Find turn such that the vectors turn x are orthonormal approximations of eigenvectors, and their values. From gram
 * and inner. */
static void solve_small(struct block_work *w)
{
    const size_t b = w->b;
    double *scale = w->small; /* (b) */
    for (size_t i = 0; i < b; i++)
        scale[i] = w->gram[i * b + i] > 0 ? 1 / sqrt(w->gram[i * b + i]) : 0;
    for (size_t i = 0; i < b; i++)
        for (size_t j = 0; j < b; j++)
            w->gram[i * b + j] *= scale[i] * scale[j];
    kc_eigen(w->gram, b, w->value, w->vector);
    /* basis (rows): directions in which the block has next to nothing count as such */
    for (size_t t = 0; t < b; t++) {
        const double kept = w->value[t] > 1e-13 * w->value[0] ? 1 / sqrt(w->value[t]) : 0;
        for (size_t i = 0; i < b; i++)
            w->vector[t * b + i] *= kept * scale[i];
    }
    double *basis = w->gram, *product = w->small;
    memcpy(basis, w->vector, b * b * sizeof *basis);
    /* inner <- basis inner basis^T, made symmetric */
    for (size_t i = 0; i < b; i++)
        for (size_t j = i + 1; j < b; j++)
            w->inner[i * b + j] = w->inner[j * b + i] = (w->inner[i * b + j] + w->inner[j * b + i]) / 2;
    multiply_small(product, basis, w->inner, b);
    multiply_small(w->inner, product, basis, b);
    kc_eigen(w->inner, b, w->value, w->vector);
    /* turn = vector basis */
    for (size_t i = 0; i < b; i++)
        for (size_t j = 0; j < b; j++) {
            double sum = 0;
            for (size_t t = 0; t < b; t++)
                sum += w->vector[i * b + t] * basis[t * b + j];
            w->turn[i * b + j] = sum;
        }
}

/* Apply the filter to x: large for eigenvalues above cut, at most 1 between -1 and cut. The result is in x. */
static void filter_block(const struct kc_ctx *ctx, struct block_work *w, double cut)
{
    const double half = (cut + 1) / 2, middle = (cut - 1) / 2;
    const double first = half / (1 - middle);
    double sigma = first;
    multiply(ctx, w, w->y, w->x, w->x, first / half, -middle * first / half, 0);
    for (int i = 2; i <= DEGREE; i++) {
        const double next = 1 / (2 / first - sigma);
        multiply(ctx, w, w->z, w->y, w->x, 2 * next / half, -2 * next / half * middle, -sigma * next);
        float *done = w->x;
        w->x = w->y;
        w->y = w->z;
        w->z = done;
        sigma = next;
    }
    float *done = w->x;
    w->x = w->y;
    w->y = done;
}

/* Compute the largest residual |y - value x| of the wanted vectors; y is S x. */
static double find_residual(const struct block_work *w, size_t wanted)
{
    double most = 0;
    for (size_t t = 0; t < wanted; t++) {
        double sum = 0;
        for (size_t i = 0; i < w->n; i++) {
            const double r = (double)w->y[i * w->b + t] - w->value[t] * (double)w->x[i * w->b + t];
            sum += r * r;
        }
        most = sum > most ? sum : most;
    }
    return sqrt(most);
}

/* Iterate until the wanted vectors are eigenvectors: the columns of x, by falling value. */
static void iterate(const struct kc_ctx *ctx, struct block_work *w, size_t wanted, struct kc_diffusion_report *report)
{
    struct kc_rng r = kc_rng_stream(0, KC_RNG_TOPICS, 1, 0);
    for (size_t i = 0; i < w->n * w->b; i++)
        w->x[i] = (float)(kc_rng_unit(&r) - 0.5);
    double cut = 0;
    for (report->rounds = 1;; report->rounds++) {
        filter_block(ctx, w, cut);
        multiply(ctx, w, w->y, w->x, w->x, 1, 0, 0);
        make_sums(ctx, w, w->x, w->y);
        solve_small(w);
        w->to = w->x;
        kc_pool_for(ctx->pool, kc_la_tiles(w->n), turn_rows, w);
        w->to = w->y;
        kc_pool_for(ctx->pool, kc_la_tiles(w->n), turn_rows, w);
        report->residual = find_residual(w, wanted);
        if (report->residual < ENOUGH || report->rounds == ROUNDS)
            return;
        cut = w->value[w->b - 1];
        cut = cut < -0.5 ? -0.5 : cut > 0.999 ? 0.999 : cut;
    }
}

/* Write the coordinates of all rows. */
static void write_coordinates(const struct block_work *w, const struct kc_diffusion_opts *o, float *x)
{
    double weight[KC_DIFFUSION_MOST], sign[KC_DIFFUSION_MOST], most[KC_DIFFUSION_MOST] = {0};
    for (size_t t = 0; t < o->dims; t++) {
        const double value = w->value[t + 1] > 0 ? w->value[t + 1] : 0;
        weight[t] = value > 0 ? kc_exp(o->power * log(value)) : 0;
        sign[t] = 1;
    }
    for (size_t i = 0; i < w->n; i++)
        for (size_t t = 0; t < o->dims; t++) {
            const double v = (double)w->x[i * w->b + t + 1] * w->scale[i];
            if (fabs(v) > most[t]) {
                most[t] = fabs(v);
                sign[t] = v < 0 ? -1 : 1;
            }
        }
    for (size_t i = 0; i < w->n; i++) {
        double length = 0, row[KC_DIFFUSION_MOST];
        for (size_t t = 0; t < o->dims; t++) {
            row[t] = sign[t] * weight[t] * (double)w->x[i * w->b + t + 1] * w->scale[i];
            length += row[t] * row[t];
        }
        length = sqrt(length);
        for (size_t t = 0; t < o->dims; t++)
            x[i * o->dims + t] = length > 0 ? (float)(row[t] / length) : (float)(t == 0);
    }
}

int kc_diffusion_run(const struct kc_ctx *ctx, const struct kc_affinity *a, const struct kc_diffusion_opts *o, float *x,
                     struct kc_diffusion_report *report, struct kc_err *e)
{
    struct block_work w = {.a = a, .n = a->n, .b = choose_block(o, a->n)};
    const size_t b = w.b;
    w.rows = kc_space_block(w.n);
    w.parts = kc_space_blocks(w.n);
    w.scale = kc_mem_alloc(w.n, sizeof *w.scale, e);
    w.x = kc_mem_aligned(kc_mem_mul(3 * w.n, b), sizeof *w.x, e);
    w.sum = kc_mem_alloc(kc_mem_mul(w.parts, 2 * b * b), sizeof *w.sum, e);
    w.gram = kc_mem_alloc(5 * b * b + b, sizeof *w.gram, e);
    int rc = -1;
    float *const all = w.x;
    double *const smalls = w.gram;
    if (w.scale && w.x && w.sum && w.gram) {
        w.y = w.x + w.n * b;
        w.z = w.y + w.n * b;
        w.inner = w.gram + b * b;
        w.turn = w.inner + b * b;
        w.vector = w.turn + b * b;
        w.small = w.vector + b * b;
        w.value = w.small + b * b;
        for (size_t i = 0; i < w.n; i++)
            w.scale[i] = a->degree[i] > 0 ? 1 / sqrt(a->degree[i]) : 0;
        *report = (struct kc_diffusion_report){0};
        iterate(ctx, &w, (size_t)o->dims + 1, report);
        report->largest = w.value[1];
        report->least = w.value[o->dims];
        write_coordinates(&w, o, x);
        rc = 0;
    }
    kc_mem_free(smalls);
    kc_mem_free(w.sum);
    kc_mem_free(all);
    kc_mem_free(w.scale);
    return rc;
}

uint64_t kc_diffusion_bytes(size_t n, const struct kc_diffusion_opts *o)
{
    const uint64_t b = choose_block(o, n);
    return (uint64_t)n * (sizeof(double) + 3 * b * sizeof(float)) +
           (kc_space_blocks(n) * 2 * b * b + 5 * b * b + b) * sizeof(double);
}
