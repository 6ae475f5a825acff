/* A large JSON text, inflated where it is compressed, read member by member: only the value at hand is in memory. */
#ifndef KC_JSON_WINDOW_H
#define KC_JSON_WINDOW_H

#include "io/source.h"
#include "json/json.h"

struct kc_window {
    const char *name;
    struct kc_source *src;
    struct kc_buf b;    /* b.p[at .. b.n) is read and not yet taken; KC_NUM_PAD NULs behind */
    size_t at;
    uint64_t behind;    /* bytes of the text before b.p[0] */
    uint64_t limit;     /* bytes of the longest value */
    int ended;
    struct kc_buf quoted;
};

/* The text's first piece, from behind a byte order mark and white space on. path is not "-": it is looked at twice.
 * Free with kc_window_free, also after a failure. */
int kc_window_open(struct kc_window *w, const char *path, uint64_t limit, struct kc_err *e) KC_MUST_USE;
void kc_window_free(struct kc_window *w);

/* In front of an object, or behind a member's value: the next member's key, decoded, into key. 1; 0 behind the object's
 * end; -1: KC_EINPUT or KC_ESYS. first: in front of the object. */
int kc_window_member(struct kc_window *w, int first, struct kc_buf *key, struct kc_err *e) KC_MUST_USE;
/* The value behind a key, whole, as json/json.h wants it, and checked: [*p, *end), valid until the next call. depth: of
 * the objects around it. */
int kc_window_value(struct kc_window *w, unsigned depth, const char **p, const char **end, struct kc_err *e) KC_MUST_USE;
/* The value behind a key is to be an object, whose members come next. */
int kc_window_enter(struct kc_window *w, struct kc_err *e) KC_MUST_USE;
/* Behind the last value: nothing but white space may follow. */
int kc_window_end(struct kc_window *w, struct kc_err *e) KC_MUST_USE;

/* KC_EINPUT, with the byte of the text that p, in the window, is. Returns -1. */
int kc_window_bad(const struct kc_window *w, const char *p, struct kc_err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* s as a JSON string, into w->quoted. */
int kc_window_quoted(struct kc_window *w, const struct kc_buf *s, struct kc_err *e) KC_MUST_USE;

#endif
