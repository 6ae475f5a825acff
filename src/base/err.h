/* Errors are values: a function that can fail takes a struct kc_err and returns 0 or -1; the first
 * failure fills it, later ones leave it alone. Only src/cli prints it and exits. */
#ifndef KC_BASE_ERR_H
#define KC_BASE_ERR_H

#include <stdarg.h>
#include <stdint.h>

#if defined(__GNUC__)
#define KC_MUST_USE __attribute__((warn_unused_result))
#define KC_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define KC_MUST_USE
#define KC_PRINTF(fmt, first)
#endif

/* Exit codes of the program, and the code of an error. The numbers are a contract with scripts. */
enum kc_code {
    KC_OK = 0,
    KC_EINPUT = 1, /* the input is bad */
    KC_EUSAGE = 2, /* the command line is bad */
    KC_ELIMIT = 3, /* output was written, but a requested limit could not be kept, or a difference was found */
    KC_ESYS = 4    /* the system failed us: open, read, write, memory, a resource limit */
};

/* How ranks that cannot read their parts of the input by themselves must read it again. */
enum kc_again {
    KC_AGAIN_NOT,
    KC_AGAIN_EXACT, /* find where records begin by reading all of those before */
    KC_AGAIN_WHOLE  /* each reads all of it */
};

struct kc_err {
    enum kc_code code; /* KC_OK: no error so far */
    uint64_t line;     /* 1-based line (or 0: none) in `file` */
    uint64_t short_of; /* memory was short: the bytes that were asked for, at least 1; else 0 */
    uint64_t order;    /* by which ranks find the first failure: it rises with the place in the input; 0: none */
    enum kc_again again; /* set: not a failure yet */
    char file[1024];   /* input or output concerned; "" if there is none */
    char msg[768];     /* what was found and what was expected; no newline, no final stop */
};

#define KC_ERR_INIT {KC_OK, 0, 0, 0, KC_AGAIN_NOT, "", ""}

/* Record a failure, unless one is recorded already. Always returns -1, for `return kc_err_set(...)`. */
int kc_err_set(struct kc_err *e, enum kc_code code, const char *fmt, ...) KC_PRINTF(3, 4);

/* Record a failure as kc_err_set does, with its place: file may be NULL, line 0 if there is none. */
int kc_err_at(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt, ...)
    KC_PRINTF(5, 6);

/* Record KC_ESYS with strerror(errnum) after the text: "cannot open: No such file or directory". */
int kc_err_sys(struct kc_err *e, const char *file, int errnum, const char *fmt, ...) KC_PRINTF(4, 5);

/* Append to the message of a failure. */
void kc_err_more(struct kc_err *e, const char *fmt, ...) KC_PRINTF(2, 3);

/* Write the one line "FILE:LINE: message" (no program name, no newline) to out, NUL-terminated. Control bytes are
 * written as \xHH, so that hostile names cannot move the terminal's cursor. */
void kc_err_format(const struct kc_err *e, char *out, unsigned long size);

/* Copy src to dst (size bytes, NUL-terminated), control bytes and invalid UTF-8 as \xHH. */
void kc_err_escape(char *dst, unsigned long size, const char *src, unsigned long n);

#endif
