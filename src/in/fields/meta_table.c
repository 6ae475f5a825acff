/* Read metadata from a csv or tsv with a header. What separates the columns is told by the first records, as for files
 * of labels (label_table.h). A field becomes a number if JSON can write it so, else a string; an empty one is
 * missing. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "in/fields/label_table.h"
#include "in/fields/meta.h"
#include "io/lines.h"
#include "json/jsonw.h"

#define LOOKED_AT ((size_t)65536) /* bytes by which the separator is recognised */

/* A table under way. */
struct meta_table {
    struct kc_meta *m;
    struct kc_lines in;
    int by_key;
    struct kc_label_table t;
    struct kc_strs header, fields;
    size_t *column; /* (m->each) of each attribute; KC_LABEL_NO_COLUMN: none */
    size_t key, id; /* id: the best of the usual names */
    struct kc_buf tmp;
};

/* Find the column of a field by its name, exactly or else but for the case of letters. */
static size_t find_column(const struct meta_table *s, const struct kc_path *path)
{
    size_t n, want = strlen(path->name), any = KC_LABEL_NO_COLUMN;
    const char *name = path->name;
    if (*name == '/' && path->n == 1) { /* a pointer with one part is a key */
        name = path->text;
        want = path->off[1];
    }
    for (size_t i = 0; i < s->header.n; i++) {
        const char *p = kc_strs_get(&s->header, i, &n);
        size_t same = 0;
        if (n != want)
            continue;
        if (memcmp(p, name, n) == 0)
            return i;
        while (same < n && (p[same] | 0x20) == (name[same] | 0x20))
            same++;
        any = same == n && any == KC_LABEL_NO_COLUMN ? i : any;
    }
    return any;
}

/* Report a field that is no column. option: NULL, or the one that names it. */
static int report_missing(const struct meta_table *s, const char *name, const char *option, struct kc_err *e)
{
    char msg[512];
    struct kc_known known;
    snprintf(msg, sizeof msg, "no column '%.200s'%s%s%s; it has ", name, option ? " (" : "", option ? option : "",
             option ? ")" : "");
    kc_known_begin(&known, name, msg, sizeof msg);
    for (size_t i = 0; i < s->header.n; i++) {
        size_t n;
        const char *p = kc_strs_get(&s->header, i, &n);
        kc_known_add(&known, p, n);
    }
    kc_known_end(&known);
    return kc_err_at(e, KC_EINPUT, s->m->name, s->in.line, "%s", msg);
}

/* Find the columns by the header. */
static int find_columns(struct meta_table *s, const struct kc_attrs *want, size_t optional, const struct kc_path *key,
                        struct kc_err *e)
{
    s->column = kc_mem_alloc(want->n, sizeof *s->column, e);
    if (!s->column)
        return -1;
    size_t o = 0;
    for (size_t i = 0; i < s->header.n; i++) {
        size_t n;
        const char *p = kc_strs_get(&s->header, i, &n);
        if (n + 1 < sizeof s->m->names - o)
            o += (size_t)snprintf(s->m->names + o, sizeof s->m->names - o, "%.*s\n", (int)n, p);
    }
    for (size_t i = 0; i < want->n; i++) {
        s->column[i] = find_column(s, &want->path[i]);
        if (s->column[i] == KC_LABEL_NO_COLUMN && i != optional)
            return report_missing(s, want->path[i].name, NULL, e);
    }
    int best = -1;
    s->id = KC_LABEL_NO_COLUMN;
    for (size_t i = 0; i < s->header.n; i++) {
        size_t n;
        const char *p = kc_strs_get(&s->header, i, &n);
        int rank = kc_fields_find(kc_fields_terms, p, n);
        if (rank < 0 || (best >= 0 && rank >= best))
            continue;
        best = rank;
        s->id = i;
        snprintf(s->m->id_name, sizeof s->m->id_name, "%.*s", (int)(n < 60 ? n : 60), p);
    }
    s->key = key ? find_column(s, key) : KC_LABEL_NO_COLUMN;
    return key && s->key == KC_LABEL_NO_COLUMN ? report_missing(s, key->name, "--metadata-key", e) : 0;
}

/* Append a field as an attribute. */
static int add_field(struct meta_table *s, size_t column, struct kc_err *e)
{
    size_t n = 0;
    const char *bad, *p = column == KC_LABEL_NO_COLUMN ? "" : kc_strs_get(&s->fields, column, &n);
    if (n == 0)
        return kc_strs_add(&s->m->values, "", 0, e);
    s->tmp.n = 0;
    if (kc_buf_add(&s->tmp, p, n, e) != 0 || kc_buf_reserve(&s->tmp, KC_NUM_PAD, e) != 0)
        return -1;
    memset(s->tmp.p + n, 0, KC_NUM_PAD);
    if (kc_num_skip(s->tmp.p, &bad) == s->tmp.p + n)
        return kc_strs_add(&s->m->values, s->tmp.p, n, e);
    s->tmp.n = 0;
    return kc_jsonw_quote(&s->tmp, p, n, e) != 0 ? -1 : kc_strs_add(&s->m->values, s->tmp.p, s->tmp.n, e);
}

/* Read one record. */
static int parse_row(struct meta_table *s, const char *p, size_t n, struct kc_err *e)
{
    char msg[512];
    const char *bad = kc_utf8_bad(p, p + n);
    if (n == 0 && s->header.n > 1)
        return 0;
    if (bad || memchr(p, '\0', n))
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, bad ? "not UTF-8: byte 0x%02x" : "holds NUL",
                         bad ? (unsigned char)*bad : 0u);
    int rc = kc_label_table_split(&s->t, p, p + n, &s->tmp, &s->fields, msg, e);
    if (rc != 0)
        return rc < 0 ? -1 : kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s", msg);
    if (s->fields.n != s->header.n)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%zu column%s, expected %zu as in the header",
                         s->fields.n, s->fields.n == 1 ? "" : "s", s->header.n);
    if (s->by_key) {
        size_t len;
        const char *text = kc_strs_get(&s->fields, s->key, &len);
        if (kc_meta_add_key(s->m, text, len, s->in.line, e) != 0)
            return -1;
    }
    if (!s->by_key && s->id != KC_LABEL_NO_COLUMN) {
        size_t len;
        const char *text = kc_strs_get(&s->fields, s->id, &len);
        if (kc_meta_keep_id(s->m, text, len, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < s->m->each; i++)
        if (add_field(s, s->column[i], e) != 0)
            return -1;
    s->m->n++;
    return 0;
}

/* Read the header. */
static int read_header(struct meta_table *s, const struct kc_attrs *want, size_t optional, const struct kc_path *key,
                       struct kc_err *e)
{
    const char *p, *end;
    char *line, msg[512];
    size_t n;
    int whole, rc;
    if (kc_lines_peek(&s->in, LOOKED_AT, &p, &end, &whole, e) != 0 ||
        kc_label_table_separate(p, end, whole, &s->t, e) < 0)
        return -1;
    s->in.quoted = !s->t.escapes;
    do
        rc = kc_lines_next(&s->in, &line, &n, e);
    while (rc > 0 && n == 0);
    if (rc <= 0)
        return rc;
    rc = kc_label_table_split(&s->t, line, line + n, &s->tmp, &s->header, msg, e);
    if (rc != 0)
        return rc < 0 ? -1 : kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s", msg);
    return find_columns(s, want, optional, key, e);
}

/* Read the next record: 1; 0 at the end. */
static int read_row(struct kc_meta *m, struct kc_err *e)
{
    struct meta_table *s = m->state;
    const uint64_t before = m->n;
    char *line;
    size_t n;
    int rc = 1;
    while (m->n == before && (rc = kc_lines_next(&s->in, &line, &n, e)) > 0)
        if (parse_row(s, line, n, e) != 0)
            return -1;
    return rc != 0 || m->n > 0 ? rc :
           kc_err_at(e, KC_EINPUT, s->in.name, 1, "neither JSON nor a table: there are no rows below a header");
}

static void free_table(void *state)
{
    struct meta_table *s = state;
    kc_lines_free(&s->in);
    kc_strs_free(&s->header);
    kc_strs_free(&s->fields);
    kc_buf_free(&s->tmp);
    kc_mem_free(s->column);
    kc_mem_free(s);
}

int kc_meta_begin_table(struct kc_meta *m, const char *path, struct kc_source *src, const struct kc_attrs *want,
                        size_t optional, const struct kc_path *key, uint64_t max_line, struct kc_err *e)
{
    struct meta_table *s = kc_mem_zalloc(1, sizeof *s, e);
    if (!s) {
        kc_source_free(src);
        return -1;
    }
    kc_lines_begin(&s->in, path, src);
    s->in.limit = max_line;
    s->in.limit_code = KC_EINPUT;
    s->m = m;
    s->by_key = key != NULL;
    m->next = read_row;
    m->end = free_table;
    m->state = s;
    return read_header(s, want, optional, key, e);
}
