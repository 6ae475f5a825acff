/* Inside model: a safetensors file of kclust's own that is read without trusting it. */
#ifndef KC_MODEL_TENSORS_H
#define KC_MODEL_TENSORS_H

#include "io/source.h"
#include "json/safetensors.h"

/* A file being read. */
struct kc_tensors {
    const char *name; /* of the file, for messages */
    const char *what; /* it is: "model", "map" */
    struct kc_err *e;
    const char *data; /* the tensors' bytes; NULL: they are in a file: */
    int fd;           /* a descriptor, closed by kc_tensors_close */
    uint64_t at;      /* where they begin in it */
    struct kc_st st;
};

/* Open a file of n bytes in memory, which stay the caller's; name, what and e are set. KC_EINPUT if its metadata do not
 * say that its format is this one, in a version up to `version`, or if it is cut short or longer than it should be.
 * Close it with kc_tensors_close, also after a failure. */
int kc_tensors_open(struct kc_tensors *f, const char *bytes, size_t n, const char *format,
                    uint64_t version) KC_MUST_USE;
void kc_tensors_close(struct kc_tensors *f);
/* Open what a source has, of which nothing has been read, as kc_tensors_open does. Of a plain regular file the header
 * alone is read now, and each tensor when it is copied; anything else is read into b, which stays the caller's. */
int kc_tensors_open_source(struct kc_tensors *f, struct kc_buf *b, struct kc_source *src, const char *format,
                           uint64_t version) KC_MUST_USE;
/* Fail with KC_EINPUT: the file is one of these, but damaged. */
int kc_tensors_bad(const struct kc_tensors *f, const char *fmt, ...) KC_PRINTF(2, 3);
/* Copy the tensor of that name, type and shape (d0, d1), or (d0) if d1 is 0. NULL, with the error set, if there is none
 * such. */
void *kc_tensors_copy(const struct kc_tensors *f, const char *name, enum kc_st_type type, uint64_t d0, uint64_t d1);
/* Return the shape of a tensor of `dims` dimensions; NULL, with the error set, if there is none such. */
const uint64_t *kc_tensors_shape(const struct kc_tensors *f, const char *name, unsigned dims);

/* Append all of a source to b. A file that is not of this form, or longer than its header says, is not read to its
 * end. */
int kc_tensors_read(struct kc_buf *b, struct kc_source *src, struct kc_err *e) KC_MUST_USE;
/* Return 1 if a source, of which nothing has been read, begins as a safetensors file and its header says that its
 * format is this one; or, with `unless`, if no valid header says that it is another. 0: it does not; -1: it cannot be
 * read. Nothing of it is read. */
int kc_tensors_is(struct kc_source *src, const char *format, int unless, struct kc_err *e) KC_MUST_USE;

#endif
