/* The clock for measuring intervals. */
#ifndef KC_BASE_CLOCK_H
#define KC_BASE_CLOCK_H

#include <time.h>

/* Return the seconds since some fixed time; never goes back. */
static inline double kc_clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
