/* Watch the terms as they are read, for two mistakes that no single record shows: a field of classes taken for the
 * terms, and files whose terms begin anew. */
#ifndef KC_IN_WATCH_H
#define KC_IN_WATCH_H

#include "base/ctx.h"
#include "base/intern.h"

/* Zero-initialise; free with kc_watch_free. */
struct kc_watch {
    struct kc_intern seen; /* of the first terms */
    size_t n;              /* of these */
    const char *first_file, *anew; /* the first input with terms; a later one that begins with the same terms */
    struct kc_strs begin;  /* the first two terms of the first file */
    size_t at, equal;      /* of the file at hand: terms seen; how many of the first two are those of the first file */
};

/* Note that a file begins. */
void kc_watch_file(struct kc_watch *w);
/* Note n terms of a file, from terms[at] on. */
int kc_watch_terms(struct kc_watch *w, const char *file, const struct kc_strs *terms, size_t at, size_t n,
                   struct kc_err *e) KC_MUST_USE;
/* Warn of what was seen. */
void kc_watch_report(const struct kc_watch *w, const struct kc_ctx *ctx);
void kc_watch_free(struct kc_watch *w);

/* Warn if files with numbers in their names come in another order than the numbers', as a shell lists r-10 before r-2:
 * the terms of --terms are joined in the order of the files. */
void kc_watch_order(const char *const *files, size_t n, const struct kc_ctx *ctx);

/* Warn if the terms, lines of the file of --terms, look like rows of a table: all of the first have as many tabs, or as
 * many commas or semicolons, with a number behind the last one (but for a header). */
void kc_watch_lines(const char *file, const struct kc_strs *terms, const struct kc_ctx *ctx);

#endif
