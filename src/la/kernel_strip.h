/* The strips of a kernel, compiled once for each width of vector. A kernel's file defines the following and includes
 * this. There is no include guard, on purpose.
 *
 * TARGET            its function attribute
 * WIDTH             floats per vector (half as many doubles)
 * COLUMNS, PANELS   the most of a strip
 * vf, vd            the types of a vector of floats, of doubles
 * vf_load, vf_store, vf_fma (a b + c), vf_all (one number in all lanes), vf_zero, and the same of vd
 *
 * COLUMNS x 2 vectors of rows are the accumulators: enough chains to hide the latency of an FMA. */

#define INLINE static inline __attribute__((always_inline)) TARGET
/* without this gcc keeps acc in memory at -O2, at a third of the speed */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* `cols` and `vecs` are constants at each call, so the loops over them are unrolled and acc stays in registers. */
#define BLOCK(name, type, vec, lanes, width)                                                                     \
    INLINE void name(const type *panel, const int vecs, const type *const *c, const int cols, size_t t0,         \
                     size_t depth, type *out, size_t ldo)                                                        \
    {                                                                                                            \
        const size_t each = (lanes) / (width); /* vectors of a panel */                                          \
        vec acc[COLUMNS][2];                                                                                     \
        UNROLL for (int j = 0; j < cols; j++)                                                                    \
            UNROLL for (int v = 0; v < vecs; v++)                                                                \
                acc[j][v] = t0 == 0 ? vec##_zero() : vec##_load(out + (size_t)j * ldo + (size_t)v * (width));    \
        for (size_t t = 0; t < depth; t++) {                                                                     \
            vec p[2];                                                                                            \
            UNROLL for (int v = 0; v < vecs; v++)                                                                \
                p[v] = vec##_load(panel + ((size_t)v / each * depth + t) * (lanes) + (size_t)v % each * (width)); \
            UNROLL for (int j = 0; j < cols; j++) {                                                              \
                vec b = vec##_all(c[j] + t0 + t);                                                                \
                UNROLL for (int v = 0; v < vecs; v++)                                                            \
                    acc[j][v] = vec##_fma(p[v], b, acc[j][v]);                                                   \
            }                                                                                                    \
        }                                                                                                        \
        UNROLL for (int j = 0; j < cols; j++)                                                                    \
            UNROLL for (int v = 0; v < vecs; v++)                                                                \
                vec##_store(out + (size_t)j * ldo + (size_t)v * (width), acc[j][v]);                             \
    }

BLOCK(block, float, vf, KC_LA_LANES, WIDTH)
BLOCK(blockd, double, vd, KC_LA_LANESD, WIDTH / 2)

#define CASE(f, vecs, n)                                  \
    case n:                                               \
        f(panel, vecs, c, n, t, depth, out, ldo);         \
        break;
#define SIX(f, vecs)                                                                                             \
    CASE(f, vecs, 1) CASE(f, vecs, 2) CASE(f, vecs, 3) CASE(f, vecs, 4) CASE(f, vecs, 5) CASE(f, vecs, 6)
#if COLUMNS > 6
#define CASES(f, vecs)                                                                                           \
    SIX(f, vecs) CASE(f, vecs, 7) CASE(f, vecs, 8) CASE(f, vecs, 9)                                              \
    CASE(f, vecs, 10) CASE(f, vecs, 11) CASE(f, vecs, 12)
#else
#define CASES(f, vecs) SIX(f, vecs)
#endif

TARGET static void multiply_strip(const float *panel, size_t panels, const float *const *c, size_t cols, size_t t,
                                  size_t depth, float *out, size_t ldo)
{
    if (PANELS > 1 && panels == 1)
        switch (cols) {
            CASES(block, 1)
        }
    else
        switch (cols) {
            CASES(block, 2)
        }
}

TARGET static void multiply_stripd(const double *panel, const double *const *c, size_t cols, size_t t, size_t depth,
                                   double *out, size_t ldo)
{
    switch (cols) {
        CASES(blockd, 2)
    }
}
