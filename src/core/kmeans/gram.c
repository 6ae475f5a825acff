/* k-means in Gram space, for small n. Once there is the Gram matrix G = X X', the similarity of every row to a
 * cluster's sum is a sum of rows of G, T[c] = sum over i in c of G[i], and |S_c|^2 is the sum of T[c] over c's
 * members: no iteration touches X. A row that moves costs 2 n additions; a run is about 3 n^2 of them (one n^2 to
 * build T, the rest moves), 8 a cycle from L2, against n k d fused multiply-adds for each iteration of Lloyd's
 * algorithm. Runs are independent, one a task. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/cluster/space.h"
#include "core/kmeans/runs.h"
#include "la/product.h"
#include "par/pool.h"

#define CHUNK 192  /* rows of G that a task computes */
#define MIRROR 64  /* rows of G that a task mirrors */
#define CHAIN 5    /* runs of neighbouring k that share their start */
#define PIECE 256  /* columns of T at a time */
#define AHEAD 3    /* rows to prefetch by */
#define ROUNDS 50  /* most rounds of single-row moves; few runs need more than 5 */
#define FADED 16   /* if so many times a cluster's present weight has left it, its sums are mostly rounding */

size_t kc_gram_ld(size_t n)
{
    return (n + 15) / 16 * 16; /* a product writes whole vectors of rows */
}

struct gram_build {
    const struct kc_space *s;
    float *g;
    char *scratch; /* (threads, KC_LA_SCRATCH) */
};

/* Compute CHUNK rows of G from the diagonal on: G is symmetric to the last bit, as each product is the same in
 * either order of its two rows. The longest tasks come first. */
static void build_gram_rows(void *arg, size_t task, unsigned worker)
{
    struct gram_build *b = arg;
    const struct kc_space *s = b->s;
    size_t j0 = task * CHUNK, cols = s->n - j0 < CHUNK ? s->n - j0 : CHUNK, ld = kc_gram_ld(s->n);
    const float *row[KC_LA_TILE];
    for (size_t i = j0; i < s->n; i += KC_LA_TILE) { /* CHUNK is a multiple of the tile */
        size_t rows = s->n - i < KC_LA_TILE ? s->n - i : KC_LA_TILE;
        kc_rows_get(&s->rows, i, rows, NULL, row);
        kc_la_product(row, rows, s->d, s->rows.x + j0 * s->d, cols, b->g + j0 * ld + i, ld,
                      b->scratch + worker * KC_LA_SCRATCH);
    }
}

static void mirror_gram_rows(void *arg, size_t t, unsigned worker)
{
    struct gram_build *b = arg;
    size_t n = b->s->n, ld = kc_gram_ld(n), i0 = t * MIRROR, i1 = i0 + MIRROR < n ? i0 + MIRROR : n;
    (void)worker;
    for (size_t j0 = 0; j0 < i1; j0 += MIRROR)
        for (size_t i = i0; i < i1; i++)
            for (size_t j = j0; j < j0 + MIRROR && j < i; j++)
                b->g[i * ld + j] = b->g[j * ld + i];
}

int kc_gram_build(const struct kc_space *s, float *g, struct kc_err *e)
{
    struct gram_build b = {s, g, NULL};
    b.scratch = kc_mem_aligned(kc_pool_threads(s->ctx->pool), KC_LA_SCRATCH, e);
    if (!b.scratch)
        return -1;
    kc_pool_for(s->ctx->pool, (s->n + CHUNK - 1) / CHUNK, build_gram_rows, &b);
    kc_pool_for(s->ctx->pool, (s->n + MIRROR - 1) / MIRROR, mirror_gram_rows, &b);
    kc_mem_free(b.scratch);
    for (size_t j = 0; s->work && j < s->n; j += CHUNK)
        s->work->flops += 2 * (uint64_t)(s->n - j) * (s->n - j < CHUNK ? s->n - j : CHUNK) * s->d;
    return 0;
}

/* What one worker has for its run. */
struct gram_worker {
    float *t;       /* (kmax, ldg) */
    float *own;     /* (ldg) similarity to the best centroid */
    uint32_t *lab;  /* (ldg) */
    uint32_t *next; /* (ldg) */
    double *nn;     /* (kmax) |S_c|^2 */
    double *dots;   /* (kmax) */
    uint64_t *cnt;  /* (kmax) */
    double *mass;   /* (kmax) weight of the rows */
    double *left;   /* (kmax) weight of the rows that were taken off T since it was built */
    uint64_t flops, dense_flops; /* see struct kc_work: here each addition to T is one */
    /* The partition by the nearest seed, kept for the next k of the same restart, which has the same seeds and some
     * more. */
    float *start_t;      /* (kmax, ldg) */
    float *start_own;    /* (ldg) */
    uint32_t *start_lab; /* (ldg) */
    double *start_left;  /* (kmax) */
};

struct gram_job {
    const struct kc_space *s;
    const struct kc_run *runs;
    const struct kc_run_opts *o;
    struct kc_best *best;
    size_t nbest;
    struct gram_worker *work; /* (threads) */
    pthread_mutex_t lock;
};

/* Set own and next to the maximum and the arg-max over c of score[c][i] * scale[c]; the lowest c of equals. */
static void find_nearest(const struct kc_space *s, uint32_t k, const float *const *score, const float *scale,
                         float *own, uint32_t *next)
{
    for (size_t i = 0; i < s->n; i++) {
        own[i] = -INFINITY;
        next[i] = 0;
    }
    for (uint32_t c = 0; c < k; c++)
        kc_la_arg_max(score[c], scale[c], c, own, next, s->n);
}

/* Move row i to another cluster; T and its counts follow at once. */
static void move_row(const struct kc_space *s, struct gram_worker *w, size_t i, uint32_t from, uint32_t to)
{
    const float *g = s->gram + i * s->ldg;
    const double weight = kc_space_weight(s, i);
    kc_la_axpy(w->t + from * s->ldg, (float)-weight, g, s->ldg);
    w->cnt[from]--;
    w->mass[from] -= weight;
    w->left[from] += weight;
    kc_la_axpy(w->t + to * s->ldg, (float)weight, g, s->ldg);
    w->cnt[to]++;
    w->mass[to] += weight;
    w->flops += 2 * s->n;
    w->lab[i] = to;
}

/* Make the labels in next the present ones, and count them. */
static void count_labels(const struct kc_space *s, struct gram_worker *w, uint32_t k)
{
    memset(w->cnt, 0, k * sizeof *w->cnt);
    memset(w->mass, 0, k * sizeof *w->mass);
    for (size_t i = 0; i < s->n; i++) {
        w->cnt[w->next[i]]++;
        w->mass[w->next[i]] += kc_space_weight(s, i);
    }
    memcpy(w->lab, w->next, s->n * sizeof *w->lab);
}

/* Build T for the labels in next: a piece of its columns at a time, so that the pieces of all k stay in L1. */
static void build_sums(const struct kc_space *s, struct gram_worker *w, uint32_t k)
{
    memset(w->t, 0, (size_t)k * s->ldg * sizeof *w->t);
    for (size_t j = 0; j < s->ldg; j += PIECE) {
        size_t len = s->ldg - j < PIECE ? s->ldg - j : PIECE;
        for (size_t i = 0; i < s->n; i++) {
            const float *g = s->gram + i * s->ldg + j;
            if (i + AHEAD < s->n)
                kc_la_prefetch(g + AHEAD * s->ldg, len);
            kc_la_axpy(w->t + w->next[i] * s->ldg + j, (float)kc_space_weight(s, i), g, len);
        }
    }
    count_labels(s, w, k);
    memset(w->left, 0, k * sizeof *w->left);
    w->flops += (uint64_t)s->n * s->n;
}

/* Rebuild T for light clusters that heavy rows have left: what is left there is mostly the rounding of these. */
static void rebuild_faded_sums(const struct kc_space *s, struct gram_worker *w, uint32_t k)
{
    for (uint32_t c = 0; s->w && c < k; c++) {
        float *t = w->t + c * s->ldg;
        if (!(w->left[c] > FADED * w->mass[c]))
            continue;
        memset(t, 0, s->ldg * sizeof *t);
        w->mass[c] = w->left[c] = 0;
        for (size_t i = 0; i < s->n; i++)
            if (w->lab[i] == c) {
                kc_la_axpy(t, (float)s->w[i], s->gram + i * s->ldg, s->ldg);
                w->mass[c] += s->w[i];
            }
        w->flops += w->cnt[c] * s->n;
    }
}

/* Compute |S_c|^2 from T. */
static void compute_norms(const struct kc_space *s, struct gram_worker *w, uint32_t k)
{
    memset(w->nn, 0, k * sizeof *w->nn);
    for (size_t i = 0; i < s->n; i++)
        w->nn[w->lab[i]] += kc_space_weight(s, i) * (double)w->t[w->lab[i] * s->ldg + i];
}

/* Give each empty cluster the row that is least like its own centroid, from a cluster of at least two. */
static void reseed_empty_clusters(const struct kc_space *s, struct gram_worker *w, uint32_t k)
{
    for (uint32_t c = 0; c < k; c++) {
        size_t worst = s->n;
        if (w->cnt[c] != 0)
            continue;
        for (size_t i = 0; i < s->n; i++)
            if (w->cnt[w->lab[i]] > 1 && (worst == s->n || kc_space_worse(s, i, w->own[i], worst, w->own[worst])))
                worst = i;
        if (worst == s->n)
            return;
        move_row(s, w, worst, w->lab[worst], c);
        w->own[worst] = 1.0f;
    }
}

static double compute_objective(const struct gram_worker *w, uint32_t k)
{
    double sum = 0;
    for (uint32_t c = 0; c < k; c++)
        sum += sqrt(w->nn[c] > 0 ? w->nn[c] : 0);
    return sum;
}

/* Move single rows (Hartigan 1975): a row goes where the objective gains most, counting that its leaving changes
 * the old centroid and its coming the new one. Every fixed point of this is one of Lloyd's algorithm too, but not
 * the other way round. A round proposes moves for all rows at full vector width; each proposal is then weighed
 * against the present sums, in row order. */
static void move_single_rows(const struct kc_space *s, struct gram_worker *w, uint32_t k, double tol)
{
    for (int round = 0; round < ROUNDS; round++) {
        double gained = 0;
        for (size_t i = 0; i < s->n; i++)
            w->own[i] = -INFINITY;
        memcpy(w->next, w->lab, s->n * sizeof *w->next);
        for (uint32_t c = 0; c < k; c++) {
            float len = (float)sqrt(w->nn[c]);
            const float *t = w->t + (size_t)c * s->ldg;
            if (s->w)
                kc_la_gain_weighted(t, 1 / len, len, s->w, c, w->lab, w->own, w->next, s->n);
            else
                kc_la_gain(t, 1 / len, len, c, w->lab, w->own, w->next, s->n);
        }
        for (size_t i = 0; i < s->n; i++) {
            uint32_t a = w->lab[i], b = w->next[i];
            if (a == b || w->cnt[a] <= 1)
                continue;
            const double m = kc_space_weight(s, i);
            double less = w->nn[a] - 2 * m * (double)w->t[a * s->ldg + i] + m * m;
            double more = w->nn[b] + 2 * m * (double)w->t[b * s->ldg + i] + m * m;
            less = less > 0 ? less : 0;
            more = more > 0 ? more : 0;
            double gain = sqrt(more) - sqrt(w->nn[b]) + sqrt(less) - sqrt(w->nn[a]);
            if (!(gain > 1e-6 * m)) /* a smaller gain is rounding */
                continue;
            move_row(s, w, i, a, b);
            w->nn[a] = less;
            w->nn[b] = more;
            gained += gain;
        }
        rebuild_faded_sums(s, w, k);
        if (gained <= tol * compute_objective(w, k))
            break;
    }
    compute_norms(s, w, k);
}

/* Find the pair whose union loses least: S_a.S_b is the sum of T[b] over a's members. */
static void find_cheapest_merge(const struct kc_space *s, const struct gram_worker *w, uint32_t k, double *dots,
                                uint32_t merge[2])
{
    double least = INFINITY;
    merge[0] = 0;
    merge[1] = k > 1;
    for (uint32_t b = 1; b < k; b++) {
        memset(dots, 0, k * sizeof *dots);
        for (size_t i = 0; i < s->n; i++)
            dots[w->lab[i]] += kc_space_weight(s, i) * (double)w->t[b * s->ldg + i];
        for (uint32_t a = 0; a < b; a++) {
            double loss = kc_merge_loss(w->nn[a], w->nn[b], dots[a]);
            if (loss < least) {
                least = loss;
                merge[0] = a;
                merge[1] = b;
            }
        }
    }
}

/* Assign the rows to the nearest seeds. If there is a run before this one in the chain, continue from its
 * assignment: only the rows that a new seed draws have to move. */
static void start_from_seeds(const struct kc_space *s, struct gram_worker *w, const struct kc_run *run,
                             const struct kc_run *before)
{
    uint32_t k = run->k, have = before ? before->k : 1;
    size_t ldg = s->ldg;
    if (!before) {
        memcpy(w->start_own, s->gram + (size_t)run->seeds[0] * ldg, s->n * sizeof *w->start_own);
        memset(w->start_lab, 0, s->n * sizeof *w->start_lab);
    }
    memcpy(w->next, w->start_lab, s->n * sizeof *w->next);
    for (uint32_t c = have; c < k; c++)
        kc_la_arg_max(s->gram + (size_t)run->seeds[c] * ldg, 1.0f, c, w->start_own, w->next, s->n);
    for (uint32_t c = 0; c < k; c++)
        w->next[run->seeds[c]] = c; /* a seed that ties with another keeps its own cluster */
    if (!before) {
        build_sums(s, w, k);
        memcpy(w->start_t, w->t, (size_t)k * ldg * sizeof *w->t);
        memset(w->start_left, 0, k * sizeof *w->start_left);
    } else {
        memset(w->start_t + have * ldg, 0, (k - have) * ldg * sizeof *w->t);
        memset(w->start_left + have, 0, (k - have) * sizeof *w->start_left);
        for (size_t i = 0; i < s->n; i++)
            if (w->next[i] != w->start_lab[i]) {
                const double m = kc_space_weight(s, i);
                kc_la_axpy(w->start_t + w->start_lab[i] * ldg, (float)-m, s->gram + i * ldg, ldg);
                kc_la_axpy(w->start_t + w->next[i] * ldg, (float)m, s->gram + i * ldg, ldg);
                w->start_left[w->start_lab[i]] += m;
                w->flops += 2 * s->n;
            }
        memcpy(w->t, w->start_t, (size_t)k * ldg * sizeof *w->t);
        memcpy(w->left, w->start_left, k * sizeof *w->left);
        count_labels(s, w, k);
    }
    memcpy(w->start_lab, w->next, s->n * sizeof *w->next);
    memcpy(w->own, w->start_own, s->n * sizeof *w->own);
}

/* Execute one run and offer its partition. before: the run before it in the chain, or NULL. */
static void execute_run(struct gram_job *j, const struct kc_run *run, const struct kc_run *before, unsigned worker)
{
    const struct kc_space *s = j->s;
    struct gram_worker *w = &j->work[worker];
    uint32_t k = run->k;
    const float **score = (const float **)(w->cnt + k); /* k pointers and k scales lie after the counts */
    float *scale = (float *)(score + k);
    uint64_t iter = 0;
    double last = 0;

    if (run->seeds) {
        start_from_seeds(s, w, run, before);
    } else {
        memcpy(w->next, run->labels, s->n * sizeof *w->next);
        for (size_t i = 0; i < s->n; i++)
            w->own[i] = 1.0f;
        build_sums(s, w, k);
    }
    for (;;) {
        reseed_empty_clusters(s, w, k);
        rebuild_faded_sums(s, w, k);
        compute_norms(s, w, k);
        double obj = compute_objective(w, k);
        if (iter >= j->o->max_iter || (iter > 0 && obj - last <= j->o->tol * obj))
            break;
        last = obj;
        iter++;
        for (uint32_t c = 0; c < k; c++) {
            score[c] = w->t + (size_t)c * s->ldg;
            scale[c] = w->nn[c] > 0 ? (float)(1.0 / sqrt(w->nn[c])) : 0.0f;
        }
        find_nearest(s, k, score, scale, w->own, w->next);
        size_t moved = 0;
        for (size_t i = 0; i < s->n; i++)
            if (w->next[i] != w->lab[i]) {
                move_row(s, w, i, w->lab[i], w->next[i]);
                moved++;
            }
        if (moved == 0)
            break;
    }
    w->dense_flops += 2 * (uint64_t)s->n * s->d * k * (iter + 1);
    if (run->polish) /* a restart is one of many, and the best of its k will be improved further */
        move_single_rows(s, w, k, run->seeds ? 10 * j->o->tol : j->o->tol);
    for (size_t i = 0; i < s->n; i++) {
        double nn = w->nn[w->lab[i]];
        w->own[i] = nn > 0 ? (float)((double)w->t[w->lab[i] * s->ldg + i] / sqrt(nn)) : 0.0f;
    }
    double obj = compute_objective(w, k);
    pthread_mutex_lock(&j->lock);
    struct kc_best *kept = kc_best_offer(j->best, j->nbest, s->n, run, w->lab, w->own, obj, run->spent + iter);
    if (kept)
        find_cheapest_merge(s, w, k, w->dots, kept->merge);
    pthread_mutex_unlock(&j->lock);
}

/* The memory of all workers, cut up among them. */
struct gram_memory {
    struct gram_worker *work; /* (threads) */
    float *t, *start_t;       /* (threads, kmax, ld) */
    float *own, *start_own;   /* (threads, ld) */
    uint32_t *lab, *next, *start_lab; /* (threads, ld) */
    double *nn, *dots;        /* (threads, kmax) */
    double *mass;             /* (threads, 3, kmax) */
    uint64_t *cnt;            /* (threads, 2 kmax + kmax / 2 + 1): counts, then pointers and floats, of each cluster */
};

/* Return the words of 8 bytes that a worker's counts take: for each cluster a count, a pointer and a float. */
static size_t count_words(uint32_t kmax)
{
    return 2 * (size_t)kmax + kmax / 2 + 1;
}

static void plan_gram(struct kc_plan *p, struct gram_memory *g, size_t n, uint32_t kmax, size_t threads)
{
    const size_t ld = kc_gram_ld(n), all = kc_mem_mul(threads, ld), clusters = kc_mem_mul(threads, kmax);
    KC_PLAN(p, g->work, threads, KC_PLAN_ZEROED);
    KC_PLAN(p, g->t, kc_mem_mul(all, kmax), KC_PLAN_ALIGNED);
    KC_PLAN(p, g->start_t, kc_mem_mul(all, kmax), KC_PLAN_ALIGNED);
    KC_PLAN(p, g->own, all, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->start_own, all, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->lab, all, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->next, all, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->start_lab, all, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->nn, clusters, KC_PLAN_PLAIN);
    KC_PLAN(p, g->dots, clusters, KC_PLAN_PLAIN);
    KC_PLAN(p, g->mass, kc_mem_mul(clusters, 3), KC_PLAN_PLAIN);
    KC_PLAN(p, g->cnt, kc_mem_mul(threads, count_words(kmax)), KC_PLAN_PLAIN);
}

/* Give each worker its part of the memory. */
static void share_memory(const struct gram_memory *g, size_t ld, uint32_t kmax, unsigned threads)
{
    for (size_t i = 0; i < threads; i++) {
        struct gram_worker *w = &g->work[i];
        w->t = g->t + i * kmax * ld;
        w->start_t = g->start_t + i * kmax * ld;
        w->own = g->own + i * ld;
        w->start_own = g->start_own + i * ld;
        w->lab = g->lab + i * ld;
        w->next = g->next + i * ld;
        w->start_lab = g->start_lab + i * ld;
        w->nn = g->nn + i * kmax;
        w->dots = g->dots + i * kmax;
        w->mass = g->mass + 3 * i * kmax;
        w->left = w->mass + kmax;
        w->start_left = w->left + kmax;
        w->cnt = g->cnt + i * count_words(kmax);
    }
}

uint64_t kc_gram_bytes(size_t n, uint32_t kmax, unsigned threads)
{
    struct gram_memory g;
    struct kc_plan plan = {.n = 0};
    plan_gram(&plan, &g, n, kmax, threads);
    uint64_t matrix = (uint64_t)n * kc_gram_ld(n) * sizeof(float) + threads * KC_LA_SCRATCH;
    return matrix + kc_plan_bytes(&plan);
}

/* The runs, cut into chains: those of one restart follow each other by rising k. */
struct run_chains {
    struct gram_job *job;
    size_t *order; /* (nruns) the runs in this order */
    size_t *chain; /* (chains + 1) chain i has the runs order[chain[i]] up to order[chain[i + 1]] */
    size_t first, count; /* the chains that are executed at present */
};

static int by_restart(const void *a, const void *b, void *arg)
{
    const struct kc_run *runs = arg, *p = &runs[*(const size_t *)a], *q = &runs[*(const size_t *)b];
    if (p->seeds && q->seeds && p->tag != q->tag)
        return p->tag < q->tag ? -1 : 1;
    return p < q ? -1 : p > q;
}

/* Execute one chain of runs, each of which continues from the start of the one before. */
static void execute_chain(void *arg, size_t task, unsigned worker)
{
    struct run_chains *b = arg;
    const struct kc_run *before = NULL;
    size_t chain = b->first + b->count - 1 - task; /* the largest k, and so the longest, first */
    for (size_t i = b->chain[chain]; i < b->chain[chain + 1]; i++) {
        const struct kc_run *run = &b->job->runs[b->order[i]];
        execute_run(b->job, run, before, worker);
        before = run;
    }
}

/* Return 1 if b can continue from the start of a: it has the same list of seeds, and a larger k. */
static int share_seeds(const struct kc_run *a, const struct kc_run *b)
{
    return a->seeds && a->seeds == b->seeds && a->k < b->k;
}

int kc_gram_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                struct kc_best *best, size_t nbest, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(s->ctx->pool);
    size_t most = (size_t)threads * 8; /* chains at a time: enough that the wait at their end is short beside them */
    struct run_chains b = {.first = 0};
    size_t chains = 0;
    uint32_t kmax = 1;
    int rc = -1;
    struct gram_job j = {.s = s, .runs = runs, .o = o, .best = best, .nbest = nbest};
    for (size_t i = 0; i < nruns; i++)
        kmax = runs[i].k > kmax ? runs[i].k : kmax;
    struct gram_memory memory;
    struct kc_plan plan = {.n = 0};
    plan_gram(&plan, &memory, s->n, kmax, threads);
    if (kc_plan_alloc(&plan, e) != 0)
        return -1;
    share_memory(&memory, s->ldg, kmax, threads);
    j.work = memory.work;
    b.job = &j;
    b.order = kc_mem_alloc(nruns ? nruns : 1, sizeof *b.order, e);
    b.chain = kc_mem_alloc(nruns + 1, sizeof *b.chain, e);
    if (!b.order || !b.chain)
        goto out;
    /* Cut the runs into chains. */
    for (size_t i = 0; i < nruns; i++)
        b.order[i] = i;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the detour drops the const, which qsort_r has no place for */
    qsort_r(b.order, nruns, sizeof *b.order, by_restart, (void *)(uintptr_t)runs);
    for (size_t i = 0; i < nruns; i++)
        if (i == 0 || i - b.chain[chains - 1] == CHAIN || !share_seeds(&runs[b.order[i - 1]], &runs[b.order[i]]))
            b.chain[chains++] = i;
    b.chain[chains] = nruns;
    /* Execute the chains, and report progress now and then. */
    pthread_mutex_init(&j.lock, NULL);
    for (; b.first < chains; b.first += most) {
        b.count = chains - b.first < most ? chains - b.first : most;
        kc_pool_for(s->ctx->pool, b.count, execute_chain, &b);
        if (s->tick)
            s->tick(s->tick_arg, b.chain[b.first + b.count] - b.chain[b.first]);
    }
    pthread_mutex_destroy(&j.lock);
    rc = 0;
out:
    kc_mem_free(b.chain);
    kc_mem_free(b.order);
    for (unsigned i = 0; s->work && i < threads; i++) {
        s->work->flops += j.work[i].flops;
        s->work->dense_flops += j.work[i].dense_flops;
    }
    kc_plan_free(&plan);
    return rc;
}
