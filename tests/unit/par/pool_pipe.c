#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "par/pipe.h"
#include "par/pool.h"
#include "unit.h"

static void mark(void *arg, size_t tile, unsigned worker)
{
    atomic_int *seen = arg;
    (void)worker;
    atomic_fetch_add(&seen[tile], 1);
}

TEST(pool_runs_each_tile_once)
{
    struct kc_err e = KC_ERR_INIT;
    for (unsigned threads = 1; threads <= 8; threads++) {
        struct kc_pool *p = kc_pool_new(threads, &e);
        CHECK(p && kc_pool_threads(p) == threads);
        for (int round = 0; round < 200; round++) {
            static atomic_int seen[300];
            size_t tiles = (size_t)round;
            memset(seen, 0, sizeof seen);
            kc_pool_for(p, tiles, mark, seen);
            for (size_t i = 0; i < 300; i++)
                CHECK(atomic_load(&seen[i]) == (i < tiles));
        }
        kc_pool_free(p);
    }
}

struct piece {
    int value, decoded;
};

struct flow {
    int next, end, fail_fill, fail_drain; /* piece numbers, or -1 */
    int drained, in_order;
};

static int fill(void *arg, void *slot, int *eof, struct kc_err *e)
{
    struct flow *f = arg;
    struct piece *p = slot;
    if (f->next == f->fail_fill)
        return kc_err_set(e, KC_EINPUT, "fill %d", f->next);
    if (f->next == f->end) {
        *eof = 1;
        return 0;
    }
    *p = (struct piece){f->next++, 0};
    return 0;
}

static void work(void *arg, void *slot)
{
    struct piece *p = slot;
    volatile unsigned spin = (unsigned)p->value * 2654435761u % 2000; /* uneven, so that slots finish out of order */
    (void)arg;
    while (spin)
        spin--;
    p->decoded = p->value * 3;
}

static int drain(void *arg, void *slot, struct kc_err *e)
{
    struct flow *f = arg;
    struct piece *p = slot;
    f->in_order &= p->value == f->drained && p->decoded == p->value * 3;
    if (p->value == f->fail_drain)
        return kc_err_set(e, KC_EINPUT, "drain %d", p->value);
    f->drained++;
    return 0;
}

TEST(pipe_keeps_the_order_and_the_first_error)
{
    static const struct kc_pipe_ops ops = {fill, NULL, work, drain, NULL};
    static const int cases[][4] = {/* end, fail_fill, fail_drain, drained */
                                   {500, -1, -1, 500}, {0, -1, -1, 0},     {500, 300, -1, 300},
                                   {500, -1, 250, 250}, {500, 260, 250, 250}, {500, 0, -1, 0}};
    for (unsigned threads = 1; threads <= 5; threads++)
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
            struct kc_err e = KC_ERR_INIT;
            struct kc_pool *pool = kc_pool_new(threads, &e);
            struct piece pieces[10];
            void *slots[10];
            size_t nslots = threads == 1 ? 1 : 2 * threads;
            struct flow f = {0, cases[c][0], cases[c][1], cases[c][2], 0, 1};
            for (size_t i = 0; i < nslots; i++)
                slots[i] = &pieces[i];
            int rc = kc_pipe_run(pool, &ops, &f, slots, nslots, &e);
            CHECK(f.in_order && f.drained == cases[c][3]);
            CHECK(rc == (cases[c][1] >= 0 || cases[c][2] >= 0 ? -1 : 0));
            if (cases[c][2] >= 0)
                CHECK(strcmp(e.msg, "drain 250") == 0);
            else if (cases[c][1] >= 0)
                CHECK(strncmp(e.msg, "fill", 4) == 0);
            kc_pool_free(pool);
        }
}

/* Every third piece is large: it is filled, and nothing behind it before it is drained. */
static int is_third(const void *slot)
{
    return ((const struct piece *)slot)->value % 3 == 2;
}

static int fill_alone(void *arg, void *slot, int *eof, struct kc_err *e)
{
    struct flow *f = arg;
    int rc = fill(arg, slot, eof, e), value = ((struct piece *)slot)->value;
    if (!*eof && value % 3 == 0 && value > 0)
        f->in_order &= f->drained == value;
    return rc;
}

TEST(pipe_lets_large_pieces_be_alone)
{
    static const struct kc_pipe_ops ops = {fill_alone, NULL, work, drain, is_third};
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_pool *pool = kc_pool_new(threads, &e);
        struct piece pieces[8] = {{0}};
        void *slots[8];
        struct flow f = {0, 300, -1, -1, 0, 1};
        for (size_t i = 0; i < 8; i++)
            slots[i] = &pieces[i];
        CHECK(kc_pipe_run(pool, &ops, &f, slots, 2 * threads, &e) == 0 && f.in_order && f.drained == 300);
        kc_pool_free(pool);
    }
}
