/* The contingency table by two counting sorts, and the indices of agreement. ARI and the F-measure count pairs of
 * rows in 64 bits; the expected mutual information (Vinh, Epps and Bailey 2010) is summed over pairs of different
 * cluster sizes rather than over pairs of clusters. */
#include "core/judge/agreement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/exp.h"
#include "base/mem.h"

#define NEGLIGIBLE 1e-25 /* share of the most likely count's probability: some 10.7 standard deviations away */

/* Sort the rows of the data by b and then, keeping that order, by a: rows of the same cell come together, in the
 * table's order. */
int kc_table_build(struct kc_table *t, const uint32_t *a, uint32_t rows, const uint32_t *b, uint32_t cols, size_t n,
                   struct kc_err *e)
{
    int rc = -1;
    uint32_t *by_b = NULL, *ordered = NULL;
    size_t most = (size_t)(rows > cols ? rows : cols) + 1, cells = 0;
    size_t *at = kc_mem_alloc(most, sizeof *at, e);
    memset(t, 0, sizeof *t);
    t->rows = rows;
    t->cols = cols;
    t->row_sum = kc_mem_zalloc(rows, sizeof *t->row_sum, e);
    t->col_sum = kc_mem_zalloc(cols, sizeof *t->col_sum, e);
    t->first = kc_mem_zalloc((size_t)rows + 1, sizeof *t->first, e);
    if (!at || !t->row_sum || !t->col_sum || !t->first)
        goto out;
    for (size_t i = 0; i < n; i++)
        if (a[i] != KC_NOISE && b[i] != KC_NOISE) {
            t->row_sum[a[i]]++;
            t->col_sum[b[i]]++;
            t->n++;
        }
    by_b = kc_mem_alloc((size_t)t->n, sizeof *by_b, e); /* the a of each row, ordered by b */
    ordered = kc_mem_alloc((size_t)t->n, sizeof *ordered, e); /* the b of each row, ordered by a, then b */
    if (!by_b || !ordered)
        goto out;
    at[0] = 0;
    for (size_t j = 0; j < cols; j++)
        at[j + 1] = at[j] + (size_t)t->col_sum[j];
    for (size_t i = 0; i < n; i++)
        if (a[i] != KC_NOISE && b[i] != KC_NOISE)
            by_b[at[b[i]]++] = a[i];
    at[0] = 0;
    for (size_t i = 0; i < rows; i++)
        at[i + 1] = at[i] + (size_t)t->row_sum[i];
    for (uint32_t j = 0, p = 0; j < cols; j++)
        for (uint64_t q = 0; q < t->col_sum[j]; q++, p++)
            ordered[at[by_b[p]]++] = j;
    size_t p = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t q = 0; q < t->row_sum[i]; q++, p++)
            cells += q == 0 || ordered[p] != ordered[p - 1];
        t->first[i + 1] = cells;
    }
    t->col = kc_mem_alloc(cells, sizeof *t->col, e);
    t->count = kc_mem_zalloc(cells, sizeof *t->count, e);
    if (!t->col || !t->count)
        goto out;
    p = 0;
    for (size_t i = 0; i < rows; i++) {
        size_t cell = t->first[i];
        for (size_t q = 0; q < t->row_sum[i]; q++, p++) {
            cell += q > 0 && ordered[p] != ordered[p - 1];
            t->col[cell] = ordered[p];
            t->count[cell]++;
        }
    }
    rc = 0;
out:
    kc_mem_free(ordered);
    kc_mem_free(by_b);
    kc_mem_free(at);
    return rc;
}

void kc_table_free(struct kc_table *t)
{
    kc_mem_free(t->row_sum);
    kc_mem_free(t->col_sum);
    kc_mem_free(t->first);
    kc_mem_free(t->col);
    kc_mem_free(t->count);
    memset(t, 0, sizeof *t);
}

static double compute_entropy(const uint64_t *sum, size_t k, double n)
{
    double h = 0;
    for (size_t i = 0; i < k; i++)
        if (sum[i] > 0)
            h += (double)sum[i] / n * kc_ln(n / (double)sum[i]);
    return h;
}

/* Return what a cell of x rows adds to the mutual information, times n. a, b: rows of its cluster and its class. */
static double weigh_information(double x, double a, double b, double n)
{
    return x * kc_ln(n * x / (a * b));
}

/* Return what one cluster of a and one class of b rows add to the mutual information on average, times n: the count of
 * their common rows is hypergeometric. Its probabilities follow from each other, so they are computed from the most
 * likely one to both sides, up to a common factor, which is their sum: no log-gamma, whose rounding at 10^6 rows is
 * worse than 1e-9. */
static double expect_cell(double a, double b, double n)
{
    double low = a + b - n > 0 ? a + b - n : 0, high = a < b ? a : b;
    double mode = floor((a + 1) * (b + 1) / (n + 2));
    mode = mode < low ? low : mode > high ? high : mode;
    double all = 1, sum = mode > 0 ? weigh_information(mode, a, b, n) : 0, w = 1;
    for (double x = mode; x < high && w > NEGLIGIBLE; x++) {
        w *= (a - x) * (b - x) / ((x + 1) * (n - a - b + x + 1));
        all += w;
        sum += w * weigh_information(x + 1, a, b, n);
    }
    w = 1;
    for (double x = mode; x > low && w > NEGLIGIBLE; x--) {
        w *= x * (n - a - b + x) / ((a - x + 1) * (b - x + 1));
        all += w;
        if (x > 1)
            sum += w * weigh_information(x - 1, a, b, n);
    }
    return sum / all;
}

static int by_value(const void *x, const void *y)
{
    uint64_t a, b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, y, sizeof b);
    return (a > b) - (a < b);
}

/* List the different sizes above 0 in size (k), and how often each occurs in times (k). Returns how many there are. */
static size_t list_sizes(const uint64_t *sum, size_t k, uint64_t *size, uint64_t *times)
{
    size_t m = 0;
    memcpy(size, sum, k * sizeof *size);
    qsort(size, k, sizeof *size, by_value);
    for (size_t i = 0; i < k; i++) {
        if (size[i] == 0)
            continue;
        if (m > 0 && size[m - 1] == size[i]) {
            times[m - 1]++;
        } else {
            size[m] = size[i];
            times[m++] = 1;
        }
    }
    return m;
}

/* Compute the expected mutual information. Clusters of equal size expect the same, so one of each size is looked at. */
static int expect_information(const struct kc_table *t, double *expected, struct kc_err *e)
{
    int rc = -1;
    uint64_t *a = kc_mem_alloc(t->rows, 2 * sizeof *a, e), *b = kc_mem_alloc(t->cols, 2 * sizeof *b, e);
    double n = (double)t->n, sum = 0;
    if (!a || !b)
        goto out;
    uint64_t *a_times = a + t->rows, *b_times = b + t->cols;
    size_t na = list_sizes(t->row_sum, t->rows, a, a_times), nb = list_sizes(t->col_sum, t->cols, b, b_times);
    for (size_t i = 0; i < na; i++)
        for (size_t j = 0; j < nb; j++)
            sum += (double)a_times[i] * (double)b_times[j] * expect_cell((double)a[i], (double)b[j], n);
    *expected = sum / n;
    rc = 0;
out:
    kc_mem_free(b);
    kc_mem_free(a);
    return rc;
}

/* Count the ordered pairs of rows of the data that share one of k clusters: exact for fewer than 2^32 rows. */
static uint64_t count_pairs(const uint64_t *count, size_t k)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += count[i] * (count[i] - (count[i] > 0));
    return sum;
}

/* Compute the indices over pairs of rows. */
static void compare_pairs(const struct kc_table *t, struct kc_agreement *a)
{
    uint64_t in_a = count_pairs(t->row_sum, t->rows), in_b = count_pairs(t->col_sum, t->cols);
    uint64_t in_both = count_pairs(t->count, t->first[t->rows]), in_none = t->n * (t->n - 1) - in_a - in_b + in_both;
    double rows = (double)in_a, cols = (double)in_b, both = (double)in_both, none = (double)in_none;
    double only_rows = (double)(in_a - in_both), only_cols = (double)(in_b - in_both);
    a->precision = in_a > 0 ? both / rows : NAN;
    a->recall = in_b > 0 ? both / cols : NAN;
    a->f1 = in_a > 0 || in_b > 0 ? 2 * both / (rows + cols) : NAN;
    a->same = in_a == in_both && in_b == in_both;
    a->ari = a->same ? 1 : 2 * (both * none - only_rows * only_cols) /
                               (cols * (only_cols + none) + rows * (only_rows + none));
}

int kc_agreement_compute(const struct kc_table *t, struct kc_agreement *a, struct kc_err *e)
{
    double n = (double)t->n, expected, mutual = 0, most = 0;
    double clusters = compute_entropy(t->row_sum, t->rows, n), classes = compute_entropy(t->col_sum, t->cols, n);
    size_t used[2] = {0, 0};
    memset(a, 0, sizeof *a);
    if (expect_information(t, &expected, e) != 0)
        return -1;
    for (size_t i = 0; i < t->rows; i++) {
        uint64_t top = 0;
        used[0] += t->row_sum[i] > 0;
        for (size_t p = t->first[i]; p < t->first[i + 1]; p++) {
            top = t->count[p] > top ? t->count[p] : top;
            mutual += weigh_information((double)t->count[p], (double)t->row_sum[i], (double)t->col_sum[t->col[p]], n);
        }
        most += (double)top;
    }
    for (size_t j = 0; j < t->cols; j++)
        used[1] += t->col_sum[j] > 0;
    mutual = used[0] < 2 || used[1] < 2 || mutual < 0 ? 0 : mutual / n;
    compare_pairs(t, a);
    a->purity = most / n;
    a->mutual_information = mutual;
    a->expected_information = expected;
    if (a->same) { /* exactly, whatever rounding makes of the logarithms */
        a->ami = a->nmi = a->homogeneity = a->completeness = a->v_measure = 1;
        return 0;
    }
    double mean = (clusters + classes) / 2, over = mean - expected;
    double least = 2.220446049250313e-16; /* as in scikit-learn */
    over = over < 0 ? fmin(over, -least) : fmax(over, least);
    a->ami = (mutual - expected) / over;
    a->homogeneity = used[1] < 2 ? 1 : fmin(mutual / classes, 1);
    a->completeness = used[0] < 2 ? 1 : fmin(mutual / clusters, 1);
    double both = a->homogeneity + a->completeness;
    a->v_measure = both > 0 ? 2 * a->homogeneity * a->completeness / both : 0;
    a->nmi = mutual > 0 ? fmin(mutual / mean, 1) : 0;
    return 0;
}
