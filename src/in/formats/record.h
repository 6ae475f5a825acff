/* One JSON record: its vector into a row, its term found, everything else checked. */
#ifndef KC_IN_FORMATS_RECORD_H
#define KC_IN_FORMATS_RECORD_H

#include "in/fields/fields.h"

struct kc_record {
    /* set by the caller */
    float *row;         /* (d), or NULL with d == 0: any number of numbers will do, they are only counted */
    size_t d;
    const char *d_from; /* the input that set d when it is another one; else NULL */
    const char *unit;   /* "line" or "record" */
    const char *floor;  /* from here on the text before the record can be read */
    size_t column;      /* bytes before the record on its first line */
    /* filled */
    size_t count;            /* numbers in the vector */
    const char *vec, *vec_end; /* good: the vector's text */
    char term_kind;          /* '"': a string, '0': a number, whose text it is; 0: not wanted */
    struct kc_json_str term;
    uint64_t lines;          /* bad: line breaks of the record before the fault */
    char msg[512];           /* bad: what was found, what was expected */
};

/* [begin, end): a text as json/json.h wants it. 0, or -1 when the record is bad. */
int kc_record_parse(const char *begin, const char *end, const struct kc_fields *f, struct kc_record *r) KC_MUST_USE;

/* Let a fault whose byte begins a byte order mark or a word that is no literal say so; `word` is where f->what then
 * points. end: of what can be read at f->at. */
#define KC_RECORD_WORD 64
void kc_record_clarify(struct kc_json_fault *f, const char *end, char word[KC_RECORD_WORD]);

/* Append a compact copy on one line of a good record, an object: without white space outside strings, the vector and a
 * top-level "cluster_id". (A vector that is an array's element is replaced by null, so that the others keep their
 * places.) */
int kc_record_raw(const char *p, const char *end, const struct kc_fields *f, struct kc_buf *out, struct kc_err *e)
    KC_MUST_USE;

#endif
