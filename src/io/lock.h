/* One process at a time at a file that is replaced by renaming. */
#ifndef KC_IO_LOCK_H
#define KC_IO_LOCK_H

#include "base/err.h"

/* Wait until no other holds the lock on the file at path, and take it; *fd is the lock. Whoever held it may have replaced
 * the file: the lock is on the one that is there now. The lock goes with the process, or by kc_lock_drop. *waited: there
 * was somebody. A path that is no regular file, or leads nowhere, is not locked: *fd is -1. KC_ESYS when the file cannot be opened or its
 * file system knows no locks. */
int kc_lock_take(const char *path, int *fd, int *waited, struct kc_err *e) KC_MUST_USE;
void kc_lock_drop(int fd); /* -1 is fine */

#endif
