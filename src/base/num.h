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

/* Parse the JSON number at *pp into the float that numpy.float32(json.loads(text)) gives: the decimal is rounded to the
 * nearest double, that to the nearest float, ties to even. *pp moves after the last byte of the number (KC_NUM_SYNTAX:
 * to the offending byte). The buffer must be readable for KC_NUM_PAD bytes after the text and hold a byte there that
 * belongs to no number (such as NUL). */
#define KC_NUM_PAD 64
enum kc_num_status kc_num_float(const char **pp, float *out);

/* Parse at most `room` numbers separated by commas (and JSON white space) into out (room). *pp is at the first byte of
 * the first number. Return how many were stored.
 *
 * KC_NUM_OK: *pp moves to the first byte after the last number that is no white space. A comma there means that `room`
 * is used up and more numbers may follow. Else *pp is at the first byte of the element that is no float32.
 *
 * The buffer is as for kc_num_float, and also readable from `floor` on (at most *pp; 32 bytes before it are enough). */
size_t kc_num_floats(const char **pp, const char *floor, float *out, size_t room, enum kc_num_status *status);

/* How numbers are listed other than with JSON's commas and brackets. */
struct kc_num_list {
    char sep;   /* between two numbers: ',', '\t', ' ', ... */
    char close; /* ends most lists, and is looked for; any other byte ends them too */
};

/* Parse as kc_num_floats does, with the separator of `list`. Blanks are allowed around the numbers unless they are the
 * separator; line breaks are not. */
size_t kc_num_listed(const char **pp, const char *floor, float *out, size_t room, const struct kc_num_list *list,
                     enum kc_num_status *status);

/* Parse as kc_num_float does, but also accept what people and other programs write: a leading '+', leading zeros, no
 * digit on one side of the point. */
enum kc_num_status kc_num_loose(const char **pp, float *out);

/* Return the first byte after the JSON number at p, or NULL and *bad (the offending byte) if there is none. */
const char *kc_num_skip(const char *p, const char **bad);

/* Write the shortest decimal that reads back (by kc_num_float, or numpy) as the same float: at most 24 bytes, no NUL.
 * Return the length. x must be finite. -0 gives "-0.0", 1 gives "1.0" (as in Python's repr), 1e-7 gives "1e-07". */
#define KC_NUM_FLOAT_MAX 24
size_t kc_num_format_float(char *out, float x);

/* Write the shortest decimal that reads back as the same double, in JSON syntax, NUL-terminated. A value that is not
 * finite gives "null". Return the length without the NUL. */
#define KC_NUM_DOUBLE_MAX 32
size_t kc_num_format_double(char *out, double x);

/* Parse the whole string as an unsigned integer, optionally followed by K, M or G (powers of 1024, upper or lower case,
 * with or without B or iB). Return -1 for anything else and on overflow. */
int kc_num_size(const char *s, uint64_t *out) KC_MUST_USE;
int kc_num_u64(const char *s, uint64_t *out) KC_MUST_USE;    /* decimal digits only, the whole string */
/* Parse the whole string as a finite number in JSON syntax. Return -1 for anything else, and for a string longer than
 * KC_NUM_STRING_MAX bytes. */
#define KC_NUM_STRING_MAX 447
int kc_num_double(const char *s, double *out) KC_MUST_USE;

/* Format bytes for people, "12.3 MB", in powers of 1000: at most 9 characters and a NUL. */
void kc_num_human(char out[16], uint64_t bytes);
/* Format two sizes for a message, what is needed and what is allowed (less), so that the texts differ. */
void kc_num_human_pair(char need[32], uint64_t bytes, char most[32], uint64_t limit);

#endif
