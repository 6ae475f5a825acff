/* Numbers to text and back, never by the locale. */
#ifndef KC_BASE_NUM_H
#define KC_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum kc_num_status {
    KC_NUM_OK = 0,
    KC_NUM_SYNTAX, /* not a JSON number (RFC 8259: no leading +, no leading zeros, digits on both sides of the point) */
    KC_NUM_RANGE   /* finite in decimal, infinite as float32 (1e39, 1e999) */
};

/* Parse the JSON number at *pp into the float that numpy.float32(json.loads(text)) gives: the decimal is rounded to
 * the nearest double, that to the nearest float, ties to even. On return *pp stands behind the last byte of the number
 * (KC_NUM_SYNTAX: at the offending byte). The buffer must be readable for KC_NUM_PAD bytes behind the text and hold a
 * non-number byte (such as NUL) there. */
#define KC_NUM_PAD 64
enum kc_num_status kc_num_float(const char **pp, float *out);

/* Parse at most `room` numbers with commas (and JSON white space) between them; *pp is the first byte of the first.
 * Returns how many were stored in out (room).
 * KC_NUM_OK: *pp stands at the first byte behind the last number that is no white space; a comma there means that
 * `room` was used up and more may follow. Else: *pp is the first byte of the element that is no number of float32.
 * The buffer is as for kc_num_float; it can be read from `floor` on (at most *pp; 32 bytes before it are enough). */
size_t kc_num_floats(const char **pp, const char *floor, float *out, size_t room, enum kc_num_status *status);

/* How numbers are listed where JSON's commas and brackets are not. */
struct kc_num_list {
    char sep;   /* between two numbers: ',', '\t', ' ', ... */
    char close; /* what ends most lists: it is looked out for, any other byte ends them too */
};

/* The same with `list`'s separator. Blanks are allowed around the numbers unless they are the separators; no line break
 * is passed over. */
size_t kc_num_listed(const char **pp, const char *floor, float *out, size_t room, const struct kc_num_list *list,
                     enum kc_num_status *status);

/* As kc_num_float, and takes also what people and other programs write: a leading '+', zeros in front, no digit on one
 * side of the point. */
enum kc_num_status kc_num_loose(const char **pp, float *out);

/* The first byte behind the JSON number at p, or NULL and *bad (the offending byte) when there is none. */
const char *kc_num_skip(const char *p, const char **bad);

/* The shortest decimal that reads back (by kc_num_float, or numpy) as the same float. At most 24 bytes, no NUL;
 * returns the length. x must be finite. -0 gives "-0.0", 1 gives "1.0" (as Python's repr), 1e-7 gives "1e-07". */
#define KC_NUM_FLOAT_MAX 24
size_t kc_num_format_float(char *out, float x);

/* The shortest decimal that reads back as the same double, JSON syntax; NUL-terminated. Non-finite gives "null".
 * Returns the length without the NUL. */
#define KC_NUM_DOUBLE_MAX 32
size_t kc_num_format_double(char *out, double x);

/* An unsigned integer with an optional K, M or G (powers of 1024, upper or lower case, with or without a trailing
 * B or iB) behind it; the whole string. -1 on anything else or on overflow. */
int kc_num_size(const char *s, uint64_t *out) KC_MUST_USE;
int kc_num_u64(const char *s, uint64_t *out) KC_MUST_USE;    /* plain decimal digits only, the whole string */
int kc_num_double(const char *s, double *out) KC_MUST_USE;   /* finite, JSON syntax, the whole string */

/* "12.3 MB": bytes for people, powers of 1000, at most 9 characters and a NUL. */
void kc_num_human(char out[16], uint64_t bytes);
/* Format two sizes for a message, what is needed and what is allowed (less): two texts that differ. */
void kc_num_human_pair(char need[32], uint64_t bytes, char most[32], uint64_t limit);

#endif
