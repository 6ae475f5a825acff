/* What the control groups of this process allow: memory and processors, of versions 1 and 2, with all groups above. */
#ifndef KC_BASE_CGROUP_H
#define KC_BASE_CGROUP_H

#include <stdint.h>

/* Return the bytes of memory that can still be taken, swap included; UINT64_MAX if no group limits it. What the kernel
 * can drop, the cache of files, counts as free. limit: the bytes of the group that allows least. */
uint64_t kc_cgroup_room(uint64_t *limit);
/* Return the processors that the quotas allow, rounded up; 0 if there is no quota. */
unsigned kc_cgroup_cpus(void);

#endif
