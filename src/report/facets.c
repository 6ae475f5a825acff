/* Facets of clusters: values are interned and counted per cluster. A row that has a value twice counts once,
 * which is why each value's last row is kept beside its count. */
#include "report/facets.h"

#include <stdlib.h>
#include <string.h>

/* Return 1 if s (n bytes) can be the NAME of NAME=FIELD. A '=' may also be part of a field's own name. */
static int is_facet_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') ||
              s[i] == '_' || s[i] == '-'))
            return 0;
    return n > 0;
}

int kc_facet_parse(struct kc_facet *f, const char *text, const char *option, struct kc_err *e)
{
    const char *equals = strchr(text, '='), *slash = strrchr(text, '/'), *name = text;
    size_t n = equals ? (size_t)(equals - text) : 0;
    if (equals && is_facet_name(text, n)) {
        f->field = equals + 1;
    } else {
        f->field = text;
        name = *text == '/' ? slash + 1 : text;
        n = strlen(name);
    }
    if (n >= sizeof f->name || n == 0) {
        char shown[64];
        kc_err_escape(shown, sizeof shown, text, strlen(text));
        return kc_err_set(e, KC_EUSAGE, "%s: '%s' has no name of 1 to %d bytes: expected FIELD or NAME=FIELD", option,
                          shown, KC_FACET_NAME - 1);
    }
    memcpy(f->name, name, n);
    f->name[n] = '\0';
    return 0;
}

/* The row whose values are being counted. */
struct row_counter {
    struct kc_facets *t;
    uint64_t row; /* its place in the cluster, from 1 */
};

/* Make room for one more value. */
static int reserve_value(struct kc_facets *t, struct kc_err *e)
{
    size_t cap = t->cap ? 2 * t->cap : 64;
    if (t->values.strs.n < t->cap)
        return 0;
    uint64_t *count = kc_mem_realloc(t->count, kc_mem_mul(cap, 2), sizeof *count, e);
    if (!count)
        return -1;
    memmove(count + cap, count + t->cap, t->cap * sizeof *count); /* the last rows lie after the counts */
    t->count = count;
    uint32_t *order = kc_mem_realloc(t->order, cap, sizeof *order, e);
    if (!order)
        return -1;
    t->order = order;
    t->cap = cap;
    return 0;
}

/* Count one value of the present row, unless the row had it already. */
static int count_value(void *arg, const char *text, size_t n, struct kc_err *e)
{
    struct row_counter *c = arg;
    struct kc_facets *t = c->t;
    size_t before = t->values.strs.n;
    uint32_t number;
    if (reserve_value(t, e) != 0 || kc_intern_add(&t->values, text, n, &number, e) != 0)
        return -1;
    uint64_t *last = t->count + t->cap;
    if (number == before) {
        t->count[number] = 0;
        last[number] = 0;
    }
    t->count[number] += last[number] != c->row;
    last[number] = c->row;
    return 0;
}

int kc_facets_count(struct kc_facets *t, const struct kc_field *f, const uint32_t *row, size_t m, struct kc_err *e)
{
    struct row_counter c = {.t = t};
    kc_intern_clear(&t->values);
    for (size_t i = 0; i < m; i++) {
        size_t n;
        const char *value = kc_strs_get(f->attrs, (size_t)row[i] * f->stride + f->column, &n);
        c.row = i + 1;
        if (kc_attrs_each(value, n, &t->work, count_value, &c, e) != 0)
            return -1;
    }
    return 0;
}

/* Return 1 if value a is written before b. */
static int precedes(const struct kc_facets *t, uint32_t a, uint32_t b)
{
    size_t na, nb;
    if (t->count[a] != t->count[b])
        return t->count[a] > t->count[b];
    const char *p = kc_strs_get(&t->values.strs, a, &na), *q = kc_strs_get(&t->values.strs, b, &nb);
    int c = memcmp(p, q, na < nb ? na : nb);
    return c != 0 ? c < 0 : na < nb;
}

size_t kc_facets_top(struct kc_facets *t, size_t most)
{
    size_t n = 0;
    for (uint32_t v = 0; v < t->values.strs.n; v++) {
        size_t at = n < most ? n : most;
        while (at > 0 && precedes(t, v, t->order[at - 1]))
            at--;
        if (at == most)
            continue;
        n += n < most;
        memmove(t->order + at + 1, t->order + at, (n - 1 - at) * sizeof *t->order);
        t->order[at] = v;
    }
    return n;
}

void kc_facets_write(struct kc_facets *t, struct kc_jsonw *w, const char *key, size_t most)
{
    const size_t n = kc_facets_top(t, most);
    size_t len;
    kc_jsonw_open(w, key, '[', 1);
    for (size_t i = 0; i < n; i++) {
        const char *value = kc_strs_get(&t->values.strs, t->order[i], &len);
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_str(w, "value", value, len);
        kc_jsonw_u64(w, "count", t->count[t->order[i]]);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

void kc_facets_list(const struct kc_facets *t, struct kc_jsonw *w, const char *key)
{
    kc_jsonw_open(w, key, '[', 1);
    for (size_t i = 0; i < t->values.strs.n; i++) {
        size_t n;
        const char *value = kc_strs_get(&t->values.strs, i, &n);
        kc_jsonw_str(w, NULL, value, n);
    }
    kc_jsonw_close(w, ']');
}

void kc_facets_free(struct kc_facets *t)
{
    kc_intern_free(&t->values);
    kc_mem_free(t->count);
    kc_mem_free(t->order);
    kc_buf_free(&t->work.json);
    kc_buf_free(&t->work.text);
}
