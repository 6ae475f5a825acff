/* Outputs that are replaced whole, or not at all: temporary file, fsync, rename, fsync of the directory. The names of
 * the temporary files are in a static table, from which a signal handler unlinks them. */
#include "io/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/mem.h"
#include "io/owner.h"
#include "io/resolve.h"

#ifndef OUTFILE_BUFFER /* small in fuzzers, as STORED_BUFFER in io/source.c */
#define OUTFILE_BUFFER ((size_t)256 << 10)
#endif
#define MAX_TEMP 8

enum outfile_kind { KIND_TEMP, KIND_PLACE, KIND_BORROWED, KIND_SPOOL };

struct kc_outfile {
    enum outfile_kind kind;
    int fd;           /* -1 once closed */
    int seekable;
    int slot;         /* index in temps; -1: none */
    int finished;
    int existed;      /* the target existed at open */
    uint64_t start;   /* the descriptor's offset at open, from which patches count */
    char *name;       /* as given, for messages */
    char *target;     /* KIND_TEMP: the file to replace, after following links */
    char *buf;        /* (OUTFILE_BUFFER) */
    char lost[64];    /* what of the old file could not be kept */
    size_t used;
};

/* The paths that a signal handler has to unlink. A path is complete before `live` is set, and it is set before the file
 * is made and cleared after it is renamed: at worst the handler unlinks a name that is not there. */
static struct {
    atomic_int live;
    char path[PATH_MAX];
} temps[MAX_TEMP];

/* Return a free slot of temps, or -1. */
static int find_free_slot(void)
{
    for (int i = 0; i < MAX_TEMP; i++)
        if (!atomic_load(&temps[i].live))
            return i;
    return -1;
}

void kc_outfile_unlink_all(void)
{
    for (int i = 0; i < MAX_TEMP; i++)
        if (atomic_load(&temps[i].live))
            unlink(temps[i].path);
}

/* Make a suffix that is probably not in use. It is not secret; O_EXCL decides. */
static void random_suffix(char out[7], unsigned attempt)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t h = (uint64_t)t.tv_sec * 1000000007u + (uint64_t)t.tv_nsec * 2654435761u + attempt;
    h ^= (uint64_t)getpid() << 32;
    h *= 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
    for (int i = 0; i < 6; i++, h /= 62)
        out[i] = set[h % 62];
    out[6] = '\0';
}

/* Create the temporary file beside the target, with the owner, group and mode of the old file. */
static int make_temp(struct kc_outfile *f, const struct stat *old, struct kc_err *e)
{
    int slot = find_free_slot();
    if (slot < 0)
        return kc_err_at(e, KC_ESYS, f->name, 0, "too many outputs at once");
    const char *slash = strrchr(f->target, '/');
    const char *base = slash ? slash + 1 : f->target;
    int dir = (int)(base - f->target);
    char *path = temps[slot].path;
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        char suffix[7];
        random_suffix(suffix, attempt);
        /* a name has at most 255 bytes, of which 1 + 8 + 6 are ours */
        int len = snprintf(path, PATH_MAX, "%.*s.%.*s.kclust-%s", dir, f->target, 255 - 16, base, suffix);
        if (len < 0 || len >= PATH_MAX)
            return kc_err_sys(e, f->name, ENAMETOOLONG, "cannot write");
        atomic_store(&temps[slot].live, 1);
        f->fd = kc_fd_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, old ? 0600 : 0666);
        if (f->fd >= 0)
            break;
        int err = errno;
        atomic_store(&temps[slot].live, 0);
        if (err != EEXIST)
            return kc_err_sys(e, f->name, err, "cannot write");
    }
    if (f->fd < 0)
        return kc_err_sys(e, f->name, EEXIST, "cannot write");
    f->slot = slot;
    f->seekable = 1;
    int err = old ? kc_owner_keep(f->fd, f->target, old, f->lost, sizeof f->lost) : 0;
    return err == 0 ? 0 : kc_err_sys(e, f->name, err, "cannot write");
}

/* Return the descriptor that "-", /dev/stdout, /dev/stderr or /dev/fd/N names, or -1. Opening those by path would start
 * at offset 0 of a file that others append to. */
static int borrowed_fd(const char *path)
{
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return 1;
    if (strcmp(path, "/dev/stderr") == 0)
        return 2;
    if (strncmp(path, "/dev/fd/", 8) != 0 || path[8] < '0' || path[8] > '9')
        return -1;
    char *end;
    long fd = strtol(path + 8, &end, 10);
    return *end == '\0' && fd <= INT_MAX ? (int)fd : -1;
}

/* Use a descriptor that is open already. Patches are possible only in a regular file that is not appended to. */
static int open_borrowed(struct kc_outfile *f, int fd, struct kc_err *e)
{
    f->kind = KIND_BORROWED;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
        return kc_err_sys(e, f->name, EBADF, "cannot write");
    struct stat st;
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !(flags & O_APPEND)) {
        f->seekable = 1;
        f->start = (uint64_t)at;
    }
    f->fd = fd;
    return 0;
}

/* Open a named target: a device or FIFO in place, a regular file by a temporary file beside it. */
static int open_target(struct kc_outfile *f, const char *path, struct kc_err *e)
{
    struct stat st;
    int exists = stat(path, &st) == 0;
    if (!exists && errno != ENOENT) /* something is there, and must not be replaced as if nothing were */
        return kc_err_sys(e, f->name, errno, "cannot write");
    f->existed = exists;
    if (exists && S_ISDIR(st.st_mode))
        return kc_err_sys(e, f->name, EISDIR, "cannot write");
    if (exists && !S_ISREG(st.st_mode)) {
        f->kind = KIND_PLACE;
        f->fd = kc_fd_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
        return f->fd < 0 ? kc_err_sys(e, f->name, errno, "cannot write") : 0;
    }
    /* a file that may not be written may not be replaced either */
    if (exists && access(path, W_OK) != 0)
        return kc_err_sys(e, f->name, errno, "cannot write");
    if (strlen(path) >= PATH_MAX)
        return kc_err_sys(e, f->name, ENAMETOOLONG, "cannot write");
    f->kind = KIND_TEMP;
    f->target = kc_mem_alloc(PATH_MAX, 1, e);
    if (!f->target)
        return -1;
    memcpy(f->target, path, strlen(path) + 1);
    int err = kc_resolve(f->target, PATH_MAX);
    if (err == EACCES)
        return kc_err_at(e, KC_ESYS, f->name, 0, "not followed: a link of somebody else in a folder that all may write "
                         "to");
    if (err != 0)
        return kc_err_sys(e, f->name, err, "cannot write");
    size_t len = strlen(f->target);
    if (len == 0 || f->target[len - 1] == '/')
        return kc_err_sys(e, f->name, len ? EISDIR : ENOENT, "cannot write");
    /* owner and mode are those of what is replaced, which may have been exchanged since stat() */
    exists = lstat(f->target, &st) == 0;
    if (!exists && errno != ENOENT)
        return kc_err_sys(e, f->name, errno, "cannot write");
    if (exists && !S_ISREG(st.st_mode))
        return kc_err_at(e, KC_ESYS, f->name, 0, "has changed meanwhile: it is no file any more");
    return make_temp(f, exists ? &st : NULL, e);
}

static struct kc_outfile *new_outfile(const char *name, struct kc_err *e)
{
    struct kc_outfile *f = kc_mem_zalloc(1, sizeof *f, e);
    if (!f)
        return NULL;
    f->fd = -1;
    f->slot = -1;
    f->buf = kc_mem_alloc(OUTFILE_BUFFER, 1, e);
    f->name = f->buf ? kc_mem_strdup(name, e) : NULL;
    if (f->name)
        return f;
    kc_outfile_free(f);
    return NULL;
}

int kc_outfile_open(struct kc_outfile **out, const char *path, struct kc_err *e)
{
    int fd = borrowed_fd(path);
    *out = NULL;
    struct kc_outfile *f = new_outfile(fd == 1 ? "standard output" : path, e);
    if (!f)
        return -1;
    if ((fd >= 0 ? open_borrowed(f, fd, e) : open_target(f, path, e)) != 0) {
        kc_outfile_free(f);
        return -1;
    }
    *out = f;
    return 0;
}

int kc_outfile_open_spool(struct kc_outfile **out, struct kc_err *e)
{
    const char *dir = getenv("TMPDIR");
    *out = NULL;
    if (!dir || !*dir)
        dir = "/tmp";
    struct kc_outfile *f = new_outfile(dir, e);
    if (!f)
        return -1;
    f->kind = KIND_SPOOL;
    f->seekable = 1;
    f->fd = kc_fd_open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) { /* not every file system has it */
        char path[PATH_MAX];
        int len = snprintf(path, sizeof path, "%s/kclust-XXXXXX", dir);
        if (len < 0 || (size_t)len >= sizeof path) {
            errno = ENAMETOOLONG;
        } else {
            f->fd = mkostemp(path, O_CLOEXEC);
            if (f->fd >= 0)
                unlink(path);
        }
    }
    if (f->fd < 0) {
        kc_err_sys(e, dir, errno, "cannot make a temporary file");
        kc_outfile_free(f);
        return -1;
    }
    *out = f;
    return 0;
}

static int write_at(struct kc_outfile *f, const char *p, size_t n, off_t at, struct kc_err *e)
{
    int err = kc_fd_write(f->fd, p, n, at);
    return err == 0 ? 0 : kc_err_sys(e, f->name, err, "cannot write");
}

static int flush_buffer(struct kc_outfile *f, struct kc_err *e)
{
    size_t n = f->used;
    f->used = 0;
    return n ? write_at(f, f->buf, n, -1, e) : 0;
}

int kc_outfile_write(struct kc_outfile *f, const void *p, size_t n, struct kc_err *e)
{
    if (n > OUTFILE_BUFFER - f->used && flush_buffer(f, e) != 0)
        return -1;
    if (n >= OUTFILE_BUFFER)
        return write_at(f, p, n, -1, e);
    if (n > 0) /* p may be NULL if there is nothing */
        memcpy(f->buf + f->used, p, n);
    f->used += n;
    return 0;
}

int kc_outfile_push(struct kc_outfile *f, struct kc_err *e)
{
    return f->kind == KIND_TEMP || f->seekable ? 0 : flush_buffer(f, e);
}

int kc_outfile_seekable(const struct kc_outfile *f)
{
    return f->seekable;
}

int kc_outfile_existed(const struct kc_outfile *f)
{
    return f->existed;
}

void kc_outfile_tell(const struct kc_outfile *f, const struct kc_ctx *ctx)
{
    if (f && f->lost[0])
        kc_ctx_log(ctx, KC_LOG_WARN, "%s: not kept of the file that was there: %s", f->name, f->lost);
}

int kc_outfile_is_file(const struct kc_outfile *f)
{
    return f->kind == KIND_TEMP;
}

int kc_outfile_patch(struct kc_outfile *f, uint64_t offset, const void *p, size_t n, struct kc_err *e)
{
    if (flush_buffer(f, e) != 0)
        return -1;
    if (!f->seekable || offset > INT64_MAX - f->start)
        return kc_err_sys(e, f->name, ESPIPE, "cannot write");
    return write_at(f, p, n, (off_t)(f->start + offset), e);
}

static int report_read_back(const struct kc_outfile *spool, int err, struct kc_err *e)
{
    return kc_err_sys(e, spool->name, err, "cannot read back a temporary file");
}

int kc_outfile_read(const struct kc_outfile *spool, uint64_t offset, void *p, size_t n, struct kc_err *e)
{
    size_t got;
    int err = kc_fd_pread(spool->fd, p, n, (off_t)offset, &got);
    return err == 0 && got == n ? 0 : report_read_back(spool, err ? err : EIO, e);
}

int kc_outfile_size(const struct kc_outfile *spool, uint64_t *n, struct kc_err *e)
{
    struct stat st;
    if (fstat(spool->fd, &st) != 0)
        return report_read_back(spool, errno, e);
    *n = (uint64_t)st.st_size;
    return 0;
}

int kc_outfile_copy(struct kc_outfile *f, struct kc_outfile *spool, struct kc_err *e)
{
    if (flush_buffer(spool, e) != 0)
        return -1;
    size_t got = OUTFILE_BUFFER;
    for (off_t at = 0; got == OUTFILE_BUFFER; at += (off_t)got) {
        int err = kc_fd_pread(spool->fd, spool->buf, OUTFILE_BUFFER, at, &got);
        if (err != 0)
            return report_read_back(spool, err, e);
        if (kc_outfile_write(f, spool->buf, got, e) != 0)
            return -1;
    }
    return 0;
}

int kc_outfile_finish(struct kc_outfile *f, struct kc_err *e)
{
    if (f->finished)
        return 0;
    if (flush_buffer(f, e) != 0)
        return -1;
    /* some file systems have no sync, and cannot promise more than they do */
    int err = f->kind == KIND_TEMP ? kc_fd_sync(f->fd) : 0;
    if (err != 0 && err != EINVAL && err != ENOTSUP && err != ENOSYS)
        return kc_err_sys(e, f->name, err, "cannot write");
    f->finished = 1;
    return 0;
}

/* Copy the directory of a path to dir. Return the name within it. */
static const char *split_target(const char *target, char dir[PATH_MAX])
{
    const char *slash = strrchr(target, '/');
    size_t n = slash ? (size_t)(slash - target) : 0;
    memcpy(dir, slash ? (n ? target : "/") : ".", n ? n : 1);
    dir[n ? n : 1] = '\0';
    return slash ? slash + 1 : target;
}

/* Sync the directory of the target, so that the rename survives a crash. */
static int sync_dir(const struct kc_outfile *f, struct kc_err *e)
{
    char dir[PATH_MAX];
    (void)split_target(f->target, dir);
    int fd = kc_fd_open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) /* a directory may be writable but not readable */
        return errno == EACCES || errno == EPERM ? 0 : kc_err_sys(e, f->name, errno, "cannot sync its directory");
    int err = kc_fd_sync(fd);
    close(fd);
    return err == EIO || err == ENOSPC || err == EDQUOT ? kc_err_sys(e, f->name, err, "cannot sync its directory") : 0;
}

int kc_outfile_commit(struct kc_outfile *f, struct kc_err *e)
{
    if (kc_outfile_finish(f, e) != 0)
        return -1;
    /* A network file system may report a failed write only at close. A borrowed descriptor must stay open, so a copy of
     * it is closed. */
    int fd = f->kind == KIND_BORROWED ? dup(f->fd) : f->fd;
    f->fd = -1;
    if (fd >= 0 && close(fd) != 0 && errno != EINTR)
        return kc_err_sys(e, f->name, errno, "cannot write");
    if (f->kind != KIND_TEMP)
        return 0;
    if (rename(temps[f->slot].path, f->target) != 0)
        return kc_err_sys(e, f->name, errno, "cannot write");
    atomic_store(&temps[f->slot].live, 0);
    f->slot = -1;
    return sync_dir(f, e);
}

int kc_outfile_commit_all(struct kc_outfile *const *f, size_t n, struct kc_err *e)
{
    for (int own = 1; own >= 0; own--)
        for (size_t i = 0; i < n; i++)
            if (f[i] && (f[i]->kind == KIND_TEMP) == own && kc_outfile_finish(f[i], e) != 0)
                return -1;
    for (int own = 1; own >= 0; own--)
        for (size_t i = 0; i < n; i++)
            if (f[i] && (f[i]->kind == KIND_TEMP) == own && kc_outfile_commit(f[i], e) != 0)
                return -1;
    return 0;
}

/* Return 1 if two open outputs would replace the same file, by whatever names. */
static int is_same_target(const struct kc_outfile *a, const struct kc_outfile *b)
{
    char dir[PATH_MAX]; /* one for both: the stack may be small */
    struct stat p, q;   /* the targets need not exist yet, but their directories do */
    if (a->kind != KIND_TEMP || b->kind != KIND_TEMP)
        return 0;
    const char *one = split_target(a->target, dir);
    if (stat(dir, &p) != 0)
        return 0;
    const char *other = split_target(b->target, dir);
    return strcmp(one, other) == 0 && stat(dir, &q) == 0 && p.st_dev == q.st_dev && p.st_ino == q.st_ino;
}

int kc_outfile_all_differ(const struct kc_named_output *o, size_t n, struct kc_err *e)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (o[i].f && o[j].f && is_same_target(o[i].f, o[j].f))
                return kc_err_set(e, KC_EUSAGE, "%s and %s name the same file", o[i].option, o[j].option);
    return 0;
}

int kc_outfile_none_is(const struct kc_named_output *o, size_t n, const char *path, const char *option,
                       struct kc_err *e)
{
    struct stat p, q;
    if (!path || stat(path, &p) != 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (o[i].f && o[i].f->kind == KIND_TEMP && stat(o[i].f->target, &q) == 0 && p.st_dev == q.st_dev &&
            p.st_ino == q.st_ino)
            return kc_err_set(e, KC_EUSAGE, "%s and %s name the same file", o[i].option, option);
    return 0;
}

int kc_outfile_check_inputs(const struct kc_outfile *f, const char *const *paths, size_t n, struct kc_err *e)
{
    struct stat in, out;
    if (f->kind != KIND_BORROWED || fstat(f->fd, &out) != 0 || !S_ISREG(out.st_mode))
        return 0;
    for (size_t i = 0; i < n || i == 0; i++) {
        int std = n == 0 || strcmp(paths[i], "-") == 0;
        if ((std ? fstat(STDIN_FILENO, &in) : stat(paths[i], &in)) == 0 && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino)
            return kc_err_at(e, KC_EUSAGE, std ? "standard input" : paths[i], 0,
                             "is the file that the output goes to as well");
    }
    return 0;
}

void kc_outfile_free(struct kc_outfile *f)
{
    if (!f)
        return;
    if (f->fd >= 0 && f->kind != KIND_BORROWED)
        close(f->fd);
    if (f->slot >= 0) {
        unlink(temps[f->slot].path);
        atomic_store(&temps[f->slot].live, 0);
    }
    kc_mem_free(f->target);
    kc_mem_free(f->buf);
    kc_mem_free(f->name);
    kc_mem_free(f);
}
