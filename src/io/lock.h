/* Lock a file that is replaced by renaming, so that one process at a time works on it. */
#ifndef KC_IO_LOCK_H
#define KC_IO_LOCK_H

#include "base/err.h"

/* Wait until no other process holds the lock on the file at path, and take it; *fd is the lock. Its last holder may
 * have replaced the file: the lock is on the file that is there now. It ends with the process or by kc_lock_drop.
 * *waited is set if another process held it. A path that is no regular file, or leads nowhere, is not locked: *fd is
 * -1. KC_ESYS if the file cannot be opened or its file system has no locks. */
int kc_lock_take(const char *path, int *fd, int *waited, struct kc_err *e) KC_MUST_USE;
void kc_lock_drop(int fd); /* fd may be -1 */

#endif
