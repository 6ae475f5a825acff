/* Linked around the program: counts its steps, and at one of them sends it a signal, or lets its time be up.
 *
 *   HOOK_TERM=N   SIGTERM before the Nth step     HOOK_USR1=N   SIGUSR1 before every Nth step
 *   HOOK_LATE=N   time is up from the Nth step on HOOK_COUNT=FILE   the number of steps, at the end
 *   HOOK_RANK=N   SIGTERM on this rank of a team only */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/cluster/steps.h"

int __real_kc_steps_at(struct kc_steps *steps, struct kc_err *e);
int __real_kc_steps_late(const struct kc_steps *steps, struct kc_err *e);
int __wrap_kc_steps_at(struct kc_steps *steps, struct kc_err *e);
int __wrap_kc_steps_late(const struct kc_steps *steps, struct kc_err *e);

static long steps_made;

/* Return 1 if this rank of a team is to get the signal: the one that HOOK_RANK names, or any. */
static int is_meant(void)
{
    const char *rank = getenv("HOOK_RANK"), *own = getenv("OMPI_COMM_WORLD_RANK");
    own = own ? own : getenv("PMI_RANK");
    return !rank || (own && strcmp(rank, own) == 0);
}

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
    if (number("HOOK_TERM") == steps_made && is_meant())
        raise(SIGTERM);
    if (number("HOOK_USR1") > 0 && steps_made % number("HOOK_USR1") == 0)
        raise(SIGUSR1);
    int rc = __real_kc_steps_at(steps, e);
    return rc == 0 && steps && is_late() ? 1 : rc;
}

int __wrap_kc_steps_late(const struct kc_steps *steps, struct kc_err *e)
{
    return steps && is_late() ? 1 : __real_kc_steps_late(steps, e);
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
