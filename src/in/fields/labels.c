/* Read files of labels line by line. Labels are collected as names and get their numbers at the end, in the order of
 * the names (label_names.c). */
#include "in/fields/labels.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/fields/label_reader.h"
#include "in/fields/npy_header.h"
#include "json/json.h"

#define LONGEST_LINE ((uint64_t)16 << 20)
#define LOOKED_AT ((size_t)65536) /* bytes by which a format is recognised */

static const char *const format_names[KC_LABELS_FORMATS] = {"auto", "tsv", "csv", "jsonl", "plain", "npy"};

int kc_labels_format_by_name(const char *name, enum kc_labels_format *f)
{
    for (int i = 0; i < KC_LABELS_FORMATS; i++)
        if (strcmp(format_names[i], name) == 0) {
            *f = (enum kc_labels_format)i;
            return 0;
        }
    return -1;
}

int kc_label_reader_refuse(const struct kc_label_reader *s, struct kc_err *e, const char *what)
{
    return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s", what);
}

void kc_label_reader_note(struct kc_label_reader *s, int which, const char *p, const char *end)
{
    if (s->o->text)
        s->at[which] = (struct kc_label_span){kc_lines_offset(&s->in, p), kc_lines_offset(&s->in, end)};
}

/* Write a whole number that is written as a float, as in -1.0 and 2.000e+00, as an integer. */
static struct kc_label_str shorten_float(struct kc_label_str label, char whole[24])
{
    char copy[KC_NUM_STRING_MAX + 1];
    double v;
    if (!memchr(label.p, '.', label.n) || label.n > 40)
        return label;
    memcpy(copy, label.p, label.n);
    copy[label.n] = '\0';
    if (kc_num_double(copy, &v) != 0 || !(v > -1e15 && v < 1e15) || v != (double)(int64_t)v)
        return label;
    return (struct kc_label_str){whole, (size_t)snprintf(whole, 24, "%lld", (long long)v)};
}

/* Check that one more row is within the limits. */
static int check_limits(const struct kc_label_reader *s, struct kc_err *e)
{
    const struct kc_labelling *l = s->l;
    if (s->o->rows > 0 && l->n >= KC_LABELS_MORE(s->o->rows))
        return kc_err_at(e, KC_EINPUT, s->in.name, 0, "more than %zu labels, expected %llu: one for each row of %s",
                         l->n, (unsigned long long)s->o->rows, s->o->other);
    uint64_t held = s->o->max > 0 ? l->cap * (sizeof *l->labels + sizeof *l->lines) + l->terms.bytes.n +
                                        l->terms.n * sizeof *l->terms.off + s->names.strs.bytes.n +
                                        s->names.cap * 5 * sizeof *s->names.slot : 0;
    if (held > s->o->max) {
        char need[32], most[32];
        kc_num_human_pair(need, held, most, s->o->max);
        return kc_err_at(e, KC_ESYS, s->in.name, 0, "the first %zu labels take %s, more than --max-memory %s allows",
                         l->n, need, most);
    }
    return 0;
}

int kc_label_reader_add(struct kc_label_reader *s, const struct kc_label_str *term, struct kc_label_str label,
                        struct kc_err *e)
{
    struct kc_labelling *l = s->l;
    size_t len = 0;
    uint32_t id = KC_NOISE;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): who calls has set it */
    if (label.n == 0)
        return kc_label_reader_refuse(s, e, "the label is empty");
    char whole[24];
    label = shorten_float(label, whole);
    if (check_limits(s, e) != 0)
        return -1;
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
    return s->o->text ? kc_label_text_add(s->o->text, s->at[0], s->at[1], e) : 0;
}

int kc_label_reader_drop(struct kc_label_reader *s, unsigned missing, const char *reason, struct kc_err *e)
{
    if (!s->own.may_miss)
        return kc_label_reader_refuse(s, e, reason);
    if (!s->l->missed)
        snprintf(s->l->missing, sizeof s->l->missing, "%s", reason);
    s->l->missed |= missing;
    if (missing == KC_LABELS_NO_LABEL)
        s->own.label_field = NULL;
    else
        s->own.own_term_field = NULL;
    return 0;
}

/* Drop the options that name columns or fields, for a file that has none. */
static int drop_options(struct kc_label_reader *s, struct kc_err *e)
{
    const struct kc_labels_opts *o = s->o;
    char msg[256];
    while (o->label_field || o->own_term_field) {
        unsigned missing = o->label_field ? KC_LABELS_NO_LABEL : KC_LABELS_NO_TERM;
        snprintf(msg, sizeof msg, "no column '%.100s' (%s); %s", o->label_field ? o->label_field : o->own_term_field,
                 o->label_field ? o->label_option : o->term_option,
                 s->format == KC_LABELS_PLAIN ? "each line is a label" : "it is an array of labels");
        if (kc_label_reader_drop(s, missing, msg, e) != 0)
            return -1;
    }
    return 0;
}

/* Make the table's columns known by the beginning of the file. */
static int find_columns(struct kc_label_reader *s, struct kc_err *e)
{
    const char *p, *end;
    char msg[512];
    int whole;
    if (kc_lines_peek(&s->in, LOOKED_AT, &p, &end, &whole, e) != 0)
        return -1;
    s->own.format = s->format;
    s->in.line = 1;
    int rc;
    while ((rc = kc_label_table_find(s->o, p, end, whole, &s->table, msg, e)) > 0 && s->table.missing)
        if (kc_label_reader_drop(s, s->table.missing, msg, e) != 0)
            return -1;
    if (rc > 0)
        return kc_label_reader_refuse(s, e, s->l->missed ? s->l->missing : msg);
    s->in.line = 0;
    if (rc == 0)
        s->format = s->table.sep == 0 ? KC_LABELS_PLAIN : s->table.sep == '\t' ? KC_LABELS_TSV : KC_LABELS_CSV;
    s->in.quoted = s->table.sep != 0 && !s->table.escapes;
    return rc;
}

static struct kc_label_str table_field(const struct kc_label_reader *s, size_t i)
{
    struct kc_label_str f;
    f.p = kc_strs_get(&s->fields, i, &f.n);
    return f;
}

/* Parse a record of a table: the header, or a row. */
static int parse_table_row(struct kc_label_reader *s, char *p, size_t n, struct kc_err *e)
{
    const struct kc_label_table *t = &s->table;
    char msg[512];
    if (n == 0 && t->columns > 1)
        return 0;
    int rc = kc_label_table_split(t, p, p + n, &s->tmp[0], &s->fields, msg, e);
    if (rc != 0)
        return rc < 0 ? -1 : kc_label_reader_refuse(s, e, msg);
    if (t->header && !s->begun) {
        s->begun = 1;
        return 0;
    }
    s->begun = 1;
    size_t least = t->term != KC_LABEL_NO_COLUMN && t->term > t->label ? t->term + 1 : t->label + 1;
    least = t->name != KC_LABEL_NO_COLUMN && t->name >= least ? t->name + 1 : least;
    if (s->fields.n < least || (t->header && s->fields.n != t->columns))
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%zu column%s, expected %zu%s", s->fields.n,
                         s->fields.n == 1 ? "" : "s", t->header ? t->columns : least,
                         t->header ? " as in the header" : "; --labels-format plain takes each line as a label");
    struct kc_label_str term = {NULL, 0};
    if (t->term != KC_LABEL_NO_COLUMN)
        term = table_field(s, t->term);
    for (int which = 0; s->o->text && which < 2; which++) {
        const size_t column = which == 0 ? t->label : t->name;
        const char *from = NULL, *to = NULL;
        if (column != KC_LABEL_NO_COLUMN) {
            kc_label_table_locate(t, p, p + n, column, &from, &to);
            kc_label_reader_note(s, which, from, to);
        }
    }
    return kc_label_reader_add(s, t->term != KC_LABEL_NO_COLUMN ? &term : NULL, table_field(s, t->label), e);
}

/* Choose the format by the first bytes. */
static int guess_format(struct kc_label_reader *s, struct kc_err *e)
{
    const char *p, *end;
    int whole;
    if (kc_lines_peek(&s->in, LOOKED_AT, &p, &end, &whole, e) != 0)
        return -1;
    if (end - p >= 6 && memcmp(p, "\x93NUMPY", 6) == 0) {
        s->format = KC_LABELS_NPY;
        return 0;
    }
    p = kc_json_ws(p);
    if (*p == '[')
        s->array = 1;
    else if (*p == '{') {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        struct kc_json_fault fault;
        const char *after = kc_json_skip(p, end, 0, &fault);
        if (after ? !nl || after <= nl : !nl && !whole)
            s->format = KC_LABELS_JSONL;
    }
    if (s->array)
        s->format = KC_LABELS_JSONL;
    return s->format == KC_LABELS_AUTO ? find_columns(s, e) : 0;
}

/* Parse a line in the file's format. */
static int parse_row(struct kc_label_reader *s, char *p, size_t n, struct kc_err *e)
{
    switch (s->format) {
    case KC_LABELS_TSV:
    case KC_LABELS_CSV:
        return parse_table_row(s, p, n, e);
    case KC_LABELS_JSONL:
        return *kc_json_ws(p) == '\0' ? 0 : s->array ? kc_label_json_array(s, p, n, e) : kc_label_json_row(s, p, n, e);
    default:
        kc_label_reader_note(s, 0, p, p + n);
        return kc_label_reader_add(s, NULL, (struct kc_label_str){p, n}, e);
    }
}

/* Read the labels of an npy file. */
static int read_npy(struct kc_label_reader *s, struct kc_err *e)
{
    struct kc_npy_header h;
    const char *p, *end, *what = NULL;
    int whole;
    if (kc_lines_peek(&s->in, KC_NPY_HEADER_MOST, &p, &end, &whole, e) != 0)
        return -1;
    size_t head = kc_npy_header_parse(p, (size_t)(end - p), &h, &what, e);
    if (head == SIZE_MAX)
        return -1;
    uint64_t n = h.dims > 0 ? h.shape[0] : 0;
    size_t cell = kc_npy_cell(h.descr);
    if (head == 0 || cell == 0 || h.dims == 0 || h.dims > 2 || (h.dims == 2 && h.shape[1] != 1))
        return kc_err_at(e, KC_EINPUT, s->in.name, 0, head == 0 ? "its npy header is damaged: %s" : h.dims == 2 ?
                         "is an npy of vectors, expected labels, one whole number a row%s" :
                         "is an npy of another kind, expected labels: whole numbers in one dimension%s",
                         head == 0 ? what : h.dims == 2 && s->o->hint ? s->o->hint : "");
    s->in.begin += head;
    if (s->o->text)
        memcpy(s->o->text->descr, h.descr, sizeof h.descr);
    for (uint64_t i = 0; i < n; i++) {
        char text[32];
        s->in.line = i + 1;
        if (kc_lines_peek(&s->in, cell, &p, &end, &whole, e) != 0)
            return -1;
        if ((size_t)(end - p) < cell)
            return kc_err_at(e, KC_EINPUT, s->in.name, 0, "is cut short: it ends within row %llu of %llu",
                             (unsigned long long)i, (unsigned long long)n);
        int len = kc_npy_whole(h.descr, p, text);
        if (len == 0)
            return kc_err_at(e, KC_EINPUT, s->in.name, 0, "row %llu is no whole number, expected a label",
                             (unsigned long long)i);
        kc_label_reader_note(s, 0, p, p + cell);
        s->in.begin += cell;
        if (kc_label_reader_add(s, NULL, (struct kc_label_str){text, (size_t)len}, e) != 0)
            return -1;
    }
    return 0;
}

/* Tell what was taken for labels and terms. */
static void tell_columns(struct kc_label_reader *s)
{
    int json = s->format == KC_LABELS_JSONL, table = s->format == KC_LABELS_TSV || s->format == KC_LABELS_CSV;
    const char *label = json ? s->label.name : table ? s->table.label_name : "";
    const char *term = json ? (s->term.n ? s->term.name : "") : table ? s->table.term_name : "";
    snprintf(s->l->how, sizeof s->l->how, "read as %s: labels from %s%.60s, %s%s%.60s", format_names[s->format],
             !label[0] ? "" : json ? "field " : "column ",
             label[0] ? label : s->format == KC_LABELS_NPY ? "its numbers" : "the lines",
             term[0] ? "terms from " : "row by row", !term[0] ? "" : json ? "field " : "column ", term);
}

/* Read all lines. */
static int read_lines(struct kc_label_reader *s, struct kc_err *e)
{
    char *p;
    size_t n;
    int rc = 0;
    if (s->format == KC_LABELS_TSV || s->format == KC_LABELS_CSV)
        rc = find_columns(s, e);
    if (rc == 0 && (s->format == KC_LABELS_PLAIN || s->array))
        rc = drop_options(s, e);
    while (rc == 0 && (rc = kc_lines_next(&s->in, &p, &n, e)) == 1)
        rc = parse_row(s, p, n, e);
    if (rc == 0 && s->array && s->array != 3)
        rc = kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "unexpected end of an array of labels");
    return rc;
}

/* Complete what the caller is told of the file's own text. */
static int tell_text(const struct kc_label_reader *s, struct kc_err *e)
{
    struct kc_label_text *t = s->o->text;
    t->format = s->format;
    t->sep = s->table.sep;
    t->escapes = s->table.escapes;
    t->array = s->array;
    t->has_names = s->format == KC_LABELS_JSONL ? s->name.n > 0 :
                   (s->format == KC_LABELS_TSV || s->format == KC_LABELS_CSV) && s->table.name != KC_LABEL_NO_COLUMN;
    return t->has_names || !t->name_field ? 0 :
           kc_err_at(e, KC_EINPUT, s->in.name, 0, "no column '%.100s' (--name-field); it holds labels alone",
                     t->name_field);
}

int kc_labels_load(const char *path, const struct kc_labels_opts *o, struct kc_labelling *l, struct kc_err *e)
{
    struct kc_source *src = NULL;
    memset(l, 0, sizeof *l);
    return kc_source_open(&src, path, e) != 0 ? -1 : kc_labels_read(path, src, o, l, e);
}

int kc_labels_read(const char *path, struct kc_source *src, const struct kc_labels_opts *o, struct kc_labelling *l,
                   struct kc_err *e)
{
    struct kc_label_reader s = {.l = l, .own = *o, .format = o->format};
    int rc = 0;
    s.o = &s.own;
    memset(l, 0, sizeof *l);
    kc_lines_begin(&s.in, path, src);
    s.in.limit = LONGEST_LINE;
    s.in.limit_code = KC_EINPUT;
    s.in.copy = o->text ? &o->text->bytes : NULL;
    if (s.format == KC_LABELS_AUTO)
        rc = guess_format(&s, e);
    if (rc == 0)
        rc = s.format != KC_LABELS_NPY ? read_lines(&s, e) : drop_options(&s, e) != 0 ? -1 : read_npy(&s, e);
    if (rc == 0 && l->n == 0)
        rc = kc_err_at(e, KC_EINPUT, s.in.name, 0, "no labels");
    if (rc == 0)
        rc = kc_labels_number(l, &s.names.strs, e);
    tell_columns(&s);
    if (rc == 0 && o->text)
        rc = tell_text(&s, e);
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
