/* Facets: the most frequent values of a field among the members of a cluster. */
#ifndef KC_REPORT_FACETS_H
#define KC_REPORT_FACETS_H

#include "base/intern.h"
#include "in/fields/attrs.h"
#include "json/jsonw.h"

#define KC_FACETS_MOST 16
#define KC_FACET_NAME 64

struct kc_facet {
    char name[KC_FACET_NAME]; /* the key that it has in the output */
    const char *field;        /* key or JSON Pointer */
};

/* "NAME=FIELD", or FIELD, whose last part is the name. field points into text. KC_EUSAGE, naming the option. */
int kc_facet_parse(struct kc_facet *f, const char *text, const char *option, struct kc_err *e) KC_MUST_USE;

/* A field of rows: attribute `column` of row i is string i * stride + column of attrs. */
struct kc_field {
    const struct kc_strs *attrs;
    size_t stride, column;
};

/* What is counted with, for one cluster after the other. Zero-initialise; free with kc_facets_free. */
struct kc_facets {
    struct kc_intern values;
    uint64_t *count; /* (2 * cap) of each value; and the row, from 1, that it was counted for last */
    uint32_t *order; /* (cap) */
    size_t cap;
    struct kc_attrs_work work;
};

/* The values of the rows (m of them): each row counts once for each different element of its field when that is an
 * array, else for the field. */
int kc_facets_count(struct kc_facets *t, const struct kc_field *f, const uint32_t *row, size_t m, struct kc_err *e)
    KC_MUST_USE;
/* As the member `key`: the `most` most frequent ones, ties by their bytes, [{"value": "a", "count": 3}, ...]. */
void kc_facets_write(struct kc_facets *t, struct kc_jsonw *w, const char *key, size_t most);
/* All values in the order in which they were first met, ["a", "b"]. */
void kc_facets_list(const struct kc_facets *t, struct kc_jsonw *w, const char *key);
void kc_facets_free(struct kc_facets *t);

#endif
