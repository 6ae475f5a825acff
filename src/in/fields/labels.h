/* Files of labels: those that kclust writes (tsv, csv, jsonl, npy), similar ones from elsewhere, and bare labels, one
 * per line. */
#ifndef KC_IN_FIELDS_LABELS_H
#define KC_IN_FIELDS_LABELS_H

#include "base/label.h"
#include "base/mem.h"
#include "io/source.h"

enum kc_labels_format {
    KC_LABELS_AUTO,  /* by the first bytes and lines (in/fields/label_table.h) */
    KC_LABELS_TSV,   /* columns separated by tabs, escapes as kclust writes them; with or without a header */
    KC_LABELS_CSV,   /* columns separated by commas, semicolons or '|' */
    KC_LABELS_JSONL, /* one object per line; members as below; or one array of labels */
    KC_LABELS_PLAIN, /* one label per line, as it is written */
    KC_LABELS_NPY,   /* a vector of integers, or of floats that are whole */
    KC_LABELS_FORMATS
};

struct kc_label_text;

/* The names of the column or member that holds the labels: the first of these that the first line has. The terms are in
 * the first of the usual names (in/fields/fields.h), if any. Names are compared without regard to case. */
#define KC_LABELS_NAMES "cluster_id, cluster, label, labels, cluster_label, topic, topic_id, class, category, " \
                        "community, group, segment, target, y, prediction, predicted, y_pred, gold"

struct kc_labels_opts {
    enum kc_labels_format format;
    const char *term_field;  /* column (name or number) or JSON Pointer of the terms, or NULL */
    int noise;               /* read -1 as unassigned instead of as a label */
    const char *label_field; /* column or JSON Pointer of the labels, or NULL */
    const char *own_term_field; /* the same as term_field, for label files only: it must be there; or NULL */
    int may_miss;            /* a file without the column of label_field or own_term_field is read as if the option
                              * had not been given, and l->missed tells it; else that is an error */
    const char *label_option, *term_option; /* the options that set the two, for messages; NULL: there are none */
    const char *hint;        /* what is said of a file of vectors, or NULL */
    uint64_t rows;           /* rows that the labels are for, 0: not known. A file of many more (KC_LABELS_MORE) is an
                              * error as soon as that shows */
    const char *other;       /* what has these rows, for the message */
    uint64_t max;            /* bytes that the labels may take (then KC_ESYS), 0: no limit */
    struct kc_label_text *text; /* receives the file itself (in/fields/label_text.h); NULL: it is not kept */
};
enum { KC_LABELS_NO_LABEL = 1, KC_LABELS_NO_TERM = 2 };
#define KC_LABELS_MORE(rows) (2 * (rows) + 1024) /* fewer are read to the end, so that a message can name them */

struct kc_labelling {
    size_t n;
    struct kc_strs terms; /* (n), or empty: labels go by row */
    uint32_t *labels;     /* (n) 0..k-1, or KC_NOISE */
    uint64_t *lines;      /* (n) line of the file that each is on */
    struct kc_strs names; /* (k) the labels as they are written: integers by value, then the others by their bytes */
    uint32_t k;
    int integers;         /* all names are integers from 0 up with at most 15 digits, written as in JSON */
    uint64_t assigned;    /* rows with a label */
    size_t cap;
    char how[200];        /* what was taken for labels and terms, for a message */
    unsigned missed;      /* may_miss: the options whose columns are not there, KC_LABELS_NO_LABEL, _NO_TERM */
    char missing[512];    /* why the first of them is not, as the error would say it */
};

/* Read a file of labels into l, which is zero-initialised by the callee; free it with kc_labelling_free, also after a
 * failure. KC_EINPUT, with the line, for a file that is no label file, or has no rows. kc_labels_read does it with a
 * source that was opened at path, which it closes. */
int kc_labels_read(const char *path, struct kc_source *src, const struct kc_labels_opts *o, struct kc_labelling *l,
                   struct kc_err *e) KC_MUST_USE;
int kc_labels_load(const char *path, const struct kc_labels_opts *o, struct kc_labelling *l,
                   struct kc_err *e) KC_MUST_USE;
/* Copy the names to l->names in their order, and number the labels, which are places in names, accordingly.
 * (in/fields/label_names.c) */
int kc_labels_number(struct kc_labelling *l, const struct kc_strs *names, struct kc_err *e) KC_MUST_USE;
/* Return 1 and set *v if the text is an integer of at most 15 digits, written as in JSON: a double holds it exactly.
 * (in/fields/label_names.c) */
int kc_labels_integer(const char *p, size_t n, int64_t *v);
void kc_labelling_free(struct kc_labelling *l);

#define KC_LABELS_WORDS "auto tsv csv jsonl plain npy"
/* Find a format by one of these words. Return 0, or -1 if there is none. */
int kc_labels_format_by_name(const char *name, enum kc_labels_format *f) KC_MUST_USE;

#endif
