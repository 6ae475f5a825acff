/* Labels of a file matched to other rows: by their terms, or row by row. */
#ifndef KC_JOB_ALIGN_H
#define KC_JOB_ALIGN_H

#include "in/fields/labels.h"

/* A file of labels. */
struct kc_job_labels {
    const char *file; /* NULL: none; "-": standard input */
    enum kc_labels_format format;
    const char *label_field, *term_field; /* fields of labels and terms in it, or NULL */
};

/* Find the label of each of n rows. If both sides have terms, they are matched by term, equal terms in their order;
 * else row by row. KC_EINPUT if a row has no label or a label no row; the message names the first ones.
 *
 * l, path  the labels and their file
 * terms    (n) the terms of the rows; NULL: none
 * other    where the rows come from, for messages, as in "words.jsonl"
 * hint     ends the message if no term of the rows has a label
 * out      (n) receives the labels */
int kc_job_align(const struct kc_labelling *l, const char *path, const struct kc_strs *terms, size_t n,
                 const char *other, const char *hint, uint32_t *out, struct kc_err *e) KC_MUST_USE;

#endif
