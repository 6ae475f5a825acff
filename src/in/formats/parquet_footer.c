/* The footer of a Parquet file: the schema, and for each row group where the chunks of its columns are. It stays as
 * bytes: row groups are parsed when they are read, so that a footer costs no more memory than it has. Everything it
 * states is checked against the size of the file. */
#include "in/formats/parquet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/fd.h"
#include "io/outfile.h"

#define SPARE_BYTES ((size_t)1 << 20) /* smaller buffers are not put aside */

int kc_pq_file_read(const struct kc_pq_file *f, uint64_t at, void *p, size_t n, struct kc_err *e)
{
    size_t got;
    if (n == 0)
        return 0;
    if (at > f->size || n > f->size - at)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is damaged: a page lies outside the file");
    if (f->spool)
        return kc_outfile_read(f->spool, at, p, n, e);
    int err = kc_fd_pread(f->fd, p, n, (off_t)(f->base + at), &got);
    if (err != 0)
        return kc_err_sys(e, f->name, err, "cannot read");
    return got == n ? 0 : kc_err_at(e, KC_ESYS, f->name, 0, "was changed while kclust was reading it");
}

void kc_pq_file_free(struct kc_pq_file *f)
{
    if (!f || __atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (f->fd >= 0)
        close(f->fd);
    for (size_t i = 0; i < KC_PQ_SPARES; i++)
        kc_buf_free(&f->spare[i]);
    pthread_mutex_destroy(&f->lock);
    kc_outfile_free(f->spool);
    kc_strs_free(&f->names);
    kc_mem_free(f->leaves);
    kc_mem_free(f->name);
    kc_mem_free(f);
}

void kc_pq_file_take(struct kc_pq_file *f, struct kc_buf *b, size_t n)
{
    size_t best = 0;
    *b = (struct kc_buf){NULL, 0, 0};
    if (n < SPARE_BYTES)
        return;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 1; i < KC_PQ_SPARES; i++) {
        size_t have = f->spare[best].cap, other = f->spare[i].cap;
        if (other > have ? have < n : other >= n)
            best = i;
    }
    *b = f->spare[best];
    b->n = 0;
    f->spare[best] = (struct kc_buf){NULL, 0, 0};
    pthread_mutex_unlock(&f->lock);
}

void kc_pq_file_give(struct kc_pq_file *f, struct kc_buf *b)
{
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; b->cap >= SPARE_BYTES && i < KC_PQ_SPARES; i++)
        if (f->spare[i].cap == 0) {
            f->spare[i] = *b;
            *b = (struct kc_buf){NULL, 0, 0};
        }
    pthread_mutex_unlock(&f->lock);
    kc_buf_free(b);
}

const char *kc_pq_name(const struct kc_pq_file *f, size_t i, size_t *n)
{
    return kc_strs_get(&f->names, i, n);
}

int kc_pq_damaged(const struct kc_pq_file *f, size_t column, struct kc_err *e, const char *fmt, ...)
{
    char what[160];
    size_t n;
    const char *name = kc_pq_name(f, column, &n);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kc_err_at(e, KC_EINPUT, f->name, 0, "column '%.*s' is damaged: %s", (int)(n < 100 ? n : 100), name, what);
}

static int bad_footer(const struct kc_pq_file *f, struct kc_err *e, const char *what)
{
    return kc_err_at(e, KC_EINPUT, f->name, 0, "its Parquet footer is damaged: %s", what);
}

/* Parse the footer's fields; row groups are only walked through. */
static int parse_footer(struct kc_pq_footer *t, const struct kc_pq_file *f, struct kc_err *e)
{
    struct kc_pq_thrift in = {(const unsigned char *)t->bytes.p, (const unsigned char *)t->bytes.p + t->bytes.n, 0, 0};
    struct kc_pq_field field = {0};
    int64_t rows = 0;
    while (kc_pq_next_field(&in, &field))
        switch (field.id) {
        case 2:
            if (field.type != KC_PQ_WIRE_LIST || t->schema.n > 0)
                return bad_footer(f, e, "it has no schema");
            if (kc_pq_schema_parse(&t->schema, &in, f->name, e) != 0)
                return -1;
            break;
        case 3: rows = kc_pq_int(&in, &field); break;
        case 4:
            t->groups = in;
            t->ngroups = kc_pq_list(&t->groups, &field, KC_PQ_WIRE_STRUCT);
            kc_pq_skip(&in, field.type);
            break;
        default: kc_pq_skip(&in, field.type);
        }
    if (in.bad || t->groups.bad)
        return bad_footer(f, e, in.cut || t->groups.cut ? "it ends too early" : "it is no Thrift structure");
    if (t->schema.n == 0)
        return bad_footer(f, e, "it has no columns");
    if (rows < 0)
        return bad_footer(f, e, "it states a negative number of rows");
    t->rows = (uint64_t)rows;
    return 0;
}

int kc_pq_footer_read(struct kc_pq_footer *t, struct kc_pq_file *f, struct kc_err *e)
{
    char tail[8];
    if (f->size < 12)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is cut short: a Parquet file has at least 12 bytes, this one %llu",
                         (unsigned long long)f->size);
    if (kc_pq_file_read(f, f->size - 8, tail, sizeof tail, e) != 0)
        return -1;
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is an encrypted Parquet file, expected one in plain: decrypt it "
                         "first");
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "is cut short: a Parquet file ends with 'PAR1', so its footer is "
                         "missing");
    uint64_t n = kc_le32(tail);
    if (n > f->size - 12)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its Parquet footer is damaged: it states a length of %llu bytes, "
                         "the file has %llu", (unsigned long long)n, (unsigned long long)f->size);
    if (n > f->most_text)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its Parquet footer has %llu bytes, more than %llu (--max-line)",
                         (unsigned long long)n, (unsigned long long)f->most_text);
    f->end = f->size - 8 - n;
    if (kc_buf_reserve(&t->bytes, (size_t)n + 1, e) != 0 ||
        kc_pq_file_read(f, f->end, t->bytes.p, (size_t)n, e) != 0)
        return -1;
    t->bytes.n = (size_t)n;
    return parse_footer(t, f, e);
}

void kc_pq_footer_free(struct kc_pq_footer *t)
{
    kc_buf_free(&t->bytes);
    kc_pq_schema_free(&t->schema);
}

/* What a column chunk states, before it is checked. */
struct stated_chunk {
    int64_t type, codec, values, bytes, data, dict;
    int elsewhere, encrypted, has_meta;
};

/* Parse a chunk's metadata. */
static void parse_meta(struct kc_pq_thrift *in, const struct kc_pq_field *of, struct stated_chunk *c)
{
    struct kc_pq_field f = {0};
    if (!kc_pq_is_struct(in, of))
        return;
    c->has_meta = 1;
    while (kc_pq_next_field(in, &f))
        switch (f.id) {
        case 1: c->type = kc_pq_int(in, &f); break;
        case 4: c->codec = kc_pq_int(in, &f); break;
        case 5: c->values = kc_pq_int(in, &f); break;
        case 7: c->bytes = kc_pq_int(in, &f); break;
        case 9: c->data = kc_pq_int(in, &f); break;
        case 11: c->dict = kc_pq_int(in, &f); break;
        default: kc_pq_skip(in, f.type);
        }
}

/* Name a codec that is not read; NULL if it is. */
static const char *foreign_codec(int64_t codec)
{
    switch (codec) {
    case KC_PQ_NONE:
    case KC_PQ_SNAPPY:
    case KC_PQ_GZIP:
    case KC_PQ_ZSTD:
    case KC_PQ_LZ4_RAW: return NULL;
    case 3: return "LZO";
    case 4: return "BROTLI";
    case 5: return "LZ4 in Hadoop's frames";
    default: return "a codec that kclust does not know";
    }
}

/* Parse one column chunk that is in use, as column i. */
static int parse_chunk(struct kc_pq_thrift *in, const struct kc_pq_file *f, size_t i, struct kc_pq_chunk *out,
                       struct kc_err *e)
{
    struct stated_chunk c = {.type = -1, .dict = 0};
    struct kc_pq_field field = {0};
    size_t n;
    const char *name = kc_pq_name(f, i, &n);
    int shown = (int)(n < 100 ? n : 100);
    while (kc_pq_next_field(in, &field))
        switch (field.id) {
        case 1:
            (void)kc_pq_binary(in, &field, &n);
            c.elsewhere = n > 0;
            break;
        case 3: parse_meta(in, &field, &c); break;
        case 8:
            c.encrypted = 1;
            kc_pq_skip(in, field.type);
            break;
        default: kc_pq_skip(in, field.type);
        }
    if (in->bad)
        return bad_footer(f, e, in->cut ? "it ends too early" : "a row group is no Thrift structure");
    if (c.encrypted || !c.has_meta)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "column '%.*s' is encrypted: decrypt the file first", shown, name);
    if (c.elsewhere)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "column '%.*s' lies in another file: name that file", shown, name);
    const char *codec = foreign_codec(c.codec);
    if (codec)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "column '%.*s' is compressed with %s, expected zstd, snappy, gzip, "
                         "lz4_raw or none: write it anew with one of these", shown, name, codec);
    if (c.type != (int64_t)f->leaves[i].type)
        return kc_pq_damaged(f, i, e, "its type is not that of the schema");
    int64_t at = c.dict > 0 && c.dict < c.data ? c.dict : c.data;
    if (c.values < 0 || at < 4 || (uint64_t)at > f->end)
        return kc_pq_damaged(f, i, e, "its pages lie outside the file");
    *out = (struct kc_pq_chunk){(enum kc_pq_codec)c.codec, (uint64_t)at, (uint64_t)c.values};
    return 0;
}

int kc_pq_footer_group(struct kc_pq_footer *t, const struct kc_pq_file *f, const size_t *use,
                       struct kc_pq_chunk *chunks, uint64_t *rows, struct kc_err *e)
{
    struct kc_pq_thrift *in = &t->groups;
    struct kc_pq_field field = {0};
    int64_t n = -1;
    size_t columns = SIZE_MAX;
    t->group++;
    while (kc_pq_next_field(in, &field)) {
        if (field.id == 3)
            n = kc_pq_int(in, &field);
        else if (field.id != 1)
            kc_pq_skip(in, field.type);
        if (field.id != 1)
            continue;
        columns = kc_pq_list(in, &field, KC_PQ_WIRE_STRUCT);
        if (columns != t->schema.n)
            break;
        for (size_t i = 0; i < columns && !in->bad; i++) {
            if (use[i] == SIZE_MAX)
                kc_pq_skip(in, KC_PQ_WIRE_STRUCT);
            else if (parse_chunk(in, f, use[i], &chunks[use[i]], e) != 0)
                return -1;
        }
    }
    if (in->bad)
        return bad_footer(f, e, in->cut ? "it ends too early" : "a row group is no Thrift structure");
    if (columns != t->schema.n)
        return bad_footer(f, e, "a row group has not as many columns as the schema");
    if (n < 0)
        return bad_footer(f, e, "a row group states no number of rows");
    *rows = (uint64_t)n;
    return 0;
}
