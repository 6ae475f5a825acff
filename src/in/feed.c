#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/reader.h"

#define SHOWN_BYTES 8 /* of a file whose format is not known */

const struct kc_reader *const kc_readers[KC_IN_FORMATS] = {
    [KC_IN_JSONL] = &kc_reader_jsonl, [KC_IN_KVEC] = &kc_reader_kvec, [KC_IN_NPY] = &kc_reader_npy,
    [KC_IN_RAW] = &kc_reader_raw, [KC_IN_FAISS] = &kc_reader_faiss, [KC_IN_FVECS] = &kc_reader_fvecs,
    [KC_IN_BVECS] = &kc_reader_bvecs, [KC_IN_SAFETENSORS] = &kc_reader_safetensors,
    [KC_IN_WORD2VEC] = &kc_reader_word2vec, [KC_IN_WORD2VEC_BIN] = &kc_reader_word2vec_bin,
    [KC_IN_GLOVE] = &kc_reader_glove, [KC_IN_CSV] = &kc_reader_csv, [KC_IN_TSV] = &kc_reader_tsv};

const char *kc_in_format_name(enum kc_in_format f)
{
    return kc_readers[f] ? kc_readers[f]->name : "auto";
}

int kc_in_format_by_name(const char *name, enum kc_in_format *f)
{
    for (int i = 0; i < KC_IN_FORMATS; i++)
        if (strcmp(name, kc_in_format_name((enum kc_in_format)i)) == 0) {
            *f = (enum kc_in_format)i;
            return 0;
        }
    return -1;
}

uint64_t kc_feed_bytes(const struct kc_feed *f)
{
    return f->bytes + (f->src ? kc_source_bytes(f->src) : 0);
}

int kc_feed_broken(const struct kc_feed *f, struct kc_err *e)
{
    if (f->broken.code == KC_OK)
        return 0;
    *e = f->broken;
    return -1;
}

/* An error of the source is kept: it counts when everything before it has been looked at. */
static void read_source(struct kc_feed *f, char *p, size_t n, size_t *got)
{
    *got = 0;
    if (!f->src_eof && kc_source_read(f->src, p, n, got, &f->broken) != 0)
        *got = 0;
    f->src_eof = *got == 0;
}

static int take(struct kc_feed *f, struct kc_buf *b, size_t want, int prompt, struct kc_err *e)
{
    int lines = 0;
    while (b->n < want) {
        /* No more at a time than what is there already: a length that lies costs nothing. */
        size_t step = b->n > f->block ? b->n : f->block, got = f->carry.n - f->carry_at;
        if (step > want - b->n)
            step = want - b->n;
        if (kc_buf_reserve(b, kc_mem_add(step, KC_NUM_PAD), e) != 0)
            return -1;
        if (got > 0) {
            got = got < step ? got : step;
            memcpy(b->p + b->n, f->carry.p + f->carry_at, got);
            f->carry_at += got;
            if (f->carry_at == f->carry.n)
                f->carry_at = f->carry.n = 0;
        } else {
            read_source(f, b->p + b->n, step, &got);
            if (got == 0)
                break;
        }
        lines |= prompt && memchr(b->p + b->n, '\n', got);
        b->n += got;
        if (lines && f->carry_at == f->carry.n && !kc_source_ready(f->src))
            break;
    }
    if (kc_buf_reserve(b, KC_NUM_PAD, e) != 0)
        return -1;
    memset(b->p + b->n, 0, KC_NUM_PAD);
    return 0;
}

int kc_feed_take(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e)
{
    return take(f, b, want, 0, e);
}

int kc_feed_take_lines(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e)
{
    return take(f, b, want, f->o->prompt, e);
}

int kc_feed_back(struct kc_feed *f, struct kc_buf *b, size_t at, struct kc_err *e)
{
    size_t n = b->n - at;
    if (f->carry_at >= n && n > 0) { /* what was taken from there last */
        f->carry_at -= n;
        memcpy(f->carry.p + f->carry_at, b->p + at, n);
    } else if (n > 0) {
        struct kc_buf rest = {NULL, 0, 0};
        size_t left = f->carry.n - f->carry_at;
        if (left > 0) {
            if (kc_buf_reserve(&rest, kc_mem_add(n, left), e) != 0)
                return -1;
            memcpy(rest.p, b->p + at, n);
            memcpy(rest.p + n, f->carry.p + f->carry_at, left);
            rest.n = n + left;
            kc_buf_free(&f->carry);
            f->carry = rest;
        } else {
            f->carry.n = 0;
            if (kc_buf_add(&f->carry, b->p + at, n, e) != 0)
                return -1;
        }
        f->carry_at = 0;
    }
    b->n = at;
    if (kc_buf_reserve(b, KC_NUM_PAD, e) != 0)
        return -1;
    memset(b->p + b->n, 0, KC_NUM_PAD);
    return 0;
}

int kc_feed_peek(struct kc_feed *f, size_t n, struct kc_err *e)
{
    if (f->carry_at > 0) {
        memmove(f->carry.p, f->carry.p + f->carry_at, f->carry.n - f->carry_at);
        f->carry.n -= f->carry_at;
        f->carry_at = 0;
    }
    while (f->carry.n < n && !f->src_eof) {
        size_t step = f->carry.n > f->block ? f->carry.n : f->block, got; /* as in take */
        if (step > n - f->carry.n)
            step = n - f->carry.n;
        if (kc_buf_reserve(&f->carry, step, e) != 0)
            return -1;
        read_source(f, f->carry.p + f->carry.n, step, &got);
        f->carry.n += got;
    }
    return 0;
}

int kc_feed_skip(struct kc_feed *f, uint64_t n, uint64_t *missing, struct kc_err *e)
{
    size_t have = f->carry.n - f->carry_at, step = have < n ? have : (size_t)n;
    f->carry_at += step;
    n -= step;
    n -= f->src_eof ? 0 : kc_source_skip(f->src, n);
    for (; n > 0 && !f->src_eof; n -= step) {
        f->carry_at = f->carry.n = 0;
        if (kc_feed_peek(f, f->block < n ? f->block : (size_t)n, e) != 0)
            return -1;
        step = f->carry_at = f->carry.n;
    }
    *missing = n;
    return 0;
}

int kc_feed_more(struct kc_feed *f, size_t n, struct kc_err *e)
{
    size_t got;
    if (kc_buf_reserve(&f->carry, n, e) != 0)
        return -1;
    read_source(f, f->carry.p + f->carry.n, n, &got);
    f->carry.n += got;
    return 0;
}

int kc_feed_dim(struct kc_feed *f, uint64_t d, struct kc_err *e)
{
    if (d == 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its rows have no numbers");
    if (d > KC_MAX_DIM)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "its header says %llu numbers a row, more than the %zu that kclust takes",
                         (unsigned long long)d, KC_MAX_DIM);
    if (f->d == 0) {
        f->d = (size_t)d;
        f->d_name = f->name;
    } else if (f->d != d) {
        return kc_err_at(e, KC_EINPUT, f->name, 0, "has %llu number%s a row, expected %zu%s%s", (unsigned long long)d,
                         d == 1 ? "" : "s", f->d, f->d_name == f->name ? "" : " as in ",
                         f->d_name == f->name ? "" : f->d_name);
    }
    return 0;
}

/* The first bytes for a message: as text when they begin so, else in hexadecimal. */
static void show(const char *p, size_t n, char *out, size_t size)
{
    size_t o = 0, text = 0;
    if (n > SHOWN_BYTES)
        n = SHOWN_BYTES;
    while (text < n && p[text] >= 0x20 && p[text] < 0x7F)
        text++;
    /* one or two printable bytes in front of others may be chance */
    if (text > 2 || (text > 0 && (text == n || p[text] == '\n' || p[text] == '\r' || p[text] == '\t'))) {
        snprintf(out, size, "'%.*s'", (int)text, p);
        return;
    }
    out[0] = '\0';
    for (size_t i = 0; i < n && i < 4 && o < size; i++)
        o += (size_t)snprintf(out + o, size - o, "%s0x%02x", i ? " " : "", (unsigned char)p[i]);
}

static int starts_with(const struct kc_feed *f, const char *magic, size_t n)
{
    return f->carry.n - f->carry_at >= n && memcmp(f->carry.p + f->carry_at, magic, n) == 0;
}

static int is_of(const struct kc_feed *f, const struct kc_reader *rd)
{
    return rd->is ? rd->is(f) : rd->magic && starts_with(f, rd->magic, rd->magic_n);
}

/* What the file is when it is nothing that any reader takes, whatever format was asked for; NULL when that is not known
 * from the first bytes. */
static const char *stranger(const struct kc_feed *f)
{
    if (starts_with(f, "PK\3\4", 4))
        return "a zip archive (an npz? unpack it first)";
    if (starts_with(f, "\xFF\xFE", 2) || starts_with(f, "\xFE\xFF", 2))
        return "UTF-16, expected UTF-8";
    /* the source has taken off one layer */
    return kc_source_packed(f->carry.p + f->carry_at, f->carry.n - f->carry_at) == KC_SOURCE_PLAIN ? NULL :
           "compressed twice";
}

/* Skip a byte order mark and the blanks before the first value; *lead: so many of them, on its line, can be taken
 * back. */
static int skip_blanks(struct kc_feed *f, size_t *lead, struct kc_err *e)
{
    *lead = 0;
    if (starts_with(f, "\xEF\xBB\xBF", 3))
        f->carry_at += 3;
    for (;;) {
        for (; f->carry_at < f->carry.n; f->carry_at++) {
            char c = f->carry.p[f->carry_at];
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
                return 0;
            f->line0 += c == '\n';
            *lead = c == '\n' ? 0 : *lead + 1;
        }
        if (f->src_eof)
            return 0;
        *lead = 0;
        if (kc_feed_peek(f, 4096, e) != 0)
            return -1;
    }
}

/* f->rd by the first bytes and the wanted format; NULL when there is nothing in the file. */
static int detect(struct kc_feed *f, struct kc_err *e)
{
    enum kc_in_format want = f->o->format;
    char seen[64];
    size_t lead;
    f->rd = NULL;
    if (kc_feed_peek(f, KC_SEEN, e) != 0)
        return -1;
    if (want == KC_IN_RAW || want == KC_IN_FVECS || want == KC_IN_BVECS) { /* any bytes may be numbers */
        f->rd = f->carry.n > 0 ? kc_readers[want] : NULL;
        return f->rd ? 0 : kc_feed_broken(f, e);
    }
    const char *what = stranger(f);
    for (int i = 0; !f->rd && i < KC_IN_FORMATS; i++)
        if (kc_readers[i] && is_of(f, kc_readers[i]))
            f->rd = kc_readers[i];
    if (what && !f->rd)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "not a format that kclust knows: %s", what);
    if (f->rd) {
        /* settled, unless another one was asked for */
    } else if (want == KC_IN_AUTO || want == KC_IN_JSONL) {
        if (skip_blanks(f, &lead, e) != 0)
            return -1;
        if (f->carry_at == f->carry.n)
            return kc_feed_broken(f, e);
        char c = f->carry.p[f->carry_at];
        f->array = c == '[';
        if (c == '{' || c == '[' || want == KC_IN_JSONL)
            f->rd = &kc_reader_jsonl;
        f->carry_at -= f->rd ? 0 : lead;
        if (!f->rd && kc_detect_text(f, &f->rd, e) != 0)
            return -1;
    } else if (f->carry.n == 0) {
        return kc_feed_broken(f, e);
    } else if (!kc_readers[want]->magic && !kc_readers[want]->is) { /* text, without a sign of its own */
        f->carry_at += starts_with(f, "\xEF\xBB\xBF", 3) ? 3 : 0;
        if (f->carry_at == f->carry.n && f->src_eof)
            return kc_feed_broken(f, e);
        f->rd = kc_readers[want];
    }
    if (f->rd && (want == KC_IN_AUTO || want == f->rd->format))
        return 0;
    if (kc_feed_broken(f, e) != 0) /* more of it might have told */
        return -1;
    show(f->carry.p + f->carry_at, f->carry.n - f->carry_at, seen, sizeof seen);
    if (want == KC_IN_AUTO)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "not a format that kclust knows: starts with %s, expected one of kclust-formats(5)", seen);
    if (want == KC_IN_JSONL)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "not jsonl: starts as %s does", kc_in_format_name(f->rd->format));
    return kc_err_at(e, KC_EINPUT, f->name, 0, "not %s: starts with %s", kc_in_format_name(want), seen);
}

int kc_feed_next(struct kc_feed *f, int *none, struct kc_err *e)
{
    *none = 0;
    while (f->next < f->nfiles) {
        f->path = f->files[f->next++];
        f->name = kc_source_name(f->path);
        f->src_eof = 0;
        f->fresh = 1;
        f->line0 = 0;
        f->array = 0;
        f->hint_rows = 0;
        f->carry.n = f->carry_at = 0;
        if (kc_source_open(&f->src, f->path, e) != 0)
            return -1;
        f->st->gzip |= kc_source_kind(f->src) == KC_SOURCE_GZIP;
        f->st->zstd |= kc_source_kind(f->src) == KC_SOURCE_ZSTD;
        if (detect(f, e) != 0)
            return -1;
        if (f->rd) {
            if (f->o->tensor && f->rd->format != KC_IN_SAFETENSORS)
                return kc_err_at(e, KC_EUSAGE, f->name, 0, "--tensor is for safetensors, this is %s", f->rd->name);
            if (f->st->format == KC_IN_AUTO)
                f->st->format = f->rd->format;
            return f->rd->begin(f, e);
        }
        kc_feed_close(f);
    }
    *none = 1;
    return 0;
}

void kc_feed_close(struct kc_feed *f)
{
    if (f->state) {
        f->rd->end(f); /* NOLINT(clang-analyzer-core.NullDereference): the state is that reader's */
        kc_mem_free(f->state);
        f->state = NULL;
    }
    kc_again_free(f->again);
    f->again = NULL;
    if (f->src)
        f->bytes += kc_source_bytes(f->src);
    kc_source_free(f->src);
    f->src = NULL;
}

void kc_feed_free(struct kc_feed *f)
{
    kc_feed_close(f);
    kc_buf_free(&f->carry);
}
