/* 6 rows x 2 vectors: 12 accumulators, 2 panel vectors and a broadcast fill 15 of the 16 registers, and 12 chains hide
 * the FMA's latency (4 to 5 cycles at 2 a cycle needs 10). */
#include "la/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Without this gcc keeps acc in memory at -O2, at a third of the speed. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 6")
#endif
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((target("avx2,fma"), always_inline))

/* `rows` is a constant at each call, so the loops over r unroll and acc lives in registers. */
AVX2_INLINE void block(const float *x, size_t ldx, const int rows, size_t depth, const float *panel, float *out,
                       size_t ldo, int first)
{
    __m256 acc[KC_LA_STRIP][2];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 2; v++)
            acc[r][v] = first ? _mm256_setzero_ps() : _mm256_loadu_ps(out + (size_t)r * ldo + (size_t)v * 8);
    for (size_t t = 0; t < depth; t++) {
        __m256 p0 = _mm256_loadu_ps(panel + t * 16);
        __m256 p1 = _mm256_loadu_ps(panel + t * 16 + 8);
        UNROLL for (int r = 0; r < rows; r++) {
            __m256 b = _mm256_broadcast_ss(x + (size_t)r * ldx + t);
            acc[r][0] = _mm256_fmadd_ps(b, p0, acc[r][0]);
            acc[r][1] = _mm256_fmadd_ps(b, p1, acc[r][1]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 2; v++)
            _mm256_storeu_ps(out + (size_t)r * ldo + (size_t)v * 8, acc[r][v]);
}

AVX2_INLINE void blockd(const double *x, size_t ldx, const int rows, size_t depth, const double *panel, double *out,
                        size_t ldo, int first)
{
    __m256d acc[KC_LA_STRIP][2];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 2; v++)
            acc[r][v] = first ? _mm256_setzero_pd() : _mm256_loadu_pd(out + (size_t)r * ldo + (size_t)v * 4);
    for (size_t t = 0; t < depth; t++) {
        __m256d p0 = _mm256_loadu_pd(panel + t * 8);
        __m256d p1 = _mm256_loadu_pd(panel + t * 8 + 4);
        UNROLL for (int r = 0; r < rows; r++) {
            __m256d b = _mm256_broadcast_sd(x + (size_t)r * ldx + t);
            acc[r][0] = _mm256_fmadd_pd(b, p0, acc[r][0]);
            acc[r][1] = _mm256_fmadd_pd(b, p1, acc[r][1]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 2; v++)
            _mm256_storeu_pd(out + (size_t)r * ldo + (size_t)v * 4, acc[r][v]);
}

#define BY_ROWS(f)                                                        \
    switch (rows) {                                                       \
    case 6: f(x, ldx, 6, depth, panel, out, ldo, first); break;           \
    case 5: f(x, ldx, 5, depth, panel, out, ldo, first); break;           \
    case 4: f(x, ldx, 4, depth, panel, out, ldo, first); break;           \
    case 3: f(x, ldx, 3, depth, panel, out, ldo, first); break;           \
    case 2: f(x, ldx, 2, depth, panel, out, ldo, first); break;           \
    default: f(x, ldx, 1, depth, panel, out, ldo, first); break;          \
    }

AVX2 static void strip(const float *x, size_t ldx, size_t rows, size_t depth, const float *panel, float *out, size_t ldo,
                       int first)
{
    BY_ROWS(block)
}

AVX2 static void stripd(const double *x, size_t ldx, size_t rows, size_t depth, const double *panel, double *out,
                        size_t ldo, int first)
{
    BY_ROWS(blockd)
}

const struct kc_la_kernels kc_la_avx2 = {"avx2", strip, stripd};

#endif
