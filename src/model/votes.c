/* The search is one pass over the model's rows: a block of them is widened to float32, multiplied with tiles of the new
 * rows, and what beats the worst of a row's list is put into it. So the rows stay as small in memory as in the file. A
 * block is widened once for all rows of a piece: that costs what four to eight columns of a product cost. */
#include "model/votes.h"

#include <math.h>
#include "core/graph/offer.h"

#define BLOCK_ROWS ((size_t)256)
#define BLOCK_FLOATS ((size_t)1 << 18) /* 1 MB, which stays in the L2 cache */
#define LEAST_ROWS ((size_t)16)

/* The scratch of a search. */
struct search {
    const struct kc_model *m;
    float *block;   /* (rows of a block, d) */
    float *out;     /* (rows of a block, KC_LA_TILE) */
    char *scratch;  /* KC_LA_SCRATCH */
    float *worst;   /* (tiles, KC_LA_TILE) what the next neighbour of each new row must reach */
    struct kc_neighbours near;
};

static size_t get_block(const struct kc_model *m)
{
    const size_t fit = BLOCK_FLOATS / m->d, most = fit > BLOCK_ROWS ? BLOCK_ROWS : fit < LEAST_ROWS ? LEAST_ROWS : fit;
    return most < m->rows.n ? most : m->rows.n;
}

static uint32_t get_neighbours(const struct kc_model *m)
{
    return m->rows.n < KC_MODEL_NEIGHBOURS ? (uint32_t)m->rows.n : (uint32_t)KC_MODEL_NEIGHBOURS;
}

/* Return where the next array begins, after one of count * size bytes at *at, which moves on. */
static size_t take_room(size_t *at, size_t count, size_t size)
{
    const size_t here = *at;
    const size_t bytes = kc_mem_add(kc_mem_mul(count, size), 63);
    *at = kc_mem_add(here, bytes == SIZE_MAX ? bytes : bytes & ~(size_t)63);
    return here;
}

/* Lay the arrays of s out in work, unless s is NULL. Return the bytes that they take. */
static size_t lay_out(const struct kc_model *m, size_t n, char *work, struct search *s)
{
    const size_t block = get_block(m), lists = kc_mem_mul(n, get_neighbours(m));
    size_t end = 0;
    const size_t rows = take_room(&end, kc_mem_mul(block, m->d), sizeof(float));
    const size_t out = take_room(&end, kc_mem_mul(block, KC_LA_TILE), sizeof(float));
    const size_t scratch = take_room(&end, KC_LA_SCRATCH, 1);
    const size_t worst = take_room(&end, kc_mem_mul(kc_la_tiles(n), KC_LA_TILE), sizeof(float));
    const size_t count = take_room(&end, n, sizeof(uint32_t));
    const size_t id = take_room(&end, lists, sizeof(uint32_t));
    const size_t similarity = take_room(&end, lists, sizeof(float));
    if (s)
        *s = (struct search){m, (float *)(void *)(work + rows), (float *)(void *)(work + out), work + scratch,
                             (float *)(void *)(work + worst),
                             {n, get_neighbours(m), (uint32_t *)(void *)(work + count), (uint32_t *)(void *)(work + id),
                              (float *)(void *)(work + similarity)}};
    return end;
}

size_t kc_votes_work(const struct kc_model *m, size_t n)
{
    return lay_out(m, n, NULL, NULL);
}

/* Offer the rows of the block from `first` on to the lists of a tile of new rows. */
static void search_tile(struct search *s, const float *const *row, size_t from, size_t rows, size_t first, size_t cols)
{
    float *worst = s->worst + from;
    const size_t full = kc_neighbours_lanes(rows);
    kc_la_product(row + from, rows, s->m->d, s->block, cols, s->out, KC_LA_TILE, s->scratch);
    for (size_t j = 0; j < cols; j++) {
        const float *p = s->out + j * KC_LA_TILE;
        if (!kc_neighbours_any_reaches(p, worst, full))
            continue;
        for (size_t r = 0; r < rows; r++)
            if (p[r] >= worst[r])
                kc_neighbours_offer(&s->near, (uint32_t)(from + r), (uint32_t)(first + j), p[r], &worst[r]);
    }
}

/* Fill the lists of the n new rows. */
static void find_neighbours(struct search *s, const float *const *row, size_t n)
{
    const size_t block = get_block(s->m), all = kc_la_tiles(n) * KC_LA_TILE;
    memset(s->near.count, 0, n * sizeof *s->near.count);
    for (size_t i = 0; i < all; i++)
        s->worst[i] = i < n ? -INFINITY : INFINITY;
    for (size_t first = 0; first < s->m->rows.n; first += block) {
        const size_t cols = s->m->rows.n - first < block ? s->m->rows.n - first : block;
        kc_model_widen_rows(s->m, first, cols, s->block);
        for (size_t from = 0; from < n; from += KC_LA_TILE)
            search_tile(s, row, from, n - from < KC_LA_TILE ? n - from : KC_LA_TILE, first, cols);
    }
}

void kc_votes_list(const struct kc_model *m, const float *const *row, size_t n, struct kc_neighbours *out, void *work)
{
    struct search s;
    (void)lay_out(m, n, work, &s);
    find_neighbours(&s, row, n);
    *out = s.near;
}

/* A label and what speaks for it. */
struct candidate {
    uint32_t label, votes;
    double sum; /* of similarities */
};

static int is_before(const struct candidate *a, const struct candidate *b)
{
    if (a->votes != b->votes)
        return a->votes > b->votes;
    return a->sum > b->sum || (a->sum >= b->sum && a->label < b->label); /* KC_NOISE is above all clusters */
}

/* Count the votes for new row i into c, the most votes first. Return how many labels got votes. */
static size_t count_votes(const struct search *s, size_t i, struct candidate c[KC_MODEL_NEIGHBOURS])
{
    const uint32_t *id = s->near.id + i * s->near.m;
    const float *similarity = s->near.similarity + i * s->near.m;
    size_t n = 0;
    for (uint32_t j = 0; j < s->near.count[i]; j++) {
        const uint32_t label = s->m->rows.label[id[j]];
        size_t at = 0;
        while (at < n && c[at].label != label)
            at++;
        if (at == n)
            c[n++] = (struct candidate){label, 0, 0};
        c[at].votes++;
        c[at].sum += (double)similarity[j];
    }
    for (size_t a = 1; a < n; a++) {
        const struct candidate moved = c[a];
        size_t b = a;
        for (; b > 0 && is_before(&moved, &c[b - 1]); b--)
            c[b] = c[b - 1];
        c[b] = moved;
    }
    return n;
}

void kc_votes_run(const struct kc_model *m, const float *const *row, size_t n, struct kc_vote *out, size_t ntop,
                  uint32_t *top, float *share, void *work)
{
    struct candidate c[KC_MODEL_NEIGHBOURS] = {{KC_NOISE, 0, 0}};
    struct search s;
    (void)lay_out(m, n, work, &s);
    find_neighbours(&s, row, n);
    for (size_t i = 0; i < n; i++) {
        const size_t labels = count_votes(&s, i, c);
        const double all = s.near.count[i];
        out[i] = (struct kc_vote){c[0].label, c[0].label == KC_NOISE ? 0 : (float)(c[0].votes / all)};
        if (!top)
            continue;
        size_t place = 0;
        for (size_t j = 0; j < labels && place < ntop; j++)
            if (c[j].label != KC_NOISE) {
                top[i * ntop + place] = c[j].label;
                share[i * ntop + place++] = (float)(c[j].votes / all);
            }
        for (; place < ntop; place++) {
            top[i * ntop + place] = KC_NONE;
            share[i * ntop + place] = NAN;
        }
    }
}
