/* The steps of a fit: the places where its state is small and well defined. There it can be saved, so that a later
 * process can resume it and come to the same result; and there it checks whether its time is up.
 *
 * The state is that of functions inside each other (fit, sweep, search, engine). Each describes its own part by
 * one function, a visit, that serves both ways: it names the arrays in an order that follows from what it has
 * named before, and they are written, or read back and checked. What follows from data and options is not saved
 * but computed again. */
#ifndef KC_CORE_CLUSTER_STEPS_H
#define KC_CORE_CLUSTER_STEPS_H

#include <stddef.h>
#include <stdint.h>
#include "json/safetensors.h"

enum { KC_DUE_SAVE = 1, KC_DUE_STOP = 2 };

struct kc_work;  /* core/cluster/space.h */
struct kc_rows;  /* la/rows.h */
struct kc_team;  /* par/team.h */
struct kc_frame; /* below */

/* What the caller of kc_kmeans_run provides. The members from `late` on are core's own; set them to zero. */
struct kc_steps {
    /* Return KC_DUE_SAVE and KC_DUE_STOP, or 0, on all ranks the same; -1 after a failure. Called at each step, by one
     * thread. */
    int (*due)(void *arg, struct kc_err *e);
    /* Write the arrays; their data lie where the fit works on them. rows (n): those that an array has its elements of,
     * so that each rank has its own ones; NULL: every rank has the whole array. */
    int (*save)(void *arg, struct kc_st_tensor *t, const struct kc_rows *const *rows, size_t n, struct kc_err *e);
    const struct kc_st *from; /* the arrays to resume from; NULL: start from the beginning */
    /* Read one array of `from`, or of it what belongs to this rank's rows. */
    int (*read)(void *arg, const struct kc_st_tensor *t, const struct kc_rows *rows, void *to, struct kc_err *e);
    int timed;                /* time may be up during the fit */
    int keeps;                /* when time is up the state must be saved: so the fit ends at a step only */
    const char *name;         /* of the file that `from` is read from, for messages */
    void *arg;
    int late;                 /* time was up at a step */
    int cut;                  /* something has been left out because time was up */
    struct kc_frame *top;     /* the innermost function with state */
    size_t at;                /* arrays that have been read */
    struct kc_work *work;
    struct kc_team *team;     /* whose ranks count operations of their own; NULL: this process counts all */
};

/* A visit under way. */
struct kc_state {
    struct kc_steps *steps;
    int reading;
    struct kc_st_tensor *t; /* (n) when writing */
    const struct kc_rows **rows; /* (n) of the arrays by row; else NULL */
    size_t n, cap;
    struct kc_buf names;
    void *lent;             /* blocks of kc_state_lend */
    struct kc_err *e;
};

/* A function with state, and how to visit it. */
struct kc_frame {
    int (*visit)(void *arg, struct kc_state *s);
    void *arg;
    struct kc_frame *outer;
};

/* steps may be NULL in all of these. */

/* Add a function's part to the state, until kc_steps_leave. Returns 1 if the part has been read, so that the
 * function must continue from it, 0 to start from the beginning, -1 after a failure. */
int kc_steps_enter(struct kc_steps *steps, struct kc_frame *f, struct kc_err *e) KC_MUST_USE;
void kc_steps_leave(struct kc_steps *steps, struct kc_frame *f);
/* Make a step: save if that is due. Returns 1 if time is up, 0 if not, -1 after a failure. */
int kc_steps_at(struct kc_steps *steps, struct kc_err *e) KC_MUST_USE;
/* Return 1 if time is up, at a place where no state can be saved, 0 if not, -1 after a failure. */
int kc_steps_late(const struct kc_steps *steps, struct kc_err *e) KC_MUST_USE;
/* Return 1 while parts of the state are still to be read. */
int kc_steps_resuming(const struct kc_steps *steps);

/* Report that the checkpoint is damaged (KC_EINPUT). Returns -1. */
int kc_steps_bad(const struct kc_steps *steps, const char *what, struct kc_err *e);

/* Write n elements at p during a visit, or fill them when reading. A missing array, one of another type or length, and
 * a value above `most` are KC_EINPUT. */
int kc_state_u64(struct kc_state *s, const char *name, uint64_t *p, size_t n, uint64_t most) KC_MUST_USE;
int kc_state_u32(struct kc_state *s, const char *name, uint32_t *p, size_t n, uint32_t most) KC_MUST_USE;
/* Visit numbers within -most .. most in the same way; any: do not check them, NaN is fine, too. */
int kc_state_f64(struct kc_state *s, const char *name, double *p, size_t n, double most, int any) KC_MUST_USE;
int kc_state_f32(struct kc_state *s, const char *name, float *p, size_t n, double most, int any) KC_MUST_USE;
/* Visit an array by row in the same way: of each rank's rows there. */
int kc_state_row_u32(struct kc_state *s, const char *name, uint32_t *p, const struct kc_rows *rows,
                     uint32_t most) KC_MUST_USE;
int kc_state_row_f32(struct kc_state *s, const char *name, float *p, const struct kc_rows *rows, double most,
                     int any) KC_MUST_USE;
/* Visit a partition in the same way: labels of the rows below k, each of which occurs. */
int kc_state_partition(struct kc_state *s, uint32_t *labels, const struct kc_rows *rows, uint32_t k) KC_MUST_USE;
/* Report that the checkpoint is damaged (KC_EINPUT). Returns -1. */
int kc_state_bad(struct kc_state *s, const char *what);
/* Return zeroed room for values that lie elsewhere in another form. It lasts until the state is written, which is
 * after the visit. */
void *kc_state_lend(struct kc_state *s, size_t count, size_t size) KC_MUST_USE;

#endif
