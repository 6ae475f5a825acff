/* LD_PRELOAD: kclust that dies wrongly, for the harness to see. FAULT=stay: its temporary files are not removed when a
 * signal comes; FAULT=exit: it ends with exit 130 instead; FAULT=late: it takes its time; FAULT=never: it goes on. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is(const char *what)
{
    const char *s = getenv("FAULT");
    return s && strcmp(s, what) == 0;
}

int unlink(const char *path)
{
    return is("stay") ? 0 : (int)syscall(SYS_unlink, path);
}

int raise(int sig)
{
    if (is("exit"))
        _exit(130);
    if (is("never"))
        return 0;
    if (is("late"))
        sleep(1);
    return (int)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
}
