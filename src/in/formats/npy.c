/* The npy reader: versions 1.0, 2.0 and 3.0 of numpy's format, with two dimensions, in C or Fortran order, of floating
 * point or integers. */
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "in/fields/npy_header.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"

static int bad_header(const struct kc_feed *f, const char *what, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, f->name, 0, "its npy header is damaged: %s", what);
}

/* Parse the dictionary, a NUL-terminated text. */
static int parse_header(const struct kc_feed *f, const char *p, struct kc_npy_header *h, struct kc_err *e)
{
    const char *what;
    if (kc_npy_dict_parse(p, h, &what) != 0)
        return bad_header(f, what, e);
    if (strcmp(h->descr, "structure") == 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "holds structures, expected a matrix of numbers");
    return 0;
}

/* Set the type of the numbers from descr. */
static int set_type(struct kc_feed *f, struct kc_layout *l, const struct kc_npy_header *h, struct kc_err *e)
{
    static const struct {
        char descr[3];
        enum kc_cell cell;
    } types[] = {{"f4", KC_CELL_F32}, {"f8", KC_CELL_F64}, {"f2", KC_CELL_F16}, {"i1", KC_CELL_I8}, {"u1", KC_CELL_U8},
                 {"i2", KC_CELL_I16}, {"u2", KC_CELL_U16}, {"i4", KC_CELL_I32}, {"u4", KC_CELL_U32},
                 {"i8", KC_CELL_I64}, {"u8", KC_CELL_U64}};
    const char *t = h->descr;
    size_t i = 0, n = sizeof types / sizeof types[0];
    int order = *t != '\0' && strchr("<>=|", *t) != NULL;
    while (order && i < n && strcmp(t + 1, types[i].descr) != 0)
        i++;
    if (!order || i == n || (*t == '|' && t[2] != '1'))
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "holds numbers of type %s, expected floats or integers (x.astype(numpy.float32) makes it so)",
                         t);
    l->cell = types[i].cell;
    l->swap = t[0] == '=' ? KC_BIG_ENDIAN : t[0] == '>';
    if (f->st->dtype[0] == '\0')
        snprintf(f->st->dtype, sizeof f->st->dtype, "%.8s", t);
    return 0;
}

int kc_npy_begin_rows(struct kc_feed *f, struct kc_plain *p, const struct kc_npy_header *h, uint64_t bytes,
                      struct kc_err *e)
{
    uint64_t total;
    if (set_type(f, &p->layout, h, e) != 0)
        return -1;
    if (h->dims != 2)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "has %u dimension%s, expected 2: rows and numbers", h->dims,
                         h->dims == 1 ? "" : "s");
    if (h->shape[0] == UINT64_MAX) /* which in kc_plain means as many as there are */
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its shape is larger than any file");
    p->rows = h->shape[0];
    p->by_column = h->fortran && h->shape[0] > 1 && h->shape[1] > 1;
    p->apart = bytes != UINT64_MAX;
    p->fd = -1;
    if (p->apart && (__builtin_mul_overflow(h->shape[0], h->shape[1], &total) ||
                     __builtin_mul_overflow(total, (uint64_t)kc_cell_bytes(p->layout.cell), &total) || total != bytes))
        return kc_err_at(e, KC_EINPUT, f->name, 0, "holds %llu bytes of numbers, its npy header states another size",
                         (unsigned long long)bytes);
    return kc_plain_begin(f, p, h->shape[1], "npy", e);
}

static int begin_npy(struct kc_feed *f, struct kc_err *e)
{
    struct kc_npy_header h;
    struct kc_plain *st = kc_mem_zalloc(1, sizeof *st, e);
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
    if (len > KC_NPY_LONGEST)
        return bad_header(f, "it is longer than 1 MiB", e);
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
    if (rc != 0 || kc_npy_begin_rows(f, st, &h, UINT64_MAX, e) != 0)
        return -1;
    return st->by_column && kc_plain_by_column(f, st, e) != 0 ? -1 : kc_plain_terms(f, st, e);
}

const struct kc_reader kc_reader_npy = {
    .format = KC_IN_NPY, .magic = KC_NPY_MAGIC, .magic_n = 6, .binary = 1,
    .begin = begin_npy, .narrow = kc_plain_narrow, .fill = kc_plain_next, .work = kc_plain_work, .end = kc_plain_end};
