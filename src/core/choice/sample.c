/* The numbers are those of the sweep's samples, of a stage of their own. */
#include "core/choice/sample.h"

#include "base/mem.h"
#include "core/kmeans/sweep.h"

#define STAGE 2 /* see kc_sample_numbers */

void kc_drawn_numbers(size_t n, uint64_t seed, size_t m, uint32_t *row)
{
    kc_sample_numbers(seed, STAGE, n, m, row);
}

int kc_drawn_make(const struct kc_rows *rows, uint64_t seed, size_t most, struct kc_drawn *out, struct kc_err *e)
{
    out->n = rows->n < most ? rows->n : most;
    out->row = kc_mem_alloc(out->n, sizeof *out->row, e);
    out->x = kc_mem_aligned(kc_mem_mul(out->n, rows->d), sizeof *out->x, e);
    if (!out->row || !out->x)
        return -1;
    kc_drawn_numbers(rows->n, seed, out->n, out->row);
    kc_rows_copy(rows, out->row, out->n, out->x);
    return kc_rows_failed(rows, e);
}

void kc_drawn_free(struct kc_drawn *s)
{
    kc_mem_free(s->row);
    kc_mem_free(s->x);
    *s = (struct kc_drawn){0};
}

uint64_t kc_drawn_bytes(size_t n, size_t d, size_t most)
{
    return (uint64_t)(n < most ? n : most) * (sizeof(uint32_t) + d * sizeof(float));
}
