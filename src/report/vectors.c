/* Writers of vectors: JSONL, kvec, npy, raw, FAISS, fvecs and Parquet. Headers with the number of rows are patched at
 * the end; where the output cannot be patched (a pipe), the rows wait in a spool until the number is known. */
#include "report/vectors.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "json/jsonw.h"
#include "report/labels.h"
#include "report/parquet.h"

#define NPY_HEADER 128 /* room for any shape, and a multiple of 64 as the format asks for */
#define FAISS_HEADER 45
#define MOST_HEADER NPY_HEADER
#define KVEC_TERM_MAX ((size_t)1 << 28)

struct vec_format {
    int beside;    /* the format holds no terms: they go into PATH.terms */
    int no_terms;  /* the format holds no terms, and they are dropped */
    size_t header; /* bytes of the header, if it has the number of rows; else 0 */
    /* Write that header. NULL: the format has none. */
    void (*head)(char *out, uint64_t n, size_t d);
    /* Called before the first row, when d is known. NULL: nothing to do. */
    int (*start)(struct kc_vectors *v, struct kc_err *e);
    /* Append one row to v->b, or hand it on. */
    int (*row)(struct kc_vectors *v, const char *term, size_t len, const float *x, struct kc_err *e);
    /* Called after the last row. NULL: nothing to do. */
    int (*end)(struct kc_vectors *v, struct kc_err *e);
};

struct kc_vectors {
    const struct vec_format *format;
    struct kc_outfile *out;
    struct kc_outfile *body;  /* where rows go: out, or a spool if the header needs the row count and out is a pipe */
    struct kc_outfile *terms; /* PATH.terms, or NULL */
    int stale_terms;          /* PATH.terms existed before: it must not outlive the rows it belonged to */
    int saw_terms;            /* the input has terms */
    uint64_t n;
    size_t d;
    struct kc_buf b;          /* one record's text */
    struct kc_parquet *parquet;
};

static void put_u32(char out[4], uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(v >> (8 * i) & 0xFF);
}

static void put_u64(char out[8], uint64_t v)
{
    put_u32(out, (uint32_t)v);
    put_u32(out + 4, (uint32_t)(v >> 32));
}

/* Append the row as little-endian float32. */
static int add_floats(struct kc_buf *b, const float *x, size_t d, struct kc_err *e)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return kc_buf_add(b, x, kc_mem_mul(d, sizeof *x), e);
#else
    if (kc_buf_reserve(b, kc_mem_mul(d, 4), e) != 0)
        return -1;
    for (size_t i = 0; i < d; i++, b->n += 4) {
        uint32_t u;
        memcpy(&u, &x[i], 4);
        put_u32(b->p + b->n, u);
    }
    return 0;
#endif
}

static int add_jsonl_row(struct kc_vectors *v, const char *term, size_t len, const float *x, struct kc_err *e)
{
    struct kc_buf *b = &v->b;
    if (kc_buf_adds(b, "{\"term\":", e) != 0 || kc_jsonw_quote(b, term, len, e) != 0 ||
        kc_buf_adds(b, ",\"vec\":[", e) != 0 ||
        kc_buf_reserve(b, kc_mem_add(kc_mem_mul(v->d, KC_NUM_FLOAT_MAX + 1), 3), e) != 0)
        return -1;
    char *q = b->p + b->n;
    for (size_t i = 0; i < v->d; i++) {
        q += kc_num_format_float(q, x[i]);
        *q++ = ',';
    }
    q[-1] = ']'; /* over the last comma */
    *q++ = '}';
    *q++ = '\n';
    b->n = (size_t)(q - b->p);
    return 0;
}

static int start_kvec(struct kc_vectors *v, struct kc_err *e)
{
    char head[8] = {'K', 'C', 'V', '1'};
    if (v->d > UINT32_MAX)
        return kc_err_set(e, KC_EINPUT, "kvec holds at most 4294967295 dimensions, these are %zu", v->d);
    put_u32(head + 4, (uint32_t)v->d);
    return kc_outfile_write(v->body, head, sizeof head, e);
}

static int add_kvec_row(struct kc_vectors *v, const char *term, size_t len, const float *x, struct kc_err *e)
{
    char head[4];
    if (len >= KVEC_TERM_MAX)
        return kc_err_set(e, KC_EINPUT, "record %llu: its term has %zu bytes, kvec holds less than %zu",
                          (unsigned long long)v->n, len, KVEC_TERM_MAX);
    put_u32(head, (uint32_t)len);
    return kc_buf_add(&v->b, head, 4, e) != 0 || kc_buf_add(&v->b, term, len, e) != 0 ? -1 :
           add_floats(&v->b, x, v->d, e);
}

static void make_npy_header(char *out, uint64_t n, size_t d)
{
    memset(out, ' ', NPY_HEADER);
    memcpy(out, "\x93NUMPY\x01", 8); /* the literal's NUL is the minor version */
    out[8] = NPY_HEADER - 10;
    out[9] = 0;
    char dict[NPY_HEADER];
    int len = snprintf(dict, sizeof dict, "{'descr': '<f4', 'fortran_order': False, 'shape': (%llu, %zu), }",
                       (unsigned long long)n, d);
    memcpy(out + 10, dict, (size_t)len); /* at most 58 + 40 digits */
    out[NPY_HEADER - 1] = '\n';
}

/* Make the header of an IndexFlatIP, see in/formats/faiss.c. */
static void make_faiss_header(char *out, uint64_t n, size_t d)
{
    const uint64_t nothing = 1 << 20; /* what FAISS itself writes there */
    memcpy(out, "IxFI", 4);
    put_u32(out + 4, (uint32_t)d);
    put_u64(out + 8, n);
    put_u64(out + 16, nothing);
    put_u64(out + 24, nothing);
    out[32] = 1;
    put_u32(out + 33, 0);
    put_u64(out + 37, n * d);
}

/* Leave room for the header, which is complete only at the end. If the output cannot be patched then, send the rows to
 * a spool. */
static int start_header(struct kc_vectors *v, struct kc_err *e)
{
    char head[MOST_HEADER];
    if (!kc_outfile_seekable(v->out))
        return kc_outfile_open_spool(&v->body, e);
    v->format->head(head, 0, v->d);
    return kc_outfile_write(v->out, head, v->format->header, e);
}

/* Write the complete header: over the room left for it, or before the spooled rows. */
static int end_header(struct kc_vectors *v, struct kc_err *e)
{
    char head[MOST_HEADER];
    v->format->head(head, v->n, v->d);
    if (v->body == v->out)
        return kc_outfile_patch(v->out, 0, head, v->format->header, e);
    return kc_outfile_write(v->out, head, v->format->header, e) != 0 ? -1 : kc_outfile_copy(v->out, v->body, e);
}

static int add_floats_row(struct kc_vectors *v, const char *term, size_t len, const float *x, struct kc_err *e)
{
    (void)term;
    (void)len;
    return add_floats(&v->b, x, v->d, e);
}

static int add_fvecs_row(struct kc_vectors *v, const char *term, size_t len, const float *x, struct kc_err *e)
{
    char head[4];
    put_u32(head, (uint32_t)v->d);
    return kc_buf_add(&v->b, head, sizeof head, e) != 0 ? -1 : add_floats_row(v, term, len, x, e);
}

static int start_parquet(struct kc_vectors *v, struct kc_err *e)
{
    static const struct kc_parquet_column columns[] = {{"term", KC_PARQUET_TEXT, 0}, {"vec", KC_PARQUET_LIST, 0}};
    return kc_parquet_begin(&v->parquet, v->body, columns, 2, e);
}

static int add_parquet_row(struct kc_vectors *v, const char *term, size_t len, const float *x, struct kc_err *e)
{
    return kc_parquet_text(v->parquet, 0, term, len, e) != 0 || kc_parquet_list(v->parquet, 1, x, v->d, e) != 0 ? -1 :
           kc_parquet_row(v->parquet, e);
}

static int end_parquet(struct kc_vectors *v, struct kc_err *e)
{
    return v->parquet ? kc_parquet_end(v->parquet, e) : 0;
}

static const struct vec_format formats[KC_IN_FORMATS] = {
    [KC_IN_JSONL] = {.row = add_jsonl_row},
    [KC_IN_KVEC] = {.start = start_kvec, .row = add_kvec_row},
    [KC_IN_NPY] = {.beside = 1, .header = NPY_HEADER, .head = make_npy_header, .row = add_floats_row},
    [KC_IN_RAW] = {.no_terms = 1, .row = add_floats_row},
    [KC_IN_FAISS] = {.beside = 1, .header = FAISS_HEADER, .head = make_faiss_header, .row = add_floats_row},
    [KC_IN_FVECS] = {.beside = 1, .row = add_fvecs_row},
    [KC_IN_PARQUET] = {.start = start_parquet, .row = add_parquet_row, .end = end_parquet},
};

int kc_out_vectors_writes(enum kc_in_format format)
{
    return formats[format].row != NULL;
}

static int open_terms(struct kc_vectors *v, const char *path, struct kc_err *e)
{
    struct kc_buf name = {0};
    int rc = kc_buf_printf(&name, e, "%s.terms", path) != 0 || kc_buf_addc(&name, '\0', e) != 0 ? -1 : 0;
    if (rc == 0)
        rc = kc_outfile_open(&v->terms, name.p, e);
    v->stale_terms = rc == 0 && kc_outfile_existed(v->terms);
    kc_buf_free(&name);
    return rc;
}

int kc_out_vectors_open(struct kc_vectors **out, const char *path, enum kc_in_format format, struct kc_err *e)
{
    struct kc_vectors *v = kc_mem_zalloc(1, sizeof *v, e);
    *out = NULL;
    if (!v)
        return -1;
    v->format = &formats[format];
    if (kc_outfile_open(&v->out, path, e) != 0 ||
        (v->format->beside && kc_outfile_is_file(v->out) && open_terms(v, path, e) != 0)) {
        kc_out_vectors_free(v);
        return -1;
    }
    v->body = v->out;
    *out = v;
    return 0;
}

const struct kc_outfile *kc_out_vectors_file(const struct kc_vectors *v)
{
    return v->out;
}

static int add_term(struct kc_vectors *v, const char *term, size_t len, struct kc_err *e)
{
    v->b.n = 0;
    return kc_out_tsv_escape(&v->b, term, len, e) != 0 || kc_buf_addc(&v->b, '\n', e) != 0 ? -1 :
           kc_outfile_write(v->terms, v->b.p, v->b.n, e);
}

int kc_out_vectors_write(struct kc_vectors *v, const struct kc_chunk *c, struct kc_err *e)
{
    if (c->n == 0)
        return 0;
    if (v->n == 0) {
        v->d = c->d;
        if ((v->format->start ? v->format->start(v, e) : v->format->head ? start_header(v, e) : 0) != 0)
            return -1;
    }
    v->saw_terms |= c->terms != NULL;
    for (size_t i = 0; i < c->n; i++, v->n++) {
        char number[20];
        size_t len;
        const char *term;
        if (c->terms) {
            term = kc_strs_get(c->terms, i, &len);
        } else {
            term = number;
            len = kc_jsonw_digits(number, c->rows[i]);
        }
        if (v->terms && add_term(v, term, len, e) != 0)
            return -1;
        v->b.n = 0;
        if (v->format->row(v, term, len, c->x + i * c->d, e) != 0 ||
            (v->b.n > 0 && kc_outfile_write(v->body, v->b.p, v->b.n, e) != 0))
            return -1;
    }
    return 0;
}

int kc_out_vectors_commit(struct kc_vectors *v, int *terms_lost, struct kc_err *e)
{
    int keep_terms = v->terms && (v->saw_terms || v->stale_terms);
    *terms_lost = (v->format->no_terms || v->format->beside) && v->saw_terms && !v->terms;
    if ((v->format->head ? end_header(v, e) : v->format->end ? v->format->end(v, e) : 0) != 0 ||
        kc_outfile_finish(v->out, e) != 0 ||
        (keep_terms && kc_outfile_finish(v->terms, e) != 0))
        return -1;
    /* terms first: new rows must never lie beside an older file's terms, which might match them in number */
    if (keep_terms && kc_outfile_commit(v->terms, e) != 0)
        return -1;
    return kc_outfile_commit(v->out, e);
}

void kc_out_vectors_free(struct kc_vectors *v)
{
    if (!v)
        return;
    if (v->body != v->out)
        kc_outfile_free(v->body);
    kc_outfile_free(v->out);
    kc_outfile_free(v->terms);
    kc_buf_free(&v->b);
    kc_parquet_free(v->parquet);
    kc_mem_free(v);
}
