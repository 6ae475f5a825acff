/* A file that is truncated or damaged is distinguished from one that is of another kind. */
#include "model/tensors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/fd.h"
#include "base/num.h"

#define HEADER_LENGTH 8

int kc_tensors_bad(const struct kc_tensors *f, const char *fmt, ...)
{
    char what[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kc_err_at(f->e, KC_EINPUT, f->name, 0, "damaged %s: %s", f->what, what);
}

/* Fail with KC_EINPUT: the file is none of these. */
static int refuse_file(const struct kc_tensors *f, const char *why)
{
    return kc_err_at(f->e, KC_EINPUT, f->name, 0, "%s: not a kclust %s, which %s writes", why, f->what,
                     strcmp(f->what, "map") == 0 ? "map --save-map" : "fit -m");
}

/* Read n bytes of the file at an offset. */
static int read_tensor(const struct kc_tensors *f, uint64_t at, void *p, size_t n)
{
    size_t got;
    const int err = kc_fd_pread(f->fd, p, n, (off_t)at, &got);
    return err != 0 ? kc_err_sys(f->e, f->name, err, "cannot read") : got == n ? 0 :
           kc_err_at(f->e, KC_ESYS, f->name, 0, "has become shorter while it was read");
}

void *kc_tensors_copy(const struct kc_tensors *f, const char *name, enum kc_st_type type, uint64_t d0, uint64_t d1)
{
    static const struct {
        const char *name;
        size_t width;
    } types[] = {[KC_ST_F32] = {"F32", 4}, [KC_ST_F64] = {"F64", 8}, [KC_ST_I64] = {"I64", 8}, [KC_ST_U64] = {"U64", 8},
                 [KC_ST_F16] = {"F16", 2}, [KC_ST_I32] = {"I32", 4}, [KC_ST_I8] = {"I8", 1}};
    const struct kc_st_tensor *t = kc_st_find(&f->st, name);
    const size_t width = types[type].width;
    if (!t) {
        kc_tensors_bad(f, "there is no tensor '%s'", name);
        return NULL;
    }
    if (t->type != type || t->ndims != (d1 ? 2u : 1u) || t->shape[0] != d0 || (d1 && t->shape[1] != d1)) {
        if (d1)
            kc_tensors_bad(f, "tensor '%s' is not %s of (%llu, %llu)", name, types[type].name, (unsigned long long)d0,
                           (unsigned long long)d1);
        else
            kc_tensors_bad(f, "tensor '%s' is not %s of (%llu)", name, types[type].name, (unsigned long long)d0);
        return NULL;
    }
    size_t count = (size_t)(t->end - t->begin) / width;
    void *p = kc_mem_aligned(count, width, f->e);
    if (p && count && !f->data && read_tensor(f, f->at + t->begin, p, count * width) != 0) {
        kc_mem_free(p);
        return NULL;
    }
    if (p && count && f->data)
        memcpy(p, f->data + t->begin, count * width);
    if (p && count)
        kc_st_swap(p, count, width);
    return p;
}

const uint64_t *kc_tensors_shape(const struct kc_tensors *f, const char *name, unsigned dims)
{
    const struct kc_st_tensor *t = kc_st_find(&f->st, name);
    if (t && t->ndims == dims)
        return t->shape;
    kc_tensors_bad(f, "there is no tensor '%s' of %u dimension%s", name, dims, dims == 1 ? "" : "s");
    return NULL;
}

/* Check that the metadata name this format, in a version that we know. */
static int check_format(const struct kc_tensors *f, const char *format, uint64_t most)
{
    size_t n = 0;
    if (!kc_st_has_format(&f->st, format))
        return refuse_file(f, kc_st_has_format(&f->st, KC_ST_MODEL) ? "a model of clusters" :
                              kc_st_has_format(&f->st, KC_ST_MAP)   ? "a map of rows, for map -m" :
                                                                "a safetensors file of something else");
    char digits[24] = "";
    uint64_t version;
    const char *p = kc_st_metadata(&f->st, "version", &n);
    if (p && n < sizeof digits)
        memcpy(digits, p, n);
    if (kc_num_u64(digits, &version) != 0 || version < 1)
        return kc_tensors_bad(f, "its version is not a number");
    if (version > most)
        return kc_err_at(f->e, KC_EINPUT, f->name, 0, "%s version %llu: this kclust reads versions up to %llu", f->what,
                         (unsigned long long)version, (unsigned long long)most);
    return 0;
}

/* Return the length of the header, by the first n bytes of a file; 0 if it is no safetensors file. */
static uint64_t header_length(const char *bytes, size_t n)
{
    uint64_t header = n > HEADER_LENGTH ? kc_le64(bytes) : 0;
    return header < 2 || header > KC_ST_HEADER_MAX || bytes[HEADER_LENGTH] != '{' ? 0 : header;
}

/* Parse the header in the first bytes of a file of n bytes, of which `seen` are at hand, and check the file by it.
 * *begin: where the data begin. */
static int open_header(struct kc_tensors *f, const char *bytes, size_t seen, uint64_t n, const char *format,
                       uint64_t version, uint64_t *begin)
{
    const uint64_t header = header_length(bytes, seen);
    if (header == 0)
        return refuse_file(f, n ? "no safetensors file" : "empty");
    if (header > n - HEADER_LENGTH)
        return kc_err_at(f->e, KC_EINPUT, f->name, 0, "the %s is cut short: %llu bytes, its header alone has %llu",
                         f->what, (unsigned long long)n, (unsigned long long)header);
    if (kc_st_parse(&f->st, bytes + HEADER_LENGTH, (size_t)header, f->name, f->e) != 0)
        return -1;
    *begin = HEADER_LENGTH + header;
    uint64_t have = n - *begin;
    if (check_format(f, format, version) != 0)
        return -1;
    if (have == f->st.bytes)
        return 0;
    return kc_err_at(f->e, KC_EINPUT, f->name, 0, "%sthe %s%s: %llu bytes of data, expected %llu",
                     have < f->st.bytes ? "" : "there is more after ", f->what,
                     have < f->st.bytes ? " is cut short" : "",
                     (unsigned long long)have, (unsigned long long)f->st.bytes);
}

int kc_tensors_open(struct kc_tensors *f, const char *bytes, size_t n, const char *format, uint64_t version)
{
    uint64_t begin = 0;
    f->fd = -1;
    if (open_header(f, bytes, n, n, format, version, &begin) != 0)
        return -1;
    f->data = bytes + begin;
    return 0;
}

int kc_tensors_open_source(struct kc_tensors *f, struct kc_buf *b, struct kc_source *src, const char *format,
                           uint64_t version)
{
    const uint64_t n = kc_source_left(src);
    uint64_t header = 0, begin = 0;
    const char *p;
    size_t seen;
    f->fd = -1;
    if (n == UINT64_MAX)
        return kc_tensors_read(b, src, f->e) != 0 ? -1 : kc_tensors_open(f, b->p, b->n, format, version);
    f->fd = kc_source_dup(src, &f->at);
    if (f->fd < 0)
        return kc_err_sys(f->e, f->name, errno, "cannot open");
    if (kc_source_peek(src, HEADER_LENGTH + 1, &p, &seen, f->e) != 0)
        return -1;
    header = header_length(p, seen);
    if (header > 0 && kc_source_peek(src, HEADER_LENGTH + (size_t)header, &p, &seen, f->e) != 0)
        return -1;
    if (open_header(f, p, seen, n, format, version, &begin) != 0)
        return -1;
    f->at += begin;
    return 0;
}

void kc_tensors_close(struct kc_tensors *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    kc_st_free(&f->st);
}

/* Return the size of the file that begins with these n bytes: to the end of its header, or, if the header is there,
 * to the end of its data. 0: it is no safetensors file. */
static uint64_t expected_size(const char *p, size_t n)
{
    uint64_t header = header_length(p, n), all = HEADER_LENGTH + header;
    if (header == 0 || n < all)
        return header == 0 ? 0 : all;
    struct kc_err e = KC_ERR_INIT; /* kc_tensors_open finds the error again and reports it */
    struct kc_st st;
    int rc = kc_st_parse(&st, p + HEADER_LENGTH, (size_t)header, "", &e);
    all = rc == 0 && st.bytes < UINT64_MAX - all ? all + st.bytes : 0;
    kc_st_free(&st);
    return all;
}

int kc_tensors_read(struct kc_buf *b, struct kc_source *src, struct kc_err *e)
{
    size_t got = 1;
    uint64_t want = HEADER_LENGTH + 1;
    for (int steps = 0; got > 0 && b->n <= want;) {
        if (b->cap - b->n < 4096 && kc_buf_reserve(b, b->n / 2 + 65536, e) != 0)
            return -1;
        if (kc_source_read(src, b->p + b->n, b->cap - b->n, &got, e) != 0)
            return -1;
        b->n += got;
        for (; steps < 2 && b->n >= want; steps++) {
            want = expected_size(b->p, b->n);
            uint64_t left = kc_source_left(src), more = want > b->n ? want - b->n : 0; /* known: all at once */
            if (left != UINT64_MAX && more > 0 && kc_buf_reserve(b, (size_t)(more < left ? more : left) + 1, e) != 0)
                return -1;
        }
    }
    return 0;
}

int kc_tensors_is(struct kc_source *src, const char *format, int unless, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    struct kc_st st = {0};
    const char *p;
    size_t n;
    if (kc_source_peek(src, HEADER_LENGTH + 1, &p, &n, e) != 0)
        return -1;
    uint64_t header = header_length(p, n);
    if (header == 0)
        return 0;
    if (kc_source_peek(src, HEADER_LENGTH + (size_t)header, &p, &n, e) != 0)
        return -1;
    if (n < HEADER_LENGTH + header) /* cut short: reading it will say so */
        return unless;
    const int valid = kc_st_parse(&st, p + HEADER_LENGTH, (size_t)header, "", &why) == 0;
    const int same = valid && kc_st_has_format(&st, format);
    kc_st_free(&st);
    if (why.code != KC_ESYS)
        return valid ? same : unless;
    *e = why;
    return -1;
}
