/* The byte source: a file or standard input, decompressed if its first bytes are those of gzip or zstd. */
#ifndef KC_IO_SOURCE_H
#define KC_IO_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct kc_source;

enum kc_source_kind { KC_SOURCE_PLAIN, KC_SOURCE_GZIP, KC_SOURCE_ZSTD };

/* Open path ("-": standard input) and read the first bytes. KC_ESYS if it cannot be opened or read, or is a
 * directory. */
int kc_source_open(struct kc_source **out, const char *path, struct kc_err *e) KC_MUST_USE;
void kc_source_free(struct kc_source *s); /* NULL is fine */

/* Read up to n (> 0) decompressed bytes; *got is 0 only at the end. KC_EINPUT, with the offset in the stored input, for
 * compressed data that are damaged, cut short, or followed by something else. */
int kc_source_read(struct kc_source *s, char *p, size_t n, size_t *got, struct kc_err *e) KC_MUST_USE;

/* Look at the next decompressed bytes without reading them: at least `want` (> 0), fewer only at the end. They are
 * valid until the next call; KC_SOURCE_PAD NULs follow them. */
int kc_source_peek(struct kc_source *s, size_t want, const char **p, size_t *n, struct kc_err *e) KC_MUST_USE;
#define KC_SOURCE_PAD 64

/* Return 1 if the source is a regular file, compressed or not; 0 for a pipe or a device, which is read once. */
int kc_source_is_file(const struct kc_source *s);

/* Return 1 if reading would return bytes, or the end, without waiting. */
int kc_source_ready(const struct kc_source *s);

enum kc_source_kind kc_source_kind(const struct kc_source *s);
uint64_t kc_source_bytes(const struct kc_source *s); /* stored bytes read so far */
/* Return the bytes that remain from here on if the source is a plain regular file; else UINT64_MAX. */
uint64_t kc_source_left(const struct kc_source *s);

/* Skip up to n bytes of a plain regular file without reading them. Return how many; 0 for any other source. */
uint64_t kc_source_skip(struct kc_source *s, uint64_t n);

/* Go on with the bytes [from, to) of a plain regular file, counted from where it was when it was opened, and end there.
 * Nothing before or after is read. */
int kc_source_window(struct kc_source *s, uint64_t from, uint64_t to, struct kc_err *e) KC_MUST_USE;
/* Set *begin to the offset of the first line of a plain regular file that begins at offset `at` or later; its size if
 * there is none. Reads the bytes that lie between. */
int kc_source_line(const struct kc_source *s, uint64_t at, uint64_t *begin, struct kc_err *e) KC_MUST_USE;

/* Return a descriptor of the caller's own on a plain regular file; *at is the file offset of the next byte. -1, which
 * is no failure, if the source is something else or descriptors are short. */
int kc_source_dup(const struct kc_source *s, uint64_t *at) KC_MUST_USE;

/* Return the stored bytes of the input, 0 if they cannot be known (a pipe). Opens nothing, never fails. */
uint64_t kc_source_size(const char *path);

/* Recognise compressed data by their first n bytes. */
enum kc_source_kind kc_source_packed(const char *p, size_t n);

/* Check that path exists, may be read and is no directory; KC_ESYS as in kc_source_open. Opens nothing, so that a FIFO
 * is not disturbed; errors that only opening shows are left to kc_source_open. */
int kc_source_check(const char *path, struct kc_err *e) KC_MUST_USE;

/* Return "standard input" for "-", else the path. */
const char *kc_source_name(const char *path);

#endif
