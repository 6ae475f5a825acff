/* The neighbours of a few rows among all: a pass over the rows for each tile of those that are asked about. */
#include "base/mem.h"
#include "core/graph/against.h"
#include "core/graph/offer.h"

/* A search for some rows. */
struct search {
    const uint32_t *row;
    struct kc_neighbours *g;
    float *worst; /* (m rows) what the next neighbour of each must reach */
};

/* Offer the rows from `from` on to the lists of a tile. A kc_against_look. */
static void offer_rows(void *arg, size_t first, size_t rows, size_t from, size_t cols, const float *out,
                       unsigned worker)
{
    const struct search *s = arg;
    (void)worker;
    for (size_t c = 0; c < cols; c++)
        for (size_t r = 0; r < rows; r++) {
            const float similarity = out[c * KC_LA_TILE + r];
            if (similarity >= s->worst[first + r] && s->row[first + r] != from + c)
                kc_neighbours_offer(s->g, (uint32_t)(first + r), (uint32_t)(from + c), similarity,
                                    &s->worst[first + r]);
        }
}

int kc_neighbours_some(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, size_t n,
                       const struct kc_neighbours_opts *o, struct kc_neighbours *out, struct kc_err *e)
{
    struct search s = {row, out, kc_mem_alloc(n, sizeof *s.worst, e)};
    int rc = kc_neighbours_begin(out, n, o->m, e) == 0 && s.worst ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        s.worst[i] = kc_neighbours_least(o->least);
    if (rc == 0)
        rc = kc_against_all(ctx, rows, row, n, KC_LA_TILE, offer_rows, &s, e);
    kc_mem_free(s.worst);
    return rc;
}

uint64_t kc_neighbours_some_bytes(size_t n, size_t d, uint32_t m, unsigned threads)
{
    return (uint64_t)n * (2 * sizeof(uint32_t) + (uint64_t)m * (sizeof(uint32_t) + sizeof(float))) +
           kc_against_bytes(d, threads);
}
