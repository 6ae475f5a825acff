/* The safetensors container (Hugging Face, 2022): a length of 8 bytes, a JSON header of that length that names tensors
 * and their places, then the tensors' bytes. All little-endian. It holds no code, and many programs read it. */
#ifndef KC_JSON_SAFETENSORS_H
#define KC_JSON_SAFETENSORS_H

#include "base/mem.h"
#include "io/outfile.h"

#define KC_ST_HEADER_MAX ((uint64_t)100 << 20) /* as in the reference implementation */
#define KC_ST_DIMS 4

enum kc_st_type {
    KC_ST_F32, KC_ST_F64, KC_ST_I64, KC_ST_U64, KC_ST_F16, KC_ST_BF16, KC_ST_U32,
    KC_ST_I32, KC_ST_I16, KC_ST_U16, KC_ST_I8, KC_ST_U8,
    KC_ST_OTHER /* well-formed, but of no type that kclust reads */
};

struct kc_st_tensor {
    const char *name;
    char dtype[8];         /* as in the header */
    enum kc_st_type type;
    unsigned ndims;
    uint64_t shape[KC_ST_DIMS]; /* tensors with more dimensions have ndims 0 */
    uint64_t begin, end;   /* bytes [begin, end) of the data */
    const void *data;      /* for writing: elements in the machine's byte order */
};

struct kc_st {
    struct kc_st_tensor *tensors; /* (n) in the order of their data */
    size_t n;
    struct kc_buf names;          /* of the tensors, each followed by a NUL */
    struct kc_strs keys, values;  /* the __metadata__, decoded */
    uint64_t bytes;               /* bytes of all data */
};

/* Parse the header, n bytes at json. KC_EINPUT, with the file's name, for whatever violates the format: no JSON, a
 * duplicate name, unknown members, offsets that do not cover the data once and without gaps, sizes that do not match
 * the shape. st is zero-initialised here; free with kc_st_free, also after a failure. */
int kc_st_parse(struct kc_st *st, const char *json, size_t n, const char *file, struct kc_err *e) KC_MUST_USE;
void kc_st_free(struct kc_st *st);

const struct kc_st_tensor *kc_st_find(const struct kc_st *st, const char *name); /* NULL: none */
/* Return the value of a key of the metadata; NULL if there is none. */
const char *kc_st_metadata(const struct kc_st *st, const char *key, size_t *n);

#define KC_ST_MODEL "kclust-model" /* "format" in the metadata of kclust's own models */
#define KC_ST_MAP "kclust-map"     /* and of its maps */
/* Return 1 if the metadata name this format. */
int kc_st_has_format(const struct kc_st *st, const char *format);

/* Convert elements of 4 or 8 bytes from the file's byte order to the machine's, or back. */
void kc_st_swap(void *p, size_t count, size_t width);

struct kc_st_text {
    const char *key, *value;
    size_t n; /* bytes of value */
};

/* Write a whole file, and set begin and end of the tensors. The header is padded with blanks so that the data begin at
 * a multiple of 8: put tensors of 8-byte elements first and all are aligned. */
int kc_st_write(struct kc_outfile *f, struct kc_st_tensor *tensors, size_t n, const struct kc_st_text *metadata,
                size_t nmetadata, struct kc_err *e) KC_MUST_USE;
/* Write the header alone; then all elements of the tensors in their order, as many at a time as you like. */
int kc_st_write_header(struct kc_outfile *f, struct kc_st_tensor *tensors, size_t n, const struct kc_st_text *metadata,
                       size_t nmetadata, struct kc_err *e) KC_MUST_USE;
int kc_st_write_elements(struct kc_outfile *f, const void *p, size_t count, enum kc_st_type type,
                         struct kc_err *e) KC_MUST_USE;
size_t kc_st_width(enum kc_st_type type); /* bytes of an element */

#endif
