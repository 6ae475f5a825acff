/* What this machine can do at most: the ceilings that the benchmark's figures are held against.
 *
 *     cc -std=gnu11 -O3 -march=native -ffp-contract=fast -pthread -o peak peak.c && ./peak THREADS
 *
 * Prints one line of JSON with rates for each of THREADS threads that run at the same time (the mean of them, each
 * thread's best of some rounds): "fma32" and "fma64" in GFLOP/s, "read" in GB/s. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDE 64 /* bytes of a vector register */
#elif defined(__AVX__)
#define WIDE 32
#else
#define WIDE 16
#endif

typedef float vec32 __attribute__((vector_size(WIDE)));
typedef double vec64 __attribute__((vector_size(WIDE)));

enum {
    CHAINS = 12,        /* independent sums: more than latency x units (4 x 2), and they fit 16 registers */
    STEPS = 10000000,   /* for each chain; 60 ms at two a cycle and 1 GHz */
    ROUNDS = 12,        /* the best of them, since others may be at work too */
    MAX_THREADS = 1024
};

static const size_t bytes = (size_t)256 << 20; /* read by each thread: far above any cache */

struct job {
    pthread_t thread;
    pthread_barrier_t *start;
    double fma32, fma64, read;
    volatile double sink; /* keeps the results alive */
    int failed;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds of STEPS multiply-adds in each chain. The floor is the definition here: CHAINS / 2 cycles a step on a core
 * with two FMA units, and nothing else in the loop but its counter. */
#define FMA_LOOP(name, vec, number)                                 \
    static double name(volatile double *sink)                       \
    {                                                               \
        vec a[CHAINS];                                              \
        vec times = {0}, plus = {0};                                \
        times += (number)0.999;                                     \
        plus += (number)1e-3;                                       \
        for (int c = 0; c < CHAINS; c++)                            \
            a[c] = plus * (number)c;                                \
        double t = now();                                           \
        for (int i = 0; i < STEPS; i++)                             \
            for (int c = 0; c < CHAINS; c++)                        \
                a[c] = a[c] * times + plus;                         \
        t = now() - t;                                              \
        for (int c = 0; c < CHAINS; c++)                            \
            *sink += (double)a[c][0];                               \
        return t;                                                   \
    }

FMA_LOOP(fma32, vec32, float)
FMA_LOOP(fma64, vec64, double)

/* Seconds of one pass over the array: bound by memory, at one addition for each WIDE bytes. */
static double read_all(const vec32 *x, volatile double *sink)
{
    vec32 sum[4] = {{0}};
    double t = now();
    for (size_t i = 0; i < bytes / WIDE; i += 4)
        for (size_t j = 0; j < 4; j++)
            sum[j] += x[i + j];
    t = now() - t;
    *sink += (double)(sum[0] + sum[1] + sum[2] + sum[3])[0];
    return t;
}

static double faster(double rate, double seconds, double work)
{
    double r = work / seconds * 1e-9;
    return r > rate ? r : rate;
}

static void *run(void *arg)
{
    struct job *j = arg;
    void *p = NULL;
    j->failed = posix_memalign(&p, WIDE, bytes) != 0;
    if (!j->failed)
        memset(p, 0, bytes); /* all pages are there before the clock starts */
    for (int r = 0; r < ROUNDS; r++) {
        pthread_barrier_wait(j->start);
        double flops = 2.0 * CHAINS * STEPS * WIDE;
        j->fma32 = faster(j->fma32, fma32(&j->sink), flops / sizeof(float));
        pthread_barrier_wait(j->start);
        j->fma64 = faster(j->fma64, fma64(&j->sink), flops / sizeof(double));
        pthread_barrier_wait(j->start);
        if (!j->failed)
            j->read = faster(j->read, read_all(p, &j->sink), (double)bytes);
    }
    if (!j->failed)
        free(p);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct job jobs[MAX_THREADS];
    int n = argc > 1 ? atoi(argv[1]) : 1;
    pthread_barrier_t start;
    if (n < 1 || n > MAX_THREADS || pthread_barrier_init(&start, NULL, (unsigned)n) != 0) {
        fprintf(stderr, "usage: peak THREADS\n");
        return 2;
    }
    for (int i = 0; i < n; i++) {
        jobs[i].start = &start;
        if (pthread_create(&jobs[i].thread, NULL, run, &jobs[i]) != 0) {
            fprintf(stderr, "peak: no thread\n");
            return 1; /* and the threads at the barrier end with the process */
        }
    }
    double a = 0, b = 0, c = 0;
    int failed = 0;
    for (int i = 0; i < n; i++) {
        pthread_join(jobs[i].thread, NULL);
        a += jobs[i].fma32 / n;
        b += jobs[i].fma64 / n;
        c += jobs[i].read / n;
        failed |= jobs[i].failed;
    }
    pthread_barrier_destroy(&start);
    if (failed) {
        fprintf(stderr, "peak: no memory\n");
        return 1;
    }
    printf("{\"threads\": %d, \"fma32\": %.2f, \"fma64\": %.2f, \"read\": %.2f}\n", n, a, b, c);
    return 0;
}
