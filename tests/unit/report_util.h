/* For the tests of outputs: a directory of their own, and whole files as text. */
#ifndef KC_TESTS_REPORT_UTIL_H
#define KC_TESTS_REPORT_UTIL_H

#include <stddef.h>
#include "model/model.h"

/* A path in a fresh directory below $TMPDIR; valid until the fourth next call. The directory is removed at exit. */
const char *out_path(const char *name);
/* The file's bytes with a NUL behind them (free), NULL when it cannot be read. n may be NULL. */
char *out_slurp(const char *path, size_t *n);
/* Save a model to a fresh file. Return its bytes as out_slurp does. */
char *out_model(const struct kc_model *m, size_t *n, struct kc_err *e);
int out_spit(const char *path, const char *text);
/* Number of entries in the directory. */
int out_entries(void);
/* The file holds exactly this text. */
int out_is(const char *path, const char *text);

#endif
