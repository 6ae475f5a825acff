/* The nearest neighbours of all rows: for each row the m most similar other rows, exactly. */
#ifndef KC_CORE_GRAPH_NEIGHBOURS_H
#define KC_CORE_GRAPH_NEIGHBOURS_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_neighbours_opts {
    uint32_t m;            /* neighbours of a row, 1 .. KC_NEIGHBOURS_MOST */
    double least;          /* no neighbour is less similar than this; -2: no limit */
    const int64_t *time;   /* (n) timestamps (base/date.h), with decay; NULL: none */
    double decay;          /* microseconds D > 0: a similarity above 0 counts exp(-|dt| / D) times; 0: no decay */
};
#define KC_NEIGHBOURS_MOST 1024
#define KC_NEIGHBOURS_OPTS_DEFAULT {.m = 15, .least = -2}

/* Row i has count[i] neighbours, from i * m on: the most similar first, of equally similar ones the lower number. */
struct kc_neighbours {
    size_t n;
    uint32_t m;
    uint32_t *count; /* (n) */
    uint32_t *id;    /* (n, m) */
    float *similarity; /* (n, m) */
};

/* Find the neighbours of n rows, n below UINT32_MAX. Their similarity is the product of the unit rows in float, in the
 * chain of la/product.h, times the decay in double, rounded once. The result is a function of rows and o. Free it with
 * kc_neighbours_free, also after a failure. */
int kc_neighbours_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours_opts *o,
                       struct kc_neighbours *out, struct kc_err *e) KC_MUST_USE;
void kc_neighbours_free(struct kc_neighbours *g);
/* Find the neighbours of the rows row[0 .. n) only, without o->decay: list i is that of row[i], which is not in it. */
int kc_neighbours_some(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, size_t n,
                       const struct kc_neighbours_opts *o, struct kc_neighbours *out, struct kc_err *e) KC_MUST_USE;
uint64_t kc_neighbours_some_bytes(size_t n, size_t d, uint32_t m, unsigned threads);
/* Return the bytes that this allocates at the peak, the result included. */
uint64_t kc_neighbours_bytes(size_t n, size_t d, const struct kc_neighbours_opts *o, unsigned threads);

#endif
