/* The search of clusters' nearest neighbours among all others. The clusters that are searched for are the columns of
 * the product, all others are its rows, by tiles: so it does not matter where means lie, and a few queries make no
 * narrow tiles. Each thread has a list for each query; the list of all is the best of these, whoever had which tile.
 *
 * A list is made of bounds. If the nearest that it proves is not below the bound of what is in no list (many clusters
 * are about equally near), a second pass measures in double all that are within the error of the products.
 *
 * Floor: the flops of the products at the kernel's rate (la/product.h). */
#include "core/linkage/rounds.h"

#include <math.h>
#include <string.h>

typedef float lanes_f __attribute__((vector_size(64)));
typedef int32_t lanes_i __attribute__((vector_size(64)));
#define LANES ((size_t)KC_LA_LANES)

/* A tile of clusters. */
struct tile {
    size_t first, n;
    const float *row[KC_LA_TILE];
    float norm[KC_LA_TILE], square[KC_LA_TILE], weight[KC_LA_TILE];
};

static void fill_tile(const struct kc_rounds *r, size_t at, struct tile *t)
{
    t->first = at * KC_LA_TILE;
    t->n = r->nactive - t->first < KC_LA_TILE ? r->nactive - t->first : KC_LA_TILE;
    for (size_t i = 0; i < KC_LA_TILE; i++) {
        const struct kc_cell *c = i < t->n ? &r->cell[r->active[t->first + i]] : NULL;
        t->row[i] = c ? kc_rounds_mean(r, r->active[t->first + i]) : NULL;
        t->norm[i] = c ? c->norm : 0;
        t->square[i] = c ? (float)c->square : INFINITY;
        t->weight[i] = c ? (float)c->weight : 1;
    }
}

/* Set near[i] to 1 if cluster i of the tile may be at most `need` from cluster c, by the products p; some are a little
 * further. Return 1 if any is. */
static int find_near(const struct kc_rounds *r, const struct tile *t, const struct kc_cell *c, double need,
                     const float *p, int32_t near[KC_LA_TILE])
{
    const int ward = r->how == KC_LINKAGE_WARD;
    const float error = (float)((r->error + 1e-6) * (double)c->norm), square = (float)c->square;
    const float most = (float)(need + 1e-6 * fabs(need) + 1e-6), weight = (float)c->weight;
    lanes_i any = {0};
    for (size_t i = 0; i < t->n; i += LANES) { /* products are written up to whole lanes */
        lanes_f product, norm, squares, w;
        memcpy(&product, p + i, sizeof product);
        memcpy(&norm, t->norm + i, sizeof norm);
        product += norm * error;
        lanes_i yes;
        if (ward) {
            memcpy(&squares, t->square + i, sizeof squares);
            memcpy(&w, t->weight + i, sizeof w);
            yes = (squares + square - 2 * product) * (w * (2 * weight)) <= most * (w + weight);
        } else {
            yes = 1 - product <= most;
        }
        memcpy(near + i, &yes, sizeof yes);
        any |= yes;
    }
    int32_t all = 0;
    for (size_t l = 0; l < LANES; l++)
        all |= any[l];
    return all != 0;
}

/* Offer the clusters of a tile to the queries' lists. */
static void offer_tile(const struct kc_rounds *r, const struct tile *t, struct kc_rounds_worker *w)
{
    int32_t near[KC_LA_TILE];
    for (size_t q = 0; q < r->nqueries; q++) {
        const uint32_t id = r->query[q].id;
        const struct kc_cell *c = &r->cell[id];
        struct kc_near *list = w->near + q * KC_LIST;
        const float *p = w->out + q * KC_LA_TILE;
        const int full = w->listed[q] == KC_LIST;
        if (!find_near(r, t, c, full ? (double)list[KC_LIST - 1].least : INFINITY, p, near))
            continue;
        for (size_t i = 0; i < t->n; i++) {
            const uint32_t other = r->active[t->first + i];
            if (near[i] && other != id)
                kc_rounds_offer(list, &w->listed[q],
                                (struct kc_near){other, kc_rounds_below(kc_rounds_least(r, c, &r->cell[other], p[i]))});
        }
    }
}

/* Measure the clusters of a tile that may be the nearest of a query. */
static void measure_tile(const struct kc_rounds *r, const struct tile *t, struct kc_rounds_worker *w)
{
    int32_t near[KC_LA_TILE];
    for (size_t q = 0; q < r->nqueries; q++) {
        const uint32_t id = r->query[q].id;
        if (!find_near(r, t, &r->cell[id], r->query[q].need, w->out + q * KC_LA_TILE, near))
            continue;
        for (size_t i = 0; i < t->n; i++) {
            const uint32_t other = r->active[t->first + i];
            if (!near[i] || other == id)
                continue;
            const double v = kc_rounds_measure(r, id, other, w->wide);
            w->exact++;
            if (v < w->nearest[q] ||
                (v <= w->nearest[q] && (w->to[q] == KC_NONE || r->cell[other].low < r->cell[w->to[q]].low))) {
                w->nearest[q] = v;
                w->to[q] = other;
            }
        }
    }
}

/* Multiply a tile of clusters with the queries. */
static void search_tile(void *arg, size_t at, unsigned worker)
{
    const struct kc_rounds *r = arg;
    struct kc_rounds_worker *w = &r->worker[worker];
    struct tile t;
    fill_tile(r, at, &t);
    kc_la_product(t.row, t.n, r->p->d, r->query_rows, r->nqueries, w->out, KC_LA_TILE, w->scratch);
    if (r->second)
        measure_tile(r, &t, w);
    else
        offer_tile(r, &t, w);
}

/* Multiply the queries with all clusters. */
static void search_queries(struct kc_rounds *r)
{
    const unsigned threads = kc_pool_threads(r->ctx->pool);
    const size_t d = r->p->d;
    for (unsigned i = 0; i < threads; i++) {
        struct kc_rounds_worker *w = &r->worker[i];
        memset(w->listed, 0, r->nqueries * sizeof *w->listed);
        for (size_t q = 0; q < r->nqueries; q++) {
            w->nearest[q] = INFINITY;
            w->to[q] = KC_NONE;
        }
    }
    for (size_t q = 0; q < r->nqueries; q++)
        memcpy(r->query_rows + q * d, kc_rounds_mean(r, r->query[q].id), d * sizeof(float));
    kc_pool_for(r->ctx->pool, kc_la_tiles(r->nactive), search_tile, r);
    r->report->products += (uint64_t)r->nqueries * r->nactive;
}

/* Find the nearest of a query by the lists of all threads. Return 1 if they prove it; else set what it is at most. */
static int conclude_query(struct kc_rounds *r, size_t q)
{
    const unsigned threads = kc_pool_threads(r->ctx->pool);
    const uint32_t id = r->query[q].id;
    struct kc_cell *c = &r->cell[id];
    struct kc_near *list = r->near + (size_t)id * KC_LIST;
    c->listed = 0;
    for (unsigned i = 0; i < threads; i++)
        for (unsigned j = 0; j < r->worker[i].listed[q]; j++)
            kc_rounds_offer(list, &c->listed, r->worker[i].near[q * KC_LIST + j]);
    c->bound = c->listed < KC_LIST || r->nactive == KC_LIST + 1 ? INFINITY : (double)list[KC_LIST - 1].least;
    c->nearest = INFINITY;
    c->to = KC_NONE;
    for (unsigned j = 0; j < c->listed && !((double)list[j].least > c->nearest); j++) {
        const uint32_t other = list[j].id;
        const double v = kc_rounds_measure(r, id, other, r->worker[0].wide);
        r->worker[0].exact++;
        if (v < c->nearest || (v <= c->nearest && r->cell[other].low < r->cell[c->to].low)) {
            c->nearest = v;
            c->to = other;
        }
    }
    c->known = KC_KNOWN;
    r->query[q].need = c->nearest;
    return c->nearest < c->bound;
}

/* Take the nearest of each query that the second pass has found. */
static void take_nearest(struct kc_rounds *r)
{
    for (size_t q = 0; q < r->nqueries; q++) {
        struct kc_cell *c = &r->cell[r->query[q].id];
        for (unsigned i = 0; i < kc_pool_threads(r->ctx->pool); i++) {
            const uint32_t to = r->worker[i].to[q];
            const double v = r->worker[i].nearest[q];
            if (to != KC_NONE && (v < c->nearest || (v <= c->nearest && r->cell[to].low < r->cell[c->to].low))) {
                c->nearest = v;
                c->to = to;
            }
        }
    }
}

void kc_rounds_search(struct kc_rounds *r)
{
    for (size_t from = 0; from < r->ntodo; from += KC_QUERIES) {
        const size_t n = r->ntodo - from < KC_QUERIES ? r->ntodo - from : KC_QUERIES;
        size_t unsure = 0;
        for (size_t q = 0; q < n; q++)
            r->query[q] = (struct kc_query){r->todo[from + q], INFINITY};
        r->nqueries = n;
        search_queries(r);
        for (size_t q = 0; q < n; q++)
            if (!conclude_query(r, q))
                r->query[unsure++] = r->query[q];
        r->nqueries = unsure;
        r->report->again += unsure;
        if (unsure > 0) {
            r->second = 1;
            search_queries(r);
            take_nearest(r);
            r->second = 0;
        }
    }
}
