/* The loops of lanes.h for any CPU, and the choice between them. */
#define KC_MAP_TARGET
#define KC_MAP_LANES_NAME kc_map_portable
#include "core/map/lanes_body.h"

#include "core/graph/offer.h"

const struct kc_map_lanes *kc_map_lanes_get(void)
{
#if defined(__x86_64__)
    if (strcmp(kc_la_kernel(), "portable") != 0)
        return &kc_map_avx2;
#endif
    return &kc_map_portable;
}
