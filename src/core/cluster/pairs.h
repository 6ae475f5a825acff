/* Pairs of rows that must be in one cluster, or must not be. */
#ifndef KC_CORE_CLUSTER_PAIRS_H
#define KC_CORE_CLUSTER_PAIRS_H

#include <stddef.h>
#include <stdint.h>

struct kc_pair {
    uint32_t a, b; /* rows */
    int cannot;    /* 1: they must not be in one cluster; 0: they must */
};

enum kc_pair_fate {
    KC_PAIR_KEPT,
    KC_PAIR_CONTRADICTED, /* it must not be in one cluster, but pairs that must put it there */
    KC_PAIR_NO_ROOM       /* no way was found to keep it together with the others */
};

/* The pairs of a fit, and what the algorithm says of them. */
struct kc_pairs {
    const struct kc_pair *pair; /* (n) */
    size_t n;
    unsigned char *fate;     /* (n) enum kc_pair_fate; set */
    size_t groups, grouped;  /* set: groups of rows that must be together, by pairs of pairs too; rows in them */
    uint32_t needed;         /* set: clusters that suffice to keep all pairs */
};

#endif
