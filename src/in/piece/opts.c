/* The names of the formats, in the order of enum kc_in_format: one table, which maps both ways. The names are the words
 * that --format accepts (KC_IN_WORDS). */
#include "in/piece/opts.h"

#include <string.h>

static const char *const names[KC_IN_FORMATS] = {
    [KC_IN_AUTO] = "auto", [KC_IN_JSONL] = "jsonl", [KC_IN_KVEC] = "kvec", [KC_IN_NPY] = "npy", [KC_IN_RAW] = "raw",
    [KC_IN_FAISS] = "faiss", [KC_IN_FVECS] = "fvecs", [KC_IN_BVECS] = "bvecs", [KC_IN_SAFETENSORS] = "safetensors",
    [KC_IN_WORD2VEC] = "word2vec", [KC_IN_WORD2VEC_BIN] = "word2vec-bin", [KC_IN_GLOVE] = "glove", [KC_IN_CSV] = "csv",
    [KC_IN_TSV] = "tsv", [KC_IN_NUMBERS] = "numbers", [KC_IN_PARQUET] = "parquet",
    [KC_IN_NPZ] = "npz"};

const char *kc_in_format_name(enum kc_in_format f)
{
    return names[f];
}

int kc_in_format_by_name(const char *name, enum kc_in_format *f)
{
    for (int i = 0; i < KC_IN_FORMATS; i++)
        if (strcmp(name, names[i]) == 0) {
            *f = (enum kc_in_format)i;
            return 0;
        }
    return -1;
}
