/* An flock on the file itself, without a lock file that could be left over. Whoever gets the lock may hold it on a file
 * that was renamed over meanwhile, so it is compared with the file at the path, and if they differ that one is
 * locked. */
#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"

/* Call flock until no signal interrupts it. */
static int flock_fully(int fd, int how)
{
    int rc;
    do
        rc = flock(fd, how);
    while (rc != 0 && errno == EINTR);
    return rc;
}

/* Return 1 if no file is there, or no way leads to it: there is nothing to lock, and reading or writing it will report
 * the error itself. */
static int unreachable(int err)
{
    return err == ENOENT || err == ENOTDIR || err == EACCES || err == ELOOP || err == ENAMETOOLONG;
}

int kc_lock_take(const char *path, int *fd, int *waited, struct kc_err *e)
{
    *fd = -1;
    *waited = 0;
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
        if (flock_fully(f, LOCK_EX | LOCK_NB) != 0) {
            *waited = 1;
            if (errno != EWOULDBLOCK || flock_fully(f, LOCK_EX) != 0) {
                int err = errno;
                close(f);
                return kc_err_sys(e, path, err, "cannot lock");
            }
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
