/* The kernel for AVX2, with vectors of 8 floats: 6 columns x 2 vectors of rows are 12 accumulators, which with 2 panel
 * vectors and a broadcast fill 15 of the 16 registers. 12 chains hide the FMA's latency (4 to 5 cycles at 2 per cycle
 * need 10). */
#include "la/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define WIDTH 8
#define COLUMNS 6
#define PANELS 1
typedef __m256 vf;
typedef __m256d vd;
#define vf_zero _mm256_setzero_ps
#define vf_load _mm256_loadu_ps
#define vf_store _mm256_storeu_ps
#define vf_all _mm256_broadcast_ss
#define vf_fma _mm256_fmadd_ps
#define vd_zero _mm256_setzero_pd
#define vd_load _mm256_loadu_pd
#define vd_store _mm256_storeu_pd
#define vd_all _mm256_broadcast_sd
#define vd_fma _mm256_fmadd_pd
#include "la/kernel_strip.h"

/* Transpose 8 rows x 8 dimensions in registers. */
INLINE void transpose8(const float *const *row, float *panel)
{
    __m256 a[8], b[8];
    UNROLL for (int i = 0; i < 8; i++)
        a[i] = _mm256_loadu_ps(row[i]);
    UNROLL for (size_t i = 0; i < 4; i++) {
        b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
        b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 2; i++)
        UNROLL for (int h = 0; h < 2; h++) {
            a[4 * i + 2 * h] = _mm256_shuffle_ps(b[4 * i + h], b[4 * i + h + 2], 0x44);
            a[4 * i + 2 * h + 1] = _mm256_shuffle_ps(b[4 * i + h], b[4 * i + h + 2], 0xEE);
        }
    UNROLL for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(panel + (size_t)i * KC_LA_LANES, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
        _mm256_storeu_ps(panel + (size_t)(i + 4) * KC_LA_LANES, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
    }
}

TARGET void kc_la_pack_avx2(const float *const *row, size_t rows, size_t t0, size_t depth, float *panel)
{
    static const float none[8];
    size_t t = 0;
    for (; t + 8 <= depth; t += 8)
        for (size_t h = 0; h < KC_LA_LANES; h += 8) {
            const float *at[8];
            for (size_t r = 0; r < 8; r++)
                at[r] = h + r < rows ? row[h + r] + t0 + t : none;
            transpose8(at, panel + t * KC_LA_LANES + h);
        }
    for (; t < depth; t++)
        for (size_t r = 0; r < KC_LA_LANES; r++)
            panel[t * KC_LA_LANES + r] = r < rows ? row[r][t0 + t] : 0.0f;
}

#define KC_LA_TARGET TARGET
#include "la/kernel_loops.h"

const struct kc_la_kernels kc_la_avx2 = {"avx2", 256, COLUMNS, PANELS, kc_la_pack_avx2, multiply_strip,
                                         multiply_stripd, arg_max, arg_max2, gain, gain_weighted, axpy, addd, axpyd,
                                         add_rounded, add_parts, widen_halves, widen_bytes, dot, dotd};

#endif
