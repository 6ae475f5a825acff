/* Read pairs line by line (pair_list.h). What separates the columns is told by the first lines, as of labels. */
#include "in/fields/pair_list.h"

#include <string.h>
#include "in/fields/label_table.h"
#include "json/json.h"

#define LOOKED_AT ((size_t)65536) /* bytes by which the format is recognised */
#define MUST "must must-link"
#define CANNOT "cannot cannot-link"

/* A file under way. */
struct pair_reader {
    struct kc_pair_list *l;
    struct kc_lines in;
    int json;
    struct kc_label_table table;
    struct kc_strs fields;
    struct kc_buf tmp;
    struct kc_err *e;
};

/* A text of n bytes. */
struct piece {
    const char *p;
    size_t n;
};

/* Return 1 if the text is one of the words of a list. */
static int is_among(const char *list, struct piece s)
{
    for (const char *p = list; *p; p += strspn(p, " ")) {
        const size_t n = strcspn(p, " ");
        if (n == s.n && memcmp(p, s.p, n) == 0)
            return 1;
        p += n;
    }
    return 0;
}

/* Append a pair, unless it is the header of a table. */
static int add_pair(struct pair_reader *w, struct piece a, struct piece b, struct piece kind)
{
    struct kc_pair_list *l = w->l;
    const int cannot = is_among(CANNOT, kind);
    char shown[64];
    if (!cannot && !is_among(MUST, kind)) {
        if (!w->json && w->in.line == 1 && is_among("pair link kind type constraint", kind))
            return 0;
        kc_err_escape(shown, sizeof shown, kind.p, kind.n < 40 ? kind.n : 40);
        return kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "'%s' is neither must nor cannot", shown);
    }
    if (a.n == b.n && memcmp(a.p, b.p, a.n) == 0)
        return kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "a pair of a term with itself");
    if (l->n == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 256;
        unsigned char *all = kc_mem_realloc(l->cannot, cap, sizeof *all, w->e);
        l->cannot = all ? all : l->cannot;
        uint64_t *lines = all ? kc_mem_realloc(l->lines, cap, sizeof *lines, w->e) : NULL;
        if (!lines)
            return -1;
        l->lines = lines;
        l->cap = cap;
    }
    if (kc_strs_add(&l->terms, a.p, a.n, w->e) != 0 || kc_strs_add(&l->terms, b.p, b.n, w->e) != 0)
        return -1;
    l->cannot[l->n] = (unsigned char)cannot;
    l->lines[l->n++] = w->in.line;
    return 0;
}

static int parse_columns(struct pair_reader *w, const char *p, size_t n)
{
    struct piece f[3];
    char msg[512];
    const int rc = kc_label_table_split(&w->table, p, p + n, &w->tmp, &w->fields, msg, w->e);
    if (rc != 0)
        return rc < 0 ? -1 : kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "%s", msg);
    if (w->fields.n != 3)
        return kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "%zu column%s, expected three: a term, another one, "
                         "and must or cannot", w->fields.n, w->fields.n == 1 ? "" : "s");
    for (size_t i = 0; i < 3; i++)
        f[i].p = kc_strs_get(&w->fields, i, &f[i].n);
    return add_pair(w, f[0], f[1], f[2]);
}

/* Append the member `key` of an object to w->fields: a string, or a number as it is written. */
static int add_member(struct pair_reader *w, const char *object, const char *key)
{
    const char *v = kc_json_find(object, key);
    struct kc_json_str s;
    int rc = 1;
    w->tmp.n = 0;
    if (v && (*v == '-' || (*v >= '0' && *v <= '9')))
        return kc_strs_add(&w->fields, v, (size_t)(kc_json_past(v) - v), w->e);
    if (v && kc_json_text(v, &s) == 0)
        rc = kc_json_decode(&s, &w->tmp, w->e);
    if (rc > 0)
        return kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "no text '%s', expected as in {\"a\": \"x\", "
                         "\"b\": \"y\", \"pair\": \"must\"}", key);
    return rc < 0 ? -1 : kc_strs_add(&w->fields, w->tmp.p ? w->tmp.p : "", w->tmp.n, w->e);
}

static int parse_object(struct pair_reader *w, const char *p, size_t n)
{
    const char *end = p + n, *at = kc_json_ws(p);
    struct kc_json_fault fault;
    struct piece f[3];
    char msg[512];
    const char *after = kc_json_skip(at, end, 0, &fault);
    if (after && (*at != '{' || *kc_json_ws(after) != '\0'))
        return kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "expected one object on the line");
    if (!after) {
        kc_json_explain(&fault, (size_t)(fault.at - p) + 1, end, "line", msg, sizeof msg);
        return kc_err_at(w->e, KC_EINPUT, w->in.name, w->in.line, "%s", msg);
    }
    kc_strs_clear(&w->fields);
    if (add_member(w, at, "a") != 0 || add_member(w, at, "b") != 0 || add_member(w, at, "pair") != 0)
        return -1;
    for (size_t i = 0; i < 3; i++)
        f[i].p = kc_strs_get(&w->fields, i, &f[i].n);
    return add_pair(w, f[0], f[1], f[2]);
}

static int read_pairs(struct pair_reader *w)
{
    const char *begin, *end;
    char *p;
    size_t n;
    int whole, rc;
    if (kc_lines_peek(&w->in, LOOKED_AT, &begin, &end, &whole, w->e) != 0)
        return -1;
    w->json = *kc_json_ws(begin) == '{';
    if (!w->json && kc_label_table_separate(begin, end, whole, &w->table, w->e) < 0)
        return -1;
    w->in.quoted = !w->json && !w->table.escapes;
    while ((rc = kc_lines_next(&w->in, &p, &n, w->e)) == 1) {
        if (*kc_json_ws(p) == '\0')
            continue;
        if ((w->json ? parse_object(w, p, n) : parse_columns(w, p, n)) != 0)
            return -1;
    }
    if (rc == 0 && w->l->n == 0)
        return kc_err_at(w->e, KC_EINPUT, w->in.name, 0, "no pairs");
    return rc;
}

int kc_pair_list_load(struct kc_pair_list *l, const char *path, uint64_t max_line, struct kc_err *e)
{
    struct pair_reader w = {.l = l, .e = e};
    memset(l, 0, sizeof *l);
    if (kc_lines_open(&w.in, path, e) != 0)
        return -1;
    w.in.limit = max_line;
    w.in.limit_code = KC_EINPUT;
    const int rc = read_pairs(&w);
    kc_lines_free(&w.in);
    kc_strs_free(&w.fields);
    kc_buf_free(&w.tmp);
    return rc;
}

void kc_pair_list_free(struct kc_pair_list *l)
{
    kc_strs_free(&l->terms);
    kc_mem_free(l->cannot);
    kc_mem_free(l->lines);
    memset(l, 0, sizeof *l);
}
