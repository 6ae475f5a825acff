/* The ranks tell each other how long their lists are; then each puts its own where it belongs, and the bits are
 * ORed. */
#include "par/lists.h"

#include <string.h>
#include "base/mem.h"

int kc_lists_join(struct kc_team *t, void **list, size_t *n, size_t size, struct kc_err *e)
{
    const size_t ranks = kc_team_size(t);
    size_t total = 0, before = 0;
    char *all = NULL;
    int rc = -1;
    if (ranks == 1)
        return 0;
    uint64_t *have = kc_mem_zalloc(ranks, sizeof *have, e);
    if (!have)
        return -1;
    have[kc_team_rank(t)] = *n;
    if (kc_team_count(t, have, ranks, e) != 0)
        goto out;
    for (size_t r = 0; r < ranks; r++) {
        before += r < kc_team_rank(t) ? (size_t)have[r] : 0;
        total += (size_t)have[r];
    }
    all = kc_mem_zalloc(total, size, e);
    if (!all)
        goto out;
    if (*n)
        memcpy(all + before * size, *list, *n * size);
    if (kc_team_union(t, all, total * size, e) != 0) {
        kc_mem_free(all);
        goto out;
    }
    kc_mem_free(*list);
    *list = all;
    *n = total;
    rc = 0;
out:
    kc_mem_free(have);
    return rc;
}
