/* Hold a plain regular file open after its first reading, so that its rows can be read a second time. At most a quarter
 * of the descriptors that the system allows are used for this; past that, rows go to a spill file. */
#include "in/piece/reopened.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"

#define FILES_PART 4 /* this part of the descriptors that the system allows may be held open */

struct kc_reopened *kc_reopened_open(const struct kc_feed *f, const struct kc_layout *l, uint64_t *at)
{
    struct kc_err ignored = KC_ERR_INIT; /* a spill file will do as well */
    struct rlimit most;
    struct stat st;
    *at = 0;
    if (f->o->max_memory == 0 || f->o->dims > 0 || getrlimit(RLIMIT_NOFILE, &most) != 0 ||
        f->next > most.rlim_cur / FILES_PART)
        return NULL;
    int fd = kc_source_dup(f->src, at);
    struct kc_reopened *a = fd >= 0 && fstat(fd, &st) == 0 ? kc_mem_zalloc(1, sizeof *a, &ignored) : NULL;
    if (!a) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    *at -= f->carry.n - f->carry_at;
    a->fd = fd;
    a->no = f->next;
    a->rd = f->rd;
    a->layout = *l;
    a->size = st.st_size;
    a->changed = st.st_mtim;
    a->name = kc_mem_strdup(f->name, &ignored);
    if (a->name)
        return a;
    kc_reopened_free(a);
    return NULL;
}

void kc_reopened_free(struct kc_reopened *a)
{
    if (!a)
        return;
    close(a->fd);
    kc_mem_free(a->name);
    kc_mem_free(a);
}
