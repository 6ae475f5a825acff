/* The writer of Parquet (parquet-format 2.11). It keeps to what every reader knows: data pages of version 1, values
 * stored as they are (PLAIN), lists of three levels. Pages are compressed by zstd as they fill up, and end between
 * rows, so that readers may take them one by one. Nothing is written twice, so the file may go into a pipe. */
#include "report/parquet.h"

#include <math.h>
#include <string.h>
#include <zstd.h>
#include "base/utf8.h"

#define PAGE_BYTES ((size_t)1 << 20)   /* of values, about */
#define GROUP_BYTES ((size_t)32 << 20) /* of values in a row group, about */
#define GROUP_ROWS ((uint64_t)1 << 20)
#define LEVEL 3 /* of zstd */
#define DEEPEST 6

/* Thrift's compact protocol, written. The first failure sticks. */
struct thrift {
    struct kc_buf *b;
    struct kc_err *e;
    int failed;
    int last[DEEPEST]; /* number of the last field of each open struct */
    unsigned depth;
};

/* A column while it is written. */
struct column {
    struct kc_parquet_column is;
    struct kc_buf values, rep, def; /* of the present page */
    uint64_t levels;                /* in it */
    struct kc_buf pages;            /* compressed ones of the present row group */
    uint64_t all_levels, full;      /* of the row group: levels, bytes of its pages before compression */
};

struct kc_parquet {
    struct kc_outfile *f;
    struct column *columns; /* (n) */
    size_t n;
    uint64_t at;            /* bytes written */
    uint64_t rows, in_group, group_bytes, ngroups;
    struct kc_buf groups;   /* the row groups of the footer */
    struct kc_buf tmp, packed;
    ZSTD_CCtx *zstd;
};

static void put_byte(struct thrift *t, unsigned v)
{
    t->failed |= kc_buf_addc(t->b, (char)(unsigned char)v, t->e) != 0;
}

static void put_varint(struct thrift *t, uint64_t v)
{
    for (; v > 127; v >>= 7)
        put_byte(t, (unsigned)(v & 127) | 128);
    put_byte(t, (unsigned)v);
}

/* Write the header of field `id`. */
static void put_field(struct thrift *t, int id, unsigned type)
{
    put_byte(t, (unsigned)(id - t->last[t->depth]) << 4 | type);
    t->last[t->depth] = id;
}

static void put_i32(struct thrift *t, int id, uint32_t v)
{
    put_field(t, id, 5);
    put_varint(t, (uint64_t)v << 1);
}

static void put_i64(struct thrift *t, int id, uint64_t v)
{
    put_field(t, id, 6);
    put_varint(t, v << 1);
}

/* Write a string, of a field or, with id 0, of a list. */
static void put_string(struct thrift *t, int id, const char *s)
{
    size_t n = strlen(s);
    if (id)
        put_field(t, id, 8);
    put_varint(t, n);
    t->failed |= kc_buf_add(t->b, s, n, t->e) != 0;
}

static void put_list(struct thrift *t, int id, unsigned type, size_t n)
{
    put_field(t, id, 9);
    put_byte(t, (unsigned)(n < 15 ? n : 15) << 4 | type);
    if (n >= 15)
        put_varint(t, n);
}

/* Open a struct, of a field or, with id 0, of a list. */
static void open_struct(struct thrift *t, int id)
{
    if (id)
        put_field(t, id, 12);
    t->last[++t->depth] = 0;
}

static void close_struct(struct thrift *t)
{
    put_byte(t, 0);
    t->depth--;
}

/* Write bytes to the output. */
static int write_bytes(struct kc_parquet *p, const struct kc_buf *b, struct kc_err *e)
{
    p->at += b->n;
    return b->n == 0 ? 0 : kc_outfile_write(p->f, b->p, b->n, e);
}

int kc_parquet_begin(struct kc_parquet **out, struct kc_outfile *f, const struct kc_parquet_column *columns, size_t n,
                     struct kc_err *e)
{
    struct kc_parquet *p = kc_mem_zalloc(1, sizeof *p, e);
    *out = p;
    if (!p)
        return -1;
    p->f = f;
    p->columns = kc_mem_zalloc(n, sizeof *p->columns, e);
    if (!p->columns)
        return -1;
    for (; p->n < n; p->n++)
        p->columns[p->n].is = columns[p->n];
    p->zstd = ZSTD_createCCtx();
    if (!p->zstd)
        return kc_mem_fail(e, 1 << 20);
    return kc_buf_adds(&p->tmp, "PAR1", e) != 0 ? -1 : write_bytes(p, &p->tmp, e);
}

void kc_parquet_free(struct kc_parquet *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++) {
        struct column *c = &p->columns[i];
        kc_buf_free(&c->values);
        kc_buf_free(&c->rep);
        kc_buf_free(&c->def);
        kc_buf_free(&c->pages);
    }
    kc_mem_free(p->columns);
    kc_buf_free(&p->groups);
    kc_buf_free(&p->tmp);
    kc_buf_free(&p->packed);
    ZSTD_freeCCtx(p->zstd);
    kc_mem_free(p);
}

/* Append a little-endian number of some bytes. */
static int add_number(struct kc_buf *b, uint64_t v, unsigned bytes, struct kc_err *e)
{
    char some[8];
    for (unsigned i = 0; i < bytes; i++)
        some[i] = (char)(v >> (8 * i) & 0xFF);
    return kc_buf_add(b, some, bytes, e);
}

/* Append a run of n equal levels. */
static int add_run(struct kc_buf *b, uint64_t n, unsigned level, struct kc_err *e)
{
    struct thrift t = {.b = b, .e = e};
    if (n == 0)
        return 0;
    put_varint(&t, n << 1);
    put_byte(&t, level);
    return t.failed ? -1 : 0;
}

/* Compress the page that column c has gathered. */
static int end_page(struct kc_parquet *p, struct column *c, struct kc_err *e)
{
    struct kc_buf *b = &p->tmp;
    const struct kc_buf *levels[2] = {&c->rep, &c->def};
    b->n = 0;
    if (c->levels == 0)
        return 0;
    if (c->is.type == KC_PARQUET_LIST && add_run(&c->def, c->levels, 1, e) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++)
        if (levels[i]->n > 0 && (add_number(b, levels[i]->n, 4, e) != 0 ||
                                 kc_buf_add(b, levels[i]->p, levels[i]->n, e) != 0))
            return -1;
    if (kc_buf_add(b, c->values.p, c->values.n, e) != 0)
        return -1;
    p->packed.n = 0;
    if (b->n > INT32_MAX || c->levels > INT32_MAX)
        return kc_err_set(e, KC_EINPUT, "row %llu: a value of %zu bytes is too large for Parquet",
                          (unsigned long long)p->rows, b->n);
    if (kc_buf_reserve(&p->packed, ZSTD_compressBound(b->n), e) != 0)
        return -1;
    size_t n = ZSTD_compressCCtx(p->zstd, p->packed.p, p->packed.cap, b->p, b->n, LEVEL);
    if (ZSTD_isError(n))
        return kc_mem_fail(e, (uint64_t)1 << 20); /* nothing else can go wrong */
    size_t before = c->pages.n;
    struct thrift t = {.b = &c->pages, .e = e};
    put_i32(&t, 1, 0);
    put_i32(&t, 2, (uint32_t)b->n);
    put_i32(&t, 3, (uint32_t)n);
    open_struct(&t, 5);
    put_i32(&t, 1, (uint32_t)c->levels);
    put_i32(&t, 2, 0);
    put_i32(&t, 3, 3);
    put_i32(&t, 4, 3);
    close_struct(&t);
    put_byte(&t, 0);
    if (t.failed || kc_buf_add(&c->pages, p->packed.p, n, e) != 0)
        return -1;
    c->full += c->pages.n - before - n + b->n;
    c->all_levels += c->levels;
    c->levels = 0;
    c->values.n = c->rep.n = c->def.n = 0;
    return 0;
}

/* Count a value of column c, and say in a column that may have nulls whether it is one. */
static int count_value(struct column *c, int there, struct kc_err *e)
{
    c->levels++;
    return c->is.type == KC_PARQUET_REAL || c->is.nullable ? add_run(&c->def, 1, there ? 1 : 0, e) : 0;
}

int kc_parquet_null(struct kc_parquet *p, size_t column, struct kc_err *e)
{
    return count_value(&p->columns[column], 0, e);
}

int kc_parquet_text(struct kc_parquet *p, size_t column, const char *s, size_t n, struct kc_err *e)
{
    struct kc_buf *b = &p->columns[column].values;
    size_t at = b->n;
    const char *end = s + n, *bad;
    if (add_number(b, 0, 4, e) != 0)
        return -1;
    while ((bad = kc_utf8_bad(s, end)) != NULL) {
        if (kc_buf_add(b, s, (size_t)(bad - s), e) != 0 || kc_buf_add(b, "\xEF\xBF\xBD", 3, e) != 0)
            return -1;
        s = bad + 1;
    }
    if (kc_buf_add(b, s, (size_t)(end - s), e) != 0)
        return -1;
    n = b->n - at - 4;
    for (unsigned i = 0; i < 4; i++)
        b->p[at + i] = (char)(n >> (8 * i) & 0xFF);
    return count_value(&p->columns[column], 1, e);
}

int kc_parquet_int(struct kc_parquet *p, size_t column, int64_t v, struct kc_err *e)
{
    struct column *c = &p->columns[column];
    return count_value(c, 1, e) != 0 ? -1 : add_number(&c->values, (uint64_t)v, 8, e);
}

int kc_parquet_real(struct kc_parquet *p, size_t column, float v, struct kc_err *e)
{
    struct column *c = &p->columns[column];
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return count_value(c, isfinite(v), e) != 0 ? -1 : isfinite(v) ? add_number(&c->values, bits, 4, e) : 0;
}

int kc_parquet_list(struct kc_parquet *p, size_t column, const float *x, size_t d, struct kc_err *e)
{
    struct column *c = &p->columns[column];
    c->levels += d;
    if (add_run(&c->rep, 1, 0, e) != 0 || add_run(&c->rep, d - 1, 1, e) != 0)
        return -1;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return kc_buf_add(&c->values, x, kc_mem_mul(d, sizeof *x), e);
#else
    for (size_t i = 0; i < d; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        if (add_number(&c->values, bits, 4, e) != 0)
            return -1;
    }
    return 0;
#endif
}

/* Write the row group, and describe it for the footer. */
static int end_group(struct kc_parquet *p, struct kc_err *e)
{
    static const uint32_t types[] = {[KC_PARQUET_TEXT] = 6, [KC_PARQUET_INT] = 2, [KC_PARQUET_REAL] = 4,
                                     [KC_PARQUET_LIST] = 4};
    struct thrift t = {.b = &p->groups, .e = e};
    uint64_t full = 0;
    if (p->in_group == 0)
        return 0;
    open_struct(&t, 0);
    put_list(&t, 1, 12, p->n);
    for (size_t i = 0; i < p->n; i++) {
        struct column *c = &p->columns[i];
        int is_list = c->is.type == KC_PARQUET_LIST;
        if (end_page(p, c, e) != 0)
            return -1;
        open_struct(&t, 0);
        put_i64(&t, 2, p->at);
        open_struct(&t, 3);
        put_i32(&t, 1, types[c->is.type]);
        put_list(&t, 2, 5, 2);
        put_varint(&t, 0);      /* PLAIN */
        put_varint(&t, 3 << 1); /* RLE */
        put_list(&t, 3, 8, is_list ? 3 : 1);
        put_string(&t, 0, c->is.name);
        if (is_list) {
            put_string(&t, 0, "list");
            put_string(&t, 0, "element");
        }
        put_i32(&t, 4, 6); /* ZSTD */
        put_i64(&t, 5, c->all_levels);
        put_i64(&t, 6, c->full);
        put_i64(&t, 7, c->pages.n);
        put_i64(&t, 9, p->at);
        close_struct(&t);
        close_struct(&t);
        full += c->full;
        if (t.failed || write_bytes(p, &c->pages, e) != 0)
            return -1;
        c->pages.n = 0;
        c->full = c->all_levels = 0;
    }
    put_i64(&t, 2, full);
    put_i64(&t, 3, p->in_group);
    close_struct(&t);
    p->ngroups++;
    p->in_group = p->group_bytes = 0;
    return t.failed ? -1 : 0;
}

int kc_parquet_row(struct kc_parquet *p, struct kc_err *e)
{
    p->rows++;
    p->in_group++;
    int whole = p->in_group == GROUP_ROWS;
    uint64_t held = p->group_bytes;
    for (size_t i = 0; i < p->n; i++) {
        struct column *c = &p->columns[i];
        held += c->values.n;
        if (c->values.n < PAGE_BYTES)
            continue;
        p->group_bytes += c->values.n;
        if (end_page(p, c, e) != 0)
            return -1;
    }
    return whole || held >= GROUP_BYTES ? end_group(p, e) : 0;
}

/* Write one element of the schema. What is below 0 is left out. */
static void put_element(struct thrift *t, int type, int repetition, const char *name, int children, int converted)
{
    open_struct(t, 0);
    if (type >= 0)
        put_i32(t, 1, (uint32_t)type);
    if (repetition >= 0)
        put_i32(t, 3, (uint32_t)repetition);
    put_string(t, 4, name);
    if (children >= 0)
        put_i32(t, 5, (uint32_t)children);
    if (converted >= 0)
        put_i32(t, 6, (uint32_t)converted);
    if (converted == 0 || converted == 3) { /* the newer way to say it: STRING, LIST */
        open_struct(t, 10);
        open_struct(t, converted == 0 ? 1 : 3);
        close_struct(t);
        close_struct(t);
    }
    close_struct(t);
}

/* Write the schema's elements of a column. */
static void put_column(struct thrift *t, const struct kc_parquet_column *c)
{
    switch (c->type) {
    case KC_PARQUET_TEXT: put_element(t, 6, c->nullable != 0, c->name, -1, 0); break;
    case KC_PARQUET_INT: put_element(t, 2, c->nullable != 0, c->name, -1, -1); break;
    case KC_PARQUET_REAL: put_element(t, 4, 1, c->name, -1, -1); break;
    case KC_PARQUET_LIST:
        put_element(t, -1, 0, c->name, 1, 3);
        put_element(t, -1, 2, "list", 1, -1);
        put_element(t, 4, 0, "element", -1, -1);
    }
}

int kc_parquet_end(struct kc_parquet *p, struct kc_err *e)
{
    size_t elements = 1 + p->n;
    if (end_group(p, e) != 0)
        return -1;
    for (size_t i = 0; i < p->n; i++)
        elements += p->columns[i].is.type == KC_PARQUET_LIST ? 2 : 0;
    struct kc_buf *b = &p->tmp;
    struct thrift t = {.b = b, .e = e};
    b->n = 0;
    put_i32(&t, 1, 1);
    put_list(&t, 2, 12, elements);
    put_element(&t, -1, -1, "schema", (int)p->n, -1);
    for (size_t i = 0; i < p->n; i++)
        put_column(&t, &p->columns[i].is);
    put_i64(&t, 3, p->rows);
    put_list(&t, 4, 12, (size_t)p->ngroups);
    t.failed |= kc_buf_add(b, p->groups.p, p->groups.n, e) != 0;
    put_string(&t, 6, "kclust version " KC_VERSION);
    put_byte(&t, 0);
    return t.failed || add_number(b, b->n, 4, e) != 0 || kc_buf_adds(b, "PAR1", e) != 0 ? -1 : write_bytes(p, b, e);
}
