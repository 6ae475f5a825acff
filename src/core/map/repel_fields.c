/* Convolutions of the grid's density with the kernels of the repulsion, by one transform forward and one back.
 *
 * FIt-SNE (Linderman and others 2019) convolves three or four fields of charges with 1 / (1 + r^2)^2 and puts force and
 * normaliser together from them. Here the kernels are x / (1 + r^2)^2 and y / (1 + r^2)^2 themselves, so there is one
 * field, the density; nothing large is subtracted; and the two forces go back together, as real and imaginary part. The
 * normaliser needs no way back at all: it is the sum of |density|^2 times the kernel's transform (Parseval).
 *
 * All transforms run along the columns of KC_MAP_LANES-wide strips, whose bit-reversed order costs nothing, as they are
 * copied together anyway. Rows of zeros are not transformed, nor rows that nobody reads.
 *
 * Floor: for a side of s, 4.5 s transforms of length 2 s at 5 (2 s) log2(2 s) flops. */
#include "core/map/grid.h"

#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/map/blocks.h"
#include "core/map/fft.h"
#include "core/map/lanes.h"

#define LANES KC_MAP_LANES

/* The strips of a worker. */
static float *get_strip(const struct kc_fields *f, unsigned worker, size_t which)
{
    return f->work + (worker * 4 + which) * 2 * f->side * LANES;
}

/* Transform the density of 16 rows along x: two rows are one sequence, as its real and imaginary part. */
static void forward_rows(void *arg, size_t at, unsigned worker)
{
    const struct kc_fields *f = arg;
    const size_t side = f->side, length = 2 * side, from = at * 2 * LANES;
    float *re = get_strip(f, worker, 0), *im = get_strip(f, worker, 1);
    for (size_t x = 0; x < length; x++) {
        float *r = re + f->order[x] * LANES, *s = im + f->order[x] * LANES;
        for (size_t l = 0; l < LANES; l++) {
            r[l] = x < side ? (float)f->density[(from + 2 * l) * side + x] : 0;
            s[l] = x < side ? (float)f->density[(from + 2 * l + 1) * side + x] : 0;
        }
    }
    f->lanes->transform(re, im, length, f->w);
    for (size_t k = 0; k <= side; k++) {
        const float *r = re + k * LANES, *s = im + k * LANES;
        const float *rn = re + ((length - k) & (length - 1)) * LANES, *sn = im + ((length - k) & (length - 1)) * LANES;
        float *to_re = f->along[0][0] + k * side + from, *to_im = f->along[0][1] + k * side + from;
        for (size_t l = 0; l < LANES; l++) {
            to_re[2 * l] = 0.5f * (r[l] + rn[l]);
            to_im[2 * l] = 0.5f * (s[l] - sn[l]);
            to_re[2 * l + 1] = 0.5f * (s[l] + sn[l]);
            to_im[2 * l + 1] = 0.5f * (rn[l] - r[l]);
        }
    }
}

/* Multiply a transform, in re and im, by the kernels: the force along x to re and im and along y to re2 and im2, in
 * bit-reversed order, with real and imaginary parts exchanged for the way back. Add up z of each column. */
static void multiply_kernels(const struct kc_fields *f, size_t from, float *const *strip, float *const *to, double *z)
{
    const size_t side = f->side, length = 2 * side;
    for (size_t ky = 0; ky < length; ky++) {
        const size_t fold = ky <= side ? ky : length - ky, place = f->order[ky] * LANES;
        const float sign = ky <= side ? 1.0f : -1.0f;
        const float *kz = f->kernel[0] + fold * f->columns + from, *kx = f->kernel[1] + fold * f->columns + from;
        const float *kf = f->kernel[2] + fold * f->columns + from;
        const float *re = strip[0] + ky * LANES, *im = strip[1] + ky * LANES;
        for (size_t l = 0; l < LANES; l++) {
            const float b = sign * kf[l];
            z[l] += (double)(re[l] * re[l] + im[l] * im[l]) * (double)kz[l];
            to[0][place + l] = kx[l] * re[l];  /* i a (re + i im) is -a im + i a re */
            to[1][place + l] = -kx[l] * im[l];
            to[2][place + l] = b * re[l];
            to[3][place + l] = -b * im[l];
        }
    }
}

/* Transform some columns along y, multiply them by the kernels, and transform the two forces back along y. */
static void convolve_columns(void *arg, size_t at, unsigned worker)
{
    struct kc_fields *f = arg;
    const size_t side = f->side, length = 2 * side, from = at * LANES;
    float *const strip[2] = {get_strip(f, worker, 0), get_strip(f, worker, 1)};
    float *const to[4] = {get_strip(f, f->threads + worker, 0), get_strip(f, f->threads + worker, 1),
                          get_strip(f, f->threads + worker, 2), get_strip(f, f->threads + worker, 3)};
    double z[LANES] = {0};
    for (size_t y = 0; y < length; y++)
        for (size_t l = 0; l < LANES; l++) {
            const size_t place = f->order[y] * LANES + l, source = (from + l) * side + y;
            strip[0][place] = y < side ? f->along[0][0][source] : 0;
            strip[1][place] = y < side ? f->along[0][1][source] : 0;
        }
    f->lanes->transform(strip[0], strip[1], length, f->w);
    multiply_kernels(f, from, strip, to, z);
    for (size_t l = 0; l < LANES; l++)
        f->z[from + l] = z[l];
    for (size_t which = 0; which < 2; which++) {
        /* to[0] and to[1] hold the imaginary and the real part: so the transform goes back */
        f->lanes->transform(to[2 * which], to[2 * which + 1], length, f->w);
        for (size_t l = 0; l < LANES; l++)
            for (size_t y = 0; y < side; y++) {
                f->along[which][1][(from + l) * side + y] = to[2 * which][y * LANES + l];
                f->along[which][0][(from + l) * side + y] = to[2 * which + 1][y * LANES + l];
            }
    }
}

/* Transform some rows of both forces back along x: the one as real part, the other as imaginary part. */
static void backward_rows(void *arg, size_t at, unsigned worker)
{
    const struct kc_fields *f = arg;
    const size_t side = f->side, length = 2 * side, from = at * LANES;
    float *re = get_strip(f, worker, 0), *im = get_strip(f, worker, 1);
    for (size_t k = 0; k <= side; k++) {
        const size_t source = k * side + from;
        const size_t low = f->order[k] * LANES, high = f->order[(length - k) & (length - 1)] * LANES;
        const float *ar = f->along[0][0] + source, *ai = f->along[0][1] + source;
        const float *br = f->along[1][0] + source, *bi = f->along[1][1] + source;
        for (size_t l = 0; l < LANES; l++) { /* a + i b, and conj(a) + i conj(b), exchanged for the way back */
            re[high + l] = br[l] - ai[l];
            im[high + l] = ar[l] + bi[l];
            re[low + l] = ai[l] + br[l];
            im[low + l] = ar[l] - bi[l];
        }
    }
    f->lanes->transform(re, im, length, f->w);
    for (size_t l = 0; l < LANES; l++)
        for (size_t x = 0; x < side; x++) {
            f->force[2 * ((from + l) * side + x)] = im[x * LANES + l];
            f->force[2 * ((from + l) * side + x) + 1] = re[x * LANES + l];
        }
}

double kc_fields_convolve(const struct kc_ctx *ctx, struct kc_fields *f)
{
    double z = 0;
    kc_pool_for(ctx->pool, f->side / (2 * LANES), forward_rows, f);
    kc_pool_for(ctx->pool, f->columns / LANES, convolve_columns, f);
    kc_pool_for(ctx->pool, f->side / LANES, backward_rows, f);
    for (size_t k = 0; k <= f->side; k++) /* the columns that are left out are those of -k */
        z += f->z[k] * (k == 0 || k == f->side ? 1 : 2);
    return z;
}

/* Transform the kernels along x, for some distances along y: 1 / (1 + r^2) as the real part, which is even, and
 * x / (1 + r^2)^2 as the imaginary part, which is odd. So both transforms are real, and are told apart by parity. */
static void kernel_rows(void *arg, size_t at, unsigned worker)
{
    const struct kc_fields *f = arg;
    const size_t side = f->side, length = 2 * side, from = at * LANES;
    float *re = get_strip(f, worker, 0), *im = get_strip(f, worker, 1);
    for (size_t i = 0; i < length; i++)
        for (size_t l = 0; l < LANES; l++) {
            const double x = f->step * (i <= side ? (double)i : (double)i - (double)length);
            const double y = f->step * (double)(from + l), q = 1 / (1 + x * x + y * y);
            re[f->order[i] * LANES + l] = (float)q;
            im[f->order[i] * LANES + l] = i == side ? 0 : (float)(q * q * x);
        }
    f->lanes->transform(re, im, length, f->w);
    for (size_t l = 0; l < LANES; l++)
        for (size_t k = 0; k < f->columns; k++) {
            const float low = re[(k & (length - 1)) * LANES + l], high = re[((length - k) & (length - 1)) * LANES + l];
            f->kernel[0][(from + l) * f->columns + k] = 0.5f * (low + high);
            f->kernel[1][(from + l) * f->columns + k] = 0.5f * (high - low);
        }
}

/* Transform the kernels along y, where both are even: the one as the real part, the other as the imaginary part. */
static void kernel_columns(void *arg, size_t at, unsigned worker)
{
    const struct kc_fields *f = arg;
    const size_t side = f->side, length = 2 * side, from = at * LANES;
    float *re = get_strip(f, worker, 0), *im = get_strip(f, worker, 1);
    for (size_t i = 0; i < length; i++)
        for (size_t l = 0; l < LANES; l++) {
            const size_t source = (i <= side ? i : length - i) * f->columns + from + l;
            re[f->order[i] * LANES + l] = f->kernel[0][source];
            im[f->order[i] * LANES + l] = f->kernel[1][source];
        }
    f->lanes->transform(re, im, length, f->w);
    for (size_t k = 0; k <= side; k++)
        for (size_t l = 0; l < LANES; l++) {
            f->kernel[0][k * f->columns + from + l] = re[k * LANES + l];
            f->kernel[1][k * f->columns + from + l] = im[k * LANES + l];
        }
}

/* Divide the kernels by the transforms of the quintic spline's values at the nodes, twice along each axis: what spreads
 * the masses and what gathers the forces then interpolate. Also by the size of the transform. */
static void sharpen_kernels(struct kc_fields *f, const double *cosine)
{
    const size_t length = 2 * f->side;
    const double size = (double)length * (double)length;
    for (size_t ky = 0; ky <= f->side; ky++)
        for (size_t kx = 0; kx <= f->side; kx++) {
            const double one = (16 + cosine[kx] * (13 + cosine[kx])) / 30;
            const double other = (16 + cosine[ky] * (13 + cosine[ky])) / 30;
            const double factor = 1 / (one * one * other * other * size);
            f->kernel[0][ky * f->columns + kx] = (float)((double)f->kernel[0][ky * f->columns + kx] * factor);
            f->kernel[1][ky * f->columns + kx] = (float)((double)f->kernel[1][ky * f->columns + kx] * factor);
        }
    for (size_t ky = 0; ky < f->columns; ky++)
        for (size_t kx = 0; kx < f->columns; kx++)
            f->kernel[2][ky * f->columns + kx] = f->kernel[1][kx * f->columns + ky];
}

static void plan_fields(struct kc_plan *p, struct kc_fields *f)
{
    const size_t all = f->side * f->side, half = f->columns * f->side, table = f->columns * f->columns;
    KC_PLAN(p, f->density, all, KC_PLAN_ALIGNED);
    KC_PLAN(p, f->force, 2 * all, KC_PLAN_ALIGNED);
    for (size_t i = 0; i < 4; i++)
        KC_PLAN(p, f->along[i / 2][i % 2], half, KC_PLAN_ALIGNED);
    for (size_t i = 0; i < 3; i++)
        KC_PLAN(p, f->kernel[i], table, KC_PLAN_ALIGNED);
    KC_PLAN(p, f->w, 2 * f->side, KC_PLAN_ALIGNED);
    KC_PLAN(p, f->order, 2 * f->side, KC_PLAN_PLAIN);
    KC_PLAN(p, f->z, f->columns, KC_PLAN_PLAIN);
    KC_PLAN(p, f->work, 2 * f->threads * 4 * 2 * f->side * LANES, KC_PLAN_ALIGNED);
}

static void size_fields(struct kc_fields *f, size_t side, unsigned threads)
{
    f->side = side;
    f->columns = (side + LANES) / LANES * LANES;
    f->threads = threads;
}

int kc_fields_new(const struct kc_ctx *ctx, struct kc_fields *f, size_t side, double step, struct kc_err *e)
{
    struct kc_plan p = {.n = 0};
    double *cosine = kc_mem_alloc(side + 1, sizeof *cosine, e);
    memset(f, 0, sizeof *f);
    size_fields(f, side, kc_pool_threads(ctx->pool));
    f->step = step;
    f->lanes = kc_map_lanes_get();
    plan_fields(&p, f);
    if (!cosine || kc_plan_alloc(&p, e) != 0) {
        kc_mem_free(cosine);
        return -1;
    }
    for (size_t i = 0; i < 4; i++) /* columns that only fill the last vector */
        memset(f->along[i / 2][i % 2], 0, f->columns * side * sizeof **f->along[0]);
    kc_fft_factors(2 * side, f->w);
    kc_fft_cosines(2 * side, cosine);
    kc_fft_order(2 * side, f->order);
    kc_pool_for(ctx->pool, f->columns / LANES, kernel_rows, f);
    kc_pool_for(ctx->pool, f->columns / LANES, kernel_columns, f);
    sharpen_kernels(f, cosine);
    kc_mem_free(cosine);
    return 0;
}

void kc_fields_free(struct kc_fields *f)
{
    struct kc_plan p = {.n = 0};
    plan_fields(&p, f);
    kc_plan_free(&p);
}

uint64_t kc_fields_bytes(size_t side, unsigned threads)
{
    struct kc_fields f = {0};
    struct kc_plan p = {.n = 0};
    size_fields(&f, side, threads);
    plan_fields(&p, &f);
    return kc_plan_bytes(&p) + (side + 1) * sizeof(double);
}
