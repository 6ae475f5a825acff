/* Vectors as files, written chunk by chunk as they come from a reader. */
#ifndef KC_REPORT_VECTORS_H
#define KC_REPORT_VECTORS_H

#include "in/dataset.h"
#include "io/outfile.h"

struct kc_vectors;

#define KC_OUT_VECTOR_WORDS "jsonl kvec npy raw faiss fvecs" /* the names of the formats that are written */
int kc_out_vectors_writes(enum kc_in_format format);

/* path "-": standard output. npy, faiss and fvecs have a second file beside them, PATH.terms, when PATH is a regular
 * file. */
int kc_out_vectors_open(struct kc_vectors **out, const char *path, enum kc_in_format format,
                        struct kc_err *e) KC_MUST_USE;
/* Where they go. */
const struct kc_outfile *kc_out_vectors_file(const struct kc_vectors *v);
/* The chunks must agree in d. Records without a term get their input row's number. */
int kc_out_vectors_write(struct kc_vectors *v, const struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;
/* Complete and commit. *terms_lost: the input had terms, and the output has no place for them: it is raw, or went
 * where no second file can be. */
int kc_out_vectors_commit(struct kc_vectors *v, int *terms_lost, struct kc_err *e) KC_MUST_USE;
void kc_out_vectors_free(struct kc_vectors *v); /* NULL is fine; what was not committed is removed */

#endif
