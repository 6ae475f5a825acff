/* LD_PRELOAD: system calls that fail at the Nth call, are interrupted, would block, or transfer little. Told by the
 * environment:
 *   TIO_CALL, TIO_AT, TIO_ERRNO   the TIO_ATth call of that name fails with the number; with TIO_ON=1 later ones too
 *   TIO_SHORT=K                   reads and writes of at most 1..K bytes, drawn afresh for each
 *   TIO_EINTR=P, TIO_EAGAIN=P     so many of 100 calls that may be interrupted, or would block, are and do
 *   TIO_SEED                      what is drawn comes from it
 *   TIO_COUNTS=FILE               at the end: how often each was called, a line each
 *   TIO_LIE=write|fsync|...       planted faults: that call does nothing and says that all went well (at TIO_AT) */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum call { READ, PREAD, WRITE, PWRITE, OPEN, FSYNC, CLOSE, RENAME, FSTAT, STAT, READLINK, ACCESS, LSEEK, FCNTL, DUP,
            FCHMOD, FCHOWN, UNLINK, POLL, CALLS };
static const char *const names[CALLS] = {
    "read", "pread", "write", "pwrite", "open", "fsync", "close", "rename", "fstat", "stat", "readlink", "access",
    "lseek", "fcntl", "dup", "fchmod", "fchown", "unlink", "poll"};

static atomic_long counts[CALLS];
static atomic_ullong state;
static int fails = -1, lies = -1, err, on;
static long at, most, eintr, eagain;
static const char *report;

static long number(const char *name)
{
    const char *s = getenv(name);
    return s ? atol(s) : 0;
}

static int which(const char *variable)
{
    const char *s = getenv(variable);
    for (int i = 0; s && i < CALLS; i++)
        if (strcmp(s, names[i]) == 0)
            return i;
    return -1;
}

__attribute__((constructor)) static void start(void)
{
    fails = which("TIO_CALL");
    lies = which("TIO_LIE");
    err = (int)number("TIO_ERRNO");
    on = (int)number("TIO_ON");
    at = number("TIO_AT");
    most = number("TIO_SHORT");
    eintr = number("TIO_EINTR");
    eagain = number("TIO_EAGAIN");
    atomic_store(&state, (unsigned long long)number("TIO_SEED") * 2654435761u + 1);
    report = getenv("TIO_COUNTS");
}

__attribute__((destructor)) static void end(void)
{
    char line[64];
    if (!report)
        return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (int i = 0; i < CALLS; i++) {
        int n = snprintf(line, sizeof line, "%s %ld\n", names[i], atomic_load(&counts[i]));
        if (syscall(SYS_write, fd, line, n) != n)
            _exit(99);
    }
    syscall(SYS_close, fd);
}

static unsigned draw(unsigned n)
{
    unsigned long long x = atomic_fetch_add(&state, 0x9E3779B97F4A7C15ull);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ x >> 27) * 0x94D049BB133111EBull;
    return (unsigned)((x ^ x >> 31) % n);
}

/* -1 with errno: the call is to fail. 1: it is to lie. */
static int meet(enum call c)
{
    static const char may_wait[CALLS] = {[READ] = 1, [WRITE] = 1};
    static const char may_be_interrupted[CALLS] = {[READ] = 1, [PREAD] = 1, [WRITE] = 1, [PWRITE] = 1, [OPEN] = 1,
                                                   [FSYNC] = 1, [CLOSE] = 1, [POLL] = 1, [FCHMOD] = 1, [FCHOWN] = 1};
    long n = atomic_fetch_add(&counts[c], 1) + 1;
    if ((int)c == lies && (at == 0 || n == at))
        return 1;
    if ((int)c == fails && (n == at || (on && n > at))) {
        errno = err;
        return -1;
    }
    if (may_be_interrupted[c] && eintr && draw(100) < (unsigned)eintr) {
        errno = EINTR;
        return -1;
    }
    if (may_wait[c] && eagain && draw(100) < (unsigned)eagain) {
        errno = EAGAIN;
        return -1;
    }
    return 0;
}

static size_t cut(size_t n)
{
    size_t k = most ? 1 + draw((unsigned)most) : n;
    return k < n ? k : n;
}

#define MEET(call, lie)          \
    do {                         \
        int met = meet(call);    \
        if (met < 0)             \
            return -1;           \
        if (met > 0)             \
            return lie;          \
    } while (0)

ssize_t read(int fd, void *p, size_t n)
{
    MEET(READ, 0);
    return syscall(SYS_read, fd, p, cut(n));
}

ssize_t __read_chk(int fd, void *p, size_t n, size_t size)
{
    (void)size;
    return read(fd, p, n);
}

ssize_t pread(int fd, void *p, size_t n, off_t from)
{
    MEET(PREAD, 0);
    return syscall(SYS_pread64, fd, p, cut(n), from);
}

ssize_t pread64(int fd, void *p, size_t n, off_t from)
{
    return pread(fd, p, n, from);
}

ssize_t write(int fd, const void *p, size_t n)
{
    MEET(WRITE, (ssize_t)n);
    return syscall(SYS_write, fd, p, cut(n));
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t to)
{
    MEET(PWRITE, (ssize_t)n);
    return syscall(SYS_pwrite64, fd, p, cut(n), to);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t to)
{
    return pwrite(fd, p, n, to);
}

static int open_with(const char *path, int flags, mode_t mode)
{
    MEET(OPEN, -1);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_with(path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int __open_2(const char *path, int flags)
{
    return open_with(path, flags, 0);
}

int fsync(int fd)
{
    MEET(FSYNC, 0);
    return (int)syscall(SYS_fsync, fd);
}

int close(int fd)
{
    int met = meet(CLOSE), e = errno;
    int rc = (int)syscall(SYS_close, fd); /* Linux closes, whatever it says */
    if (met >= 0)
        return rc;
    errno = e;
    return -1;
}

int rename(const char *from, const char *to)
{
    MEET(RENAME, 0);
    return (int)syscall(SYS_rename, from, to);
}

int fstat(int fd, struct stat *st)
{
    MEET(FSTAT, 0);
    return (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
}

int stat(const char *path, struct stat *st)
{
    MEET(STAT, 0);
    return (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, 0);
}

ssize_t readlink(const char *path, char *p, size_t n)
{
    MEET(READLINK, 0);
    return syscall(SYS_readlink, path, p, n);
}

ssize_t __readlink_chk(const char *path, char *p, size_t n, size_t size)
{
    (void)size;
    return readlink(path, p, n);
}

int access(const char *path, int mode)
{
    MEET(ACCESS, 0);
    return (int)syscall(SYS_access, path, mode);
}

off_t lseek(int fd, off_t to, int whence)
{
    MEET(LSEEK, 0);
    return syscall(SYS_lseek, fd, to, whence);
}

int fcntl(int fd, int cmd, ...)
{
    va_list ap;
    va_start(ap, cmd);
    long arg = va_arg(ap, long);
    va_end(ap);
    MEET(FCNTL, 0);
    return (int)syscall(SYS_fcntl, fd, cmd, arg);
}

int fcntl64(int fd, int cmd, ...) __attribute__((alias("fcntl")));

int dup(int fd)
{
    MEET(DUP, fd);
    return (int)syscall(SYS_dup, fd);
}

int fchmod(int fd, mode_t mode)
{
    MEET(FCHMOD, 0);
    return (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t u, gid_t g)
{
    MEET(FCHOWN, 0);
    return (int)syscall(SYS_fchown, fd, u, g);
}

int unlink(const char *path)
{
    MEET(UNLINK, 0);
    return (int)syscall(SYS_unlink, path);
}

int poll(struct pollfd *f, nfds_t n, int timeout)
{
    MEET(POLL, 0);
    return (int)syscall(SYS_poll, f, n, timeout);
}
