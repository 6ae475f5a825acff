/* Read plain, gzip and zstd inputs as one stream of bytes. Members of gzip and frames of zstd may follow one another.
 * Bytes that were decompressed before a fault are returned before the fault is reported, and a read returns as soon as
 * it has any bytes, so that a slow pipe does not stall. */
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "base/bytes.h"
#include "base/fd.h"
#include "base/mem.h"

#ifndef STORED_BUFFER /* the fuzzers build it small, so that inputs reach its ends and it needs no mapping */
#define STORED_BUFFER ((size_t)256 << 10)
#endif
#define ZLIB_BYTES (39 * 1024)  /* what inflate needs, by zconf.h */
#define ZSTD_BYTES (160 * 1024) /* about what a decoder needs before it has seen a window */
#define WINDOW_LOG 25 /* zstd keeps this much preceding data: 8 MiB up to level 19; a header can ask for 2 GiB */
#define PIPE_BYTES (1024 * 1024) /* what Linux grants every user */

struct kc_source {
    const char *name;
    int fd;
    enum kc_source_kind kind;
    char *buf; /* (STORED_BUFFER) stored bytes, of which at .. n are not used yet */
    size_t at, n;
    uint64_t stored; /* bytes read from fd, with those in buf */
    uint64_t size;   /* bytes of a regular file from the offset at open on, else UINT64_MAX; with a window its end */
    uint64_t from;   /* that offset */
    int windowed;
    uint64_t jumped; /* where fd stands, less stored, modulo 2^64 */
    struct kc_buf ahead; /* decompressed bytes that were looked at, of which ahead_at .. ahead.n are not read yet */
    size_t ahead_at;
    int inside;      /* a member or frame has begun and has not ended */
    const char *damage; /* zlib's message about a damaged member; NULL: no damage */
    z_stream z;
    ZSTD_DStream *zstd;
};

const char *kc_source_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static uint64_t size_left(off_t at, const struct stat *st)
{
    return at < st->st_size ? (uint64_t)(st->st_size - at) : 0;
}

uint64_t kc_source_size(const char *path)
{
    struct stat st;
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : -1;
    if ((fd >= 0 ? fstat(fd, &st) : stat(path, &st)) != 0 || !S_ISREG(st.st_mode))
        return 0;
    off_t at = fd >= 0 ? lseek(fd, 0, SEEK_CUR) : 0;
    return at < 0 ? 0 : size_left(at, &st);
}

/* Return where fd stands, counted from the offset at open. */
static uint64_t position(const struct kc_source *s)
{
    return s->stored + s->jumped;
}

static int read_stored(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e)
{
    if (s->windowed && n > s->size - position(s))
        n = (size_t)(s->size - position(s));
    *got = 0;
    if (n == 0)
        return 0;
    int err = kc_fd_read(s->fd, p, n, got);
    s->stored += *got;
    if (err != 0)
        return kc_err_sys(e, s->name, err, "cannot read");
    /* A file that ends before the size it had: what is missing would be lost without a word. Files of /sys have a size
     * of 4096 and end before it, and still have it then. */
    struct stat st;
    if (*got == 0 && s->size != UINT64_MAX && position(s) < s->size && fstat(s->fd, &st) == 0 &&
        (uint64_t)st.st_size < s->from + s->size)
        return kc_err_at(e, KC_ESYS, s->name, 0, "has become shorter while it was read");
    return 0;
}

/* Read more stored bytes into the empty buffer. s->n is then 0 only at the end. */
static int refill(struct kc_source *s, struct kc_err *e)
{
    s->at = 0;
    s->n = 0;
    return read_stored(s, s->buf, STORED_BUFFER, &s->n, e);
}

/* Return the number of stored bytes used. */
static uint64_t stored_offset(const struct kc_source *s)
{
    return s->stored - (s->n - s->at);
}

/* Return the offset of the next byte of a plain source, which may have been looked at. */
static uint64_t plain_offset(const struct kc_source *s)
{
    return stored_offset(s) + s->jumped - (s->ahead.n - s->ahead_at);
}

static int starts_gzip(const char *p, size_t n)
{
    /* the third byte, the method, is always 8: raw floats can begin with the first two by chance */
    return n >= 2 && (unsigned char)p[0] == 0x1F && (unsigned char)p[1] == 0x8B && (n < 3 || p[2] == 8);
}

static int starts_zstd(const char *p, size_t n)
{
    if (n < 4)
        return 0;
    uint32_t magic = kc_le32(p);
    return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

enum kc_source_kind kc_source_packed(const char *p, size_t n)
{
    return starts_gzip(p, n) ? KC_SOURCE_GZIP : starts_zstd(p, n) ? KC_SOURCE_ZSTD : KC_SOURCE_PLAIN;
}

/* Recognise the compression by the first bytes and prepare for it. */
static int start_inflating(struct kc_source *s, struct kc_err *e)
{
    enum kc_source_kind kind = kc_source_packed(s->buf, s->n);
    if (kind == KC_SOURCE_GZIP) {
        if (inflateInit2(&s->z, 16 + MAX_WBITS) != Z_OK) /* 16: a gzip header, whose CRC and length are checked */
            return kc_mem_fail(e, ZLIB_BYTES);
    } else if (kind == KC_SOURCE_ZSTD) {
        s->zstd = ZSTD_createDStream();
        if (!s->zstd || ZSTD_isError(ZSTD_initDStream(s->zstd)) ||
            ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG)))
            return kc_mem_fail(e, ZSTD_BYTES);
    }
    s->kind = kind;
    return 0;
}

static int refuse_directory(const char *name, struct kc_err *e)
{
    return kc_err_at(e, KC_ESYS, name, 0, "is a directory");
}

int kc_source_check(const char *path, struct kc_err *e)
{
    struct stat st;
    if (strcmp(path, "-") == 0)
        return 0;
    if (stat(path, &st) != 0)
        return kc_err_sys(e, path, errno, "cannot open");
    if (S_ISDIR(st.st_mode))
        return refuse_directory(path, e);
    return access(path, R_OK) != 0 ? kc_err_sys(e, path, errno, "cannot open") : 0;
}

int kc_source_open(struct kc_source **out, const char *path, struct kc_err *e)
{
    struct stat st;
    struct kc_source *s = kc_mem_zalloc(1, sizeof *s, e);
    *out = NULL;
    if (!s)
        return -1;
    s->name = kc_source_name(path);
    s->fd = -1;
    s->buf = kc_mem_alloc(STORED_BUFFER, 1, e);
    if (!s->buf)
        goto fail;
    if (strcmp(path, "-") == 0) {
        s->fd = STDIN_FILENO;
    } else {
        s->fd = kc_fd_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    }
    if (s->fd < 0 || fstat(s->fd, &st) != 0) {
        kc_err_sys(e, s->name, errno, "cannot open");
        goto fail;
    }
    if (S_ISDIR(st.st_mode)) {
        (void)refuse_directory(s->name, e);
        goto fail;
    }
    off_t from = S_ISREG(st.st_mode) ? lseek(s->fd, 0, SEEK_CUR) : -1;
    s->size = from < 0 ? UINT64_MAX : size_left(from, &st);
    s->from = from < 0 ? 0 : (uint64_t)from;
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* a hint, which a pipe refuses */
#if defined(F_SETPIPE_SZ)
    if (S_ISFIFO(st.st_mode)) /* with Linux's 64 KiB writer and reader take turns; a refusal does no harm */
        (void)fcntl(s->fd, F_SETPIPE_SZ, PIPE_BYTES);
#endif
    while (s->n < 4) { /* the longest magic number */
        size_t got;
        if (read_stored(s, s->buf + s->n, STORED_BUFFER - s->n, &got, e) != 0)
            goto fail;
        if (got == 0)
            break;
        s->n += got;
    }
    if (start_inflating(s, e) != 0)
        goto fail;
    *out = s;
    return 0;
fail:
    kc_source_free(s);
    return -1;
}

void kc_source_free(struct kc_source *s)
{
    if (!s)
        return;
    if (s->kind == KC_SOURCE_GZIP)
        inflateEnd(&s->z);
    ZSTD_freeDStream(s->zstd);
    kc_buf_free(&s->ahead);
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    kc_mem_free(s->buf);
    kc_mem_free(s);
}

/* Check between two members whether another one follows; set *end at the end of the input. The magic number may
 * straddle two reads: its bytes are then moved to the buffer's beginning. */
static int begin_member(struct kc_source *s, size_t magic, const char *kind, int (*starts)(const char *, size_t),
                        int *end, struct kc_err *e)
{
    if (s->n - s->at < magic) {
        memmove(s->buf, s->buf + s->at, s->n - s->at);
        s->n -= s->at;
        s->at = 0;
    }
    while (s->n - s->at < magic) {
        size_t got;
        if (read_stored(s, s->buf + s->n, STORED_BUFFER - s->n, &got, e) != 0)
            return -1;
        if (got == 0)
            break;
        s->n += got;
    }
    *end = s->n == s->at;
    if (*end || starts(s->buf + s->at, s->n - s->at))
        return 0;
    return kc_err_at(e, KC_EINPUT, s->name, 0, "something else follows the %s data at byte %llu (0x%02x)", kind,
                     (unsigned long long)stored_offset(s), (unsigned char)s->buf[s->at]);
}

static int refuse_cut_short(const struct kc_source *s, const char *kind, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, s->name, 0, "the %s data is cut short: it ends at byte %llu", kind,
                     (unsigned long long)stored_offset(s));
}

static int read_gzip(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e)
{
    s->z.next_out = (Bytef *)p;
    s->z.avail_out = n < UINT_MAX ? (uInt)n : UINT_MAX;
    uInt want = s->z.avail_out;
    while (s->z.avail_out == want) { /* any bytes are enough: waiting for a full block would stall a slow pipe */
        if (s->damage)
            return kc_err_at(e, KC_EINPUT, s->name, 0, "the gzip data is damaged near byte %llu: %s",
                             (unsigned long long)stored_offset(s), s->damage);
        if (!s->inside) {
            int end;
            if (begin_member(s, 2, "gzip", starts_gzip, &end, e) != 0)
                return -1;
            if (end)
                break;
            if (inflateReset(&s->z) != Z_OK)
                return kc_err_set(e, KC_ESYS, "zlib cannot start on a gzip member");
            s->inside = 1;
        }
        if (s->at == s->n && refill(s, e) != 0)
            return -1;
        s->z.next_in = (Bytef *)s->buf + s->at;
        s->z.avail_in = (uInt)(s->n - s->at);
        int rc = inflate(&s->z, Z_NO_FLUSH);
        s->at = s->n - s->z.avail_in;
        if (rc == Z_STREAM_END)
            s->inside = 0;
        else if (rc == Z_MEM_ERROR)
            return kc_mem_fail(e, ZLIB_BYTES);
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            s->damage = s->z.msg ? s->z.msg : "no valid stream"; /* what was decompressed before is returned first */
        else if (s->n == 0 && s->z.avail_out == want) /* zlib may have held something back until now */
            return refuse_cut_short(s, "gzip", e);
    }
    *got = want - s->z.avail_out;
    return 0;
}

/* Report an error of zstd in our words. */
static int report_zstd_error(const struct kc_source *s, size_t rc, struct kc_err *e)
{
    ZSTD_ErrorCode code = ZSTD_getErrorCode(rc);
    if (code == ZSTD_error_memory_allocation)
        return kc_err_set(e, KC_ESYS, "out of memory: up to %d MiB were needed for the window of zstd",
                          1 << (WINDOW_LOG - 20));
    if (code == ZSTD_error_frameParameter_windowTooLarge)
        return kc_err_at(e, KC_EINPUT, s->name, 0, "its zstd window is larger than the limit of %d MiB: "
                         "pipe it through zstd -dc --long=31", 1 << (WINDOW_LOG - 20));
    if (code == ZSTD_error_dstSize_tooSmall) /* a frame longer than it says gives this code if a read could hold it */
        code = ZSTD_error_corruption_detected;
    return kc_err_at(e, KC_EINPUT, s->name, 0, "the zstd data is damaged near byte %llu: %s",
                     (unsigned long long)stored_offset(s), ZSTD_getErrorString(code));
}

static int read_zstd(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e)
{
    ZSTD_outBuffer out = {p, n, 0};
    while (out.pos == 0) {
        if (!s->inside) {
            int end;
            if (begin_member(s, 4, "zstd", starts_zstd, &end, e) != 0)
                return -1;
            if (end)
                break;
            s->inside = 1;
        }
        if (s->at == s->n && refill(s, e) != 0)
            return -1;
        /* with no more input, what the decoder still holds must come out; if nothing does, input is missing */
        ZSTD_inBuffer in = {s->buf, s->n, s->at};
        size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);
        s->at = in.pos;
        if (ZSTD_isError(rc))
            return report_zstd_error(s, rc, e);
        if (rc == 0)
            s->inside = 0;
        else if (s->n == 0 && out.pos == 0)
            return refuse_cut_short(s, "zstd", e);
    }
    *got = out.pos;
    return 0;
}

int kc_source_ready(const struct kc_source *s)
{
    struct pollfd f = {s->fd, POLLIN, 0};
    return s->ahead_at < s->ahead.n || s->at < s->n || poll(&f, 1, 0) != 0; /* reading will report a failure */
}

/* Read up to n bytes behind those that were looked at. */
static int read_on(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e)
{
    switch (s->kind) {
    case KC_SOURCE_GZIP: return read_gzip(s, p, n, got, e);
    case KC_SOURCE_ZSTD: return read_zstd(s, p, n, got, e);
    case KC_SOURCE_PLAIN: break;
    }
    if (s->at == s->n && n >= STORED_BUFFER) /* read without copying */
        return read_stored(s, p, n, got, e);
    if (s->at == s->n && refill(s, e) != 0)
        return -1;
    *got = s->n - s->at < n ? s->n - s->at : n;
    memcpy(p, s->buf + s->at, *got);
    s->at += *got;
    return 0;
}

int kc_source_read(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e)
{
    size_t ahead = s->ahead.n - s->ahead_at;
    if (ahead == 0)
        return read_on(s, p, n, got, e);
    *got = ahead < n ? ahead : n;
    memcpy(p, s->ahead.p + s->ahead_at, *got);
    s->ahead_at += *got;
    if (s->ahead_at == s->ahead.n) {
        kc_buf_free(&s->ahead);
        s->ahead_at = 0;
    }
    return 0;
}

int kc_source_peek(struct kc_source *s, size_t want, const char **p, size_t *n, struct kc_err *e)
{
    size_t got = 1;
    while (got > 0 && s->ahead.n - s->ahead_at < want) {
        size_t more = want - (s->ahead.n - s->ahead_at);
        if (kc_buf_reserve(&s->ahead, kc_mem_add(more, KC_SOURCE_PAD), e) != 0 ||
            read_on(s, s->ahead.p + s->ahead.n, more, &got, e) != 0)
            return -1;
        s->ahead.n += got;
        memset(s->ahead.p + s->ahead.n, 0, KC_SOURCE_PAD);
    }
    *p = s->ahead.p + s->ahead_at;
    *n = s->ahead.n - s->ahead_at;
    return 0;
}

int kc_source_is_file(const struct kc_source *s)
{
    return s->size != UINT64_MAX;
}

enum kc_source_kind kc_source_kind(const struct kc_source *s)
{
    return s->kind;
}

uint64_t kc_source_bytes(const struct kc_source *s)
{
    return s->stored;
}

uint64_t kc_source_left(const struct kc_source *s)
{
    uint64_t taken = plain_offset(s);
    if (s->kind != KC_SOURCE_PLAIN || s->size == UINT64_MAX)
        return UINT64_MAX;
    return s->size > taken ? s->size - taken : 0;
}

uint64_t kc_source_skip(struct kc_source *s, uint64_t n)
{
    uint64_t left = kc_source_left(s), ahead = s->ahead.n - s->ahead_at, have = s->n - s->at;
    if (left == UINT64_MAX)
        return 0;
    n = n < left ? n : left;
    if (ahead > 0) { /* one after the other; the caller asks again */
        n = n < ahead ? n : ahead;
        s->ahead_at += (size_t)n;
        return n;
    }
    if (n > have && lseek(s->fd, (off_t)(n - have), SEEK_CUR) < 0)
        return 0;
    s->at += (size_t)(n < have ? n : have);
    s->stored += n > have ? n - have : 0;
    return n;
}

int kc_source_window(struct kc_source *s, uint64_t from, uint64_t to, struct kc_err *e)
{
    if (s->kind != KC_SOURCE_PLAIN || s->size == UINT64_MAX || from > to || to > s->size)
        return kc_err_set(e, KC_ESYS, "%s: no part of it can be read by itself", s->name);
    if (lseek(s->fd, (off_t)(s->from + from), SEEK_SET) < 0)
        return kc_err_sys(e, s->name, errno, "cannot read");
    kc_buf_free(&s->ahead);
    s->ahead_at = s->at = s->n = 0;
    s->jumped = from - s->stored;
    s->size = to;
    s->windowed = 1;
    return 0;
}

int kc_source_line(const struct kc_source *s, uint64_t at, uint64_t *begin, struct kc_err *e)
{
    char some[4096];
    size_t got;
    for (*begin = at; at > 0;) { /* from the byte before on, which may be a line break */
        const int err = kc_fd_pread(s->fd, some, sizeof some, (off_t)(s->from + at - 1), &got);
        if (err != 0)
            return kc_err_sys(e, s->name, err, "cannot read");
        const char *nl = memchr(some, '\n', got);
        *begin = at - 1 + (nl ? (size_t)(nl - some) + 1 : got);
        if (nl || got == 0)
            break;
        at += got;
    }
    return 0;
}

int kc_source_dup(const struct kc_source *s, uint64_t *at)
{
    if (s->kind != KC_SOURCE_PLAIN || s->size == UINT64_MAX)
        return -1;
    *at = s->from + plain_offset(s);
    return fcntl(s->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}
