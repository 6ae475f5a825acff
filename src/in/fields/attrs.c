/* Attributes of a record: found by one walk for all paths, without a tree, and kept as compact JSON. The same values as
 * text, and the conditions of --where on them. */
#include "in/fields/attrs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"

int kc_attrs_init(struct kc_attrs *a, const char *const *names, size_t n, const char *option, struct kc_err *e)
{
    *a = (struct kc_attrs){0};
    if (n > KC_ATTRS_MOST / 2)
        return kc_err_set(e, KC_EUSAGE, "%zu fields are used, more than %d", n, KC_ATTRS_MOST / 2);
    a->path = kc_mem_alloc(n, sizeof *a->path, e);
    if (!a->path)
        return -1;
    for (; a->n < n; a->n++)
        if (kc_path_parse(&a->path[a->n], names[a->n], 0, option, e) != 0)
            return -1;
    return 0;
}

void kc_attrs_free(struct kc_attrs *a)
{
    kc_mem_free(a->path);
    *a = (struct kc_attrs){0};
}

/* A container that paths lead through. */
struct level {
    int object;
    uint64_t index; /* of the present element */
    uint64_t on;    /* bit i is set if path i leads through here */
};

/* Apply the member `key` (or the present element) of level l to the paths: set found to `value` for those that end
 * here, and return the set of those that lead deeper. A duplicate key replaces what an earlier one led to. */
static uint64_t match_member(const struct level *l, unsigned depth, const struct kc_path *path,
                             const struct kc_json_str *key, const char *value, const char **found)
{
    uint64_t deeper = 0;
    for (uint64_t left = l->on; left; left &= left - 1) {
        unsigned i = kc_ctz64(left);
        if (!(l->object ? kc_path_is_key(&path[i], depth, key) : kc_path_is_index(&path[i], depth, l->index)))
            continue;
        int ends = depth + 1 == path[i].n;
        found[i] = ends ? value : NULL;
        deeper |= ends ? 0 : (uint64_t)1 << i;
    }
    return deeper;
}

void kc_attrs_find(const struct kc_path *path, size_t n, const char *p, const char *from, const char *to,
                   const char **found)
{
    struct level level[KC_PATH_DEPTH]; /* no path has more parts */
    unsigned depth = 0;
    p = kc_json_ws(p);
    level[0] = (struct level){*p == '{', 0, 0};
    for (size_t i = 0; i < n; i++) {
        found[i] = NULL;
        level[0].on |= path[i].n > 0 ? (uint64_t)1 << i : 0; /* no parts: it was too long, finds nothing */
    }
    if (level[0].on == 0 || (*p != '{' && *p != '['))
        return;
    p = kc_json_first(p);
    while (p) {
        struct kc_json_str key = {0};
        const char *value = level[depth].object ? kc_json_member(p, &key) : p;
        uint64_t deeper = match_member(&level[depth], depth, path, &key, value == from ? NULL : value, found);
        const char *inside = value != from && deeper && (*value == '{' || *value == '[') ? kc_json_first(value) : NULL;
        if (inside) {
            level[++depth] = (struct level){*value == '{', 0, deeper};
            p = inside;
            continue;
        }
        p = kc_json_ws(value == from ? to : kc_json_past(value));
        for (; *p != ','; p = kc_json_ws(p + 1)) /* after the ends of containers */
            if (depth-- == 0)
                return;
        level[depth].index++;
        p = kc_json_ws(p + 1);
    }
}

/* Copy the value as it is written, without the white space between tokens. */
int kc_attrs_add(const char *value, const char *end, struct kc_strs *out, struct kc_err *e)
{
    struct kc_json_fault f;
    if (!value)
        return kc_strs_add(out, "", 0, e);
    const char *p = value, *stop = kc_json_past(p);
    if (*p == '"' || (*p != '{' && *p != '['))
        return kc_strs_add(out, p, *p == 'n' ? 0 : (size_t)(stop - p), e);
    struct kc_buf b = {0};
    int rc = 0;
    while (rc == 0 && p < stop) {
        struct kc_json_str s;
        const char *q = *p == '"' ? kc_json_string(p, end, &s, &f) : p + 1;
        rc = (unsigned char)*p > ' ' ? kc_buf_add(&b, p, (size_t)(q - p), e) : 0;
        p = q;
    }
    rc = rc != 0 ? -1 : kc_strs_add(out, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}

int kc_attrs_take(const struct kc_attrs *a, const char *p, const char *end, const char *from, const char *to,
                  struct kc_strs *out, struct kc_err *e)
{
    const char *found[KC_ATTRS_MOST];
    kc_attrs_find(a->path, a->n, p, from, to, found);
    for (size_t i = 0; i < a->n; i++)
        if (kc_attrs_add(found[i], end, out, e) != 0)
            return -1;
    return 0;
}

/* Copy the value to where json/json.h can read it, with padding. */
static int copy_padded(const char *value, size_t n, struct kc_buf *json, struct kc_err *e)
{
    json->n = 0;
    if (kc_buf_add(json, value, n, e) != 0 || kc_buf_reserve(json, KC_NUM_PAD, e) != 0)
        return -1;
    memset(json->p + n, 0, KC_NUM_PAD);
    return 0;
}

/* Append the scalar at p to text. Return 1 if it is no scalar, or has a lone surrogate. */
static int append_scalar(const char *p, struct kc_buf *text, struct kc_err *e)
{
    struct kc_json_str s;
    if (*p == '{' || *p == '[' || *p == 'n')
        return 1;
    return kc_json_text(p, &s) == 0 ? kc_json_decode(&s, text, e) :
           kc_buf_add(text, p, (size_t)(kc_json_past(p) - p), e);
}

int kc_attrs_text(const char *value, size_t n, struct kc_attrs_work *w, struct kc_err *e)
{
    w->text.n = 0;
    return n == 0 ? 1 : copy_padded(value, n, &w->json, e) != 0 ? -1 : append_scalar(w->json.p, &w->text, e);
}

int kc_attrs_each(const char *value, size_t n, struct kc_attrs_work *w, kc_attrs_fn fn, void *arg, struct kc_err *e)
{
    int rc = kc_attrs_text(value, n, w, e);
    if (rc == 0)
        return fn(arg, w->text.p ? w->text.p : "", w->text.n, e);
    if (rc < 0 || n == 0 || *value != '[')
        return rc < 0 ? -1 : 0;
    for (const char *p = kc_json_first(w->json.p); p; p = kc_json_next(kc_json_past(p))) {
        w->text.n = 0;
        rc = append_scalar(p, &w->text, e);
        if (rc < 0 || (rc == 0 && fn(arg, w->text.p ? w->text.p : "", w->text.n, e) != 0))
            return -1;
    }
    return 0;
}

int kc_attrs_prose(const char *value, size_t n, struct kc_attrs_work *w, struct kc_err *e)
{
    int rc = kc_attrs_text(value, n, w, e);
    if (rc <= 0 || n == 0 || *value != '[')
        return rc < 0 ? -1 : 0;
    for (const char *p = kc_json_first(w->json.p); p; p = kc_json_next(kc_json_past(p)))
        if (append_scalar(p, &w->text, e) < 0 || kc_buf_addc(&w->text, '\n', e) != 0)
            return -1;
    return 0;
}

int kc_attrs_texts(const struct kc_strs *attrs, size_t stride, size_t column, size_t n, struct kc_strs *out,
                   struct kc_err *e)
{
    struct kc_attrs_work w = {{0}, {0}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        size_t len;
        const char *value = kc_strs_get(attrs, i * stride + column, &len);
        rc = kc_attrs_prose(value, len, &w, e);
        if (rc == 0)
            rc = kc_strs_add(out, w.text.p ? w.text.p : "", w.text.n, e);
    }
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    return rc;
}

static const char *const ops[] = {"!=", "<=", ">=", "=", "<", ">"};
static const enum kc_where_op op_of[] = {KC_WHERE_NE, KC_WHERE_LE, KC_WHERE_GE, KC_WHERE_EQ, KC_WHERE_LT, KC_WHERE_GT};

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Parse the operator at p. Return the text after it, or NULL if there is none. */
static const char *parse_op(const char *p, enum kc_where_op *op)
{
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strncmp(p, ops[i], strlen(ops[i])) == 0) {
            *op = op_of[i];
            return p + strlen(ops[i]);
        }
    *op = KC_WHERE_IN;
    return strncmp(p, "in", 2) == 0 && (p[2] == ' ' || p[2] == '\t') ? p + 2 : NULL;
}

/* Keep a value of the condition, n bytes in b. quoted: it is never a number. */
static int keep_value(struct kc_where *w, struct kc_buf *b, int quoted, struct kc_err *e)
{
    const size_t n = b->n;
    uint32_t id;
    double x;
    if (kc_buf_addc(b, '\0', e) != 0)
        return -1;
    const int has_number = !quoted && kc_num_double(b->p, &x) == 0;
    if (w->op != KC_WHERE_IN) {
        w->number = has_number ? x : NAN;
        return kc_buf_add(&w->value, b->p, n + 1, e);
    }
    if (kc_intern_add(&w->in, b->p, n, &id, e) != 0)
        return -1;
    if (!has_number)
        return 0;
    if (w->in_numbers == w->in_cap) {
        size_t cap = w->in_cap ? 2 * w->in_cap : 8;
        double *more = kc_mem_realloc(w->in_number, cap, sizeof *more, e);
        if (!more)
            return -1;
        w->in_number = more;
        w->in_cap = cap;
    }
    w->in_number[w->in_numbers++] = x;
    return 0;
}

/* Parse the value at *pp, a JSON string or the text up to one of `stops`, and add it to w. Return -1 if memory is short
 * or the value is malformed. */
static int parse_value(struct kc_where *w, const char **pp, const char *stops, const char *option, struct kc_err *e)
{
    const char *p = skip_blanks(*pp);
    struct kc_buf b = {0}, text = {0};
    unsigned char quoted = *p == '"';
    int rc = 0;
    if (quoted) { /* decode it in a buffer with readable bytes after its end */
        struct kc_json_str s;
        struct kc_json_fault f;
        rc = kc_buf_adds(&text, p, e) != 0 ? -1 : kc_buf_reserve(&text, KC_NUM_PAD, e);
        if (rc == 0) {
            memset(text.p + text.n, 0, KC_NUM_PAD);
            const char *q = kc_json_string(text.p, text.p + text.n, &s, &f);
            rc = q ? kc_json_decode(&s, &b, e) : 1;
            p = rc == 0 ? skip_blanks(p + (q - text.p)) : p;
            rc = rc == 0 && *p != '\0' && !strchr(stops, *p) ? 1 : rc;
        }
        if (rc > 0)
            rc = kc_err_set(e, KC_EUSAGE, "%s: the value begins as a JSON string but is not one", option);
    } else {
        size_t n = strcspn(p, stops), m = n;
        while (m > 0 && (p[m - 1] == ' ' || p[m - 1] == '\t'))
            m--;
        rc = m == 0 ? kc_err_set(e, KC_EUSAGE, "%s: a value is missing", option) : kc_buf_add(&b, p, m, e);
        p += n;
    }
    if (rc == 0)
        rc = keep_value(w, &b, quoted, e);
    kc_buf_free(&b);
    kc_buf_free(&text);
    *pp = p;
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const double *p = a, *q = b;
    return (*p > *q) - (*p < *q);
}

int kc_where_parse(struct kc_where *w, const char *text, const char *option, struct kc_err *e)
{
    const char *p = skip_blanks(text), *after;
    size_t n = strcspn(p, " \t=!<>");
    memset(w, 0, sizeof *w);
    after = n > 0 ? parse_op(skip_blanks(p + n), &w->op) : NULL;
    if (!after)
        return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not FIELD OP VALUE with OP one of = != < <= > >= in", option,
                          text);
    if (w->op == KC_WHERE_EQ && *after == '=')
        return kc_err_set(e, KC_EUSAGE, "%s: '%s': equal is a single =, as in %.*s = %.100s", option, text, (int)n, p,
                          skip_blanks(after + strspn(after, "=")));
    if (n >= sizeof w->field)
        return kc_err_set(e, KC_EUSAGE, "%s: longer than %zu bytes", option, sizeof w->field - 1);
    memcpy(w->field, p, n);
    w->field[n] = '\0';
    struct kc_path path;
    if (kc_path_parse(&path, w->field, 0, option, e) != 0)
        return -1;
    for (p = after; parse_value(w, &p, w->op == KC_WHERE_IN ? "," : "", option, e) == 0; p++)
        if (*p != ',') {
            if (w->in_numbers > 0)
                qsort(w->in_number, w->in_numbers, sizeof *w->in_number, by_number);
            return 0;
        }
    return -1;
}

void kc_where_free(struct kc_where *w)
{
    kc_buf_free(&w->value);
    kc_intern_free(&w->in);
    kc_mem_free(w->in_number);
    memset(w, 0, sizeof *w);
}

/* Return 1 if text (n bytes and a NUL) is a number, and set *x to it. */
static int is_number(const char *text, size_t n, double *x)
{
    return strlen(text) == n && kc_num_double(text, x) == 0;
}

/* Compare text (n bytes and a NUL) with the value, as numbers if both are, else as bytes. Return -1, 0 or 1. */
static int compare_value(const struct kc_where *w, const char *text, size_t n)
{
    double x;
    if (!isnan(w->number) && is_number(text, n, &x))
        return x < w->number ? -1 : x > w->number;
    size_t m = w->value.n - 1;
    int c = memcmp(text, w->value.p, n < m ? n : m);
    return c != 0 ? (c < 0 ? -1 : 1) : n < m ? -1 : n > m;
}

/* Return 1 if text (n bytes and a NUL) is one of the values: as bytes, or as a number. */
static int is_in(const struct kc_where *w, const char *text, size_t n)
{
    double x;
    if (kc_intern_find(&w->in, text, n) != KC_INTERN_NONE)
        return 1;
    return w->in_numbers > 0 && is_number(text, n, &x) &&
           bsearch(&x, w->in_number, w->in_numbers, sizeof x, by_number) != NULL;
}

/* Return 1 if a scalar with this text meets the condition. */
static int text_meets(const struct kc_where *w, const char *text, size_t n)
{
    if (w->op == KC_WHERE_IN)
        return is_in(w, text, n);
    int c = compare_value(w, text, n);
    return w->op == KC_WHERE_EQ ? c == 0 : w->op == KC_WHERE_NE ? c != 0 : w->op == KC_WHERE_LT ? c < 0 :
           w->op == KC_WHERE_LE ? c <= 0 : w->op == KC_WHERE_GT ? c > 0 : c >= 0;
}

/* Return 1 if the scalar at p meets the condition, 0 if not, -1 if memory is short. Objects, arrays and null meet !=
 * only. */
static int scalar_meets(const struct kc_where *w, const char *p, struct kc_buf *text, struct kc_err *e)
{
    struct kc_json_str s;
    text->n = 0;
    if (*p == '{' || *p == '[' || *p == 'n')
        return w->op == KC_WHERE_NE;
    int rc = append_scalar(p, text, e);
    if (rc > 0 && kc_json_text(p, &s) == 0) /* a lone surrogate is compared as it is written */
        rc = kc_buf_add(text, s.p, s.n, e);
    if (rc != 0 || kc_buf_addc(text, '\0', e) != 0)
        return -1;
    return text_meets(w, text->p, text->n - 1);
}

/* Return 1 if an attribute meets the condition, 0 if not, -1 if memory is short. One element of an array is enough; for
 * != all must meet it. */
static int attribute_meets(const struct kc_where *w, const char *value, size_t n, struct kc_attrs_work *work,
                           struct kc_err *e)
{
    int all = w->op == KC_WHERE_NE;
    if (n == 0)
        return all;
    if (copy_padded(value, n, &work->json, e) != 0)
        return -1;
    if (*value != '[')
        return scalar_meets(w, work->json.p, &work->text, e);
    for (const char *p = kc_json_first(work->json.p); p; p = kc_json_next(kc_json_past(p))) {
        int rc = scalar_meets(w, p, &work->text, e);
        if (rc < 0 || rc != all)
            return rc;
    }
    return all;
}

int kc_where_all(const struct kc_where *w, size_t n, const struct kc_strs *attrs, size_t first,
                 struct kc_attrs_work *work, struct kc_err *e)
{
    for (size_t i = 0; i < n; i++) {
        size_t len;
        const char *value = kc_strs_get(attrs, first + i, &len);
        int rc = attribute_meets(&w[i], value, len, work, e);
        if (rc <= 0)
            return rc;
    }
    return 1;
}
