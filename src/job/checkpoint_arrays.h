/* The arrays of a checkpoint in its file, with their hashes. On several ranks the first one has the file; arrays by row
 * are gathered on it, and given to the ranks again, a piece at a time. So the file is the same for any number of
 * ranks. */
#ifndef KC_JOB_CHECKPOINT_ARRAYS_H
#define KC_JOB_CHECKPOINT_ARRAYS_H

#include "json/safetensors.h"

struct kc_rows; /* la/rows.h */
struct kc_team; /* par/team.h */

/* Write the header and n arrays, and after these their hashes as one more.
 *   f: NULL if this is not the first rank, or there is no file any more
 *   t (n), rows (n): as in kc_steps.save
 *   file: set if the file cannot be written; that is no failure of the call */
int kc_arrays_write(struct kc_team *team, struct kc_outfile *f, const struct kc_st_tensor *t,
                    const struct kc_rows *const *rows, size_t n, const struct kc_st_text *text, size_t ntext,
                    struct kc_err *file, struct kc_err *e) KC_MUST_USE;

/* Where arrays are read from. */
struct kc_arrays {
    struct kc_team *team;
    int fd;            /* the file; of the first rank */
    const char *name;  /* of the file, for messages */
    uint64_t data;     /* offset of its arrays */
    struct kc_st st;   /* its header, without the array of hashes once that is read */
    uint64_t *hash;    /* (st.n) on the first rank */
};

/* Read the hashes, on the first rank. KC_EINPUT if there are none. */
int kc_arrays_read_hashes(struct kc_arrays *a, struct kc_err *e) KC_MUST_USE;
/* Read an array, and check its hash. As kc_steps.read. */
int kc_arrays_read(const struct kc_arrays *a, const struct kc_st_tensor *t, const struct kc_rows *rows, void *to,
                   struct kc_err *e) KC_MUST_USE;

#endif
