/* npy, versions 1 to 3: two dimensions, C order, floating point. The header is a Python dictionary as text:
 * {'descr': '<f4', 'fortran_order': False, 'shape': (524, 1536), } */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "in/reader.h"

#define LONGEST_HEADER ((size_t)1 << 20)

struct state {
    uint64_t rows, done;
    uint64_t at; /* the place in the file of row 0, where it can be read again */
    size_t d, width, row_bytes;
    int swap;
    struct kc_strs terms; /* of FILE.terms */
    int has_terms;
};

struct header {
    char descr[32];
    int fortran, seen; /* seen: bit 0 descr, 1 fortran_order, 2 shape */
    uint64_t shape[2];
    unsigned dims;
};

static int bad_header(const struct kc_feed *f, const char *what, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, f->name, 0, "its npy header is damaged: %s", what);
}

static const char *blanks(const char *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
        p++;
    return p;
}

/* A quoted string of at most size - 1 bytes. NULL when it is none. */
static const char *quoted(const char *p, char *out, size_t size)
{
    char q = *p;
    size_t n = 0;
    if (q != '\'' && q != '"')
        return NULL;
    for (p++; *p != q; p++) {
        if (*p == '\0' || *p == '\\' || n + 1 == size)
            return NULL;
        out[n++] = *p;
    }
    out[n] = '\0';
    return p + 1;
}

/* (524, 1536): dims counts them all, the first two are kept. */
static const char *shape(const char *p, struct header *h)
{
    if (*p != '(')
        return NULL;
    p = blanks(p + 1);
    while (*p != ')') {
        uint64_t v = 0;
        if (*p < '0' || *p > '9')
            return NULL;
        for (; *p >= '0' && *p <= '9'; p++)
            if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
                return NULL;
        p = blanks(*p == 'L' ? p + 1 : p); /* as Python 2 wrote long integers */
        if (h->dims < 2)
            h->shape[h->dims] = v;
        h->dims++;
        if (*p == ',')
            p = blanks(p + 1);
        else if (*p != ')')
            return NULL;
    }
    return p + 1;
}

static const char *member(const char *p, struct header *h)
{
    char key[32];
    p = quoted(p, key, sizeof key);
    if (!p)
        return NULL;
    p = blanks(p);
    if (*p != ':')
        return NULL;
    p = blanks(p + 1);
    if (strcmp(key, "descr") == 0) {
        h->seen |= 1;
        if (*p == '[') { /* a structure: nothing behind it matters */
            strcpy(h->descr, "structure");
            return p;
        }
        return quoted(p, h->descr, sizeof h->descr);
    }
    if (strcmp(key, "fortran_order") == 0) {
        h->seen |= 2;
        h->fortran = *p == 'T';
        return strncmp(p, "True", 4) == 0 ? p + 4 : strncmp(p, "False", 5) == 0 ? p + 5 : NULL;
    }
    if (strcmp(key, "shape") == 0) {
        h->seen |= 4;
        return shape(p, h);
    }
    return NULL;
}

static int parse_header(const struct kc_feed *f, const char *p, struct header *h, struct kc_err *e)
{
    memset(h, 0, sizeof *h);
    p = blanks(p);
    if (*p != '{')
        return bad_header(f, "no dictionary", e);
    p = blanks(p + 1);
    while (*p != '}') {
        p = member(p, h);
        if (!p)
            return bad_header(f, "an entry that numpy would not write", e);
        if (strcmp(h->descr, "structure") == 0)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "holds structures, expected a matrix of <f2, <f4 or <f8");
        p = blanks(p);
        if (*p == ',')
            p = blanks(p + 1);
        else if (*p != '}')
            return bad_header(f, "no '}'", e);
    }
    if (*blanks(p + 1) != '\0')
        return bad_header(f, "something follows its '}'", e);
    return h->seen == 7 ? 0 : bad_header(f, "descr, fortran_order or shape is missing", e);
}

static int set_type(struct kc_feed *f, struct state *st, const struct header *h, struct kc_err *e)
{
    const char *t = h->descr;
    int order = t[0] == '<' || t[0] == '>' || t[0] == '=';
    if (!order || t[1] != 'f' || !strchr("248", t[2]) || t[2] == '\0' || t[3] != '\0')
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "holds numbers of type %s, expected <f2, <f4 or <f8 (x.astype(numpy.float32) makes it so)", t);
    st->width = (size_t)(t[2] - '0');
    st->swap = t[0] == '=' ? KC_BIG_ENDIAN : t[0] == '>';
    if (f->st->dtype[0] == '\0')
        snprintf(f->st->dtype, sizeof f->st->dtype, "%.8s", t);
    return 0;
}

static int set_shape(struct kc_feed *f, struct state *st, const struct header *h, struct kc_err *e)
{
    uint64_t left = kc_source_left(f->src), total;
    if (h->dims != 2)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "has %u dimension%s, expected 2: rows and numbers", h->dims,
                         h->dims == 1 ? "" : "s");
    if (h->fortran && h->shape[0] > 1 && h->shape[1] > 1)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "is in Fortran order, by columns: save numpy.ascontiguousarray(x) instead");
    if (h->shape[0] == 0)
        return 0;
    if (kc_feed_dim(f, h->shape[1], e) != 0)
        return -1;
    st->rows = h->shape[0];
    st->d = (size_t)h->shape[1];
    st->row_bytes = st->d * st->width;
    if (__builtin_mul_overflow(st->rows, (uint64_t)st->row_bytes, &total) || total > INT64_MAX)
        return bad_header(f, "its shape is larger than any file", e);
    if (left != UINT64_MAX) {
        left += f->carry.n - f->carry_at;
        if (left != total)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "holds %llu byte%s of numbers, its header says %llu",
                             (unsigned long long)left, left == 1 ? "" : "s", (unsigned long long)total);
        if (f->nfiles == 1)
            f->hint_rows = st->rows;
    }
    return 0;
}

/* FILE.terms beside FILE, unless terms come from elsewhere. */
static int load_terms(struct kc_feed *f, struct state *st, struct kc_err *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s.terms", f->path);
    if (f->o->terms_file || strcmp(f->path, "-") == 0 || n < 0 || (size_t)n >= sizeof path ||
        (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)))
        return 0;
    if (kc_terms_load(path, 1, f->o->max_memory, &st->terms, e) != 0)
        return -1;
    st->has_terms = 1;
    if (st->terms.n != st->rows)
        return kc_err_at(e, KC_EINPUT, path, 0, "has %zu term%s, %s has %llu row%s", st->terms.n,
                         st->terms.n == 1 ? "" : "s", f->path, (unsigned long long)st->rows, st->rows == 1 ? "" : "s");
    return 0;
}

static int begin(struct kc_feed *f, struct kc_err *e)
{
    struct header h;
    struct state *st = kc_mem_zalloc(1, sizeof *st, e);
    if (!st)
        return -1;
    f->state = st;
    if (kc_feed_peek(f, 12, e) != 0)
        return -1;
    const char *p = f->carry.p + f->carry_at;
    if (f->carry.n - f->carry_at < 12)
        return kc_feed_broken(f, e) != 0 ? -1 : kc_err_at(e, KC_EINPUT, f->name, 0, "ends within its npy header");
    unsigned major = (unsigned char)p[6], minor = (unsigned char)p[7];
    if (major < 1 || major > 3 || minor != 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is npy version %u.%u, expected 1.0, 2.0 or 3.0", major, minor);
    size_t before = major == 1 ? 10 : 12, len = major == 1 ? kc_le16(p + 8) : kc_le32(p + 8);
    if (len > LONGEST_HEADER)
        return bad_header(f, "it says that it is longer than 1 MiB", e);
    if (kc_feed_peek(f, before + len, e) != 0)
        return -1;
    p = f->carry.p + f->carry_at;
    if (f->carry.n - f->carry_at < before + len)
        return kc_feed_broken(f, e) != 0 ? -1 : kc_err_at(e, KC_EINPUT, f->name, 0, "ends within its npy header");
    struct kc_buf text = {NULL, 0, 0};
    int rc = kc_buf_add(&text, p + before, len, e) != 0 || kc_buf_addc(&text, '\0', e) != 0 ? -1 : 0;
    if (rc == 0 && memchr(text.p, '\0', len))
        rc = bad_header(f, "there is a NUL byte in it", e);
    if (rc == 0)
        rc = parse_header(f, text.p, &h, e);
    kc_buf_free(&text);
    f->carry_at += before + len;
    if (rc != 0 || set_type(f, st, &h, e) != 0 || set_shape(f, st, &h, e) != 0 || load_terms(f, st, e) != 0)
        return -1;
    f->again = kc_again_open(f, st->width, st->swap, &st->at);
    return 0;
}

static void end(struct kc_feed *f)
{
    struct state *st = f->state;
    kc_strs_free(&st->terms);
}

static int fill(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct state *st = f->state;
    if (st->done == st->rows) {
        if (kc_feed_peek(f, 1, e) != 0 || kc_feed_broken(f, e) != 0)
            return -1;
        if (f->carry_at < f->carry.n)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "more bytes follow the %llu row%s that its header says",
                             (unsigned long long)st->rows, st->rows == 1 ? "" : "s");
        *eof = 1;
        return 0;
    }
    size_t rows = f->block / st->row_bytes;
    if (rows == 0)
        rows = 1;
    if (rows > st->rows - st->done)
        rows = (size_t)(st->rows - st->done);
    if (kc_feed_take(f, &s->buf, rows * st->row_bytes, e) != 0)
        return -1;
    rows = s->buf.n / st->row_bytes;
    if (rows == 0) /* rows that are whole come first */
        return kc_feed_broken(f, e) != 0 ? -1 :
               kc_err_at(e, KC_EINPUT, f->name, 0, "is cut short: it ends within row %llu of %llu",
                         (unsigned long long)st->done, (unsigned long long)st->rows);
    for (size_t i = 0; st->has_terms && i < rows; i++) {
        size_t n;
        const char *t = kc_strs_get(&st->terms, (size_t)st->done + i, &n);
        if (kc_strs_add(&s->terms, t, n, e) != 0)
            return -1;
    }
    s->has_terms = st->has_terms;
    s->buf.n = rows * st->row_bytes;
    s->width = st->width;
    s->swap = st->swap;
    s->at = st->at + st->done * st->row_bytes;
    st->done += rows;
    s->end = st->at + st->done * st->row_bytes;
    return 0;
}

static float from_half(unsigned h)
{
    uint32_t sign = (h & 0x8000u) << 16, mag = h & 0x7FFFu, bits;
    float f;
    if (mag < 0x0400) { /* subnormal: exact as a float */
        f = (float)mag * 0x1p-24f;
        memcpy(&bits, &f, sizeof bits);
    } else {
        bits = (mag << 13) + (mag < 0x7C00 ? 112u << 23 : 224u << 23); /* the exponent's other bias; infinity and NaN */
    }
    bits |= sign;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float from_double(uint64_t b)
{
    double d;
    memcpy(&d, &b, sizeof d);
    return (float)d;
}

void kc_npy_floats(float *out, const char *p, size_t n, size_t width, int swap)
{
    if (width == 4 && !swap) {
        kc_le_floats(out, p, n);
    } else if (width == 4) {
        for (size_t i = 0; i < n; i++) {
            uint32_t b = __builtin_bswap32(kc_le32(p + 4 * i));
            memcpy(out + i, &b, sizeof b);
        }
    } else if (width == 2) {
        for (size_t i = 0; i < n; i++) {
            unsigned h = kc_le16(p + 2 * i);
            out[i] = from_half(swap ? (h >> 8 | h << 8) & 0xFFFF : h);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            uint64_t b = kc_le64(p + 8 * i);
            out[i] = from_double(swap ? __builtin_bswap64(b) : b);
        }
    }
}

/* A float64 that is finite and too large says so, rather than that it is infinite. */
static void name_large(const struct kc_slot *s, const char *p, char *msg, size_t size)
{
    for (size_t j = 0; s->width == 8 && j < s->d; j++) {
        double d;
        uint64_t b = s->swap ? __builtin_bswap64(kc_le64(p + 8 * j)) : kc_le64(p + 8 * j);
        memcpy(&d, &b, sizeof d);
        if (!isfinite((float)d)) {
            if (isfinite(d))
                snprintf(msg, size, "column %zu is %g, beyond the range of float32", j, d);
            return;
        }
    }
}

void kc_npy_work(struct kc_slot *s)
{
    size_t row_bytes = s->d * s->width, rows = s->buf.n / row_bytes;
    struct kc_strs good = {{NULL, 0, 0}, NULL, 0, 0};
    for (size_t i = 0; i < rows; i++, s->records++) {
        const char *p = s->buf.p + i * row_bytes;
        float *row = kc_slot_row(s);
        char msg[128];
        if (!row)
            break;
        kc_npy_floats(row, p, s->d, s->width, s->swap);
        if (kc_slot_check(s, "", msg, sizeof msg) != 0) {
            name_large(s, p, msg, sizeof msg);
            if (!kc_slot_bad(s, 0, msg))
                break;
        } else if (s->has_terms) {
            size_t n;
            const char *t = kc_strs_get(&s->terms, i, &n);
            if (kc_strs_add(&good, t, n, &s->err) != 0)
                break;
        }
    }
    if (s->has_terms) { /* those of the good rows only */
        kc_strs_free(&s->terms);
        s->terms = good;
    }
}

const struct kc_reader kc_reader_npy = {KC_IN_NPY, "npy", "\x93NUMPY", 6, 1, begin, fill, kc_npy_work, end};
