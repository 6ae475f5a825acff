/* A pool of threads that sleep between parallel-fors. Tiles are taken from an atomic counter, so uneven tiles balance
 * themselves. */
#include "par/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include "base/cgroup.h"
#include "base/mem.h"

struct worker {
    struct kc_pool *pool;
    pthread_t thread;
    unsigned id;
};

struct kc_pool {
    unsigned threads; /* as asked for */
    unsigned started; /* workers besides the caller */
    unsigned most;    /* of them to start: many more than processors help nobody */
    int short_of_threads; /* the system gives no more */
    pthread_mutex_t lock;
    pthread_cond_t go, done;
    unsigned places; /* workers that may still join the present parallel-for */
    unsigned busy;   /* workers in it */
    int quit;
    void (*fn)(void *arg, size_t tile, unsigned worker);
    void *arg;
    size_t tiles;
    atomic_size_t next;
    struct worker *workers;
};

/* Run tiles until none is left. */
static void run_tiles(struct kc_pool *p, unsigned id)
{
    size_t t;
    while ((t = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < p->tiles)
        p->fn(p->arg, t, id);
}

/* Wake two workers, if there are places for them. They wake others: where the work is short, it is done before many
 * have woken in vain. */
static void wake_some(struct kc_pool *p)
{
    if (p->places > 0)
        pthread_cond_signal(&p->go);
    if (p->places > 1)
        pthread_cond_signal(&p->go);
}

/* Run a worker thread: wait for a place in a parallel-for, run tiles, report that it is done. */
static void *run_worker(void *arg)
{
    struct worker *w = arg;
    struct kc_pool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->places == 0 && !p->quit)
            pthread_cond_wait(&p->go, &p->lock);
        if (p->quit)
            break;
        p->places--;
        p->busy++;
        wake_some(p);
        pthread_mutex_unlock(&p->lock);
        run_tiles(p, w->id);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0)
            pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Start threads until there are `want` of them beside the caller, or no more can be had: only those that have work. */
static void start_threads(struct kc_pool *p, unsigned want)
{
    /* Signals are for the main thread, except those that a thread's own write causes, which must not be delayed. 1 MiB
     * of stack is four times what any worker uses, and saves address space. */
    sigset_t all, old;
    pthread_attr_t attr;
    if (p->started >= want || p->short_of_threads)
        return;
    sigfillset(&all);
    sigdelset(&all, SIGPIPE);
    sigdelset(&all, SIGXFSZ);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 1u << 20);
    while (p->started < want && !p->short_of_threads) {
        struct worker *w = &p->workers[p->started];
        *w = (struct worker){.pool = p, .id = p->started + 1};
        p->short_of_threads = pthread_create(&w->thread, &attr, run_worker, w) != 0;
        p->started += !p->short_of_threads;
    }
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct kc_pool *kc_pool_new(unsigned threads, struct kc_err *e)
{
    if (threads < 1)
        threads = 1;
    struct kc_pool *p = kc_mem_zalloc(1, sizeof *p, e);
    if (!p)
        return NULL;
    p->workers = kc_mem_zalloc(threads, sizeof *p->workers, e);
    if (!p->workers) {
        kc_mem_free(p);
        return NULL;
    }
    p->threads = threads;
    const unsigned useful = threads <= 16 || 4 * kc_pool_cpus() < 16 ? 16 : 4 * kc_pool_cpus();
    p->most = (threads < useful ? threads : useful) - 1;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->go, NULL);
    pthread_cond_init(&p->done, NULL);
    atomic_init(&p->next, 0);
    return p;
}

void kc_pool_free(struct kc_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->quit = 1;
    pthread_cond_broadcast(&p->go);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->started; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->go);
    pthread_mutex_destroy(&p->lock);
    kc_mem_free(p->workers);
    kc_mem_free(p);
}

unsigned kc_pool_threads(const struct kc_pool *p)
{
    return p->threads;
}

void kc_pool_for(struct kc_pool *p, size_t tiles, void (*fn)(void *arg, size_t tile, unsigned worker), void *arg)
{
    const unsigned most = p->most;
    if (tiles > 1)
        start_threads(p, tiles - 1 < most ? (unsigned)(tiles - 1) : most);
    if (p->started == 0 || tiles <= 1) {
        for (size_t t = 0; t < tiles; t++)
            fn(arg, t, 0);
        return;
    }
    const unsigned places = tiles - 1 < p->started ? (unsigned)(tiles - 1) : p->started;
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->arg = arg;
    p->tiles = tiles;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    p->places = places;
    wake_some(p);
    pthread_mutex_unlock(&p->lock);
    run_tiles(p, 0);
    pthread_mutex_lock(&p->lock);
    p->places = 0; /* who has not woken by now would find nothing to do */
    while (p->busy)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

unsigned kc_pool_cpus(void)
{
    cpu_set_t set;
    unsigned quota = kc_cgroup_cpus(), cpus = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        cpus = (unsigned)CPU_COUNT(&set);
    return quota > 0 && quota < cpus ? quota : cpus;
}
