/* The failure of a row source that several threads read at once. If there is more than one, the failure at the lowest
 * row is kept, so that the message does not depend on which thread came first. */
#ifndef KC_IN_FAULT_H
#define KC_IN_FAULT_H

#include <pthread.h>
#include <stddef.h>
#include "base/err.h"

struct kc_fault {
    pthread_mutex_t lock;
    size_t row;
    struct kc_err err;
};

static inline void kc_fault_init(struct kc_fault *f)
{
    pthread_mutex_init(&f->lock, NULL);
    f->row = 0;
    f->err = (struct kc_err)KC_ERR_INIT;
}

/* Keep the failure at `row`, unless one at a lower row is kept already. */
static inline void kc_fault_keep(struct kc_fault *f, size_t row, const struct kc_err *e)
{
    pthread_mutex_lock(&f->lock);
    if (f->err.code == KC_OK || row < f->row) {
        f->row = row;
        f->err = *e;
    }
    pthread_mutex_unlock(&f->lock);
}

/* Return -1 if a failure is kept, and copy it to e unless e holds an error already; else return 0. */
static inline int kc_fault_report(struct kc_fault *f, struct kc_err *e)
{
    pthread_mutex_lock(&f->lock);
    int bad = f->err.code != KC_OK;
    if (bad && e->code == KC_OK)
        *e = f->err;
    pthread_mutex_unlock(&f->lock);
    return bad ? -1 : 0;
}

static inline void kc_fault_free(struct kc_fault *f)
{
    pthread_mutex_destroy(&f->lock);
}

#endif
