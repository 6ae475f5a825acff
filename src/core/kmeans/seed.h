/* Greedy k-means++ on the cosine distance 1 - similarity, which is half the squared Euclidean distance of unit rows
 * (Arthur and Vassilvitskii 2007; several candidates a step as in their section 6 and scikit-learn).
 *
 * Departures: the number of candidates at a step depends on the step alone and the stream on (seed, restart, step),
 * so the seeds of k are the first k of one list: one seeding per restart serves every k of the sweep, and -k 5
 * starts as k = 5 of -k 2:20 does. Weighted rows are drawn, and distances summed, by their weights. All restarts share one pass over the rows. From the 257th seed on a pass serves
 * 4, from the 1,025th 8: the best of 16 candidates, the best of these once that is taken, and so on. Internal to
 * core. */
#ifndef KC_CORE_KMEANS_SEED_H
#define KC_CORE_KMEANS_SEED_H

#include "base/rng.h"
#include "core/cluster/space.h"

struct kc_seeder;

/* m independent states with rows' distances at their maximum; at most cand candidates a step. */
struct kc_seeder *kc_seeder_new(const struct kc_space *s, size_t m, size_t cand, struct kc_err *e) KC_MUST_USE;
void kc_seeder_free(struct kc_seeder *q);
uint64_t kc_seeder_bytes(size_t n, size_t d, int in_memory, size_t m, size_t cand, unsigned threads);

/* State i starts from a partition's similarities to the own centroid, own (n). */
void kc_seeder_own(struct kc_seeder *q, size_t i, const float *own);

/* For each state draw `cand` rows by distance and keep the one that lowers the sum of distances most: winner[i], or
 * KC_NONE where no row is at any distance. rng: (m) streams. */
void kc_seeder_pick(struct kc_seeder *q, size_t cand, struct kc_rng *rng, uint32_t *winner);

/* Take winner[i] (KC_NONE: nothing happens) as a centre of state i. Where labels is not NULL, rows that are nearer
 * to it than before get labels[i][row] = id[i]. */
void kc_seeder_take(struct kc_seeder *q, const uint32_t *winner, uint32_t *const *labels, const uint32_t *id);

/* seeds (restarts, kmax): row indices, distinct as rows in each restart. The rows must hold kmax distinct ones. */
int kc_seed_all(const struct kc_space *s, uint64_t seed, size_t restarts, uint32_t kmax, uint32_t *seeds,
                struct kc_err *e) KC_MUST_USE;
/* Candidates at a step: 2 + ln(step + 1), as scikit-learn takes 2 + ln k. */
size_t kc_seed_candidates(uint32_t step);
size_t kc_seed_width(uint32_t kmax); /* the most that kc_seed_all draws at a step */

#endif
