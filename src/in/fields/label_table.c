/* Decide what the columns of a file of labels are: which of them are terms, and which are labels.
 *
 * A file is a table if most of its first lines have the same number of columns by one separator, two or more. The first
 * line is a header if it has a usual name, or a word above a column of whole numbers. The labels are in the column with
 * a usual name; of two columns, in the second. Anything else is a doubt: an error that names the columns. Lines with
 * separators in them are never taken for labels in silence. */
#include "in/fields/label_table.h"
#include "in/fields/label_text.h"
#include "in/fields/vectext.h"

#include <stdio.h>
#include <string.h>
#include "base/suggest.h"
#include "in/fields/fields.h"
#include "io/lines.h"

#define LINES 17 /* looked at */

static const char separators[] = "\t,;|";

/* The first records. */
struct sample {
    struct kc_strs rec[LINES];
    size_t n;
    size_t damaged;
};

static void free_sample(struct sample *s)
{
    for (size_t i = 0; i < LINES; i++)
        kc_strs_free(&s->rec[i]);
    memset(s, 0, sizeof *s);
}

/* Decode a field in quotes at p into tmp. Return the text after it, NULL if it is not closed. */
static const char *read_quoted(const char *p, const char *end, struct kc_buf *tmp, int *failed, struct kc_err *e)
{
    for (p++;; p++) {
        const char *q = memchr(p, '"', (size_t)(end - p));
        if (!q)
            return NULL;
        if (kc_buf_add(tmp, p, (size_t)(q - p), e) != 0 ||
            (q + 1 < end && q[1] == '"' && kc_buf_addc(tmp, '"', e) != 0)) {
            *failed = 1;
            return NULL;
        }
        p = q + 1;
        if (p == end || *p != '"')
            return p;
    }
}

int kc_label_table_split(const struct kc_label_table *t, const char *p, const char *end, struct kc_buf *tmp,
                         struct kc_strs *fields, char msg[512], struct kc_err *e)
{
    kc_strs_clear(fields);
    for (;; p++) {
        const char *after;
        int failed = 0;
        tmp->n = 0;
        if (!t->escapes && p < end && *p == '"') {
            after = read_quoted(p, end, tmp, &failed, e);
            if (failed)
                return -1;
            if (!after || (after < end && *after != t->sep)) {
                snprintf(msg, 512,
                         after ? "something follows a quoted field, expected '%c' or the line's end" :
                                 "a quoted field has no end",
                         t->sep == '\t' ? ' ' : t->sep);
                return 1;
            }
        } else {
            after = memchr(p, t->sep, (size_t)(end - p));
            after = after ? after : end;
            if (kc_buf_add(tmp, p, (size_t)(after - p), e) != 0)
                return -1;
            if (t->escapes && tmp->n == 2 && memcmp(tmp->p, "\\N", 2) == 0)
                tmp->n = 0;
            else if (t->escapes && memchr(p, '\\', (size_t)(after - p)))
                tmp->n = kc_lines_unescape(tmp->p, tmp->n);
            if (tmp->n == SIZE_MAX) {
                tmp->n = 0;
                snprintf(msg, 512, "an escape that is none of \\t \\n \\r \\\\ \\xHH");
                return 1;
            }
        }
        if (kc_strs_add(fields, tmp->p ? tmp->p : "", tmp->n, e) != 0)
            return -1;
        p = after;
        if (p == end)
            return 0;
    }
}

void kc_label_table_locate(const struct kc_label_table *t, const char *p, const char *end, size_t column,
                           const char **from, const char **to)
{
    for (size_t i = 0;; i++, p = *to + 1) {
        const int quoted = !t->escapes && p < end && *p == '"';
        int inside = 0;
        *from = *to = p;
        for (; *to < end && (inside || **to != t->sep); ++*to)
            inside ^= quoted && **to == '"';
        if (i == column || *to == end)
            return;
    }
}

/* Return the end of the record at p, before its line break. */
static const char *record_end(const struct kc_label_table *t, const char *p, const char *end)
{
    int inside = 0;
    for (const char *q = p; q < end; q++) {
        inside ^= !t->escapes && *q == '"';
        if (*q == '\n' && !inside)
            return q;
    }
    return end;
}

/* Read the first records by the separator of t. */
static int read_sample(struct sample *s, const struct kc_label_table *t, const char *p, const char *end, int whole,
                       struct kc_err *e)
{
    struct kc_buf tmp = {NULL, 0, 0};
    char msg[512];
    int rc = 0;
    while (rc >= 0 && s->n < LINES && p < end) {
        const char *stop = record_end(t, p, end), *last = stop;
        if (stop == end && !whole)
            break;
        last -= last > p && last[-1] == '\r';
        if (last > p) {
            rc = kc_label_table_split(t, p, last, &tmp, &s->rec[s->n], msg, e);
            s->damaged += rc > 0;
            s->n++;
        }
        p = stop < end ? stop + 1 : end;
    }
    kc_buf_free(&tmp);
    return rc < 0 ? -1 : 0;
}

/* Return how many columns most records have; 1 if there is no such number. */
static size_t usual_width(const struct sample *s)
{
    for (size_t i = 0; i < s->n; i++) {
        size_t same = 0;
        for (size_t j = 0; j < s->n; j++)
            same += s->rec[j].n == s->rec[i].n;
        if (2 * same >= s->n && s->rec[i].n > 1)
            return s->rec[i].n;
    }
    return 1;
}

/* Return 1 if field i is a whole number, also one that is written as a float. */
static int is_whole(const struct kc_strs *rec, size_t i)
{
    size_t n, o;
    const char *p = kc_strs_get(rec, i, &n);
    o = n > 0 && *p == '-';
    size_t from = o;
    while (o < n && p[o] >= '0' && p[o] <= '9')
        o++;
    if (o == from)
        return 0;
    if (o < n && p[o] == '.')
        for (o++; o < n && p[o] == '0'; o++)
            ;
    return o == n;
}

/* Return 1 if all records but the first have a whole number in column i. */
static int has_numbers(const struct sample *s, size_t i)
{
    size_t n = 0;
    for (size_t r = 1; r < s->n; r++) {
        size_t len;
        if (i >= s->rec[r].n)
            continue;
        if (kc_strs_get(&s->rec[r], i, &len) && len > 0 && !is_whole(&s->rec[r], i))
            return 0;
        n += len > 0;
    }
    return n > 0;
}

/* Return the column of the first name of the list that the header has. */
static size_t find_usual(const struct kc_strs *header, const char *list, size_t but)
{
    size_t at = KC_LABEL_NO_COLUMN;
    int best = -1;
    for (size_t i = 0; i < header->n; i++) {
        size_t n;
        const char *p = kc_strs_get(header, i, &n);
        int rank = i == but ? -1 : kc_fields_find(list, p, n);
        if (rank >= 0 && (best < 0 || rank < best)) {
            best = rank;
            at = i;
        }
    }
    return at;
}

/* Return the column that an option names, by its name or its number from 1 on. */
static size_t find_named(const struct kc_strs *header, int has_header, size_t columns, const char *name)
{
    size_t v = 0, n = strlen(name), len;
    for (size_t i = 0; has_header && i < header->n; i++) {
        const char *p = kc_strs_get(header, i, &len);
        if (len == n && memcmp(p, name, n) == 0)
            return i;
    }
    for (size_t i = 0; i < n; i++)
        v = name[i] >= '0' && name[i] <= '9' && v < columns + 1 ? v * 10 + (size_t)(name[i] - '0') : columns + 1;
    return n > 0 && v >= 1 && v <= columns ? v - 1 : KC_LABEL_NO_COLUMN;
}

/* Append the names of the columns, or their numbers, to the message. */
static void list_columns(const struct kc_strs *header, const struct kc_label_table *t, const char *word, char msg[512])
{
    struct kc_known known;
    char digits[24];
    kc_known_begin(&known, t->header ? word : NULL, msg, 512);
    for (size_t i = 0; i < t->columns; i++) {
        size_t n = 0;
        const char *p = t->header && i < header->n ? kc_strs_get(header, i, &n) : "";
        if (n == 0) {
            n = (size_t)snprintf(digits, sizeof digits, "%zu", i + 1);
            p = digits;
        }
        kc_known_add(&known, p, n);
    }
    kc_known_end(&known);
}

/* Report that there is no column of the name that an option gives. missing: the option. Return 1. */
static int refuse_name(const struct kc_strs *header, struct kc_label_table *t, const char *name, unsigned missing,
                       const char *option, char msg[512])
{
    t->missing = missing;
    snprintf(msg, 512, "no column '%.100s' (%s); it has ", name, option);
    list_columns(header, t, name, msg);
    return 1;
}

/* Decide whether the first record is a header. */
static int is_header(const struct sample *s, const struct kc_labels_opts *o, size_t columns)
{
    const struct kc_strs *first = &s->rec[0];
    if (find_usual(first, KC_LABELS_NAMES, SIZE_MAX) != KC_LABEL_NO_COLUMN &&
        (columns == 1 || find_usual(first, kc_fields_terms, SIZE_MAX) != KC_LABEL_NO_COLUMN))
        return 1;
    if (find_usual(first, "cluster_id", SIZE_MAX) != KC_LABEL_NO_COLUMN ||
        (o->label_field && find_named(first, 1, 0, o->label_field) != KC_LABEL_NO_COLUMN))
        return 1;
    for (size_t i = 0; i < columns && i < first->n; i++)
        if (s->n > 1 && has_numbers(s, i) && !is_whole(first, i))
            return 1;
    return 0;
}

/* Return 1 if the name of column i is one for labels: its values are no terms. */
static int names_labels(const struct kc_strs *header, size_t i)
{
    size_t n;
    const char *p = kc_strs_get(header, i, &n);
    return kc_fields_find(KC_LABELS_NAMES, p, n) >= 0;
}

/* Write the name or the number of a column. */
static void name_column(const struct kc_strs *header, const struct kc_label_table *t, size_t i, char out[48])
{
    size_t n = 0;
    const char *p = t->header && i < header->n ? kc_strs_get(header, i, &n) : "";
    if (n > 0)
        snprintf(out, 48, "%.*s", (int)(n < 47 ? n : 47), p);
    else
        snprintf(out, 48, "%zu", i + 1);
}

/* Choose the column of the clusters' names, if there is one. Return 1 if the option must say more. */
static int choose_names(const struct kc_strs *first, const struct kc_labels_opts *o, struct kc_label_table *t,
                        char msg[512])
{
    const char *given = o->text->name_field;
    t->name = given     ? find_named(first, t->header, t->columns, given) :
              t->header ? find_usual(first, KC_LABEL_NAMES_OF_CLUSTERS, t->label) :
                          KC_LABEL_NO_COLUMN;
    if (given && t->name == KC_LABEL_NO_COLUMN)
        return refuse_name(first, t, given, 0, "--name-field", msg);
    if (given && (t->name == t->label || t->name == t->term))
        return snprintf(msg, 512, "--name-field names the column of the %s", t->name == t->label ? "labels" : "terms"),
               1;
    t->name = t->name == t->term ? KC_LABEL_NO_COLUMN : t->name;
    return 0;
}

/* Choose the columns. Return 1 if the options must say more. */
static int choose_columns(const struct sample *s, const struct kc_labels_opts *o, struct kc_label_table *t,
                          char msg[512])
{
    const struct kc_strs *first = &s->rec[0];
    const char *own = o->own_term_field;
    t->label = o->label_field ? find_named(first, t->header, t->columns, o->label_field) :
               t->header      ? find_usual(first, KC_LABELS_NAMES, SIZE_MAX) :
                                KC_LABEL_NO_COLUMN;
    if (o->label_field && t->label == KC_LABEL_NO_COLUMN)
        return refuse_name(first, t, o->label_field, KC_LABELS_NO_LABEL, o->label_option, msg);
    t->term = own ? find_named(first, t->header, t->columns, own) : KC_LABEL_NO_COLUMN;
    if (own && t->term == KC_LABEL_NO_COLUMN)
        return refuse_name(first, t, own, KC_LABELS_NO_TERM, o->term_option, msg);
    if (!own && o->term_field && o->term_field[0] != '/' && t->header)
        t->term = find_named(first, 1, 0, o->term_field);
    if (t->label == KC_LABEL_NO_COLUMN && t->columns == 2)
        t->label = t->term == 1 ? 0 : 1;
    if (t->label == KC_LABEL_NO_COLUMN && !t->header && t->sep == '\t') /* as kclust writes them */
        t->label = 1;
    if (t->label == KC_LABEL_NO_COLUMN) {
        snprintf(msg, 512, "which column has the labels? %s%s; it has ",
                 o->label_option ? o->label_option : "name it cluster_id",
                 o->label_option ? " takes its name or number" : " in a header");
        list_columns(first, t, NULL, msg);
        return 1;
    }
    if (t->term == KC_LABEL_NO_COLUMN && !own)
        t->term = t->header ? find_usual(first, kc_fields_terms, t->label) : KC_LABEL_NO_COLUMN;
    if (t->term == KC_LABEL_NO_COLUMN && !own && (t->columns == 2 || !t->header))
        t->term = t->label == 0 ? 1 : 0;
    if (t->term == t->label && own)
        return snprintf(msg, 512, "%s and %s are the same column", o->label_option, o->term_option), 1;
    if (t->term == t->label ||
        (t->term != KC_LABEL_NO_COLUMN && !own && t->header && !o->term_field && names_labels(first, t->term)))
        t->term = KC_LABEL_NO_COLUMN;
    name_column(first, t, t->label, t->label_name);
    if (t->term != KC_LABEL_NO_COLUMN)
        name_column(first, t, t->term, t->term_name);
    return o->text ? choose_names(first, o, t, msg) : 0;
}

/* Try a separator. Return 1 if the records are a table by it. */
static int try_separator(char sep, int escapes, const char *p, const char *end, int whole, struct kc_label_table *t,
                         struct sample *s, struct kc_err *e)
{
    *t = (struct kc_label_table){.sep = sep, .escapes = escapes, .term = KC_LABEL_NO_COLUMN,
                                 .name = KC_LABEL_NO_COLUMN};
    free_sample(s);
    if (read_sample(s, t, p, end, whole, e) != 0)
        return -1;
    t->columns = usual_width(s);
    return t->columns > 1 && 2 * s->damaged < s->n + 1;
}

/* Return 1 if fields of the tsv [p, end) are in quotes, with no backslash in it: it is no tsv of kclust's. */
static int has_quotes(const char *p, const char *end)
{
    int quotes = 0;
    for (const char *q = p; q < end; q++) {
        if (*q == '\\')
            return 0;
        quotes |= *q == '"' && (q == p || q[-1] == '\t' || q[-1] == '\n');
    }
    return quotes;
}

/* The beginnings of lines in which a label may stand beside a term, with a blank between. */
struct word_lines {
    size_t lines, pairs, repeated; /* lines; of two parts, one a whole number or fastText's __label__; like another's */
    const char *first, *first_end;
};

/* Count the lines. */
static void count_words(const char *p, const char *end, int whole, struct word_lines *w)
{
    const char *seen[LINES];
    size_t len[LINES];
    while (p < end && w->lines < LINES) {
        const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
        if (!nl && !whole)
            break;
        const char *last = stop;
        while (last > p && last[-1] != ' ')
            last--;
        size_t n = (size_t)(stop - last), digits = 0;
        while (digits < n && last[digits] >= '0' && last[digits] <= '9')
            digits++;
        w->pairs += last > p && ((n > 0 && digits == n) || (stop - p > 9 && memcmp(p, "__label__", 9) == 0));
        seen[w->lines] = p;
        len[w->lines] = (size_t)(stop - p);
        for (size_t i = 0; i < w->lines; i++)
            if (len[i] == len[w->lines] && memcmp(seen[i], p, len[i]) == 0) {
                w->repeated++;
                break;
            }
        w->first_end = w->lines++ == 0 ? stop : w->first_end;
        p = stop + 1;
    }
}

/* Refuse lines that may be a term, a blank and a label: all begin or end as labels do, and no two are alike. */
static int judge_words(const char *p, const char *end, int whole, char msg[512])
{
    struct word_lines w = {.first = p};
    char shown[KC_TEXT_SHOWN];
    count_words(p, end, whole, &w);
    if (w.lines < 3 || w.pairs < w.lines || w.repeated > 0)
        return 0;
    return snprintf(msg, 512,
                    "the line %s may be a label, or a label and a term with a blank between them: "
                    "--labels-format plain takes each line as a label, a tab in place of the blank makes a table",
                    kc_text_show(shown, w.first, w.first_end)),
           1;
}

/* Refuse lines that have separators, but not as a table has them. */
static int judge_plain(const char *p, const char *end, int whole, char msg[512])
{
    const char *begin = p;
    size_t lines = 0, with[4] = {0, 0, 0, 0};
    while (p < end && lines < LINES) {
        const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;
        if (!nl && !whole)
            break;
        lines++;
        for (int i = 0; i < 4; i++)
            with[i] += memchr(p, separators[i], (size_t)(stop - p)) != NULL;
        p = stop + 1;
    }
    for (int i = 0; i < 4; i++)
        if (2 * with[i] > lines)
            return snprintf(msg, 512,
                            "most lines have a %s, but not the same number of columns: --labels-format plain "
                            "takes each line as a label",
                            i == 0 ? "tab" :
                            i == 1 ? "comma" :
                            i == 2 ? "semicolon" :
                                     "'|'"),
                   1;
    return judge_words(begin, end, whole, msg);
}

/* Try all separators that the format allows. Return how many make a table of the first records, with the first of them
 * in t; a tab excludes the others. */
static int find_separator(enum kc_labels_format format, const char *p, const char *end, int whole,
                          struct kc_label_table *t, struct sample *s, struct kc_err *e)
{
    struct kc_label_table one;
    int found = 0, rc = 0;
    *t = (struct kc_label_table){.columns = 1, .term = KC_LABEL_NO_COLUMN, .name = KC_LABEL_NO_COLUMN};
    for (const char *c = separators; rc >= 0 && *c; c++) {
        if (format == KC_LABELS_TSV ? *c != '\t' : format == KC_LABELS_CSV && *c == '\t')
            continue;
        rc = try_separator(*c, *c == '\t' && !has_quotes(p, end), p, end, whole, &one, s, e);
        if (rc > 0 && (!found || one.sep == '\t')) {
            found++;
            *t = one;
        } else if (rc > 0 && t->sep != '\t') {
            found++;
        }
        if (rc > 0 && one.sep == '\t')
            break;
    }
    return rc < 0 ? -1 : found;
}

int kc_label_table_separate(const char *p, const char *end, int whole, struct kc_label_table *t, struct kc_err *e)
{
    struct sample s;
    memset(&s, 0, sizeof s);
    int found = find_separator(KC_LABELS_AUTO, p, end, whole, t, &s, e);
    free_sample(&s);
    t->sep = found == 0 ? ',' : t->sep;
    return found;
}

int kc_label_table_find(const struct kc_labels_opts *o, const char *p, const char *end, int whole,
                        struct kc_label_table *t, char msg[512], struct kc_err *e)
{
    struct sample s;
    struct kc_label_table one;
    memset(&s, 0, sizeof s);
    int found = find_separator(o->format, p, end, whole, t, &s, e), rc = found < 0 ? -1 : 0;
    if (rc >= 0 && found > 1) {
        snprintf(msg, 512,
                 "columns may be separated by more than one character: --labels-format plain takes each line "
                 "as a label");
        rc = 1;
    } else if (rc >= 0) {
        if (!found)
            t->sep = o->format == KC_LABELS_TSV ? '\t' : ',';
        t->escapes = t->sep == '\t' && !has_quotes(p, end);
        rc = try_separator(t->sep, t->escapes, p, end, whole, &one, &s, e);
        if (rc >= 0) {
            int single = !found && s.n > 0 && is_header(&s, o, 1);
            t->header = s.n > 0 && (found || o->format == KC_LABELS_CSV || single) && is_header(&s, o, t->columns);
            if (found || o->format == KC_LABELS_TSV) {
                rc = choose_columns(&s, o, t, msg);
            } else if (single && s.rec[0].n == 1 &&
                       ((o->label_field && find_named(&s.rec[0], 1, 0, o->label_field) == 0) ||
                        find_usual(&s.rec[0], o->format == KC_LABELS_CSV ? KC_LABELS_NAMES : "cluster_id",
                                   SIZE_MAX) == 0)) {
                t->label = 0;
                name_column(&s.rec[0], t, 0, t->label_name);
                rc = 0;
            } else if (o->format == KC_LABELS_CSV) {
                snprintf(msg, 512, "no column of labels: say which with %s",
                         o->label_option ? o->label_option : "a header that has cluster_id");
                rc = 1;
            } else {
                rc = judge_plain(p, end, whole, msg);
                t->sep = 0;
                t->header = 0;
            }
        }
    }
    free_sample(&s);
    return rc;
}
