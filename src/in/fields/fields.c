/* Paths into records (keys and RFC 6901 JSON Pointers), and the choice of the term's and the vector's field by the
 * usual names when no option names them. */
#include "in/fields/fields.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

const char kc_fields_terms[] = "term, id, text, name, key, word, token, title, label, content, sentence, input, "
                               "document, chunk, _id, uuid, doc_id, index";
const char kc_fields_vecs[] = "vec, vector, embedding, embeddings, values, emb, features, dense_vector";

#define SYNONYMS 32

/* Append a part to a path. Return -1 if it does not fit. */
static int add_part(struct kc_path *p, const char *s, size_t n)
{
    if (p->n == KC_PATH_DEPTH || n >= sizeof p->text - p->off[p->n])
        return -1;
    memcpy(p->text + p->off[p->n], s, n);
    p->off[p->n + 1] = (uint16_t)(p->off[p->n] + n);
    p->n++;
    return 0;
}

int kc_path_parse(struct kc_path *p, const char *s, int pointer, const char *option, struct kc_err *e)
{
    memset(p, 0, sizeof *p);
    if (strlen(s) >= sizeof p->name)
        return kc_err_set(e, KC_EUSAGE, "%s: longer than %zu bytes", option, sizeof p->name - 1);
    memcpy(p->name, s, strlen(s) + 1);
    if (kc_utf8_bad(s, s + strlen(s)))
        return kc_err_set(e, KC_EUSAGE, "%s: not valid UTF-8", option);
    if (!pointer && *s != '/') {
        if (*s == '\0')
            return kc_err_set(e, KC_EUSAGE, "%s: the name is empty", option);
        (void)add_part(p, s, strlen(s)); /* it fits: name and text have the same size */
        return 0;
    }
    if (*s != '\0' && *s != '/')
        return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not a JSON Pointer: it must be empty or start with '/'", option,
                          s);
    while (*s == '/') {
        char part[sizeof p->text];
        size_t n = 0;
        for (s++; *s != '\0' && *s != '/'; s++) {
            char c = *s;
            if (c == '~') {
                s++;
                if (*s != '0' && *s != '1')
                    return kc_err_set(e, KC_EUSAGE, "%s: in a JSON Pointer '~' is written '~0' and '/' '~1'", option);
                c = *s == '0' ? '~' : '/';
            }
            part[n++] = c;
        }
        if (add_part(p, part, n) != 0)
            return kc_err_set(e, KC_EUSAGE, "%s: more than %d parts", option, KC_PATH_DEPTH);
    }
    return 0;
}

void kc_path_inside(struct kc_path *out, const char *key, const struct kc_path *p)
{
    memset(out, 0, sizeof *out);
    memcpy(out->name, p->name, sizeof out->name);
    int rc = add_part(out, key, strlen(key));
    for (unsigned i = 0; rc == 0 && i < p->n; i++)
        rc = add_part(out, p->text + p->off[i], (size_t)(p->off[i + 1] - p->off[i]));
    if (rc != 0)
        out->n = 0;
}

int kc_path_is_key(const struct kc_path *p, unsigned i, const struct kc_json_str *key)
{
    return kc_json_equals(key, p->text + p->off[i], (size_t)(p->off[i + 1] - p->off[i]));
}

int kc_path_is_index(const struct kc_path *p, unsigned i, uint64_t index)
{
    char s[24];
    int n = snprintf(s, sizeof s, "%llu", (unsigned long long)index);
    return n == p->off[i + 1] - p->off[i] && memcmp(s, p->text + p->off[i], (size_t)n) == 0;
}

int kc_fields_init(struct kc_fields *f, const char *term_field, const char *vec_field, int want_term, struct kc_err *e)
{
    memset(f, 0, sizeof *f);
    f->want_term = want_term;
    if (term_field && kc_path_parse(&f->term, term_field, 0, "--term-field", e) != 0)
        return -1;
    if (vec_field && kc_path_parse(&f->vec, vec_field, 0, "--vec-field", e) != 0)
        return -1;
    return 0;
}

/* Return the index of the key in a list of usual names, -1 if it is not there. */
static int find_name(const char *list, const struct kc_json_str *key)
{
    for (int i = 0; *list; i++) {
        size_t n = strcspn(list, ",");
        if (kc_json_equals(key, list, n))
            return i;
        list += n;
        list += strspn(list, ", ");
    }
    return -1;
}

/* Set the path to name number `which` of the list. */
static void set_name(struct kc_path *p, const char *list, int which)
{
    for (; which > 0; which--) {
        list += strcspn(list, ",");
        list += strspn(list, ", ");
    }
    size_t n = strcspn(list, ",");
    memset(p, 0, sizeof *p);
    memcpy(p->name, list, n);
    (void)add_part(p, list, n); /* the names in our lists are short */
}

/* Choose the first name that has a value of the right kind, else the first that exists at all, so that the error names
 * it. */
static void choose_field(struct kc_path *p, const char *list, const char first[SYNONYMS], const char *good)
{
    int any = -1;
    for (int i = 0; i < SYNONYMS; i++) {
        if (first[i] == '\0')
            continue;
        if (strchr(good, first[i])) {
            set_name(p, list, i);
            return;
        }
        if (any < 0)
            any = i;
    }
    if (any >= 0)
        set_name(p, list, any);
}

void kc_fields_guess(struct kc_fields *f, const char *p, const char *end, int bare_ok)
{
    char terms[SYNONYMS] = {0}, vecs[SYNONYMS] = {0}; /* the first byte of each synonym's value */
    struct kc_json_fault fault;
    struct kc_json_str key;
    p = kc_json_ws(p);
    f->bare = bare_ok && *p == '[' && f->term.n == 0 && f->vec.n == 0;
    if (f->bare) {
        strcpy(f->vec.name, "record");
        return;
    }
    if (*p != '{' || (f->vec.n > 0 && (f->term.n > 0 || !f->want_term)))
        return;
    do {
        p = kc_json_ws(p + 1);
        if (*p != '"' || !(p = kc_json_string(p, end, &key, &fault)))
            break;
        p = kc_json_ws(p);
        if (*p != ':')
            break;
        p = kc_json_ws(p + 1);
        int t = find_name(kc_fields_terms, &key), v = find_name(kc_fields_vecs, &key);
        if (t >= 0)
            terms[t] = *p;
        if (v >= 0)
            vecs[v] = *p;
        p = kc_json_skip(p, end, 1, &fault);
        if (!p) /* the reader will report the fault, with what is known so far */
            break;
        p = kc_json_ws(p);
    } while (*p == ',');
    if (f->vec.n == 0)
        choose_field(&f->vec, kc_fields_vecs, vecs, "[");
    if (f->term.n == 0 && f->want_term)
        choose_field(&f->term, kc_fields_terms, terms, "\"-0123456789");
}
