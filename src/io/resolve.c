/* Follow links by descriptors. readlink() by path after stat() by path leaves a moment in which somebody can put a link
 * where a file was; the kernel's own check does not hold then, because readlink() is not following. */
#include "io/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/mem.h"

#define MAX_LINKS 40

/* Return 1 if a link in this folder may be followed. */
static int may_follow(const struct stat *link, const struct stat *folder)
{
    if ((folder->st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH))
        return 1;
    return link->st_uid == geteuid() || link->st_uid == folder->st_uid;
}

/* Read the link that path names into link. Return 0, -1 if it is no link or nothing is there, or an errno. folder:
 * PATH_MAX bytes to work with. */
static int read_link(const char *path, char *folder, char link[PATH_MAX])
{
    struct stat st, in;
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    link[0] = '\0';
    memcpy(folder, slash ? (n ? path : "/") : ".", n ? n : 1);
    folder[n ? n : 1] = '\0';
    int dir = kc_fd_open_in(AT_FDCWD, folder, O_PATH | O_DIRECTORY | O_CLOEXEC), err = 0;
    if (dir < 0)
        return errno == ENOENT ? -1 : errno;
    int fd = kc_fd_open_in(dir, slash ? slash + 1 : path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        err = errno == ENOENT ? -1 : errno;
    else if (fstat(fd, &st) != 0 || fstat(dir, &in) != 0)
        err = errno;
    else if (!S_ISLNK(st.st_mode))
        err = -1;
    else if (!may_follow(&st, &in))
        err = EACCES;
    if (err == 0) {
        ssize_t m = readlinkat(fd, "", link, PATH_MAX - 1);
        err = m < 0 ? errno : 0;
        link[m < 0 ? 0 : m] = '\0';
    }
    if (fd >= 0)
        close(fd);
    close(dir);
    return err;
}

/* Follow the links of path, at most MAX_LINKS of them. room: 2 * PATH_MAX bytes to work with. */
static int follow_links(char *path, size_t size, char *room)
{
    char *folder = room, *link = room + PATH_MAX;
    for (int i = 0; i < MAX_LINKS; i++) {
        size_t end = strlen(path);
        if (end == 0 || path[end - 1] == '/') /* a folder: its caller refuses it */
            return 0;
        int err = read_link(path, folder, link);
        if (err != 0)
            return err < 0 ? 0 : err;
        char *slash = strrchr(path, '/');
        size_t dir = link[0] != '/' && slash ? (size_t)(slash - path) + 1 : 0, n = strlen(link);
        if (dir + n + 1 > size)
            return ENAMETOOLONG;
        memcpy(path + dir, link, n + 1);
    }
    return ELOOP;
}

int kc_resolve(char *path, size_t size)
{
    struct kc_err none;
    char *room = kc_mem_alloc(2, PATH_MAX, &none); /* not on the stack, which may be as small as 32 KiB */
    if (!room)
        return ENOMEM;
    int err = follow_links(path, size, room);
    kc_mem_free(room);
    return err;
}
