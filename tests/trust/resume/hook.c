/* Linked around the program: counts its steps, and at one of them sends it a signal, or lets its time be up.
 *
 *   HOOK_TERM=N   SIGTERM before the Nth step     HOOK_USR1=N   SIGUSR1 before every Nth step
 *   HOOK_LATE=N   time is up from the Nth step on HOOK_COUNT=FILE   the number of steps, at the end */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/cluster/steps.h"

int __real_kc_steps_at(struct kc_steps *steps, struct kc_err *e);
int __real_kc_steps_late(const struct kc_steps *steps);
int __wrap_kc_steps_at(struct kc_steps *steps, struct kc_err *e);
int __wrap_kc_steps_late(const struct kc_steps *steps);

static long steps_made;

static long number(const char *name)
{
    const char *s = getenv(name);
    return s ? atol(s) : 0;
}

static int is_late(void)
{
    long n = number("HOOK_LATE");
    return n > 0 && steps_made >= n;
}

int __wrap_kc_steps_at(struct kc_steps *steps, struct kc_err *e)
{
    steps_made++;
    if (number("HOOK_TERM") == steps_made)
        raise(SIGTERM);
    if (number("HOOK_USR1") > 0 && steps_made % number("HOOK_USR1") == 0)
        raise(SIGUSR1);
    int rc = __real_kc_steps_at(steps, e);
    return rc == 0 && steps && is_late() ? 1 : rc;
}

int __wrap_kc_steps_late(const struct kc_steps *steps)
{
    return (steps && is_late()) || __real_kc_steps_late(steps);
}

__attribute__((destructor)) static void tell(void)
{
    const char *name = getenv("HOOK_COUNT");
    FILE *f = name ? fopen(name, "w") : NULL;
    if (f) {
        fprintf(f, "%ld\n", steps_made);
        fclose(f);
    }
}
