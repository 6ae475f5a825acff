/* info of a data file: one pass over the rows gathers norms, duplicates and the first terms. Duplicates are counted by
 * sorting the hashes of the rows, 8 bytes for each. */
#include "job/info.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "io/source.h"
#include "json/jsonw.h"
#include "model/map.h"
#include "report/width.h"

#define FIRST_TERMS 5
#define UNIT_TOLERANCE 1e-3 /* error of a norm of 1 after half precision or a few printed digits */

/* What is gathered about the rows. */
struct survey {
    uint64_t rows, zero;     /* all rows, and rows of zeros */
    size_t d;
    double least, most, sum; /* of the norms */
    uint64_t *hashes;        /* (rows) of the rows */
    size_t cap;              /* room in hashes */
    struct kc_strs first;    /* the first terms */
    uint64_t duplicates;
};

static double row_norm(const float *x, size_t d)
{
    double s = 0;
    for (size_t i = 0; i < d; i++)
        s += (double)x[i] * (double)x[i];
    return sqrt(s);
}

/* Add one piece to the survey. A kc_in_sink. */
static int survey_piece(void *arg, const struct kc_chunk *c, struct kc_err *e)
{
    struct survey *s = arg;
    s->d = c->d;
    size_t want = kc_mem_add((size_t)s->rows, c->n);
    if (want > s->cap) {
        size_t cap = kc_mem_add(want, want / 2);
        uint64_t *p = kc_mem_realloc(s->hashes, cap, sizeof *p, e);
        if (!p)
            return -1;
        s->hashes = p;
        s->cap = cap;
    }
    for (size_t i = 0; i < c->n; i++, s->rows++) {
        const float *x = c->x + i * c->d;
        double len = row_norm(x, c->d);
        if (!(len > 0))
            s->zero++;
        s->least = fmin(s->least, len);
        s->most = fmax(s->most, len);
        s->sum += len;
        s->hashes[s->rows] = kc_la_hash(x, c->d);
        if (c->terms && s->first.n < FIRST_TERMS) {
            size_t n;
            const char *term = kc_strs_get(c->terms, i, &n);
            if (kc_strs_add(&s->first, term, n, e) != 0)
                return -1;
        }
    }
    return 0;
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void count_duplicates(struct survey *s)
{
    qsort(s->hashes, (size_t)s->rows, sizeof *s->hashes, compare_hashes);
    for (size_t i = 1; i < s->rows; i++)
        if (s->hashes[i] == s->hashes[i - 1])
            s->duplicates++;
}

static int is_unit(const struct survey *s)
{
    return s->least >= 1 - UNIT_TOLERANCE && s->most <= 1 + UNIT_TOLERANCE;
}

static const char *compression_name(const struct kc_in_stats *st)
{
    return st->gzip && st->zstd ? "gzip, zstd" : st->gzip ? "gzip" : st->zstd ? "zstd" : "none";
}

static const char *null_if_empty(const char *s)
{
    return s[0] ? s : NULL;
}

static int make_json(struct kc_buf *b, const struct survey *s, const struct kc_in_stats *st, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "format", kc_in_format_name(st->format));
    kc_jsonw_cstr(&w, "compression", compression_name(st));
    kc_jsonw_u64(&w, "bytes", st->bytes);
    kc_jsonw_u64(&w, "rows", s->rows);
    kc_jsonw_u64(&w, "dim", s->d);
    kc_jsonw_u64(&w, "skipped", st->skipped);
    kc_jsonw_cstr(&w, "term_field", null_if_empty(st->term_field));
    kc_jsonw_cstr(&w, "vec_field", null_if_empty(st->vec_field));
    kc_jsonw_cstr(&w, "dtype", null_if_empty(st->dtype));
    kc_jsonw_cstr(&w, "tensor", null_if_empty(st->tensor));
    kc_jsonw_cstr(&w, "index", null_if_empty(st->index));
    kc_jsonw_cstr(&w, "id_map", null_if_empty(st->id_map));
    kc_jsonw_cstr(&w, "metric", null_if_empty(st->metric));
    kc_jsonw_open(&w, "norm", '{', 1);
    kc_jsonw_double(&w, "min", s->least);
    kc_jsonw_double(&w, "mean", s->sum / (double)s->rows);
    kc_jsonw_double(&w, "max", s->most);
    kc_jsonw_close(&w, '}');
    kc_jsonw_bool(&w, "unit", is_unit(s));
    kc_jsonw_u64(&w, "zero_rows", s->zero);
    kc_jsonw_u64(&w, "duplicate_rows", s->duplicates);
    kc_jsonw_open(&w, "first_terms", '[', 1);
    for (size_t i = 0; i < s->first.n; i++) {
        size_t n;
        const char *term = kc_strs_get(&s->first, i, &n);
        kc_jsonw_str(&w, NULL, term, n);
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

static int add_field(struct kc_buf *b, const char *label, const char *name, struct kc_err *e)
{
    if (!name[0])
        return 0;
    return kc_buf_adds(b, label, e) != 0 || kc_out_add_cut(b, name, strlen(name), 60, e) != 0 ? -1 :
           kc_buf_addc(b, '\n', e);
}

static int make_text(struct kc_buf *b, const struct survey *s, const struct kc_in_stats *st, struct kc_err *e)
{
    char human[16];
    kc_num_human(human, st->bytes);
    if (kc_buf_printf(b, e, "format       %s\ncompression  %s\nbytes        %llu (%s)\nrows         %llu\n",
                      kc_in_format_name(st->format), compression_name(st), (unsigned long long)st->bytes, human,
                      (unsigned long long)s->rows) != 0 ||
        (st->skipped ? kc_buf_printf(b, e, "skipped      %llu\n", (unsigned long long)st->skipped) : 0) != 0 ||
        kc_buf_printf(b, e, "dimensions   %zu\n", s->d) != 0 ||
        add_field(b, "term field   ", st->term_field, e) != 0 || add_field(b, "vec field    ", st->vec_field, e) != 0 ||
        add_field(b, "dtype        ", st->dtype, e) != 0 || add_field(b, "tensor       ", st->tensor, e) != 0 ||
        add_field(b, "index        ", st->index, e) != 0 || add_field(b, "id map       ", st->id_map, e) != 0 ||
        add_field(b, "metric       ", st->metric, e) != 0 ||
        kc_buf_printf(b, e, "norms        %.6g to %.6g, mean %.6g%s\nzero rows    %llu\nduplicates   %llu\n", s->least,
                      s->most, s->sum / (double)s->rows, is_unit(s) ? " (unit vectors)" : "",
                      (unsigned long long)s->zero, (unsigned long long)s->duplicates) != 0)
        return -1;
    for (size_t i = 0; i < s->first.n; i++) {
        size_t n;
        const char *term = kc_strs_get(&s->first, i, &n);
        if (kc_buf_adds(b, i ? "             " : "first terms  ", e) != 0 || kc_out_add_cut(b, term, n, 60, e) != 0 ||
            kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    return 0;
}

/* Describe rows. The input may be open already, as in->first. */
static int describe_rows(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_in_opts *in,
                         struct kc_buf *text, struct kc_err *e)
{
    struct survey s = {.least = DBL_MAX};
    struct kc_in_stats st;
    char human[16];
    int rc = -1;
    in->normalise = 0;
    in->want_raw = KC_RAW_NONE;
    memset(&st, 0, sizeof st);
    kc_num_human(human, kc_in_stream_bytes(ctx, in));
    kc_ctx_log(ctx, KC_LOG_INFO, "memory: %s to read in, and %zu bytes for each row", human, sizeof *s.hashes);
    if (kc_in_stream(ctx, in, survey_piece, &s, &st, e) != 0)
        goto out;
    if (s.rows == 0) {
        kc_err_set(e, KC_EINPUT, "no records");
        goto out;
    }
    count_duplicates(&s);
    rc = j->json ? make_json(text, &s, &st, e) : make_text(text, &s, &st, e);
out:
    kc_strs_free(&s.first);
    kc_mem_free(s.hashes);
    return rc;
}

/* Describe a model or rows, whatever the input is. */
static int describe_input(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_buf *text, struct kc_err *e)
{
    struct kc_in_opts in = j->in;
    const char *path = in.nfiles == 1 ? in.files[0] : "-";
    if (in.nfiles > 1 || in.format != KC_IN_AUTO || in.tensor)
        return describe_rows(ctx, j, &in, text, e);
    if (kc_source_open(&in.first, path, e) != 0)
        return -1;
    const int map = kc_map_is(in.first, e), model = map == 0 ? kc_model_is(in.first, e) : 0;
    if (map == 0 && model == 0)
        return describe_rows(ctx, j, &in, text, e);
    int rc = map > 0     ? kc_job_info_map(j, path, in.first, text, e)
             : model > 0 ? kc_job_info_model(j, path, in.first, text, e)
                         : -1;
    kc_source_free(in.first);
    return rc;
}

int kc_job_info_run(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_err *e)
{
    struct kc_outfile *f = NULL;
    struct kc_buf text = {0};
    int rc = -1;
    /* an output that cannot be written is reported before anything is read */
    if (kc_outfile_open(&f, j->output, e) == 0 && describe_input(ctx, j, &text, e) == 0 &&
        kc_outfile_write(f, text.p, text.n, e) == 0)
        rc = kc_outfile_commit(f, e);
    if (rc == 0)
        kc_outfile_tell(f, ctx);
    kc_buf_free(&text);
    kc_outfile_free(f);
    return rc;
}
