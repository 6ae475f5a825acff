/* The table of readers, one row for each format. A new format is one file here, one value of enum kc_in_format with its
 * name, and one row here. */
#include "in/formats/formats.h"

const struct kc_reader *const kc_readers[KC_IN_FORMATS] = {
    [KC_IN_JSONL] = &kc_reader_jsonl, [KC_IN_KVEC] = &kc_reader_kvec, [KC_IN_NPY] = &kc_reader_npy,
    [KC_IN_RAW] = &kc_reader_raw, [KC_IN_FAISS] = &kc_reader_faiss, [KC_IN_FVECS] = &kc_reader_fvecs,
    [KC_IN_BVECS] = &kc_reader_bvecs, [KC_IN_SAFETENSORS] = &kc_reader_safetensors,
    [KC_IN_WORD2VEC] = &kc_reader_word2vec, [KC_IN_WORD2VEC_BIN] = &kc_reader_word2vec_bin,
    [KC_IN_GLOVE] = &kc_reader_glove, [KC_IN_CSV] = &kc_reader_csv, [KC_IN_TSV] = &kc_reader_tsv,
    [KC_IN_NUMBERS] = &kc_reader_numbers, [KC_IN_PARQUET] = &kc_reader_parquet,
    [KC_IN_NPZ] = &kc_reader_npz};
