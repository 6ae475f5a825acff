#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"

static int lock(int fd, int how)
{
    int rc;
    do
        rc = flock(fd, how);
    while (rc != 0 && errno == EINTR);
    return rc;
}

/* No file is there, or no way to it: nothing to lock, and whoever reads or writes there says so in his own words. */
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
            return 0; /* it went meanwhile */
        if (f < 0)
            return kc_err_sys(e, path, errno, "cannot lock");
        if (lock(f, LOCK_EX | LOCK_NB) != 0) {
            *waited = 1;
            if (errno != EWOULDBLOCK || lock(f, LOCK_EX) != 0) {
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
        /* it was replaced meanwhile: the one that is there now */
    }
}

void kc_lock_drop(int fd)
{
    if (fd >= 0)
        close(fd);
}
