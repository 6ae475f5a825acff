/* Checked memory, counted: all memory of kclust's own is allocated here, so that messages can say how much is in
 * use, and tests can hold the estimates of memory to the truth. The count is by malloc_usable_size, so no header is
 * needed. */
#include "base/mem.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "base/cgroup.h"
#include "base/fd.h"
#include "base/num.h"

#define ASK_FROM ((uint64_t)8 << 20) /* bytes in use from which control groups are asked; their root costs some reads */
#define SPARE(room) ((room) / 32 + ((uint64_t)1 << 20)) /* of a group's room: for stacks and what the heap wastes */

static _Atomic uint64_t held, most_held;

/* What the control groups allow: bytes in `held`, and the limit for messages. Set once by ask_groups. */
static uint64_t group_most = UINT64_MAX, group_limit = UINT64_MAX;
static pthread_once_t groups_asked = PTHREAD_ONCE_INIT;

static void ask_groups(void)
{
    uint64_t room = kc_cgroup_room(&group_limit);
    if (room != UINT64_MAX)
        group_most = held + (room > SPARE(room) ? room - SPARE(room) : 0);
}

/* Return 1 if the control groups leave room for so many bytes more. The kernel would grant them, and kill the process
 * when they are touched. */
static int groups_allow(uint64_t bytes)
{
    uint64_t all = held + bytes;
    if (all < ASK_FROM)
        return 1;
    (void)pthread_once(&groups_asked, ask_groups);
    return all <= group_most;
}

uint64_t kc_mem_room(uint64_t *limit)
{
    (void)pthread_once(&groups_asked, ask_groups);
    *limit = group_limit;
    return group_most == UINT64_MAX ? UINT64_MAX : group_most > held ? group_most - held : 0;
}

/* Count a new block. p may be NULL. */
static void *count_block(void *p)
{
    uint64_t now = atomic_fetch_add(&held, malloc_usable_size(p)) + malloc_usable_size(p), most = most_held;
    while (now > most && !atomic_compare_exchange_weak(&most_held, &most, now))
        ;
    return p;
}

uint64_t kc_mem_held(uint64_t *most, int reset)
{
    *most = most_held;
    if (reset)
        most_held = held;
    return held;
}

int kc_mem_fail(struct kc_err *e, uint64_t bytes)
{
    static const struct {
        __rlimit_resource_t limit; /* an enum to some compilers, an int to others */
        char option;               /* of ulimit */
    } limits[] = {{RLIMIT_AS, 'v'}, {RLIMIT_DATA, 'd'}};
    char more[16], used[16], most[16];
    uint64_t ever;
    if (e->code != KC_OK)
        return -1;
    kc_num_human(more, bytes);
    kc_num_human(used, kc_mem_held(&ever, 0));
    (void)kc_err_set(e, KC_ESYS, "out of memory: %s more were needed beside %s in use", more, used);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit r;
        if (getrlimit(limits[i].limit, &r) != 0 || r.rlim_cur == RLIM_INFINITY)
            continue;
        kc_num_human(most, r.rlim_cur);
        kc_err_more(e, ", ulimit -%c allows %s", limits[i].option, most);
    }
    (void)kc_mem_room(&ever);
    if (ever != UINT64_MAX) {
        kc_num_human(most, ever);
        kc_err_more(e, ", its control group allows %s", most);
    }
    e->short_of = bytes ? bytes : 1;
    return -1;
}

size_t kc_mem_mul(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

size_t kc_mem_add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* Multiply and check. malloc accepts no size above PTRDIFF_MAX; asking for it would only make sanitizers complain. */
static size_t checked_product(size_t count, size_t size, struct kc_err *e)
{
    size_t bytes = kc_mem_mul(count, size);
    if (bytes > PTRDIFF_MAX) {
        (void)kc_mem_fail(e, bytes);
        return 0;
    }
    return bytes ? bytes : 1;
}

void *kc_mem_alloc(size_t count, size_t size, struct kc_err *e)
{
    size_t bytes = checked_product(count, size, e);
    void *p = bytes && groups_allow(bytes) ? malloc(bytes) : NULL;
    if (!p)
        (void)kc_mem_fail(e, bytes);
    return count_block(p);
}

void *kc_mem_zalloc(size_t count, size_t size, struct kc_err *e)
{
    size_t bytes = checked_product(count, size, e);
    void *p = bytes && groups_allow(bytes) ? calloc(1, bytes) : NULL;
    if (!p)
        (void)kc_mem_fail(e, bytes);
    return count_block(p);
}

void *kc_mem_aligned(size_t count, size_t size, struct kc_err *e)
{
    size_t bytes = checked_product(count, size, e);
    void *p = NULL;
    if (bytes == 0 || !groups_allow(bytes) || posix_memalign(&p, 64, bytes) != 0) {
        (void)kc_mem_fail(e, bytes);
        return NULL;
    }
    return count_block(p);
}

void *kc_mem_realloc(void *old, size_t count, size_t size, struct kc_err *e)
{
    size_t bytes = checked_product(count, size, e), before = malloc_usable_size(old);
    void *p = bytes && (bytes <= before || groups_allow(bytes - before)) ? realloc(old, bytes) : NULL;
    if (!p) {
        (void)kc_mem_fail(e, bytes > before ? bytes - before : bytes);
        return NULL;
    }
    held -= before;
    return count_block(p);
}

void kc_mem_free(void *p)
{
    held -= malloc_usable_size(p);
    free(p);
}

char *kc_mem_strdup(const char *s, struct kc_err *e)
{
    size_t n = strlen(s) + 1;
    char *p = kc_mem_alloc(n, 1, e);
    if (p)
        memcpy(p, s, n);
    return p;
}

uint64_t kc_mem_peak(void)
{
    /* Not getrusage's ru_maxrss: that outlives exec, so a large parent would show. Not stdio either, which
     * allocates. */
    char text[4096];
    size_t n = 0;
    int fd = kc_fd_open("/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    int bad = kc_fd_pread(fd, text, sizeof text - 1, 0, &n);
    close(fd);
    if (bad)
        return 0;
    text[n] = '\0';
    const char *p = strstr(text, "\nVmHWM:");
    return p ? strtoull(p + strlen("\nVmHWM:"), NULL, 10) * 1024 : 0;
}

int kc_buf_reserve(struct kc_buf *b, size_t more, struct kc_err *e)
{
    size_t want = kc_mem_add(b->n, more);
    if (want <= b->cap)
        return 0;
    size_t cap = b->cap + b->cap / 2;
    if (cap < want)
        cap = want;
    if (cap < 64)
        cap = 64;
    char *p = kc_mem_realloc(b->p, cap, 1, e);
    if (!p)
        return -1;
    b->p = p;
    b->cap = cap;
    return 0;
}

int kc_buf_add(struct kc_buf *b, const void *p, size_t n, struct kc_err *e)
{
    if (kc_buf_reserve(b, n, e) != 0)
        return -1;
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    return 0;
}

int kc_buf_adds(struct kc_buf *b, const char *s, struct kc_err *e)
{
    return kc_buf_add(b, s, strlen(s), e);
}

int kc_buf_addc(struct kc_buf *b, char c, struct kc_err *e)
{
    return kc_buf_add(b, &c, 1, e);
}

int kc_buf_printf(struct kc_buf *b, struct kc_err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || kc_buf_reserve(b, (size_t)n + 1, e) != 0) /* + 1: vsnprintf needs room for its NUL */
        return -1;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
    return 0;
}

void kc_buf_free(struct kc_buf *b)
{
    kc_mem_free(b->p);
    *b = (struct kc_buf){NULL, 0, 0};
}

/* Make room for `more` offsets after the n + 1 that are there, and for their bytes. + 1: the arena exists even if all
 * strings are empty. */
static int strs_reserve(struct kc_strs *s, size_t more, size_t bytes, struct kc_err *e)
{
    size_t want = kc_mem_add(s->n + 1, more);
    if (kc_buf_reserve(&s->bytes, kc_mem_add(bytes, 1), e) != 0)
        return -1;
    if (want <= s->cap)
        return 0;
    size_t cap = s->cap + s->cap / 2;
    if (cap < want)
        cap = want;
    if (cap < 16)
        cap = 16;
    uint64_t *off = kc_mem_realloc(s->off, cap, sizeof *off, e);
    if (!off)
        return -1;
    if (s->n == 0)
        off[0] = 0;
    s->off = off;
    s->cap = cap;
    return 0;
}

int kc_strs_add(struct kc_strs *s, const char *p, size_t len, struct kc_err *e)
{
    if (strs_reserve(s, 1, len, e) != 0 || kc_buf_add(&s->bytes, p, len, e) != 0)
        return -1;
    s->off[++s->n] = s->bytes.n;
    return 0;
}

int kc_strs_append(struct kc_strs *dst, const struct kc_strs *src, struct kc_err *e)
{
    if (src->n == 0)
        return 0;
    uint64_t base = dst->bytes.n;
    if (strs_reserve(dst, src->n, src->bytes.n, e) != 0 || kc_buf_add(&dst->bytes, src->bytes.p, src->bytes.n, e) != 0)
        return -1;
    for (size_t i = 1; i <= src->n; i++)
        dst->off[dst->n + i] = base + src->off[i];
    dst->n += src->n;
    return 0;
}

void kc_strs_pick(struct kc_strs *s, const uint32_t *at, size_t m, size_t each)
{
    size_t to = 0;
    if (m == 0 || each == 0) {
        kc_strs_clear(s);
        return;
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < each; j++) {
            size_t n;
            const char *p = kc_strs_get(s, at[i] * each + j, &n);
            uint64_t off = s->off[to];
            memmove(s->bytes.p + off, p, n); /* downwards only: what is kept before it was before it already */
            s->off[++to] = off + n;
        }
    s->n = to;
    s->bytes.n = (size_t)s->off[to];
}

void kc_strs_cut(struct kc_strs *s, size_t n)
{
    if (n >= s->n)
        return;
    s->n = n;
    s->bytes.n = (size_t)s->off[n];
}

void kc_strs_clear(struct kc_strs *s)
{
    s->n = 0;
    s->bytes.n = 0;
}

void kc_strs_free(struct kc_strs *s)
{
    kc_buf_free(&s->bytes);
    kc_mem_free(s->off);
    *s = (struct kc_strs){{NULL, 0, 0}, NULL, 0, 0};
}

int kc_mem_reserve_u64(uint64_t **p, size_t *cap, size_t want, struct kc_err *e)
{
    if (want <= *cap)
        return 0;
    size_t more = want + want / 2;
    uint64_t *q = kc_mem_realloc(*p, more, sizeof *q, e);
    if (!q)
        return -1;
    *p = q;
    *cap = more;
    return 0;
}
