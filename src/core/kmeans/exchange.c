/* Moves and swaps. A partition that is best for its own centroids may still gain if two rows change places, because the
 * centroids move with them. All is computed from products: of all pairs of rows, and of rows with the clusters' sums.
 * The root is concave, so |S + y| <= |S| + (|S + y|^2 - |S|^2) / 2 |S|: where that bound promises nothing, no root is
 * drawn. */
#include "core/kmeans/exchange.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"

#define SWEEPS 50
#define LEAST 1e-12 /* of the objective: a smaller gain may be rounding */

struct kc_exchange {
    struct kc_plan plan;
    size_t n, d;
    uint32_t k;
    uint64_t min, max;
    uint32_t *labels;
    double *gram;   /* (n, n) weighted products of rows */
    double *dot;    /* (k, n) products of rows, by weight, with the sums */
    double *sq;     /* (k) |S|^2 */
    double *len;    /* (k) |S| */
    uint64_t *size; /* (k) */
    double least;
};

static void plan_exchange(struct kc_plan *p, struct kc_exchange *x, size_t n, uint32_t k)
{
    KC_PLAN(p, x->gram, kc_mem_mul(n, n), KC_PLAN_PLAIN);
    KC_PLAN(p, x->dot, kc_mem_mul(n, k), KC_PLAN_ZEROED);
    KC_PLAN(p, x->sq, k, KC_PLAN_ZEROED);
    KC_PLAN(p, x->len, k, KC_PLAN_PLAIN);
    KC_PLAN(p, x->size, k, KC_PLAN_ZEROED);
}

uint64_t kc_exchange_bytes(size_t n, size_t d, uint32_t k)
{
    struct kc_exchange x;
    struct kc_plan plan = {.n = 0};
    plan_exchange(&plan, &x, n, k);
    kc_plan_add_other(&plan, sizeof x + (uint64_t)d * sizeof(double));
    return kc_plan_bytes(&plan);
}

static double multiply(const float *x, const double *v, size_t d)
{
    double sum[8] = {0};
    size_t t = 0;
    for (; t + 8 <= d; t += 8)
        for (size_t q = 0; q < 8; q++)
            sum[q] += (double)x[t + q] * v[t + q];
    for (; t < d; t++)
        sum[t % 8] += (double)x[t] * v[t];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static int fill_gram(struct kc_exchange *x, const float *rows, const double *w, struct kc_err *e)
{
    double *wide = kc_mem_alloc(x->d, sizeof *wide, e);
    if (!wide)
        return -1;
    for (size_t i = 0; i < x->n; i++) {
        for (size_t t = 0; t < x->d; t++)
            wide[t] = (double)rows[i * x->d + t] * (w ? w[i] : 1);
        for (size_t j = 0; j <= i; j++) {
            double g = multiply(rows + j * x->d, wide, x->d) * (w ? w[j] : 1);
            x->gram[i * x->n + j] = x->gram[j * x->n + i] = g;
        }
    }
    kc_mem_free(wide);
    return 0;
}

static double length_of(double sq)
{
    return sq > 0 ? sqrt(sq) : 0;
}

/* Compute the sums' products anew, so that rounding does not build up. */
static void update_products(struct kc_exchange *x)
{
    const size_t n = x->n;
    double sum = 0;
    memset(x->dot, 0, n * x->k * sizeof *x->dot);
    memset(x->sq, 0, x->k * sizeof *x->sq);
    memset(x->size, 0, x->k * sizeof *x->size);
    for (size_t i = 0; i < n; i++) {
        double *dot = x->dot + x->labels[i] * n;
        for (size_t j = 0; j < n; j++)
            dot[j] += x->gram[i * n + j];
        x->size[x->labels[i]]++;
    }
    for (size_t i = 0; i < n; i++)
        x->sq[x->labels[i]] += x->dot[x->labels[i] * n + i];
    for (uint32_t c = 0; c < x->k; c++) {
        x->len[c] = length_of(x->sq[c]);
        sum += x->len[c];
    }
    x->least = LEAST * sum;
}

/* Return what the objective gains if |S_a|^2 and |S_b|^2 become these; 0 or less if the bound says so. */
static double compute_gain(const struct kc_exchange *x, uint32_t a, double sa, uint32_t b, double sb)
{
    double bound = x->len[a] > 0 && x->len[b] > 0 ? (sa - x->sq[a]) / x->len[a] + (sb - x->sq[b]) / x->len[b] : 1;
    return bound <= 0 ? 0 : length_of(sa) + length_of(sb) - x->len[a] - x->len[b];
}

static void add_to(struct kc_exchange *x, uint32_t c, size_t row, double sign)
{
    double *dot = x->dot + c * x->n;
    const double *g = x->gram + row * x->n;
    for (size_t j = 0; j < x->n; j++)
        dot[j] += sign * g[j];
}

static void relabel(struct kc_exchange *x, size_t row, uint32_t to, double sa, double sb)
{
    uint32_t a = x->labels[row];
    x->sq[a] = sa;
    x->sq[to] = sb;
    x->len[a] = length_of(sa);
    x->len[to] = length_of(sb);
    add_to(x, a, row, -1);
    add_to(x, to, row, 1);
    x->labels[row] = to;
}

/* Move row i to the cluster where the objective gains most, if sizes permit. Return 1 if it was moved. */
static int move_row(struct kc_exchange *x, size_t i)
{
    const size_t n = x->n;
    uint32_t a = x->labels[i], to = a;
    double self = x->gram[i * n + i], most = x->least, best = 0;
    double sa = x->sq[a] - 2 * x->dot[a * n + i] + self;
    if (x->size[a] <= x->min)
        return 0;
    for (uint32_t b = 0; b < x->k; b++) {
        double sb = x->sq[b] + 2 * x->dot[b * n + i] + self;
        if (b == a || x->size[b] >= x->max)
            continue;
        double gain = compute_gain(x, a, sa, b, sb);
        if (gain > most) {
            most = gain;
            best = sb;
            to = b;
        }
    }
    if (to == a)
        return 0;
    x->size[a]--;
    x->size[to]++;
    relabel(x, i, to, sa, best);
    return 1;
}

/* Swap row i with the later row that makes the objective gain most. Return 1 if it was swapped. */
static int swap_row(struct kc_exchange *x, size_t i)
{
    const size_t n = x->n;
    const uint32_t a = x->labels[i];
    const double *g = x->gram + i * n, *da = x->dot + a * n;
    double most = x->least, best_a = 0, best_b = 0;
    size_t with = i;
    for (size_t j = i + 1; j < n; j++) {
        uint32_t b = x->labels[j];
        if (b == a)
            continue;
        const double *db = x->dot + b * n;
        double both = g[i] + x->gram[j * n + j] - 2 * g[j]; /* |y - x|^2 */
        double sa = x->sq[a] + 2 * (da[j] - da[i]) + both, sb = x->sq[b] + 2 * (db[i] - db[j]) + both;
        double gain = compute_gain(x, a, sa, b, sb);
        if (gain > most) {
            most = gain;
            best_a = sa;
            best_b = sb;
            with = j;
        }
    }
    if (with == i)
        return 0;
    uint32_t b = x->labels[with];
    relabel(x, i, b, best_a, best_b);
    relabel(x, with, a, best_b, best_a);
    return 1;
}

void kc_exchange_free(struct kc_exchange *x)
{
    if (!x)
        return;
    kc_plan_free(&x->plan);
    kc_mem_free(x);
}

struct kc_exchange *kc_exchange_new(const float *rows, const double *w, size_t n, size_t d, uint32_t k, uint64_t min,
                                    uint64_t max, struct kc_err *e)
{
    struct kc_exchange *x = kc_mem_zalloc(1, sizeof *x, e);
    if (!x)
        return NULL;
    x->n = n;
    x->d = d;
    x->k = k;
    x->min = min;
    x->max = max;
    plan_exchange(&x->plan, x, n, k);
    if (kc_plan_alloc(&x->plan, e) == 0 && fill_gram(x, rows, w, e) == 0)
        return x;
    kc_exchange_free(x);
    return NULL;
}

int kc_exchange_run(struct kc_exchange *x, uint32_t *labels)
{
    int changed = 0;
    x->labels = labels;
    for (int sweep = 0, any = 1; sweep < SWEEPS && any; sweep++) {
        any = 0;
        update_products(x);
        for (size_t i = 0; i < x->n; i++)
            any |= move_row(x, i) | swap_row(x, i);
        changed |= any;
    }
    return changed;
}
