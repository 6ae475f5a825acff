/* The steps of a fit: the places where its state is small and well defined. There it can be saved, to be taken up again
 * by a later run, which comes to the same result; and there it looks whether its time is up.
 *
 * The state is that of functions inside each other (fit, sweep, search, engine). Each describes its own part by one
 * function, a visit, that serves both ways: it names the arrays in an order that follows from what it has named before,
 * and they are written, or read back and checked. What follows from data and options is made anew instead. */
#ifndef KC_CORE_CLUSTER_STEPS_H
#define KC_CORE_CLUSTER_STEPS_H

#include <stddef.h>
#include <stdint.h>
#include "json/safetensors.h"

enum { KC_DUE_SAVE = 1, KC_DUE_STOP = 2 };

struct kc_work;  /* core/cluster/space.h */
struct kc_frame; /* below */

/* What the caller of kc_kmeans_run provides; the last members are core's own, zero at the start. */
struct kc_steps {
    int (*due)(void *arg); /* KC_DUE_SAVE and KC_DUE_STOP, or 0; called at each step, by one thread */
    /* Write the arrays; their data lie where the fit works on them. */
    int (*save)(void *arg, struct kc_st_tensor *t, size_t n, struct kc_err *e);
    const struct kc_st *from; /* the arrays to go on from; NULL: start from the beginning */
    int (*read)(void *arg, const struct kc_st_tensor *t, void *to, struct kc_err *e); /* one of them */
    int timed;                /* time may be up some day; */
    int keeps;                /* then the state is to be saved first: the fit ends at a step only */
    const char *name;         /* of what they are read from, for messages */
    void *arg;
    int late;                 /* time was up at a step, */
    int cut;                  /* and something has been left out for it */
    struct kc_frame *top;
    size_t at;                /* arrays that have been read */
    struct kc_work *work;
};

/* A visit under way. */
struct kc_state {
    struct kc_steps *steps;
    int reading;
    struct kc_st_tensor *t; /* (n) when writing */
    size_t n, cap;
    struct kc_buf names;
    void *lent;             /* blocks of kc_state_lend */
    struct kc_err *e;
};

struct kc_frame {
    int (*visit)(void *arg, struct kc_state *s);
    void *arg;
    struct kc_frame *outer;
};

/* steps may be NULL in all of these. */

/* From here to kc_steps_leave the state has one more part. 1: it has been read, and the function goes on from it; 0: it
 * starts from the beginning; -1: failed. */
int kc_steps_enter(struct kc_steps *steps, struct kc_frame *f, struct kc_err *e) KC_MUST_USE;
void kc_steps_leave(struct kc_steps *steps, struct kc_frame *f);
/* A step: saves, when that is due. 1: time is up, 0: it is not, -1: failed. */
int kc_steps_at(struct kc_steps *steps, struct kc_err *e) KC_MUST_USE;
/* The same where there is no state to be saved. */
int kc_steps_late(const struct kc_steps *steps);
int kc_steps_resuming(const struct kc_steps *steps); /* parts of the state are still to be read */

/* What was taken up leads nowhere: -1, with KC_EINPUT. */
int kc_steps_bad(const struct kc_steps *steps, const char *what, struct kc_err *e);

/* For visits: n elements at p, which a visit that reads fills. KC_EINPUT for what is not there or not as told. */
int kc_state_u64(struct kc_state *s, const char *name, uint64_t *p, size_t n, uint64_t most) KC_MUST_USE;
int kc_state_u32(struct kc_state *s, const char *name, uint32_t *p, size_t n, uint32_t most) KC_MUST_USE;
/* Numbers within -most .. most; of those with most INFINITY and any != 0, NaN too. */
int kc_state_f64(struct kc_state *s, const char *name, double *p, size_t n, double most, int any) KC_MUST_USE;
int kc_state_f32(struct kc_state *s, const char *name, float *p, size_t n, double most, int any) KC_MUST_USE;
/* A partition: labels (n) below k, every one of which occurs. */
int kc_state_partition(struct kc_state *s, uint32_t *labels, size_t n, uint32_t k) KC_MUST_USE;
int kc_state_bad(struct kc_state *s, const char *what); /* -1 */
/* Room for what lies elsewhere in another form: what is written from there must last longer than the visit. Zeros. */
void *kc_state_lend(struct kc_state *s, size_t count, size_t size) KC_MUST_USE;

#endif
