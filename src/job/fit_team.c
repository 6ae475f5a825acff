/* A fit on the ranks of a team. Each rank has its share of the rows, clusters them with the others, and gives the first
 * rank what follows from them by row: labels, similarities, margins. The first rank has the texts, and from there on
 * does what a fit on one machine does: it finds keywords and writes the outputs. So they have the same bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "core/algorithms.h"
#include "core/cluster/assign.h"
#include "core/cluster/members.h"
#include "core/judge/indices.h"
#include "core/kmeans/kmeans.h"
#include "job/fit_run.h"
#include "la/pieces.h"
#include "par/team.h"

/* What a fit on several ranks cannot do: whether it is asked for, and the option to name. */
struct refusal {
    int asked;
    const char *option;
};

int kc_fit_team_check(const struct kc_job_fit *j, const struct kc_team *team, struct kc_err *e)
{
    if (kc_team_size(team) == 1)
        return 0;
    const int kmeans = j->algorithm == &kc_algorithm_kmeans;
    const struct kc_kmeans_opts *o = kmeans ? j->opts : NULL;
    const unsigned fits = KC_EVIDENCE_HALVES | KC_EVIDENCE_GAP | KC_EVIDENCE_AUTO;
    const struct refusal list[] = {
        {!kmeans, "--algorithm"},
        {j->space != KC_FIT_COSINE, "--space"},
        {o && (kc_index_evidence(o->k_by) & fits), "--k-by gap, stability, prediction-strength and auto"},
        {kc_fit_in_parts(j), "--group-by, --time-window and --max-gap"},
        {j->like != NULL, "--like"},
        {j->pairs != NULL, "--pairs"},
        {j->min_purity > 0, "--min-purity"},
        {j->nlevels > 0 || j->all_levels || j->reduce_to > 0, "--levels and --reduce-to"},
        {j->resamples > 0, "--resamples"},
        {j->test_structure, "--test-structure"},
        {j->max_memory > 0, "--max-memory"},
        {j->path[KC_FIT_REPORT] != NULL || j->plot, "--report and --plot"},
        {kc_fit_wants_purity(j), "the column purity"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].asked)
            return kc_err_set(e, KC_EUSAGE, "%s cannot be had on several ranks yet: leave it out, or start kclust "
                              "without mpirun", list[i].option);
    return 0;
}

/* Give each rank the elements of its rows, of an array by row that the first one has. */
static int spread_array(const struct kc_job_run *run, const void *all, size_t size, void *mine, struct kc_err *e)
{
    struct kc_row_pieces p;
    int more = 0, rc = kc_row_pieces_begin(&p, &run->ds.rows, size, e);
    while (rc == 0 && (more = kc_row_pieces_next(&p, e)) > 0) {
        if (kc_fit_is_first_rank(run))
            memcpy(kc_row_pieces_room(&p, mine), (const char *)all + p.done * size, p.n * size);
        rc = kc_row_pieces_spread(&p, mine, e);
    }
    kc_row_pieces_free(&p);
    return rc != 0 || more < 0 ? -1 : 0;
}

int kc_fit_team_weights(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    if (!rows->share || (!j->weight_field && j->halflife <= 0))
        return 0;
    run->own_weight = kc_mem_alloc(rows->n, sizeof *run->own_weight, e);
    return run->own_weight ? spread_array(run, run->weight, sizeof *run->weight, run->own_weight, e) : -1;
}

int kc_fit_is_first_rank(const struct kc_job_run *run)
{
    return kc_team_rank(run->ctx.team) == 0;
}

/* Replace an array by row of this rank (NULL is fine) by that of all rows on the first rank, and free it on others. */
static int gather_array(const struct kc_job_run *run, void **array, size_t size, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    const size_t all = kc_fit_is_first_rank(run) ? (size_t)rows->share->all : 0;
    char *whole;
    if (!*array)
        return 0;
    whole = kc_mem_alloc(all, size, e);
    if (!whole || kc_share_gather(rows->share, *array, rows->n, size, whole, e) != 0) {
        kc_mem_free(whole);
        return -1;
    }
    kc_mem_free(*array);
    *array = whole;
    return 0;
}

/* Gather the labels as gather_array does, in as few bytes each as k needs: over a network they are most of what a fit
 * sends at its end. */
static int gather_labels(const struct kc_job_run *run, struct kc_clustering *f, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    const size_t size = f->k < UINT8_MAX ? 1 : f->k < UINT16_MAX ? 2 : 4, n = rows->n;
    const size_t all = kc_fit_is_first_rank(run) ? (size_t)rows->share->all : 0;
    if (size == 4)
        return gather_array(run, (void **)&f->labels, sizeof *f->labels, e);
    uint8_t *mine = kc_mem_alloc(n, size, e), *whole = kc_mem_alloc(all, size, e);
    uint32_t *labels = kc_mem_alloc(all, sizeof *labels, e);
    int rc = -1;
    if (!mine || !whole || !labels)
        goto out;
    for (size_t i = 0; i < n; i++) /* KC_NOISE becomes the greatest number of so many bytes */
        for (size_t b = 0; b < size; b++)
            mine[i * size + b] = (uint8_t)(f->labels[i] >> 8 * b);
    if (kc_share_gather(rows->share, mine, n, size, whole, e) != 0)
        goto out;
    for (size_t i = 0; i < all; i++) {
        const uint32_t c = size == 1 ? whole[i] : whole[2 * i] | (uint32_t)whole[2 * i + 1] << 8;
        labels[i] = c == (size == 1 ? UINT8_MAX : UINT16_MAX) ? KC_NOISE : c;
    }
    kc_mem_free(f->labels);
    f->labels = labels;
    labels = NULL;
    rc = 0;
out:
    kc_mem_free(labels);
    kc_mem_free(whole);
    kc_mem_free(mine);
    return rc;
}

/* Return 1 if the first rank needs the similarities of all rows. */
static int wants_similarities(const struct kc_job_fit *j)
{
    return j->path[KC_FIT_MODEL] || j->path[KC_FIT_CLUSTERS] || kc_fit_needs_model(j) || kc_job_fit_leaves(j) ||
           kc_out_has_column(&j->out, KC_COL_SIMILARITY);
}

/* Find the nearest clusters of this rank's rows. */
static int find_top(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const size_t top = (size_t)j->out.top, n = run->ds.rows.n;
    if (top == 0)
        return 0;
    run->top = kc_mem_alloc(kc_mem_mul(n, top), sizeof *run->top, e);
    run->top_similarity = kc_mem_alloc(kc_mem_mul(n, top), sizeof *run->top_similarity, e);
    if (!run->top || !run->top_similarity)
        return -1;
    return kc_assign_top(&run->ctx, run->rows, run->fit.centroids, run->fit.k, top, run->top, run->top_similarity, e);
}

/* Compute the mean similarity of the pairs of each cluster, for the records, by the labels that the first rank has. */
static int compare_members(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    if (!j->path[KC_FIT_CLUSTERS])
        return 0;
    uint32_t *labels = kc_mem_alloc(rows->n, sizeof *labels, e);
    run->pair_similarity = kc_mem_alloc(run->fit.k, sizeof *run->pair_similarity, e);
    int rc = labels && run->pair_similarity ? spread_array(run, run->fit.labels, sizeof *labels, labels, e) : -1;
    if (rc == 0)
        rc = kc_members_similarity(&run->ctx, rows, labels, run->fit.k, run->pair_similarity, e);
    kc_mem_free(labels);
    return rc;
}

/* Find the rows that size limits have moved, for the model. Without limits each row is in its nearest cluster. */
static int find_moved(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_kmeans_opts *o = run->opts;
    struct kc_model m = {.k = run->fit.k, .d = run->fit.d, .centroids = run->fit.centroids};
    if (!kc_fit_needs_model(j) || (o->min_size <= 1 && !o->max_size && !o->balanced))
        return 0;
    const int rc = kc_model_find_moved(&run->ctx, &m, &run->ds.rows, run->fit.labels, e);
    run->moved = m.moved;
    return rc;
}

/* Tell what the ranks have sent. */
static void tell_bytes(const struct kc_job_run *run)
{
    const struct kc_sent *s = kc_team_sent(run->ctx.team);
    const uint64_t *b = s->bytes;
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "ranks: %u; each has sent %" PRIu64 " bytes: %" PRIu64 " in %" PRIu64
               " passes over the rows (%" PRIu64 " a pass), %" PRIu64 " of rows that all work on, %" PRIu64
               " for sums and figures, and the first one %" PRIu64 " while reading; it has got %" PRIu64
               " of labels and the like", kc_team_size(run->ctx.team),
               b[KC_SENT_PASSES] + b[KC_SENT_COPIES] + b[KC_SENT_FIGURES],
               b[KC_SENT_PASSES], s->passes, s->passes ? b[KC_SENT_PASSES] / s->passes : 0, b[KC_SENT_COPIES],
               b[KC_SENT_FIGURES], b[KC_SENT_READING], b[KC_SENT_ROWS]);
}

int kc_fit_team_gather(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_clustering *f = &run->fit;
    const size_t top = (size_t)j->out.top;
    if (!run->ds.rows.share)
        return 0;
    if (find_top(j, run, e) != 0 || find_moved(j, run, e) != 0)
        return -1;
    kc_team_send_for(run->ctx.team, KC_SENT_ROWS);
    if (!wants_similarities(j)) {
        kc_mem_free(f->similarity);
        f->similarity = NULL;
    }
    if (gather_labels(run, f, e) != 0 ||
        gather_array(run, (void **)&f->similarity, sizeof *f->similarity, e) != 0 ||
        gather_array(run, (void **)&f->margin, sizeof *f->margin, e) != 0 ||
        gather_array(run, (void **)&f->row_silhouette, sizeof *f->row_silhouette, e) != 0 ||
        gather_array(run, (void **)&run->top, top * sizeof *run->top, e) != 0 ||
        gather_array(run, (void **)&run->top_similarity, top * sizeof *run->top_similarity, e) != 0 ||
        (kc_fit_is_first_rank(run) && kc_fit_leave(j, run, e) != 0) || compare_members(j, run, e) != 0)
        return -1;
    tell_bytes(run);
    return 0;
}
