/* Attributes: fields of a record, other than its term and vector, whose JSON text is wanted. Conditions on such fields
 * choose the rows. */
#ifndef KC_IN_FIELDS_ATTRS_H
#define KC_IN_FIELDS_ATTRS_H

#include "base/intern.h"
#include "in/fields/fields.h"

/* The paths of the attributes that are wanted. */
struct kc_attrs {
    struct kc_path *path; /* (n) */
    size_t n;
};

/* Parse n keys or JSON Pointers. KC_EUSAGE, naming `option`, for a name that is neither. Free with kc_attrs_free, also
 * after a failure. */
int kc_attrs_init(struct kc_attrs *a, const char *const *names, size_t n, const char *option, struct kc_err *e)
    KC_MUST_USE;
void kc_attrs_free(struct kc_attrs *a);

#define KC_ATTRS_MOST 64 /* paths looked for at once; half as many attributes, each of which may have two */

/* Find the values of n paths in the record at p: found (n) gets pointers, NULL where there is no value. Arguments as in
 * kc_attrs_take. */
void kc_attrs_find(const struct kc_path *path, size_t n, const char *p, const char *from, const char *to,
                   const char **found);
/* Append one value, as compact JSON; NULL appends "". */
int kc_attrs_add(const char *value, const char *end, struct kc_strs *out, struct kc_err *e) KC_MUST_USE;

/* Append to out the values of all n attributes in the record [p, end): compact JSON, "" for a field that is missing or
 * null. The record is a text as json/json.h requires it, already checked. Of duplicate keys the last counts. from, to:
 * the text of an array, the vector, which is not searched; or NULL. */
int kc_attrs_take(const struct kc_attrs *a, const char *p, const char *end, const char *from, const char *to,
                  struct kc_strs *out, struct kc_err *e) KC_MUST_USE;

struct kc_attrs_work {
    struct kc_buf json, text; /* owned by the caller, who frees them */
};
/* Write an attribute (n bytes of compact JSON) as plain text into w->text: a string decoded, a number or literal as it
 * is written. Return 0; 1 if it is an object, an array, null or missing, or has a lone surrogate; -1 if memory is
 * short. */
int kc_attrs_text(const char *value, size_t n, struct kc_attrs_work *w, struct kc_err *e) KC_MUST_USE;
/* Call fn with the text of the attribute, or with that of each element if it is an array. What has no text (see
 * kc_attrs_text) is skipped. A failure of fn ends it. */
typedef int (*kc_attrs_fn)(void *arg, const char *text, size_t n, struct kc_err *e);
int kc_attrs_each(const char *value, size_t n, struct kc_attrs_work *w, kc_attrs_fn fn, void *arg, struct kc_err *e)
    KC_MUST_USE;
/* Write the attribute as text to be analysed into w->text: the elements of an array one per line, nothing for what has
 * no text. */
int kc_attrs_prose(const char *value, size_t n, struct kc_attrs_work *w, struct kc_err *e) KC_MUST_USE;
/* Append such a text to out for each of n rows: that of attribute `column` of `stride`. */
int kc_attrs_texts(const struct kc_strs *attrs, size_t stride, size_t column, size_t n, struct kc_strs *out,
                   struct kc_err *e) KC_MUST_USE;

/* The type that an attribute must have. */
enum kc_attr_kind { KC_ATTR_ANY, KC_ATTR_TIME, KC_ATTR_WEIGHT, KC_ATTR_NUMBER }; /* a NUMBER may be missing */
/* Read an attribute as a timestamp (base/date.h: text, or a number of seconds), as a number above 0, or as a number,
 * which may be written as a string. Return 0; 1 if it is not one; -1 if memory is short. (in/fields/typed.c) */
int kc_attrs_time(const char *value, size_t n, struct kc_attrs_work *w, int64_t *out, struct kc_err *e) KC_MUST_USE;
int kc_attrs_weight(const char *value, size_t n, struct kc_attrs_work *w, double *out, struct kc_err *e) KC_MUST_USE;
int kc_attrs_number(const char *value, size_t n, struct kc_attrs_work *w, double *out, struct kc_err *e) KC_MUST_USE;
/* Check that n attributes of a record, strings first .. first + n of attrs, are of the `kinds` required. Return 1; 0
 * with the reason in msg; -1 if memory is short. p, end: the record as JSON, whose fields the reason lists; or NULL. */
int kc_attrs_check(const char *const *names, const enum kc_attr_kind *kinds, size_t n, const struct kc_strs *attrs,
                   size_t first, struct kc_attrs_work *w, const char *p, const char *end, char *msg, size_t size,
                   struct kc_err *e) KC_MUST_USE;

enum kc_where_op { KC_WHERE_EQ, KC_WHERE_NE, KC_WHERE_LT, KC_WHERE_LE, KC_WHERE_GT, KC_WHERE_GE, KC_WHERE_IN };

/* One condition: FIELD OP VALUE. */
struct kc_where {
    char field[256];
    enum kc_where_op op;
    struct kc_buf value;    /* decoded, with a NUL; with `in` it is not used */
    double number;          /* the value as a number; NAN if it is none, or was written as a JSON string */
    struct kc_intern in;    /* with `in`: the values */
    double *in_number;      /* (in_numbers of in_cap) those that are numbers, rising */
    size_t in_numbers, in_cap;
};

/* Parse "FIELD OP VALUE". OP is one of = != < <= > >= in. VALUE is the text up to the end, or a JSON string; with `in`,
 * a list separated by commas. KC_EUSAGE. Free with kc_where_free, also after a failure. */
int kc_where_parse(struct kc_where *w, const char *text, const char *option, struct kc_err *e) KC_MUST_USE;
void kc_where_free(struct kc_where *w);

/* Return 1 if a record meets all n conditions, 0 if not, -1 if memory is short. The fields of the conditions are the
 * strings first .. first + n of attrs: compact JSON, empty where the record has no such field.
 *
 * Numbers are compared as numbers, also a number in a string with a number in VALUE. Everything else is compared as
 * text, byte by byte; true and false are such words. One element of an array must meet the condition; for != all must.
 * A missing field and an object meet != only. */
int kc_where_all(const struct kc_where *w, size_t n, const struct kc_strs *attrs, size_t first,
                 struct kc_attrs_work *work, struct kc_err *e) KC_MUST_USE;

#endif
