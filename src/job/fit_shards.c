/* Labels in a file for each rank (--shards), beside the inputs that it has read. The first rank has the texts of all
 * rows and what the fit found of them: it makes the other ranks' files, one after the other, and they write what they
 * get. No file is replaced before all are complete. */
#include <stdio.h>
#include <string.h>
#include "job/fit_run.h"
#include "par/team.h"

#define PIECE ((size_t)1 << 20)

int kc_fit_shards_name(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const char *path = j->path[KC_FIT_LABELS];
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash + 1 : path, '.');
    const size_t stem = dot && dot != path && dot[-1] != '/' ? (size_t)(dot - path) : strlen(path);
    char last[16];
    if (strcmp(path, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--shards makes names of files from that of --output, which is -");
    /* all numbers have as many digits, so that a shell sorts the files in the order of the ranks */
    const int digits = snprintf(last, sizeof last, "%u", kc_team_size(run->ctx.team) - 1);
    return kc_buf_printf(&run->shard, e, "%.*s.%0*u%s%c", (int)stem, path, digits, kc_team_rank(run->ctx.team),
                         path + stem, '\0');
}

int kc_fit_shards_open(struct kc_job_run *run, struct kc_err *e)
{
    run->noutputs = KC_FIT_LABELS + 1;
    run->output[KC_FIT_LABELS] = (struct kc_output){.option = "--output", .path = run->shard.p};
    return kc_outputs_open(run->output, run->noutputs, e);
}

/* Make the labels of rows at .. at + n, whose strings and numbers are to be kept in `terms`, `raws` and `rows` (n). */
static struct kc_labels cut_labels(const struct kc_labels *all, const struct kc_out_opts *o, size_t at, size_t n,
                                   struct kc_strs *terms, struct kc_strs *raws, uint64_t *rows)
{
    struct kc_labels t = *all;
    const float **figure[] = {&t.similarity,  &t.margin,  &t.silhouette, &t.purity,
                              &t.probability, &t.outlier, &t.stability};
    t.n = n;
    t.labels += at;
    if (all->terms->n > 0) {
        *terms = *all->terms;
        terms->off += at;
        terms->n = n;
        t.terms = terms;
    }
    if (all->raws) {
        *raws = *all->raws;
        raws->off += at;
        raws->n = n;
        t.raws = raws;
    }
    for (size_t i = 0; i < sizeof figure / sizeof *figure; i++)
        *figure[i] += *figure[i] ? at : 0;
    for (size_t i = 0; i < o->nlevels; i++)
        t.level[i] += at;
    if (t.top) {
        t.top += at * o->top;
        t.top_similarity += at * o->top;
    }
    for (size_t i = 0; i < n; i++)
        rows[i] = kc_in_row_number(all->skipped, all->nskipped, at + i);
    t.rows = rows;
    return t;
}

/* Bring n bytes at p from the first rank to rank `to`. */
static int bring(struct kc_team *t, unsigned to, char *p, size_t n, uint64_t *span, struct kc_err *e)
{
    const unsigned ranks = kc_team_size(t);
    for (unsigned r = 0; r <= ranks; r++) {
        span[r] = r > 0 ? n : 0;
        span[ranks + 1 + r] = r > to ? n : 0;
    }
    return kc_team_move(t, p, span, p, span + ranks + 1, 1, e);
}

/* Pass on the file of rank `to`: from `spool` on the first rank to `f` on that one. */
static int pass_file(struct kc_team *t, unsigned to, const struct kc_outfile *spool, struct kc_outfile *f, char *piece,
                     uint64_t *span, struct kc_err *e)
{
    uint64_t size = 0, n;
    int rc = spool ? kc_outfile_size(spool, &size, e) : 0;
    if (rc != 0 || kc_team_count(t, &size, 1, e) != 0)
        return -1;
    for (uint64_t at = 0; rc == 0 && at < size; at += n) {
        n = size - at < PIECE ? size - at : PIECE;
        rc = spool ? kc_outfile_read(spool, at, piece, (size_t)n, e) : 0;
        rc = rc == 0 ? bring(t, to, piece, (size_t)n, span, e) : -1;
        if (rc == 0 && kc_team_rank(t) == to)
            rc = kc_outfile_write(f, piece, (size_t)n, e);
    }
    return rc;
}

/* Make the file of rank r: for itself, or for passing on. */
static int make_file(const struct kc_job_run *run, unsigned r, const struct kc_labels *all, const struct kc_out_opts *o,
                     struct kc_outfile *f, struct kc_err *e)
{
    const uint64_t *first = run->ds.read;
    const size_t at = first ? (size_t)first[r] : 0, n = first ? (size_t)(first[r + 1] - first[r]) : all->n;
    struct kc_strs terms = {.n = 0}, raws = {.n = 0};
    uint64_t *rows = kc_mem_alloc(n, sizeof *rows, e);
    if (!rows)
        return -1;
    const struct kc_labels t = cut_labels(all, o, at, n, &terms, &raws, rows);
    const int rc = kc_out_labels(f, &t, o, e);
    kc_mem_free(rows);
    return rc;
}

/* Write or pass on the files of all ranks. all: the labels of all rows, on the first rank; else NULL. */
static int pass_files(struct kc_job_run *run, const struct kc_labels *all, const struct kc_out_opts *o,
                      struct kc_err *e)
{
    struct kc_team *t = run->ctx.team;
    struct kc_outfile *f = run->output[KC_FIT_LABELS].f;
    uint64_t *span = kc_mem_alloc(2 * ((size_t)kc_team_size(t) + 1), sizeof *span, e);
    char *piece = kc_mem_alloc(PIECE, 1, e);
    int rc = span && piece ? 0 : -1;
    if (rc == 0 && all)
        rc = make_file(run, 0, all, o, f, e);
    for (unsigned r = 1; rc == 0 && r < kc_team_size(t); r++) {
        struct kc_outfile *spool = NULL;
        if (all && (kc_outfile_open_spool(&spool, e) != 0 || make_file(run, r, all, o, spool, e) != 0 ||
                    kc_outfile_finish(spool, e) != 0))
            rc = -1;
        rc = rc == 0 ? pass_file(t, r, spool, f, piece, span, e) : -1;
        kc_outfile_free(spool);
    }
    kc_mem_free(piece);
    kc_mem_free(span);
    return rc;
}

int kc_fit_shards_write(struct kc_job_run *run, const struct kc_labels *all, const struct kc_out_opts *o,
                        struct kc_err *e)
{
    if (kc_team_size(run->ctx.team) > 1 && !run->ds.read)
        return kc_err_set(e, KC_EUSAGE, "rows that are joined to --metadata, or by their \"index\" to --terms, are not "
                          "read in parts: leave --shards out");
    return pass_files(run, all, o, e);
}

int kc_fit_shards_take(struct kc_job_run *run, struct kc_err *e)
{
    struct kc_team *t = run->ctx.team;
    int rc = pass_files(run, NULL, NULL, e);
    if (rc == 0)
        rc = kc_outfile_finish(run->output[KC_FIT_LABELS].f, e);
    /* the first rank replaces its outputs when all are complete, then the others */
    if (kc_team_agree(t, rc, e) != 0 || kc_team_agree(t, 0, e) != 0)
        return -1;
    return kc_outputs_commit(run->output, run->noutputs, e);
}
