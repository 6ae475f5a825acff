/* Choose the fields of the term and of the vector when no option names them: by the usual names, which are compared
 * without regard to case. A record without a usual name for its vector, as services wrap theirs, is searched at every
 * depth; what is found counts only if it is the only vector there. */
#include <stdio.h>
#include <string.h>
#include "base/suggest.h"
#include "in/fields/fields.h"
#include "in/fields/vectext.h"

const char kc_fields_terms[] = "term, custom_id, id, _id, uuid, doc_id, name, key, text, sentence, content, document, "
                               "title, word, token, keyword, query, chunk, passage, phrase, input, index, idx, label, "
                               "class, category";
const char kc_fields_vecs[] = "vec, vector, embedding, embeddings, values, emb, features, dense_vector";

#define SYNONYMS 40
#define MOST_FOUND 4    /* vectors of one record that a message shows */
#define LEAST_UNNAMED 8 /* numbers of base64 or hexadecimal behind a name that is not usual */
#define LEAST_WHOLE 16  /* whole numbers that may be a vector behind a name that is not usual */

/* A usual name that a record has. */
struct synonym {
    char first; /* the first byte of its value; 0: the record does not have it */
    struct kc_json_str key;
    const char *value;
};

/* A vector that a record holds. */
struct found_vector {
    char pointer[256];
    int usual;       /* a usual name leads to it */
    int plain;       /* it may be one behind any name */
    unsigned arrays; /* IN_ARRAY, SEVERAL */
};

#define IN_ARRAY 1u /* an array leads to the vector */
#define SEVERAL 2u  /* one with other elements does */

/* A search of all vectors in a record. */
struct vector_search {
    const char *end;
    char path[256]; /* the pointer to the value at hand */
    struct found_vector found[MOST_FOUND];
    size_t n;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

int kc_fields_find(const char *list, const char *key, size_t n)
{
    for (int i = 0; *list; i++) {
        size_t m = strcspn(list, ","), j = 0;
        while (j < m && j < n && lower(list[j]) == lower(key[j]))
            j++;
        if (j == m && m == n)
            return i;
        list += m;
        list += strspn(list, ", ");
    }
    return -1;
}

static int is_scalar(char first)
{
    return first == '"' || first == '-' || (first >= '0' && first <= '9');
}

static int is_number(char first)
{
    return first == '-' || (first >= '0' && first <= '9');
}

/* Return how many numbers a text holds as a vector, 0 if it is none. */
static size_t count_text(const char *p, const char *end)
{
    char msg[160];
    struct kc_vectext_row r = {NULL, 0, p, 0};
    enum kc_vectext how = kc_vectext_of(p, end);
    return how != KC_VECTEXT_NONE && kc_vectext_parse(how, p, end, "", &r, msg, sizeof msg) == 0 ? r.count : 0;
}

/* Return 1 if the value at p, behind a usual name, is a vector. */
static int is_vector(const char *p, const char *end)
{
    struct kc_json_fault fault;
    struct kc_json_str s;
    if (*p == '[')
        return is_number(*kc_json_ws(p + 1)) || *kc_json_ws(p + 1) == ']';
    return *p == '"' && kc_json_string(p, end, &s, &fault) && kc_vectext_of(s.p, s.p + s.n) != KC_VECTEXT_NONE;
}

/* Return the position of a key in a list. A key with escapes is made to be the list's own name, if it is one. */
static int find_synonym(const char *list, struct kc_json_str *key)
{
    if (!key->escaped)
        return kc_fields_find(list, key->p, key->n);
    for (int i = 0; *list; i++) {
        size_t n = strcspn(list, ",");
        if (kc_json_equals(key, list, n)) {
            *key = (struct kc_json_str){list, n, 0};
            return i;
        }
        list += n;
        list += strspn(list, ", ");
    }
    return -1;
}

/* Find the usual names among the members of the object at p. Return 1 if a member is a string or a number. */
static int find_synonyms(const char *p, const char *end, struct synonym terms[SYNONYMS], struct synonym vecs[SYNONYMS])
{
    int scalars = 0;
    struct kc_json_fault fault;
    struct kc_json_str key;
    memset(terms, 0, SYNONYMS * sizeof *terms);
    memset(vecs, 0, SYNONYMS * sizeof *vecs);
    if (*p != '{')
        return 0;
    do {
        p = kc_json_ws(p + 1);
        if (*p != '"' || !(p = kc_json_string(p, end, &key, &fault)))
            return scalars;
        p = kc_json_ws(p);
        if (*p != ':')
            return scalars;
        p = kc_json_ws(p + 1);
        int t = find_synonym(kc_fields_terms, &key), v = find_synonym(kc_fields_vecs, &key);
        scalars |= is_scalar(*p) && !(*p == '"' && is_vector(p, end));
        if (t >= 0)
            terms[t] = (struct synonym){*p, key, p};
        if (v >= 0)
            vecs[v] = (struct synonym){*p, key, p};
        p = kc_json_skip(p, end, 1, &fault);
        if (!p) /* the reader will report the fault, with what is known so far */
            return 1;
        p = kc_json_ws(p);
    } while (*p == ',');
    return scalars;
}

/* Make the path of a key that is written without escapes. prefix: a pointer to the object that has it, or "". */
static void set_path(struct kc_path *path, const char *prefix, const struct kc_json_str *key)
{
    char text[sizeof path->name];
    struct kc_err ignored = KC_ERR_INIT;
    int n =
        snprintf(text, sizeof text, "%s%s%.*s", prefix, *prefix ? "/" : "", (int)(key->n < 200 ? key->n : 200), key->p);
    if (n < 0 || (size_t)n >= sizeof text || kc_path_parse(path, text, 0, "", &ignored) != 0)
        memset(path, 0, sizeof *path);
}

/* Note a vector at the value at hand. */
static void add_found(struct vector_search *s, int usual, int plain, unsigned arrays)
{
    if (s->n < MOST_FOUND) {
        struct found_vector *f = &s->found[s->n];
        memcpy(f->pointer, s->path, sizeof f->pointer);
        f->usual = usual;
        f->plain = plain;
        f->arrays = arrays;
    }
    s->n++;
}

/* Judge the array of numbers at p. */
static void judge_numbers(struct vector_search *s, const char *p, int usual, unsigned arrays)
{
    size_t n = 0, whole = 0;
    for (const char *q = kc_json_first(p); q; q = kc_json_next(kc_json_past(q))) {
        if (!is_number(*q))
            return;
        const char *past = kc_json_past(q);
        n++;
        whole += memchr(q, '.', (size_t)(past - q)) == NULL && memchr(q, 'e', (size_t)(past - q)) == NULL;
    }
    add_found(s, usual, n >= 2 && (whole < n || n >= LEAST_WHOLE), arrays);
}

/* Append a part to the path. Return its old length, SIZE_MAX if it does not fit. */
static size_t enter_path(struct vector_search *s, const char *part, size_t n)
{
    size_t old = strlen(s->path), o = old;
    if (o + 2 * n + 2 > sizeof s->path)
        return SIZE_MAX;
    s->path[o++] = '/';
    for (size_t i = 0; i < n; i++) {
        if (part[i] == '~' || part[i] == '/')
            s->path[o++] = '~';
        s->path[o++] = part[i] == '~' ? '0' : part[i] == '/' ? '1' : part[i];
    }
    s->path[o] = '\0';
    return old;
}

/* Search the checked value at p. usual: a usual name leads to it. arrays: what arrays do. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as KC_PATH_DEPTH */
static void search_value(struct vector_search *s, const char *p, unsigned depth, int usual, unsigned arrays)
{
    struct kc_json_str key;
    size_t old;
    if (depth == KC_PATH_DEPTH)
        return;
    if (*p == '"') {
        struct kc_json_fault fault;
        size_t n = kc_json_string(p, s->end, &key, &fault) ? count_text(key.p, key.p + key.n) : 0;
        if (n > 0)
            add_found(s, usual, (*key.p == '[' || *key.p == '{') ? n >= 2 : n >= LEAST_UNNAMED, arrays);
    } else if (*p == '[') {
        const char *q = kc_json_first(p);
        if (q && is_number(*q)) {
            judge_numbers(s, p, usual, arrays);
        } else if (q && (old = enter_path(s, "0", 1)) != SIZE_MAX) {
            search_value(s, q, depth + 1, usual, arrays | IN_ARRAY | (kc_json_next(kc_json_past(q)) ? SEVERAL : 0));
            s->path[old] = '\0';
        }
    } else if (*p == '{') {
        for (const char *q = kc_json_first(p); q; q = kc_json_next(kc_json_past(q))) {
            q = kc_json_member(q, &key);
            if (key.escaped || (old = enter_path(s, key.p, key.n)) == SIZE_MAX)
                continue;
            search_value(s, q, depth + 1, usual || kc_fields_find(kc_fields_vecs, key.p, key.n) >= 0, arrays);
            s->path[old] = '\0';
        }
    }
}

/* Search a record for vectors. Return the one to take, NULL if none is or more than one could be. */
static const struct found_vector *search_record(struct vector_search *s, const char *p, const char *end)
{
    struct kc_json_fault fault;
    const struct found_vector *best[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    memset(s, 0, sizeof *s);
    s->end = end;
    if (!kc_json_skip(p, end, 0, &fault))
        return NULL;
    search_value(s, p, 0, 0, 0);
    for (size_t i = 0; i < s->n && i < MOST_FOUND; i++) {
        int usual = s->found[i].usual;
        if (!usual && !s->found[i].plain)
            continue;
        best[usual] = &s->found[i];
        n[usual]++;
    }
    if (s->n > MOST_FOUND)
        return NULL;
    const struct found_vector *v = n[n[1] > 0] == 1 ? best[n[1] > 0] : NULL;
    return v && (v->arrays & SEVERAL) ? NULL : v;
}

/* Choose the first name that has a value of the right kind, else the first that exists at all, so that the error names
 * it. */
static void choose_field(struct kc_path *path, const struct synonym *s, int (*is)(const char *p, const char *end),
                         const char *end)
{
    const struct synonym *any = NULL;
    for (int i = 0; i < SYNONYMS; i++) {
        if (s[i].first == '\0')
            continue;
        if (is(s[i].value, end)) {
            set_path(path, "", &s[i].key);
            return;
        }
        any = any ? any : &s[i];
    }
    if (any)
        set_path(path, "", &any->key);
}

static int is_term(const char *p, const char *end)
{
    (void)end;
    return is_scalar(*p);
}

/* Choose the term from the objects that lead to the vector, the innermost first. */
static void choose_inner_term(struct kc_fields *f, const char *record, const char *end)
{
    struct synonym terms[SYNONYMS], vecs[SYNONYMS];
    for (unsigned n = f->vec.n - 1; n > 0 && f->term.n == 0; n--) {
        char prefix[sizeof f->vec.name];
        const char *p = record;
        size_t o = 0;
        for (unsigned i = 0; i < n && p; i++) { /* walk to the object behind the first n parts */
            const char *part = f->vec.text + f->vec.off[i];
            size_t len = (size_t)(f->vec.off[i + 1] - f->vec.off[i]);
            struct kc_json_str key = {NULL, 0, 0};
            const char *q = kc_json_first(p), *next = NULL;
            for (; q && *p == '{'; q = kc_json_next(kc_json_past(q))) {
                q = kc_json_member(q, &key);
                next = kc_json_equals(&key, part, len) ? q : next;
            }
            p = *p == '{' ? next : *p == '[' ? q : NULL;
        }
        for (unsigned i = 0; i < n; i++) /* the pointer's text up to there */
            o += 1 + strcspn(f->vec.name + o + 1, "/");
        memcpy(prefix, f->vec.name, o);
        prefix[o] = '\0';
        if (!p || *p != '{')
            continue;
        (void)find_synonyms(p, end, terms, vecs);
        for (int i = 0; i < SYNONYMS && f->term.n == 0; i++)
            if (is_scalar(terms[i].first))
                set_path(&f->term, prefix, &terms[i].key);
    }
}

void kc_fields_guess(struct kc_fields *f, const char *p, const char *end, int bare_ok)
{
    struct synonym terms[SYNONYMS], vecs[SYNONYMS];
    p = kc_json_ws(p);
    f->bare = bare_ok && (*p == '[' || *p == '"') && f->term.n == 0 && f->vec.n == 0;
    if (f->bare) {
        strcpy(f->vec.name, "record");
        f->printed = bare_ok == 2;
        return;
    }
    if (*p != '{' || (f->vec.n > 0 && (f->term.n > 0 || !f->want_term)))
        return;
    int scalars = find_synonyms(p, end, terms, vecs), nested = 0;
    if (f->vec.n == 0) {
        int good = 0;
        for (int i = 0; i < SYNONYMS; i++)
            good |= vecs[i].first && is_vector(vecs[i].value, end);
        struct vector_search s;
        const struct found_vector *v = good ? NULL : search_record(&s, p, end);
        struct kc_err ignored = KC_ERR_INIT;
        if (v && kc_path_parse(&f->vec, v->pointer, 1, "", &ignored) == 0) {
            f->alone = (v->arrays & IN_ARRAY) != 0;
            f->found = 1;
            nested = f->vec.n > 1;
            if (!nested) /* a message names a key as it is written */
                memmove(f->vec.name, f->vec.name + 1, strlen(f->vec.name));
        } else {
            memset(&f->vec, 0, sizeof f->vec);
            choose_field(&f->vec, vecs, is_vector, end);
        }
    }
    if (f->term.n == 0 && f->want_term) {
        int good = 0;
        for (int i = 0; i < SYNONYMS; i++)
            good |= is_scalar(terms[i].first);
        if (good || !nested)
            choose_field(&f->term, terms, is_term, end);
        else
            choose_inner_term(f, p, end);
        f->want_term = f->term.n > 0 || scalars; /* nothing but a vector: its term is the number of the row */
    }
}

int kc_fields_has_vec(const char *p, const char *end)
{
    struct synonym terms[SYNONYMS], vecs[SYNONYMS];
    int good = 0;
    (void)find_synonyms(kc_json_ws(p), end, terms, vecs);
    for (int i = 0; i < SYNONYMS; i++)
        good |= vecs[i].first && is_vector(vecs[i].value, end);
    return good;
}

int kc_fields_has_term(const char *p, const char *end)
{
    struct synonym terms[SYNONYMS], vecs[SYNONYMS];
    int good = 0;
    (void)find_synonyms(kc_json_ws(p), end, terms, vecs);
    for (int i = 0; i < SYNONYMS; i++)
        good |= is_scalar(terms[i].first);
    return good;
}

void kc_fields_list(const char *p, const char *end, const char *word, char *msg, size_t size)
{
    size_t n = strlen(msg);
    struct kc_json_fault fault;
    struct kc_known known;
    p = kc_json_ws(p);
    if (*p != '{' || n >= size || !kc_json_skip(p, end, 0, &fault))
        return;
    const char *q = kc_json_first(p);
    snprintf(msg + n, size - n, "the record has %s", q ? "" : "no fields");
    kc_known_begin(&known, word, msg, size);
    while (q) {
        struct kc_json_str key;
        q = kc_json_member(q, &key);
        kc_known_add(&known, key.p, key.n);
        q = kc_json_next(kc_json_past(q));
    }
    kc_known_end(&known);
}

void kc_fields_absent(const char *name, const char *keys, char *msg, size_t size)
{
    size_t n = strlen(msg);
    struct kc_known known;
    if (n >= size)
        return;
    size_t m = strlen(name);
    for (const char *p = keys; *p; p += strcspn(p, "\n") + 1)
        if (strcspn(p, "\n") == m && memcmp(p, name, m) == 0) {
            snprintf(msg + n, size - n, "no record has a text or a number in field '%.200s'", name);
            return;
        }
    snprintf(msg + n, size - n, "no record has a field '%.200s'%s", name, keys[0] ? "; the first has " : "");
    kc_known_begin(&known, name, msg, size);
    kc_known_lines(&known, keys);
    kc_known_end(&known);
}

void kc_fields_keys(const char *p, const char *end, char *out, size_t size)
{
    struct kc_json_fault fault;
    size_t n = 0;
    out[0] = '\0';
    p = kc_json_ws(p);
    if (*p != '{' || !kc_json_skip(p, end, 0, &fault))
        return;
    for (const char *q = kc_json_first(p); q;) {
        struct kc_json_str key;
        q = kc_json_member(q, &key);
        if (key.n + 1 < size - n)
            n += (size_t)snprintf(out + n, size - n, "%.*s\n", (int)key.n, key.p);
        q = kc_json_next(kc_json_past(q));
    }
}

void kc_fields_explain(const char *p, const char *end, const char *word, char *msg, size_t size)
{
    struct vector_search s;
    size_t n = strlen(msg);
    p = kc_json_ws(p);
    if (*p != '{' || n >= size)
        return;
    (void)search_record(&s, p, end);
    if (s.n == 0)
        kc_fields_list(p, end, word, msg, size);
    for (size_t i = 0; i < s.n && i < MOST_FOUND && n < size; i++) {
        const char *name = strchr(s.found[i].pointer + 1, '/') ? s.found[i].pointer : s.found[i].pointer + 1;
        n += (size_t)snprintf(msg + n, size - n, "%s%s",
                              i == 0       ? "numbers are in " :
                              i + 1 == s.n ? " and " :
                                             ", ",
                              name);
    }
    if (s.n > 0 && n < size)
        snprintf(msg + n, size - n, "; --vec-field takes %s", s.n == 1 ? "it" : "one of them");
}
