/* Named outputs: all or nothing. A regular target is written beside itself, synced and renamed on commit; symlinks are
 * followed to the file they name; a device or FIFO is written in place; "-" is standard output. */
#ifndef KC_BASE_OUTFILE_H
#define KC_BASE_OUTFILE_H

#include <stddef.h>
#include "base/err.h"

struct kc_outfile;

/* Finds out at once whether the target can be written (creates the temporary file). mode of an existing target is kept. */
int kc_outfile_open(struct kc_outfile **f, const char *path, struct kc_err *e) KC_MUST_USE;
int kc_outfile_write(struct kc_outfile *f, const void *p, size_t n, struct kc_err *e) KC_MUST_USE; /* buffered */
/* Overwrite bytes already written at offset (a header whose counts were unknown); only when kc_outfile_seekable. */
int kc_outfile_patch(struct kc_outfile *f, uint64_t offset, const void *p, size_t n, struct kc_err *e) KC_MUST_USE;
int kc_outfile_seekable(const struct kc_outfile *f);
/* Flush, check, sync, rename, close: the target is the new file only when this returns 0. */
int kc_outfile_commit(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Close and free; what was not committed is removed. NULL is fine; so is one already committed. */
void kc_outfile_free(struct kc_outfile *f);

/* For a signal handler (async-signal-safe): unlink every temporary file that is open now. */
void kc_outfile_unlink_all(void);

#endif
