/* One JSON record: its vector parsed into a row, its term found, everything else checked. */
#ifndef KC_IN_FORMATS_RECORD_H
#define KC_IN_FORMATS_RECORD_H

#include "in/fields/fields.h"

struct kc_record {
    /* set by the caller */
    float *row;         /* (d), or NULL with d == 0: any number of numbers is fine, they are only counted */
    size_t d;
    const char *d_from; /* the input that set d if it is another one; else NULL */
    const char *unit;   /* "line" or "record" */
    const char *floor;  /* the text is readable from here on, before the record */
    size_t column;      /* bytes before the record on its first line */
    int want_index;     /* read its place among the records, "index" */
    /* set by kc_record_parse */
    size_t count;            /* numbers in the vector */
    const char *vec, *vec_end; /* if good: the vector's text */
    char term_kind;          /* '"': term is a string; '0': term is the text of a number; 0: not wanted */
    struct kc_json_str term;
    int64_t index;           /* "index" of the record, -1 if it has none */
    uint64_t lines;          /* if bad: line breaks of the record before the fault */
    char msg[512];           /* if bad: what was found and what was expected */
};

/* Parse the record at [begin, end), a text as json/json.h requires it. Return 0, or -1 if the record is bad. */
int kc_record_parse(const char *begin, const char *end, const struct kc_fields *f, struct kc_record *r) KC_MUST_USE;

/* Improve the message of a fault: if its byte begins a byte order mark, or a word that is no literal, say so. f->what
 * may then point to `word`. end: of the readable text at f->at. */
#define KC_RECORD_WORD 64
void kc_record_clarify(struct kc_json_fault *f, const char *end, char word[KC_RECORD_WORD]);

/* Append a compact copy of a good record, an object, on one line: without white space outside strings, without the
 * vector and without a top-level "cluster_id". (A vector that is an element of an array is replaced by null, so that
 * the other elements keep their places.) */
int kc_record_raw(const char *p, const char *end, const struct kc_fields *f, struct kc_buf *out, struct kc_err *e)
    KC_MUST_USE;

#endif
