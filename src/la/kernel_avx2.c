/* 6 columns x 2 vectors of rows: 12 accumulators, 2 panel vectors and a broadcast fill 15 of the 16 registers, and 12
 * chains hide the FMA's latency (4 to 5 cycles at 2 a cycle needs 10). */
#include "la/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((target("avx2,fma"), always_inline))
/* Without this gcc keeps acc in memory at -O2, at a third of the speed. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* Transpose 8 rows x 8 dimensions in registers. */
AVX2_INLINE void transpose8(const float *const *row, size_t t, float *panel)
{
    __m256 a[8], b[8];
    UNROLL for (int i = 0; i < 8; i++)
        a[i] = _mm256_loadu_ps(row[i] + t);
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

AVX2 static void pack(const float *const *row, size_t rows, size_t t0, size_t depth, float *panel)
{
    size_t t = 0;
    if (rows == KC_LA_LANES)
        for (; t + 8 <= depth; t += 8) {
            transpose8(row, t0 + t, panel + t * KC_LA_LANES);
            transpose8(row + 8, t0 + t, panel + t * KC_LA_LANES + 8);
        }
    for (; t < depth; t++)
        for (size_t r = 0; r < KC_LA_LANES; r++)
            panel[t * KC_LA_LANES + r] = r < rows ? row[r][t0 + t] : 0.0f;
}

/* `cols` is a constant at each call, so the loops over j unroll and acc lives in registers. */
AVX2_INLINE void block(const float *panel, const float *const *c, const int cols, size_t t0, size_t depth, float *out,
                       size_t ldo)
{
    __m256 acc[KC_LA_STRIP][2];
    UNROLL for (int j = 0; j < cols; j++)
        UNROLL for (int v = 0; v < 2; v++)
            acc[j][v] = t0 == 0 ? _mm256_setzero_ps() : _mm256_loadu_ps(out + (size_t)j * ldo + (size_t)v * 8);
    for (size_t t = 0; t < depth; t++) {
        __m256 p0 = _mm256_loadu_ps(panel + t * 16);
        __m256 p1 = _mm256_loadu_ps(panel + t * 16 + 8);
        UNROLL for (int j = 0; j < cols; j++) {
            __m256 b = _mm256_broadcast_ss(c[j] + t0 + t);
            acc[j][0] = _mm256_fmadd_ps(p0, b, acc[j][0]);
            acc[j][1] = _mm256_fmadd_ps(p1, b, acc[j][1]);
        }
    }
    UNROLL for (int j = 0; j < cols; j++)
        UNROLL for (int v = 0; v < 2; v++)
            _mm256_storeu_ps(out + (size_t)j * ldo + (size_t)v * 8, acc[j][v]);
}

AVX2_INLINE void blockd(const double *panel, const double *const *c, const int cols, size_t t0, size_t depth,
                        double *out, size_t ldo)
{
    __m256d acc[KC_LA_STRIP][2];
    UNROLL for (int j = 0; j < cols; j++)
        UNROLL for (int v = 0; v < 2; v++)
            acc[j][v] = t0 == 0 ? _mm256_setzero_pd() : _mm256_loadu_pd(out + (size_t)j * ldo + (size_t)v * 4);
    for (size_t t = 0; t < depth; t++) {
        __m256d p0 = _mm256_loadu_pd(panel + t * 8);
        __m256d p1 = _mm256_loadu_pd(panel + t * 8 + 4);
        UNROLL for (int j = 0; j < cols; j++) {
            __m256d b = _mm256_broadcast_sd(c[j] + t0 + t);
            acc[j][0] = _mm256_fmadd_pd(p0, b, acc[j][0]);
            acc[j][1] = _mm256_fmadd_pd(p1, b, acc[j][1]);
        }
    }
    UNROLL for (int j = 0; j < cols; j++)
        UNROLL for (int v = 0; v < 2; v++)
            _mm256_storeu_pd(out + (size_t)j * ldo + (size_t)v * 4, acc[j][v]);
}

#define BY_COLS(f)                                                        \
    switch (cols) {                                                       \
    case 6: f(panel, c, 6, t, depth, out, ldo); break;           \
    case 5: f(panel, c, 5, t, depth, out, ldo); break;           \
    case 4: f(panel, c, 4, t, depth, out, ldo); break;           \
    case 3: f(panel, c, 3, t, depth, out, ldo); break;           \
    case 2: f(panel, c, 2, t, depth, out, ldo); break;           \
    default: f(panel, c, 1, t, depth, out, ldo); break;          \
    }

AVX2 static void strip(const float *panel, const float *const *c, size_t cols, size_t t, size_t depth, float *out,
                       size_t ldo)
{
    BY_COLS(block)
}

AVX2 static void stripd(const double *panel, const double *const *c, size_t cols, size_t t, size_t depth, double *out,
                        size_t ldo)
{
    BY_COLS(blockd)
}

#define KC_LA_TARGET AVX2
#include "la/kernel_loops.h"

const struct kc_la_kernels kc_la_avx2 = {"avx2", pack, strip, stripd, arg_max, arg_max2, gain,
                                         add, sub, addd, subd, axpyd, dot, dotd};

#endif
