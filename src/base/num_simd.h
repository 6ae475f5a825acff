/* The two ways to read an array of numbers. kc_num_floats and kc_num_listed (num.h) choose by the CPU. Both give the
 * same bits: every number is rounded exactly. */
#ifndef KC_BASE_NUM_SIMD_H
#define KC_BASE_NUM_SIMD_H

#include "base/num.h"

/* Parse as kc_num_floats and kc_num_listed do, one number after the other in plain C. The first `done` numbers have
 * been read already; *pp is after the last of them (done > 0) or at the first element (done == 0). */
size_t kc_num_floats_plain(const char **pp, float *out, size_t done, size_t room, enum kc_num_status *status);
size_t kc_num_listed_plain(const char **pp, float *out, size_t done, size_t room, const struct kc_num_list *list,
                           enum kc_num_status *status);

#if defined(__x86_64__)
/* Return 1 if this CPU has what kc_num_listed_avx2 needs. */
int kc_num_has_avx2(void);

/* Read the first numbers of the list at *pp into out (room), four at a time, as long as they are written plainly. The
 * text is readable from `floor` on. Return how many; *pp moves to the sep or close after the last of them, and not at
 * all if there are none. */
size_t kc_num_listed_avx2(const char **pp, const char *floor, float *out, size_t room, const struct kc_num_list *list);
#endif

#endif
