/* Greedy k-means++ on the cosine distance 1 - similarity, which is half the squared Euclidean distance of unit rows
 * (Arthur and Vassilvitskii 2007; several candidates a step as in their section 6 and scikit-learn).
 *
 * Departures: the number of candidates at a step depends on the step alone and the stream on (seed, restart, step), so
 * the seeds of k are the first k of one list: one seeding per restart serves every k of the sweep, and -k 5 starts as
 * k = 5 of -k 2:20 does. Weighted rows are drawn, and distances summed, by their weights. All restarts share one pass
 * over the rows. From the 257th seed on a pass serves 4 seeds, from the 1,025th 8: the best of 16 candidates, then the
 * best of the others given the first, and so on. Internal to core. */
#ifndef KC_CORE_KMEANS_SEED_H
#define KC_CORE_KMEANS_SEED_H

#include "base/rng.h"
#include "core/cluster/space.h"

struct kc_seeder;

/* Create m independent states without a centre: all rows are at the largest distance. At most `cand` candidates
 * are drawn a step. Returns NULL if memory is short. */
struct kc_seeder *kc_seeder_new(const struct kc_space *s, size_t m, size_t cand, struct kc_err *e) KC_MUST_USE;
void kc_seeder_free(struct kc_seeder *q);
uint64_t kc_seeder_bytes(size_t n, size_t d, int in_memory, size_t m, size_t cand, unsigned threads);

/* Let state i start from a partition; own (n): the rows' similarities to their own centroids. */
void kc_seeder_start(struct kc_seeder *q, size_t i, const float *own);

/* Draw `cand` rows by distance for each state and pick the one that lowers the sum of distances most.
 *   rng (m): the states' streams
 *   winner (m): set to the row, or to KC_NONE if all rows are at distance 0 */
void kc_seeder_pick(struct kc_seeder *q, size_t cand, struct kc_rng *rng, uint32_t *winner);

/* Make winner[i] a centre of state i; KC_NONE: leave the state as it is. If labels is not NULL, rows that are nearer to
 * the new centre than to all others get labels[i][row] = id[i]. */
void kc_seeder_add(struct kc_seeder *q, const uint32_t *winner, uint32_t *const *labels, const uint32_t *id);

/* Draw the seeds of all restarts into seeds (restarts, kmax): row indices, distinct as rows in each restart. There
 * must be kmax distinct rows. */
int kc_seed_all(const struct kc_space *s, uint64_t seed, size_t restarts, uint32_t kmax, uint32_t *seeds,
                struct kc_err *e) KC_MUST_USE;
/* Return the number of candidates at a step: 2 + ln(step + 1), where scikit-learn has 2 + ln k. */
size_t kc_seed_candidates(uint32_t step);
/* Return the most candidates that kc_seed_all draws at a step. */
size_t kc_seed_width(uint32_t kmax);

#endif
