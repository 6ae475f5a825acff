/* Keep owner, group, mode, access list and extended attributes of a file that is replaced.
 *
 * Only root can give a file to another owner; anybody can give it to a group of his. So the owner is tried with the
 * group, then the group alone. The mode is set last, because a change of owner clears bits of it. */
#include "io/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include "base/fd.h"
#include "base/mem.h"

#define VALUE_MOST ((size_t)65536) /* XATTR_SIZE_MAX of Linux */
#define ACCESS_LIST "system.posix_acl_access"

static void note(char *lost, size_t size, const char *what)
{
    size_t at = strlen(lost);
    snprintf(lost + at, size - at, "%s%s", at ? ", " : "", what);
}

/* Return 1 if nobody misses this attribute: the kernel or a security module gives each file its own. */
static int is_systems_own(const char *name)
{
    return strncmp(name, "security.", 9) == 0 || strncmp(name, "trusted.", 8) == 0 ||
           (strncmp(name, "system.", 7) == 0 && strcmp(name, ACCESS_LIST) != 0);
}

/* Copy the attributes that names lists, n bytes; value holds one at a time. */
static void copy_named(int fd, const char *path, const char *names, ssize_t n, char *value, char *lost, size_t size)
{
    int others = 0, list = 0;
    for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
        const char *name = names + at;
        if (is_systems_own(name))
            continue;
        ssize_t got = lgetxattr(path, name, value, VALUE_MOST);
        if (got < 0 && errno == ENODATA) /* it was removed meanwhile */
            continue;
        if (got >= 0 && fsetxattr(fd, name, value, (size_t)got, 0) == 0)
            continue;
        list |= strcmp(name, ACCESS_LIST) == 0;
        others |= strcmp(name, ACCESS_LIST) != 0;
    }
    if (list)
        note(lost, size, "its access list");
    if (others)
        note(lost, size, "extended attributes");
}

/* Copy the access list and the extended attributes. Most files have none, and some file systems know none. Return 0 or
 * an errno: without memory it cannot be done. The buffers are not on the stack, which may be as small as 32 KiB. */
static int copy_attributes(int fd, const char *path, char *lost, size_t size)
{
    ssize_t n = llistxattr(path, NULL, 0);
    if (n < 0 && errno != ENOTSUP)
        note(lost, size, "extended attributes");
    if (n <= 0)
        return 0;
    struct kc_err none;
    char *names = kc_mem_alloc((size_t)n + VALUE_MOST, 1, &none);
    if (!names)
        return ENOMEM;
    ssize_t got = llistxattr(path, names, (size_t)n);
    if (got < 0)
        note(lost, size, "extended attributes");
    copy_named(fd, path, names, got, names + n, lost, size);
    kc_mem_free(names);
    return 0;
}

int kc_owner_keep(int fd, const char *path, const struct stat *old, char *lost, size_t size)
{
    struct stat new;
    mode_t mode = old->st_mode & 0777;
    lost[0] = '\0';
    int err = kc_fd_owner(fd, old->st_uid, old->st_gid);
    if (err == EPERM || err == EINVAL) /* EINVAL: an owner without a number in this user namespace */
        err = kc_fd_owner(fd, (uid_t)-1, old->st_gid);
    if (err != 0 && err != EPERM && err != EINVAL)
        return err;
    if (fstat(fd, &new) != 0)
        return errno;
    if (new.st_gid != old->st_gid) {
        if (mode & 0070)
            note(lost, size, "its group");
        mode &= (mode_t)~0070;
    }
    err = copy_attributes(fd, path, lost, size);
    return err != 0 ? err : kc_fd_mode(fd, mode);
}
