/* Files of labels: what kclust writes (tsv, csv, jsonl), what others write like it, and bare labels, one a line. */
#ifndef KC_IN_FIELDS_LABELS_H
#define KC_IN_FIELDS_LABELS_H

#include "base/label.h"
#include "base/mem.h"

enum kc_labels_format {
    KC_LABELS_AUTO,  /* by the first line: a JSON object, a line with a tab, a csv header that names a column of labels,
                        else bare labels */
    KC_LABELS_TSV,   /* term, label; further columns do not matter; escapes as kclust writes them */
    KC_LABELS_CSV,   /* a header; columns as below, others do not matter */
    KC_LABELS_JSONL, /* one object a line; members as below */
    KC_LABELS_PLAIN, /* one label a line, as it stands */
    KC_LABELS_FORMATS
};

/* The column or member of the labels is the first of these that the first line has; that of the terms the first of the
 * usual names (in/fields/fields.h), none is fine. */
#define KC_LABELS_NAMES "cluster_id, cluster, label, class"

struct kc_labels_opts {
    enum kc_labels_format format;
    const char *term_field; /* csv, jsonl: the column or JSON Pointer of the terms, or NULL */
    int noise;              /* -1 is no label: the row is unassigned */
};


struct kc_labelling {
    size_t n;
    struct kc_strs terms; /* n, or none: labels go by row */
    uint32_t *labels;     /* (n) 0..k-1, or KC_NOISE */
    uint64_t *lines;      /* (n) where in the file each is */
    struct kc_strs names; /* k: the labels as they are written; integers by value, then all others by their bytes */
    uint32_t k;
    int integers;         /* all names are integers from 0 up, of at most 15 digits, as JSON writes them */
    uint64_t assigned;    /* rows with a label */
    size_t cap;
};

/* l is zero-initialised by the callee; free it with kc_labelling_free, also after a failure. KC_EINPUT, with the line,
 * for what is no label file, or has no rows. */
int kc_labels_load(const char *path, const struct kc_labels_opts *o, struct kc_labelling *l,
                   struct kc_err *e) KC_MUST_USE;
void kc_labelling_free(struct kc_labelling *l);

#define KC_LABELS_WORDS "auto tsv csv jsonl plain"
/* One of these words to the enum; -1 when unknown. */
int kc_labels_format_by_name(const char *name, enum kc_labels_format *f) KC_MUST_USE;

#endif
