/* The loops of lanes.h for AVX2; not its fused multiply-adds, which round otherwise. */
#if defined(__x86_64__)

#define KC_MAP_TARGET __attribute__((target("avx2")))
#define KC_MAP_LANES_NAME kc_map_avx2
#include "core/map/lanes_body.h"

#else
typedef int kc_map_no_avx2; /* a file must not be empty */
#endif
