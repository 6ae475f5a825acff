/* Rows in parts (parts.h): cut, cluster each part with the algorithm, link and join the clusters as stories, split
 * them at gaps, then order the ids and compute the figures of the whole. Parts of at most FEW rows run side by
 * side, each with a pool of one thread; larger ones one after the other with all threads. Nothing depends on which
 * worker gets which part. */
#include "core/parts/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "core/cluster/members.h"
#include "core/cluster/order.h"
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/judge/index.h"
#include "core/parts/stories.h"
#include "par/pool.h"

#define FEW 2048 /* most rows of parts that run side by side, in memory */

/* A clustering in parts under way. */
struct parting {
    const struct kc_ctx *ctx;
    struct kc_rows rows;
    const struct kc_parts_opts *o;
    struct kc_parts *p;
    struct kc_clustering *f;
    struct kc_err *e;
    double *weights, one;   /* (n) from kc_weights_make */
    uint32_t *small;        /* parts that run side by side */
    size_t nsmall;
    struct kc_ctx *alone;   /* (threads) contexts with a pool of one thread */
    struct worker_report *reports;   /* (threads) */
};

/* The message of the first part that has one, and how many parts have one. */
struct messages {
    size_t parts, first;
    char text[512];
};

enum { LIMITS /* that were not kept */, WARNINGS, MESSAGES };

/* What a worker has to report. */
struct worker_report {
    struct kc_err error;
    struct messages messages[MESSAGES];
};

/* Count `parts` more parts that have a message; keep `text`, of `part`, if it is the first of them. */
static void keep_message(struct messages *to, size_t part, size_t parts, const char *text, size_t n)
{
    if (to->parts == 0 || part < to->first) {
        to->first = part;
        snprintf(to->text, sizeof to->text, "%.*s", n < sizeof to->text ? (int)n : (int)sizeof to->text - 1, text);
    }
    to->parts += parts;
}

/* A row's place among the parts. */
struct place {
    uint32_t group, row;
    int64_t window;
};

static int by_place(const void *a, const void *b)
{
    const struct place *p = a, *q = b;
    if (p->group != q->group)
        return p->group < q->group ? -1 : 1;
    if (p->window != q->window)
        return p->window < q->window ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static uint64_t get_least_rows(const struct kc_parts_opts *o)
{
    return o->min_rows ? o->min_rows : o->algorithm->least_rows(o->opts);
}

int kc_parts_cut(size_t n, const struct kc_parts_opts *o, struct kc_parts *p, struct kc_err *e)
{
    const uint64_t min_rows = get_least_rows(o);
    size_t cap = 0;
    struct place *place = NULL;
    int rc = -1;
    *p = (struct kc_parts){0};
    if (n >= UINT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows, expected fewer than 4,294,967,295", n);
    place = kc_mem_alloc(n, sizeof *place, e);
    p->row = kc_mem_alloc(n, sizeof *p->row, e);
    if (!place || !p->row)
        goto out;
    for (size_t i = 0; i < n; i++) {
        int64_t t = o->time && o->window > 0 ? o->time[i] : 0;
        int64_t window = o->window > 0 ? t / o->window - (t % o->window < 0) : 0;
        place[i] = (struct place){o->group ? o->group[i] : 0, (uint32_t)i, window};
    }
    qsort(place, n, sizeof *place, by_place);
    for (size_t i = 0; i < n; i++) {
        p->row[i] = place[i].row;
        if (i > 0 && place[i].group == place[i - 1].group && place[i].window == place[i - 1].window) {
            p->part[p->nparts - 1].n++;
            continue;
        }
        if (p->nparts == cap) {
            cap = cap ? 2 * cap : 16;
            struct kc_part *part = kc_mem_realloc(p->part, cap, sizeof *part, e);
            if (!part)
                goto out;
            p->part = part;
        }
        p->part[p->nparts++] = (struct kc_part){.group = place[i].group, .window = place[i].window, .first = i, .n = 1,
                                                .silhouette = NAN, .objective = NAN};
    }
    for (size_t i = 0; i < p->nparts; i++)
        p->part[i].small = p->part[i].n < min_rows;
    rc = 0;
out:
    kc_mem_free(place);
    return rc;
}

/* Label the rows of a part that is too small to cluster. */
static void label_small_part(struct parting *w, struct kc_part *part)
{
    struct kc_clustering *f = w->f;
    for (size_t i = 0; i < part->n; i++) {
        uint32_t row = w->p->row[part->first + i];
        if (w->o->window > 0)
            f->labels[row] = part->k++; /* a cluster by itself, which may continue a story */
        else
            f->labels[row] = w->o->small_none ? KC_NOISE : 0;
        f->margin[row] = f->row_silhouette[row] = NAN;
    }
    if (w->o->window == 0) {
        part->k = !w->o->small_none;
        w->p->small_groups++;
        w->p->small_rows += part->n;
    }
}

/* Cluster one part; its labels count from 0. A failure is left in t->error. */
static void fit_part(struct parting *w, size_t at, const struct kc_ctx *ctx, struct worker_report *t)
{
    struct kc_err *e = &t->error;
    struct kc_part *part = &w->p->part[at];
    const uint32_t *row = w->p->row + part->first;
    struct kc_request request = {.want_rows = 1, .part = 1, .judge = w->o->judge};
    struct kc_clustering f = {0}, *all = w->f;
    struct kc_rows rows = kc_rows_pick(&w->rows, row, part->n);
    float *x = NULL;
    double *weights = NULL;
    if (kc_weights_pick(w->o->weights, row, part->n, &weights, e) != 0)
        return;
    request.weights = weights;
    if (!w->rows.x && part->n <= FEW) { /* copy the rows: passes over them would read the file again and again */
        x = kc_mem_aligned(kc_mem_mul(part->n, rows.d), sizeof *x, e);
        if (!x)
            goto out;
        kc_rows_copy(&w->rows, row, part->n, x);
        rows = kc_rows_memory(x, part->n, rows.d);
    }
    if (kc_rows_failed(&w->rows, e) != 0 || w->o->algorithm->run(ctx, &rows, w->o->opts, &request, &f, e) != 0)
        goto out;
    part->k = f.k;
    part->silhouette = f.silhouette;
    part->objective = f.objective;
    if (f.limit_broken)
        keep_message(&t->messages[LIMITS], at, 1, f.limit_reason, strlen(f.limit_reason));
    if (f.warnings.n > 0) {
        size_t n;
        const char *warning = kc_strs_get(&f.warnings, 0, &n);
        keep_message(&t->messages[WARNINGS], at, 1, warning, n);
    }
    for (size_t i = 0; i < part->n; i++) {
        all->labels[row[i]] = f.labels[i];
        all->margin[row[i]] = f.margin[i];
        all->row_silhouette[row[i]] = f.row_silhouette[i];
    }
out:
    kc_clustering_free(&f);
    kc_mem_free(x);
    kc_mem_free(weights);
}

static void fit_small_part(void *arg, size_t t, unsigned worker)
{
    struct parting *w = arg;
    if (w->reports[worker].error.code == KC_OK)
        fit_part(w, w->small[t], &w->alone[worker], &w->reports[worker]);
}

/* Format the first message of all workers, with the number of parts affected. Returns 0 if there is none. */
static int format_messages(const struct parting *w, int what, char *line, size_t size)
{
    struct messages all = {0};
    for (unsigned i = 0; i < kc_pool_threads(w->ctx->pool); i++) {
        const struct messages *n = &w->reports[i].messages[what];
        if (n->parts > 0)
            keep_message(&all, n->first, n->parts, n->text, strlen(n->text));
    }
    if (all.parts > 0)
        snprintf(line, size, "in %zu of %zu parts: %.400s", all.parts, w->p->nparts, all.text);
    return all.parts > 0;
}

/* Cluster all parts: those of few rows side by side, the others one by one with all threads. */
static int fit_parts(struct parting *w)
{
    struct kc_parts *p = w->p;
    unsigned threads = kc_pool_threads(w->ctx->pool);
    const struct kc_ctx quiet = {.pool = w->ctx->pool};
    char line[600];
    int rc = -1;
    w->small = kc_mem_alloc(p->nparts, sizeof *w->small, w->e);
    w->alone = kc_mem_zalloc(threads, sizeof *w->alone, w->e);
    w->reports = kc_mem_zalloc(threads, sizeof *w->reports, w->e);
    if (!w->small || !w->alone || !w->reports)
        goto out;
    for (unsigned i = 0; i < threads; i++) {
        w->reports[i].error = (struct kc_err)KC_ERR_INIT;
        if (!(w->alone[i].pool = kc_pool_new(1, w->e)))
            goto out;
    }
    for (size_t i = 0; i < p->nparts; i++) {
        if (p->part[i].small)
            label_small_part(w, &p->part[i]);
        else if (p->part[i].n <= FEW && threads > 1)
            w->small[w->nsmall++] = (uint32_t)i;
        else if (w->reports[0].error.code == KC_OK)
            fit_part(w, i, &quiet, &w->reports[0]);
    }
    kc_pool_for(w->ctx->pool, w->nsmall, fit_small_part, w);
    for (unsigned i = 0; i < threads; i++)
        if (w->reports[i].error.code != KC_OK) {
            *w->e = w->reports[i].error;
            goto out;
        }
    w->f->limit_broken = format_messages(w, LIMITS, w->f->limit_reason, sizeof w->f->limit_reason);
    if (format_messages(w, WARNINGS, line, sizeof line) && kc_strs_add(&w->f->warnings, line, strlen(line), w->e) != 0)
        goto out;
    rc = 0;
out:
    for (unsigned i = 0; w->alone && i < threads; i++)
        kc_pool_free(w->alone[i].pool);
    kc_mem_free(w->alone);
    kc_mem_free(w->reports);
    kc_mem_free(w->small);
    return rc;
}

/* Compute the weighted sums, counts and weights of the present k clusters; all have room for one more, that of the
 * noise. */
static int sum_clusters(struct parting *w, uint32_t k, double *sums, uint64_t *counts, double *mass)
{
    const struct kc_space space = {.ctx = w->ctx, .rows = w->rows, .n = w->rows.n, .d = w->rows.d, .w = w->weights};
    uint32_t *labels = kc_mem_alloc(w->rows.n, sizeof *labels, w->e);
    int rc = -1;
    if (labels) {
        for (size_t i = 0; i < w->rows.n; i++)
            labels[i] = w->f->labels[i] < k ? w->f->labels[i] : k;
        rc = kc_sums(&space, labels, k + 1, sums, counts, w->e) != 0 ? -1 :
             kc_weights_sum(&space, labels, k + 1, mass, w->e);
    }
    kc_mem_free(labels);
    return rc != 0 ? -1 : kc_rows_failed(&w->rows, w->e);
}

/* Number the clusters of all parts one after the other, and make a piece of each. */
static int number_pieces(struct parting *w, struct kc_pieces *s)
{
    struct kc_parts *p = w->p;
    uint64_t k = 0;
    for (size_t i = 0; i < p->nparts; i++)
        k += p->part[i].k;
    s->k = (uint32_t)k; /* no more than rows */
    s->d = w->rows.d;
    s->piece = kc_mem_zalloc(s->k, sizeof *s->piece, w->e);
    if (!s->piece)
        return -1;
    uint32_t base = 0;
    for (size_t i = 0; i < p->nparts; base += p->part[i++].k) {
        const struct kc_part *part = &p->part[i];
        for (uint32_t c = 0; c < part->k; c++)
            s->piece[base + c] = (struct kc_piece){(uint32_t)i, part->group, base + c, 0, INT64_MAX, INT64_MIN};
        for (size_t r = 0; r < part->n; r++) {
            uint32_t row = p->row[part->first + r];
            if (w->f->labels[row] == KC_NOISE)
                continue;
            struct kc_piece *piece = &s->piece[w->f->labels[row] += base];
            int64_t t = w->o->time ? w->o->time[row] : 0;
            piece->size++;
            piece->first = t < piece->first ? t : piece->first;
            piece->last = t > piece->last ? t : piece->last;
        }
    }
    return 0;
}

/* Replace the labels, which are pieces, by the pieces that stand for their stories. */
static void apply_stories(struct kc_clustering *f, const struct kc_pieces *s)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->labels[i] != KC_NOISE)
            f->labels[i] = s->piece[f->labels[i]].story;
}

/* Link and join the pieces into stories, and label the rows by these. */
static int make_stories(struct parting *w, struct kc_pieces *s)
{
    const struct kc_parts_opts *o = w->o;
    const int link = o->window > 0, join = !isnan(o->merge);
    struct kc_clustering *f = w->f;
    uint64_t *counts = kc_mem_alloc((size_t)s->k + 1, sizeof *counts, w->e);
    double *mass = kc_mem_alloc((size_t)s->k + 1, sizeof *mass, w->e);
    int rc = -1;
    s->sums = kc_mem_aligned(link || join ? kc_mem_mul((size_t)s->k + 1, s->d) : 1, sizeof *s->sums, w->e);
    if (!counts || !mass || !s->sums || ((link || join) && sum_clusters(w, s->k, s->sums, counts, mass) != 0))
        goto out;
    /* Likeness is judged by mean similarities of pairs of rows: for that, weights are scaled to mean 1 in each
     * cluster. */
    for (uint32_t c = 0; link && w->weights && c < s->k; c++)
        for (size_t t = 0; t < s->d; t++)
            s->sums[c * s->d + t] *= (double)counts[c] / mass[c];
    if (link && kc_stories_link(s, w->p, o, &w->p->linked, w->e) != 0)
        goto out;
    if (s->forgotten) {
        char line[200];
        int n = snprintf(line, sizeof line, "more than %zu clusters of earlier windows could be continued at once: "
                         "only the latest were compared; a longer --time-window or a shorter --max-gap has fewer",
                         2 * KC_STORIES_OPEN);
        if (kc_strs_add(&f->warnings, line, (size_t)n, w->e) != 0)
            goto out;
    }
    if (link && join && w->weights) {
        apply_stories(f, s);
        if (sum_clusters(w, s->k, s->sums, counts, mass) != 0)
            goto out;
    }
    if (join && kc_stories_join(s, o, &w->p->joined, w->e) != 0)
        goto out;
    apply_stories(f, s);
    rc = 0;
out:
    kc_mem_free(mass);
    kc_mem_free(counts);
    kc_mem_free(s->sums);
    s->sums = NULL;
    return rc;
}

/* Split clusters that pause for too long. *k: above the highest label, before and after. */
static int split_gaps(struct parting *w, uint32_t *k)
{
    struct kc_clustering *f = w->f;
    struct kc_members m = {0};
    const int64_t *time = w->o->time;
    int rc = -1;
    if (!time || w->o->max_gap < 0)
        return 0;
    if (kc_members_make(&m, f->labels, f->n, *k, w->e) != 0 || kc_members_sort(&m, time, w->e) != 0)
        goto out;
    for (uint32_t c = 0; c < m.k; c++) {
        uint32_t label = c;
        for (size_t i = m.first[c]; i < m.first[c + 1]; i++) {
            if (i > m.first[c] && time[m.row[i]] - time[m.row[i - 1]] > w->o->max_gap) {
                label = (*k)++;
                w->p->gaps++;
            }
            f->labels[m.row[i]] = label;
        }
    }
    rc = 0;
out:
    kc_members_free(&m);
    return rc;
}

/* Renumber the clusters by falling size, ties by the earliest member, and find the group of each. k: above the highest
 * label. */
static int order_clusters(struct parting *w, uint32_t k)
{
    struct kc_clustering *f = w->f;
    struct kc_cluster_rank *r = kc_mem_alloc(k, sizeof *r, w->e);
    uint32_t *to = kc_mem_alloc(k, sizeof *to, w->e);
    int rc = -1;
    if (!r || !to)
        goto out;
    k = kc_order_labels(f->labels, f->n, k, r);
    f->k = k;
    w->p->group = kc_mem_alloc(k, sizeof *w->p->group, w->e);
    f->clusters = kc_mem_zalloc(k, sizeof *f->clusters, w->e);
    if (!w->p->group || !f->clusters)
        goto out;
    for (uint32_t c = 0; c < k; c++) {
        to[r[c].label] = c;
        w->p->group[c] = w->o->group ? w->o->group[r[c].first] : 0;
        f->clusters[c] = (struct kc_cluster){r[c].size, 0, NAN, UINT64_MAX};
    }
    for (size_t i = 0; i < f->n; i++) {
        uint32_t *label = &f->labels[i];
        if (*label == KC_NOISE)
            continue;
        *label = to[*label];
        if (w->o->group && w->p->group[*label] != w->o->group[i])
            w->p->group[*label] = KC_NONE;
    }
    rc = 0;
out:
    kc_mem_free(to);
    kc_mem_free(r);
    return rc;
}

/* Compute the centroids, and the rows' similarities to them. */
static int compute_centroids(struct parting *w, const double *sums)
{
    struct kc_clustering *f = w->f;
    uint32_t *own = kc_mem_alloc(f->n, sizeof *own, w->e);
    if (!own)
        return -1;
    for (size_t i = 0; i < f->n; i++)
        own[i] = f->labels[i] == KC_NOISE ? 0 : f->labels[i];
    int rc = kc_order_centre(&w->rows, f->labels, sums, f->k, f->centroids, w->e) != 0 ? -1 :
             kc_assign_own(w->ctx, &w->rows, f->centroids, f->k, own, f->similarity, w->e);
    kc_mem_free(own);
    return rc != 0 ? -1 : kc_rows_failed(&w->rows, w->e);
}

/* Compute the figures of the whole. */
static int compute_figures(struct parting *w)
{
    struct kc_clustering *f = w->f;
    uint64_t *counts = kc_mem_alloc((size_t)f->k + 1, sizeof *counts, w->e);
    double *sums = kc_mem_aligned(kc_mem_mul((size_t)f->k + 1, f->d), sizeof *sums, w->e);
    double *mass = kc_mem_alloc((size_t)f->k + 1, sizeof *mass, w->e);
    double *silhouette = kc_mem_zalloc(f->k, sizeof *silhouette, w->e);
    double *known = kc_mem_zalloc(f->k, sizeof *known, w->e), all = 0; /* weights of rows with a silhouette */
    double total = 0;
    int rc = -1;
    f->centroids = kc_mem_alloc(kc_mem_mul(f->k, f->d), sizeof *f->centroids, w->e);
    if (!counts || !sums || !mass || !silhouette || !known || !f->centroids)
        goto out;
    if (f->k > 0 && (sum_clusters(w, f->k, sums, counts, mass) != 0 || compute_centroids(w, sums) != 0))
        goto out;
    for (size_t i = 0; i < f->n; i++) {
        uint32_t c = f->labels[i];
        if (c == KC_NOISE) {
            f->similarity[i] = NAN;
            continue;
        }
        struct kc_cluster *cl = &f->clusters[c];
        if (cl->representative == UINT64_MAX || f->similarity[i] > f->similarity[cl->representative])
            cl->representative = i;
        if (!isnan(f->row_silhouette[i])) {
            const double weight = w->weights ? w->weights[i] : 1;
            silhouette[c] += weight * (double)f->row_silhouette[i];
            known[c] += weight;
        }
    }
    for (uint32_t c = 0; c < f->k; c++) {
        const double *v = sums + (size_t)c * f->d;
        double ss = kc_la_dotd(v, v, f->d), n = mass[c];
        f->clusters[c].cohesion = sqrt(ss) / n;
        f->objective += sqrt(ss) / w->one;
        f->inertia += (n - ss / n) / w->one;
        f->clusters[c].silhouette = known[c] > 0 ? silhouette[c] / known[c] : NAN;
        total += silhouette[c];
        all += known[c];
    }
    f->silhouette = all > 0 ? total / all : NAN;
    rc = 0;
out:
    kc_mem_free(known);
    kc_mem_free(silhouette);
    kc_mem_free(mass);
    kc_mem_free(sums);
    kc_mem_free(counts);
    return rc;
}

int kc_parts_fit(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_parts_opts *o,
                 struct kc_parts *p, struct kc_clustering *out, struct kc_err *e)
{
    struct parting w = {.ctx = ctx, .rows = *rows, .o = o, .p = p, .f = out, .e = e};
    struct kc_pieces s = {0};
    int rc = -1;
    *out = (struct kc_clustering){.n = rows->n, .d = rows->d, .algorithm = o->algorithm, .path = "parts",
                                  .silhouette = NAN, .calinski_harabasz = NAN, .davies_bouldin = NAN};
    if (kc_weights_make(o->weights, rows->n, &w.weights, &w.one, e) != 0)
        return -1;
    out->labels = kc_mem_alloc(rows->n, sizeof *out->labels, e);
    out->similarity = kc_mem_alloc(rows->n, sizeof *out->similarity, e);
    out->margin = kc_mem_alloc(rows->n, sizeof *out->margin, e);
    out->row_silhouette = kc_mem_alloc(rows->n, sizeof *out->row_silhouette, e);
    if (!out->labels || !out->similarity || !out->margin || !out->row_silhouette || fit_parts(&w) != 0 ||
        number_pieces(&w, &s) != 0 || make_stories(&w, &s) != 0)
        goto out;
    uint32_t k = s.k;
    snprintf(out->path_why, sizeof out->path_why, "%zu parts, %u clusters in them", p->nparts, k);
    if (split_gaps(&w, &k) == 0 && order_clusters(&w, k) == 0 && compute_figures(&w) == 0)
        rc = 0;
out:
    kc_mem_free(s.piece);
    kc_mem_free(w.weights);
    return rc;
}

void kc_parts_free(struct kc_parts *p)
{
    kc_mem_free(p->part);
    kc_mem_free(p->row);
    kc_mem_free(p->group);
    *p = (struct kc_parts){0};
}

/* Return the bytes for clustering parts: the small ones (of at most `few` rows) that run side by side, or the
 * largest. */
static uint64_t count_fit_bytes(size_t few, size_t most, size_t d, int in_memory, const struct kc_parts_opts *o,
                                unsigned threads)
{
    const struct kc_request request = {.weights = o->weights, .want_rows = 1, .part = 1, .judge = o->judge};
    uint64_t side = threads * o->algorithm->bytes(few, d, 1, o->opts, &request, 1);
    side += in_memory ? 0 : (uint64_t)threads * few * d * sizeof(float);
    uint64_t one = o->algorithm->bytes(most, d, in_memory, o->opts, &request, threads);
    return side > one ? side : one;
}

uint64_t kc_parts_bytes(size_t n, size_t d, int in_memory, const struct kc_parts_opts *o, const struct kc_parts *p,
                        unsigned threads)
{
    const size_t weights = o->weights ? 2 * sizeof(double) : 0; /* of all, and picked by part */
    const struct kc_part all = {.n = n};
    size_t nparts = p ? p->nparts : 1, few = 0, most = 0;
    uint64_t pieces = 0;
    for (size_t i = 0; i < nparts; i++) {
        const struct kc_part *part = p ? &p->part[i] : &all;
        if (part->small) {
            pieces += o->window > 0 ? part->n : 1;
            continue;
        }
        pieces += o->algorithm->most_clusters(o->opts, part->n);
        few = part->n <= FEW && part->n > few ? part->n : few;
        most = part->n > most ? part->n : most;
    }
    if (!p)
        few = n < FEW ? n : FEW;
    uint64_t groups = p && p->nparts > 0 ? (uint64_t)p->part[p->nparts - 1].group + 1 : o->group ? n : 1;
    uint64_t join = isnan(o->merge) ? 0 : kc_stories_join_bytes(pieces, groups, d);
    uint64_t fit = count_fit_bytes(few, most, d, in_memory, o, threads); /* is over when stories are compared */
    uint64_t link = isnan(o->link) ? pieces * 2 * sizeof(double) : kc_stories_compare_bytes(pieces, d);
    join = join > link ? join : link;
    return (fit > join ? fit : join) +
           (uint64_t)n * (sizeof(struct place) + 8 * sizeof(uint32_t) + weights) +
           pieces * ((uint64_t)d * 2 * sizeof(double) + sizeof(struct kc_piece)) + /* sums of clusters, stories */
           kc_sums_bytes(n, d, 1, (size_t)(pieces < n ? pieces : n) + 1);
}
