/* The two ways to read an array of numbers, behind kc_num_floats and kc_num_listed (num.h), which choose by the CPU. Both give the same
 * bits: every number is rounded exactly. */
#ifndef KC_BASE_NUM_SIMD_H
#define KC_BASE_NUM_SIMD_H

#include "base/num.h"

/* As kc_num_floats and kc_num_listed, one number after the other in plain C, where the first `done` numbers have been read already and
 * *pp is behind the last of them (done > 0) or at the first element (done == 0). */
size_t kc_num_floats_plain(const char **pp, float *out, size_t done, size_t room, enum kc_num_status *status);
size_t kc_num_listed_plain(const char **pp, float *out, size_t done, size_t room, const struct kc_num_list *list,
                           enum kc_num_status *status);

#if defined(__x86_64__)
/* 1 when this CPU has what kc_num_floats_avx2 needs. */
int kc_num_has_avx2(void);

/* The first numbers of the list at *pp into out (room), in fours, as long as they are plainly written; text can be
 * read from `floor` on. Returns how many; *pp is at the sep or close behind the last of them, unchanged without any. */
size_t kc_num_listed_avx2(const char **pp, const char *floor, float *out, size_t room, const struct kc_num_list *list);
#endif

#endif
