/* Decide what the columns of csv and tsv are: by the options, by the header, and by the first rows.
 *
 * Only columns that belong together are the vector: one in which a vector is written as a text; a run of columns with
 * one stem and rising numbers (table_names.c); or all columns of numbers of a table without a header, if they stand
 * side by side. Other numbers, such as a class, a count or a year, are never part of it. Where columns are left that
 * could be meant, the answer is not a guess but an error, which names them and the option to use. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/suggest.h"
#include "in/fields/fields.h"
#include "in/formats/table_kinds.h"
#include "in/formats/table_names.h"
#include "in/formats/text.h"
#include "in/piece/opts.h"

#define MOST_CHANCE 8 /* whole numbers that may count up in a row by chance */

/* A decision under way. */
struct decision {
    const struct kc_in_opts *o;
    const struct kc_table_sample *s;
    struct kc_columns *c;
    struct kc_table *t;
    struct kc_column *col;    /* (n) */
    unsigned char *is_number; /* (n) */
    struct kc_strs names;     /* (n) */
    size_t n, from;           /* columns; the first record that is a row */
    char *msg;
};

static int refuse(struct decision *d, const char *text)
{
    snprintf(d->msg, 512, "%s", text);
    return KC_TABLE_DOUBT;
}

/* Judge column i by the rows. */
static void judge_column(struct decision *d, size_t i)
{
    kc_column_judge(&d->col[i], d->s, d->from, i);
    d->is_number[i] = d->col[i].kind == KC_KIND_NUMBER;
}

/* Return 1 if the fields of the first record number the columns of numbers, from 0 or from 1: in their order, or in any
 * order if the rows are no such numbers. */
static int counts_columns(const struct decision *d, size_t *n, size_t *all_whole)
{
    size_t in_order[2] = {0, 0}, low = 0, high = SIZE_MAX;
    const struct kc_strs *names = &d->s->rec[0];
    uint64_t sum = 0, squares = 0; /* which tell whether each number is there once */
    *n = 0;
    *all_whole = 1;
    if (d->o->vec_field)
        (void)kc_name_range(d->o->vec_field, &low, &high);
    for (size_t i = low; i <= high && i < names->n && i < d->n; i++) {
        char text[24];
        uint64_t v;
        size_t len;
        const char *p = kc_strs_get(names, i, &len);
        if (!d->is_number[i] || len == 0) /* pandas leaves the name of its index empty */
            continue;
        if (!kc_is_whole(p, len) || len > 7 || (len > 1 && *p == '0'))
            return 0;
        memcpy(text, p, len);
        text[len] = '\0';
        if (kc_num_u64(text, &v) != 0)
            return 0;
        in_order[0] += v == *n;
        in_order[1] += v == *n + 1;
        sum += v;
        squares += v * v;
        *all_whole &= d->col[i].whole;
        ++*n;
    }
    if (*n < 2 || in_order[0] == *n || in_order[1] == *n)
        return *n > 1;
    const uint64_t m = *n, low_sum = m * (m - 1) / 2, low_squares = (m - 1) * m * (2 * m - 1) / 6;
    return !*all_whole && ((sum == low_sum && squares == low_squares) ||
                          (sum == low_sum + m && squares == low_squares + m * m));
}

/* Return 1 if an option is the name of a column, not its number. */
static int is_name(const char *option)
{
    return option && (*option == '\0' || !kc_consists_of(option, strlen(option), "0123456789-,"));
}

/* Decide whether the first record is a header. */
static int decide_header(struct decision *d)
{
    const struct kc_strs *first = &d->s->rec[0];
    size_t over_numbers = 0, over_vectors = 0, vectors = 0, words = 0, numbers = 0, counted, whole;
    enum kc_vectext text;
    d->t->header = d->o->header == KC_HEADER_YES;
    if (d->o->header != KC_HEADER_AUTO)
        return KC_TABLE_YES;
    if (is_name(d->o->vec_field) || is_name(d->o->term_field)) {
        d->t->header = 1;
        return KC_TABLE_YES;
    }
    for (size_t i = 0; i < first->n; i++) {
        enum kc_kind kind = kc_kind_of(first, i, &text);
        words += kind == KC_KIND_WORD;
        numbers += kind == KC_KIND_NUMBER || kind == KC_KIND_VECTOR;
        over_numbers += kind == KC_KIND_WORD && i < d->n && d->col[i].kind == KC_KIND_NUMBER;
        vectors += kind == KC_KIND_VECTOR && i < d->n && d->col[i].kind == KC_KIND_VECTOR;
        over_vectors += kind != KC_KIND_VECTOR && kind != KC_KIND_ODD && i < d->n && d->col[i].kind == KC_KIND_VECTOR;
    }
    if (d->s->n == 1) {
        d->t->header = words > 0 && numbers == 0;
        return KC_TABLE_YES;
    }
    if (vectors > 0) /* it is a row, whatever else it looks like */
        return KC_TABLE_YES;
    d->t->header = over_numbers > 0 || over_vectors > 0 || (words == first->n && words > 0);
    if (d->t->header || !counts_columns(d, &counted, &whole))
        return KC_TABLE_YES;
    size_t len = 1;
    for (size_t i = 0; i < first->n; i++) /* pandas leaves the name of its index empty */
        if (!d->is_number[i] || i == 0) {
            (void)kc_strs_get(first, i, &len);
            break;
        }
    d->t->header = len == 0 || counted > (whole ? MOST_CHANCE : 2);
    return d->t->header ?
               KC_TABLE_YES :
               refuse(d, "the line may be column numbers or a row: say which with --header yes or --header no");
}

/* Return the number of fields that most rows have. */
static size_t usual_width(const struct kc_table_sample *s)
{
    size_t best = 0, width = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t same = 0;
        for (size_t j = i; j < s->n; j++)
            same += s->rec[j].n == s->rec[i].n;
        if (same > best) {
            best = same;
            width = s->rec[i].n;
        }
    }
    return width;
}

/* Write the name of column i, or its number, to out. */
static void name_column(const struct decision *d, size_t i, char out[64])
{
    size_t len = 0;
    const char *p = d->t->header ? kc_strs_get(&d->names, i, &len) : "";
    if (len > 0)
        snprintf(out, 64, "%.*s", (int)(len < 60 ? len : 60), p);
    else
        snprintf(out, 64, "%zu", i + 1);
}

/* List the columns of a kind in a message, at most five. */
static void list_columns(const struct decision *d, enum kc_kind kind, char *out, size_t size)
{
    size_t n = 0, o = 0;
    out[0] = '\0';
    for (size_t i = 0; i < d->n && o < size; i++) {
        char name[64];
        if (d->col[i].kind != kind)
            continue;
        if (n++ == 5) {
            snprintf(out + o, size - o, ", ...");
            return;
        }
        name_column(d, i, name);
        o += (size_t)snprintf(out + o, size - o, "%s%s", n > 1 ? ", " : "", name);
    }
}

/* Take column i, in which vectors are written as a text. */
static int take_text(struct decision *d, size_t i, const char *how)
{
    d->c->first = d->c->last = i;
    d->c->text = d->col[i].kind == KC_KIND_VECTOR ? (int)d->col[i].text :
                 d->col[i].kind == KC_KIND_NUMBER ? 0 :
                                                    (int)KC_VECTEXT_LIST;
    name_column(d, i, d->t->vec);
    snprintf(d->t->how, sizeof d->t->how, "%s", how);
    return KC_TABLE_YES;
}

/* Take the columns whose places, of which there are `count`, are in t->dim. */
static void take_places(struct decision *d, size_t count)
{
    d->c->first = SIZE_MAX;
    int plain = 1;
    for (size_t i = 0; i < d->n; i++) {
        if (d->t->dim[i] == KC_NO_DIM)
            continue;
        d->c->first = d->c->first == SIZE_MAX ? i : d->c->first;
        plain &= d->t->dim[i] == i - d->c->first;
        d->c->last = i;
    }
    d->c->dim = plain ? NULL : d->t->dim;
    char a[64], b[64];
    for (size_t i = 0; i < d->n; i++) {
        if (d->t->dim[i] == 0)
            name_column(d, i, a);
        if (d->t->dim[i] == count - 1)
            name_column(d, i, b);
    }
    snprintf(d->t->vec, sizeof d->t->vec, "%s..%s", a, b);
}

/* Take the columns of a run. */
static int take_run(struct decision *d, const struct kc_name_run *run, const char *how)
{
    take_places(d, run->count);
    snprintf(d->t->how, sizeof d->t->how, "%s: %zu columns with rising %s", how, run->count,
             strcmp(run->stem, "a letter") == 0 ? "letters" : "numbers");
    return KC_TABLE_YES;
}

/* Take columns first to last as the vector. */
static int take_range(struct decision *d, size_t first, size_t last, const char *how)
{
    d->c->first = first;
    d->c->last = last;
    if (first == last)
        return take_text(d, first, how);
    snprintf(d->t->vec, sizeof d->t->vec, "%zu-%zu", first + 1, last + 1);
    snprintf(d->t->how, sizeof d->t->how, "%s: %zu columns", how, last - first + 1);
    return KC_TABLE_YES;
}

/* Choose among the columns in which vectors are written as a text. Return KC_TABLE_NO if there is none. */
static int choose_text(struct decision *d)
{
    size_t n = 0, usual = 0, one = 0, by_name = 0;
    for (size_t i = 0; i < d->n; i++) {
        size_t len;
        if (d->col[i].kind != KC_KIND_VECTOR)
            continue;
        const char *p = kc_strs_get(&d->names, i, &len);
        int is_usual = d->t->header && kc_fields_find(kc_fields_vecs, p, len) >= 0;
        n++;
        one = i;
        usual += (size_t)is_usual;
        by_name = is_usual ? i : by_name;
    }
    if (n == 0)
        return KC_TABLE_NO;
    if (n == 1 || usual == 1)
        return take_text(d, usual == 1 ? by_name : one, usual == 1 ? "by its name" : "the only column with vectors");
    char list[320];
    list_columns(d, KC_KIND_VECTOR, list, sizeof list);
    snprintf(d->msg, 512, "%zu columns hold vectors, %s: say which with --vec-field", n, list);
    return KC_TABLE_DOUBT;
}

/* Report columns of numbers that may be a vector or not. why: NULL: there is only one. */
static int doubt_numbers(struct decision *d, const char *why)
{
    char list[320];
    list_columns(d, KC_KIND_NUMBER, list, sizeof list);
    if (!why) {
        snprintf(d->msg, 512,
                 "only column %.64s has numbers, and one number is no vector; if it is one here, say so with "
                 "--vec-field %.64s",
                 list, list);
        return KC_TABLE_DOUBT;
    }
    snprintf(d->msg, 512,
             "columns with numbers are %.300s, %.80s: name those of the vector with --vec-field, as in "
             "--vec-field 2-5",
             list, why);
    return KC_TABLE_DOUBT;
}

/* Choose the columns of numbers under a header. */
static int choose_named(struct decision *d, struct kc_err *e)
{
    struct kc_name_run run, second;
    size_t numbers = 0;
    int runs = kc_name_runs(&d->names, d->is_number, d->n, d->t->dim, &run, &second, e);
    if (runs < 0)
        return -1;
    if (runs > 1) {
        snprintf(d->msg, 512,
                 "two runs of columns could be the vector, %.40s%zu... and %.40s%zu...: say which with "
                 "--vec-field %.40s or --vec-field %.40s",
                 run.stem, run.low, second.stem, second.low, run.stem, second.stem);
        return KC_TABLE_DOUBT;
    }
    if (runs == 1)
        return take_run(d, &run, "by their names");
    for (size_t i = 0; i < d->n; i++)
        numbers += d->is_number[i];
    if (numbers == 0)
        return KC_TABLE_NO;
    return doubt_numbers(d, numbers == 1 ? NULL : "and their names do not belong together (as e0, e1, e2 do)");
}

/* Report whole numbers at the edges of the block of columns first to last, if all others in it are not whole. whole:
 * how many are. Return 1 if there are some. */
static int doubt_edges(struct decision *d, size_t first, size_t last, size_t whole)
{
    size_t from = first, to = last;
    while (from < last && d->col[from].whole)
        from++;
    while (to > from && d->col[to].whole)
        to--;
    size_t edges = from - first + last - to, at = to < last ? last : first;
    if (edges == 0 || edges != whole || to < from + 1)
        return 0;
    snprintf(d->msg, 512,
             "column %zu holds whole numbers, %s do not: a class or count, or a number of the vector? "
             "say which with --vec-field %zu-%zu or --vec-field %zu-%zu",
             at + 1, edges == 1 ? "the others" : "others", from + 1, to + 1, first + 1, last + 1);
    return 1;
}

/* Choose the columns of numbers where there is no header: a block of them, side by side. */
static int choose_unnamed(struct decision *d)
{
    size_t blocks = 0, first = 0, last = 0, whole = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!d->is_number[i])
            continue;
        if (i == 0 || !d->is_number[i - 1]) {
            blocks++;
            first = i;
        }
        last = i;
        whole += d->col[i].whole;
    }
    if (blocks == 0)
        return KC_TABLE_NO;
    if (blocks > 1)
        return doubt_numbers(d, "and they do not stand side by side");
    if (last == first)
        return doubt_numbers(d, NULL);
    char shown[KC_TEXT_SHOWN];
    size_t len;
    int index = first == 0 && d->col[0].whole && (whole < last - first + 1 || d->col[0].rises);
    if (index && d->o->terms_file == NULL && d->col[0].differs && (last == d->n - 1) && last > 1 && whole == 1)
        return take_range(d, 1, last, "the numbers after a first column of whole numbers"); /* which is the term */
    if (index) {
        const char *p = kc_strs_get(&d->s->rec[d->from], 0, &len);
        snprintf(d->msg, 512,
                 "column 1 is %s: a term, or a number of the vector? say which with --vec-field 2- or "
                 "--vec-field 1-",
                 kc_text_show(shown, p, p + len));
        return KC_TABLE_DOUBT;
    }
    if (last - first > 1 && d->s->n - d->from > (last - first > 2 ? 1 : 2) && /* in few rows, by chance */
        doubt_edges(d, first, last, whole))
        return KC_TABLE_DOUBT;
    return take_range(d, first, last, "the columns of numbers");
}

size_t kc_table_find(const struct kc_table_sample *s, const struct kc_table *t, const char *name)
{
    size_t i = t->header ? kc_name_find(&s->rec[0], name) : SIZE_MAX, last;
    if (i == SIZE_MAX && !t->header && kc_name_range(name, &i, &last) && last == i)
        return i;
    return i == SIZE_MAX ? i : i + (size_t)t->shifted;
}

/* Report a name that no column has. */
static int refuse_name(struct decision *d, const char *name)
{
    kc_table_no_column(d->t->header ? &d->names : NULL, name, d->msg);
    return KC_TABLE_DOUBT;
}

/* Return the column that --vec-field names by `name`, or by its number; SIZE_MAX: none. */
static size_t find_column(const struct decision *d, const char *name)
{
    size_t last, i = d->t->header ? kc_name_find(&d->names, name) : SIZE_MAX;
    return i == SIZE_MAX && kc_name_range(name, &i, &last) && (last != i || i >= d->n) ? SIZE_MAX : i;
}

/* Take a list of columns, as in "x,y,z" or "2,5,7", in this order. */
static int take_list(struct decision *d, const char *list)
{
    size_t count = 0;
    char name[256];
    for (size_t i = 0; i < d->n; i++)
        d->t->dim[i] = KC_NO_DIM;
    for (const char *p = list;; count++) {
        size_t n = strcspn(p, ",");
        snprintf(name, sizeof name, "%.*s", (int)(n < 255 ? n : 255), p);
        size_t i = find_column(d, name);
        if (i == SIZE_MAX)
            return refuse_name(d, name);
        if (d->t->dim[i] != KC_NO_DIM) {
            snprintf(d->msg, 512, "--vec-field names column '%.200s' twice", name);
            return KC_TABLE_DOUBT;
        }
        d->t->dim[i] = (uint32_t)count;
        if (p[n] == '\0')
            break;
        p += n + 1;
    }
    take_places(d, count + 1);
    snprintf(d->t->how, sizeof d->t->how, "by --vec-field: %zu columns", count + 1);
    return KC_TABLE_YES;
}

/* Take the columns that --vec-field names. */
static int take_named_vec(struct decision *d, struct kc_err *e)
{
    const char *name = d->o->vec_field;
    size_t i = d->t->header ? kc_name_find(&d->names, name) : SIZE_MAX, last;
    if (i != SIZE_MAX)
        return take_text(d, i, "by --vec-field");
    if (kc_name_range(name, &i, &last)) {
        last = last == SIZE_MAX ? d->n - 1 : last;
        if (last < d->n && i <= last)
            return take_range(d, i, last, "by --vec-field");
        snprintf(d->msg, 512, "%zu column%s, expected more: --vec-field %.24s", d->n, d->n == 1 ? "" : "s", name);
        return KC_TABLE_DOUBT;
    }
    if (strchr(name, ','))
        return take_list(d, name);
    struct kc_name_run run;
    int rc = d->t->header ? kc_name_run_of(&d->names, name, d->is_number, d->n, d->t->dim, &run, e) : 0;
    return rc < 0 ? -1 : rc > 0 ? take_run(d, &run, "by --vec-field") : refuse_name(d, name);
}

/* Return 1 if column i is of the vector. */
static int is_of_vector(const struct decision *d, size_t i)
{
    return i >= d->c->first && i <= d->c->last && (!d->c->dim || d->c->dim[i] != KC_NO_DIM);
}

/* Choose the column of the term: the one with a usual name, else the first text, else a first column that is no part
 * of the vector. */
static void choose_term(struct decision *d)
{
    int best = -1;
    size_t at = SIZE_MAX, word = SIZE_MAX;
    int first = 0;
    for (size_t i = 0; i < d->n; i++) {
        size_t len;
        const char *p = kc_strs_get(&d->names, i, &len);
        if (is_of_vector(d, i) || d->col[i].kind == KC_KIND_VECTOR)
            continue;
        int rank = d->t->header ? kc_fields_find(kc_fields_terms, p, len) : -1;
        int class = d->t->header && kc_fields_find("label, class, category", p, len) >= 0 &&
                    (d->is_number[i] || !d->col[i].differs);
        if (class) /* which is no name of rows */
            continue;
        first |= i == 0;
        if (rank >= 0 && (best < 0 || rank < best)) {
            best = rank;
            at = i;
        }
        word = word == SIZE_MAX && d->col[i].words ? i : word;
    }
    d->c->term = at != SIZE_MAX ? at : word != SIZE_MAX ? word : first ? 0 : SIZE_MAX;
}

/* Take the column that --term-field names, or choose one. */
static int decide_term(struct decision *d)
{
    const char *name = d->o->term_field;
    size_t last = 0;
    d->c->term = SIZE_MAX;
    if (!name) {
        choose_term(d);
    } else {
        size_t i = d->t->header ? kc_name_find(&d->names, name) : SIZE_MAX;
        if (i == SIZE_MAX && (!kc_name_range(name, &i, &last) || last != i))
            return refuse_name(d, name);
        if (i >= d->n) {
            snprintf(d->msg, 512, "%zu column%s, expected more: --term-field %.24s", d->n, d->n == 1 ? "" : "s", name);
            return KC_TABLE_DOUBT;
        }
        if (i == d->c->first && d->c->first == d->c->last)
            return refuse(d, "--term-field and --vec-field are the same column");
        d->c->term = i;
    }
    if (d->c->term != SIZE_MAX)
        name_column(d, d->c->term, d->t->term);
    return KC_TABLE_YES;
}

/* Skip the "# " with which numpy.savetxt begins a header. */
static void skip_comment_sign(const char **p, size_t *len)
{
    size_t n = *len > 1 && **p == '#' ? 1 : 0;
    while (n > 0 && n < *len - 1 && (*p)[n] == ' ')
        n++;
    *p += n;
    *len -= n;
}

/* Copy the names of the columns, or make empty ones. */
static int copy_names(struct decision *d, struct kc_err *e)
{
    const struct kc_strs *first = &d->s->rec[0];
    for (size_t i = 0; i < d->n; i++) {
        size_t len = 0, at = i - (size_t)d->t->shifted;
        const char *p = "";
        if (d->t->header && !(d->t->shifted && i == 0) && at < first->n)
            p = kc_strs_get(first, at, &len);
        if (at == 0 && d->t->header)
            skip_comment_sign(&p, &len);
        if (kc_strs_add(&d->names, p, len, e) != 0)
            return -1;
    }
    return 0;
}

/* Refuse lines of one column by a separator that was asked for, if another one is in all of them. */
static int doubt_separator(struct decision *d)
{
    const char *other = d->n != 1 || d->col[0].kind == KC_KIND_VECTOR ||
                        !(d->o->delimiter || d->o->format == KC_IN_TSV) ? NULL :
                        kc_table_other_separator(d->s, d->c->sep);
    if (other && d->o->delimiter)
        snprintf(d->msg, 512, "lines have one column by --delimiter '%s', but each has a %s separates by it",
                 d->o->delimiter, other);
    else if (other)
        snprintf(d->msg, 512, "lines have no tab, but each has a %.*s: --input-format csv separates by it",
                 (int)strcspn(other, ":"), other);
    return other != NULL;
}

/* Decide all. */
static int decide(struct decision *d, struct kc_err *e)
{
    for (size_t i = 0; i < d->n; i++)
        judge_column(d, i);
    if (doubt_separator(d))
        return KC_TABLE_DOUBT;
    int rc = decide_header(d);
    if (rc != KC_TABLE_YES)
        return rc;
    d->from = d->t->header && d->s->n > 1;
    d->t->shifted = d->t->header && d->s->n > 1 && d->s->rec[0].n + 1 == d->n;
    for (size_t i = 0; !d->t->header && i < d->n; i++)
        judge_column(d, i);
    if (copy_names(d, e) != 0)
        return -1;
    if (d->t->header && d->s->rec[0].n != d->n && !d->t->shifted) {
        snprintf(d->msg, 512, "the header has %zu column%s, most rows have %zu", d->s->rec[0].n,
                 d->s->rec[0].n == 1 ? "" : "s", d->n);
        return KC_TABLE_DOUBT;
    }
    if (d->o->vec_field) {
        rc = take_named_vec(d, e);
    } else {
        rc = kc_table_cuts_lists(d->s, d->from) ? KC_TABLE_DOUBT : choose_text(d);
        if (rc == KC_TABLE_DOUBT && d->msg[0] == '\0')
            return refuse(d,
                          "a field begins with '[' and has no ']': a vector in brackets stands in quotes, or columns "
                          "have another separator than its numbers (--delimiter)");
        if (rc == KC_TABLE_NO && kc_table_has_decimal_commas(d->s, d->from, d->c->sep))
            return refuse(d, "its numbers have a decimal comma, expected a point; tr , . < FILE changes all of them");
        if (rc == KC_TABLE_NO)
            rc = d->t->header ? choose_named(d, e) : choose_unnamed(d);
    }
    if (rc == KC_TABLE_NO && d->msg[0] == '\0')
        snprintf(d->msg, 512,
                 "no column of these %zu has vectors, nor numbers that belong together: name them with "
                 "--vec-field",
                 d->n);
    return rc == KC_TABLE_YES ? decide_term(d) : rc;
}

int kc_table_decide(const struct kc_in_opts *o, const struct kc_table_sample *s, struct kc_columns *c,
                    struct kc_table *t, char msg[512], struct kc_err *e)
{
    struct decision d = {.o = o, .s = s, .c = c, .t = t, .n = usual_width(s), .from = s->n > 1, .msg = msg};
    int rc = -1;
    memset(t, 0, sizeof *t);
    msg[0] = '\0';
    if (s->n == 0 || d.n == 0)
        return KC_TABLE_NO;
    c->dim = NULL;
    c->text = 0;
    d.col = kc_mem_zalloc(d.n, sizeof *d.col, e);
    d.is_number = kc_mem_zalloc(d.n, 1, e);
    t->dim = kc_mem_zalloc(d.n, sizeof *t->dim, e);
    if (d.col && d.is_number && t->dim)
        rc = decide(&d, e);
    c->count = d.n;
    kc_mem_free(d.col);
    kc_mem_free(d.is_number);
    kc_strs_free(&d.names);
    if (rc != KC_TABLE_YES || !c->dim) {
        kc_mem_free(t->dim);
        t->dim = NULL;
        c->dim = NULL;
    }
    return rc;
}
