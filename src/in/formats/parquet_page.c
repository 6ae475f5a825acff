/* Pages: their headers, the levels at their heads, and their bytes. Opening a page, which the filling thread does,
 * reads its levels only, of a compressed page no more than its first bytes; the first worker that wants its numbers
 * inflates it. A page may be as large as 100 MB (DuckDB's are), so numbers that are stored as they are get read from
 * the file piece by piece. Checksums (crc) are not compared: hardly a writer sets them. */
#include "in/formats/parquet.h"

#include <string.h>
#include <sys/mman.h>
#include "base/bytes.h"
#include "base/num.h"

#define HEADER_BYTES ((size_t)512)        /* of a page header that are read at first */
#define HEADER_MOST ((size_t)16 << 20)    /* statistics may hold long texts */
#define HUGE ((size_t)2 << 20)            /* bytes of a huge page */
#define LARGE ((size_t)4 << 20)            /* bytes of a page that are worth the wait for them */
#define HEAD_BYTES ((size_t)64 << 10)     /* inflated at first to see how long the levels are */

/* A page header. */
struct header {
    int64_t type, full, stored;
    int64_t levels, encoding, def_encoding, rep_encoding;
    int64_t def_bytes, rep_bytes;
    int plain; /* version 2: the values are not compressed */
    size_t bytes; /* of the header itself */
};

void kc_pq_page_free(struct kc_pq_page *p)
{
    while (p && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        struct kc_pq_page *next = p->next;
        pthread_mutex_destroy(&p->lock);
        kc_buf_free(&p->rep);
        kc_buf_free(&p->def);
        if (p->loaded)
            kc_pq_file_give(p->file, &p->data);
        kc_mem_free(p);
        p = next;
    }
}

void kc_pq_dict_free(struct kc_pq_dict *d)
{
    if (!d || __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    kc_mem_free(d->x);
    kc_mem_free(d->off);
    kc_buf_free(&d->bytes);
    kc_mem_free(d);
}

/* Parse the part of a header that belongs to its kind of page. */
static void parse_kind(struct kc_pq_thrift *t, const struct kc_pq_field *of, struct header *h)
{
    struct kc_pq_field f = {0};
    int v2 = of->id == 8;
    if (!kc_pq_is_struct(t, of))
        return;
    while (kc_pq_next_field(t, &f)) {
        if (f.id == 1)
            h->levels = kc_pq_int(t, &f);
        else if (f.id == (v2 ? 4 : 2))
            h->encoding = kc_pq_int(t, &f);
        else if (v2 && f.id == 5)
            h->def_bytes = kc_pq_int(t, &f);
        else if (v2 && f.id == 6)
            h->rep_bytes = kc_pq_int(t, &f);
        else if (v2 && f.id == 7)
            h->plain = !kc_pq_bool(t, &f);
        else if (of->id == 5 && f.id == 3)
            h->def_encoding = kc_pq_int(t, &f);
        else if (of->id == 5 && f.id == 4)
            h->rep_encoding = kc_pq_int(t, &f);
        else
            kc_pq_skip(t, f.type);
    }
}

/* Parse a header. */
static void parse_header(struct kc_pq_thrift *t, struct header *h)
{
    struct kc_pq_field f = {0};
    *h = (struct header){.type = -1, .full = -1, .stored = -1, .levels = -1, .encoding = -1,
                         .def_encoding = KC_PQ_RLE, .rep_encoding = KC_PQ_RLE};
    while (kc_pq_next_field(t, &f))
        switch (f.id) {
        case 1: h->type = kc_pq_int(t, &f); break;
        case 2: h->full = kc_pq_int(t, &f); break;
        case 3: h->stored = kc_pq_int(t, &f); break;
        case 5:
        case 7:
        case 8: parse_kind(t, &f, h); break;
        default: kc_pq_skip(t, f.type);
        }
}

/* Read the header at c->next. */
static int read_header(const struct kc_pq_cursor *c, struct header *h, struct kc_err *e)
{
    const struct kc_pq_file *f = c->file;
    unsigned char small[HEADER_BYTES];
    struct kc_buf large = {NULL, 0, 0};
    uint64_t left = c->next < f->end ? f->end - c->next : 0;
    size_t n = left < sizeof small ? (size_t)left : sizeof small;
    struct kc_pq_thrift t = {small, small + n, 0, 0};
    if (kc_pq_file_read(f, c->next, small, n, e) != 0)
        return -1;
    parse_header(&t, h);
    h->bytes = (size_t)(t.p - small);
    while (t.bad && t.cut && n < left && n < HEADER_MOST) {
        n = n * 8 < left ? n * 8 : (size_t)left;
        large.n = 0;
        if (kc_buf_reserve(&large, n, e) != 0 || kc_pq_file_read(f, c->next, large.p, n, e) != 0) {
            kc_buf_free(&large);
            return -1;
        }
        t = (struct kc_pq_thrift){(const unsigned char *)large.p, (const unsigned char *)large.p + n, 0, 0};
        parse_header(&t, h);
        h->bytes = (size_t)(t.p - (const unsigned char *)large.p);
    }
    kc_buf_free(&large);
    if (t.bad)
        return kc_pq_damaged(f, c->column, e, "the page header at byte %llu is %s", (unsigned long long)c->next,
                             t.cut ? "cut short" : "no Thrift structure");
    if (h->type < 0 || h->full < 0 || h->stored < 0)
        return kc_pq_damaged(f, c->column, e, "there is no page header at byte %llu",
                             (unsigned long long)c->next);
    if ((uint64_t)h->stored > left - h->bytes || h->full > INT32_MAX)
        return kc_pq_damaged(f, c->column, e, "the page at byte %llu states %lld bytes, %llu are left",
                             (unsigned long long)c->next, (long long)h->stored, (unsigned long long)left);
    return 0;
}

/* Refuse a page that is larger than --max-memory allows. */
static int check_size(const struct kc_pq_cursor *c, size_t stored, size_t full, struct kc_err *e)
{
    char need[32], most[32];
    if (c->file->most == 0 || (uint64_t)stored + full <= c->file->most)
        return 0;
    kc_num_human_pair(need, (uint64_t)stored + full, most, c->file->most);
    return kc_err_at(e, KC_ESYS, c->file->name, 0, "inflating a page of it takes %s, more than the %s that "
                     "--max-memory leaves for it: raise that, or write the file with smaller pages", need, most);
}

/* Make room for n bytes, in huge pages of memory if they are many: without that, the system takes longer to hand out
 * 100 MB than most codecs take to fill them. */
static int reserve_large(struct kc_pq_file *f, struct kc_buf *b, size_t n, struct kc_err *e)
{
    kc_pq_file_take(f, b, n);
    if (n < b->cap)
        return 0;
    if (kc_buf_reserve(b, n + 1, e) != 0)
        return -1;
#ifdef MADV_HUGEPAGE
    size_t lead = HUGE - ((uintptr_t)b->p & (HUGE - 1)); /* to the first huge page within it */
    if (b->cap > lead + 2 * HUGE)
        (void)madvise(b->p + lead, (b->cap - lead) & ~(HUGE - 1), MADV_HUGEPAGE);
#endif
    return 0;
}

/* Read and inflate all bytes at `at`. */
static int read_inflated(struct kc_pq_file *f, size_t column, enum kc_pq_codec codec, uint64_t at, size_t stored,
                         size_t full, struct kc_buf *out, struct kc_err *e)
{
    struct kc_buf raw = {NULL, 0, 0};
    int rc;
    if (codec == KC_PQ_NONE) {
        if (stored != full)
            return kc_pq_damaged(f, column, e, "the sizes of the page at byte %llu disagree", (unsigned long long)at);
        rc = kc_buf_reserve(out, full + 1, e) != 0 ? -1 : kc_pq_file_read(f, at, out->p, full, e);
        out->n = full;
        return rc;
    }
    rc = reserve_large(f, &raw, stored, e) != 0 || kc_pq_file_read(f, at, raw.p, stored, e) != 0 ? -1 :
         kc_pq_inflate_all(codec, raw.p, stored, out, full, e);
    kc_pq_file_give(f, &raw);
    return rc <= 0 ? rc : kc_pq_damaged(f, column, e, "the page at byte %llu cannot be decompressed",
                                        (unsigned long long)at);
}

/* Load the page, whose lock is held, if that was not done. */
static void load_page(struct kc_pq_page *page, size_t column)
{
    struct kc_pq_file *f = page->file;
    if (page->loaded)
        return;
    page->loaded = 1;
    /* zstd's claims are not believed at once, see kc_pq_inflate_all */
    int believed = page->codec == KC_PQ_ZSTD ? page->full / 64 <= page->stored :
                   kc_pq_inflates_to(page->codec, page->stored, page->full);
    if ((believed && reserve_large(f, &page->data, page->full, &page->err) != 0) ||
        read_inflated(f, column, page->codec, page->at, page->stored, page->full, &page->data, &page->err) != 0)
        kc_buf_free(&page->data);
}

int kc_pq_page_load(struct kc_pq_page *page, size_t column, const unsigned char **p, size_t *n, struct kc_err *e)
{
    if (pthread_mutex_trylock(&page->lock) != 0) { /* another worker is at it: use the time for the next page */
        if (page->ahead && pthread_mutex_trylock(&page->next->lock) == 0) {
            load_page(page->next, column);
            pthread_mutex_unlock(&page->next->lock);
        }
        pthread_mutex_lock(&page->lock);
    }
    load_page(page, column);
    pthread_mutex_unlock(&page->lock);
    if (page->err.code != KC_OK) {
        *e = page->err;
        return -1;
    }
    *p = (const unsigned char *)page->data.p + page->skip;
    *n = page->full - page->skip;
    return 0;
}

/* The head of a page of version 1, as far as it is in view. */
struct head {
    struct kc_buf bytes; /* inflated */
    struct kc_buf raw;   /* as stored, as many as were needed */
};

/* Inflate the first n bytes of the page, from no more of it than is needed: first from as many bytes and some, then,
 * where they are too few, from all. */
static int inflate_head(const struct kc_pq_cursor *c, const struct kc_pq_page *p, struct head *h, size_t n,
                        struct kc_err *e)
{
    for (size_t some = n + HEAD_BYTES;; some = p->stored) {
        some = some < p->stored ? some : p->stored;
        h->raw.n = 0;
        if (kc_buf_reserve(&h->raw, some + 1, e) != 0 || kc_pq_file_read(c->file, p->at, h->raw.p, some, e) != 0)
            return -1;
        int rc = kc_pq_inflate(p->codec, h->raw.p, some, h->bytes.p, n, p->full, e);
        if (rc <= 0 || some == p->stored)
            return rc;
    }
}

/* Inflate the first n bytes of a page that claims to hold more than 64 times its size, into memory that grows as they
 * come. */
static int inflate_slowly(const struct kc_pq_cursor *c, const struct kc_pq_page *p, struct head *h, size_t n,
                          struct kc_err *e)
{
    for (size_t some = HEAD_BYTES;; some *= 4) {
        some = some < n ? some : n;
        h->bytes.n = 0;
        if (kc_buf_reserve(&h->bytes, some + 1, e) != 0)
            return -1;
        int rc = inflate_head(c, p, h, some, e);
        if (rc != 0 || some == n)
            return rc;
    }
}

/* Bring the first `want` inflated bytes of the page into view. */
static int view_head(const struct kc_pq_cursor *c, const struct kc_pq_page *p, struct head *h, size_t want,
                     struct kc_err *e)
{
    const struct kc_pq_file *f = c->file;
    size_t n = want < HEAD_BYTES ? HEAD_BYTES : want;
    n = n < p->full ? n : p->full;
    if (want > p->full)
        return kc_pq_damaged(f, c->column, e, "the levels of the page at byte %llu are longer than the page",
                             (unsigned long long)p->at);
    if (h->bytes.n >= want)
        return 0;
    h->bytes.n = 0;
    if (p->codec == KC_PQ_NONE) {
        if (kc_buf_reserve(&h->bytes, n + 1, e) != 0 || kc_pq_file_read(f, p->at, h->bytes.p, n, e) != 0)
            return -1;
    } else {
        int rc = !kc_pq_inflates_to(p->codec, p->stored, p->full) ? 1 :
                 n / 64 > p->stored ? inflate_slowly(c, p, h, n, e) :
                 kc_buf_reserve(&h->bytes, n + 1, e) != 0 ? -1 : inflate_head(c, p, h, n, e);
        if (rc != 0)
            return rc < 0 ? -1 : kc_pq_damaged(f, c->column, e, "the page at byte %llu cannot be decompressed",
                                               (unsigned long long)p->at);
    }
    h->bytes.n = n;
    return 0;
}

/* Read the levels of a page of version 1: each is preceded by its length. */
static int read_levels(const struct kc_pq_cursor *c, struct kc_pq_page *p, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    struct head h = {{NULL, 0, 0}, {NULL, 0, 0}};
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        struct kc_buf *to = i == 0 ? &p->rep : &p->def;
        if ((i == 0 ? l->max_rep : l->max_def) == 0)
            continue;
        rc = view_head(c, p, &h, p->skip + 4, e);
        size_t n = rc == 0 && h.bytes.p ? kc_le32(h.bytes.p + p->skip) : 0;
        rc = rc != 0 ? rc : view_head(c, p, &h, p->skip + 4 + n, e);
        rc = rc != 0 ? rc : kc_buf_add(to, h.bytes.p + p->skip + 4, n, e);
        p->skip += 4 + n;
    }
    kc_buf_free(&h.bytes);
    kc_buf_free(&h.raw);
    return rc;
}

/* Read the levels of a page of version 2: they lie uncompressed before the values. */
static int read_levels_v2(const struct kc_pq_cursor *c, struct kc_pq_page *p, const struct header *h, struct kc_err *e)
{
    if (h->rep_bytes < 0 || h->def_bytes < 0 || h->rep_bytes > h->full || h->def_bytes > h->full - h->rep_bytes ||
        h->rep_bytes + h->def_bytes > h->stored)
        return kc_pq_damaged(c->file, c->column, e, "the levels of the page at byte %llu are longer than the page",
                             (unsigned long long)c->next);
    size_t rep = (size_t)h->rep_bytes, def = (size_t)h->def_bytes;
    if (kc_buf_reserve(&p->rep, rep + 1, e) != 0 || kc_buf_reserve(&p->def, def + 1, e) != 0 ||
        kc_pq_file_read(c->file, p->at, p->rep.p, rep, e) != 0 ||
        kc_pq_file_read(c->file, p->at + rep, p->def.p, def, e) != 0)
        return -1;
    p->rep.n = rep;
    p->def.n = def;
    p->at += rep + def;
    p->stored -= rep + def;
    p->full -= rep + def;
    if (h->plain || p->full == 0)
        p->codec = KC_PQ_NONE;
    if (p->full == 0)
        p->stored = 0;
    return 0;
}

/* Open the data page whose header h was read. */
static int open_page(struct kc_pq_cursor *c, const struct header *h, struct kc_pq_page **out, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    if (h->levels < 0 || (uint64_t)h->levels > c->left)
        return kc_pq_damaged(c->file, c->column, e, "its pages hold more values than its row group states");
    if (h->type == 0 && ((l->max_rep && h->rep_encoding != KC_PQ_RLE) || (l->max_def && h->def_encoding != KC_PQ_RLE)))
        return kc_err_at(e, KC_EINPUT, c->file->name, 0,
                         "its levels are packed as of old (BIT_PACKED), expected RLE: write it anew");
    int straight = c->is_vector && c->chunk.codec == KC_PQ_NONE && h->encoding == KC_PQ_PLAIN;
    if (!straight && check_size(c, (size_t)h->stored, c->chunk.codec == KC_PQ_NONE ? 0 : (size_t)h->full, e) != 0)
        return -1;
    struct kc_pq_page *p = kc_mem_zalloc(1, sizeof *p, e);
    if (!p)
        return -1;
    p->refs = 1;
    p->file = c->file;
    pthread_mutex_init(&p->lock, NULL);
    p->err = (struct kc_err)KC_ERR_INIT;
    p->codec = c->chunk.codec;
    p->encoding = h->encoding < 0 || h->encoding > KC_PQ_SPLIT ? KC_PQ_BIT_PACKED : (enum kc_pq_encoding)h->encoding;
    p->at = c->next + h->bytes;
    p->stored = (size_t)h->stored;
    p->full = (size_t)h->full;
    p->levels = (uint32_t)h->levels;
    int rc = p->codec == KC_PQ_NONE && p->stored != p->full ?
             kc_pq_damaged(c->file, c->column, e, "the sizes of the page at byte %llu disagree",
                           (unsigned long long)c->next) :
             h->type == 3 ? read_levels_v2(c, p, h, e) : read_levels(c, p, e);
    if (rc != 0) {
        kc_pq_page_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

/* Convert a dictionary of numbers to floats. */
static int convert_dict(const struct kc_pq_cursor *c, struct kc_pq_dict *d, const struct header *h, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    if (d->bytes.n / l->width < d->n)
        return kc_pq_damaged(c->file, c->column, e, "its dictionary is cut short");
    (void)h;
    d->x = kc_mem_alloc(d->n, sizeof *d->x, e);
    if (!d->x)
        return -1;
    kc_pq_convert(l->type, l->is_unsigned, d->bytes.p, d->n, d->x);
    kc_buf_free(&d->bytes);
    return 0;
}

/* Find where the values of a dictionary of byte strings begin. */
static int index_dict(const struct kc_pq_cursor *c, struct kc_pq_dict *d, struct kc_err *e)
{
    size_t at = 0;
    if (d->n > d->bytes.n / 4)
        return kc_pq_damaged(c->file, c->column, e, "its dictionary is cut short");
    d->off = kc_mem_alloc(d->n + 1, sizeof *d->off, e);
    if (!d->off)
        return -1;
    for (size_t i = 0; i < d->n; i++) {
        uint64_t n = d->bytes.n - at >= 4 ? kc_le32(d->bytes.p + at) : UINT64_MAX;
        if (n > d->bytes.n - at || n + 4 > d->bytes.n - at)
            return kc_pq_damaged(c->file, c->column, e, "its dictionary is cut short");
        d->off[i] = at + 4;
        at += 4 + (size_t)n;
    }
    d->off[d->n] = at + 4;
    return 0;
}

/* Read the dictionary whose header h was read. */
static int read_dict(struct kc_pq_cursor *c, const struct header *h, struct kc_err *e)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    if (c->dict)
        return kc_pq_damaged(c->file, c->column, e, "it has two dictionaries");
    if (h->levels < 0 || (h->encoding != KC_PQ_PLAIN && h->encoding != KC_PQ_PLAIN_DICT) || l->type == KC_PQ_BOOLEAN)
        return kc_pq_damaged(c->file, c->column, e, "its dictionary makes no sense");
    if (check_size(c, (size_t)h->stored, (size_t)h->full, e) != 0)
        return -1;
    struct kc_pq_dict *d = kc_mem_zalloc(1, sizeof *d, e);
    c->dict = d;
    if (!d)
        return -1;
    d->refs = 1;
    d->n = (size_t)h->levels;
    if (read_inflated(c->file, c->column, c->chunk.codec, c->next + h->bytes, (size_t)h->stored, (size_t)h->full,
                      &d->bytes, e) != 0)
        return -1;
    if (l->width == 0)
        return index_dict(c, d, e);
    if (c->is_vector)
        return convert_dict(c, d, h, e);
    return d->bytes.n / l->width >= d->n ? 0 :
           kc_pq_damaged(c->file, c->column, e, "its dictionary is cut short");
}

/* Begin the levels of the page. */
static void begin_levels(struct kc_pq_cursor *c)
{
    const struct kc_pq_leaf *l = kc_pq_leaf_of(c);
    const struct kc_pq_page *p = c->page;
    unsigned width = 0;
    while (l->max_def >> width)
        width++;
    kc_pq_rle_begin(&c->rep, p->rep.p, p->rep.n, l->max_rep ? 1 : 0); /* a column in use is at most a list */
    kc_pq_rle_begin(&c->def, p->def.p, p->def.n, width);
    c->in_page = p->levels;
    c->begun = 0;
    c->i = 0;
}

/* Open the next data page, past the dictionary and indices. */
static int fetch_page(struct kc_pq_cursor *c, struct kc_pq_page **out, struct kc_err *e)
{
    for (;;) {
        struct header h;
        if (read_header(c, &h, e) != 0)
            return -1;
        int is_data = h.type == 0 || h.type == 3;
        if ((is_data ? open_page(c, &h, out, e) : h.type == 2 ? read_dict(c, &h, e) : 0) != 0)
            return -1;
        c->next += h.bytes + (uint64_t)h.stored;
        if (is_data) {
            c->left -= (*out)->levels;
            return 0;
        }
    }
}

/* Return 1 if a worker that waits for this page had better inflate the next one meanwhile. */
static int is_worth_waiting(const struct kc_pq_cursor *c)
{
    const struct kc_pq_page *p = c->page;
    return c->is_vector && p->codec != KC_PQ_NONE && p->full >= LARGE &&
           (c->file->most == 0 || 2 * ((uint64_t)p->stored + p->full) <= c->file->most);
}

/* Go to the next data page. If it is large, open the one after it too. */
static int next_page(struct kc_pq_cursor *c, struct kc_err *e)
{
    struct kc_pq_page *p = c->ahead;
    struct kc_err ignored = KC_ERR_INIT; /* it will come again, at its place */
    c->ahead = NULL;
    if (!p && fetch_page(c, &p, e) != 0)
        return -1;
    if (c->page && !c->page->next) { /* the list of pages keeps a reference of its own */
        p->refs++;
        c->page->next = p;
    }
    kc_pq_page_free(c->page);
    c->page = p;
    if (c->left > 0 && is_worth_waiting(c) && fetch_page(c, &c->ahead, &ignored) == 0) {
        c->ahead->refs++;
        p->next = c->ahead;
        p->ahead = 1;
    }
    begin_levels(c);
    return 0;
}

int kc_pq_cursor_more(struct kc_pq_cursor *c, struct kc_err *e)
{
    while (c->in_page == 0) {
        if (c->frozen) {
            struct kc_pq_page *next = c->page ? c->page->next : NULL;
            if (!next)
                return 0;
            __atomic_add_fetch(&next->refs, 1, __ATOMIC_RELAXED);
            kc_pq_page_free(c->page);
            c->page = next;
            begin_levels(c);
        } else if (c->left == 0 && !c->ahead) {
            return 0;
        } else if (next_page(c, e) != 0) {
            return -1;
        }
    }
    return 1;
}

void kc_pq_cursor_begin(struct kc_pq_cursor *c, struct kc_pq_file *f, size_t column, int is_vector,
                        const struct kc_pq_chunk *chunk)
{
    kc_pq_cursor_end(c);
    *c = (struct kc_pq_cursor){.file = f, .column = column, .is_vector = is_vector, .chunk = *chunk,
                               .next = chunk->at, .left = chunk->values};
}

void kc_pq_cursor_end(struct kc_pq_cursor *c)
{
    kc_pq_page_free(c->page);
    kc_pq_page_free(c->ahead);
    kc_pq_dict_free(c->dict);
    kc_buf_free(&c->before);
    c->page = c->ahead = NULL;
    c->dict = NULL;
}

void kc_pq_cursor_copy(struct kc_pq_cursor *to, const struct kc_pq_cursor *from)
{
    *to = *from;
    to->frozen = 1;
    to->ahead = NULL;
    to->before = (struct kc_buf){NULL, 0, 0};
    if (to->page)
        __atomic_add_fetch(&to->page->refs, 1, __ATOMIC_RELAXED);
    if (to->dict)
        __atomic_add_fetch(&to->dict->refs, 1, __ATOMIC_RELAXED);
}
