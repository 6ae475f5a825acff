/* The team, with MPI if KC_MPI is defined. Before each exchange the ranks tell each other whether they are well: a rank
 * that has failed takes part in that, and all others learn its failure there and end, too. So no rank waits for one
 * that has given up, and one message tells why.
 *
 * An exchange costs a message of 4 bytes beside its own, some ten microseconds within a machine. */
#include "par/team.h"

#ifdef KC_MPI

#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "base/mem.h"

#define SPARE ((size_t)64 << 20)
#define PIECE ((size_t)1 << 24) /* elements of a message: MPI counts them by int */
#define SIGN (UINT64_C(1) << 63) /* with it flipped, signed numbers are in the order of the unsigned ones: MPICH 4.0.2
                                  * finds the least of unsigned numbers as if they were signed */
#define NO_FAILURE UINT64_MAX
#define WAIT_NS 2000000         /* between two looks at ranks that others wait for */

enum state { WELL, AGREED, DONE, FAILED }; /* what a rank tells the others */

struct kc_team {
    int rank, size;
    uint64_t bytes;
    int over; /* the end has been agreed on */
    void *spare; /* address space that is given back when memory was short, so that MPI can still tell the others */
};

struct kc_team *kc_team_join(int *argc, char ***argv)
{
    static struct kc_team team;
    int provided;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return NULL;
    MPI_Comm_rank(MPI_COMM_WORLD, &team.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &team.size);
    team.spare = mmap(NULL, SPARE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return &team;
}

int kc_team_is_split(const struct kc_team *t)
{
    /* set by Open MPI, and by MPICH and its relatives */
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS"};
    for (size_t i = 0; t && t->size == 1 && i < sizeof sizes / sizeof *sizes; i++) {
        const char *s = getenv(sizes[i]);
        if (s && strtol(s, NULL, 10) > 1)
            return 1;
    }
    return 0;
}

void kc_team_leave(struct kc_team *t)
{
    if (t)
        MPI_Finalize();
}

unsigned kc_team_rank(const struct kc_team *t)
{
    return t ? (unsigned)t->rank : 0;
}

unsigned kc_team_size(const struct kc_team *t)
{
    return t ? (unsigned)t->size : 1;
}

uint64_t kc_team_bytes(const struct kc_team *t)
{
    return t ? t->bytes : 0;
}

/* Wait for a request without taking processor time. */
static void wait_quietly(MPI_Request *r)
{
    const struct timespec pause = {0, WAIT_NS};
    int done = 0;
    while (MPI_Test(r, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done)
        nanosleep(&pause, NULL);
}

/* Tell the others a state and whether it is one of failure, and learn theirs. Return 0 if all are in the same one and
 * none has failed; else -1 with the first failure: that of the first row of the input, else that of the first rank. */
static int tell_state(struct kc_team *t, enum state mine, int failed, struct kc_err *e)
{
    const uint64_t order = !failed ? NO_FAILURE : e->order ? e->order : NO_FAILURE - 1;
    uint64_t v[3] = {order ^ SIGN, mine ^ SIGN, ~(uint64_t)mine ^ SIGN}, least[3];
    MPI_Request r;
    if (t->over)
        return failed ? -1 : 0;
    if (failed && t->spare != MAP_FAILED) {
        munmap(t->spare, SPARE);
        t->spare = MAP_FAILED;
    }
    MPI_Iallreduce(v, least, 3, MPI_INT64_T, MPI_MIN, MPI_COMM_WORLD, &r);
    if (mine == WELL)
        MPI_Wait(&r, MPI_STATUS_IGNORE);
    else
        wait_quietly(&r);
    for (int i = 0; i < 3; i++)
        least[i] ^= SIGN;
    t->over = mine == DONE;
    if (least[0] != NO_FAILURE) {
        struct kc_err of = *e;
        int rank = order == least[0] ? t->rank : INT_MAX, first;
        MPI_Allreduce(&rank, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
        MPI_Bcast(&of, (int)sizeof of, MPI_BYTE, first, MPI_COMM_WORLD);
        if (first != t->rank)
            of.short_of = 0; /* that rank has said what there is to say of its memory */
        *e = of;
        t->over = least[1] != AGREED || least[2] != ~(uint64_t)AGREED; /* those that have agreed to it may go on */
        return -1;
    }
    if (least[1] != ~least[2]) { /* a defect: some ranks are done, and some are not */
        t->over = 1;
        return kc_err_set(e, KC_ESYS, "the ranks do not agree where they are: please report this");
    }
    return 0;
}

/* Reduce n elements of a type in place, a piece at a time. */
static int reduce(struct kc_team *t, void *v, size_t n, size_t size, MPI_Datatype type, MPI_Op op, struct kc_err *e)
{
    if (!t || t->size == 1)
        return 0;
    if (tell_state(t, WELL, 0, e) != 0)
        return -1;
    t->bytes += (uint64_t)n * size;
    for (size_t i = 0; i < n; i += PIECE)
        MPI_Allreduce(MPI_IN_PLACE, (char *)v + i * size, (int)(n - i < PIECE ? n - i : PIECE), type, op,
                      MPI_COMM_WORLD);
    return 0;
}

int kc_team_sum(struct kc_team *t, double *v, size_t n, struct kc_err *e)
{
    return reduce(t, v, n, sizeof *v, MPI_DOUBLE, MPI_SUM, e);
}

int kc_team_count(struct kc_team *t, uint64_t *v, size_t n, struct kc_err *e)
{
    return reduce(t, v, n, sizeof *v, MPI_UINT64_T, MPI_SUM, e);
}

int kc_team_least(struct kc_team *t, uint64_t *v, size_t n, struct kc_err *e)
{
    if (!t || t->size == 1)
        return 0;
    for (size_t i = 0; i < n; i++)
        v[i] ^= SIGN;
    const int rc = reduce(t, v, n, sizeof *v, MPI_INT64_T, MPI_MIN, e);
    for (size_t i = 0; i < n; i++)
        v[i] ^= SIGN;
    return rc;
}

int kc_team_union(struct kc_team *t, void *v, size_t n, struct kc_err *e)
{
    return reduce(t, v, n, 1, MPI_BYTE, MPI_BOR, e);
}

/* Map a float to an integer whose order is the reverse of it. */
static uint64_t reverse_order(float x)
{
    uint32_t b;
    memcpy(&b, &x, sizeof b);
    return ~(b & 0x80000000u ? ~b : b | 0x80000000u);
}

int kc_team_largest(struct kc_team *t, float *key, uint64_t *id, size_t n, struct kc_err *e)
{
    if (!t || t->size == 1)
        return 0;
    /* the least of (reversed key), then the least id of those that have it */
    uint64_t *order = kc_mem_alloc(n, sizeof *order, e), *ids = kc_mem_alloc(n, sizeof *ids, e);
    int rc = -1;
    if (!order || !ids)
        goto out;
    for (size_t i = 0; i < n; i++)
        order[i] = reverse_order(key[i] + 0.0f); /* (there is one zero) */
    if (kc_team_least(t, order, n, e) != 0)
        goto out;
    for (size_t i = 0; i < n; i++)
        ids[i] = reverse_order(key[i] + 0.0f) == order[i] ? id[i] : UINT64_MAX;
    if (kc_team_least(t, ids, n, e) != 0)
        goto out;
    for (size_t i = 0; i < n; i++) {
        uint32_t b = ~(uint32_t)order[i];
        b = b & 0x80000000u ? b & 0x7fffffffu : ~b;
        memcpy(&key[i], &b, sizeof b);
        id[i] = ids[i];
    }
    rc = 0;
out:
    kc_mem_free(ids);
    kc_mem_free(order);
    return rc;
}

/* Give n bytes at `from` on one rank to `to` on another. */
static void pass(struct kc_team *t, int giver, const char *from, int taker, char *to, size_t n)
{
    if (giver == taker && giver == t->rank && n > 0)
        memcpy(to, from, n);
    for (size_t at = 0; at < n && giver != taker; at += PIECE) {
        const int m = (int)(n - at < PIECE ? n - at : PIECE);
        if (giver == t->rank)
            MPI_Send(from + at, m, MPI_BYTE, taker, 0, MPI_COMM_WORLD);
        else if (taker == t->rank)
            MPI_Recv(to + at, m, MPI_BYTE, giver, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    t->bytes += giver == t->rank && taker != t->rank ? n : 0;
}

int kc_team_gather(struct kc_team *t, const void *mine, size_t n, size_t size, void *all, const uint64_t *first,
                   struct kc_err *e)
{
    if (!t || t->size == 1) {
        memcpy(all, mine, n * size);
        return 0;
    }
    if (tell_state(t, WELL, 0, e) != 0)
        return -1;
    for (int r = 0; r < t->size; r++)
        pass(t, r, mine, 0, t->rank == 0 ? (char *)all + first[r] * size : NULL,
             r == t->rank ? n * size : (size_t)(first[r + 1] - first[r]) * size);
    return 0;
}

int kc_team_move(struct kc_team *t, const void *mine, const uint64_t *first, void *out, const uint64_t *even,
                 size_t size, struct kc_err *e)
{
    if (!t || t->size == 1) {
        memcpy(out, mine, (size_t)(even[1] - even[0]) * size);
        return 0;
    }
    if (tell_state(t, WELL, 0, e) != 0)
        return -1;
    /* every rank goes through all of the passing in the same order, so that none waits for one that waits for it */
    for (int r = 0, to = 0; r < t->size; r++)
        for (uint64_t at = first[r], stop; at < first[r + 1]; at = stop) {
            while (even[to + 1] <= at)
                to++;
            stop = even[to + 1] < first[r + 1] ? even[to + 1] : first[r + 1];
            pass(t, r, r == t->rank ? (const char *)mine + (at - first[r]) * size : NULL, to,
                 to == t->rank ? (char *)out + (at - even[to]) * size : NULL, (size_t)(stop - at) * size);
        }
    return 0;
}

int kc_team_agree(struct kc_team *t, int rc, struct kc_err *e)
{
    if (!t || t->size == 1)
        return rc;
    return tell_state(t, AGREED, rc != 0, e);
}

int kc_team_end(struct kc_team *t, int rc, struct kc_err *e)
{
    if (!t || t->size == 1)
        return rc;
    return tell_state(t, rc == 0 ? DONE : FAILED, rc != 0, e);
}

#else

#include <string.h>

struct kc_team *kc_team_join(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return NULL;
}

int kc_team_is_split(const struct kc_team *t)
{
    (void)t;
    return 0;
}

void kc_team_leave(struct kc_team *t)
{
    (void)t;
}

unsigned kc_team_rank(const struct kc_team *t)
{
    (void)t;
    return 0;
}

unsigned kc_team_size(const struct kc_team *t)
{
    (void)t;
    return 1;
}

uint64_t kc_team_bytes(const struct kc_team *t)
{
    (void)t;
    return 0;
}

int kc_team_sum(struct kc_team *t, double *v, size_t n, struct kc_err *e)
{
    (void)t, (void)v, (void)n, (void)e;
    return 0;
}

int kc_team_count(struct kc_team *t, uint64_t *v, size_t n, struct kc_err *e)
{
    (void)t, (void)v, (void)n, (void)e;
    return 0;
}

int kc_team_least(struct kc_team *t, uint64_t *v, size_t n, struct kc_err *e)
{
    (void)t, (void)v, (void)n, (void)e;
    return 0;
}

int kc_team_union(struct kc_team *t, void *v, size_t n, struct kc_err *e)
{
    (void)t, (void)v, (void)n, (void)e;
    return 0;
}

int kc_team_largest(struct kc_team *t, float *key, uint64_t *id, size_t n, struct kc_err *e)
{
    (void)t, (void)key, (void)id, (void)n, (void)e;
    return 0;
}

int kc_team_gather(struct kc_team *t, const void *mine, size_t n, size_t size, void *all, const uint64_t *first,
                   struct kc_err *e)
{
    (void)t, (void)first, (void)e;
    memcpy(all, mine, n * size);
    return 0;
}

int kc_team_move(struct kc_team *t, const void *mine, const uint64_t *first, void *out, const uint64_t *even,
                 size_t size, struct kc_err *e)
{
    (void)t, (void)first, (void)e;
    memcpy(out, mine, (size_t)(even[1] - even[0]) * size);
    return 0;
}

int kc_team_agree(struct kc_team *t, int rc, struct kc_err *e)
{
    (void)t, (void)e;
    return rc;
}

int kc_team_end(struct kc_team *t, int rc, struct kc_err *e)
{
    (void)t, (void)e;
    return rc;
}

#endif
