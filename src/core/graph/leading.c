/* Block Lanczos (Golub & Underwood 1977; Golub & Van Loan, section 10.3.6) with a thick restart (Wu & Simon 2000). The
 * basis is made orthogonal in full, and the small matrix is computed from the products with it rather than by a
 * recurrence, so equal eigenvalues up to the width of a block are found as well as others. It beats a filtered subspace
 * iteration here: the first eigenvalue can be a thousand times the last one that is wanted, which a filter cannot bear.
 *
 * The products with the matrix are those of la/product.h, whose rows are floats: a vector is the sum of two floats,
 * which keep 48 bits. All sums have a fixed order, the start is a fixed random block; so the bytes depend on the matrix
 * alone. Where the basis would have most of the dimensions, all eigenvectors are computed at once instead.
 *
 * Work: 4 n^2 flops for each vector of the basis. */
#include "core/graph/leading.h"

#include <math.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/graph/offer.h"
#include "core/graph/tridiagonal.h"

#define BLOCK ((size_t)16) /* vectors that are multiplied at once */
#define SPARE ((size_t)64) /* the basis has so many vectors beside twice the wanted ones */
#define KEPT ((size_t)16)  /* approximate vectors that a restart keeps beside the wanted ones */
#define ROUNDS 60          /* at most */
#define ENOUGH 1e-12       /* residual of the wanted vectors, over the largest value */
#define NOTHING 1e-14      /* length, over that of the matrix: rounding errors */
#define CUT ((size_t)64)   /* rows or columns that a thread has at once */

/* The search under way. */
struct search {
    const double *a;
    size_t n, most; /* most: vectors of the basis, without the next block */
    double size;    /* the Frobenius norm of a */
    size_t have;    /* vectors of the basis that were multiplied; the next block follows them */
    double *q;      /* (most + BLOCK, n) the basis */
    double *spare;  /* (most + BLOCK, n) */
    double *h;      /* (most, most) q a q' */
    double *small, *vector, *value, *work; /* (most, most) twice; (most) twice */
    double *w;      /* (BLOCK, n) what becomes the next block */
    double *part;   /* (most + BLOCK, BLOCK) of each vector of the basis, how much of it is in each of w */
    double *left;   /* (BLOCK, BLOCK) w = left' (next block), beside what is in the basis */
    float *half;    /* (2 BLOCK, n) a block, as floats and what these leave */
    double *out;    /* (threads, CUT, 2 BLOCK) */
    char *scratch;  /* (threads, KC_LA_SCRATCH) */
    size_t basis;   /* vectors that w is made orthogonal to */
    size_t kept;    /* rows that a turn of the basis makes */
    struct kc_rng random;
};

/* Multiply the block `half` by some rows of a. */
static void multiply_rows(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    const size_t n = s->n, from = at * CUT, rows = n - from < CUT ? n - from : CUT;
    const float *half[2 * BLOCK];
    double *out = s->out + worker * CUT * 2 * BLOCK;
    for (size_t v = 0; v < 2 * BLOCK; v++)
        half[v] = s->half + v * n;
    kc_la_productd(half, 2 * BLOCK, n, s->a + from * n, rows, out, 2 * BLOCK, s->scratch + worker * KC_LA_SCRATCH);
    for (size_t v = 0; v < BLOCK; v++)
        for (size_t i = 0; i < rows; i++)
            s->w[v * n + from + i] = out[i * 2 * BLOCK + v] + out[i * 2 * BLOCK + BLOCK + v];
}

/* Set w to a times the block of the basis that is next. */
static void multiply_block(const struct kc_ctx *ctx, struct search *s)
{
    const double *q = s->q + s->have * s->n;
    for (size_t i = 0; i < BLOCK * s->n; i++) {
        s->half[i] = (float)q[i];
        s->half[BLOCK * s->n + i] = (float)(q[i] - (double)s->half[i]);
    }
    kc_pool_for(ctx->pool, (s->n + CUT - 1) / CUT, multiply_rows, s);
}

/* Find how much of some vectors of the basis is in w. */
static void find_parts(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    const size_t end = (at + 1) * BLOCK < s->basis ? (at + 1) * BLOCK : s->basis;
    (void)worker;
    for (size_t i = at * BLOCK; i < end; i++)
        for (size_t v = 0; v < BLOCK; v++)
            s->part[i * BLOCK + v] = kc_la_dotd(s->q + i * s->n, s->w + v * s->n, s->n);
}

/* Take the parts off, in some columns of w. */
static void take_parts(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    const size_t from = at * CUT, to = s->n - from < CUT ? s->n : from + CUT;
    (void)worker;
    for (size_t i = 0; i < s->basis; i++)
        for (size_t v = 0; v < BLOCK; v++) {
            const double part = s->part[i * BLOCK + v], *q = s->q + i * s->n;
            double *w = s->w + v * s->n;
            for (size_t c = from; c < to; c++)
                w[c] -= part * q[c];
        }
}

/* Make w orthogonal to the basis, once. */
static void make_orthogonal(const struct kc_ctx *ctx, struct search *s)
{
    kc_pool_for(ctx->pool, (s->basis + BLOCK - 1) / BLOCK, find_parts, s);
    kc_pool_for(ctx->pool, (s->n + CUT - 1) / CUT, take_parts, s);
}

/* Take off x what it has of m orthonormal vectors, twice. */
static void clean_vector(double *x, const double *basis, size_t m, size_t n)
{
    for (int again = 0; again < 2; again++)
        for (size_t i = 0; i < m; i++) {
            const double part = kc_la_dotd(basis + i * n, x, n);
            for (size_t c = 0; c < n; c++)
                x[c] -= part * basis[i * n + c];
        }
}

static double scale_vector(double *x, size_t n)
{
    const double length = sqrt(kc_la_dotd(x, x, n));
    for (size_t c = 0; length > 0 && c < n; c++)
        x[c] /= length;
    return length;
}

/* Set a vector to a random one that is orthogonal to m others, m < n. */
static void draw_vector(struct search *s, double *x, size_t m)
{
    do {
        for (size_t c = 0; c < s->n; c++)
            x[c] = kc_rng_unit(&s->random) - 0.5;
        clean_vector(x, s->q, m, s->n);
    } while (!(scale_vector(x, s->n) > 1e-6));
}

/* Append w, which is orthogonal to the basis, as orthonormal vectors, and keep in `left` what they have of it. A vector
 * of which nothing is left gives way to a random one: the basis before it is closed under a. */
static void append_block(struct search *s, size_t at)
{
    const size_t n = s->n;
    memset(s->left, 0, BLOCK * BLOCK * sizeof *s->left);
    for (size_t v = 0; v < BLOCK; v++) {
        double *w = s->w + v * n, *next = s->q + (at + v) * n;
        const double before = sqrt(kc_la_dotd(w, w, n));
        for (int again = 0; again < 2; again++)
            for (size_t u = 0; u < v; u++) {
                const double *q = s->q + (at + u) * n, part = kc_la_dotd(q, w, n);
                s->left[u * BLOCK + v] += part;
                for (size_t c = 0; c < n; c++)
                    w[c] -= part * q[c];
            }
        double length = sqrt(kc_la_dotd(w, w, n));
        memcpy(next, w, n * sizeof *next);
        if (length > NOTHING * s->size) {
            s->left[v * BLOCK + v] = length;
            (void)scale_vector(next, n);
            if (length < 1e-3 * before || length < 1e-6 * s->size) {
                clean_vector(next, s->q, at + v, n); /* what was left had errors along the others */
                (void)scale_vector(next, n);
            }
        } else {
            draw_vector(s, next, at + v);
        }
    }
}

/* Multiply the next block, put its products into h, and append the block that follows. */
static void grow(const struct kc_ctx *ctx, struct search *s)
{
    const size_t m = s->have + BLOCK;
    multiply_block(ctx, s);
    s->basis = m;
    make_orthogonal(ctx, s);
    for (size_t i = 0; i < m; i++)
        for (size_t v = 0; v < BLOCK; v++)
            s->h[i * s->most + s->have + v] = s->h[(s->have + v) * s->most + i] = s->part[i * BLOCK + v];
    make_orthogonal(ctx, s);
    append_block(s, m);
    s->have = m;
}

/* Find the best approximations in the basis: vector t is row t of s->vector, in its coordinates. */
static void solve_small(struct search *s)
{
    const size_t m = s->have;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            s->small[i * m + j] = (s->h[i * s->most + j] + s->h[j * s->most + i]) / 2;
    kc_eigen_tridiagonal(s->small, m, s->value, s->vector, s->work);
}

/* Return the largest residual of the first `wanted` approximations: what a has moved out of the basis. */
static double find_residual(const struct search *s, size_t wanted)
{
    const size_t m = s->have;
    double most = 0;
    for (size_t t = 0; t < wanted; t++) {
        const double *last = s->vector + t * m + m - BLOCK;
        double sum = 0;
        for (size_t u = 0; u < BLOCK; u++) {
            double x = 0;
            for (size_t v = 0; v < BLOCK; v++)
                x += s->left[u * BLOCK + v] * last[v];
            sum += x * x;
        }
        most = sum > most ? sum : most;
    }
    return sqrt(most);
}

/* Compute some columns of the `kept` first approximations in the coordinates of a, into spare. */
static void turn_columns(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    const size_t from = at * CUT, to = s->n - from < CUT ? s->n : from + CUT;
    (void)worker;
    for (size_t t = 0; t < s->kept; t++) {
        double *x = s->spare + t * s->n;
        for (size_t c = from; c < to; c++)
            x[c] = 0;
        for (size_t i = 0; i < s->have; i++) {
            const double part = s->vector[t * s->have + i], *q = s->q + i * s->n;
            for (size_t c = from; c < to; c++)
                x[c] += part * q[c];
        }
    }
}

/* Make the first `kept` approximations the basis, followed by the next block. */
static void restart(const struct kc_ctx *ctx, struct search *s, size_t kept)
{
    s->kept = kept;
    kc_pool_for(ctx->pool, (s->n + CUT - 1) / CUT, turn_columns, s);
    memcpy(s->spare + kept * s->n, s->q + s->have * s->n, BLOCK * s->n * sizeof *s->q);
    double *q = s->q;
    s->q = s->spare;
    s->spare = q;
    s->have = kept;
    for (size_t i = 0; i < kept; i++)
        for (size_t j = 0; j < kept; j++)
            s->h[i * s->most + j] = i == j ? s->value[i] : 0;
}

/* Iterate until the wanted vectors are found: rows of s->q, with values in s->value. */
static void iterate(const struct kc_ctx *ctx, struct search *s, size_t wanted, struct kc_leading_report *report)
{
    s->random = kc_rng_stream(0, KC_RNG_TOPICS, 2, 0);
    for (size_t v = 0; v < BLOCK; v++)
        draw_vector(s, s->q + v * s->n, v);
    for (report->rounds = 1;; report->rounds++) {
        while (s->have + BLOCK <= s->most)
            grow(ctx, s);
        solve_small(s);
        const double residual = find_residual(s, wanted);
        report->residual = s->value[0] > 0 ? residual / s->value[0] : 0;
        if (report->residual < ENOUGH || report->rounds == ROUNDS) {
            restart(ctx, s, wanted);
            return;
        }
        restart(ctx, s, wanted + KEPT);
    }
}

/* Return the vectors of the basis; n: all eigenvectors are computed at once. */
static size_t choose_most(size_t n, size_t wanted)
{
    const size_t most = (2 * wanted + SPARE) / BLOCK * BLOCK;
    return n < 2 * most ? n : most;
}

/* Make the largest component of a vector positive. */
static void fix_sign(double *x, size_t n)
{
    size_t largest = 0;
    for (size_t i = 1; i < n; i++)
        largest = fabs(x[i]) > fabs(x[largest]) ? i : largest;
    const double sign = x[largest] < 0 ? -1 : 1;
    for (size_t i = 0; i < n; i++)
        x[i] *= sign;
}

int kc_leading_find(const struct kc_ctx *ctx, double *a, size_t n, size_t wanted, double *value, double *vector,
                    struct kc_leading_report *report, struct kc_err *e)
{
    struct search s = {.a = a, .n = n, .most = choose_most(n, wanted)};
    const size_t m = s.most, threads = kc_pool_threads(ctx->pool), all = m == n;
    int rc = -1;
    *report = (struct kc_leading_report){0};
    s.vector = kc_mem_alloc(kc_mem_mul(m, m), sizeof *s.vector, e);
    s.value = kc_mem_alloc(2 * m, sizeof *s.value, e);
    s.h = all ? NULL : kc_mem_zalloc(kc_mem_mul(2 * m, m), sizeof *s.h, e);
    s.q = all ? NULL : kc_mem_aligned(kc_mem_mul(2 * (m + BLOCK), n), sizeof *s.q, e);
    s.w = all ? NULL : kc_mem_aligned(kc_mem_mul(BLOCK, n), sizeof *s.w, e);
    s.part = all ? NULL : kc_mem_alloc((m + 2 * BLOCK) * BLOCK, sizeof *s.part, e);
    s.half = all ? NULL : kc_mem_aligned(kc_mem_mul(2 * BLOCK, n), sizeof *s.half, e);
    s.out = all ? NULL : kc_mem_aligned(threads * CUT * 2 * BLOCK, sizeof *s.out, e);
    s.scratch = all ? NULL : kc_mem_aligned(threads * KC_LA_SCRATCH, 1, e);
    double *const basis = s.q;
    if (!s.vector || !s.value || (!all && (!s.h || !s.q || !s.w || !s.part || !s.half || !s.out || !s.scratch)))
        goto out;
    s.work = s.value + m;
    if (all) {
        kc_eigen_tridiagonal(a, n, s.value, s.vector, s.work);
    } else {
        s.small = s.h + m * m;
        s.spare = s.q + (m + BLOCK) * n;
        s.left = s.part + (m + BLOCK) * BLOCK;
        for (size_t i = 0; i < n * n; i++)
            s.size += a[i] * a[i];
        s.size = sqrt(s.size);
        iterate(ctx, &s, wanted, report);
    }
    memcpy(vector, all ? s.vector : s.q, wanted * n * sizeof *vector);
    for (size_t t = 0; t < wanted; t++) {
        value[t] = s.value[t];
        fix_sign(vector + t * n, n);
    }
    rc = 0;
out:
    kc_mem_free(s.scratch);
    kc_mem_free(s.out);
    kc_mem_free(s.half);
    kc_mem_free(s.part);
    kc_mem_free(s.w);
    kc_mem_free(basis);
    kc_mem_free(s.h);
    kc_mem_free(s.value);
    kc_mem_free(s.vector);
    return rc;
}

uint64_t kc_leading_bytes(size_t n, size_t wanted, unsigned threads)
{
    const uint64_t m = choose_most(n, wanted), d = n;
    if (m == d)
        return (m * m + 2 * m) * sizeof(double);
    return (3 * m * m + 2 * m + (2 * (m + BLOCK) + BLOCK) * d + (m + 2 * BLOCK) * BLOCK) * sizeof(double) +
           2 * BLOCK * d * sizeof(float) + threads * (CUT * 2 * BLOCK * sizeof(double) + KC_LA_SCRATCH);
}
