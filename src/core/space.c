#include "core/space.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "la/product.h"

size_t kc_space_block(size_t n)
{
    size_t tiles = kc_la_tiles(n);
    size_t per = tiles / 256 + (tiles % 256 != 0);
    return KC_LA_TILE * (per ? per : 1);
}

size_t kc_space_blocks(size_t n)
{
    size_t b = kc_space_block(n);
    return n / b + (n % b != 0);
}

struct kc_best *kc_best_offer(struct kc_best *best, size_t nbest, size_t n, const struct kc_run *run,
                   const uint32_t *labels,
                              const float *own, double objective, uint64_t iterations)
{
    for (size_t i = 0; i < nbest; i++) {
        struct kc_best *b = &best[i];
        if (b->k != run->k)
            continue;
        if (objective > b->objective || (objective == b->objective && run->tag < b->tag)) {
            memcpy(b->labels, labels, n * sizeof *labels);
            memcpy(b->own, own, n * sizeof *own);
            b->objective = objective;
            b->iterations = iterations;
            b->tag = run->tag;
            return b;
        }
        return NULL;
    }
    return NULL;
}

void kc_best_free(struct kc_best *best, size_t nk)
{
    for (size_t i = 0; best && i < nk; i++) {
        kc_mem_free(best[i].labels);
        kc_mem_free(best[i].own);
        kc_mem_free(best[i].centres);
    }
    kc_mem_free(best);
}

int kc_best_want_centres(struct kc_best *b, size_t d, struct kc_err *e)
{
    b->centres = kc_mem_alloc(kc_mem_mul(b->k, d), sizeof *b->centres, e);
    return b->centres ? 0 : -1;
}

struct kc_best *kc_best_new(size_t n, const uint32_t *ks, size_t nk, struct kc_err *e)
{
    struct kc_best *best = kc_mem_zalloc(nk, sizeof *best, e);
    for (size_t i = 0; best && i < nk; i++) {
        best[i].k = ks[i];
        best[i].objective = -1;
        best[i].labels = kc_mem_zalloc(n, sizeof *best[i].labels, e);
        best[i].own = kc_mem_alloc(n, sizeof *best[i].own, e);
        if (!best[i].labels || !best[i].own) {
            kc_best_free(best, nk);
            return NULL;
        }
    }
    return best;
}

uint64_t kc_best_bytes(size_t n, size_t nk)
{
    return nk * ((uint64_t)n * (sizeof(uint32_t) + sizeof(float)) + sizeof(struct kc_best));
}

double kc_merge_loss(double aa, double bb, double ab)
{
    double both = aa + bb + 2 * ab;
    return sqrt(aa) + sqrt(bb) - sqrt(both > 0 ? both : 0);
}
