/* The ordered pipeline. There is no thread per stage: every worker does whatever step is possible and most urgent,
 * under one lock that is released during the step itself. */
#include "par/pipe.h"

#include <pthread.h>
#include "base/mem.h"

/* Slot i of the ring holds the pieces i, i + nslots, ...; a piece is filled, then decoded, then drained. */
enum slot_state { FREE, FILLED, WORKING, DECODED };

/* A pipeline under way. */
struct pipe_run {
    const struct kc_pipe_ops *ops;
    void *arg;
    void **slots;
    size_t nslots;
    enum slot_state *state;
    pthread_mutex_t lock;
    pthread_cond_t change;
    uint64_t filled, drained; /* pieces so far */
    int filling, draining;    /* a worker is doing it */
    int no_more;              /* fill has set eof or failed */
    int alone;                /* the last piece filled must be drained before another is filled */
    int stop;                 /* drain has failed */
    struct kc_err fill_err, drain_err;
};

/* Fill the next slot. */
static void step_fill(struct pipe_run *r)
{
    size_t s = (size_t)(r->filled % r->nslots);
    int eof = 0;
    r->filling = 1;
    pthread_mutex_unlock(&r->lock);
    int rc = r->ops->fill(r->arg, r->slots[s], &eof, &r->fill_err);
    pthread_mutex_lock(&r->lock);
    r->filling = 0;
    if (rc != 0 || eof) {
        r->no_more = 1;
    } else {
        r->state[s] = FILLED;
        r->filled++;
        r->alone = r->ops->alone && r->ops->alone(r->slots[s]);
    }

}

/* Decode slot s. */
static void step_work(struct pipe_run *r, size_t s)
{
    r->state[s] = WORKING;
    pthread_mutex_unlock(&r->lock);
    r->ops->work(r->arg, r->slots[s]);
    pthread_mutex_lock(&r->lock);
    r->state[s] = DECODED;
}

/* Drain the oldest slot. */
static void step_drain(struct pipe_run *r)
{
    size_t s = (size_t)(r->drained % r->nslots);
    r->draining = 1;
    pthread_mutex_unlock(&r->lock);
    int rc = r->ops->drain(r->arg, r->slots[s], &r->drain_err);
    pthread_mutex_lock(&r->lock);
    r->draining = 0;
    r->state[s] = FREE;
    r->drained++;
    r->alone = r->alone && r->drained < r->filled;
    if (rc != 0)
        r->stop = 1;
}

/* Return the slot of the oldest piece that waits to be decoded; nslots if there is none. */
static size_t oldest_filled(const struct pipe_run *r)
{
    for (uint64_t i = r->drained; i < r->filled; i++)
        if (r->state[i % r->nslots] == FILLED)
            return (size_t)(i % r->nslots);
    return r->nslots;
}

/* Return 1 if a piece may be filled now: not while there is something to decode and nothing to read yet. */
static int may_fill(const struct pipe_run *r)
{
    return !r->filling && !r->no_more && !r->alone && r->filled - r->drained < r->nslots &&
           r->state[r->filled % r->nslots] == FREE &&
           (!r->ops->ready || oldest_filled(r) == r->nslots || r->ops->ready(r->arg));
}

/* Do what is most urgent until all is done or stopped: drain (frees a slot), else fill (keeps the source busy), else
 * decode. */
static void run_steps(void *arg, size_t tile, unsigned worker)
{
    struct pipe_run *r = arg;
    (void)tile;
    (void)worker;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        size_t s;
        if (r->stop || (r->no_more && r->drained == r->filled))
            break;
        if (!r->draining && r->drained < r->filled && r->state[r->drained % r->nslots] == DECODED)
            step_drain(r);
        else if (may_fill(r))
            step_fill(r);
        else if ((s = oldest_filled(r)) < r->nslots)
            step_work(r, s);
        else {
            pthread_cond_wait(&r->change, &r->lock);
            continue;
        }
        pthread_cond_broadcast(&r->change);
    }
    pthread_cond_broadcast(&r->change);
    pthread_mutex_unlock(&r->lock);
}

int kc_pipe_run(struct kc_pool *p, const struct kc_pipe_ops *ops, void *arg, void **slots, size_t nslots,
                struct kc_err *e)
{
    struct pipe_run r = {.ops = ops, .arg = arg, .slots = slots, .nslots = nslots,
                    .fill_err = KC_ERR_INIT, .drain_err = KC_ERR_INIT};
    r.state = kc_mem_zalloc(nslots, sizeof *r.state, e); /* all FREE */
    if (!r.state)
        return -1;
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.change, NULL);
    kc_pool_for(p, kc_pool_threads(p), run_steps, &r);
    pthread_cond_destroy(&r.change);
    pthread_mutex_destroy(&r.lock);
    kc_mem_free(r.state);
    /* everything before a failed fill has been drained, so a failure of drain is the earlier one */
    const struct kc_err *first = r.drain_err.code != KC_OK ? &r.drain_err : &r.fill_err;
    if (first->code == KC_OK)
        return 0;
    if (e->code == KC_OK)
        *e = *first;
    return -1;
}
