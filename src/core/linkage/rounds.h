/* Ward's and average linkage by rounds of reciprocal nearest neighbours: what rounds.c and search.c share. */
#ifndef KC_CORE_LINKAGE_ROUNDS_H
#define KC_CORE_LINKAGE_ROUNDS_H

#include "base/plan.h"
#include "core/linkage/tree.h"

#define KC_LIST 32      /* near clusters that a cluster remembers */
#define KC_QUERIES 256  /* clusters that are searched for at a time: the products of a tile with them stay in L2 */
#define KC_ROUNDING 6e-14 /* what rounding, in double and to the grid, takes from a distance at most, of weights 1 */

/* A cluster that may be near, and a bound of its distance. */
struct kc_near {
    uint32_t id;
    float least; /* the distance is at least this */
};

/* Where a cluster is with its nearest neighbour. */
enum kc_known {
    KC_GONE,    /* it was joined to another */
    KC_STALE,   /* its list must be looked at again */
    KC_WAITING, /* its list does not prove which cluster is the nearest: it must be searched for */
    KC_KNOWN
};

/* A cluster, named by one of its points. Distances are squared ones for Ward's linkage. */
struct kc_cell {
    double weight, scale; /* scale times what is stored, a row or a sum, is the mean */
    double square;        /* of the mean's length */
    double height;        /* of the join that made it */
    double nearest;       /* distance of the nearest neighbour; while that is not known, no cluster is nearer */
    double bound;         /* clusters that are not in the list are at least as far as this */
    float norm;           /* of the mean, rounded up */
    uint32_t to;          /* the nearest neighbour; KC_NONE: never known */
    uint32_t low;         /* its earliest point */
    uint32_t count;       /* its points */
    uint32_t slot;        /* where its sum and mean are; KC_NONE: it is a row */
    uint32_t into;        /* the cluster that it was joined to; itself if it is there */
    uint32_t round;       /* when it was made or last grew */
    uint8_t known;        /* an enum kc_known */
    uint8_t listed;       /* entries of its list */
};

/* Two clusters that are to be joined: b into a. */
struct kc_pair {
    uint32_t a, b;
    uint32_t slot;
    uint32_t from; /* the slot of b that is free afterwards, KC_NONE if none is */
    double apart;          /* their distance */
    double height, weight; /* of the join */
};

/* A cluster under search. */
struct kc_query {
    uint32_t id;
    double need;     /* in the second pass: what the nearest is at most */
};

/* What a thread works with. */
struct kc_rounds_worker {
    double *wide;          /* (d) a row, in double */
    float *out;            /* (KC_QUERIES, KC_LA_TILE) products of a tile */
    char *scratch;         /* KC_LA_SCRATCH */
    struct kc_near *near;  /* (KC_QUERIES, KC_LIST) lists of the queries */
    uint8_t *listed;       /* (KC_QUERIES) */
    double *nearest;       /* (KC_QUERIES) in the second pass: the nearest, and */
    uint32_t *to;          /* (KC_QUERIES) who that is */
    uint64_t exact;
    char padding[64];
};

struct kc_rounds {
    const struct kc_ctx *ctx;
    const struct kc_points *p;
    enum kc_linkage how;
    double error;           /* of a product in float, as a share of the lengths */
    double lightest;        /* the smallest weight of a point */
    struct kc_cell *cell;   /* (n) */
    struct kc_near *near;   /* (n, KC_LIST) */
    uint32_t *active;       /* (nactive) clusters that are there, by number */
    size_t nactive;
    uint32_t *todo;         /* (n) clusters that this stage is about */
    size_t ntodo;
    struct kc_pair *pair;   /* (n / 2 + 1) */
    size_t npairs;
    double *sums;           /* (slots, d) */
    float *means;           /* (slots, d) */
    uint32_t *free_slot;    /* (slots) */
    size_t slots, nfree;
    float *query_rows;      /* (KC_QUERIES, d) */
    struct kc_query *query; /* (KC_QUERIES) */
    size_t nqueries;
    int second;             /* the queries are searched for in double */
    struct kc_rounds_worker *worker;
    uint32_t round;
    struct kc_tree_report *report;
};

/* Return the distance of two clusters: symmetric to the bit. wide: (d) scratch. */
double kc_rounds_measure(const struct kc_rounds *r, uint32_t a, uint32_t b, double *wide);
/* Return v rounded down to a float that is below it. */
float kc_rounds_below(double v);
/* Return what the distance of two clusters is at least, by their product in float. */
double kc_rounds_least(const struct kc_rounds *r, const struct kc_cell *a, const struct kc_cell *b, float product);
/* Return the cluster in which a cluster is now. */
static inline uint32_t kc_rounds_root(const struct kc_rounds *r, uint32_t id)
{
    while (r->cell[id].into != id)
        id = r->cell[id].into;
    return id;
}
/* Put a near cluster into a list of *n < KC_LIST + 1 entries, nearest first, of equals the lower number. */
void kc_rounds_offer(struct kc_near *list, uint8_t *n, struct kc_near x);
/* Return the mean of a cluster, but for its scale if it is a row. */
const float *kc_rounds_mean(const struct kc_rounds *r, uint32_t id);

/* Find the nearest neighbours of the clusters todo (ntodo) among all others, and fill their lists (search.c). */
void kc_rounds_search(struct kc_rounds *r);

#endif
