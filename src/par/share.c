/* Shares by arithmetic: the blocks of a rank are every size-th one. */
#include "par/share.h"

unsigned kc_share_rank(const struct kc_team *t, uint64_t number)
{
    return (unsigned)(number / KC_SHARE_BLOCK % kc_team_size(t));
}

size_t kc_share_place(const struct kc_team *t, uint64_t number)
{
    const uint64_t block = number / KC_SHARE_BLOCK / kc_team_size(t);
    return (size_t)(block * KC_SHARE_BLOCK + number % KC_SHARE_BLOCK);
}

uint64_t kc_share_number(const struct kc_team *t, size_t place)
{
    const uint64_t block = place / KC_SHARE_BLOCK * kc_team_size(t) + kc_team_rank(t);
    return block * KC_SHARE_BLOCK + place % KC_SHARE_BLOCK;
}

size_t kc_share_count(const struct kc_team *t, unsigned rank, uint64_t all)
{
    const uint64_t turn = KC_SHARE_BLOCK * (uint64_t)kc_team_size(t), rest = all % turn, before = rank * KC_SHARE_BLOCK;
    const uint64_t last = rest <= before ? 0 : rest - before < KC_SHARE_BLOCK ? rest - before : KC_SHARE_BLOCK;
    return (size_t)(all / turn * KC_SHARE_BLOCK + last);
}
