/* The best partition of each k: keep it, save it and restore it. Of equal objectives the run of the lower tag
 * wins, so the partition that is kept does not depend on the order in which threads finish their runs. */
#include "core/kmeans/runs.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"

struct kc_best *kc_best_offer(struct kc_best *best, size_t nbest, size_t n, const struct kc_run *run,
                              const uint32_t *labels, const float *own, double objective, uint64_t iterations)
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

int kc_best_visit(struct kc_best *best, size_t nbest, const struct kc_space *space, int own, struct kc_state *s)
{
    const struct kc_rows *rows = &space->rows;
    double *objective = kc_state_lend(s, nbest, sizeof *objective);
    uint64_t *tag = kc_state_lend(s, nbest, sizeof *tag), *iterations = kc_state_lend(s, nbest, sizeof *iterations);
    uint64_t *exact = kc_state_lend(s, nbest, sizeof *exact);
    uint32_t *merge = kc_state_lend(s, nbest, 2 * sizeof *merge), kmax = 0;
    if (!objective || !tag || !iterations || !exact || !merge)
        return -1;
    for (size_t i = 0; i < nbest; i++) {
        const struct kc_best *b = &best[i];
        kmax = b->k > kmax ? b->k : kmax;
        objective[i] = b->objective;
        tag[i] = b->tag;
        iterations[i] = b->iterations;
        exact[i] = b->exact != 0;
        merge[2 * i] = b->merge[0];
        merge[2 * i + 1] = b->merge[1];
    }
    if (kc_state_f64(s, "objective", objective, nbest, kc_space_bound(space), 0) != 0 ||
        kc_state_u64(s, "tag", tag, nbest, UINT64_MAX) != 0 ||
        kc_state_u64(s, "iterations", iterations, nbest, UINT64_MAX / 2) != 0 ||
        kc_state_u64(s, "exact", exact, nbest, 1) != 0 || kc_state_u32(s, "merge", merge, 2 * nbest, kmax - 1) != 0)
        return -1;
    for (size_t i = 0; i < nbest; i++) {
        struct kc_best *b = &best[i];
        b->objective = objective[i];
        b->tag = tag[i];
        b->iterations = iterations[i];
        b->exact = exact[i] != 0;
        b->merge[0] = merge[2 * i];
        b->merge[1] = merge[2 * i + 1];
        if (s->reading && (b->merge[0] >= b->k || b->merge[1] >= b->k || (b->exact && !b->centres)))
            return kc_state_bad(s, "a partition is inconsistent");
        if (b->objective < 0) /* no partition yet */
            continue;
        if (kc_state_partition(s, b->labels, rows, b->k) != 0 ||
            ((own || b->centres) && kc_state_row_f32(s, "own", b->own, rows, 2.1, 0) != 0) ||
            (b->centres && kc_state_f32(s, "centres", b->centres, (size_t)b->k * rows->d, 1.1, 0) != 0))
            return -1;
    }
    return 0;
}
