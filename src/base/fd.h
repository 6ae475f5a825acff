/* System calls on descriptors, carried through: interrupted calls are repeated, short transfers are continued, and a
 * descriptor that would block is waited for. All but the opening ones return 0 or the errno of the failure. */
#ifndef KC_BASE_FD_H
#define KC_BASE_FD_H

#include <stddef.h>
#include <sys/types.h>
#include "base/err.h"

/* Open as open(2) does: -1 and errno on failure. */
int kc_fd_open(const char *path, int flags, mode_t mode) KC_MUST_USE;
/* Open an existing name in the folder that dir is open on. */
int kc_fd_open_in(int dir, const char *name, int flags) KC_MUST_USE;
/* Read what one read(2) gives, up to n bytes; *got is 0 at the end. */
int kc_fd_read(int fd, void *p, size_t n, size_t *got) KC_MUST_USE;
/* Read n bytes at offset `at`; *got is less only if the file ends before. */
int kc_fd_pread(int fd, void *p, size_t n, off_t at, size_t *got) KC_MUST_USE;
/* Write all n bytes, at offset `at` if it is not negative. */
int kc_fd_write(int fd, const void *p, size_t n, off_t at) KC_MUST_USE;
/* Call fsync(2), fchown(2) and fchmod(2), again after a signal. */
int kc_fd_sync(int fd) KC_MUST_USE;
int kc_fd_owner(int fd, uid_t user, gid_t group) KC_MUST_USE;
int kc_fd_mode(int fd, mode_t mode) KC_MUST_USE;

#endif
