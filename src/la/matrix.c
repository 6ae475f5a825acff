/* The growable matrix: one block, by realloc, which for large blocks moves pages and not bytes (mremap). It grows by
 * half, so that appending row by row copies each row a few times at most. */
#include "la/matrix.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"

/* Change the number of rows allocated. */
static int resize_rows(struct kc_matrix *m, size_t rows, struct kc_err *e)
{
    float *x = kc_mem_realloc(m->x, kc_mem_mul(rows, m->d), sizeof *x, e);
    if (!x)
        return -1;
    m->x = x;
    m->cap = rows;
    return 0;
}

int kc_matrix_reserve(struct kc_matrix *m, size_t rows, struct kc_err *e)
{
    return rows <= m->cap ? 0 : resize_rows(m, rows, e);
}

int kc_matrix_append(struct kc_matrix *m, const float *rows, size_t r, struct kc_err *e)
{
    size_t want = kc_mem_add(m->n, r);
    if (r == 0)
        return 0;
    if (want > m->cap) {
        size_t cap = m->cap + m->cap / 2;
        if (resize_rows(m, cap > want ? cap : want, e) != 0)
            return -1;
    }
    memcpy(m->x + m->n * m->d, rows, r * m->d * sizeof *rows);
    m->n = want;
    return 0;
}

void kc_matrix_trim(struct kc_matrix *m)
{
    struct kc_err ignored = KC_ERR_INIT; /* a block that cannot be shrunk stays as it is */
    if (m->n < m->cap && m->n > 0)
        (void)!resize_rows(m, m->n, &ignored);
}

void kc_matrix_free(struct kc_matrix *m)
{
    kc_mem_free(m->x);
    *m = (struct kc_matrix){NULL, 0, 0, 0};
}
