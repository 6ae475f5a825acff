/* Decide which columns of a Parquet file are the vector, the term and the attributes: by the options, by the usual
 * names, and by what there is. Where that leaves a doubt, the answer is an error with the columns and the option that
 * settles it.
 *
 * The vector is a list of numbers, or a run of columns with one stem and rising numbers (e0, e1, ... or 0, 1, ...). */
#include "in/formats/parquet.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"

#define BY_OPTION "by --vec-field"
#define SHOWN 240 /* bytes of the names that a message lists */

static const char more_terms[] = "__index_level_0__"; /* what pandas calls an index without a name */

struct chooser {
    const struct kc_feed *f;
    const struct kc_pq_schema *s;
    struct kc_pq_choice *c;
    struct kc_err *e;
};

static int is_number(const struct kc_pq_leaf *l)
{
    return l->meaning == KC_PQ_HALF ||
           (l->meaning == KC_PQ_PLAINLY && (l->type == KC_PQ_FLOAT || l->type == KC_PQ_DOUBLE ||
                                            l->type == KC_PQ_INT32 || l->type == KC_PQ_INT64));
}

static int is_vector(const struct kc_pq_leaf *l)
{
    return l->shape == KC_PQ_LIST && is_number(l);
}

/* Return 1 if the column can be read as text. */
static int is_text(const struct kc_pq_leaf *l)
{
    return l->shape != KC_PQ_NESTED && l->meaning != KC_PQ_DECIMAL && l->meaning != KC_PQ_OTHER;
}

/* Return 1 if the column can be the term: a string, an integer, a UUID. */
static int is_term(const struct kc_pq_leaf *l)
{
    return is_text(l) && l->shape == KC_PQ_SCALAR && l->type != KC_PQ_BOOLEAN && l->type != KC_PQ_FLOAT &&
           l->type != KC_PQ_DOUBLE && l->meaning != KC_PQ_HALF;
}

static int is_string(const struct kc_pq_leaf *l)
{
    return is_term(l) && (l->type == KC_PQ_BYTES || l->meaning == KC_PQ_UUID || l->meaning == KC_PQ_TEXT);
}

/* Compare without regard to the case of ASCII letters. */
static int same_text(const char *a, const char *b, size_t n, int exact)
{
    for (size_t i = 0; i < n; i++) {
        char x = a[i], y = b[i];
        if (!exact && x >= 'A' && x <= 'Z')
            x = (char)(x | 0x20);
        if (!exact && y >= 'A' && y <= 'Z')
            y = (char)(y | 0x20);
        if (x != y)
            return 0;
    }
    return 1;
}

/* Return 1 if the path names the leaf. */
static int path_is_leaf(const struct kc_pq_schema *s, const struct kc_path *p, size_t leaf, int exact)
{
    const struct kc_pq_leaf *l = &s->leaves[leaf];
    if (l->parts != p->n)
        return 0;
    for (unsigned i = 0; i < p->n; i++) {
        size_t n;
        const char *name = kc_strs_get(&s->parts, l->part + i, &n);
        if (n != (size_t)(p->off[i + 1] - p->off[i]) || !same_text(name, p->text + p->off[i], n, exact))
            return 0;
    }
    return 1;
}

/* Find the leaf that the path names, exactly or else but for the case of letters; SIZE_MAX: none. */
static size_t find_path(const struct kc_pq_schema *s, const struct kc_path *p)
{
    for (int exact = 1; exact >= 0; exact--)
        for (size_t i = 0; i < s->n; i++)
            if (path_is_leaf(s, p, i, exact))
                return i;
    return SIZE_MAX;
}

/* Return 1 if the first part of the path is the beginning of a leaf's name: a struct, a map. */
static size_t find_inside(const struct kc_pq_schema *s, const struct kc_path *p)
{
    for (size_t i = 0; p->n > 0 && i < s->n; i++) {
        size_t n, m = p->off[1];
        const char *name = s->leaves[i].parts > 0 ? kc_strs_get(&s->parts, s->leaves[i].part, &n) : NULL;
        if (name && n == m && memcmp(name, p->text, n) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Find the first leaf of the first usual name in the list for which `fits`; SIZE_MAX: none. */
static size_t find_usual(const struct kc_pq_schema *s, const char *list, int (*fits)(const struct kc_pq_leaf *),
                         const unsigned char *taken)
{
    for (; *list; list += strspn(list, ", ")) {
        size_t n = strcspn(list, ",");
        for (size_t i = 0; i < s->n; i++) {
            size_t m = 0;
            const char *name = s->leaves[i].parts == 1 ? kc_strs_get(&s->parts, s->leaves[i].part, &m) : NULL;
            if (name && m == n && !taken[i] && same_text(name, list, n, 0) && fits(&s->leaves[i]))
                return i;
        }
        list += n;
    }
    return SIZE_MAX;
}

/* List the names of the leaves for which `fits` (NULL: of all). */
static void list_names(const struct kc_pq_schema *s, int (*fits)(const struct kc_pq_leaf *), char out[SHOWN])
{
    size_t o = 0, n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        struct kc_buf b = {NULL, 0, 0};
        struct kc_err ignored = KC_ERR_INIT;
        if (fits && !fits(&s->leaves[i]))
            continue;
        if (o + 90 > SHOWN) {
            snprintf(out + o, SHOWN - o, ", ...");
            return;
        }
        if (kc_pq_leaf_name(s, i, &b, &ignored) == 0)
            o += (size_t)snprintf(out + o, SHOWN - o, "%s%.*s", n++ ? ", " : "", (int)(b.n < 60 ? b.n : 60),
                                  b.p ? b.p : "");
        kc_buf_free(&b);
    }
}

/* Return what the column is, for a message. */
static const char *kind_of(const struct kc_pq_leaf *l)
{
    if (l->kind && (l->shape == KC_PQ_NESTED || l->meaning == KC_PQ_DECIMAL || l->meaning == KC_PQ_OTHER))
        return l->kind;
    const char *one = l->meaning == KC_PQ_DATE ? "a date" : l->meaning == KC_PQ_TIMESTAMP ? "a timestamp" :
                      l->meaning == KC_PQ_UUID ? "a UUID" : l->type == KC_PQ_BOOLEAN ? "a boolean" :
                      is_number(l) ? "a number" : "a string";
    return l->shape == KC_PQ_SCALAR ? one : is_number(l) ? "a list of numbers" :
           "a list of other things";
}

/* Report that the column an option names is of the wrong kind. */
static int report_kind(const struct chooser *x, const char *option, const char *name, size_t leaf, const char *expected)
{
    return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "column '%s' (%s) is %s, expected %s%s", name, option,
                     kind_of(&x->s->leaves[leaf]), expected,
                     x->s->leaves[leaf].meaning == KC_PQ_DECIMAL ? ": cast it when the file is written" : "");
}

/* Report that there is no column of that name. */
static int report_missing(const struct chooser *x, const char *option, const struct kc_path *p)
{
    char names[SHOWN];
    size_t i = find_inside(x->s, p);
    list_names(x->s, NULL, names);
    if (i != SIZE_MAX && x->s->leaves[i].parts > p->n)
        return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "column '%s' (%s) is a struct, expected one of its fields: %s",
                         p->name, option, names);
    return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "no column '%s' (%s), it has %s", p->name, option, names);
}

/* Split the leaf's name into a stem and a number. Return 0 if it does not end with one. */
static int split_name(const struct kc_pq_schema *s, size_t leaf, const char **stem, size_t *stem_n, uint64_t *number)
{
    const struct kc_pq_leaf *l = &s->leaves[leaf];
    size_t n = 0;
    const char *p = l->parts == 1 ? kc_strs_get(&s->parts, l->part, &n) : NULL;
    size_t i = n;
    if (!p || l->shape != KC_PQ_SCALAR || !is_number(l))
        return 0;
    while (i > 0 && p[i - 1] >= '0' && p[i - 1] <= '9')
        i--;
    if (i == n || n - i > 18 || memchr(p, '\0', n))
        return 0;
    *number = 0;
    for (size_t j = i; j < n; j++)
        *number = *number * 10 + (uint64_t)(p[j] - '0');
    *stem = p;
    *stem_n = i;
    return 1;
}

/* Return the length of the run of numbered columns that begins at `leaf`; at least 1. */
static size_t run_length(const struct kc_pq_schema *s, size_t leaf)
{
    const char *stem, *other;
    size_t n, m, len = 1;
    uint64_t at, next;
    if (!split_name(s, leaf, &stem, &n, &at))
        return 1;
    for (; leaf + len < s->n; len++, at = next)
        if (!split_name(s, leaf + len, &other, &m, &next) || m != n || memcmp(stem, other, n) != 0 || next != at + 1)
            break;
    return len;
}

/* Find the longest run of at least two numbered columns. Return how many runs there are. */
static size_t find_runs(const struct kc_pq_schema *s, size_t *first, size_t *length)
{
    size_t runs = 0;
    *length = 1;
    for (size_t i = 0, n; i < s->n; i += n) {
        n = run_length(s, i);
        runs += n > 1;
        if (n > *length) {
            *length = n;
            *first = i;
        }
    }
    return runs;
}

/* Take n columns from `first` on as the vector. */
static int take_run(const struct chooser *x, size_t first, size_t n, const char *how)
{
    struct kc_pq_choice *c = x->c;
    c->vec = kc_mem_alloc(n, sizeof *c->vec, x->e);
    if (!c->vec)
        return -1;
    for (size_t i = 0; i < n; i++)
        c->vec[c->nvec++] = first + i;
    c->is_list = 0;
    c->how = how;
    return 0;
}

/* Take a list as the vector. */
static int take_list(const struct chooser *x, size_t leaf, const char *how)
{
    if (take_run(x, leaf, 1, how) != 0)
        return -1;
    x->c->is_list = 1;
    return 0;
}

/* Parse "3-770" or "3-", columns counted from 1. Return 1 if text is that. */
static int parse_range(const char *text, size_t n, size_t *first, size_t *count)
{
    char digits[32];
    uint64_t from, to = n;
    size_t m = strspn(text, "0123456789");
    if (m == 0 || m > 18 || text[m] != '-' || strlen(text) > 30)
        return 0;
    snprintf(digits, sizeof digits, "%.*s", (int)m, text);
    if (kc_num_u64(digits, &from) != 0 || (text[m + 1] != '\0' && kc_num_u64(text + m + 1, &to) != 0) || from == 0 ||
        to < from)
        return 0;
    *first = (size_t)from - 1;
    *count = (size_t)(to - from) + 1;
    return 1;
}

/* Take the columns that --vec-field names: a list, a range of numbers, or the stem of a run. */
static int take_named_vector(const struct chooser *x)
{
    const struct kc_path *p = &x->f->given.vec;
    const struct kc_pq_schema *s = x->s;
    size_t leaf = find_path(s, p), first = 0, n = 0;
    if (leaf != SIZE_MAX && is_vector(&s->leaves[leaf]))
        return take_list(x, leaf, BY_OPTION);
    if (leaf == SIZE_MAX && parse_range(p->name, s->n, &first, &n)) {
        if (first >= s->n || n > s->n - first)
            return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "there are no columns %s (--vec-field): it has %zu",
                             p->name, s->n);
        for (size_t i = first; i < first + n; i++)
            if (s->leaves[i].shape != KC_PQ_SCALAR || !is_number(&s->leaves[i]))
                return kc_err_at(x->e, KC_EINPUT, x->f->name, 0,
                                 "column %zu of %s (--vec-field) is %s, expected a number", i + 1, p->name,
                                 kind_of(&s->leaves[i]));
        return take_run(x, first, n, BY_OPTION);
    }
    for (size_t i = 0, m; p->n == 1 && i < s->n; i += m) { /* a stem */
        const char *stem = "";
        size_t stem_n = 0;
        uint64_t number;
        m = run_length(s, i);
        if (m > 1 && split_name(s, i, &stem, &stem_n, &number) && stem_n == p->off[1] &&
            memcmp(stem, p->text, stem_n) == 0)
            return take_run(x, i, m, BY_OPTION);
    }
    return leaf == SIZE_MAX ? report_missing(x, "--vec-field", p) :
           report_kind(x, "--vec-field", p->name, leaf, "a list of numbers, or a range of columns such as 2-769");
}

/* Report that it is not clear which columns are the vector. */
static int report_doubt(const struct chooser *x, size_t lists, size_t runs)
{
    char names[SHOWN], all[SHOWN];
    list_names(x->s, is_vector, names);
    list_names(x->s, NULL, all);
    if (lists > 0)
        return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "which column is the vector? It could be %s%s: name it with "
                         "--vec-field", names, runs ? ", or a run of numbered columns" : "");
    if (runs > 0)
        return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "which columns are the vector? It has %zu runs of numbered "
                         "ones among %s: name their stem or their numbers (2-769) with --vec-field", runs, all);
    return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "no vector: no column is a list of numbers, and none are numbered "
                     "as e0, e1, ... are; it has %s: give the columns' numbers with --vec-field, such as 2-769", all);
}

/* Take the vector by the usual names, or the only one there is. */
static int take_usual_vector(const struct chooser *x)
{
    const struct kc_pq_schema *s = x->s;
    unsigned char *none = kc_mem_zalloc(s->n, 1, x->e);
    size_t lists = 0, last = 0, first = 0, length;
    if (!none)
        return -1;
    size_t usual = find_usual(s, kc_fields_vecs, is_vector, none), runs = find_runs(s, &first, &length);
    size_t other = SIZE_MAX;
    for (size_t i = 0; i < s->n; i++) {
        lists += is_vector(&s->leaves[i]) ? 1 : 0;
        last = is_vector(&s->leaves[i]) ? i : last;
    }
    kc_mem_free(none);
    if (usual != SIZE_MAX)
        return take_list(x, usual, "by its name");
    if (lists == 1 && runs == 0)
        return take_list(x, last, "the only list of numbers");
    if (lists == 0 && runs == 1)
        return take_run(x, first, length, "by their names: columns with rising numbers");
    for (size_t i = 0; lists == 0 && runs == 0 && i < s->n; i++)
        if (s->leaves[i].kind && (s->leaves[i].shape == KC_PQ_LIST || s->leaves[i].shape == KC_PQ_NESTED))
            other = i;
    if (other != SIZE_MAX) {
        char name[SHOWN] = "";
        struct kc_buf b = {NULL, 0, 0};
        if (kc_pq_leaf_name(s, other, &b, x->e) != 0)
            return -1;
        snprintf(name, sizeof name, "%.*s", (int)(b.n < 100 ? b.n : 100), b.p ? b.p : "");
        kc_buf_free(&b);
        return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "no vector: column '%s' is %s%s, expected a list of numbers",
                         name, s->leaves[other].shape == KC_PQ_LIST ? "a list, each element " : "",
                         s->leaves[other].kind);
    }
    return report_doubt(x, lists, runs);
}

/* Take the column of the terms. taken: the columns of the vector. */
static int take_term(const struct chooser *x, const unsigned char *taken)
{
    const struct kc_path *p = &x->f->given.term;
    const struct kc_pq_schema *s = x->s;
    size_t strings = 0, last = SIZE_MAX, others = 0, n;
    char names[SHOWN];
    x->c->term = SIZE_MAX;
    if (!x->f->given.want_term)
        return 0;
    if (p->n > 0) {
        size_t leaf = find_path(s, p), count;
        if (leaf == SIZE_MAX && strspn(p->name, "0123456789") == strlen(p->name)) {
            char range[300];
            snprintf(range, sizeof range, "%.255s-", p->name);
            leaf = parse_range(range, s->n, &n, &count) && n < s->n ? n : SIZE_MAX;
        }
        if (leaf == SIZE_MAX)
            return x->f->o->metadata ? 0 : report_missing(x, "--term-field", p);
        if (!is_term(&s->leaves[leaf]))
            return report_kind(x, "--term-field", p->name, leaf, "a string or an integer");
        x->c->term = leaf;
        return 0;
    }
    x->c->term = find_usual(s, kc_fields_terms, is_term, taken);
    if (x->c->term == SIZE_MAX)
        x->c->term = find_usual(s, more_terms, is_term, taken);
    for (size_t i = 0; x->c->term == SIZE_MAX && i < s->n; i++) {
        if (taken[i])
            continue;
        strings += is_string(&s->leaves[i]) ? 1 : 0;
        last = is_string(&s->leaves[i]) ? i : last;
        others += is_term(&s->leaves[i]) ? 1 : 0;
    }
    if (x->c->term != SIZE_MAX || others == 0 || x->f->o->metadata)
        return 0;
    if (strings == 1) {
        x->c->term = last;
        return 0;
    }
    list_names(s, strings ? is_string : is_term, names);
    return kc_err_at(x->e, KC_EINPUT, x->f->name, 0, "which column is the term? It could be %s: name it with "
                     "--term-field, or give terms with --terms", names);
}

/* Find the columns of the attributes. */
static int take_attrs(const struct chooser *x)
{
    const struct kc_attrs *want = &x->f->attrs;
    if (x->f->o->metadata || want->n == 0)
        return 0;
    x->c->attrs = kc_mem_alloc(want->n, sizeof *x->c->attrs, x->e);
    if (!x->c->attrs)
        return -1;
    for (size_t i = 0; i < want->n; i++) {
        size_t leaf = find_path(x->s, &want->path[i]);
        if (leaf == SIZE_MAX && !(x->f->o->only_attrs && i == x->f->o->optional))
            return report_missing(x, "a field", &want->path[i]);
        if (leaf != SIZE_MAX && !is_text(&x->s->leaves[leaf]))
            return report_kind(x, "a field", want->path[i].name, leaf, "a plain value or a list of them");
        x->c->attrs[i] = leaf;
    }
    return 0;
}

int kc_pq_choose(struct kc_pq_choice *c, const struct kc_feed *f, const struct kc_pq_schema *s, struct kc_err *e)
{
    const struct chooser x = {f, s, c, e};
    c->term = SIZE_MAX;
    if (f->o->only_attrs)
        return take_attrs(&x);
    int rc = f->given.vec.name[0] ? take_named_vector(&x) : take_usual_vector(&x);
    unsigned char *taken = rc == 0 ? kc_mem_zalloc(s->n, 1, e) : NULL;
    if (!taken)
        return -1;
    for (size_t i = 0; i < c->nvec; i++)
        taken[c->vec[i]] = 1;
    rc = take_term(&x, taken);
    kc_mem_free(taken);
    return rc != 0 ? -1 : take_attrs(&x);
}

void kc_pq_choice_free(struct kc_pq_choice *c)
{
    kc_mem_free(c->vec);
    kc_mem_free(c->attrs);
}
