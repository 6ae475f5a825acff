/* Parse one JSON record in a single walk, without a tree: the vector is decoded where the path to it ends, the term is
 * remembered, and everything else is only checked. UTF-8 is checked last but reported first; the numbers of a good
 * vector need no check. */
#include "in/formats/record.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/fields/vectext.h"
#include "in/piece/opts.h"

#define LISTS_OF_FIELDS ": lists of fields are not read, but objects, as in {\"term\": \"a\", \"vec\": [0.5, 1]}"
#define LONGEST_WORD 40 /* of a word that is shown in a message */

/* The verdict on the vector. A duplicate key later in the record may still replace it, so it counts only at the
 * record's end. */
enum vec_state { VEC_MISSING, VEC_OK, VEC_KIND, VEC_EMPTY, VEC_LARGE, VEC_COUNT, VEC_ELEMENT, VEC_RANGE, VEC_TEXT,
                 VEC_SEVERAL };

/* The state of the walk. */
struct record_walk {
    const char *begin, *end;
    const struct kc_fields *f;
    struct kc_record *r;
    struct kc_json_fault fault;
    enum vec_state vec;
    const char *what; /* VEC_KIND, VEC_ELEMENT, VEC_RANGE, VEC_TEXT: the value concerned */
    size_t what_n, index;
    const char *numbers, *numbers_end; /* the last array of numbers, which is nothing but ASCII */
    int several;       /* there are other vectors beside the one that was found */
    const char *index_at; /* the value of "index", or NULL */
    const char *term; /* the term's value, NULL while there is none */
    size_t term_n;
};

/* Return the column of a fault, and count the line breaks before it in r->lines. */
static size_t count_to(const struct record_walk *w, const char *at)
{
    const char *line = w->begin, *p;
    size_t column = w->r->column;
    while ((p = memchr(line, '\n', (size_t)(at - line))) != NULL) {
        w->r->lines++;
        line = p + 1;
        column = 0;
    }
    return column + (size_t)(at - line) + 1;
}

static int is_word_byte(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void kc_record_clarify(struct kc_json_fault *f, const char *end, char word[KC_RECORD_WORD])
{
    const char *p = f->at;
    int n = 0;
    if (f->what)
        return;
    if (end - p >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        f->what = "a byte order mark inside the file";
        f->expected = NULL;
        return;
    }
    if (*p == '\'') {
        f->what = "quotes of Python's repr are no JSON: json.dumps(x) in place of str(x) writes it";
        f->expected = NULL;
        return;
    }
    if (end - p >= 3 && memcmp(p, "...", 3) == 0) {
        f->what = "'...' stands for numbers that are missing, for numpy prints long arrays so: x.tolist() has them";
        f->expected = NULL;
        return;
    }
    while (n < LONGEST_WORD && end - p > n && is_word_byte(p[n]))
        n++;
    /* a word where a value should be: a literal of another language, or one misspelt; a single letter says nothing */
    if (n < 2 || (*p >= '0' && *p <= '9') || strncmp(f->expected, "a value", 7) != 0)
        return;
    int numpy = n == 2 && memcmp(p, "np", 2) == 0;
    snprintf(word, KC_RECORD_WORD, "'%.*s' is not JSON%s", n, p, numpy ? ": x.tolist() has plain numbers" : "");
    f->what = word;
    f->expected = NULL;
}

/* Report the fault of the walk. */
static int report_fault(struct record_walk *w)
{
    char word[KC_RECORD_WORD];
    size_t column = count_to(w, w->fault.at);
    kc_record_clarify(&w->fault, w->end, word);
    if (w->r->msg[0] == '\0')
        kc_json_explain(&w->fault, column, w->end, w->r->unit, w->r->msg, sizeof w->r->msg);
    w->fault.what = NULL; /* word's lifetime ends here */
    return -1;
}

/* Set the fault "expected ..." at `at`. Return NULL. */
static const char *set_expected(struct record_walk *w, const char *at, const char *expected)
{
    w->fault = (struct kc_json_fault){at, expected, NULL};
    return NULL;
}

/* Judge the vector's element at q, which kc_num_floats did not accept. p: where the vector begins. Return the text
 * after the vector, or NULL on a fault. */
static const char *judge_element(struct record_walk *w, const char *p, const char *q, size_t index, unsigned depth)
{
    static const char *const names[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < 3; i++)
        if (strncmp(q, names[i], strlen(names[i])) == 0) {
            snprintf(w->r->msg, sizeof w->r->msg, "%s[%zu] is %s, expected a number", w->f->vec.name, index, names[i]);
            return set_expected(w, q, "a number");
        }
    const char *after = kc_json_skip(q, w->end, depth + 1, &w->fault);
    if (!after)
        return NULL;
    w->vec = (*q >= '0' && *q <= '9') || *q == '-' ? VEC_RANGE : VEC_ELEMENT;
    w->what = q;
    w->what_n = (size_t)(after - q);
    w->index = index;
    return kc_json_skip(p, w->end, depth, &w->fault);
}

/* Parse a vector that is written as a string at p. Return the text after it, or NULL on a fault. */
static const char *decode_text(struct record_walk *w, const char *p)
{
    struct kc_record *r = w->r;
    struct kc_json_str s;
    char msg[8];
    const char *q = kc_json_string(p, w->end, &s, &w->fault);
    if (!q)
        return NULL;
    enum kc_vectext how = kc_vectext_of(s.p, s.p + s.n);
    struct kc_vectext_row row = {r->row, r->d, r->floor, 0};
    w->what = p;
    w->vec = how == KC_VECTEXT_NONE ? VEC_KIND : VEC_TEXT;
    if (how == KC_VECTEXT_NONE || kc_vectext_parse(how, s.p, s.p + s.n, "", &row, msg, sizeof msg) != 0)
        return q;
    w->numbers = p;
    w->numbers_end = q - 1;
    r->count = row.count;
    w->vec = r->count > KC_MAX_DIM ? VEC_LARGE : r->d > 0 && r->count != r->d ? VEC_COUNT : VEC_OK;
    return q;
}

/* Decode the vector at p into the row. Return the text after it, or NULL on a fault. */
static const char *decode_vec(struct record_walk *w, const char *p, unsigned depth)
{
    struct kc_record *r = w->r;
    float beyond[64];
    size_t n = 0;
    if (*p == '"')
        return decode_text(w, p);
    if (*p != '[') {
        w->vec = VEC_KIND;
        w->what = p;
        return kc_json_skip(p, w->end, depth, &w->fault);
    }
    const char *q = kc_json_ws(p + 1);
    if (*q == ']') {
        w->vec = VEC_EMPTY;
        return q + 1;
    }
    for (;;) {
        enum kc_num_status st;
        float *to = n < r->d ? r->row + n : beyond;
        n += kc_num_floats(&q, r->floor, to, n < r->d ? r->d - n : sizeof beyond / sizeof beyond[0], &st);
        if (st != KC_NUM_OK)
            return judge_element(w, p, q, n, depth);
        if (*q != ',')
            break;
        q = kc_json_ws(q + 1);
    }
    if (*q != ']')
        return set_expected(w, q, "',' or ']'");
    w->numbers = p;
    w->numbers_end = q;
    r->count = n;
    w->vec = n > KC_MAX_DIM ? VEC_LARGE : r->d == 0 || n == r->d ? VEC_OK : VEC_COUNT;
    return q + 1;
}

/* Walk the record's object, and those of its containers that the fields' paths lead into; kc_json_skip checks the
 * others. Return the text after it, or NULL on a fault. */
static const char *walk_object(struct record_walk *w, const char *p)
{
    const struct kc_path *path[2] = {&w->f->vec, &w->f->term};
    unsigned on[2] = {1, 1}; /* path t leads through the containers 1..on[t] */
    char kind[KC_PATH_DEPTH + 2];
    uint64_t index[KC_PATH_DEPTH + 2];
    unsigned depth = 1;
    kind[1] = '{';
    p = kc_json_ws(p + 1);
    if (*p == '}')
        return p + 1;
    for (;;) {
        /* p is at a member of container `depth` */
        int match[2], enter = 0, done = 0;
        struct kc_json_str key = {NULL, 0, 0};
        if (kind[depth] == '{') {
            if (*p != '"')
                return set_expected(w, p, "a key or '}'");
            p = kc_json_string(p, w->end, &key, &w->fault);
            if (!p)
                return NULL;
            p = kc_json_ws(p);
            if (*p != ':')
                return set_expected(w, p, "':'");
            p = kc_json_ws(p + 1);
        }
        for (int t = 0; t < 2; t++) {
            match[t] = on[t] == depth && depth <= path[t]->n &&
                       (kind[depth] == '{' ? kc_path_is_key(path[t], depth - 1, &key)
                                           : kc_path_is_index(path[t], depth - 1, index[depth]));
            enter |= match[t] && depth < path[t]->n;
        }
        w->several |= w->f->alone && kind[depth] == '[' && on[0] == depth && index[depth] == 1;
        if (depth == 1 && w->r->want_index && kc_json_equals(&key, "index", 5))
            w->index_at = p;
        const char *value = p;
        if (match[0]) {
            w->vec = VEC_MISSING; /* a duplicate key replaces what the earlier one held */
            if (depth == path[0]->n) {
                p = decode_vec(w, p, depth);
                if (!p)
                    return NULL;
                done = 1;
            }
        }
        if (match[1]) {
            w->term = NULL;
            if (depth == path[1]->n) {
                if (!done && !enter)
                    p = kc_json_skip(p, w->end, depth, &w->fault);
                if (!p)
                    return NULL;
                w->term = value; /* if the other path leads into it, it is no term: term_n is not used */
                w->term_n = (size_t)(p - value);
                done |= !enter;
            }
        }
        if (!done && enter && (*p == '{' || *p == '[')) {
            char close = *p == '{' ? '}' : ']';
            depth++;
            kind[depth] = *p;
            index[depth] = 0;
            for (int t = 0; t < 2; t++)
                on[t] = match[t] ? depth : on[t];
            p = kc_json_ws(p + 1);
            if (*p != close)
                continue;
        } else if (!done) {
            p = kc_json_skip(p, w->end, depth, &w->fault);
            if (!p)
                return NULL;
            p = kc_json_ws(p);
        } else {
            p = kc_json_ws(p);
        }
        while (*p == (kind[depth] == '{' ? '}' : ']')) {
            p++;
            if (--depth == 0)
                return p;
            for (int t = 0; t < 2; t++)
                on[t] = on[t] < depth ? on[t] : depth;
            p = kc_json_ws(p);
        }
        if (*p != ',')
            return set_expected(w, p, kind[depth] == '{' ? "',' or '}'" : "',' or ']'");
        p++;
        index[depth]++; /* NOLINT(clang-analyzer-core.uninitialized.Assign): set where the container began */
        const char *next = kc_json_ws(p);
        if (kind[depth] == '{' && *next != '"')
            return set_expected(w, next, "a key");
        p = next;
    }
}

/* Report what is wrong with a vector that is written as a string. */
static int report_text(const struct record_walk *w)
{
    struct kc_record *r = w->r;
    struct kc_json_fault fault;
    struct kc_json_str s;
    (void)kc_json_string(w->what, w->end, &s, &fault);
    struct kc_vectext_row row = {r->row, r->d, r->floor, 0};
    return kc_vectext_parse(kc_vectext_of(s.p, s.p + s.n), s.p, s.p + s.n, kc_fields_subject(w->f), &row, r->msg,
                            sizeof r->msg);
}

/* Report the verdict on the vector. Return 0 if it is good. */
static int report_vec(const struct record_walk *w)
{
    struct kc_record *r = w->r;
    const char *name = w->f->vec.name, *subject = kc_fields_subject(w->f);
    size_t size = sizeof r->msg;
    int n = 0;
    switch (w->vec) {
    case VEC_OK:
        return 0;
    case VEC_MISSING:
        if (w->f->vec.n == 0)
            snprintf(r->msg, size, "no vector under a usual name: ");
        else
            snprintf(r->msg, size, "no field '%s'; ", name);
        kc_fields_explain(w->begin, w->end, w->f->vec.n ? name : NULL, r->msg, size);
        break;
    case VEC_TEXT:
        (void)report_text(w);
        break;
    case VEC_SEVERAL:
        snprintf(r->msg, size, "'%s' is not its only vector: name the array of records with --records", name);
        break;
    case VEC_KIND:
        n = snprintf(r->msg, size, "%s is %s, expected an array of numbers", subject, kc_json_kind(*w->what));
        if (*w->what == '"' && w->f->bare && r->unit[0] == 'r')
            snprintf(r->msg + n, size - (size_t)n, LISTS_OF_FIELDS);
        else if (*w->what == '"')
            snprintf(r->msg + n, size - (size_t)n,
                     ", or a text that is one: [1, 2], or base64 or hexadecimal of float32");
        break;
    case VEC_EMPTY:
        n = snprintf(r->msg, size, "%s is empty, expected ", subject);
        if (r->d == 0)
            snprintf(r->msg + n, size - (size_t)n, "an array of numbers");
        else
            snprintf(r->msg + n, size - (size_t)n, "%zu number%s", r->d, r->d == 1 ? "" : "s");
        break;
    case VEC_LARGE:
        snprintf(r->msg, size, "%s has %zu numbers, more than the limit of %zu", subject, r->count,
                 KC_MAX_DIM);
        break;
    case VEC_COUNT:
        n = snprintf(r->msg, size, "%s has %zu number%s, expected %zu", subject, r->count, r->count == 1 ? "" : "s",
                     r->d);
        if (r->d_from)
            snprintf(r->msg + n, size - (size_t)n, " as in %s", r->d_from);
        break;
    case VEC_ELEMENT:
        snprintf(r->msg, size, "%s[%zu] is %s, expected a number%s", name, w->index, kc_json_kind(*w->what),
                 w->f->bare && w->index == 0 && *w->what == '"' ?
                     LISTS_OF_FIELDS : "");
        break;
    case VEC_RANGE:
        snprintf(r->msg, size, "%s[%zu] is %.*s%s, beyond the range of float32", name, w->index,
                 (int)(w->what_n < 40 ? w->what_n : 40), w->what, w->what_n > 40 ? "..." : "");
        break;
    }
    return -1;
}

/* Parse an array as numpy prints it, which is no JSON. Return 0 if it is a good record. */
static int decode_printed(struct record_walk *w, const char *p)
{
    struct kc_record *r = w->r;
    struct kc_vectext_row row = {r->row, r->d, r->floor, 0};
    r->term_kind = 0;
    if (kc_vectext_parse(KC_VECTEXT_LIST, p, w->end, "the record", &row, r->msg, sizeof r->msg) != 0)
        return -1;
    r->count = row.count;
    w->vec = r->count > KC_MAX_DIM ? VEC_LARGE : r->d > 0 && r->count != r->d ? VEC_COUNT : VEC_OK;
    r->vec = p;
    r->vec_end = w->end;
    return report_vec(w);
}

/* Set the record's term from the value found. */
static int set_term(const struct record_walk *w)
{
    struct kc_record *r = w->r;
    r->term_kind = 0;
    if (!w->f->want_term || w->f->bare)
        return 0;
    if (!w->term) {
        if (w->f->term.n == 0)
            snprintf(r->msg, sizeof r->msg,
                     "no term under a usual name: name its field with --term-field, or give terms with --terms; ");
        else
            snprintf(r->msg, sizeof r->msg, "no field '%s'; ", w->f->term.name);
        kc_fields_list(w->begin, w->end, w->f->term.n ? w->f->term.name : NULL, r->msg, sizeof r->msg);
        return -1;
    }
    char c = *w->term;
    if (c == '"') {
        r->term_kind = '"';
        r->term.p = w->term + 1;
        r->term.n = w->term_n - 2;
        r->term.escaped = memchr(r->term.p, '\\', r->term.n) != NULL;
    } else if ((c >= '0' && c <= '9') || c == '-') {
        r->term_kind = '0';
        r->term.p = w->term;
        r->term.n = w->term_n;
        r->term.escaped = 0;
    } else {
        snprintf(r->msg, sizeof r->msg, "%s is %s, expected a string or a number", w->f->term.name, kc_json_kind(c));
        return -1;
    }
    return 0;
}

/* Return the first byte of the record that is not UTF-8, or NULL. The numbers, nearly all of a good record, are known
 * to be ASCII. */
static const char *first_bad_utf8(const struct record_walk *w, int good)
{
    const char *bad = kc_utf8_bad(w->begin, good && w->numbers ? w->numbers : w->end);
    return bad || !good || !w->numbers ? bad : kc_utf8_bad(w->numbers_end, w->end);
}

int kc_record_parse(const char *begin, const char *end, const struct kc_fields *f, struct kc_record *r)
{
    struct record_walk w = {.begin = begin, .end = end, .f = f, .r = r};
    const char *bad, *p = kc_json_ws(begin);
    r->msg[0] = '\0';
    r->lines = 0;
    r->count = 0;
    r->index = -1;
    r->vec = r->vec_end = NULL;
    char first = *p;
    if (f->printed && first == '[')
        return decode_printed(&w, p);
    if (f->bare && (first == '[' || first == '"'))
        p = decode_vec(&w, p, 0);
    else if (!f->bare && first == '{')
        p = walk_object(&w, p);
    else
        p = kc_json_skip(p, end, 0, &w.fault);
    bad = first_bad_utf8(&w, p != NULL);
    if (bad) { /* this is reported before any other fault */
        snprintf(r->msg, sizeof r->msg, "not UTF-8: byte 0x%02x at column %zu", (unsigned char)*bad, count_to(&w, bad));
        return -1;
    }
    if (!p)
        return report_fault(&w);
    p = kc_json_ws(p);
    if (p != end) {
        w.fault = (struct kc_json_fault){p, "the end of the line: one record per line", NULL};
        return report_fault(&w);
    }
    if (first != (f->bare ? '[' : '{') && !(f->bare && first == '"')) {
        snprintf(r->msg, sizeof r->msg, f->named && !f->bare ? "the record is %s, expected %s with the field '%s'" :
                 "the record is %s, expected %s", kc_json_kind(first), f->bare ? "an array of numbers" : "an object",
                 f->named == 1 ? f->term.name : f->vec.name);
        return -1;
    }
    if (w.vec == VEC_OK && w.several)
        w.vec = VEC_SEVERAL;
    if (report_vec(&w) != 0)
        return -1;
    uint64_t index;
    if (w.index_at && kc_json_u64(w.index_at, &index) == 0 && index < INT64_MAX)
        r->index = (int64_t)index;
    r->vec = w.numbers;
    r->vec_end = w.numbers_end + 1;
    return set_term(&w);
}
