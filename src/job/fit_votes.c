/* The nearest clusters of a row where clusters are not around centroids: those of its nearest rows, by their number. So
 * does assign with a model of such a fit. */
#include <math.h>
#include "job/fit_run.h"

int kc_fit_wants_votes(const struct kc_job_fit *j)
{
    return j->out.top > 0 && !j->algorithm->centroids;
}

/* A cluster that neighbours of a row are in. */
struct candidate {
    uint32_t cluster, votes;
    double similarity; /* the sum over these neighbours */
};

/* Return 1 if a comes before b. */
static int comes_first(const struct candidate *a, const struct candidate *b)
{
    if (a->votes != b->votes)
        return a->votes > b->votes;
    if (a->similarity > b->similarity || a->similarity < b->similarity)
        return a->similarity > b->similarity;
    return a->cluster < b->cluster;
}

/* Count the votes of a row's neighbours into c. Return the number of clusters, the one with the most votes first. */
static size_t count_votes(const struct kc_neighbours *g, size_t row, uint32_t m, const uint32_t *labels,
                          struct candidate *c)
{
    const uint32_t count = g->count[row] < m ? g->count[row] : m;
    size_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t label = labels[g->id[row * g->m + i]];
        size_t at = 0;
        if (label == KC_NOISE)
            continue;
        while (at < n && c[at].cluster != label)
            at++;
        if (at == n)
            c[n++] = (struct candidate){label, 0, 0};
        c[at].votes++;
        c[at].similarity += (double)g->similarity[row * g->m + i];
    }
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && comes_first(&c[j], &c[j - 1]); j--) {
            const struct candidate other = c[j];
            c[j] = c[j - 1];
            c[j - 1] = other;
        }
    return n;
}

int kc_fit_votes_make(const struct kc_job_fit *j, struct kc_job_run *run, const struct kc_neighbours *g, uint32_t m,
                      struct kc_err *e)
{
    const size_t n = run->fit.n, top = (size_t)j->out.top;
    struct candidate *c = kc_mem_alloc(m, sizeof *c, e);
    run->top = kc_mem_alloc(kc_mem_mul(n, top), sizeof *run->top, e);
    run->top_similarity = kc_mem_alloc(kc_mem_mul(n, top), sizeof *run->top_similarity, e);
    const int rc = c && run->top && run->top_similarity ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const size_t found = count_votes(g, i, m, run->fit.labels, c);
        const double all = g->count[i] < m ? g->count[i] : m;
        for (size_t t = 0; t < top; t++) {
            run->top[i * top + t] = t < found ? c[t].cluster : KC_NONE;
            run->top_similarity[i * top + t] = t < found ? (float)(c[t].votes / all) : NAN;
        }
    }
    kc_mem_free(c);
    return rc;
}
