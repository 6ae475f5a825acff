/* Labels brought to other rows: by their terms, or row by row. */
#ifndef KC_JOB_ALIGN_H
#define KC_JOB_ALIGN_H

#include "in/fields/labels.h"

/* The labels of l for n rows of `other` (for messages: "words.jsonl") into out (n). Where both have terms, by them,
 * equal ones in their order; else row by row. KC_EINPUT, naming the first of them, when rows have no label or labels no
 * row. */
int kc_job_align(const struct kc_labelling *l, const char *path, const struct kc_strs *terms, size_t n,
                 const char *other, uint32_t *out, struct kc_err *e) KC_MUST_USE;

#endif
