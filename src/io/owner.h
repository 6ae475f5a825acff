/* What a new file takes over from the one that it will replace: owner, group, mode, access list, attributes. */
#ifndef KC_IO_OWNER_H
#define KC_IO_OWNER_H

#include <stddef.h>
#include <sys/stat.h>

/* Give the open file fd what the file at path has, whose status is `old`, as far as the system allows. Where the group
 * cannot be kept, its bits are dropped: another group must not get the rights of the old one. Return 0 or an errno.
 * lost (size bytes) gets a list of what could not be kept, such as "its group, its access list", or "". */
int kc_owner_keep(int fd, const char *path, const struct stat *old, char *lost, size_t size);

#endif
