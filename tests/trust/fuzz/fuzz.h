/* What the fuzz targets share. One program holds them all, so that it is built once; KC_FUZZ_TARGET names the one that
 * runs. A target looks at one input and calls fuzz_fail when kclust and an oracle disagree. */
#ifndef KC_FUZZ_H
#define KC_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/run.h"

void fuzz_number(const uint8_t *p, size_t n);
void fuzz_json(const uint8_t *p, size_t n);
void fuzz_jsonl(const uint8_t *p, size_t n);
void fuzz_kvec(const uint8_t *p, size_t n);
void fuzz_npy(const uint8_t *p, size_t n);
void fuzz_raw(const uint8_t *p, size_t n);
void fuzz_faiss(const uint8_t *p, size_t n);
void fuzz_words(const uint8_t *p, size_t n);
void fuzz_columns(const uint8_t *p, size_t n);
void fuzz_word2vec_bin(const uint8_t *p, size_t n);
void fuzz_first_lines(const uint8_t *p, size_t n);
void fuzz_parquet(const uint8_t *p, size_t n);
void fuzz_fvecs(const uint8_t *p, size_t n);
void fuzz_tensor(const uint8_t *p, size_t n);
void fuzz_packed(const uint8_t *p, size_t n);
void fuzz_options(const uint8_t *p, size_t n);
void fuzz_model(const uint8_t *p, size_t n);
void fuzz_checkpoint(const uint8_t *p, size_t n);
void fuzz_config(const uint8_t *p, size_t n);
void fuzz_date(const uint8_t *p, size_t n);
void fuzz_fields(const uint8_t *p, size_t n);
void fuzz_shape(const uint8_t *p, size_t n);
void fuzz_table(const uint8_t *p, size_t n);
void fuzz_labels(const uint8_t *p, size_t n);
void fuzz_summary(const uint8_t *p, size_t n);
void fuzz_map(const uint8_t *p, size_t n);

/* Print what is wrong and abort, which libFuzzer reports with the input. */
_Noreturn void fuzz_fail(const char *fmt, ...) KC_PRINTF(1, 2);
#define FUZZ_CHECK(x) ((x) ? (void)0 : fuzz_fail("%s:%d: %s", __FILE__, __LINE__, #x))

/* A copy of n bytes with KC_NUM_PAD NULs behind it, as texts want it; at the end of an allocation, so that a read
 * further on is seen. Freed by free(3). */
char *fuzz_padded(const uint8_t *p, size_t n);

/* rows.c: a load of bytes as a file, and what came of it. */
struct fuzz_how {
    size_t block;     /* bytes of a piece, 0: the usual */
    unsigned threads; /* 1 or 4 */
    int pipe;         /* through a pipe, not a file */
};
struct fuzz_load {
    int rc;
    struct kc_err e;
    struct kc_dataset ds;
    struct kc_buf log;
    float *x; /* (n, d) */
};
void fuzz_load(struct fuzz_load *l, const struct kc_in_opts *o, const uint8_t *p, size_t n, struct fuzz_how how);
void fuzz_load_free(struct fuzz_load *l);
/* messages: they must be the same, too (a pipe has no size that would give a lie away at once). */
void fuzz_same_load(const struct fuzz_load *a, const struct fuzz_load *b, int messages);
/* Load it whole, then in the manner that how_byte says; compare the two; write and read what was accepted. */
void fuzz_both(struct kc_in_opts *o, unsigned how_byte, const uint8_t *p, size_t n);

/* container.c: models and maps. */
struct kc_outfile;
/* Take *n > 0 bytes: flags; then the file, or (flag 1) its header as text, a NUL and the data, so that a header may grow
 * without its length being guessed. Set p and n to the file; free(3) what is returned. */
uint8_t *fuzz_container(const uint8_t **p, size_t *n);
/* Check the message of a file that was refused. */
void fuzz_refusal(const struct kc_err *e);
/* The bytes that save(what) writes. */
void fuzz_save(int (*save)(const void *what, struct kc_outfile *f, struct kc_err *e), const void *what, struct kc_buf *b);
/* Load n bytes by their path, as a file or through a pipe: the same answer as the one from memory. Not of what may be
 * compressed. */
void fuzz_by_path(int (*load)(const char *path, struct kc_err *e), const uint8_t *p, size_t n, int through_pipe,
                  const struct kc_err *want);

/* view.c */
struct kc_view;
/* Give a view a few rows in the clusters 0, 1, 7 and "x". */
void fuzz_label(struct kc_view *v);
/* Draw all pictures that the view has the figures for, or make its page: they are well-formed, whatever its texts. */
void fuzz_show(struct kc_view *v, unsigned page);

/* twin.c: JSON the slow and obvious way. */
const char *twin_value(const char *p, const char *end, unsigned depth); /* behind the value at p, NULL: none is there */
const char *twin_number(const char *p, const char *end);
int twin_utf8(const char *p, const char *end); /* 1: all of it is UTF-8 */
/* The string whose opening quote is at p, decoded; 0, or 1 for a lone surrogate. */
int twin_decode(const char *p, struct kc_buf *out);

/* A line {"t": TERM, "v": [NUMBER, ...]}. x holds what its numbers are, up to `room`. 0 when the record is good. */
struct twin_record {
    struct kc_buf term;
    size_t n;
    float *x;
    size_t room;
};
int twin_record(const char *p, const char *end, struct twin_record *r);

#endif
