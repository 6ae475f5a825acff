/* The reader of numpy's npz, a zip archive of npy files, as numpy.savez and savez_compressed write it (PKWARE's
 * APPNOTE, 6.3, with its 64-bit sizes). It reads one array: the one that --tensor names, or else the only matrix of
 * numbers.
 *
 * The directory lies at the end of an archive, so a pipe or a compressed file goes to a temporary file first. The
 * array goes to a temporary file of its own, whose size the directory states and is not exceeded, and is compared with
 * its checksum before a row of it is used. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "base/bytes.h"
#include "in/fields/npy_header.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"
#include "io/outfile.h"

#define END_SIZE 22 /* bytes of the end of the directory, without its comment */
#define END_MOST (END_SIZE + 65535)
#define ENTRY_SIZE 46 /* bytes of an entry of the directory, without its names */
#define LOCAL_SIZE 30
#define ENTRIES_MOST 100000
#define SHOWN 5 /* arrays that a message names */
#define PIECE ((size_t)65536)

/* An array of the archive. */
struct entry {
    char name[128];
    unsigned method;           /* 0 stored, 8 deflated */
    uint64_t packed, size, at; /* at: offset of its local header */
    uint32_t crc;              /* of its bytes as they were */
    struct kc_npy_header h;
    int is_npy;
};

struct npz_state {
    struct kc_plain p;          /* first, for kc_plain_next */
    struct kc_outfile *archive; /* the archive, if it was no plain file */
    int fd;                     /* a descriptor on it otherwise */
    uint64_t base, bytes;       /* where it begins, and its length */
    struct kc_buf dir;
};

static int refuse(const struct kc_feed *f, const char *what, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, f->name, 0, "its zip archive is damaged: %s", what);
}

/* Read n bytes of the archive. */
static int read_at(const struct kc_feed *f, const struct npz_state *st, uint64_t at, void *to, size_t n,
                   struct kc_err *e)
{
    char *p = to;
    if (at > st->bytes || n > st->bytes - at)
        return refuse(f, "it ends too early", e);
    if (st->fd < 0)
        return kc_outfile_read(st->archive, at, to, n, e);
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(st->fd, p + done, n - done, (off_t)(st->base + at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return kc_err_sys(e, f->name, errno, "cannot read");
        if (got == 0)
            return kc_err_at(e, KC_ESYS, f->name, 0, "has become shorter while it was read");
        done += (size_t)got;
    }
    return 0;
}

/* Make the archive readable at any offset. */
static int open_archive(struct kc_feed *f, struct npz_state *st, struct kc_err *e)
{
    uint64_t at, left = kc_source_left(f->src);
    st->fd = kc_source_dup(f->src, &at);
    if (st->fd >= 0 && left != UINT64_MAX) {
        st->base = at - (f->carry.n - f->carry_at);
        st->bytes = left + (f->carry.n - f->carry_at);
        return 0;
    }
    struct kc_buf b = {NULL, 0, 0};
    int rc = kc_outfile_open_spool(&st->archive, e);
    for (;;) {
        b.n = 0;
        if (rc != 0 || (rc = kc_feed_take(f, &b, f->block, e)) != 0 || b.n == 0)
            break;
        st->bytes += b.n;
        rc = kc_outfile_write(st->archive, b.p, b.n, e);
    }
    kc_buf_free(&b);
    return rc != 0 || kc_feed_broken(f, e) != 0 ? -1 : kc_outfile_finish(st->archive, e);
}

/* Find the directory. *n: its entries. Its bytes go to st->dir. */
static int read_directory(struct kc_feed *f, struct npz_state *st, uint64_t *n, struct kc_err *e)
{
    size_t want = st->bytes < END_MOST ? (size_t)st->bytes : END_MOST;
    struct kc_buf tail = {NULL, 0, 0};
    const char *end = NULL;
    if (want < END_SIZE)
        return refuse(f, "it ends too early", e);
    if (kc_buf_reserve(&tail, want, e) != 0 || read_at(f, st, st->bytes - want, tail.p, want, e) != 0) {
        kc_buf_free(&tail);
        return -1;
    }
    for (size_t i = want - END_SIZE + 1; !end && i-- > 0;)
        if (memcmp(tail.p + i, "PK\5\6", 4) == 0)
            end = tail.p + i;
    if (!end) {
        kc_buf_free(&tail);
        return refuse(f, "it has no directory", e);
    }
    uint64_t size = kc_le32(end + 12), at = kc_le32(end + 16);
    *n = kc_le16(end + 10);
    char big[56] = {0};
    if (size == UINT32_MAX || at == UINT32_MAX ||
        *n == UINT16_MAX) { /* the 64-bit end, by its locator before this one */
        size_t o = (size_t)(end - tail.p);
        int good = o >= 20 && memcmp(end - 20, "PK\6\7", 4) == 0;
        if (!good || read_at(f, st, kc_le64(end - 12), big, sizeof big, e) != 0 || memcmp(big, "PK\6\6", 4) != 0) {
            kc_buf_free(&tail);
            return e->code != KC_OK ? -1 : refuse(f, "it has no directory", e);
        }
        *n = kc_le64(big + 32);
        size = kc_le64(big + 40);
        at = kc_le64(big + 48);
    }
    kc_buf_free(&tail);
    if (*n > ENTRIES_MOST || size > st->bytes || size / ENTRY_SIZE < *n)
        return refuse(f, "its directory does not fit", e);
    if (kc_buf_reserve(&st->dir, (size_t)size + 1, e) != 0 || read_at(f, st, at, st->dir.p, (size_t)size, e) != 0)
        return -1;
    st->dir.n = (size_t)size;
    return 0;
}

/* Parse the entry at offset *at of the directory, and move *at past it. */
static int parse_entry(const struct kc_feed *f, const struct npz_state *st, size_t *at, struct entry *x,
                       struct kc_err *e)
{
    const char *p = st->dir.p + *at;
    if (st->dir.n - *at < ENTRY_SIZE || memcmp(p, "PK\1\2", 4) != 0)
        return refuse(f, "its directory does not fit", e);
    size_t name = kc_le16(p + 28), extra = kc_le16(p + 30), comment = kc_le16(p + 32);
    if (st->dir.n - *at - ENTRY_SIZE < name + extra + comment)
        return refuse(f, "its directory does not fit", e);
    memset(x, 0, sizeof *x);
    x->method = kc_le16(p + 10);
    x->crc = kc_le32(p + 16);
    x->packed = kc_le32(p + 20);
    x->size = kc_le32(p + 24);
    x->at = kc_le32(p + 42);
    snprintf(x->name, sizeof x->name, "%.*s", (int)(name < 120 ? name : 120), p + ENTRY_SIZE);
    size_t len = strlen(x->name);
    x->is_npy = len > 4 && strcmp(x->name + len - 4, ".npy") == 0;
    if (x->is_npy)
        x->name[len - 4] = '\0';
    const char *q = p + ENTRY_SIZE + name, *stop = q + extra;
    for (; stop - q >= 4; q += 4 + kc_le16(q + 2)) { /* sizes above 4 GB stand in a field of their own */
        const char *v = q + 4, *end = v + kc_le16(q + 2);
        if (end > stop)
            break;
        if (kc_le16(q) != 1)
            continue;
        uint64_t *const big[] = {&x->size, &x->packed, &x->at};
        for (int i = 0; i < 3; i++)
            if (*big[i] == UINT32_MAX && end - v >= 8) {
                *big[i] = kc_le64(v);
                v += 8;
            }
    }
    *at += ENTRY_SIZE + name + extra + comment;
    return 0;
}

/* Set *data to the offset of an entry's bytes. */
static int find_data(const struct kc_feed *f, const struct npz_state *st, const struct entry *x, uint64_t *data,
                     struct kc_err *e)
{
    char local[LOCAL_SIZE] = {0};
    if (read_at(f, st, x->at, local, sizeof local, e) != 0)
        return -1;
    if (memcmp(local, "PK\3\4", 4) != 0)
        return refuse(f, "an array is not where the directory says", e);
    *data = x->at + LOCAL_SIZE + kc_le16(local + 26) + kc_le16(local + 28);
    if (x->packed > st->bytes || *data > st->bytes - x->packed)
        return refuse(f, "an array does not fit", e);
    return 0;
}

/* Inflate an entry into out, at most `most` bytes; out is a spool, or if it is NULL, head (KC_NPY_HEADER_MOST). *crc is
 * made that of the bytes. */
static int inflate_entry(const struct kc_feed *f, const struct npz_state *st, const struct entry *x, uint64_t data,
                         uint64_t most, struct kc_outfile *out, char *head, size_t *got, uint32_t *crc,
                         struct kc_err *e)
{
    z_stream z = {0};
    struct kc_buf in = {NULL, 0, 0}, to = {NULL, 0, 0};
    uint64_t read = 0, made = 0;
    int rc = kc_buf_reserve(&in, PIECE, e) != 0 || kc_buf_reserve(&to, PIECE, e) != 0 ? -1 : 0, zrc = Z_OK;
    if (rc == 0 && inflateInit2(&z, -MAX_WBITS) != Z_OK)
        rc = kc_mem_fail(e, PIECE);
    while (rc == 0 && zrc == Z_OK && made < most) {
        if (z.avail_in == 0 && read < x->packed) {
            size_t n = x->packed - read < PIECE ? (size_t)(x->packed - read) : PIECE;
            rc = read_at(f, st, data + read, in.p, n, e);
            read += n;
            z.next_in = (unsigned char *)in.p;
            z.avail_in = (unsigned)n;
        }
        z.next_out = (unsigned char *)to.p;
        z.avail_out = (unsigned)PIECE;
        zrc = rc == 0 ? inflate(&z, Z_NO_FLUSH) : Z_ERRNO;
        size_t n = PIECE - z.avail_out;
        if (rc == 0 && zrc != Z_OK && zrc != Z_STREAM_END)
            rc = refuse(f, "an array cannot be inflated", e);
        n = made + n > most ? (size_t)(most - made) : n;
        *crc = (uint32_t)crc32(*crc, (const unsigned char *)to.p, (unsigned)n);
        if (rc == 0 && out)
            rc = kc_outfile_write(out, to.p, n, e);
        else if (rc == 0 && head)
            memcpy(head + made, to.p, n);
        made += n;
        if (n == 0 && zrc == Z_OK && z.avail_in == 0 && read == x->packed)
            zrc = Z_STREAM_END;
    }
    (void)inflateEnd(&z);
    kc_buf_free(&in);
    kc_buf_free(&to);
    *got = (size_t)made;
    return rc;
}

/* Read the npy header of an entry. Return its bytes; 0 if it is no npy of a kind that numpy writes; SIZE_MAX on an
 * error. */
static size_t read_header(const struct kc_feed *f, const struct npz_state *st, struct entry *x, struct kc_err *e)
{
    char head[KC_NPY_HEADER_MOST] = {0};
    const char *what;
    uint64_t data = 0;
    uint32_t crc = 0;
    size_t n = x->size < sizeof head ? (size_t)x->size : sizeof head, got = n;
    if (find_data(f, st, x, &data, e) != 0 ||
        (x->method == 0 ? read_at(f, st, data, head, n, e) :
         x->method == 8 ? inflate_entry(f, st, x, data, n, NULL, head, &got, &crc, e) :
                          0) != 0)
        return SIZE_MAX;
    return x->method == 0 || x->method == 8 ? kc_npy_header_parse(head, got, &x->h, &what, e) : 0;
}

/* Return what an archive is that has an entry of this name, and the way out; NULL: the name does not tell. */
static const char *name_kind(const char *name)
{
    size_t n = strlen(name);
    if (n >= 8 && strcmp(name + n - 8, "data.pkl") == 0)
        return "a file of PyTorch: numpy.save(\"x.npy\", torch.load(FILE).numpy()) writes its tensor as npy";
    return strncmp(name, "xl/", 3) == 0 ? "a spreadsheet: save it as csv" :
           strcmp(name, "content.xml") == 0 ? "a document or spreadsheet of OpenDocument: save it as csv" :
           strncmp(name, "word/", 5) == 0 ? "a text document, expected vectors" : NULL;
}

/* Find the array to read, and set *x. */
static int choose_array(struct kc_feed *f, struct npz_state *st, uint64_t n, struct entry *x, size_t *head,
                        struct kc_err *e)
{
    char names[SHOWN * 64 + 8] = "";
    const char *kind = NULL;
    size_t matrices = 0, at = 0, o = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct entry one = {.name = ""};
        size_t bytes;
        if (parse_entry(f, st, &at, &one, e) != 0)
            return -1;
        kind = kind ? kind : name_kind(one.name);
        if (!one.is_npy || (f->o->tensor && strcmp(one.name, f->o->tensor) != 0))
            continue;
        if ((bytes = read_header(f, st, &one, e)) == SIZE_MAX)
            return -1;
        int matrix = bytes > 0 && one.h.dims == 2 && strchr("fiu", one.h.descr[1]) != NULL && one.h.descr[1] != '\0';
        if (!f->o->tensor && !matrix)
            continue;
        if (matrices < SHOWN)
            o += (size_t)snprintf(names + o, sizeof names - o, "%s%.60s", matrices ? ", " : "", one.name);
        matrices++;
        *x = one;
        *head = bytes;
    }
    if (matrices == 1 && *head > 0)
        return 0;
    if (f->o->tensor)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "has no array '%s' (--tensor)", f->o->tensor);
    return matrices == 0 ? kc_err_at(e, KC_EINPUT, f->name, 0,
                                     "is %s", kind ? kind :
                                     "a zip archive without a matrix of numbers in it: unpack it first, or write an "
                                     "npz by numpy.savez") :
                           kc_err_at(e, KC_EINPUT, f->name, 0,
                                     "has %zu matrices of numbers, --tensor NAME chooses one: %s", matrices, names);
}

static int begin_npz(struct kc_feed *f, struct kc_err *e)
{
    struct npz_state *st = kc_mem_zalloc(1, sizeof *st, e);
    struct entry *x = st ? kc_mem_zalloc(1, sizeof *x, e) : NULL;
    uint64_t n = 0, data = 0;
    size_t head = 0, got;
    uint32_t crc = 0;
    f->state = st;
    if (!x)
        return -1;
    st->fd = st->p.fd = -1;
    int rc = open_archive(f, st, e) != 0 || read_directory(f, st, &n, e) != 0 ||
                     choose_array(f, st, n, x, &head, e) != 0 || find_data(f, st, x, &data, e) != 0 ?
                 -1 :
                 0;
    if (rc == 0)
        rc = kc_npy_begin_rows(f, &st->p, &x->h, x->size - head, e);
    /* deflated rows, and rows by columns, are read from a temporary file */
    if (rc == 0 && st->p.rows > 0) {
        rc = kc_outfile_open_spool(&st->p.spool, e);
        if (rc == 0 && x->method == 8) {
            rc = inflate_entry(f, st, x, data, x->size, st->p.spool, NULL, &got, &crc, e);
            if (rc == 0 && got < x->size)
                rc = refuse(f, "an array is cut short", e);
        }
        char piece[4096];
        for (uint64_t at = 0; rc == 0 && x->method == 0 && at < x->size;) {
            size_t m = x->size - at < sizeof piece ? (size_t)(x->size - at) : sizeof piece;
            rc =
                read_at(f, st, data + at, piece, m, e) != 0 || kc_outfile_write(st->p.spool, piece, m, e) != 0 ? -1 : 0;
            crc = (uint32_t)crc32(crc, (const unsigned char *)piece, (unsigned)m);
            at += m;
        }
        if (rc == 0 && crc != x->crc)
            rc = refuse(f, "an array differs from its checksum", e);
        st->p.spool_at = head;
        rc = rc == 0 ? kc_outfile_finish(st->p.spool, e) : rc;
    }
    if (rc == 0)
        snprintf(f->st->tensor, sizeof f->st->tensor, "%s", x->name);
    kc_mem_free(x);
    return rc != 0 ? -1 : kc_plain_terms(f, &st->p, e);
}

static void end_npz(struct kc_feed *f)
{
    struct npz_state *st = f->state;
    if (st->fd >= 0)
        close(st->fd);
    kc_outfile_free(st->archive);
    kc_buf_free(&st->dir);
    if (!st->p.by_column)
        kc_outfile_free(st->p.spool);
    kc_plain_end(f);
}

const struct kc_reader kc_reader_npz = {.format = KC_IN_NPZ,
                                        .magic = "PK\3\4",
                                        .magic_n = 4,
                                        .binary = 1,
                                        .begin = begin_npz,
                                        .narrow = kc_plain_narrow,
                                        .fill = kc_plain_next,
                                        .work = kc_plain_work,
                                        .end = end_npz};
