/* A text file line by line, decompressed if need be: UTF-8, lines ended by LF or CR LF, a byte order mark at the
 * beginning skipped. */
#ifndef KC_IO_LINES_H
#define KC_IO_LINES_H

#include "base/mem.h"
#include "io/source.h"

struct kc_lines {
    const char *name;     /* for messages */
    struct kc_source *src;
    struct kc_buf b;      /* b.p[begin .. b.n): read and not yet returned */
    size_t begin;
    int ended;
    int quoted;           /* set by the caller: line breaks between two '"' do not end a line (csv); NULs are allowed */
    uint64_t limit;       /* set by the caller: bytes of the longest line, approximately; 0: no limit */
    enum kc_code limit_code; /* set by the caller: the error code if a line is longer */
    uint64_t line;        /* number of the line returned last, from 1 */
    uint64_t next;        /* number of the line after it */
    struct kc_buf *copy;  /* set by the caller: receives all bytes that are read; NULL: nothing does */
};

/* Begin with a source that is open, which becomes the lines' own; kc_lines_free closes it. */
void kc_lines_begin(struct kc_lines *l, const char *path, struct kc_source *src);
int kc_lines_open(struct kc_lines *l, const char *path, struct kc_err *e) KC_MUST_USE;
void kc_lines_free(struct kc_lines *l); /* also after a failed open */

/* Read the next line. Return 1 with *p and *n, the line without its end, which the caller may change until the next
 * call; a NUL and KC_NUM_PAD readable bytes follow it, as json/json.h requires. Return 0 at the end; -1 with KC_ESYS,
 * or KC_EINPUT and the line. */
int kc_lines_next(struct kc_lines *l, char **p, size_t *n, struct kc_err *e) KC_MUST_USE;
/* Look at the text from the next line on without reading it: at least `want` bytes of it, fewer only at its end, which
 * *whole tells. KC_NUM_PAD NULs follow them. A byte order mark at the beginning is skipped. */
int kc_lines_peek(struct kc_lines *l, size_t want, const char **p, const char **end, int *whole, struct kc_err *e)
    KC_MUST_USE;
/* Return where p, in a line or a text that these have returned last, is in the copy. */
uint64_t kc_lines_offset(const struct kc_lines *l, const char *p);
/* Decode \t \n \r \\ \xHH in place, which kclust writes, and \b \f \v, which PostgreSQL's COPY writes. Return the new
 * length, SIZE_MAX at any other escape. */
size_t kc_lines_unescape(char *p, size_t n);

#endif
