/* Decide what the columns of csv and tsv are: by the options, the header, and the first row. Where these leave a real
 * doubt (a first column of numbers could be a term or part of the vector) the answer is an error that names the option
 * to use, not a guess. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/fields/fields.h"
#include "in/formats/text.h"
#include "in/piece/opts.h"

/* Odd is neither a number nor a name: empty, NaN, ... */
enum field_kind { KIND_NUMBER, KIND_BRACKET, KIND_WORD, KIND_ODD };

/* Return 1 if all n bytes at p are in the set. */
static int consists_of(const char *p, size_t n, const char *set)
{
    size_t i = 0;
    while (i < n && p[i] != '\0' && strchr(set, p[i]))
        i++;
    return i == n;
}

/* Return what field i is. */
static enum field_kind field_kind_of(const struct kc_strs *s, size_t i)
{
    static const char *const odd[] = {"nan", "inf", "infinity", "null", "none", "na", "n/a", "\\n"};
    char text[64 + KC_NUM_PAD] = {0};
    size_t n;
    const char *p = kc_strs_get(s, i, &n);
    float x;
    if (n > 0 && *p == '[')
        return KIND_BRACKET;
    if (n >= 64 && *p != '{')
        return consists_of(p, n, "+-.0123456789eE") ? KIND_NUMBER : KIND_WORD;
    if (n == 0 || *p == '{') /* or a sparse vector */
        return KIND_ODD;
    memcpy(text, p, n);
    if (kc_text_number(text, text + n, &x) != KC_NUM_SYNTAX)
        return KIND_NUMBER;
    for (size_t j = 0; j < n; j++)
        text[j] = text[j] >= 'A' && text[j] <= 'Z' ? (char)(text[j] | 0x20) : text[j];
    for (size_t j = 0; j < sizeof odd / sizeof odd[0]; j++)
        if (strcmp(text + (*text == '-' || *text == '+'), odd[j]) == 0)
            return KIND_ODD;
    return KIND_WORD;
}

/* Return 1 if field i is this text. */
static int field_is(const struct kc_strs *s, size_t i, const char *text)
{
    size_t n;
    const char *p = kc_strs_get(s, i, &n);
    return n == strlen(text) && memcmp(p, text, n) == 0;
}

/* Parse "3", "2-5" or "2-" as columns, which people count from 1; the result counts from 0. Return 0 if s is something
 * else. */
static int parse_columns(const char *s, size_t *first, size_t *last)
{
    char digits[2][24] = {"", ""};
    uint64_t v[2] = {0, 0};
    size_t n = strspn(s, "0123456789"), m = s[n] == '-' ? strspn(s + n + 1, "0123456789") : 0;
    if (n == 0 || n > 20 || m > 20 || s[n + (s[n] == '-') + m] != '\0')
        return 0;
    memcpy(digits[0], s, n);
    memcpy(digits[1], s + n + (s[n] == '-'), m);
    if (kc_num_u64(digits[0], &v[0]) != 0 || (m > 0 && kc_num_u64(digits[1], &v[1]) != 0) || v[0] == 0 ||
        v[0] > SIZE_MAX / 2 || (m > 0 && (v[1] < v[0] || v[1] > SIZE_MAX / 2)))
        return 0;
    *first = (size_t)v[0] - 1;
    *last = s[n] != '-' ? *first : m > 0 ? (size_t)v[1] - 1 : SIZE_MAX;
    return 1;
}

static size_t find_name(const struct kc_strs *names, const char *name)
{
    for (size_t i = 0; names && i < names->n; i++)
        if (field_is(names, i, name))
            return i;
    return SIZE_MAX;
}

/* Return the column of the first usual name of the list that is among the names, but outside [first, last]; SIZE_MAX:
 * none. */
static size_t find_usual_name(const struct kc_strs *names, const char *list, size_t first, size_t last)
{
    char name[64];
    for (; *list; list += strspn(list, ", ")) {
        size_t n = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, list);
        list += n;
        size_t i = find_name(names, name);
        if (i < first || (i > last && i != SIZE_MAX))
            return i;
    }
    return SIZE_MAX;
}

/* Set the columns that the options give by number, or the default: the first one is the term, the others the vector. */
static void set_by_number(const struct kc_in_opts *o, size_t n, size_t *term, size_t *first, size_t *last)
{
    size_t same;
    *term = SIZE_MAX;
    if (!o->vec_field || !parse_columns(o->vec_field, first, last)) {
        *first = 0;
        *last = SIZE_MAX;
    }
    *last = *last < n ? *last : n - 1;
    if (o->term_field)
        (void)parse_columns(o->term_field, term, &same);
    else if (!o->vec_field || *first > 0)
        *term = 0;
}

enum kc_first kc_columns_first(const struct kc_in_opts *o, const struct kc_strs *f)
{
    size_t term, first, last, others = 0, from0 = 0, from1 = 0, any, n = 0;
    if (o->header != KC_HEADER_AUTO)
        return o->header == KC_HEADER_YES ? KC_FIRST_HEADER : KC_FIRST_ROW;
    if ((o->term_field && !parse_columns(o->term_field, &any, &any)) ||
        (o->vec_field && !parse_columns(o->vec_field, &any, &any)))
        return KC_FIRST_HEADER; /* the option is a name */
    set_by_number(o, f->n, &term, &first, &last);
    for (size_t i = first; i <= last && i < f->n; i++) {
        char number[24];
        if (i == term)
            continue;
        others += field_kind_of(f, i) != KIND_WORD;
        snprintf(number, sizeof number, "%zu", n);
        from0 += (size_t)field_is(f, i, number);
        snprintf(number, sizeof number, "%zu", ++n);
        from1 += (size_t)field_is(f, i, number);
    }
    if (n == 0)
        return KC_FIRST_ROW;
    if (others == 0)
        return KC_FIRST_HEADER;
    if (n > 1 && (from0 == n || from1 == n)) /* numbered columns, or an unusual vector */
        return term < f->n && field_is(f, term, "") ? KC_FIRST_HEADER : KC_FIRST_UNCLEAR;
    return KC_FIRST_ROW;
}

/* Return 1 if field i has only digits. */
static int is_whole_number(const struct kc_strs *s, size_t i)
{
    size_t n;
    const char *p = kc_strs_get(s, i, &n);
    return n > 0 && consists_of(p, n, "0123456789");
}

/* Check that a number in the first column is a term, if no option and no usual name says so: it could belong to the
 * vector. It is a term if it is whole and not all the others are. */
static int check_first_column(const struct kc_in_opts *o, const struct kc_columns *c, const struct kc_strs *row,
                              char msg[512])
{
    size_t n, whole = 0;
    char shown[KC_TEXT_SHOWN];
    const char *p = kc_strs_get(row, 0, &n);
    if (field_kind_of(row, 0) != KIND_NUMBER || c->first == c->last)
        return 0;
    for (size_t i = 1; i < row->n; i++)
        whole += (size_t)is_whole_number(row, i);
    if (o->terms_file == NULL && is_whole_number(row, 0) && whole < row->n - 1)
        return 0;
    snprintf(msg, 512,
             "column 1 is %s: a term, or a number of the vector? say which with --vec-field 2- or --vec-field 1-",
             kc_text_show(shown, p, p + n));
    return -1;
}

/* Set the columns of the vector. Return 0, 1 or -1 as in kc_columns_resolve. */
static int resolve_vec(struct kc_columns *c, const struct kc_in_opts *o, const struct kc_strs *names,
                       const struct kc_strs *row, char msg[512])
{
    size_t i, brackets = 0, bracket = 0;
    c->first = 0;
    c->last = row->n - 1;
    if (o->vec_field) {
        i = find_name(names, o->vec_field);
        if (i != SIZE_MAX) {
            c->first = c->last = i;
            return 0;
        }
        if (!parse_columns(o->vec_field, &c->first, &c->last)) {
            snprintf(msg, 512, "no column '%.255s' in the header", o->vec_field);
            return -1;
        }
        c->last = c->last == SIZE_MAX ? row->n - 1 : c->last;
        if (c->last >= row->n || c->first >= row->n) {
            snprintf(msg, 512, "%zu column%s, expected more: --vec-field %.24s", row->n, row->n == 1 ? "" : "s",
                     o->vec_field);
            return 1;
        }
        return 0;
    }
    i = find_usual_name(names, kc_fields_vecs, SIZE_MAX, SIZE_MAX - 1);
    for (size_t k = 0; i == SIZE_MAX && k < row->n; k++)
        if (field_kind_of(row, k) == KIND_BRACKET) {
            bracket = k;
            brackets++;
        }
    if (brackets > 1) {
        snprintf(msg, 512, "%zu columns hold vectors in brackets: say which with --vec-field", brackets);
        return -1;
    }
    if (i != SIZE_MAX || brackets == 1)
        c->first = c->last = i != SIZE_MAX ? i : bracket;
    return 0;
}

int kc_columns_resolve(struct kc_columns *c, const struct kc_in_opts *o, const struct kc_strs *names,
                       const struct kc_strs *row, char msg[512])
{
    size_t same;
    int rc, known = 0;
    if (names && names->n != row->n) {
        snprintf(msg, 512, "%zu column%s, the header has %zu", row->n, row->n == 1 ? "" : "s", names->n);
        return 1;
    }
    rc = resolve_vec(c, o, names, row, msg);
    if (rc != 0)
        return rc;
    c->term = SIZE_MAX;
    if (o->term_field) {
        c->term = find_name(names, o->term_field);
        if (c->term == SIZE_MAX && (!parse_columns(o->term_field, &c->term, &same) || same != c->term)) {
            snprintf(msg, 512, "no column '%.255s' in the header", o->term_field);
            return -1;
        }
        if (c->term >= row->n) {
            snprintf(msg, 512, "%zu column%s, expected more: --term-field %.24s", row->n, row->n == 1 ? "" : "s",
                     o->term_field);
            return 1;
        }
        if (c->term == c->first && c->first == c->last) {
            snprintf(msg, 512, "--term-field and --vec-field are the same column");
            return -1;
        }
    } else {
        int all = !o->vec_field && c->first < c->last; /* every column but the term is a number */
        size_t i = all ? find_usual_name(names, kc_fields_terms, SIZE_MAX, SIZE_MAX - 1) :
                   find_usual_name(names, kc_fields_terms, c->first, c->last);
        known = i != SIZE_MAX;
        c->term = known ? i : all || c->first > 0 ? 0 : o->vec_field || row->n == 1 ? SIZE_MAX : 1;
    }
    if (row->n == 1 && c->term == SIZE_MAX && !o->vec_field && field_kind_of(row, 0) != KIND_BRACKET) {
        snprintf(msg, 512, "one column, expected a term and numbers");
        return 1;
    }
    if (!known && !o->term_field && !o->vec_field && c->term == 0 && check_first_column(o, c, row, msg) != 0)
        return -1;
    c->count = row->n;
    return 0;
}

size_t kc_columns_dim(const struct kc_columns *c)
{
    return c->first == c->last ? 0 : c->last - c->first + 1 - (size_t)(c->term >= c->first && c->term <= c->last);
}
