/* The fields of a record that hold its term and its vector. */
#ifndef KC_IN_FIELDS_FIELDS_H
#define KC_IN_FIELDS_FIELDS_H

#include "base/mem.h"
#include "json/json.h"

#define KC_PATH_DEPTH 32

/* A key of the record, or a JSON Pointer (RFC 6901) into it. */
struct kc_path {
    char name[256]; /* as the user wrote it, or the key that was found */
    char text[256]; /* the decoded parts, one after the other */
    uint16_t off[KC_PATH_DEPTH + 1]; /* part i is text[off[i] .. off[i + 1]) */
    unsigned n;     /* parts; 0: the whole value (pointer ""), or not known */
};

struct kc_fields {
    struct kc_path term, vec; /* n == 0: not known */
    int want_term; /* terms are to be read from the records */
    int named;     /* an option names the field of the term (1), or only that of the vector (2) */
    int bare;      /* a record is a vector and nothing else */
    int printed;   /* bare: it is written as numpy prints an array */
    int alone;     /* the path of the vector leads through an array that must have one element */
    int found;     /* the vector's field has no usual name: it holds the record's only vector */
};

/* Parse s as a key or a JSON Pointer. pointer: s is a JSON Pointer in any case, else only if it starts with '/'.
 * KC_EUSAGE, naming the option. */
int kc_path_parse(struct kc_path *p, const char *s, int pointer, const char *option, struct kc_err *e) KC_MUST_USE;

/* Make `out` the path p inside the member `key`. If it does not fit, out has no parts, so that it finds nothing. */
void kc_path_inside(struct kc_path *out, const char *key, const struct kc_path *p);

/* Return 1 if part i of the path is this key, or this array index. */
int kc_path_is_key(const struct kc_path *p, unsigned i, const struct kc_json_str *key);
int kc_path_is_index(const struct kc_path *p, unsigned i, uint64_t index);

/* Return how a message names the vector: its field's name, or "the record". */
static inline const char *kc_fields_subject(const struct kc_fields *f)
{
    return f->bare ? "the record" : f->vec.name;
}

/* Set the fields that the options name. term_field, vec_field: the values of --term-field and --vec-field, or NULL.
 * want_term: terms are to be read from the records. */
int kc_fields_init(struct kc_fields *f, const char *term_field, const char *vec_field, int want_term,
                   struct kc_err *e) KC_MUST_USE;

/* Choose the fields that the options leave open, from the record at [p, end) (a text as json/json.h requires it; it may
 * be malformed): by the usual names; then, if there is just one, the vector that the record holds at any depth.
 * bare_ok: a vector may be a record (2: as numpy prints it). A field that is not found stays unknown.
 * (in/fields/guess.c) */
void kc_fields_guess(struct kc_fields *f, const char *p, const char *end, int bare_ok);
/* Append to msg, which has `size` bytes, the keys of the record at [p, end): "the record has id, tags". word: the key
 * that was looked for, or NULL: one that is similar is named again. */
void kc_fields_list(const char *p, const char *end, const char *word, char *msg, size_t size);
/* Append that no record has the field `name`, and the keys that the first has, one a line in keys ("": not known). */
void kc_fields_absent(const char *name, const char *keys, char *msg, size_t size);
/* Write the keys of the record one a line, as many as there is room for. */
void kc_fields_keys(const char *p, const char *end, char *out, size_t size);
/* Append the vectors that it has, "numbers are in tags; --vec-field takes it", or else its keys. */
void kc_fields_explain(const char *p, const char *end, const char *word, char *msg, size_t size);
/* Return 1 if the record has a usual name of a vector at its top, with a vector behind it. */
int kc_fields_has_vec(const char *p, const char *end);
/* Return 1 if it has a usual name of a term at its top, with a string or a number behind it. */
int kc_fields_has_term(const char *p, const char *end);
/* Return the position of the key in a list of names, compared without regard to case; -1 if it is not there. */
int kc_fields_find(const char *list, const char *key, size_t n);

/* The usual names, in the order of preference, as a message lists them: "term, id, text, ...". */
extern const char kc_fields_terms[];
extern const char kc_fields_vecs[];

#endif
