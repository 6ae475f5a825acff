/* Named outputs: all or nothing. A regular target is written beside itself, synced and renamed on commit; symlinks are
 * followed to the file they name; a device or FIFO is written in place; "-" (and /dev/stdout, /dev/stderr, /dev/fd/N)
 * is a descriptor that is open already. */
#ifndef KC_IO_OUTFILE_H
#define KC_IO_OUTFILE_H

#include <stddef.h>
#include "base/err.h"

struct kc_outfile;

/* Finds out at once whether the target can be written (creates the temporary file). The mode of an existing target is
 * kept. */
int kc_outfile_open(struct kc_outfile **out, const char *path, struct kc_err *e) KC_MUST_USE;
/* An unlinked temporary file in $TMPDIR (or /tmp), for what has to be known before it can be written. */
int kc_outfile_open_spool(struct kc_outfile **out, struct kc_err *e) KC_MUST_USE;
int kc_outfile_write(struct kc_outfile *f, const void *p, size_t n, struct kc_err *e) KC_MUST_USE; /* buffered */
/* What was written is on its way, where the target is not replaced at the end anyway: a pipe's reader need not wait. */
int kc_outfile_push(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Overwrite bytes already written at offset (a header whose counts were unknown); only when kc_outfile_seekable. */
int kc_outfile_patch(struct kc_outfile *f, uint64_t offset, const void *p, size_t n, struct kc_err *e) KC_MUST_USE;
int kc_outfile_seekable(const struct kc_outfile *f);
int kc_outfile_existed(const struct kc_outfile *f); /* the named target was there when it was opened */
int kc_outfile_is_file(const struct kc_outfile *f); /* a named regular file: other files may go beside it */
/* Append all that was written to the spool. */
int kc_outfile_copy(struct kc_outfile *f, struct kc_outfile *spool, struct kc_err *e) KC_MUST_USE;
/* n bytes at offset of what was written to the spool, once it is finished. Any number of threads may read. */
int kc_outfile_read(const struct kc_outfile *spool, uint64_t offset, void *p, size_t n, struct kc_err *e) KC_MUST_USE;
/* Flush and sync: everything that can fail but the rename. With several outputs, finish all before committing any. */
int kc_outfile_finish(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Flush, check, sync, rename, close: the target is the new file only when this returns 0. */
int kc_outfile_commit(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* All n of them (NULL: none there): every one complete before any is replaced; what is no file of its own, and cannot be
 * taken back, comes last. */
int kc_outfile_commit_all(struct kc_outfile *const *f, size_t n, struct kc_err *e) KC_MUST_USE;
/* An open output and the option that names it, for a message; f is NULL where it was not asked for. */
struct kc_named_output {
    const struct kc_outfile *f;
    const char *option;
};
/* KC_EUSAGE when two of them would replace the same file. */
int kc_outfile_all_differ(const struct kc_named_output *o, size_t n, struct kc_err *e) KC_MUST_USE;
/* KC_EUSAGE when one of them would replace the file at path, which `option` has named to be read; path NULL is fine. */
int kc_outfile_none_is(const struct kc_named_output *o, size_t n, const char *path, const char *option,
                       struct kc_err *e) KC_MUST_USE;
/* KC_EUSAGE when one of the inputs ("-", or n = 0: standard input) is the regular file that an open descriptor writes to:
 * who reads it while he writes would never come to its end. */
int kc_outfile_check_inputs(const struct kc_outfile *f, const char *const *paths, size_t n,
                            struct kc_err *e) KC_MUST_USE;
/* Close and free; what was not committed is removed. NULL is fine; so is one already committed. */
void kc_outfile_free(struct kc_outfile *f);

/* For a signal handler (async-signal-safe): unlink every temporary file that is open now. */
void kc_outfile_unlink_all(void);

#endif
