/* A checkpoint: the state of a fit in a file, and the clock that says when a fit is to be saved, or has to end.
 *
 * The file is a safetensors container (json/safetensors.h): the arrays are those of core/cluster/steps.h, in their order, and the
 * metadata say what the run was: kclust's version, every option that counts for the result, the shape of the rows and a
 * hash of them all, one of their weights, and one of each array. It is replaced whole, as any output. */
#ifndef KC_JOB_CHECKPOINT_H
#define KC_JOB_CHECKPOINT_H

#include <signal.h>
#include "base/ctx.h"
#include "core/cluster/algorithm.h"
#include "io/outfile.h"
#include "la/rows.h"

/* Between a signal handler and a job. While it is armed, the handler writes down a signal that asks for a save, and one
 * that kills; a save comes within a step. What kills is the caller's to do, once the job has returned. */
struct kc_asked {
    volatile sig_atomic_t armed, save, die;
};

struct kc_checkpoint_opts {
    const char *file;       /* NULL: none */
    int resume;             /* go on from what is in it, when it is there */
    double every;           /* seconds between saves, at least */
    double timeout;         /* seconds from `began` on after which the fit ends with what it has; negative: never */
    double began;           /* by kc_clock_now */
    struct kc_asked *asked; /* NULL: nobody asks */
};
#define KC_CHECKPOINT_EVERY 60.0

struct kc_checkpoint;

/* Looks at the file that is there, which must be a checkpoint if anything, and finds out whether it can be replaced.
 * NULL in *out, which is no failure, when o asks for nothing. */
int kc_checkpoint_open(struct kc_checkpoint **out, const struct kc_ctx *ctx, const struct kc_checkpoint_opts *o,
                       struct kc_err *e) KC_MUST_USE;
/* c may be NULL in what follows. */
const struct kc_outfile *kc_checkpoint_file(const struct kc_checkpoint *c); /* NULL: none */
/* The rows are there: what was saved must be of the same, and of the same options (KC_EINPUT, KC_EUSAGE). Sets r->steps.
 * rows and r stay the caller's until kc_checkpoint_end. */
int kc_checkpoint_begin(struct kc_checkpoint *c, const struct kc_rows *rows, const struct kc_algorithm *algorithm,
                        const void *opts, struct kc_request *r, struct kc_err *e) KC_MUST_USE;
/* The fit is over. -1, with e, when a signal has asked for the end meanwhile. */
int kc_checkpoint_end(struct kc_checkpoint *c, struct kc_err *e) KC_MUST_USE;
/* All outputs are written: a checkpoint has served, and is removed, unless the fit ended before its time. */
void kc_checkpoint_done(struct kc_checkpoint *c);
void kc_checkpoint_free(struct kc_checkpoint *c);
/* Its workspace while it saves. */
uint64_t kc_checkpoint_bytes(size_t n, size_t d, int in_memory, size_t nk, unsigned threads);

#endif
