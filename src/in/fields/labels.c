/* Read files of labels line by line. Labels are collected as names and get their numbers at the end, in the order of
 * the names: integers by value, so that the clusters of kclust keep their ids where they are 0 .. k-1. */
#include "in/fields/labels.h"

#include <stdlib.h>
#include <string.h>
#include "base/intern.h"
#include "base/num.h"
#include "in/fields/fields.h"
#include "io/lines.h"
#include "json/json.h"

#define LONGEST_LINE ((uint64_t)16 << 20)
#define COLUMN_NONE SIZE_MAX

/* A label file under way. */
struct label_reader {
    struct kc_labelling *l;
    const struct kc_labels_opts *o;
    enum kc_labels_format format;
    struct kc_lines in;
    struct kc_intern names;
    struct kc_path term;             /* jsonl; n == 0: the file has no terms */
    struct kc_path label;
    size_t term_column, label_column; /* csv; COLUMN_NONE: there is none */
    struct kc_strs fields;           /* csv: the fields of a line */
    struct kc_buf tmp[2];            /* decoded strings */
};

struct str {
    const char *p;
    size_t n;
};

static const char *const format_names[KC_LABELS_FORMATS] = {"auto", "tsv", "csv", "jsonl", "plain"};

int kc_labels_format_by_name(const char *name, enum kc_labels_format *f)
{
    for (int i = 0; i < KC_LABELS_FORMATS; i++)
        if (strcmp(format_names[i], name) == 0) {
            *f = (enum kc_labels_format)i;
            return 0;
        }
    return -1;
}

static int refuse_line(const struct label_reader *s, struct kc_err *e, const char *what)
{
    return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s", what);
}

/* Append a row. term is NULL in files without terms. */
static int add_row(struct label_reader *s, const struct str *term, struct str label, struct kc_err *e)
{
    struct kc_labelling *l = s->l;
    size_t len = 0;
    uint32_t id = KC_NOISE;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): read_json_value has set it */
    if (label.n == 0)
        return refuse_line(s, e, "the label is empty");
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 1024;
        uint32_t *labels = kc_mem_realloc(l->labels, cap, sizeof *labels, e);
        l->labels = labels ? labels : l->labels;
        uint64_t *lines = labels ? kc_mem_realloc(l->lines, cap, sizeof *lines, e) : NULL;
        if (!lines)
            return -1;
        l->lines = lines;
        l->cap = cap;
    }
    if (l->n >= UINT32_MAX - 1)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "more than %u labels", UINT32_MAX - 1);
    if (!(s->o->noise && label.n == 2 && memcmp(label.p, "-1", 2) == 0)) {
        uint32_t last = l->n > 0 ? l->labels[l->n - 1] : KC_NOISE;
        const char *p = last != KC_NOISE ? kc_strs_get(&s->names.strs, last, &len) : NULL;
        if (p && len == label.n && memcmp(p, label.p, len) == 0)
            id = last;
        else if (kc_intern_add(&s->names, label.p, label.n, &id, e) != 0)
            return -1;
        l->assigned++;
    }
    if (term && kc_strs_add(&l->terms, term->p, term->n, e) != 0)
        return -1;
    l->labels[l->n] = id;
    l->lines[l->n++] = s->in.line;
    return 0;
}

/* Decode a tsv field with the escapes that kclust writes. The text stays in place. */
static int decode_tsv_field(const struct label_reader *s, char *p, size_t n, struct str *out, struct kc_err *e)
{
    if (memchr(p, '\\', n))
        n = kc_lines_unescape(p, n);
    if (n == SIZE_MAX)
        return refuse_line(s, e, "an escape that is none of \\t \\n \\r \\\\ \\xHH");
    *out = (struct str){p, n};
    return 0;
}

/* Parse a line "term TAB label", with or without further columns. */
static int parse_tsv_row(struct label_reader *s, char *p, size_t n, struct kc_err *e)
{
    struct str term, label;
    char *tab = memchr(p, '\t', n);
    if (!tab)
        return refuse_line(s, e, "no tab, expected a term, a tab and a label");
    char *second = tab + 1, *end = p + n, *stop = memchr(second, '\t', (size_t)(end - second));
    if (decode_tsv_field(s, p, (size_t)(tab - p), &term, e) != 0 ||
        decode_tsv_field(s, second, (size_t)((stop ? stop : end) - second), &label, e) != 0)
        return -1;
    return add_row(s, &term, label, e);
}

/* Split a csv record (RFC 4180) into s->fields. */
static int split_csv_record(struct label_reader *s, const char *p, size_t n, struct kc_err *e)
{
    const char *end = p + n;
    struct kc_buf *b = &s->tmp[0];
    kc_strs_clear(&s->fields);
    for (;;) {
        b->n = 0;
        if (p < end && *p == '"') {
            for (p++;; p++) {
                const char *q = memchr(p, '"', (size_t)(end - p));
                if (!q)
                    return refuse_line(s, e, "a quoted field has no end");
                if (kc_buf_add(b, p, (size_t)(q - p), e) != 0)
                    return -1;
                p = q + 1;
                if (p == end || *p != '"')
                    break;
                if (kc_buf_addc(b, '"', e) != 0)
                    return -1;
            }
            if (p < end && *p != ',')
                return refuse_line(s, e, "something follows a quoted field, expected ',' or the line's end");
        } else {
            const char *q = memchr(p, ',', (size_t)(end - p));
            q = q ? q : end;
            if (kc_buf_add(b, p, (size_t)(q - p), e) != 0)
                return -1;
            p = q;
        }
        if (kc_strs_add(&s->fields, b->p, b->n, e) != 0)
            return -1;
        if (p == end)
            return 0;
        p++;
    }
}

static struct str csv_field(const struct label_reader *s, size_t i)
{
    struct str f;
    f.p = kc_strs_get(&s->fields, i, &f.n);
    return f;
}

/* Return the column of the first name of the list that the header has, else COLUMN_NONE. */
static size_t find_column(const struct label_reader *s, const char *list)
{
    for (const char *name = list; *name; name += strspn(name, ", ")) {
        size_t n = strcspn(name, ",");
        for (size_t i = 0; i < s->fields.n; i++)
            if (csv_field(s, i).n == n && memcmp(csv_field(s, i).p, name, n) == 0)
                return i;
        name += n;
    }
    return COLUMN_NONE;
}

/* Set the columns of label and term from the header in s->fields. */
static void choose_csv_columns(struct label_reader *s)
{
    s->label_column = find_column(s, KC_LABELS_NAMES);
    s->term_column = s->o->term_field && s->o->term_field[0] != '/' ? find_column(s, s->o->term_field) : COLUMN_NONE;
    if (s->term_column == COLUMN_NONE)
        s->term_column = find_column(s, kc_fields_terms);
    if (s->term_column == s->label_column)
        s->term_column = COLUMN_NONE;
}

/* Parse a csv line: the header, or a row. */
static int parse_csv_row(struct label_reader *s, char *p, size_t n, struct kc_err *e)
{
    size_t columns = s->fields.n;
    if (split_csv_record(s, p, n, e) != 0)
        return -1;
    if (s->in.line == 1) {
        choose_csv_columns(s);
        return s->label_column != COLUMN_NONE ? 0 :
               refuse_line(s, e, "no column of labels in the header: none of " KC_LABELS_NAMES " is there");
    }
    if (s->fields.n != columns)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%zu field%s, expected %zu as in the header",
                         s->fields.n, s->fields.n == 1 ? "" : "s", columns);
    struct str term = {NULL, 0};
    if (s->term_column != COLUMN_NONE)
        term = csv_field(s, s->term_column);
    return add_row(s, s->term_column != COLUMN_NONE ? &term : NULL, csv_field(s, s->label_column), e);
}

/* Find the value that the path from part `part` on leads to in the checked object at p. NULL if there is none. Of equal
 * keys the last counts. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the path, which is an option's */
static const char *find_json_value(const char *p, const char *end, const struct kc_path *path, unsigned part)
{
    const char *found = NULL;
    struct kc_json_fault fault;
    struct kc_json_str key;
    if (*p != '{')
        return NULL;
    p = kc_json_ws(p + 1);
    while (*p == '"') {
        p = kc_json_ws(kc_json_string(p, end, &key, &fault));
        p = kc_json_ws(p + 1);
        if (kc_path_is_key(path, part, &key))
            found = part + 1 < path->n ? find_json_value(p, end, path, part + 1) : p;
        p = kc_json_ws(kc_json_skip(p, end, 1, &fault));
        if (*p == ',')
            p = kc_json_ws(p + 1);
    }
    return found;
}

/* Read the string or number at `path` of a record, decoded into tmp if need be. */
static int read_json_value(const struct label_reader *s, const char *p, const char *end, const struct kc_path *path,
                           struct kc_buf *tmp, struct str *out, struct kc_err *e)
{
    const char *v = find_json_value(p, end, path, 0);
    struct kc_json_fault fault;
    if (!v)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "no field '%s'", path->name);
    if (*v == '-' || (*v >= '0' && *v <= '9')) {
        *out = (struct str){v, (size_t)(kc_json_skip(v, end, 1, &fault) - v)};
        return 0;
    }
    if (*v != '"')
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s is %s, expected a string or a number", path->name,
                         kc_json_kind(*v));
    struct kc_json_str text;
    (void)kc_json_string(v, end, &text, &fault);
    tmp->n = 0;
    int rc = kc_json_decode(&text, tmp, e);
    if (rc > 0)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s has a lone surrogate", path->name);
    *out = (struct str){tmp->p, tmp->n};
    return rc;
}

/* Decide by the first record which members hold term and label. */
static int choose_json_fields(struct label_reader *s, const char *p, const char *end, struct kc_err *e)
{
    struct kc_fields f;
    memset(&f, 0, sizeof f);
    f.want_term = 1;
    if (s->o->term_field && kc_path_parse(&s->term, s->o->term_field, 0, "--term-field", e) != 0)
        return -1;
    if (s->term.n == 0 || !find_json_value(p, end, &s->term, 0)) {
        kc_fields_guess(&f, p, end, 0);
        s->term = f.term;
    }
    for (const char *name = KC_LABELS_NAMES; *name; name += strspn(name, ", ")) {
        char one[32];
        size_t n = strcspn(name, ",");
        memcpy(one, name, n);
        one[n] = '\0';
        if (kc_path_parse(&s->label, one, 0, "", e) != 0)
            return -1;
        if (find_json_value(p, end, &s->label, 0)) {
            if (strcmp(s->label.name, s->term.name) == 0)
                s->term.n = 0;
            return 0;
        }
        name += n;
    }
    return refuse_line(s, e, "no label: none of " KC_LABELS_NAMES " is there");
}

/* Parse a line with one JSON record. */
static int parse_json_row(struct label_reader *s, char *p, size_t n, struct kc_err *e)
{
    const char *end = p + n, *at = kc_json_ws(p), *after;
    struct kc_json_fault fault;
    struct str term = {NULL, 0}, label = {NULL, 0};
    after = kc_json_skip(at, end, 0, &fault);
    if (after && *kc_json_ws(after) != '\0')
        fault = (struct kc_json_fault){kc_json_ws(after), "the end of the line: one record per line", NULL};
    if (!after || *kc_json_ws(after) != '\0') {
        char msg[512];
        kc_json_explain(&fault, (size_t)(fault.at - p) + 1, end, "line", msg, sizeof msg);
        return refuse_line(s, e, msg);
    }
    if (*at != '{')
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "the record is %s, expected an object",
                         kc_json_kind(*at));
    if ((s->l->n == 0 && choose_json_fields(s, at, end, e) != 0) ||
        (s->term.n > 0 && read_json_value(s, at, end, &s->term, &s->tmp[0], &term, e) != 0) ||
        read_json_value(s, at, end, &s->label, &s->tmp[1], &label, e) != 0)
        return -1;
    return add_row(s, s->term.n > 0 ? &term : NULL, label, e);
}

/* Return 1 if the line is a csv header, 0 if not, -1 if memory is short. A single column with the name of a label could
 * as well be a label, so it must be `cluster_id`, which kclust writes. */
static int is_csv_header(struct label_reader *s, const char *p, size_t n, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    if (split_csv_record(s, p, n, &why) != 0) {
        if (why.code != KC_ESYS)
            return 0;
        *e = why;
        return -1;
    }
    choose_csv_columns(s);
    return s->label_column != COLUMN_NONE &&
           (s->term_column != COLUMN_NONE || find_column(s, "cluster_id") != COLUMN_NONE);
}

/* Choose the format by the first line. */
static int guess_format(struct label_reader *s, const char *p, size_t n, struct kc_err *e)
{
    struct kc_json_fault fault;
    const char *at = kc_json_ws(p);
    int header = 0;
    if (*at == '{' && kc_json_skip(at, p + n, 0, &fault))
        s->format = KC_LABELS_JSONL;
    else if (memchr(p, '\t', n))
        s->format = KC_LABELS_TSV;
    else if ((header = is_csv_header(s, p, n, e)) >= 0)
        s->format = header ? KC_LABELS_CSV : KC_LABELS_PLAIN;
    return header < 0 ? -1 : 0;
}

/* Parse a line in the file's format. */
static int parse_row(struct label_reader *s, char *p, size_t n, struct kc_err *e)
{
    switch (s->format) {
    case KC_LABELS_TSV:
        return parse_tsv_row(s, p, n, e);
    case KC_LABELS_CSV:
        return n == 0 ? 0 : parse_csv_row(s, p, n, e);
    case KC_LABELS_JSONL:
        return *kc_json_ws(p) == '\0' ? 0 : parse_json_row(s, p, n, e);
    default:
        return add_row(s, NULL, (struct str){p, n}, e);
    }
}

/* Parse an integer of at most 15 digits, written as in JSON: a double holds it exactly. Return 0 if it is none. */
static int parse_integer(const char *p, size_t n, int64_t *v)
{
    int minus = n > 0 && p[0] == '-';
    const char *digits = p + minus;
    size_t m = n - (size_t)minus;
    if (m == 0 || m > 15 || (digits[0] == '0' && n > 1))
        return 0;
    *v = 0;
    for (size_t i = 0; i < m; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return 0;
        *v = *v * 10 + (digits[i] - '0');
    }
    *v = minus ? -*v : *v;
    return 1;
}

/* A label's name while names are sorted. */
struct label_name {
    const char *p;
    size_t n;
    uint32_t id;
    int integer;
    int64_t value;
};

/* Order names: integers first, by value, then the others by their bytes. */
static int compare_names(const void *x, const void *y)
{
    const struct label_name *a = x, *b = y;
    if (a->integer != b->integer)
        return b->integer - a->integer;
    if (a->integer)
        return (a->value > b->value) - (a->value < b->value);
    int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return c ? c : (a->n > b->n) - (a->n < b->n);
}

/* Sort the names and renumber the labels accordingly. */
static int sort_names(struct label_reader *s, struct kc_err *e)
{
    struct kc_labelling *l = s->l;
    size_t k = s->names.strs.n;
    struct label_name *name = kc_mem_alloc(k, sizeof *name, e);
    uint32_t *to = kc_mem_alloc(k, sizeof *to, e);
    int rc = -1;
    if (!name || !to)
        goto out;
    l->k = (uint32_t)k;
    l->integers = 1;
    for (size_t i = 0; i < k; i++) {
        name[i].p = kc_strs_get(&s->names.strs, i, &name[i].n);
        name[i].id = (uint32_t)i;
        name[i].integer = parse_integer(name[i].p, name[i].n, &name[i].value);
        l->integers &= name[i].integer && name[i].value >= 0;
    }
    qsort(name, k, sizeof *name, compare_names);
    for (size_t i = 0; i < k; i++) {
        to[name[i].id] = (uint32_t)i;
        if (kc_strs_add(&l->names, name[i].p, name[i].n, e) != 0)
            goto out;
    }
    for (size_t i = 0; i < l->n; i++)
        if (l->labels[i] != KC_NOISE)
            l->labels[i] = to[l->labels[i]];
    rc = 0;
out:
    kc_mem_free(to);
    kc_mem_free(name);
    return rc;
}

int kc_labels_load(const char *path, const struct kc_labels_opts *o, struct kc_labelling *l, struct kc_err *e)
{
    struct label_reader s = {.l = l, .o = o, .format = o->format, .term_column = COLUMN_NONE,
                             .label_column = COLUMN_NONE};
    char *p;
    size_t n;
    memset(l, 0, sizeof *l);
    int rc = kc_lines_open(&s.in, path, e);
    s.in.limit = LONGEST_LINE;
    s.in.limit_code = KC_EINPUT;
    s.in.quoted = s.format == KC_LABELS_CSV;
    while (rc == 0 && (rc = kc_lines_next(&s.in, &p, &n, e)) == 1) {
        rc = s.format == KC_LABELS_AUTO ? guess_format(&s, p, n, e) : 0;
        s.in.quoted = s.format == KC_LABELS_CSV;
        rc = rc == 0 ? parse_row(&s, p, n, e) : rc;
    }
    if (rc == 0 && l->n == 0)
        rc = kc_err_at(e, KC_EINPUT, s.in.name, 0, "no labels");
    if (rc == 0)
        rc = sort_names(&s, e);
    kc_lines_free(&s.in);
    kc_intern_free(&s.names);
    kc_strs_free(&s.fields);
    kc_buf_free(&s.tmp[0]);
    kc_buf_free(&s.tmp[1]);
    return rc;
}

void kc_labelling_free(struct kc_labelling *l)
{
    kc_strs_free(&l->terms);
    kc_strs_free(&l->names);
    kc_mem_free(l->labels);
    kc_mem_free(l->lines);
    memset(l, 0, sizeof *l);
}
