/* The formats that kclust reads: the table of their readers, and how a file's format is recognised. */
#ifndef KC_IN_FORMATS_FORMATS_H
#define KC_IN_FORMATS_FORMATS_H

#include "in/piece/reader.h"

#define KC_KVEC_TERM_MAX ((uint32_t)1 << 28) /* "KCV1" read as a length is above it */
#define KC_SEEN 16 /* bytes by which formats are recognised; no less than the longest magic number */

extern const struct kc_reader kc_reader_jsonl, kc_reader_kvec, kc_reader_npy, kc_reader_raw, kc_reader_faiss,
    kc_reader_fvecs, kc_reader_bvecs, kc_reader_safetensors;
extern const struct kc_reader kc_reader_word2vec, kc_reader_word2vec_bin, kc_reader_glove, kc_reader_csv, kc_reader_tsv,
    kc_reader_numbers, kc_reader_parquet, kc_reader_npz;
/* The readers by their format; NULL for KC_IN_AUTO. */
extern const struct kc_reader *const kc_readers[KC_IN_FORMATS];

/* Open the next file that is not empty, recognise its format and begin its reader. Set *none if there is no other. */
int kc_formats_open_next(struct kc_feed *f, int *none, struct kc_err *e) KC_MUST_USE;

/* Read the attributes of all rows of the open file, a Parquet file that was opened with o->only_attrs, and call fn with
 * those of each row. A failure of fn ends it. (parquet.c) */
typedef int (*kc_attrs_row)(void *arg, const struct kc_strs *attrs, struct kc_err *e);
int kc_parquet_attrs(struct kc_feed *f, kc_attrs_row fn, void *arg, struct kc_err *e) KC_MUST_USE;

/* Recognise a text format by the first lines of the open file (detect.c). Set *rd to NULL if they leave any doubt. */
int kc_detect_text(struct kc_feed *f, const struct kc_reader **rd, struct kc_err *e) KC_MUST_USE;

#endif
