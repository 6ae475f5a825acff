/* LD_PRELOAD: fails the Nth request for memory or a thread, or that and all later ones. The driver and this library
 * share a page, named by TORTURE_PAGE: the driver writes `at` and `on`, this library counts, over all threads. What
 * libc, zlib and zstd ask malloc for on kclust's behalf goes through here too. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* torture.py knows this layout. */
struct page {
    uint64_t at; /* the request that fails, from 1; 0: none */
    uint64_t on; /* all later ones fail as well */
    _Atomic uint64_t calls, failed;
    uint64_t kind, caller; /* of the first that failed: an enum kind, the address it was made from */
    uint64_t base;         /* where the program lies: caller - base is an address for addr2line, if it is kclust's */
};

enum kind { MALLOC = 1, CALLOC, REALLOC, ALIGNED, MMAP, MREMAP, THREAD };

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static struct page *page;
static int (*real_pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("TORTURE_PAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        _exit(126);
    void *p = (void *)syscall(SYS_mmap, NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    *(void **)&real_pthread_create = dlsym(RTLD_NEXT, "pthread_create");
    if (p == MAP_FAILED || !real_pthread_create)
        _exit(126);
    page = p; /* from here on it counts: what the loader asked for before is not the program's */
}

static int fails(enum kind kind, void *caller)
{
    if (!page)
        return 0;
    uint64_t now = atomic_fetch_add(&page->calls, 1) + 1;
    if (page->at == 0 || (page->on ? now < page->at : now != page->at))
        return 0;
    if (atomic_fetch_add(&page->failed, 1) == 0) {
        Dl_info where;
        page->kind = kind;
        page->caller = (uint64_t)caller;
        page->base = dladdr(caller, &where) ? (uint64_t)where.dli_fbase : 0;
    }
    errno = kind == THREAD ? EAGAIN : ENOMEM;
    return 1;
}

#define FAILS(kind) fails(kind, __builtin_return_address(0))

void *malloc(size_t n)
{
    return FAILS(MALLOC) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return FAILS(CALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return FAILS(REALLOC) ? NULL : __libc_realloc(p, n);
}

void *reallocarray(void *p, size_t n, size_t size)
{
    size_t all;
    if (__builtin_mul_overflow(n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return FAILS(REALLOC) ? NULL : __libc_realloc(p, all);
}

int posix_memalign(void **out, size_t align, size_t n)
{
    void *p = FAILS(ALIGNED) ? NULL : __libc_memalign(align, n);
    if (p)
        *out = p;
    return p ? 0 : ENOMEM;
}

void *aligned_alloc(size_t align, size_t n)
{
    return FAILS(ALIGNED) ? NULL : __libc_memalign(align, n);
}

void *memalign(size_t align, size_t n)
{
    return FAILS(ALIGNED) ? NULL : __libc_memalign(align, n);
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
    return FAILS(MMAP) ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}

void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t offset)
{
    return FAILS(MMAP) ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, prot, flags, fd, offset);
}

void *mremap(void *old, size_t n, size_t want, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    void *at = flags & MREMAP_FIXED ? va_arg(ap, void *) : NULL;
    va_end(ap);
    return FAILS(MREMAP) ? MAP_FAILED : (void *)syscall(SYS_mremap, old, n, want, flags, at);
}

int pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
    return FAILS(THREAD) ? EAGAIN : real_pthread_create(t, attr, fn, arg);
}
