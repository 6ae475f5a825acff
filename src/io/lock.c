/* An flock on the file itself, without a lock file that could be left over. Whoever gets the lock may hold it on a file
 * that was renamed over meanwhile, so it is compared with the file at the path, and if they differ that one is
 * locked. */
#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"

/* One wait for a lock. */
struct waiting {
    const struct kc_ctx *ctx;
    const char *path;
    double timeout, began;
    int told;
};

/* Try to get the lock until the time is up. The lock is asked for again and again, because flock has no time limit of
 * its own. */
static int wait_for_lock(struct waiting *w, int fd, struct kc_err *e)
{
    long pause = 2000000; /* nanoseconds, up to 32 ms */
    for (;;) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return kc_err_sys(e, w->path, errno, "cannot lock");
        double waited = kc_clock_now() - w->began;
        if (w->timeout >= 0 && waited >= w->timeout)
            return kc_err_at(e, KC_ESYS, w->path, 0,
                             "locked by another process for more than %g s: a run that writes it, or a reader's flock; "
                             "--lock-timeout sets how long to wait", w->timeout);
        if (!w->told && waited >= KC_LOCK_TOLD) {
            w->told = 1;
            kc_ctx_log(w->ctx, KC_LOG_ALWAYS, "waiting for another process that has locked %s", w->path);
        }
        const struct timespec t = {0, pause};
        (void)nanosleep(&t, NULL);
        pause = pause < 32000000 ? 2 * pause : pause;
    }
}

/* Return 1 if no file is there, or no way leads to it: there is nothing to lock, and reading or writing it will report
 * the error itself. */
static int unreachable(int err)
{
    return err == ENOENT || err == ENOTDIR || err == EACCES || err == ELOOP || err == ENAMETOOLONG;
}

int kc_lock_take(const struct kc_ctx *ctx, const char *path, double timeout, int *fd, struct kc_err *e)
{
    struct waiting w = {.ctx = ctx, .path = path, .timeout = timeout, .began = kc_clock_now()};
    *fd = -1;
    for (;;) {
        struct stat here, there;
        int f;
        if (strcmp(path, "-") == 0 || (stat(path, &there) == 0 ? !S_ISREG(there.st_mode) : unreachable(errno)))
            return 0;
        f = kc_fd_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
        if (f < 0 && errno == ENOENT)
            return 0; /* it was removed meanwhile */
        if (f < 0)
            return kc_err_sys(e, path, errno, "cannot lock");
        if (wait_for_lock(&w, f, e) != 0) {
            close(f);
            return -1;
        }
        int known = fstat(f, &here) == 0 && stat(path, &there) == 0, err = known ? 0 : errno;
        if (known && here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
            *fd = f;
            return 0;
        }
        close(f);
        if (err != 0 && err != ENOENT)
            return kc_err_sys(e, path, err, "cannot lock");
        /* the file was replaced meanwhile: lock the one that is there now */
    }
}

void kc_lock_drop(int fd)
{
    if (fd >= 0)
        close(fd);
}
