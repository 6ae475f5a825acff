/* Named outputs, all or nothing. A regular target is written to a temporary file beside it, synced and renamed on
 * commit. Symlinks are followed to the file they name. A device or FIFO is written in place. "-" (and /dev/stdout,
 * /dev/stderr, /dev/fd/N) is a descriptor that is open already. */
#ifndef KC_IO_OUTFILE_H
#define KC_IO_OUTFILE_H

#include <stddef.h>
#include "base/ctx.h"

struct kc_outfile;

/* Open an output. Creates the temporary file, so that a target that cannot be written is reported at once. Owner,
 * group, mode and attributes of an existing target are kept, as far as the system allows (owner.h). */
int kc_outfile_open(struct kc_outfile **out, const char *path, struct kc_err *e) KC_MUST_USE;
/* Warn of what could not be kept. f may be NULL. */
void kc_outfile_tell(const struct kc_outfile *f, const struct kc_ctx *ctx);
/* Open an unlinked temporary file in $TMPDIR (or /tmp), for data that must be complete before they can be written
 * out. */
int kc_outfile_open_spool(struct kc_outfile **out, struct kc_err *e) KC_MUST_USE;
int kc_outfile_write(struct kc_outfile *f, const void *p, size_t n, struct kc_err *e) KC_MUST_USE; /* buffered */
/* Pass on what was written, unless the target is replaced at the end anyway: the reader of a pipe need not wait. */
int kc_outfile_push(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Overwrite bytes already written at offset (a header whose counts were unknown). Only if kc_outfile_seekable. */
int kc_outfile_patch(struct kc_outfile *f, uint64_t offset, const void *p, size_t n, struct kc_err *e) KC_MUST_USE;
int kc_outfile_seekable(const struct kc_outfile *f); /* bytes can be overwritten */
int kc_outfile_existed(const struct kc_outfile *f); /* the named target existed when it was opened */
int kc_outfile_is_file(const struct kc_outfile *f); /* a named regular file: others may be put beside it */
/* Append everything that was written to the spool. */
int kc_outfile_copy(struct kc_outfile *f, struct kc_outfile *spool, struct kc_err *e) KC_MUST_USE;
/* Set *n to the bytes that were written to the spool, once it is finished. */
int kc_outfile_size(const struct kc_outfile *spool, uint64_t *n, struct kc_err *e) KC_MUST_USE;
/* Read n bytes at offset of what was written to the spool, once it is finished. Any number of threads may read. */
int kc_outfile_read(const struct kc_outfile *spool, uint64_t offset, void *p, size_t n, struct kc_err *e) KC_MUST_USE;
/* Flush and sync: everything that can fail except the rename. With several outputs, finish all before committing
 * any. */
int kc_outfile_finish(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Flush, check, sync, rename, close. The target is the new file only if this returns 0. */
int kc_outfile_commit(struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Commit n outputs (NULL entries are skipped). Every one is complete before any is replaced. Pipes, devices and
 * descriptors, which cannot be undone, are finished and committed last. */
int kc_outfile_commit_all(struct kc_outfile *const *f, size_t n, struct kc_err *e) KC_MUST_USE;
/* An open output and the option that names it, for messages. f is NULL if the output was not asked for. */
struct kc_named_output {
    const struct kc_outfile *f;
    const char *option;
};
/* Fail with KC_EUSAGE if two of the outputs would replace the same file. */
int kc_outfile_all_differ(const struct kc_named_output *o, size_t n, struct kc_err *e) KC_MUST_USE;
/* Fail with KC_EUSAGE if an output would replace the file at path, an input that `option` names. path may be NULL. */
int kc_outfile_none_is(const struct kc_named_output *o, size_t n, const char *path, const char *option,
                       struct kc_err *e) KC_MUST_USE;
/* Fail with KC_EUSAGE if one of the inputs ("-", or n = 0: standard input) is the regular file that an open descriptor
 * writes to: reading it would never come to an end. */
int kc_outfile_check_inputs(const struct kc_outfile *f, const char *const *paths, size_t n,
                            struct kc_err *e) KC_MUST_USE;
/* Close and free. An output that was not committed is removed. f may be NULL, or committed already. */
void kc_outfile_free(struct kc_outfile *f);

/* Unlink every temporary file that is open now. Async-signal-safe, for a signal handler. */
void kc_outfile_unlink_all(void);

#endif
