/* The twin of core/kmeans/transport.h: all assignments are tried. */
#include "core/ref/ref.h"

struct trial {
    const int64_t *value;
    size_t n;
    uint32_t k;
    uint64_t min, max;
    uint64_t sizes[16];
    int64_t best;
};

static void try_row(struct trial *t, size_t i, int64_t sum)
{
    if (i == t->n) {
        for (uint32_t c = 0; c < t->k; c++)
            if (t->sizes[c] < t->min)
                return;
        t->best = sum > t->best ? sum : t->best;
        return;
    }
    for (uint32_t c = 0; c < t->k; c++) {
        int64_t v = t->value[i * t->k + c];
        if (v == INT64_MIN || t->sizes[c] == t->max)
            continue;
        t->sizes[c]++;
        try_row(t, i + 1, sum + v);
        t->sizes[c]--;
    }
}

int64_t kc_ref_transport(const int64_t *value, size_t n, uint32_t k, uint64_t min, uint64_t max)
{
    struct trial t = {.value = value, .n = n, .k = k, .min = min, .max = max, .best = INT64_MIN};
    try_row(&t, 0, 0);
    return t.best;
}
