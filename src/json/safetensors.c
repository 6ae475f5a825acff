/* The safetensors container, read strictly: the format forbids duplicate names, overlaps and gaps, and a file with
 * any of these could mean different things to different readers. Written headers have blanks at the end, so that the
 * data are aligned for readers that map the file. */
#include "json/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"
#include "base/utf8.h"
#include "json/json.h"
#include "json/jsonw.h"

#define PIECE ((size_t)64 << 10)

static const struct {
    const char *name;
    enum kc_st_type type;
    unsigned bits;
} types[] = {
    {"F32", KC_ST_F32, 32}, {"F64", KC_ST_F64, 64}, {"I64", KC_ST_I64, 64}, {"U64", KC_ST_U64, 64},
    {"F16", KC_ST_F16, 16}, {"BF16", KC_ST_BF16, 16}, {"U32", KC_ST_U32, 32}, {"I32", KC_ST_I32, 32},
    {"I16", KC_ST_I16, 16}, {"U16", KC_ST_U16, 16}, {"I8", KC_ST_I8, 8}, {"U8", KC_ST_U8, 8},
    {"BOOL", KC_ST_OTHER, 8}, {"F8_E4M3", KC_ST_OTHER, 8}, {"F8_E5M2", KC_ST_OTHER, 8},
};

/* The header while it is parsed. */
struct header_parse {
    struct kc_st *st;
    const char *file;
    size_t cap;
    size_t name; /* offset in names of the last tensor's name */
    struct kc_buf tmp;
    struct kc_err *e;
};

static int refuse_header(const struct header_parse *p, const char *what)
{
    return kc_err_at(p->e, KC_EINPUT, p->file, 0, "safetensors header: %s", what);
}

/* Return a tensor's name for a message. While names are still being added they may move, so tensors get their pointers
 * at the end; until then only the last name can be asked for. */
static const char *name_of(const struct header_parse *p, const struct kc_st_tensor *t)
{
    return t->name ? t->name : p->st->names.p + p->name;
}

static int refuse_tensor(const struct header_parse *p, const struct kc_st_tensor *t, const char *what)
{
    char name[256];
    kc_err_escape(name, sizeof name, name_of(p, t), strlen(name_of(p, t)));
    return kc_err_at(p->e, KC_EINPUT, p->file, 0, "safetensors header: tensor '%s' %s", name, what);
}

/* Parse the array of integers at v into out (at most `most`). Return their number; -1 if v is something else or has
 * more. */
static int parse_integers(const char *v, uint64_t *out, unsigned most)
{
    unsigned n = 0;
    if (*v != '[')
        return -1;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q)), n++)
        if (n == most || kc_json_u64(q, &out[n]) != 0)
            return -1;
    return (int)n;
}

static int parse_dtype(struct header_parse *p, const char *v, struct kc_st_tensor *t, unsigned *bits)
{
    struct kc_json_str s;
    if (kc_json_text(v, &s) != 0)
        return refuse_tensor(p, t, "has a dtype that is not a string");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (kc_json_equals(&s, types[i].name, strlen(types[i].name))) {
            snprintf(t->dtype, sizeof t->dtype, "%s", types[i].name);
            t->type = types[i].type;
            *bits = types[i].bits;
            return 0;
        }
    return refuse_tensor(p, t, "has an unknown dtype");
}

/* Multiply the dimensions at v, however many there are. Return -1 if they overflow, or v is no such array. */
static int count_elements(const char *v, uint64_t *elements)
{
    *elements = 1;
    if (*v != '[')
        return -1;
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q))) {
        uint64_t m;
        if (kc_json_u64(q, &m) != 0 || (m && *elements > UINT64_MAX / m))
            return -1;
        *elements *= m;
    }
    return 0;
}

/* Parse a tensor's object. */
static int parse_tensor(struct header_parse *p, const char *v, struct kc_st_tensor *t)
{
    unsigned bits = 0, seen = 0;
    uint64_t elements = 0, at[2];
    if (*v != '{')
        return refuse_tensor(p, t, "is not an object");
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q))) {
        struct kc_json_str key;
        unsigned bit;
        q = kc_json_member(q, &key);
        if (kc_json_equals(&key, "dtype", 5)) {
            bit = 1;
            if (parse_dtype(p, q, t, &bits) != 0)
                return -1;
        } else if (kc_json_equals(&key, "shape", 5)) {
            bit = 2;
            int n = parse_integers(q, t->shape, KC_ST_DIMS);
            if (count_elements(q, &elements) != 0)
                return refuse_tensor(p, t, "has a shape that is not a list of sizes");
            t->ndims = n < 0 ? 0 : (unsigned)n;
            if (n < 0)
                memset(t->shape, 0, sizeof t->shape);
        } else if (kc_json_equals(&key, "data_offsets", 12)) {
            bit = 4;
            if (parse_integers(q, at, 2) != 2 || at[0] > at[1])
                return refuse_tensor(p, t, "has data_offsets that are not a begin and an end");
            t->begin = at[0];
            t->end = at[1];
        } else {
            return refuse_tensor(p, t, "has a member other than dtype, shape and data_offsets");
        }
        if (seen & bit)
            return refuse_tensor(p, t, "has a member twice");
        seen |= bit;
    }
    if (seen != 7)
        return refuse_tensor(p, t, "lacks one of dtype, shape and data_offsets");
    if (elements > UINT64_MAX / 64 || elements * (bits / 8) != t->end - t->begin)
        return refuse_tensor(p, t, "has data_offsets that do not fit its shape");
    return 0;
}

/* Decode a string and append it. */
static int append_decoded(struct header_parse *p, const struct kc_json_str *s, struct kc_strs *to)
{
    p->tmp.n = 0;
    int rc = kc_json_decode(s, &p->tmp, p->e);
    if (rc > 0)
        return refuse_header(p, "a string holds a lone surrogate");
    return rc < 0 ? -1 : kc_strs_add(to, p->tmp.p, p->tmp.n, p->e);
}

static int parse_metadata(struct header_parse *p, const char *v)
{
    if (*v != '{')
        return refuse_header(p, "__metadata__ is not an object");
    for (const char *q = kc_json_first(v); q; q = kc_json_next(kc_json_past(q))) {
        struct kc_json_str key, value;
        q = kc_json_member(q, &key);
        if (kc_json_text(q, &value) != 0)
            return refuse_header(p, "__metadata__ has a value that is not a string");
        if (append_decoded(p, &key, &p->st->keys) != 0 || append_decoded(p, &value, &p->st->values) != 0)
            return -1;
    }
    return 0;
}

/* Parse one member of the header: the metadata or a tensor. */
static int parse_member(struct header_parse *p, const struct kc_json_str *key, const char *v)
{
    struct kc_st *st = p->st;
    if (kc_json_equals(key, "__metadata__", 12))
        return st->keys.n ? refuse_header(p, "__metadata__ appears twice") : parse_metadata(p, v);
    if (st->n == p->cap) {
        size_t cap = p->cap ? kc_mem_mul(p->cap, 2) : 16;
        struct kc_st_tensor *t = kc_mem_realloc(st->tensors, cap, sizeof *t, p->e);
        if (!t)
            return -1;
        st->tensors = t;
        p->cap = cap;
    }
    struct kc_st_tensor *t = &st->tensors[st->n];
    memset(t, 0, sizeof *t);
    p->tmp.n = 0;
    int rc = kc_json_decode(key, &p->tmp, p->e);
    if (rc != 0)
        return rc < 0 ? -1 : refuse_header(p, "a string holds a lone surrogate");
    if (p->tmp.n == 0 || memchr(p->tmp.p, '\0', p->tmp.n))
        return refuse_header(p, "a tensor's name is empty or holds NUL");
    p->name = st->names.n;
    if (kc_buf_add(&st->names, p->tmp.p, p->tmp.n, p->e) != 0 || kc_buf_addc(&st->names, '\0', p->e) != 0)
        return -1;
    st->n++;
    return parse_tensor(p, v, t);
}

static int compare_begins(const void *a, const void *b)
{
    const struct kc_st_tensor *s = a, *t = b;
    if (s->begin != t->begin)
        return s->begin < t->begin ? -1 : 1;
    return s->end < t->end ? -1 : s->end > t->end;
}

static int compare_names(const void *a, const void *b)
{
    const struct kc_st_tensor *s = a, *t = b;
    return strcmp(s->name, t->name);
}

/* Check that no name is there twice, and that the tensors cover all bytes of the data once. */
static int check_tensors(struct header_parse *p)
{
    struct kc_st *st = p->st;
    if (st->n == 0)
        return refuse_header(p, "there are no tensors");
    const char *name = st->names.p;
    for (size_t i = 0; i < st->n; i++, name += strlen(name) + 1)
        st->tensors[i].name = name;
    qsort(st->tensors, st->n, sizeof *st->tensors, compare_names);
    for (size_t i = 1; i < st->n; i++)
        if (strcmp(st->tensors[i].name, st->tensors[i - 1].name) == 0)
            return refuse_tensor(p, &st->tensors[i], "appears twice");
    qsort(st->tensors, st->n, sizeof *st->tensors, compare_begins);
    for (size_t i = 0; i < st->n; i++) {
        if (st->tensors[i].begin != st->bytes)
            return refuse_tensor(p, &st->tensors[i], "does not begin where the one before it ends");
        st->bytes = st->tensors[i].end;
    }
    return 0;
}

/* Parse the header, a padded text. */
static int parse_header(struct header_parse *p, const char *text, size_t n)
{
    struct kc_json_fault f;
    const char *end = text + n, *q = kc_json_ws(text), *past;
    if (kc_utf8_bad(text, end))
        return refuse_header(p, "it is not UTF-8");
    if (*q != '{')
        return refuse_header(p, "it is not a JSON object");
    past = kc_json_skip(q, end, 0, &f);
    if (!past || kc_json_ws(past) != end)
        return refuse_header(p, "it is not valid JSON");
    for (q = kc_json_first(q); q; q = kc_json_next(kc_json_past(q))) {
        struct kc_json_str key;
        q = kc_json_member(q, &key);
        if (parse_member(p, &key, q) != 0)
            return -1;
    }
    return check_tensors(p);
}

int kc_st_parse(struct kc_st *st, const char *json, size_t n, const char *file, struct kc_err *e)
{
    struct header_parse p = {st, file, 0, 0, {0}, e};
    memset(st, 0, sizeof *st);
    char *text = kc_mem_alloc(kc_mem_add(n, KC_NUM_PAD), 1, e);
    if (!text)
        return -1;
    memcpy(text, json, n);
    memset(text + n, 0, KC_NUM_PAD);
    int rc = parse_header(&p, text, n);
    kc_buf_free(&p.tmp);
    kc_mem_free(text);
    return rc;
}

void kc_st_free(struct kc_st *st)
{
    kc_mem_free(st->tensors);
    kc_buf_free(&st->names);
    kc_strs_free(&st->keys);
    kc_strs_free(&st->values);
    memset(st, 0, sizeof *st);
}

const struct kc_st_tensor *kc_st_find(const struct kc_st *st, const char *name)
{
    for (size_t i = 0; i < st->n; i++)
        if (strcmp(st->tensors[i].name, name) == 0)
            return &st->tensors[i];
    return NULL;
}

const char *kc_st_metadata(const struct kc_st *st, const char *key, size_t *n)
{
    for (size_t i = 0; i < st->keys.n; i++) {
        size_t len;
        const char *k = kc_strs_get(&st->keys, i, &len);
        if (len == strlen(key) && memcmp(k, key, len) == 0)
            return kc_strs_get(&st->values, i, n);
    }
    return NULL;
}

int kc_st_has_format(const struct kc_st *st, const char *format)
{
    size_t n;
    const char *p = kc_st_metadata(st, "format", &n);
    return p && n == strlen(format) && memcmp(p, format, n) == 0;
}

void kc_st_swap(void *p, size_t count, size_t width)
{
    if (!KC_BIG_ENDIAN)
        return;
    for (char *q = p; count > 0; count--, q += width)
        for (size_t i = 0; i < width / 2; i++) {
            char c = q[i];
            q[i] = q[width - 1 - i];
            q[width - 1 - i] = c;
        }
}

size_t kc_st_width(enum kc_st_type type)
{
    return types[type].bits / 8;
}

/* Append the header for these tensors, and set their begin and end. */
static int add_header(struct kc_buf *b, struct kc_st_tensor *tensors, size_t n, const struct kc_st_text *metadata,
                      size_t nmetadata, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    uint64_t at = 0;
    kc_jsonw_open(&w, NULL, '{', 1);
    kc_jsonw_open(&w, "__metadata__", '{', 1);
    for (size_t i = 0; i < nmetadata; i++)
        kc_jsonw_str(&w, metadata[i].key, metadata[i].value, metadata[i].n);
    kc_jsonw_close(&w, '}');
    for (size_t i = 0; i < n; i++) {
        struct kc_st_tensor *t = &tensors[i];
        uint64_t elements = 1;
        kc_jsonw_open(&w, t->name, '{', 1);
        kc_jsonw_cstr(&w, "dtype", types[t->type].name);
        kc_jsonw_open(&w, "shape", '[', 1);
        for (unsigned j = 0; j < t->ndims; j++) {
            kc_jsonw_u64(&w, NULL, t->shape[j]);
            elements *= t->shape[j];
        }
        kc_jsonw_close(&w, ']');
        t->begin = at;
        at = t->end = at + elements * kc_st_width(t->type);
        kc_jsonw_open(&w, "data_offsets", '[', 1);
        kc_jsonw_u64(&w, NULL, t->begin);
        kc_jsonw_u64(&w, NULL, t->end);
        kc_jsonw_close(&w, ']');
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, '}');
    if (kc_jsonw_end(&w) != 0)
        return -1;
    b->p[b->n - 1] = ' '; /* instead of the final newline */
    while (b->n % 8 != 0)
        if (kc_buf_addc(b, ' ', e) != 0)
            return -1;
    return 0;
}

/* Write elements in the file's byte order. */
static int write_elements(struct kc_outfile *f, const void *p, size_t count, size_t width, struct kc_err *e)
{
    char piece[PIECE];
    if (!KC_BIG_ENDIAN)
        return kc_outfile_write(f, p, count * width, e);
    for (const char *q = p; count > 0;) {
        size_t m = count < PIECE / width ? count : PIECE / width;
        memcpy(piece, q, m * width);
        kc_st_swap(piece, m, width);
        if (kc_outfile_write(f, piece, m * width, e) != 0)
            return -1;
        q += m * width;
        count -= m;
    }
    return 0;
}

int kc_st_write_elements(struct kc_outfile *f, const void *p, size_t count, enum kc_st_type type, struct kc_err *e)
{
    return write_elements(f, p, count, kc_st_width(type), e);
}

int kc_st_write_header(struct kc_outfile *f, struct kc_st_tensor *tensors, size_t n, const struct kc_st_text *metadata,
                       size_t nmetadata, struct kc_err *e)
{
    struct kc_buf b = {0};
    int rc = -1;
    if (add_header(&b, tensors, n, metadata, nmetadata, e) != 0)
        goto out;
    if (b.n > KC_ST_HEADER_MAX) { /* no reader would accept it */
        kc_err_set(e, KC_EINPUT, "the model's header would take %zu bytes, more than %llu: the terms are too long", b.n,
                   (unsigned long long)KC_ST_HEADER_MAX);
        goto out;
    }
    uint64_t len = b.n;
    rc = write_elements(f, &len, 1, 8, e) != 0 ? -1 : kc_outfile_write(f, b.p, b.n, e);
out:
    kc_buf_free(&b);
    return rc;
}

int kc_st_write(struct kc_outfile *f, struct kc_st_tensor *tensors, size_t n, const struct kc_st_text *metadata,
                size_t nmetadata, struct kc_err *e)
{
    if (kc_st_write_header(f, tensors, n, metadata, nmetadata, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const size_t width = kc_st_width(tensors[i].type);
        if (write_elements(f, tensors[i].data, (size_t)(tensors[i].end - tensors[i].begin) / width, width, e) != 0)
            return -1;
    }
    return 0;
}
