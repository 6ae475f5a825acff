/* A file of labels as it is written, and where its labels stand in it: so labels can be replaced, and every other byte
 * kept. */
#ifndef KC_IN_FIELDS_LABEL_TEXT_H
#define KC_IN_FIELDS_LABEL_TEXT_H

#include "in/fields/labels.h"

/* The names of the column or member that holds the names of clusters, beside that of the labels: the first that there
 * is. */
#define KC_LABEL_NAMES_OF_CLUSTERS "cluster_label, cluster_name, topic_label, topic_name, label_name"

/* A value as it is written, with its quotes. */
struct kc_label_span {
    uint64_t begin, end; /* in the text; both 0: there is none */
};

struct kc_label_text {
    const char *name_field;    /* set by the caller: the column or field of the clusters' names, which must be there;
                                * NULL: by the usual names */
    struct kc_buf bytes;       /* the whole file, decompressed */
    enum kc_labels_format format;
    char sep;                  /* of tsv and csv */
    int escapes;               /* tsv: backslashes are kclust's escapes; else quotes are csv's */
    int array;                 /* jsonl: one array of labels */
    char descr[32];            /* npy: the type of the numbers */
    int has_names;             /* there is a column of the clusters' names */
    size_t n, cap;
    struct kc_label_span *label; /* (n) */
    struct kc_label_span *name;  /* (n) */
};

/* Append the places of a row's values. */
int kc_label_text_add(struct kc_label_text *t, struct kc_label_span label, struct kc_label_span name,
                      struct kc_err *e) KC_MUST_USE;
void kc_label_text_free(struct kc_label_text *t);

/* Write a whole number as one of an npy file, to out (kc_npy_cell bytes). Return 0 if the type cannot hold it. */
int kc_label_text_number(const char *descr, int64_t v, char *out) KC_MUST_USE;

#endif
