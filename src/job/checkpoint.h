/* A checkpoint: the state of a fit in a file, and the clock that decides when a fit is to be saved or has to end.
 *
 * The file is a safetensors container (json/safetensors.h). Its arrays are those of core/cluster/steps.h, in their
 * order, and their hashes. Its metadata identify the run: kclust's version, every option that influences the result,
 * the shape of the rows, and hashes of all rows and of their weights. The file is replaced whole, like any output. */
#ifndef KC_JOB_CHECKPOINT_H
#define KC_JOB_CHECKPOINT_H

#include <signal.h>
#include "base/ctx.h"
#include "core/cluster/algorithm.h"
#include "io/outfile.h"

/* Requests from a signal handler to a job, which saves within a step. `save`: a checkpoint is wanted. `die`: the signal
 * that is to kill the process, or 0; it is recorded only while `armed`, and the caller raises it again once the job has
 * returned. */
struct kc_signal_requests {
    volatile sig_atomic_t armed, save, die;
};

struct kc_checkpoint_opts {
    const char *file;       /* NULL: none */
    int resume;             /* continue from the file if it exists */
    double every;           /* least seconds between saves */
    double timeout;         /* seconds from `began` to when the fit ends with its best so far; negative: never */
    double began;           /* when the run began, by kc_clock_now */
    struct kc_signal_requests *requests; /* NULL: signals request nothing */
};
#define KC_CHECKPOINT_EVERY 60.0

struct kc_checkpoint;

/* Open the checkpoint: read the header of an existing file, and check that the file can be replaced. KC_EUSAGE if it is
 * something other than a checkpoint. *out becomes NULL, without a failure, if o has neither a file nor a timeout. */
int kc_checkpoint_open(struct kc_checkpoint **out, const struct kc_ctx *ctx, const struct kc_checkpoint_opts *o,
                       struct kc_err *e) KC_MUST_USE;
/* All functions below accept NULL for c. */

/* Return the file as an output, to be compared with the other outputs; NULL if there is none. */
struct kc_outfile *kc_checkpoint_file(const struct kc_checkpoint *c);
/* Begin saving, and resuming if requested: call it when the rows have been read, before the fit. A checkpoint of other
 * rows is KC_EINPUT, one of other options KC_EUSAGE. Sets r->steps. rows and r must live until kc_checkpoint_end. */
int kc_checkpoint_begin(struct kc_checkpoint *c, const struct kc_rows *rows, const struct kc_algorithm *algorithm,
                        const void *opts, struct kc_request *r, struct kc_err *e) KC_MUST_USE;
/* End saving: call it after the fit. Return -1, with e set, if a signal has requested the end meanwhile. */
int kc_checkpoint_end(struct kc_checkpoint *c, struct kc_err *e) KC_MUST_USE;
/* Remove the checkpoint: call it when all outputs are written. A fit that was cut short by its timeout keeps it. */
void kc_checkpoint_done(struct kc_checkpoint *c);
void kc_checkpoint_free(struct kc_checkpoint *c);
/* Return the bytes of memory that saving needs. nk: values of k. */
uint64_t kc_checkpoint_bytes(size_t n, size_t d, int in_memory, size_t nk, unsigned threads);

#endif
