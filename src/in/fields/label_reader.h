/* Inside in/fields: a file of labels being read, by labels.c and, if it is JSON, by label_json.c. */
#ifndef KC_IN_FIELDS_LABEL_READER_H
#define KC_IN_FIELDS_LABEL_READER_H

#include "base/intern.h"
#include "in/fields/fields.h"
#include "in/fields/label_table.h"
#include "in/fields/label_text.h"
#include "io/lines.h"

/* A text of n bytes. */
struct kc_label_str {
    const char *p;
    size_t n;
};

/* A label file under way. */
struct kc_label_reader {
    struct kc_labelling *l;
    const struct kc_labels_opts *o;  /* own */
    struct kc_labels_opts own;       /* without the options that are dropped (may_miss) */
    enum kc_labels_format format;
    struct kc_lines in;
    struct kc_intern names;
    struct kc_path term;             /* jsonl; n == 0: the file has no terms */
    struct kc_path label;
    struct kc_path name;             /* jsonl: of the clusters' names; n == 0: none, or not asked for */
    struct kc_label_table table;     /* tsv, csv */
    struct kc_label_span at[2];      /* o->text: label and name of the row being read */
    int begun;                       /* the first record of a table has been seen */
    int array;                       /* 1: the file is an array; 2: in it; 3: after it */
    struct kc_strs fields;           /* the fields of a record */
    struct kc_buf tmp[2];            /* decoded strings */
};

/* Refuse the present line. Return -1. */
int kc_label_reader_refuse(const struct kc_label_reader *s, struct kc_err *e, const char *what);
/* Drop the option whose column or field is not there; an error with this reason if that must not be. */
int kc_label_reader_drop(struct kc_label_reader *s, unsigned missing, const char *reason, struct kc_err *e) KC_MUST_USE;
/* Note where in the file [p, end) stands: the label (which: 0), or the name (1), of the row being read. */
void kc_label_reader_note(struct kc_label_reader *s, int which, const char *p, const char *end);
/* Append a row. term is NULL in files without terms. */
int kc_label_reader_add(struct kc_label_reader *s, const struct kc_label_str *term, struct kc_label_str label,
                        struct kc_err *e) KC_MUST_USE;

/* Parse a line of n bytes with one JSON record. */
int kc_label_json_row(struct kc_label_reader *s, char *p, size_t n, struct kc_err *e) KC_MUST_USE;
/* Parse a line of one array of labels: numbers, strings, or null for an unassigned row. */
int kc_label_json_array(struct kc_label_reader *s, char *p, size_t n, struct kc_err *e) KC_MUST_USE;

#endif
