/* Files of vectors, written chunk by chunk as a reader delivers them. */
#ifndef KC_REPORT_VECTORS_H
#define KC_REPORT_VECTORS_H

#include "in/dataset.h"
#include "io/outfile.h"

struct kc_vectors; /* a file being written */

#define KC_OUT_VECTOR_WORDS "jsonl kvec npy raw faiss fvecs parquet" /* the names of the formats that are written */
/* Return 1 if the format can be written. */
int kc_out_vectors_writes(enum kc_in_format format);

/* Open a file for writing; path "-" is standard output. npy, faiss and fvecs hold no terms: if path is a regular file,
 * they get a second file with the terms, PATH.terms. */
int kc_out_vectors_open(struct kc_vectors **out, const char *path, enum kc_in_format format,
                        struct kc_err *e) KC_MUST_USE;
/* Return the output that the vectors go to. */
const struct kc_outfile *kc_out_vectors_file(const struct kc_vectors *v);
/* Write a chunk. All chunks must have the same d. If the input has no terms, the numbers of the input rows are used. */
int kc_out_vectors_write(struct kc_vectors *v, const struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;
/* Complete the file, and PATH.terms, and commit them. *terms_lost is set if the input had terms and the output has no
 * place for them: it is raw, or is no regular file, so that no second file can be beside it. */
int kc_out_vectors_commit(struct kc_vectors *v, int *terms_lost, struct kc_err *e) KC_MUST_USE;
/* Free v, which may be NULL. What was not committed is removed. */
void kc_out_vectors_free(struct kc_vectors *v);

#endif
