/* Lock a file that is replaced by renaming, so that one process at a time works on it. */
#ifndef KC_IO_LOCK_H
#define KC_IO_LOCK_H

#include "base/ctx.h"

/* Wait until no other process holds the lock on the file at path, and take it; *fd is the lock. Its last holder may
 * have replaced the file: the lock is on the file that is there now. It ends with the process or by kc_lock_drop. A
 * path that is no regular file, or leads nowhere, is not locked: *fd is -1. Whoever may read a file can lock it, so the
 * wait is told after KC_LOCK_TOLD seconds, and ends.
 *
 * timeout  seconds to wait at most; negative: no limit
 *
 * KC_ESYS if the time is up, the file cannot be opened or its file system has no locks. */
int kc_lock_take(const struct kc_ctx *ctx, const char *path, double timeout, int *fd, struct kc_err *e) KC_MUST_USE;
#define KC_LOCK_TOLD 1.0
#define KC_LOCK_TIMEOUT 600.0 /* the default */
void kc_lock_drop(int fd); /* fd may be -1 */

#endif
