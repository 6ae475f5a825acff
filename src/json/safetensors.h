/* The safetensors container (Hugging Face, 2022): a length of 8 bytes, a JSON header of that length that names tensors
 * and says where they lie, the tensors' bytes. All little-endian. It holds no code, and anything reads it. */
#ifndef KC_JSON_SAFETENSORS_H
#define KC_JSON_SAFETENSORS_H

#include "base/mem.h"
#include "io/outfile.h"

#define KC_ST_HEADER_MAX ((uint64_t)100 << 20) /* as the reference implementation has it */
#define KC_ST_DIMS 4

enum kc_st_type {
    KC_ST_F32, KC_ST_F64, KC_ST_I64, KC_ST_U64, KC_ST_F16, KC_ST_BF16, KC_ST_U32,
    KC_ST_OTHER /* well-formed, nothing we read */
};

struct kc_st_tensor {
    const char *name;
    char dtype[8];         /* as the header has it */
    enum kc_st_type type;
    unsigned ndims;
    uint64_t shape[KC_ST_DIMS]; /* those of more dimensions have ndims 0 */
    uint64_t begin, end;   /* bytes [begin, end) of the data */
    const void *data;      /* for writing: elements in the machine's own order */
};

struct kc_st {
    struct kc_st_tensor *tensors; /* (n) in the order of their bytes */
    size_t n;
    struct kc_buf names;          /* of the tensors, each with a NUL behind it */
    struct kc_strs keys, values;  /* the __metadata__, decoded */
    uint64_t bytes;               /* of data */
};

/* The header, `n` bytes at json. KC_EINPUT, with the file's name, for all that is not as the format has it: no JSON, a
 * name twice, unknown members, offsets that do not cover the data once and without gaps, sizes that are not those of the
 * shape. st is zero-initialised here; free with kc_st_free, also after a failure. */
int kc_st_parse(struct kc_st *st, const char *json, size_t n, const char *file, struct kc_err *e) KC_MUST_USE;
void kc_st_free(struct kc_st *st);

const struct kc_st_tensor *kc_st_find(const struct kc_st *st, const char *name); /* NULL: none */
/* The value of a key of the metadata; NULL: none. */
const char *kc_st_metadata(const struct kc_st *st, const char *key, size_t *n);

#define KC_ST_MODEL "kclust-model" /* the "format" in the metadata of kclust's own models, */
int kc_st_is_model(const struct kc_st *st); /* and whether that is what it says */

/* Elements of 4 or 8 bytes from the file's order to the machine's, or back. */
void kc_st_swap(void *p, size_t count, size_t width);

struct kc_st_text {
    const char *key, *value;
    size_t n; /* of the value */
};

/* A whole file: begin and end of the tensors are set here. The header is padded with spaces so that the data begin at
 * a multiple of 8; put tensors of 8-byte elements first and all are aligned. */
int kc_st_write(struct kc_outfile *f, struct kc_st_tensor *tensors, size_t n, const struct kc_st_text *metadata,
                size_t nmetadata, struct kc_err *e) KC_MUST_USE;

#endif
