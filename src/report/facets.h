/* Facets: the most frequent values of a field among the members of a cluster. */
#ifndef KC_REPORT_FACETS_H
#define KC_REPORT_FACETS_H

#include "base/intern.h"
#include "in/fields/attrs.h"
#include "json/jsonw.h"

#define KC_FACETS_MOST 16
#define KC_FACET_NAME 64

struct kc_facet {
    char name[KC_FACET_NAME]; /* its key in the output */
    const char *field;        /* key or JSON Pointer */
};

/* Parse "NAME=FIELD", or FIELD, whose last part becomes the name. f->field points into text. KC_EUSAGE if there is no
 * name of 1 to KC_FACET_NAME - 1 bytes; the message names the option. */
int kc_facet_parse(struct kc_facet *f, const char *text, const char *option, struct kc_err *e) KC_MUST_USE;

/* A field of rows: attribute `column` of row i is string i * stride + column of attrs. */
struct kc_field {
    const struct kc_strs *attrs;
    size_t stride, column;
};

/* The counter of values, reused from cluster to cluster. Zero-initialise; free with kc_facets_free. */
struct kc_facets {
    struct kc_intern values;
    uint64_t *count; /* (2 * cap) each value's count; from cap on, the last row counted for it, from 1 */
    uint32_t *order; /* (cap) the most frequent values, while they are written */
    size_t cap;
    struct kc_attrs_work work;
};

/* Count the values of one cluster. row (m): its rows. A row whose field is an array counts once for each different
 * element, any other row once for its field. */
int kc_facets_count(struct kc_facets *t, const struct kc_field *f, const uint32_t *row, size_t m, struct kc_err *e)
    KC_MUST_USE;
/* Find the `most` most frequent values, ties by their bytes: t->order[0 .. returned). */
size_t kc_facets_top(struct kc_facets *t, size_t most);
/* Write the `most` most frequent values as the member `key`: [{"value": "a", "count": 3}, ...]; ties by their bytes. */
void kc_facets_write(struct kc_facets *t, struct kc_jsonw *w, const char *key, size_t most);
/* Write all values in the order in which they first occurred, as the member `key`: ["a", "b"]. */
void kc_facets_list(const struct kc_facets *t, struct kc_jsonw *w, const char *key);
void kc_facets_free(struct kc_facets *t);

#endif
