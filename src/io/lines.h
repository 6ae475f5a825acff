/* A text file line by line, inflated where it is compressed: UTF-8, lines ended by LF or CR LF, a byte order mark at
 * the beginning left out. */
#ifndef KC_IO_LINES_H
#define KC_IO_LINES_H

#include "base/mem.h"
#include "io/source.h"

struct kc_lines {
    const char *name;     /* for messages */
    struct kc_source *src;
    struct kc_buf b;      /* b.p[begin .. b.n): read and not yet handed out */
    size_t begin;
    int ended;
    int quoted;           /* set by the caller: a line break between two '"' does not end a line (csv); NULs may be */
    uint64_t limit;       /* set by the caller: bytes of the longest line, more or less; 0: any */
    enum kc_code limit_code; /* of the failure when there is a longer one */
    uint64_t line;        /* number of the line handed out last, from 1, */
    uint64_t next;        /* and of the one behind it */
};

int kc_lines_open(struct kc_lines *l, const char *path, struct kc_err *e) KC_MUST_USE;
void kc_lines_free(struct kc_lines *l); /* fine after a failed open */

/* The next line, without its end: *p (*n), which the caller may change until the next call; a NUL and KC_NUM_PAD
 * readable bytes are behind it, as json/json.h wants it. 1; 0 at the end; -1: KC_ESYS, or KC_EINPUT with the line. */
int kc_lines_next(struct kc_lines *l, char **p, size_t *n, struct kc_err *e) KC_MUST_USE;
/* Decode \t \n \r \\ \xHH in place, which is what kclust writes, and \b \f \v, which PostgreSQL's COPY does. Returns the
 * new length, SIZE_MAX at any other escape. */
size_t kc_lines_unescape(char *p, size_t n);

#endif
