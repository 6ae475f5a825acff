/* The safetensors reader: the rows of one tensor, the one that --tensor names or else the only matrix of numbers. The
 * bytes before and after it are skipped, so the file may come through a pipe. */
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"
#include "json/safetensors.h"

#define LENGTH 8
#define SHOWN 5 /* tensors that a message names at most */

/* Return 1 if the file begins with a safetensors header: its length, then '{'. */
static int is_safetensors(const struct kc_feed *f)
{
    const char *p = f->carry.p + f->carry_at;
    return f->carry.n - f->carry_at > LENGTH && kc_le64(p) <= KC_ST_HEADER_MAX && p[LENGTH] == '{';
}

/* Return 2 if the tensor holds floats, 1 if it holds integers, 0 if neither. */
static int has_numbers(const struct kc_st_tensor *t, enum kc_cell *cell)
{
    switch (t->type) {
    case KC_ST_F32: *cell = KC_CELL_F32; return 2;
    case KC_ST_F64: *cell = KC_CELL_F64; return 2;
    case KC_ST_F16: *cell = KC_CELL_F16; return 2;
    case KC_ST_BF16: *cell = KC_CELL_BF16; return 2;
    case KC_ST_I64: *cell = KC_CELL_I64; return 1;
    case KC_ST_U64: *cell = KC_CELL_U64; return 1;
    case KC_ST_U32: *cell = KC_CELL_U32; return 1;
    case KC_ST_I8: *cell = KC_CELL_I8; return 1;
    case KC_ST_U8: *cell = KC_CELL_U8; return 1;
    case KC_ST_I16: *cell = KC_CELL_I16; return 1;
    case KC_ST_U16: *cell = KC_CELL_U16; return 1;
    case KC_ST_I32: *cell = KC_CELL_I32; return 1;
    case KC_ST_OTHER: break;
    }
    return 0;
}

/* Return 2 if it is a matrix of floats, 1 if one of integers, 0 if it is none. */
static int is_matrix(const struct kc_st_tensor *t)
{
    enum kc_cell cell;
    return t->ndims == 2 ? has_numbers(t, &cell) : 0;
}

/* List the names of all tensors, or of the matrices, for a message: the first SHOWN of them. */
static void list_names(const struct kc_st *st, int matrices, char *out, size_t size)
{
    size_t n = 0, o = 0;
    out[0] = '\0';
    for (size_t i = 0; i < st->n; i++) {
        if (matrices && !is_matrix(&st->tensors[i]))
            continue;
        if (n++ == SHOWN) {
            snprintf(out + o, size - o, ", ...");
            return;
        }
        o += (size_t)snprintf(out + o, size - o, "%s%.60s", n > 1 ? ", " : "", st->tensors[i].name);
    }
}

/* Find the tensor to read; NULL on an error. */
static const struct kc_st_tensor *choose_tensor(const struct kc_feed *f, const struct kc_st *st, struct kc_err *e)
{
    const char *name = f->o->tensor;
    const struct kc_st_tensor *found = NULL;
    char names[SHOWN * 64 + 8];
    size_t n = 0;
    if (name) {
        found = kc_st_find(st, name);
        list_names(st, 0, names, sizeof names);
        if (!found)
            kc_err_at(e, KC_EINPUT, f->name, 0, "has no tensor '%s' (--tensor), it has %s", name, names);
        return found;
    }
    if (kc_st_has_format(st, KC_ST_MAP)) {
        kc_err_at(e, KC_EINPUT, f->name, 0, "is a map of kclust, expected vectors: kclust info shows it, map -m puts "
                  "rows on it, and --tensor rows reads its rows");
        return NULL;
    }
    if (kc_st_has_format(st, KC_ST_MODEL)) {
        kc_err_at(e, KC_EINPUT, f->name, 0, "is a model of kclust, expected vectors: kclust info shows it, assign -m "
                  "uses it, and --tensor centroids reads its centroids");
        return NULL;
    }
    for (int kind = 2; kind > 0 && n == 0; kind--) /* floats go before integers */
        for (size_t i = 0; i < st->n; i++)
            if (is_matrix(&st->tensors[i]) == kind) {
                found = &st->tensors[i];
                n++;
            }
    list_names(st, n > 0, names, sizeof names);
    if (n == 0)
        kc_err_at(e, KC_EINPUT, f->name, 0,
                  "has no matrix of numbers, expected a tensor of 2 dimensions: it has %s",
                  names);
    if (n > 1)
        kc_err_at(e, KC_EINPUT, f->name, 0, "has %zu matrices of numbers, --tensor NAME chooses one: %s", n, names);
    return n == 1 ? found : NULL;
}

/* Skip to the wanted tensor and begin its rows. */
static int begin_tensor(struct kc_feed *f, struct kc_plain *p, const struct kc_st *st, struct kc_err *e)
{
    const struct kc_st_tensor *t = choose_tensor(f, st, e);
    uint64_t left = kc_source_left(f->src), missing;
    if (!t)
        return -1;
    if (!has_numbers(t, &p->layout.cell))
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "tensor '%s' holds numbers of type %s, expected floats or integers", t->name, t->dtype);
    if (t->ndims != 2)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "tensor '%s' is not a matrix, expected 2 dimensions: rows and numbers", t->name);
    if (left != UINT64_MAX && left + (f->carry.n - f->carry_at) != st->bytes)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "holds %llu bytes of tensors, its header states %llu",
                         (unsigned long long)(left + (f->carry.n - f->carry_at)), (unsigned long long)st->bytes);
    if (kc_feed_skip(f, t->begin, &missing, e) != 0)
        return -1;
    if (missing > 0)
        return kc_feed_broken(f, e) != 0 ? -1 :
               kc_err_at(e, KC_EINPUT, f->name, 0, "is cut short: it ends before tensor '%s'", t->name);
    p->rows = t->shape[0];
    p->after = st->bytes - t->end;
    if (f->st->format == KC_IN_SAFETENSORS && f->st->tensor[0] == '\0') {
        snprintf(f->st->tensor, sizeof f->st->tensor, "%s", t->name);
        snprintf(f->st->dtype, sizeof f->st->dtype, "%s", t->dtype);
    }
    return kc_plain_begin(f, p, t->shape[1], "safetensors", e);
}

static int begin_safetensors(struct kc_feed *f, struct kc_err *e)
{
    struct kc_plain *p = kc_mem_zalloc(1, sizeof *p, e);
    struct kc_st st;
    f->state = p;
    if (!p)
        return -1;
    uint64_t n = kc_le64(f->carry.p + f->carry_at), left = kc_source_left(f->src);
    uint64_t most = f->o->max_line < KC_ST_HEADER_MAX ? f->o->max_line : KC_ST_HEADER_MAX;
    if (n > most)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its safetensors header has %llu bytes, more than %llu%s",
                         (unsigned long long)n, (unsigned long long)most,
                         most == f->o->max_line ? " (--max-line)" : "");
    /* no need to wait for more bytes than the file has */
    if ((left == UINT64_MAX || left + (f->carry.n - f->carry_at) >= LENGTH + n) &&
        kc_feed_peek(f, LENGTH + (size_t)n, e) != 0)
        return -1;
    if (f->carry.n - f->carry_at < LENGTH + n)
        return kc_feed_broken(f, e) != 0 ? -1 :
               kc_err_at(e, KC_EINPUT, f->name, 0, "ends within its safetensors header");
    int rc = kc_st_parse(&st, f->carry.p + f->carry_at + LENGTH, (size_t)n, f->name, e);
    f->carry_at += LENGTH + (size_t)n;
    rc = rc != 0 || begin_tensor(f, p, &st, e) != 0 || kc_plain_terms(f, p, e) != 0 ? -1 : 0;
    kc_st_free(&st);
    return rc;
}

const struct kc_reader kc_reader_safetensors = {
    .format = KC_IN_SAFETENSORS, .is = is_safetensors, .binary = 1,
    .begin = begin_safetensors, .narrow = kc_plain_narrow,
    .fill = kc_plain_next, .work = kc_plain_work, .end = kc_plain_end};
