/* The readers, from bytes to rows. Every input is loaded whole by one thread, then again in another way: in tiny
 * pieces, by four threads, through a pipe, with little memory. Both must say the same; rows that were accepted must
 * come back from what is written of them; and lines are read by a slow twin too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/num.h"
#include "fuzz.h"
#include "in/formats/shape.h"
#include "io/source.h"
#include "report/vectors.h"
#include "par/pool.h"

#define WHOLE 16384 /* bytes of a piece that holds nearly all inputs; the usual 1 MiB costs more than all the rest */
#define FD_IN 100
#define FD_OUT 101
#define PATH_IN "/proc/self/fd/100"
#define PATH_OUT "/proc/self/fd/101"

static const char *const in_files[] = {PATH_IN}, *const out_files[] = {PATH_OUT};

static struct kc_pool *pool_of(unsigned threads)
{
    static struct kc_pool *pools[5];
    struct kc_err e = KC_ERR_INIT;
    if (!pools[threads] && !(pools[threads] = kc_pool_new(threads, &e)))
        abort();
    return pools[threads];
}

static void log_line(void *arg, enum kc_log level, const char *line)
{
    struct kc_err e = KC_ERR_INIT;
    (void)level;
    if (kc_buf_adds(arg, line, &e) != 0 || kc_buf_addc(arg, '\n', &e) != 0)
        abort();
}

static void place(int fd, int as)
{
    if (fd < 0 || dup2(fd, as) < 0)
        abort();
    if (fd != as)
        close(fd);
}

static void load_path(struct fuzz_load *l, const struct kc_in_opts *o, struct fuzz_how how)
{
    struct kc_in_tune tune = {how.block};
    struct kc_ctx ctx = {.pool = pool_of(how.threads), .log = log_line, .arg = &l->log};
    l->e = (struct kc_err)KC_ERR_INIT;
    l->log = (struct kc_buf){NULL, 0, 0};
    l->x = NULL;
    l->rc = kc_in_load_tuned(&ctx, o, &tune, &l->ds, &l->e);
    FUZZ_CHECK((l->rc == 0) == (l->e.code == KC_OK));
    if (l->rc != 0) { /* one line, with nothing in it that a terminal obeys */
        char line[2048];
        kc_err_format(&l->e, line, sizeof line);
        FUZZ_CHECK(l->e.msg[0] != '\0' && twin_utf8(line, line + strlen(line)) && !strpbrk(line, "\n\033\177"));
        FUZZ_CHECK(l->e.code == KC_EINPUT || l->e.code == KC_EUSAGE || (l->e.code == KC_ESYS && o->max_memory > 0));
        return;
    }
    const struct kc_rows *r = &l->ds.rows;
    FUZZ_CHECK(r->n > 0 && r->d > 0 && l->ds.st.records == r->n && l->ds.st.skipped == l->ds.nskipped);
    FUZZ_CHECK(l->ds.terms.n == 0 || l->ds.terms.n == r->n);
    l->x = malloc(r->n * r->d * sizeof *l->x);
    float *buf = malloc(r->d * sizeof *buf);
    if (!l->x || !buf)
        abort();
    for (size_t i = 0; i < r->n; i++) {
        const float *x;
        kc_rows_get(r, i, 1, buf, &x);
        memcpy(l->x + i * r->d, x, r->d * sizeof *x);
    }
    FUZZ_CHECK(kc_rows_failed(r, &l->e) == 0);
    free(buf);
}

void fuzz_load(struct fuzz_load *l, const struct kc_in_opts *o, const uint8_t *p, size_t n, struct fuzz_how how)
{
    struct kc_in_opts own = *o;
    int fds[2];
    if (how.pipe && n <= 65536) {
        if (pipe(fds) != 0 || write(fds[1], p, n) != (ssize_t)n)
            abort();
        close(fds[1]);
    } else {
        fds[0] = memfd_create("in", 0);
        if (fds[0] < 0 || pwrite(fds[0], p, n, 0) != (ssize_t)n)
            abort();
    }
    place(fds[0], FD_IN);
    own.files = in_files;
    own.nfiles = 1;
    load_path(l, &own, how);
    close(FD_IN);
}

void fuzz_load_free(struct fuzz_load *l)
{
    kc_dataset_free(&l->ds);
    kc_buf_free(&l->log);
    free(l->x);
}

static int same_strs(const struct kc_strs *a, const struct kc_strs *b)
{
    if (a->n != b->n)
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        size_t m, n;
        const char *s = kc_strs_get(a, i, &m), *t = kc_strs_get(b, i, &n);
        if (m != n || (n > 0 && memcmp(s, t, n) != 0))
            return 0;
    }
    return 1;
}

static int same_rows(const struct fuzz_load *a, const struct fuzz_load *b)
{
    return a->ds.rows.n == b->ds.rows.n && a->ds.rows.d == b->ds.rows.d &&
           memcmp(a->x, b->x, a->ds.rows.n * a->ds.rows.d * sizeof(float)) == 0;
}

/* Return 1 if both failed, one of them because of damaged zstd data. How much of such data is read before depends on the
 * pieces: the library does not tell what it wrote before it failed. So the rows before may be at fault first. */
static int is_zstd_damage(const struct kc_err *a, const struct kc_err *b)
{
    static const char damaged[] = "the zstd data is damaged near byte ";
    return a->code == KC_EINPUT && b->code == KC_EINPUT && (strstr(a->msg, damaged) || strstr(b->msg, damaged));
}

void fuzz_same_load(const struct fuzz_load *a, const struct fuzz_load *b, int messages)
{
    if (b->e.code == KC_ESYS && a->e.code != KC_ESYS) /* little memory was allowed */
        return;
    if (is_zstd_damage(&a->e, &b->e))
        return;
    if (a->e.code != b->e.code || (messages && (a->e.line != b->e.line || strcmp(a->e.msg, b->e.msg) != 0)))
        fuzz_fail("'%s' at line %llu, and the other way '%s' at line %llu", a->e.msg, (unsigned long long)a->e.line,
                  b->e.msg, (unsigned long long)b->e.line);
    if (messages && (a->log.n != b->log.n || (a->log.n > 0 && memcmp(a->log.p, b->log.p, a->log.n) != 0)))
        fuzz_fail("log '%.*s', and the other way '%.*s'", (int)a->log.n, a->log.p, (int)b->log.n, b->log.p);
    if (a->rc != 0)
        return;
    FUZZ_CHECK(same_rows(a, b));
    FUZZ_CHECK(same_strs(&a->ds.terms, &b->ds.terms));
    FUZZ_CHECK(same_strs(&a->ds.raws, &b->ds.raws));
    FUZZ_CHECK(a->ds.nskipped == b->ds.nskipped &&
               (a->ds.nskipped == 0 ||
                memcmp(a->ds.skipped, b->ds.skipped, a->ds.nskipped * sizeof *a->ds.skipped) == 0));
}

/* Write the rows and read them again. */
static void round_trip(const struct fuzz_load *l, enum kc_in_format format)
{
    struct kc_vectors *v = NULL;
    struct kc_err e = KC_ERR_INIT;
    struct fuzz_load back;
    struct kc_in_opts o = {.files = out_files, .nfiles = 1, .format = format, .max_line = (uint64_t)16 << 20,
                           .max_bad = 1};
    size_t n = l->ds.rows.n;
    int lost;
    uint64_t *rows = malloc(n * sizeof *rows);
    if (!rows)
        abort();
    for (size_t i = 0; i < n; i++)
        rows[i] = i;
    struct kc_chunk c = {.n = n, .d = l->ds.rows.d, .x = l->x, .rows = rows};
    c.terms = l->ds.terms.n ? &l->ds.terms : NULL;
    o.dim = format == KC_IN_RAW ? c.d : 0;
    place(memfd_create("out", 0), FD_OUT);
    FUZZ_CHECK(kc_out_vectors_open(&v, "/dev/fd/101", format, &e) == 0);
    FUZZ_CHECK(kc_out_vectors_write(v, &c, &e) == 0 && kc_out_vectors_commit(v, &lost, &e) == 0);
    kc_out_vectors_free(v);
    load_path(&back, &o, (struct fuzz_how){WHOLE, 1, 0});
    if (back.rc != 0)
        fuzz_fail("%s written by kclust is refused: %s", kc_in_format_name(format), back.e.msg);
    FUZZ_CHECK(same_rows(l, &back));
    FUZZ_CHECK(c.terms == NULL || lost || same_strs(&l->ds.terms, &back.ds.terms));
    fuzz_load_free(&back);
    close(FD_OUT);
    free(rows);
}

void fuzz_both(struct kc_in_opts *o, unsigned how_byte, const uint8_t *p, size_t n)
{
    static const size_t blocks[8] = {1, 2, 3, 7, 16, 61, 333, WHOLE};
    static const enum kc_in_format written[8] = {KC_IN_JSONL, KC_IN_KVEC, KC_IN_NPY, KC_IN_RAW,
                                                 KC_IN_FAISS, KC_IN_FVECS, KC_IN_NPY, KC_IN_RAW};
    struct fuzz_how how = {blocks[how_byte & 7], how_byte & 8 ? 4 : 1, how_byte >> 4 & 1};
    struct fuzz_load a, b;
    struct kc_in_opts other = *o;
    int text = o->format == KC_IN_JSONL;
    if ((how_byte & 0xE0) == 0xE0)
        other.max_memory = 256 + how_byte;
    fuzz_load(&a, o, p, n, (struct fuzz_how){WHOLE, 1, 0});
    fuzz_load(&b, &other, p, n, how);
    fuzz_same_load(&a, &b, text || !how.pipe);
    fuzz_load_free(&b);
    if (a.rc == 0 && !o->normalise)
        round_trip(&a, written[how_byte >> 5]);
    fuzz_load_free(&a);
}

/* Return how many numbers most of the first 16 records have; of equal counts, that of the first. */
static size_t most_numbers(char *s, char *end, const struct kc_in_opts *o, struct twin_record *r)
{
    size_t of[16], rows = 0, most = 0, d = 0, seen = 0;
    while (s < end && seen < 16) {
        char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end, keep = *stop;
        *stop = '\0';
        if (s[strspn(s, " \t\r")] != '\0' || strlen(s) < (size_t)(stop - s)) {
            seen++;
            if ((size_t)(stop - s) <= o->max_line && twin_record(s, stop, r) == 0)
                of[rows++] = r->n;
        }
        *stop = keep;
        s = stop + 1;
    }
    for (size_t i = 0; i < rows; i++) {
        size_t same = 0;
        for (size_t j = i; j < rows; j++)
            same += of[j] == of[i];
        if (same > most) {
            most = same;
            d = of[i];
        }
    }
    return d;
}

/* What the twin makes of lines with the fields t and v: the same records, the same first bad line. */
static void lines_twin(const struct fuzz_load *l, const struct kc_in_opts *o, const uint8_t *p, size_t n)
{
    char *text = fuzz_padded(p, n), *end = text + n, *s = text;
    size_t d = 0, good = 0;
    uint64_t line = 0, bad_line = 0, bad = 0, record = 0;
    float x[256];
    struct twin_record r = {{NULL, 0, 0}, 0, x, 256};
    if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
        s += 3;
    if (o->skip_bad)
        d = most_numbers(s, end, o, &r);
    while (s < end && (bad == 0 || o->skip_bad)) {
        char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end;
        char keep = *stop;
        line++;
        *stop = '\0';
        size_t blank = 0, len = (size_t)(stop - s);
        while (blank < len && (s[blank] == ' ' || s[blank] == '\t' || s[blank] == '\r'))
            blank++;
        if (blank < len) {
            int is_bad = len > o->max_line || twin_record(s, stop, &r) != 0 || r.n > 256 || (d && r.n != d);
            if (!is_bad && o->normalise) {
                is_bad = 1;
                for (size_t j = 0; j < r.n; j++)
                    is_bad &= x[j] == 0;
            }
            if (is_bad && r.n > 256) { /* too much for the twin */
                free(text);
                kc_buf_free(&r.term);
                return;
            }
            if (is_bad) {
                bad_line = bad++ == 0 ? line : bad_line;
                if (l->rc == 0) {
                    FUZZ_CHECK(bad <= l->ds.nskipped);
                    FUZZ_CHECK(l->ds.skipped[bad - 1] == record);
                }
            } else {
                d = r.n;
                if (l->rc == 0) {
                    size_t m;
                    FUZZ_CHECK(good < l->ds.rows.n && l->ds.rows.d == d);
                    const char *t = kc_strs_get(&l->ds.terms, good, &m);
                    FUZZ_CHECK(m == r.term.n && (m == 0 || memcmp(t, r.term.p, m) == 0));
                    FUZZ_CHECK(o->normalise || memcmp(x, l->x + good * d, d * sizeof *x) == 0);
                }
                good++;
            }
            record++;
        }
        *stop = keep;
        s = nl ? nl + 1 : end;
    }
    if (l->rc == 0)
        FUZZ_CHECK(good == l->ds.rows.n && bad == l->ds.nskipped);
    else if (o->skip_bad || bad == 0)
        FUZZ_CHECK(good == 0);
    else if (l->e.line != bad_line)
        fuzz_fail("'%s' at line %llu, the twin says line %llu", l->e.msg, (unsigned long long)l->e.line,
                  (unsigned long long)bad_line);
    free(text);
    kc_buf_free(&r.term);
}

/* Whether the file is taken for lines; else it is for another reader, packed, or an array. */
static int are_lines(const uint8_t *p, size_t n)
{
    static const char *const others[] = {"PK\3\4", "\xFF\xFE", "\xFE\xFF", "KCV1", "\x93NUMPY", "PAR1", "PARE",
                                         "\x89HDF\r\n\x1a\n", ("\xFD" "7zXZ"), "BZh", "7z\xBC\xAF", "SQLite format 3",
                                         "\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05", "ARROW1", "FEA1", "RDX",
                                         "%PDF"};
    static const uint8_t none[4];
    if (n > 0 && (p[0] == 'I' || p[0] == 'N')) /* as all the letters of FAISS begin */
        return 0;
    if (n > 8 && p[8] == '{' && memcmp(p + 4, none, 4) == 0) /* safetensors */
        return 0;
    if (n >= 12 && memcmp(p + 8, "DUCK", 4) == 0)
        return 0;
    size_t i = n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < n && p[i] && strchr(" \t\r\n", p[i]))
        i++;
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        if (n >= strlen(others[k]) && memcmp(p, others[k], strlen(others[k])) == 0)
            return 0;
    if (i == n || p[i] == '[' || kc_source_packed((const char *)p, n) != KC_SOURCE_PLAIN)
        return 0;
    struct kc_shape shape;
    char *text = fuzz_padded(p, n);
    (void)kc_shape_find(text + i, text + n, 1, NULL, "v", &shape);
    free(text);
    return shape.kind == KC_SHAPE_LINES && !shape.bare;
}

/* Bytes: options; how; a limit; then the file. */
void fuzz_jsonl(const uint8_t *p, size_t n)
{
    static const char *const paths[] = {"/a/0", "vec", "", "/v", "/data", "/t/~1~0", "t", "embedding"};
    if (n < 3)
        return;
    unsigned b = p[0];
    struct kc_in_opts o = {.format = KC_IN_JSONL, .max_line = p[2] < 128 ? (uint64_t)16 << 20 : 20 + (p[2] & 127),
                           .max_bad = 1};
    o.skip_bad = b & 1;
    o.want_raw = b & 2 ? KC_RAW_INPUT : KC_RAW_NONE;
    o.normalise = b >> 2 & 1;
    unsigned twin = b >> 3 & 1;
    if (twin) {
        o.term_field = "t";
        o.vec_field = "v";
    } else if (b & 16) {
        o.records = paths[b & 32 ? 4 : 2];
    } else if (b & 32) {
        o.term_field = paths[b >> 6];
        o.vec_field = paths[4 + (b >> 6)];
    }
    unsigned how = p[1];
    p += 3;
    n -= 3;
    fuzz_both(&o, how, p, n);
    if (twin && are_lines(p, n) && !o.want_raw) {
        struct fuzz_load l;
        fuzz_load(&l, &o, p, n, (struct fuzz_how){WHOLE, 1, 0});
        lines_twin(&l, &o, p, n);
        fuzz_load_free(&l);
    }
}

static void binary(const uint8_t *p, size_t n, enum kc_in_format format)
{
    if (n < 3)
        return;
    struct kc_in_opts o = {.format = format, .max_line = p[2] < 128 ? (uint64_t)16 << 20 : p[2] & 127,
                           .max_bad = 1};
    o.skip_bad = p[0] & 1;
    o.normalise = p[0] >> 1 & 1;
    if (format == KC_IN_RAW)
        o.dim = 1 + p[2];
    if (format == KC_IN_SAFETENSORS) {
        o.max_line = (uint64_t)16 << 20;
        o.tensor = p[0] & 8 ? "a" : NULL;
    }
    if (o.max_line == 0)
        o.max_line = 1;
    fuzz_both(&o, p[1], p + 3, n - 3);
}

void fuzz_kvec(const uint8_t *p, size_t n)
{
    binary(p, n, KC_IN_KVEC);
}

void fuzz_npy(const uint8_t *p, size_t n)
{
    binary(p, n, KC_IN_NPY);
}

void fuzz_raw(const uint8_t *p, size_t n)
{
    binary(p, n, KC_IN_RAW);
}

void fuzz_faiss(const uint8_t *p, size_t n)
{
    binary(p, n, KC_IN_FAISS);
}

/* Bytes: options; how; a limit; the length of the footer; then the file without its last eight bytes, which are the
 * footer's length and a magic number, unless a bit of the options leaves these to the input. */
void fuzz_parquet(const uint8_t *p, size_t n)
{
    static const char *const vecs[] = {NULL, "vec", "1-", "2-3", "e", "f32", "i32", "x"};
    static const char *const fields[] = {"term", "lang", "tags", "/meta/lang"};
    if (n < 5)
        return;
    struct kc_in_opts o = {.format = KC_IN_PARQUET, .max_line = p[2] < 128 ? (uint64_t)16 << 20 : 20 + (p[2] & 127),
                           .max_bad = 1};
    char where[64];
    size_t footer = p[3] | (size_t)p[4] << 8, body = n - 5;
    uint8_t *whole = malloc(body + 8);
    if (!whole)
        abort();
    o.skip_bad = p[0] & 1;
    o.normalise = p[0] >> 1 & 1;
    o.vec_field = vecs[p[0] >> 3 & 7];
    if (p[0] & 64) {
        snprintf(where, sizeof where, "%s != q", fields[p[2] & 3]);
        o.where[o.nwhere++] = where;
    }
    memcpy(whole, p + 5, body);
    if (!(p[0] & 4)) {
        for (unsigned i = 0; i < 4; i++)
            whole[body + i] = i < 2 ? (uint8_t)(footer >> 8 * i) : 0;
        memcpy(whole + body + 4, "PAR1", 4);
    }
    fuzz_both(&o, p[1], whole, body + (p[0] & 4 ? 0 : 8));
    free(whole);
}

/* fvecs and bvecs, by a bit of the options. */
void fuzz_fvecs(const uint8_t *p, size_t n)
{
    binary(p, n, n > 0 && p[0] & 4 ? KC_IN_BVECS : KC_IN_FVECS);
}

/* Bytes: options; how; a limit; then the file, in the format. */
static void text(const uint8_t *p, size_t n, enum kc_in_format format)
{
    static const char *const vecs[] = {NULL, "2-", "1-", "v", "2", "2-3", "emb", "x"};
    static const char *const terms[] = {NULL, "1", "t", "3"};
    if (n < 3 || kc_source_packed((const char *)p + 3, n - 3) != KC_SOURCE_PLAIN) /* where damage is seen differs */
        return;
    struct kc_in_opts o = {.format = format, .max_line = p[2] < 128 ? (uint64_t)16 << 20 : 20 + (p[2] & 127),
                           .max_bad = 1};
    o.skip_bad = p[0] & 1;
    o.normalise = p[0] >> 1 & 1;
    if (format == KC_IN_CSV || format == KC_IN_TSV || format == KC_IN_AUTO) {
        o.header = (enum kc_header)((p[2] & 3) % 3);
        o.vec_field = vecs[p[0] >> 3 & 7];
        o.term_field = terms[p[0] >> 6];
    }
    fuzz_both(&o, p[1], p + 3, n - 3);
}

/* GloVe and word2vec's text, by a bit of the options. */
void fuzz_words(const uint8_t *p, size_t n)
{
    text(p, n, n > 0 && p[0] & 4 ? KC_IN_WORD2VEC : KC_IN_GLOVE);
}

void fuzz_columns(const uint8_t *p, size_t n)
{
    text(p, n, n > 0 && p[0] & 4 ? KC_IN_TSV : KC_IN_CSV);
}

void fuzz_word2vec_bin(const uint8_t *p, size_t n)
{
    text(p, n, KC_IN_WORD2VEC_BIN);
}

/* Whatever it is: the same in pieces. */
void fuzz_first_lines(const uint8_t *p, size_t n)
{
    text(p, n, KC_IN_AUTO);
}

/* The length of the header is put in front, as it should be unless a bit of the options leaves that to the input. */
void fuzz_tensor(const uint8_t *p, size_t n)
{
    if (n < 5 || p[0] & 4) {
        binary(p, n, KC_IN_SAFETENSORS);
        return;
    }
    size_t header = p[3] | (size_t)p[4] << 8;
    uint8_t *whole = malloc(n + 6);
    if (!whole)
        abort();
    memcpy(whole, p, 3);
    for (unsigned i = 0; i < 8; i++)
        whole[3 + i] = i < 2 ? (uint8_t)(header >> 8 * i) : 0;
    memcpy(whole + 11, p + 5, n - 5);
    binary(whole, n + 6, KC_IN_SAFETENSORS);
    free(whole);
}
