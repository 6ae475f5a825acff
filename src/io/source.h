/* The byte source: a file or standard input, inflated when its first bytes say that it is gzip or zstd. */
#ifndef KC_IO_SOURCE_H
#define KC_IO_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct kc_source;

enum kc_source_kind { KC_SOURCE_PLAIN, KC_SOURCE_GZIP, KC_SOURCE_ZSTD };

/* path "-" is standard input. Reads the first bytes. KC_ESYS when it cannot be opened or read, or is a directory. */
int kc_source_open(struct kc_source **out, const char *path, struct kc_err *e) KC_MUST_USE;
void kc_source_free(struct kc_source *s); /* NULL is fine */

/* Up to n (> 0) bytes, decompressed; *got is 0 only at the end. KC_EINPUT, with the byte of the stored input where it
 * was found, for compressed data that is damaged, cut short, or followed by something else. */
int kc_source_read(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e) KC_MUST_USE;

/* Whether reading would find something, or the end, without waiting. */
int kc_source_ready(const struct kc_source *s);

enum kc_source_kind kc_source_kind(const struct kc_source *s);
uint64_t kc_source_bytes(const struct kc_source *s); /* stored bytes read so far */
/* Bytes still to be had from here on, when the source is a plain regular file; else UINT64_MAX. */
uint64_t kc_source_left(const struct kc_source *s);

/* Leave out up to n of them without reading; returns how many. 0 when the source is something else. */
uint64_t kc_source_skip(struct kc_source *s, uint64_t n);

/* A descriptor of the caller's own on a plain regular file; *at: the place in it of the next byte that is to be had.
 * -1, which is no failure, when the source is something else or descriptors are short. */
int kc_source_dup(const struct kc_source *s, uint64_t *at) KC_MUST_USE;

/* Stored bytes of the input, 0 when that cannot be known (a pipe). Opens nothing, never fails. */
uint64_t kc_source_size(const char *path);

/* What the first n bytes of something say that it is. */
enum kc_source_kind kc_source_packed(const char *p, size_t n);

/* KC_ESYS, as kc_source_open has it, when the file is not there, may not be read or is a directory. Opens nothing, so
 * that a FIFO is not disturbed; what can only be seen by opening is left to that. */
int kc_source_check(const char *path, struct kc_err *e) KC_MUST_USE;

/* "standard input" for "-", else the path. */
const char *kc_source_name(const char *path);

#endif
