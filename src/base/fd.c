/* System calls carried through. Descriptors may be inherited in non-blocking mode, so EAGAIN is handled by waiting. A
 * call that a signal interrupts is repeated, because signals only set flags here (cli/signals.c). */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 30) /* Linux transfers no more than 2 GiB at once */

static size_t limit_piece(size_t n)
{
    return n < PIECE ? n : PIECE;
}

/* Return the errno of a failed transfer; 0, to try again, if it was interrupted, or if it would have blocked and can
 * continue now. */
static int wait_or_fail(int fd, short event)
{
    if (errno == EINTR)
        return 0;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return errno;
    struct pollfd f = {fd, event, 0};
    return poll(&f, 1, -1) < 0 && errno != EINTR ? errno : 0;
}

int kc_fd_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int kc_fd_open_in(int dir, const char *name, int flags)
{
    int fd;
    do
        fd = openat(dir, name, flags);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int kc_fd_read(int fd, void *p, size_t n, size_t *got)
{
    for (;;) {
        ssize_t r = read(fd, p, limit_piece(n));
        *got = r > 0 ? (size_t)r : 0;
        int err = r < 0 ? wait_or_fail(fd, POLLIN) : 0;
        if (r >= 0 || err != 0)
            return err;
    }
}

int kc_fd_pread(int fd, void *p, size_t n, off_t at, size_t *got)
{
    for (*got = 0; *got < n;) {
        ssize_t r = pread(fd, (char *)p + *got, limit_piece(n - *got), at + (off_t)*got);
        int err = r < 0 ? wait_or_fail(fd, POLLIN) : 0;
        if (r == 0 || err != 0)
            return err;
        *got += r > 0 ? (size_t)r : 0;
    }
    return 0;
}

int kc_fd_write(int fd, const void *p, size_t n, off_t at)
{
    for (size_t done = 0; done < n;) {
        const char *from = (const char *)p + done;
        ssize_t w = at < 0 ? write(fd, from, limit_piece(n - done)) :
                    pwrite(fd, from, limit_piece(n - done), at + (off_t)done);
        int err = w == 0 ? EIO : w < 0 ? wait_or_fail(fd, POLLOUT) : 0;
        if (err != 0)
            return err;
        done += w > 0 ? (size_t)w : 0;
    }
    return 0;
}

int kc_fd_sync(int fd)
{
    while (fsync(fd) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

int kc_fd_owner(int fd, uid_t user, gid_t group)
{
    while (fchown(fd, user, group) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

int kc_fd_mode(int fd, mode_t mode)
{
    while (fchmod(fd, mode) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}
