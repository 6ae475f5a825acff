/* The reader of FAISS indexes that keep the vectors as they are, as faiss.write_index writes them, little-endian: four
 * letters (a fourcc), a header (i32 d, i64 n, two i64 without meaning, u8 is_trained, i32 metric, and a float if that
 * is above 1), u64 n d, and the floats. An id map encloses that: its fourcc and a header of the same kind, the index,
 * u64 n, n times i64. The ids are the terms, but come last: they are read from their place in the file, or, where that
 * is impossible, everything goes through a temporary file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/fd.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"
#include "io/outfile.h"
#include "json/jsonw.h"

#define HEADER 37 /* bytes, with the fourcc and without the float */
#define MOST_METRIC 255 /* far above all metrics that exist */
#define FLAT "IxFI, IxF2 or IxFl, by itself or in an id map (IxMp, IxM2)"

/* The fourccs of all indexes that FAISS writes, but for the flat ones, to name what is refused. A fourcc that is not in
 * the table is no index. */
static const struct {
    const char *what;
    const char *letters; /* four for each */
} others[] = {
    {"an IVF index", "IvFlIvFLIwFlIwFdIvSQIwSQIwSqIvPQIvQRIwPQIwQRIwShIwPfIwLSIwRQIwPLIwPRIwIQIwrqIVLfIVRfNPLfNPRf"},
    {"an HNSW graph", "IHNfIHNpIHNsIHN2IHc2"},
    {"an NSG graph", "INSfINSpINSs"},
    {"an NN-descent graph", "INNf"},
    {"a product quantizer", "IxPQIxPqIxPoIPfs"},
    {"a scalar quantizer", "IxSQ"},
    {"an additive quantizer", "IxRQIxRqIxLSIxPRIxPLILfsIRfsIPLfIPRfImRQ"},
    {"a RaBitQ index", "Ixrq"},
    {"a locality-sensitive hash", "IxHEIxHe"},
    {"a lattice index", "IxLa"},
    {"a two-layer index", "Ix2L"},
    {"a multi-index quantizer", "Imiq"},
    {"an index with a transform", "IxPTIRMfIRMh"},
    {"an index with a second one to refine it", "IxRF"},
    {"an index of binary vectors", "IBxFIBwFIBFfIBHfIBMpIBM2IBHhIBHm"},
};

static const char *const flat[] = {"IxFI", "IxF2", "IxFl"}, *const maps[] = {"IxMp", "IxM2"};

struct faiss_state {
    struct kc_plain p;   /* its spool holds all that follows the header, or is NULL */
    int with_ids;
    int fd;              /* the input's, for its ids; or -1 */
    uint64_t ids_at;     /* offset of the ids in fd or in the spool */
};

/* A header, after its fourcc. */
struct faiss_header {
    uint64_t d, n;
    uint32_t metric;
    size_t bytes; /* with the fourcc */
};

/* Look up the fourcc at p in a list of n; NULL if it is not there. */
static const char *find_fourcc(const char *const *words, size_t n, const char *p)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(words[i], p, 4) == 0)
            return words[i];
    return NULL;
}

static const char *flat_fourcc(const char *p)
{
    return find_fourcc(flat, sizeof flat / sizeof flat[0], p);
}

static const char *map_fourcc(const char *p)
{
    return find_fourcc(maps, sizeof maps / sizeof maps[0], p);
}

/* Name the kind of index that is not flat; NULL if the fourcc is not known. */
static const char *other_index(const char *p)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        for (const char *w = others[i].letters; *w; w += 4)
            if (memcmp(w, p, 4) == 0)
                return others[i].what;
    return NULL;
}

static int is_faiss(const struct kc_feed *f)
{
    const char *p = f->carry.p + f->carry_at;
    return f->carry.n - f->carry_at >= 4 && (flat_fourcc(p) || map_fourcc(p) || other_index(p));
}

/* Name a metric of FAISS's enum MetricType; NULL if it is unknown. */
static const char *metric_name(uint32_t m)
{
    static const char *const names[] = {"inner product", "L2", "L1", "Linf", "Lp", [20] = "Canberra", "Bray-Curtis",
                                        "Jensen-Shannon", "Jaccard"};
    return m < sizeof names / sizeof names[0] && names[m] ? names[m] : NULL;
}

static int bad_header(const struct kc_feed *f, struct kc_err *e, const char *fmt, ...) KC_PRINTF(3, 4);

static int bad_header(const struct kc_feed *f, struct kc_err *e, const char *fmt, ...)
{
    char what[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    kc_err_at(e, KC_EINPUT, f->name, 0, "its FAISS header is damaged: %s", what);
    return -1;
}

/* Look ahead: set *p to at least n bytes that follow the first `at` of the file. */
static int peek_at(struct kc_feed *f, size_t at, size_t n, const char **p, struct kc_err *e)
{
    if (kc_feed_peek(f, at + n, e) != 0)
        return -1;
    if (f->carry.n - f->carry_at < at + n) {
        if (kc_feed_broken(f, e) == 0)
            kc_err_at(e, KC_EINPUT, f->name, 0, "ends within its FAISS header");
        return -1;
    }
    *p = f->carry.p + f->carry_at + at;
    return 0;
}

/* Read the header at `at`, with the fourcc before it. */
static int read_header(struct kc_feed *f, size_t at, struct faiss_header *h, struct kc_err *e)
{
    const char *p = NULL;
    if (peek_at(f, at, HEADER, &p, e) != 0)
        return -1;
    uint32_t d = kc_le32(p + 4), metric = kc_le32(p + 33);
    uint64_t n = kc_le64(p + 8);
    if (d > INT32_MAX)
        return bad_header(f, e, "it states %ld dimensions", (long)d - (1L << 32));
    if (n > INT64_MAX)
        return bad_header(f, e, "it states -%llu vectors", 0 - (unsigned long long)n);
    if ((unsigned char)p[32] > 1)
        return bad_header(f, e, "is_trained is %u, expected 0 or 1", (unsigned char)p[32]);
    if (metric > MOST_METRIC)
        return bad_header(f, e, "there is no metric %ld", (long)(int32_t)metric);
    *h = (struct faiss_header){d, n, metric, HEADER + (metric > 1 ? 4u : 0u)};
    return 0;
}

/* Set what info shows, of the first input. */
static void set_index_stats(struct kc_in_stats *st, const char *letters, const char *map, uint32_t metric)
{
    const char *name = metric_name(metric);
    if (st->format != KC_IN_FAISS || st->index[0] != '\0')
        return;
    snprintf(st->index, sizeof st->index, "%s", letters);
    snprintf(st->id_map, sizeof st->id_map, "%s", map ? map : "");
    if (name)
        snprintf(st->metric, sizeof st->metric, "%s", name);
    else
        snprintf(st->metric, sizeof st->metric, "%lu", (unsigned long)metric);
}

/* Read everything before the floats, and set p.rows and *d. */
static int read_headers(struct kc_feed *f, struct faiss_state *st, uint64_t *d, struct kc_err *e)
{
    struct faiss_header outer = {0}, h = {0};
    const char *p = NULL, *map, *letters, *why;
    size_t at = 0;
    if (peek_at(f, 0, 4, &p, e) != 0)
        return -1;
    map = map_fourcc(p);
    if (map) {
        if (read_header(f, 0, &outer, e) != 0)
            return -1;
        at = outer.bytes;
        if (peek_at(f, at, 4, &p, e) != 0)
            return -1;
    }
    letters = flat_fourcc(p);
    why = letters ? NULL : map_fourcc(p) ? "an id map" : other_index(p);
    if (!letters && !why)
        return map ? bad_header(f, e, "there is no index in its id map") :
                     bad_header(f, e, "its first four bytes are not the code of a FAISS index");
    if (!letters)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "holds %s (%.4s)%s, expected a flat FAISS index: %s", why, p,
                         map ? " in an id map" : "", FLAT);
    if (read_header(f, at, &h, e) != 0)
        return -1;
    if (map && (outer.d != h.d || outer.n != h.n))
        return bad_header(f, e, "its id map is of %llu x %llu numbers, the index in it of %llu x %llu",
                          (unsigned long long)outer.n, (unsigned long long)outer.d, (unsigned long long)h.n,
                          (unsigned long long)h.d);
    at += h.bytes;
    if (peek_at(f, at, 8, &p, e) != 0)
        return -1;
    uint64_t said = kc_le64(p), numbers;
    if (__builtin_mul_overflow(h.n, h.d, &numbers) || said != numbers)
        return bad_header(f, e, "it states %llu x %llu numbers, but a count of %llu follows",
                          (unsigned long long)h.n, (unsigned long long)h.d, (unsigned long long)said);
    f->carry_at += at + 8;
    st->with_ids = map != NULL;
    st->p.rows = h.n;
    *d = h.d;
    if (st->with_ids && __builtin_mul_overflow(h.n, (uint64_t)8, &st->p.after))
        return bad_header(f, e, "its shape is larger than any file");
    st->p.after += st->with_ids ? 8 : 0;
    set_index_stats(f->st, letters, map, h.metric);
    return 0;
}

/* Read n bytes of what follows the rows. */
static int read_after_rows(const struct kc_feed *f, const struct faiss_state *st, uint64_t at, void *p, size_t n,
                           struct kc_err *e)
{
    size_t got;
    if (st->p.spool)
        return kc_outfile_read(st->p.spool, at, p, n, e);
    int err = kc_fd_pread(st->fd, p, n, (off_t)at, &got);
    if (err != 0)
        return kc_err_sys(e, f->name, err, "cannot read");
    return got == n ? 0 : kc_err_at(e, KC_ESYS, f->name, 0, "was changed while kclust was reading it");
}

/* Find where the ids of an id map are, and check how many there are. */
static int begin_ids(struct kc_feed *f, struct faiss_state *st, struct kc_err *e)
{
    char count[8];
    uint64_t rows = st->p.rows * st->p.stride, at;
    st->fd = kc_source_dup(f->src, &at);
    st->ids_at = rows + 8;
    if (st->fd >= 0)
        st->ids_at += at - (f->carry.n - f->carry_at);
    else if (kc_plain_spool(f, &st->p, rows + st->p.after, e) != 0)
        return -1;
    if (read_after_rows(f, st, st->ids_at - 8, count, sizeof count, e) != 0)
        return -1;
    return kc_le64(count) == st->p.rows ? 0 :
           kc_err_at(e, KC_EINPUT, f->name, 0, "its id map has %llu ids for %llu vector%s",
                     (unsigned long long)kc_le64(count), (unsigned long long)st->p.rows, st->p.rows == 1 ? "" : "s");
}

static int begin_faiss(struct kc_feed *f, struct kc_err *e)
{
    uint64_t d = 0;
    struct faiss_state *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st)
        return -1;
    st->fd = -1;
    if (read_headers(f, st, &d, e) != 0 || kc_plain_begin(f, &st->p, d, "FAISS", e) != 0)
        return -1;
    return st->with_ids ? begin_ids(f, st, e) : kc_plain_terms(f, &st->p, e);
}

static void end_faiss(struct kc_feed *f)
{
    struct faiss_state *st = f->state;
    if (st->fd >= 0)
        close(st->fd);
    kc_outfile_free(st->p.spool);
    kc_plain_end(f);
}

/* Append the ids of rows i .. i + n as terms. */
static int append_ids(const struct kc_feed *f, const struct faiss_state *st, struct kc_slot *s, uint64_t i, size_t n,
                      struct kc_err *e)
{
    char some[512 * 8];
    for (size_t m; n > 0; n -= m, i += m) {
        m = n < sizeof some / 8 ? n : sizeof some / 8;
        if (read_after_rows(f, st, st->ids_at + 8 * i, some, 8 * m, e) != 0)
            return -1;
        for (size_t j = 0; j < m; j++) {
            uint64_t id = kc_le64(some + 8 * j);
            char t[21] = "-";
            int negative = id > INT64_MAX;
            if (kc_strs_add(&s->terms, t, (size_t)negative + kc_jsonw_digits(t + negative, negative ? 0 - id : id),
                            e) != 0)
                return -1;
        }
    }
    s->has_terms = 1;
    return 0;
}

static int fill_faiss_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct faiss_state *st = f->state;
    uint64_t first = st->p.done;
    size_t rows;
    if (kc_plain_fill(f, &st->p, s, &rows, e) != 0)
        return -1;
    *eof = rows == 0;
    return st->with_ids && !f->o->terms_file ? append_ids(f, st, s, first, rows, e) : 0;
}

const struct kc_reader kc_reader_faiss = {
    .format = KC_IN_FAISS, .is = is_faiss, .binary = 1,
    .begin = begin_faiss, .narrow = kc_plain_narrow,
    .fill = fill_faiss_piece, .work = kc_plain_work, .end = end_faiss};
