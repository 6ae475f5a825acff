/* Read the limits of control groups: /proc/self/cgroup says which groups the process is in, the files below
 * /sys/fs/cgroup what each allows. A group is bounded by those above it, so each is asked up to the root. In a
 * container the path may be one of the host's that is not there: then the tree's root is the container's own group.
 *
 * KCLUST_CGROUP_ROOT names a folder that stands for / here, so that tests can make up a tree. Nothing is allocated, as
 * memory may be short. What cannot be read sets no limit. */
#include "base/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"

#define TREE "/sys/fs/cgroup"
/* Bytes of what is read: the stack may be as small as 32 KiB. */
#define GROUPS 4096 /* /proc/self/cgroup: up to some 15 lines */
#define TABLE 2048  /* memory.stat and meminfo, whose lines of interest come first */
#define NUMBERS 64
#define NAME 1024 /* of a group's folder */

/* The two versions' names of what is read. */
struct memory_files {
    const char *limit, *used, *inactive, *active;
};

static const struct memory_files version1 = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ",
                                             "total_active_file "};
static const struct memory_files version2 = {"memory.max", "memory.current", "inactive_file ", "active_file "};

/* What is asked of a group and of those above it. */
typedef void (*ask_fn)(const char *folder, int version, void *arg);

static const char *get_root(void)
{
    const char *root = getenv("KCLUST_CGROUP_ROOT");
    return root ? root : "";
}

/* Read the first size - 1 bytes of a file. Return 0 if it is there. */
static int read_text(char *text, size_t size, const char *folder, const char *name)
{
    static char path[NAME + 64]; /* (as all arrays here) too large for a small stack; groups are asked one at a time */
    size_t n = 0;
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = len < 0 || (size_t)len >= sizeof path ? -1 : kc_fd_open(path, O_RDONLY | O_CLOEXEC, 0);
    text[0] = '\0';
    if (fd < 0)
        return -1;
    int bad = 0;
    for (size_t got = 1; !bad && got > 0 && n < size - 1; n += got)
        bad = kc_fd_read(fd, text + n, size - 1 - n, &got);
    close(fd);
    text[bad ? 0 : n] = '\0';
    return bad;
}

/* Read a number; "max", and what is not there, is UINT64_MAX. */
static uint64_t read_number(const char *folder, const char *name)
{
    char text[NUMBERS], *end;
    if (read_text(text, sizeof text, folder, name) != 0 || text[0] < '0' || text[0] > '9')
        return UINT64_MAX;
    uint64_t n = strtoull(text, &end, 10);
    return end == text ? UINT64_MAX : n;
}

/* Return the number behind a name at the beginning of a line; 0 if it is not there. */
static uint64_t find_number(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        if (strncmp(p, name, n) == 0)
            return strtoull(p + n, NULL, 10);
    return 0;
}

/* Ask the group `path` below a tree's mount, and those above it. */
static void ask_upwards(const char *mount, const char *path, int version, ask_fn ask, void *arg)
{
    static char folder[NAME];
    struct stat st;
    int base = snprintf(folder, sizeof folder, "%s%s", get_root(), mount);
    if (base < 0 || base >= NAME || stat(folder, &st) != 0)
        return;
    int n = snprintf(folder + base, sizeof folder - (size_t)base, "%s", path);
    if (n < 0 || (size_t)n >= sizeof folder - (size_t)base || strstr(path, "/../") || stat(folder, &st) != 0)
        folder[base] = '\0'; /* a path of the host's */
    for (;;) {
        ask(folder, version, arg);
        char *slash = strrchr(folder + base, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

/* Return 1 if a list separated by commas has the word. */
static int has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
        if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return 1;
    return 0;
}

/* Ask the groups that have a controller: those of its own tree, and those of the unified one. */
static void ask_groups(const char *controller, ask_fn ask, void *arg)
{
    static char text[GROUPS], mount[NAME], folder[NAME];
    int len = snprintf(folder, sizeof folder, "%s/proc/self", get_root());
    if (len < 0 || len >= NAME || read_text(text, sizeof text, folder, "cgroup") != 0)
        return;
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        list++;
        if (strcmp(path, "/") == 0)
            path++; /* the root itself */
        if (*list == '\0') {
            ask_upwards(TREE, path, 2, ask, arg);
            ask_upwards(TREE "/unified", path, 2, ask, arg);
        } else if (has_word(list, controller)) {
            snprintf(mount, sizeof mount, TREE "/%s", list); /* as cpu,cpuacct */
            ask_upwards(mount, path, 1, ask, arg);
            if (strcmp(list, controller) != 0) {
                snprintf(mount, sizeof mount, TREE "/%s", controller);
                ask_upwards(mount, path, 1, ask, arg);
            }
        }
    }
}

struct memory_answer {
    uint64_t room, limit;
};

/* Return the bytes of swap that a group may still take. */
static uint64_t read_swap(const char *folder, int version)
{
    static char text[TABLE], proc[NAME];
    int len = snprintf(proc, sizeof proc, "%s/proc", get_root());
    if (len < 0 || len >= NAME || read_text(text, sizeof text, proc, "meminfo") != 0)
        return 0;
    uint64_t machine = find_number(text, "SwapFree:") * 1024, most, used;
    if (version == 2) {
        most = read_number(folder, "memory.swap.max");
        used = read_number(folder, "memory.swap.current");
    } else {
        most = read_number(folder, "memory.memsw.limit_in_bytes");
        used = read_number(folder, "memory.memsw.usage_in_bytes");
        uint64_t memory = read_number(folder, version1.limit), now = read_number(folder, version1.used);
        most = most == UINT64_MAX ? most : most > memory ? most - memory : 0;
        used = used == UINT64_MAX ? used : used > now ? used - now : 0;
    }
    uint64_t left = most == UINT64_MAX ? machine : used == UINT64_MAX || used > most ? 0 : most - used;
    return left < machine ? left : machine;
}

static void ask_memory(const char *folder, int version, void *arg)
{
    const struct memory_files *f = version == 2 ? &version2 : &version1;
    struct memory_answer *a = arg;
    static char text[TABLE];
    uint64_t limit = read_number(folder, f->limit), used = read_number(folder, f->used);
    if (limit >= INT64_MAX / 4096 * 4096) /* no limit, as version 1 says it */
        return;
    used = used == UINT64_MAX ? 0 : used;
    if (read_text(text, sizeof text, folder, "memory.stat") == 0) {
        uint64_t cache = find_number(text, f->inactive) + find_number(text, f->active);
        used = used > cache ? used - cache : 0;
    }
    uint64_t room = (limit > used ? limit - used : 0) + read_swap(folder, version);
    if (room < a->room)
        *a = (struct memory_answer){room, limit};
}

uint64_t kc_cgroup_room(uint64_t *limit)
{
    struct memory_answer a = {UINT64_MAX, UINT64_MAX};
    ask_groups("memory", ask_memory, &a);
    *limit = a.limit;
    return a.room;
}

static void ask_cpus(const char *folder, int version, void *arg)
{
    unsigned *cpus = arg;
    char text[NUMBERS], *end;
    uint64_t quota, period;
    if (version == 2) {
        if (read_text(text, sizeof text, folder, "cpu.max") != 0 || text[0] < '0' || text[0] > '9')
            return;
        quota = strtoull(text, &end, 10);
        period = strtoull(end, NULL, 10);
    } else {
        quota = read_number(folder, "cpu.cfs_quota_us"); /* -1: none */
        period = read_number(folder, "cpu.cfs_period_us");
    }
    if (quota == UINT64_MAX || period == UINT64_MAX || period == 0)
        return;
    uint64_t n = quota / period + (quota % period != 0);
    n = n < 1 ? 1 : n > 1024 ? 1024 : n;
    if (*cpus == 0 || n < *cpus)
        *cpus = (unsigned)n;
}

unsigned kc_cgroup_cpus(void)
{
    unsigned cpus = 0;
    ask_groups("cpu", ask_cpus, &cpus);
    return cpus;
}
