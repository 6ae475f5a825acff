/* Join a data set whose rows were read by the ranks of a team, each its part: number the rows, share them out evenly,
 * and bring the texts to the first rank. */
#ifndef KC_IN_JOIN_H
#define KC_IN_JOIN_H

#include "in/run.h"

/* Rows one after the other that have no terms of their own. */
struct kc_unnamed {
    size_t at, n;
};

/* ds: this rank's rows, in memory, and their texts; the terms only of rows that have some. run: as it is after the
 * reading; its `first` goes over to ds. unnamed (nunnamed): this rank's rows without terms. files (nfiles): what the
 * ranks have read together, NULL if each had files of its own. Rank 0 logs what is odd about the terms. gather: the
 * first rank gets all rows. */
int kc_dataset_join(const struct kc_ctx *ctx, struct kc_dataset *ds, struct kc_in_run *run,
                    const struct kc_unnamed *unnamed, size_t nunnamed, const char *const *files, size_t nfiles,
                    int gather, struct kc_err *e) KC_MUST_USE;

#endif
