/* Linked with kclust instead of what it calls (--wrap, see run): each place in kclust that asks for memory, a buffer, a
 * file or the system is known by the address that it asks from, and can be refused there.
 *   PLACES_LOG=FILE           at the end: KIND ADDRESS CALLS, a line for each place that was met
 *   PLACES_AT=ADDRESS:N:ERRNO the Nth call from that place fails; of the system's calls with ERRNO
 *   PLACES_LIE=1              planted fault: it is not done, and success is reported
 * In a build that counts coverage the counters are also written when a signal kills. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "json/jsonw.h"
#include "base/mem.h"
#include "io/outfile.h"

#define MOST 4096 /* places; a power of two */

extern const char __executable_start[];
extern void __gcov_dump(void) __attribute__((weak));
void *__real_malloc(size_t n);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_write(int fd, const void *p, size_t n);

static struct place {
    const char *kind;
    size_t at;
    long calls;
} places[MOST];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static size_t refused_at;
static long refused_call;
static int refused_errno, lie;
static const char *report;

__attribute__((constructor)) static void start(void)
{
    const char *s = getenv("PLACES_AT");
    char *p;
    report = getenv("PLACES_LOG");
    lie = getenv("PLACES_LIE") != NULL;
    if (!s)
        return;
    refused_at = strtoul(s, &p, 16);
    refused_call = *p == ':' ? strtol(p + 1, &p, 10) : 0;
    refused_errno = *p == ':' ? atoi(p + 1) : 0;
}

__attribute__((destructor)) static void end(void)
{
    int fd = report ? __real_open(report, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd < 0)
        return;
    for (size_t i = 0; i < MOST; i++) {
        char line[96];
        const struct place *p = &places[i];
        int n = p->kind ? snprintf(line, sizeof line, "%s %zx %ld\n", p->kind, p->at, p->calls) : 0;
        if (n > 0 && __real_write(fd, line, (size_t)n) != n)
            abort();
    }
    __real_close(fd);
}

/* Is this call, by the place at `from`, to be refused? */
static int no(const char *kind, const void *from)
{
    size_t at = (size_t)((const char *)from - __executable_start), i = at * 0x9E3779B9u % MOST;
    pthread_mutex_lock(&guard);
    for (; places[i].kind && places[i].at != at; i = (i + 1) % MOST)
        ;
    places[i].kind = kind;
    places[i].at = at;
    long n = ++places[i].calls;
    pthread_mutex_unlock(&guard);
    if (at != refused_at || n != refused_call)
        return 0;
    errno = refused_errno;
    return 1;
}

#define NO(kind) no(kind, __builtin_return_address(0))

/* TYPE NAME(PARAMETERS) as KIND: refused it gives REFUSED, a lie LIED. */
#define PLACE(type, name, kind, parameters, arguments, refused, lied) \
    type __real_##name parameters;                                    \
    type __wrap_##name parameters;                                    \
    type __wrap_##name parameters                                     \
    {                                                                 \
        if (NO(kind))                                                 \
            return lie ? (lied) : (refused);                          \
        return __real_##name arguments;                               \
    }

static void *null(struct kc_err *e, size_t bytes)
{
    (void)kc_mem_fail(e, bytes);
    return NULL;
}

static int full(struct kc_err *e)
{
    return kc_err_sys(e, NULL, ENOSPC, "cannot write");
}

/* memory */
PLACE(void *, kc_mem_alloc, "memory", (size_t count, size_t size, struct kc_err *e), (count, size, e),
      null(e, kc_mem_mul(count, size)), NULL)
PLACE(void *, kc_mem_zalloc, "memory", (size_t count, size_t size, struct kc_err *e), (count, size, e),
      null(e, kc_mem_mul(count, size)), NULL)
PLACE(void *, kc_mem_aligned, "memory", (size_t count, size_t size, struct kc_err *e), (count, size, e),
      null(e, kc_mem_mul(count, size)), NULL)
PLACE(void *, kc_mem_realloc, "memory", (void *old, size_t count, size_t size, struct kc_err *e), (old, count, size, e),
      null(e, kc_mem_mul(count, size)), NULL)
PLACE(char *, kc_mem_strdup, "memory", (const char *s, struct kc_err *e), (s, e), null(e, strlen(s)), NULL)
PLACE(int, kc_buf_reserve, "buffer", (struct kc_buf *b, size_t more, struct kc_err *e), (b, more, e),
      kc_mem_fail(e, more), 0)
PLACE(int, kc_buf_add, "buffer", (struct kc_buf *b, const void *p, size_t n, struct kc_err *e), (b, p, n, e),
      kc_mem_fail(e, n), 0)
PLACE(int, kc_buf_adds, "buffer", (struct kc_buf *b, const char *s, struct kc_err *e), (b, s, e),
      kc_mem_fail(e, strlen(s)), 0)
PLACE(int, kc_buf_addc, "buffer", (struct kc_buf *b, char c, struct kc_err *e), (b, c, e), kc_mem_fail(e, 1), 0)
PLACE(int, kc_strs_add, "buffer", (struct kc_strs *s, const char *p, size_t n, struct kc_err *e), (s, p, n, e),
      kc_mem_fail(e, n), 0)
PLACE(int, kc_strs_append, "buffer", (struct kc_strs *s, const struct kc_strs *more, struct kc_err *e), (s, more, e),
      kc_mem_fail(e, more->bytes.n), 0)
PLACE(int, kc_jsonw_end, "buffer", (struct kc_jsonw *w), (w), kc_mem_fail(w->e, 1), 0)

int __real_kc_buf_add(struct kc_buf *b, const void *p, size_t n, struct kc_err *e);
int __wrap_kc_buf_printf(struct kc_buf *b, struct kc_err *e, const char *fmt, ...) KC_PRINTF(3, 4);
int __wrap_kc_buf_printf(struct kc_buf *b, struct kc_err *e, const char *fmt, ...)
{
    va_list ap;
    char *text;
    if (NO("buffer"))
        return lie ? 0 : kc_mem_fail(e, 1);
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return kc_mem_fail(e, 1);
    int rc = __real_kc_buf_add(b, text, (size_t)n, e);
    free(text);
    return rc;
}

/* outputs */
PLACE(int, kc_outfile_open, "output", (struct kc_outfile **f, const char *path, struct kc_err *e), (f, path, e),
      (*f = NULL, full(e)), 0)
PLACE(int, kc_outfile_open_spool, "output", (struct kc_outfile **f, struct kc_err *e), (f, e), (*f = NULL, full(e)), 0)
PLACE(int, kc_outfile_write, "output", (struct kc_outfile *f, const void *p, size_t n, struct kc_err *e), (f, p, n, e),
      full(e), 0)
PLACE(int, kc_outfile_push, "output", (struct kc_outfile *f, struct kc_err *e), (f, e), full(e), 0)
PLACE(int, kc_outfile_patch, "output", (struct kc_outfile *f, uint64_t at, const void *p, size_t n, struct kc_err *e),
      (f, at, p, n, e), full(e), 0)
PLACE(int, kc_outfile_copy, "output", (struct kc_outfile *f, struct kc_outfile *spool, struct kc_err *e), (f, spool, e),
      full(e), 0)
PLACE(int, kc_outfile_finish, "output", (struct kc_outfile *f, struct kc_err *e), (f, e), full(e), 0)
PLACE(int, kc_outfile_commit, "output", (struct kc_outfile *f, struct kc_err *e), (f, e), full(e), 0)
PLACE(int, kc_outfile_commit_all, "output", (struct kc_outfile *const *f, size_t n, struct kc_err *e), (f, n, e),
      full(e), 0)

/* the system */
PLACE(ssize_t, read, "read", (int fd, void *p, size_t n), (fd, p, n), -1, 0)
PLACE(ssize_t, pread, "pread", (int fd, void *p, size_t n, off_t at), (fd, p, n, at), -1, 0)
PLACE(ssize_t, write, "write", (int fd, const void *p, size_t n), (fd, p, n), -1, (ssize_t)n)
PLACE(ssize_t, pwrite, "pwrite", (int fd, const void *p, size_t n, off_t at), (fd, p, n, at), -1, (ssize_t)n)
PLACE(int, fsync, "fsync", (int fd), (fd), -1, 0)
PLACE(int, rename, "rename", (const char *from, const char *to), (from, to), -1, 0)
PLACE(int, fstat, "fstat", (int fd, struct stat *st), (fd, st), -1, 0)
PLACE(int, stat, "stat", (const char *path, struct stat *st), (path, st), -1, 0)
PLACE(int, lstat, "lstat", (const char *path, struct stat *st), (path, st), -1, 0)
PLACE(ssize_t, readlinkat, "readlinkat", (int dir, const char *path, char *p, size_t n), (dir, path, p, n), -1, 0)
PLACE(ssize_t, llistxattr, "llistxattr", (const char *path, char *p, size_t n), (path, p, n), -1, 0)
PLACE(int, access, "access", (const char *path, int mode), (path, mode), -1, 0)
PLACE(off_t, lseek, "lseek", (int fd, off_t to, int whence), (fd, to, whence), -1, 0)
PLACE(int, dup, "dup", (int fd), (fd), -1, fd)
PLACE(int, fchmod, "fchmod", (int fd, mode_t mode), (fd, mode), -1, 0)
PLACE(int, fchown, "fchown", (int fd, uid_t u, gid_t g), (fd, u, g), -1, 0)
PLACE(int, unlink, "unlink", (const char *path), (path), -1, 0)
PLACE(int, flock, "flock", (int fd, int how), (fd, how), -1, 0)
PLACE(int, poll, "poll", (struct pollfd *f, nfds_t n, int timeout), (f, n, timeout), -1, 0)
PLACE(int, getrlimit, "getrlimit", (int what, struct rlimit *r), (what, r), -1, 0)
PLACE(int, sigaction, "sigaction", (int sig, const struct sigaction *now, struct sigaction *old), (sig, now, old), -1,
      0)
PLACE(int, pthread_create, "thread", (pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg),
      (t, a, fn, arg), EAGAIN, 0)
PLACE(int, inflateInit2_, "zlib", (z_streamp z, int bits, const char *version, int size), (z, bits, version, size),
      Z_MEM_ERROR, Z_OK)
PLACE(int, inflateReset, "zlib", (z_streamp z), (z), Z_STREAM_ERROR, Z_OK)
PLACE(int, inflate, "zlib", (z_streamp z, int flush), (z, flush), Z_MEM_ERROR, Z_OK)
PLACE(ZSTD_DStream *, ZSTD_createDStream, "zstd", (void), (), NULL, NULL)
#define ZSTD_NO_MEMORY ((size_t)-64)
PLACE(size_t, ZSTD_initDStream, "zstd", (ZSTD_DStream *z), (z), ZSTD_NO_MEMORY, 0)
PLACE(size_t, ZSTD_DCtx_setParameter, "zstd", (ZSTD_DCtx *z, ZSTD_dParameter p, int v), (z, p, v), ZSTD_NO_MEMORY, 0)
PLACE(size_t, ZSTD_decompressStream, "zstd", (ZSTD_DStream *z, ZSTD_outBuffer *out, ZSTD_inBuffer *in), (z, out, in),
      ZSTD_NO_MEMORY, 0)

int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int bad = NO("close"), rc = __real_close(fd); /* Linux closes, whatever it says */
    if (!bad || lie)
        return rc;
    errno = refused_errno;
    return -1;
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return NO("open") ? -1 : __real_open(path, flags, mode);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list ap;
    va_start(ap, command);
    long arg = va_arg(ap, long);
    va_end(ap);
    return NO("fcntl") ? -1 : __real_fcntl(fd, command, arg);
}

int __real_raise(int sig);
int __wrap_raise(int sig);
int __wrap_raise(int sig)
{
    if (__gcov_dump)
        __gcov_dump();
    return __real_raise(sig);
}
