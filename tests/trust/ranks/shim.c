/* LD_PRELOAD for a rank: counts what the program asks of MPI and of malloc, and at one of these calls ends the rank or
 * lets the request fail. Or it makes the calls that all ranks make together as slow as a network would.
 *
 *     RANKS_FAIL="RANK mpi N HOW"    before its Nth call of MPI, from 1; HOW: kill, term, int, abort, exit, or do, which
 *                                    runs the command of RANKS_DO
 *     RANKS_FAIL="RANK alloc N null" its Nth request for memory fails; "all": that and all later ones
 *     RANKS_TELL=FILE                FILE.RANK tells what was counted: at MPI_Finalize, or when the failure is made. Calls of
 *                                    MPI, requests for memory, "failed" or "whole", and of what was delayed: exchanges,
 *                                    rounds, bytes, seconds; processor seconds outside MPI in three stages
 *     RANKS_DELAY="LATENCY RATE"     of a network: seconds, bytes a second
 *
 * Requests for memory are those of the program itself: what MPI does without memory is its own business. MPI_Test is not
 * counted, as how often it is called depends on time. */
#include <errno.h>
#include <link.h>
#include <mpi.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum what { NOTHING, MPI, ALLOC }; /* the calls that are counted up to the failure */

static enum what what;
static unsigned long at;                 /* the call, from 1, at which the failure is made */
static char how[8];
static unsigned long calls;              /* of MPI */
static atomic_ulong requests;            /* for memory */
static uintptr_t begin, end;             /* where the program's code lies */
static double latency, rate;             /* of the network; rate 0: none */
static unsigned long together, rounds;   /* exchanges that were delayed; messages one after the other that these are */
static double sent, delayed;             /* bytes of these messages; seconds */
static const char *made = "whole";       /* or "failed": the failure was made */
static int size;
static double worked[3], left_at;        /* processor seconds of the calling thread outside MPI: before the ranks first meet,
                                          * until rows are gathered, then; its clock when it left MPI */
static int stage;

static const char *rank_of_environment(void)
{
    const char *r = getenv("OMPI_COMM_WORLD_RANK");
    r = r ? r : getenv("PMI_RANK");
    return r ? r : getenv("PMIX_RANK");
}

/* Find the code of the program: the first object of the list. */
static int find_program(struct dl_phdr_info *info, size_t n, void *arg)
{
    (void)n, (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && (p->p_flags & PF_X)) {
            begin = info->dlpi_addr + p->p_vaddr;
            end = begin + p->p_memsz;
        }
    }
    return 1;
}

__attribute__((constructor)) static void start(void)
{
    const char *fail = getenv("RANKS_FAIL"), *delay = getenv("RANKS_DELAY"), *rank = rank_of_environment();
    char word[8] = "";
    int of = -1;
    dl_iterate_phdr(find_program, NULL);
    if (fail && rank && sscanf(fail, "%d %7s %lu %7s", &of, word, &at, how) == 4 && of == atoi(rank))
        what = strcmp(word, "mpi") == 0 ? MPI : ALLOC;
    if (delay && sscanf(delay, "%lf %lf", &latency, &rate) != 2)
        _exit(126);
}

static double processor_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Write what was counted. */
static void tell_counts(void)
{
    const char *path = getenv("RANKS_TELL"), *rank = rank_of_environment();
    char name[4096], line[512];
    FILE *f;
    if (!path || !rank)
        return;
    snprintf(name, sizeof name, "%s.%s", path, rank);
    const int n = snprintf(line, sizeof line, "%lu %lu %s %lu %lu %.0f %.6f %.6f %.6f %.6f\n", calls, requests, made, together,
                           rounds, sent, delayed, worked[0], worked[1], worked[2]);
    f = fopen(name, "w");
    if (f) {
        fwrite(line, 1, (size_t)n, f);
        fclose(f);
    }
}

static void tell_failure(void)
{
    made = "failed";
    tell_counts();
}

/* Count a call of MPI. of: the stage that begins with it, if it has not begun yet. */
static void count_call_of(int of)
{
    if (calls > 0)
        worked[stage] += processor_time() - left_at;
    stage = of > stage ? of : stage;
    calls++;
    if (what != MPI || calls != at)
        return;
    tell_failure();
    if (strcmp(how, "exit") == 0)
        _exit(1);
    if (strcmp(how, "do") == 0) {
        unsetenv("LD_PRELOAD");
        if (system(getenv("RANKS_DO")) != 0)
            _exit(126);
        return;
    }
    raise(strcmp(how, "kill") == 0 ? SIGKILL : strcmp(how, "term") == 0 ? SIGTERM : strcmp(how, "int") == 0 ? SIGINT : SIGABRT);
}

static void count_call(void)
{
    count_call_of(0);
}

static int leave(int rc)
{
    left_at = processor_time();
    return rc;
}

static int refuse(void *caller)
{
    if ((uintptr_t)caller < begin || (uintptr_t)caller >= end)
        return 0;
    const unsigned long now = atomic_fetch_add(&requests, 1) + 1;
    if (what != ALLOC || (strcmp(how, "all") == 0 ? now < at : now != at))
        return 0;
    if (now == at)
        tell_failure();
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    return refuse(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t each)
{
    return refuse(__builtin_return_address(0)) ? NULL : __libc_calloc(n, each);
}

void *realloc(void *p, size_t n)
{
    return refuse(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
    if (refuse(__builtin_return_address(0)))
        return ENOMEM;
    *p = __libc_memalign(align, n);
    return *p ? 0 : ENOMEM;
}

/* Take as long as a message of each round would on the network. All ranks do so, so one waits for the others. `times`: how
 * often the bytes cross the busiest link, one after the other. */
static void delay(double bytes, int rounds_of, double times)
{
    if (rate <= 0)
        return;
    const double s = latency * rounds_of + bytes * times / rate;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const int64_t ns = until.tv_nsec + (int64_t)(s * 1e9);
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
    together++;
    rounds += (unsigned long)rounds_of;
    sent += bytes * times;
    delayed += s;
}

/* Return the rounds in which every rank can reach every other: the least power of two that is not below the ranks. */
static int count_rounds(void)
{
    int r = 0;
    if (size == 0)
        PMPI_Comm_size(MPI_COMM_WORLD, &size);
    while ((1 << r) < size)
        r++;
    return r;
}

/* An allreduce in two phases, as long messages are sent: (ranks - 1) / ranks of the bytes go out twice. */
static void delay_allreduce(int n, MPI_Datatype type)
{
    int each = 0;
    PMPI_Type_size(type, &each);
    const int r = count_rounds();
    delay((double)n * each, r, size > 1 ? 2.0 * (size - 1) / size : 0);
}

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided)
{
    count_call();
    return leave(PMPI_Init_thread(argc, argv, required, provided));
}

int MPI_Finalize(void)
{
    count_call();
    tell_counts();
    return PMPI_Finalize();
}

int MPI_Allreduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, MPI_Comm c)
{
    count_call_of(1);
    delay_allreduce(n, type);
    return leave(PMPI_Allreduce(from, to, n, type, op, c));
}

int MPI_Iallreduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, MPI_Comm c, MPI_Request *r)
{
    count_call_of(1);
    delay_allreduce(n, type);
    return leave(PMPI_Iallreduce(from, to, n, type, op, c, r));
}

int MPI_Wait(MPI_Request *r, MPI_Status *s)
{
    count_call();
    return leave(PMPI_Wait(r, s));
}

int MPI_Waitall(int n, MPI_Request *r, MPI_Status *s)
{
    count_call();
    return leave(PMPI_Waitall(n, r, s));
}

int MPI_Barrier(MPI_Comm c)
{
    count_call();
    delay(0, count_rounds(), 0);
    return leave(PMPI_Barrier(c));
}

int MPI_Bcast(void *v, int n, MPI_Datatype type, int root, MPI_Comm c)
{
    count_call_of(1);
    return leave(PMPI_Bcast(v, n, type, root, c));
}

int MPI_Reduce(const void *from, void *to, int n, MPI_Datatype type, MPI_Op op, int root, MPI_Comm c)
{
    count_call_of(1);
    return leave(PMPI_Reduce(from, to, n, type, op, root, c));
}

int MPI_Send(const void *v, int n, MPI_Datatype type, int to, int tag, MPI_Comm c)
{
    count_call_of(2);
    return leave(PMPI_Send(v, n, type, to, tag, c));
}

int MPI_Isend(const void *v, int n, MPI_Datatype type, int to, int tag, MPI_Comm c, MPI_Request *r)
{
    count_call_of(2);
    return leave(PMPI_Isend(v, n, type, to, tag, c, r));
}

int MPI_Recv(void *v, int n, MPI_Datatype type, int from, int tag, MPI_Comm c, MPI_Status *s)
{
    count_call_of(2);
    return leave(PMPI_Recv(v, n, type, from, tag, c, s));
}

int MPI_Irecv(void *v, int n, MPI_Datatype type, int from, int tag, MPI_Comm c, MPI_Request *r)
{
    count_call_of(2);
    return leave(PMPI_Irecv(v, n, type, from, tag, c, r));
}

int MPI_Gather(const void *v, int n, MPI_Datatype type, void *to, int m, MPI_Datatype as, int root, MPI_Comm c)
{
    count_call_of(2);
    return leave(PMPI_Gather(v, n, type, to, m, as, root, c));
}

int MPI_Gatherv(const void *v, int n, MPI_Datatype type, void *to, const int m[], const int at_[], MPI_Datatype as, int root,
                MPI_Comm c)
{
    count_call_of(2);
    return leave(PMPI_Gatherv(v, n, type, to, m, at_, as, root, c));
}

int MPI_Allgather(const void *v, int n, MPI_Datatype type, void *to, int m, MPI_Datatype as, MPI_Comm c)
{
    count_call_of(1);
    return leave(PMPI_Allgather(v, n, type, to, m, as, c));
}

int MPI_Allgatherv(const void *v, int n, MPI_Datatype type, void *to, const int m[], const int at_[], MPI_Datatype as,
                   MPI_Comm c)
{
    count_call_of(1);
    return leave(PMPI_Allgatherv(v, n, type, to, m, at_, as, c));
}
