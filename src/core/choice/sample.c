/* One walk over the numbers of the rows (Knuth, TAOCP 2, 3.4.2, algorithm S). */
#include "core/choice/sample.h"

#include "base/mem.h"
#include "base/rng.h"

#define STAGE 2 /* of the stream of samples: the sweep's own are 0, 1 and its levels */

void kc_drawn_numbers(size_t n, uint64_t seed, size_t m, uint32_t *row)
{
    struct kc_rng r = kc_rng_stream(seed, KC_RNG_SAMPLE, STAGE, n);
    size_t have = 0;
    for (size_t i = 0; have < m; i++)
        if (kc_rng_below(&r, n - i) < m - have)
            row[have++] = (uint32_t)i;
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
