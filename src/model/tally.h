/* A tally: the rows of a shard, added up by cluster. It lies in a copy of the model that labelled them, and the
 * tallies of all shards add up to the model after one step of Lloyd's algorithm.
 *
 * Sums are numbers of fixed point, in two integers: each coordinate is cut into whole units of 2^-30, and the rest into
 * units of 2^-60. Integers add up to the same bits in any order and for any split of the rows into shards, and 2^32
 * rows overflow neither. A fit's lattice (base/lattice.h) does not serve here: it depends on the number of rows, which
 * no shard knows. One for 2^32 rows would do, but two doubles then reach down to 2^-35 only, as their exponents are of
 * no use. A float of 2^-36 or more is kept to its last bit, a smaller one to 2^-60. */
#ifndef KC_MODEL_TALLY_H
#define KC_MODEL_TALLY_H

#include "model/model.h"
#include "model/tensors.h"

#define KC_MODEL_TALLY_ROWS ((uint64_t)1 << 32) /* most rows of a tally, and of all that are merged */

/* Give the model an empty tally in the place of what it had. */
int kc_model_begin_tally(struct kc_model *m, struct kc_err *e) KC_MUST_USE;
/* Add n unit rows (n, m->d) with these labels, 0..k-1 or KC_NOISE. KC_EINPUT if there are too many. */
int kc_model_tally_rows(struct kc_model *m, const float *x, const uint32_t *labels, size_t n,
                        struct kc_err *e) KC_MUST_USE;

/* Check that two models are the same but for their tallies. name, first: their files. KC_EINPUT; the message says what
 * differs. */
int kc_model_same_tally(const struct kc_model *m, const char *name, const struct kc_model *to, const char *first,
                  struct kc_err *e) KC_MUST_USE;
/* Add the tally of m, from the file `name`, to that of `to`. KC_EINPUT if there are too many rows. */
int kc_model_join_tally(struct kc_model *to, const struct kc_model *m, const char *name, struct kc_err *e) KC_MUST_USE;

/* What became of a model by its tally. */
struct kc_tallied {
    double similarity; /* mean over the rows in clusters, to the centroids before */
    double shift;      /* the greatest of the distances 1 - cos between a centroid and the one before; 0: none moved */
    size_t empty;      /* clusters without rows */
};

/* Turn the model into that of its tally: the counts, sums and centroids of clusters that have rows become those of the
 * rows. The others stay as they are, and so does a centroid whose sum has no direction. The tally stays. */
int kc_model_apply_tally(struct kc_model *m, struct kc_tallied *out, struct kc_err *e) KC_MUST_USE;

/* Refuse a model with a tally, which a change of the model would lose. name: its file. KC_EINPUT. */
int kc_model_no_tally(const struct kc_model *m, const char *name, struct kc_err *e) KC_MUST_USE;

/* Load and check the tensors of a tally, if the file has them; k and d are known. Their rows are counted later. */
int kc_model_read_tally(struct kc_model *m, const struct kc_tensors *f) KC_MUST_USE;
/* Remove the tally. */
void kc_model_free_tally(struct kc_model *m);
/* Return its bytes. */
uint64_t kc_model_tally_bytes(size_t k, size_t d);

#endif
