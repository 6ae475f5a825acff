/* A piece on its way is one block: a header, then the arrays of its kc_chunk, each aligned to 8 bytes. What
 * kc_in_opts.each made lies there as it lay in memory, modulo 64, as whoever made it may have aligned it. */
#include "in/relay.h"

#include <string.h>
#include "io/outfile.h"

#define ALIGN ((size_t)64)
#define ARRAYS 8

/* The header of a piece: bytes of each array, SIZE_MAX if the chunk does not have it. */
enum { ROWS, OF, HEAD, TERMS, RAWS, ATTRS, MADE, VECTORS };
struct piece {
    uint64_t n, seen, d, stride, made_at; /* made_at: the address of what was made, modulo ALIGN */
    uint64_t bytes[ARRAYS];
};

struct kc_relay {
    struct kc_outfile *spool;
    struct kc_buf b;    /* the piece at hand */
    uint64_t *size;     /* (n) bytes of the pieces in the spool */
    size_t n, cap;
    int rows;
};

int kc_relay_new(struct kc_relay **out, int rows, struct kc_err *e)
{
    struct kc_relay *r = *out = kc_mem_zalloc(1, sizeof *r, e);
    if (!r)
        return -1;
    r->rows = rows;
    return kc_outfile_open_spool(&r->spool, e);
}

void kc_relay_free(struct kc_relay *r)
{
    if (!r)
        return;
    kc_outfile_free(r->spool);
    kc_buf_free(&r->b);
    kc_mem_free(r->size);
    kc_mem_free(r);
}

static size_t pad(size_t n)
{
    return (8 - n % 8) % 8;
}

/* Append an array, and set its bytes. */
static int add_array(struct kc_buf *b, uint64_t *bytes, const void *p, size_t n, struct kc_err *e)
{
    static const char zeros[8] = {0};
    *bytes = p ? n : UINT64_MAX;
    return !p || n == 0 ? 0 : kc_buf_add(b, p, n, e) != 0 ? -1 : kc_buf_add(b, zeros, pad(n), e);
}

/* Append strings: where each begins, then their bytes. */
static int add_strs(struct kc_buf *b, uint64_t *bytes, const struct kc_strs *s, struct kc_err *e)
{
    const size_t at = b->n;
    uint64_t ignored;
    *bytes = UINT64_MAX;
    if (!s || s->n == 0)
        return 0;
    if (add_array(b, &ignored, s->off, (s->n + 1) * sizeof *s->off, e) != 0 ||
        add_array(b, &ignored, s->bytes.n > 0 ? s->bytes.p : "", s->bytes.n, e) != 0)
        return -1;
    *bytes = b->n - at;
    return 0;
}

int kc_relay_add(void *relay, const struct kc_chunk *c, struct kc_err *e)
{
    struct kc_relay *r = relay;
    struct kc_buf *b = &r->b;
    const size_t made = c->made ? c->made->n : 0;
    struct piece p = {c->n, c->seen, c->d, c->stride, made > 0 ? (uintptr_t)c->made->p % ALIGN : 0, {0}};
    b->n = 0;
    if (kc_buf_add(b, (const char *)&p, sizeof p, e) != 0 ||
        add_array(b, &p.bytes[ROWS], c->rows, c->n * sizeof *c->rows, e) != 0 ||
        add_array(b, &p.bytes[OF], c->of, c->of ? c->n * sizeof *c->of : 0, e) != 0 ||
        add_array(b, &p.bytes[HEAD], c->head, c->head ? sizeof *c->head + c->head->n : 0, e) != 0 ||
        add_strs(b, &p.bytes[TERMS], c->terms, e) != 0 || add_strs(b, &p.bytes[RAWS], c->raws, e) != 0 ||
        add_strs(b, &p.bytes[ATTRS], c->attrs, e) != 0 ||
        add_array(b, &p.bytes[MADE], made > 0 ? c->made->p : NULL, made, e) != 0 ||
        add_array(b, &p.bytes[VECTORS], r->rows ? c->x : NULL, c->n * c->d * sizeof *c->x, e) != 0)
        return -1;
    memcpy(b->p, &p, sizeof p);
    if (r->n == r->cap) {
        const size_t cap = 2 * r->cap + 16;
        uint64_t *size = kc_mem_realloc(r->size, cap, sizeof *size, e);
        if (!size)
            return -1;
        r->size = size;
        r->cap = cap;
    }
    r->size[r->n++] = b->n;
    return kc_outfile_write(r->spool, b->p, b->n, e);
}

/* A piece as it is read back. */
struct reading_back {
    struct kc_chunk c;
    struct kc_strs terms, raws, attrs;
    struct kc_buf made, room;
};

/* Return the next array, or NULL, and move on behind it. */
static void *take_array(char **at, uint64_t bytes)
{
    char *p = *at;
    if (bytes == UINT64_MAX)
        return NULL;
    *at += bytes + pad((size_t)bytes);
    return p;
}

/* Set *s to the strings that come next; return NULL if there are none. */
static const struct kc_strs *take_strs(char **at, uint64_t bytes, size_t n, struct kc_strs *s)
{
    char *p = take_array(at, bytes);
    if (!p)
        return NULL;
    s->off = (uint64_t *)(void *)p;
    s->n = s->cap = n;
    s->bytes.p = p + (n + 1) * sizeof *s->off;
    s->bytes.n = s->bytes.cap = (size_t)s->off[n];
    return s;
}

/* Put together the chunk in b, whose rows are numbered from row0 on. */
static int read_back(struct reading_back *k, struct kc_buf *b, uint64_t row0, struct kc_err *e)
{
    struct piece p;
    char *at = b->p + sizeof p;
    memcpy(&p, b->p, sizeof p);
    const size_t n = (size_t)p.n, each = p.stride > 0 ? (size_t)p.stride : 1;
    uint64_t *rows = take_array(&at, p.bytes[ROWS]);
    for (size_t i = 0; i < n; i++)
        rows[i] += row0;
    k->c = (struct kc_chunk){.n = n, .seen = (size_t)p.seen, .d = (size_t)p.d, .stride = (size_t)p.stride, .rows = rows,
                             .made = &k->made};
    k->c.of = take_array(&at, p.bytes[OF]);
    k->c.head = take_array(&at, p.bytes[HEAD]);
    k->c.terms = take_strs(&at, p.bytes[TERMS], n, &k->terms);
    k->c.raws = take_strs(&at, p.bytes[RAWS], n, &k->raws);
    k->c.attrs = take_strs(&at, p.bytes[ATTRS], n * each, &k->attrs);
    const char *made = take_array(&at, p.bytes[MADE]);
    k->c.x = take_array(&at, p.bytes[VECTORS]);
    k->made.n = 0;
    if (!made)
        return 0;
    k->room.n = 0;
    if (kc_buf_reserve(&k->room, kc_mem_add((size_t)p.bytes[MADE], 2 * ALIGN), e) != 0)
        return -1;
    const size_t shift = (ALIGN + (size_t)p.made_at - (uintptr_t)k->room.p % ALIGN) % ALIGN;
    k->made = (struct kc_buf){k->room.p + shift, (size_t)p.bytes[MADE], (size_t)p.bytes[MADE]};
    memcpy(k->made.p, made, k->made.n);
    return 0;
}

/* Bring the next piece of a rank, of `size` bytes, to the first one: b. */
static int move_piece(struct kc_team *t, unsigned from, const char *piece, uint64_t size, struct kc_buf *b,
                      uint64_t *span, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t);
    uint64_t *first = span, *even = span + ranks + 1;
    for (unsigned r = 0; r <= ranks; r++) {
        first[r] = r > from ? size : 0;
        even[r] = r > 0 ? size : 0;
    }
    b->n = 0;
    if (kc_team_rank(t) == 0 && kc_buf_reserve(b, (size_t)size, e) != 0)
        return -1;
    b->n = (size_t)size;
    return kc_team_move(t, piece, first, b->p, even, 1, e);
}

/* Pass on the pieces of one rank. */
static int run_rank(struct kc_relay *r, struct kc_team *t, unsigned from, uint64_t row0, kc_in_sink sink, void *arg,
                    struct kc_buf *b, struct kc_err *e)
{
    const int mine = r && kc_team_rank(t) == from, taker = kc_team_rank(t) == 0;
    struct reading_back k = {.made = {NULL, 0, 0}};
    uint64_t told[2] = {mine ? r->n : 0, mine ? row0 : 0}, at = 0, size;
    uint64_t *span = kc_mem_alloc(2 * ((size_t)kc_team_size(t) + 1), sizeof *span, e);
    int rc = span ? kc_team_count(t, told, 2, e) : -1;
    for (uint64_t i = 0; rc == 0 && i < told[0]; i++) {
        size = mine ? r->size[i] : 0;
        rc = kc_team_count(t, &size, 1, e);
        if (rc == 0 && mine) {
            r->b.n = 0;
            rc = kc_buf_reserve(&r->b, (size_t)size, e) != 0 ? -1 :
                 kc_outfile_read(r->spool, at, r->b.p, (size_t)size, e);
            at += size;
        }
        rc = rc == 0 ? move_piece(t, from, mine ? r->b.p : NULL, size, b, span, e) : -1;
        if (rc == 0 && taker)
            rc = read_back(&k, b, told[1], e) != 0 ? -1 : sink(arg, &k.c, e);
    }
    kc_mem_free(span);
    kc_buf_free(&k.room);
    return rc;
}

int kc_relay_run(struct kc_relay *r, struct kc_team *t, uint64_t row0, kc_in_sink sink, void *arg, struct kc_err *e)
{
    struct kc_buf b = {NULL, 0, 0};
    int rc = r ? kc_outfile_finish(r->spool, e) : 0;
    for (unsigned from = 1; rc == 0 && from < kc_team_size(t); from++)
        rc = run_rank(r, t, from, row0, sink, arg, &b, e);
    kc_buf_free(&b);
    return rc;
}
