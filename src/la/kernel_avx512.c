/* The kernel for AVX-512, with vectors of 16 floats: 12 columns x 2 panels are 24 accumulators of the 32 registers, and
 * 2 + 12 loads for 24 FMA leave room at the load ports. It has half the depth of the other kernels, so that two panels
 * stay in L1. */
#include "la/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#define WIDTH 16
#define COLUMNS 12
#define PANELS 2
typedef __m512 vf;
typedef __m512d vd;
#define vf_zero _mm512_setzero_ps
#define vf_load _mm512_loadu_ps
#define vf_store _mm512_storeu_ps
#define vf_all(p) _mm512_set1_ps(*(p))
#define vf_fma _mm512_fmadd_ps
#define vd_zero _mm512_setzero_pd
#define vd_load _mm512_loadu_pd
#define vd_store _mm512_storeu_pd
#define vd_all(p) _mm512_set1_pd(*(p))
#define vd_fma _mm512_fmadd_pd
#include "la/kernel_strip.h"

#define KC_LA_TARGET TARGET
#include "la/kernel_loops.h"

const struct kc_la_kernels kc_la_avx512 = {"avx512", 128, COLUMNS, PANELS, kc_la_pack_avx2, multiply_strip,
                                           multiply_stripd, arg_max, arg_max2, gain, gain_weighted, axpy, addd, axpyd,
                                           add_rounded, add_parts, widen_halves, widen_bytes, dot, dotd};

#endif
