/* The header of numpy's npy files, versions 1.0, 2.0 and 3.0. It is a Python dictionary as text:
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (524, 1536), } */
#ifndef KC_IN_FIELDS_NPY_HEADER_H
#define KC_IN_FIELDS_NPY_HEADER_H

#include "base/mem.h"

#define KC_NPY_MAGIC "\x93NUMPY"
#define KC_NPY_LONGEST ((size_t)1 << 20) /* bytes of the dictionary */
#define KC_NPY_HEADER_MOST ((size_t)4096) /* bytes of all that numpy writes before the numbers of a vector */

struct kc_npy_header {
    char descr[32];
    int fortran, seen; /* seen: bit set of 1 descr, 2 fortran_order, 4 shape */
    uint64_t shape[2];
    unsigned dims;     /* all of them; the first two are in shape */
};

/* Parse the dictionary, a NUL-terminated text. Return 0; or -1 with *what, the reason. A structure's descr becomes
 * "structure", and what follows it is not read. */
int kc_npy_dict_parse(const char *p, struct kc_npy_header *h, const char **what) KC_MUST_USE;
/* Parse the header of a file that begins with the n bytes at p. Return its bytes; 0 with *what if it is damaged or not
 * all there; SIZE_MAX if memory is short. */
size_t kc_npy_header_parse(const char *p, size_t n, struct kc_npy_header *h, const char **what, struct kc_err *e);

/* Return the bytes of a number of this type, 0 if it is neither an integer nor a float32 or float64. */
size_t kc_npy_cell(const char *descr);
/* Write the number at p as a whole number to text; return its length, 0 if it is none (or beyond 2^53 as a float). */
int kc_npy_whole(const char *descr, const char *p, char text[32]);

#endif
