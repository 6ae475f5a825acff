/* Find the records in JSON input by its beginning: a record a line, or the array in the response of an embedding
 * service, ids and vectors side by side, or an object that maps words to vectors.
 *
 * The walk looks at the first text only, and only as far as it is in view. An array counts if its first element is a
 * vector, or an object with one vector in it (in/fields/guess.c). If two arrays count, that is a doubt: --records must
 * say which. A record that has its vector at its top, under a usual name, is a record whatever else it holds. */
#include "in/formats/shape.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/fields/fields.h"
#include "in/fields/vectext.h"

#define MOST_DEPTH 24u /* of objects that are looked into */
#define MOST_PLACES 4

/* What an array or object holds. */
enum holding { NOTHING, VECTOR, VECTORS, RECORDS, MAP, RECORD, RECORD_MAP };

/* An array or object that holds vectors. */
struct place {
    enum holding what;
    char pointer[256];
    int single; /* an array that is known to have one element */
};

struct shape_walk {
    const char *end;
    int whole;
    int cut;        /* the walk ran into the end of the view */
    int broken;     /* the text is no JSON */
    const char *at; /* where it is not */
    struct place place[MOST_PLACES];
    size_t n;
    char path[256];
};

static int is_number(char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

/* Note that the text at p is no JSON, or cut off. Return NULL. */
static const char *stop_walk(struct shape_walk *w, const char *p)
{
    w->cut |= p >= w->end && !w->whole;
    w->broken |= !w->cut;
    w->at = p;
    return NULL;
}

/* Skip the value at p. Return NULL if it is not all in view. */
static const char *skip_value(struct shape_walk *w, const char *p)
{
    struct kc_json_fault fault;
    const char *q = kc_json_skip(p, w->end, 1, &fault);
    if (q && q == w->end && !w->whole && is_number(q[-1])) /* a number may go on */
        return stop_walk(w, q);
    return q ? q : stop_walk(w, fault.at);
}

static void add_place(struct shape_walk *w, enum holding what, int single)
{
    if (w->n < MOST_PLACES) {
        struct place *o = &w->place[w->n];
        o->what = what;
        memcpy(o->pointer, w->path, sizeof o->pointer);
        o->single = single;
    }
    w->n++;
}

/* Return what the string at p holds: VECTOR or NOTHING. */
static enum holding judge_string(const char *p, const char *end)
{
    struct kc_json_fault fault;
    struct kc_json_str s;
    return kc_json_string(p, end, &s, &fault) && kc_vectext_of(s.p, s.p + s.n) != KC_VECTEXT_NONE ? VECTOR : NOTHING;
}

/* Return what the array whose first element is at p holds, by that element. */
static enum holding judge_first(struct shape_walk *w, const char *p)
{
    struct kc_fields f;
    struct kc_json_fault fault;
    if (is_number(*p))
        return VECTOR;
    if (*p == '[')
        return is_number(*kc_json_ws(p + 1)) ? VECTORS : NOTHING;
    if (*p == '"')
        return judge_string(p, w->end) == VECTOR ? VECTORS : NOTHING;
    if (*p != '{' || !kc_json_skip(p, w->end, 1, &fault))
        return NOTHING;
    memset(&f, 0, sizeof f);
    kc_fields_guess(&f, p, w->end, 0);
    return f.vec.n > 0 && (f.found || kc_fields_has_vec(p, w->end)) ? RECORDS : NOTHING;
}

int kc_shape_is_vectors(const char *p, const char *end)
{
    struct shape_walk w = {.end = end, .whole = 1};
    const enum holding what = judge_first(&w, p);
    return what == VECTORS || what == RECORDS;
}

/* Walk the array at p. Return the text after it, NULL if it is not all in view. */
static const char *walk_array(struct shape_walk *w, const char *p, enum holding *what)
{
    const char *first = kc_json_ws(p + 1);
    if (first >= w->end)
        return stop_walk(w, first);
    if (*first == ']')
        return first + 1;
    if (!is_number(*first) && !skip_value(w, first)) /* judge whole elements only */
        return *first == '[' && is_number(*kc_json_ws(first + 1)) ? add_place(w, VECTORS, 0), NULL : NULL;
    *what = judge_first(w, first);
    if (*what == VECTORS || *what == RECORDS) {
        const char *q = skip_value(w, first);
        add_place(w, *what, q && *kc_json_ws(q) == ']');
    }
    if (*what == VECTOR) { /* a single number is no vector */
        const char *q = skip_value(w, first);
        *what = q && *kc_json_ws(q) == ',' ? VECTOR : NOTHING;
    }
    return skip_value(w, p);
}

/* Append a part to the path. Return 0 if it does not fit. */
static int enter_member(struct shape_walk *w, const struct kc_json_str *key)
{
    size_t o = strlen(w->path);
    if (key->escaped || o + 2 * key->n + 2 > sizeof w->path)
        return 0;
    w->path[o++] = '/';
    for (size_t i = 0; i < key->n; i++) {
        int special = key->p[i] == '~' || key->p[i] == '/';
        if (special)
            w->path[o++] = '~';
        w->path[o++] = !special ? key->p[i] : key->p[i] == '~' ? '0' : '1';
    }
    w->path[o] = '\0';
    return 1;
}

/* The members of an object, counted. */
struct members {
    size_t all, vectors, records;
    size_t named; /* whose names are usual for a vector, or for a list of terms */
};

/* Count a member that is all in view. */
static void count_member(struct members *m, const struct kc_json_str *key, enum holding what)
{
    int plural = key->n > 1 && key->p[key->n - 1] == 's' && kc_fields_find(kc_fields_terms, key->p, key->n - 1) >= 0;
    m->all++;
    m->vectors += what == VECTOR;
    m->records += what == RECORD;
    m->named += kc_fields_find(kc_fields_vecs, key->p, key->n) >= 0 || (plural && m->all <= 8);
}

static const char *walk_object(struct shape_walk *w, const char *p, unsigned depth);

/* Walk the member whose key is at p. Return the text after it, NULL if it is not all in view. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as MOST_DEPTH */
static const char *walk_member(struct shape_walk *w, const char *p, unsigned depth, struct members *m)
{
    size_t old = strlen(w->path);
    struct kc_json_fault fault;
    struct kc_json_str key;
    enum holding what = NOTHING;
    p = kc_json_string(p, w->end, &key, &fault);
    if (!p)
        return stop_walk(w, fault.at);
    p = kc_json_ws(p);
    if (*p != ':')
        return stop_walk(w, p);
    p = kc_json_ws(p + 1);
    int entered = enter_member(w, &key);
    const char *value = p;
    size_t places = w->n;
    if (*p == '[')
        p = walk_array(w, p, &what);
    else if (*p == '{' && entered && depth < MOST_DEPTH)
        p = walk_object(w, p, depth + 1);
    else
        p = skip_value(w, p);
    if (p && *value == '"')
        what = judge_string(value, w->end);
    if (*value == '{' && (p ? judge_first(w, value) == RECORDS : m->records > 1)) { /* its inside is no place */
        what = RECORD;
        w->n = places;
    }
    w->path[old] = '\0';
    if (!entered) /* no pointer leads there */
        w->n = places;
    if (p)
        count_member(m, &key, what);
    return p;
}

/* Walk the object at p. Return the text after it, NULL if it is not all in view. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as MOST_DEPTH */
static const char *walk_object(struct shape_walk *w, const char *p, unsigned depth)
{
    struct members m = {0, 0, 0, 0};
    const char *q = kc_json_ws(p + 1);
    while (q && *q == '"') {
        q = walk_member(w, q, depth, &m);
        if (!q)
            break;
        q = kc_json_ws(q);
        if (*q != ',')
            break;
        q = kc_json_ws(q + 1);
    }
    size_t least = !q ? 3 : depth == 0 ? 1 : 2; /* words that make a map */
    if (m.vectors == m.all && m.named == 0 && m.all >= least)
        add_place(w, MAP, 0);
    else if (m.records == m.all && m.named == 0 && m.all >= (q ? 2 : 3))
        add_place(w, RECORD_MAP, 0);
    if (!q)
        return NULL;
    return *q == '}' ? q + 1 : stop_walk(w, q);
}

/* Return 1 if there is a line break in [p, end). */
static int has_break(const char *p, const char *end)
{
    return memchr(p, '\n', (size_t)(end - p)) != NULL;
}

/* Set the shape of records that are values by themselves: a line each, or over many lines. after: the text after the
 * first value; NULL if it is broken at w->at. */
static void set_values(const struct shape_walk *w, const char *p, const char *after, struct kc_shape *shape)
{
    const char *nl = memchr(p, '\n', (size_t)(w->end - p));
    shape->kind = KC_SHAPE_LINES;
    if (after) {
        shape->kind = has_break(p, after) ? KC_SHAPE_TEXTS : KC_SHAPE_LINES;
    } else if (nl && w->at > nl) { /* a broken line is followed by another record, a broken text is not */
        const char *second = kc_json_ws(nl);
        if (w->at > second && *second != *p)
            shape->kind = KC_SHAPE_TEXTS;
    }
}

/* Return 1 if the first numbers of the array at p are written as numpy prints them: with blanks between them, or with
 * no digit after the point; -1 if that is not all in view. */
static int is_printed(const char *p, const char *end)
{
    while (*p == '[')
        p = kc_json_ws(p + 1);
    if (!is_number(*p))
        return 0;
    while (is_number(*p) || *p == '.' || *p == '+' || (*p | 0x20) == 'e')
        p++;
    const char *next = kc_json_ws(p);
    if (next >= end)
        return -1;
    return p[-1] == '.' || (next > p && (is_number(*next) || *next == '.'));
}

/* Set the shape of input that begins with an array. */
static int find_in_array(struct shape_walk *w, const char *p, struct kc_shape *shape)
{
    const char *first = kc_json_ws(p + 1);
    if (first >= w->end && !w->whole)
        return 0;
    int printed = is_printed(p, w->end);
    if (printed) {
        shape->kind = *first == '[' ? KC_SHAPE_ARRAY : KC_SHAPE_TEXTS;
        shape->bare = shape->printed = 1;
        return printed > 0 || w->whole;
    }
    if (is_number(*first)) {
        const char *after = skip_value(w, p);
        shape->bare = 1;
        set_values(w, p, after, shape);
        return after || !w->cut ? 1 : 2;
    }
    shape->kind = KC_SHAPE_ARRAY;
    shape->bare = *first == '[' || *first == '"';
    return 1;
}

/* Set the shape of what a place holds. */
static void set_place(struct kc_shape *shape, enum holding what)
{
    shape->kind = what == MAP || what == RECORD_MAP ? KC_SHAPE_MAP : KC_SHAPE_ARRAY;
    shape->bare = what == VECTORS;
    shape->keyed = what == RECORD_MAP;
}

/* Set the shape of input whose records the user names. Return 0 if more bytes must be seen. */
static int find_named(struct shape_walk *w, const char *p, const char *records, struct kc_shape *shape)
{
    shape->kind = KC_SHAPE_ARRAY;
    shape->inside = *records != '\0';
    snprintf(shape->pointer, sizeof shape->pointer, "%s", records);
    const char *after = *p == '{' ? walk_object(w, p, 0) : p;
    for (size_t i = 0; i < w->n && i < MOST_PLACES; i++)
        if (strcmp(w->place[i].pointer, records) == 0) {
            set_place(shape, w->place[i].what);
            return after || !w->cut ? 1 : 2;
        }
    return after || !w->cut;
}

/* Return the value of the key at the top of the object at p; NULL if it is not in view. */
static const char *find_key(const char *p, const char *end, const char *name)
{
    struct kc_json_fault fault;
    struct kc_json_str key;
    do {
        p = kc_json_ws(p + 1);
        if (*p != '"' || !(p = kc_json_string(p, end, &key, &fault)))
            return NULL;
        p = kc_json_ws(p);
        if (*p != ':')
            return NULL;
        p = kc_json_ws(p + 1);
        if (kc_json_equals(&key, name, strlen(name)))
            return p < end ? p : NULL;
        p = kc_json_skip(p, end, 1, &fault);
        p = p ? kc_json_ws(p) : NULL;
    } while (p && *p == ',');
    return NULL;
}

/* Return 1 if the object at p has the names of columns, and lists of fields as data. */
static int has_named_columns(const char *p, const char *end)
{
    const char *columns = find_key(p, end, "columns"), *data = columns ? find_key(p, end, "data") : NULL;
    return data && *columns == '[' && *kc_json_ws(columns + 1) == '"' && *data == '[' && *kc_json_ws(data + 1) == '[';
}

/* Return 1 if the first member of the object at p is a column: {"0": SCALAR, ... */
static int begins_column(const char *p, const char *end)
{
    struct kc_json_fault fault;
    struct kc_json_str key;
    for (int depth = 0; depth < 2; depth++) {
        p = kc_json_ws(p + 1);
        p = *p == '"' ? kc_json_string(p, end, &key, &fault) : NULL;
        p = p ? kc_json_ws(p) : NULL;
        if (!p || *p != ':')
            return 0;
        p = kc_json_ws(p + 1);
        if (depth == 0 && *p != '{')
            return 0;
    }
    return kc_json_equals(&key, "0", 1) && (is_number(*p) || *p == '"');
}

int kc_shape_find(const char *p, const char *end, int whole, const char *records, const char *vec_field,
                  struct kc_shape *shape)
{
    struct shape_walk w = {.end = end, .whole = whole};
    memset(shape, 0, sizeof *shape);
    if (records)
        return find_named(&w, p, records, shape);
    if (*p == '[')
        return find_in_array(&w, p, shape);
    size_t name = kc_vectext_wrapper(p, end);
    if (name > 0) {
        const char *first = kc_json_ws(p + name + 1);
        shape->printed = shape->bare = 1;
        shape->kind = *first == '[' ? KC_SHAPE_ARRAY : KC_SHAPE_TEXTS;
        return first < end || whole;
    }
    if (*p != '{')
        return 1;
    if (has_named_columns(p, end)) {
        shape->kind = KC_SHAPE_SPLIT;
        return 1;
    }
    const char *after = walk_object(&w, p, 0);
    const struct place *o = w.n > 0 ? &w.place[0] : NULL;
    int top_vec = !vec_field ? kc_fields_has_vec(p, end) : *vec_field == '/' || find_key(p, end, vec_field) != NULL;
    int top_term = kc_fields_has_term(p, end);
    if (!after && w.cut && !o && !top_vec)
        return 0;
    /* one vector in a record with a term of its own, as batch jobs write them: the record counts, not the array; and
     * vectors by name in such a record are no map */
    int one = o && after && o->single && !has_break(p, after);
    int named = o && (o->what == MAP || o->what == RECORD_MAP) && o->pointer[0] != '\0';
    if (!top_vec && !o && !vec_field && begins_column(p, end)) {
        shape->kind = KC_SHAPE_COLUMNS;
        return 1;
    }
    if (top_vec || !o || (w.n == 1 && top_term && (one || named))) {
        set_values(&w, p, after, shape);
        return after || !w.cut ? 1 : 2;
    }
    set_place(shape, o->what);
    if (w.n > 1)
        shape->kind = KC_SHAPE_DOUBT;
    shape->inside = o->pointer[0] != '\0';
    memcpy(shape->pointer, o->pointer, sizeof shape->pointer);
    if (w.n > 1)
        memcpy(shape->other, w.place[1].pointer, sizeof shape->other);
    return after || !w.cut ? 1 : 2;
}
