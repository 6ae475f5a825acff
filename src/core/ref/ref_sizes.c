/* The twin of core/kmeans/transport.h: all assignments are tried, as the numbers of n digits to the base k. */
#include "core/ref/ref.h"

#define ROWS_MOST 32

int64_t kc_ref_transport(const int64_t *value, size_t n, uint32_t k, uint64_t min, uint64_t max)
{
    uint32_t label[ROWS_MOST] = {0};
    int64_t best = INT64_MIN;
    for (size_t digit = 0; digit < n;) {
        uint64_t sizes[16] = {0};
        int64_t sum = 0;
        int may = 1;
        for (size_t i = 0; i < n; i++) {
            int64_t v = value[i * k + label[i]];
            may &= v != INT64_MIN;
            sum += v != INT64_MIN ? v : 0;
            sizes[label[i]]++;
        }
        for (uint32_t c = 0; c < k; c++)
            may &= sizes[c] >= min && sizes[c] <= max;
        best = may && sum > best ? sum : best;
        for (digit = 0; digit < n && ++label[digit] == k; digit++)
            label[digit] = 0;
    }
    return best;
}
