/* Save and restore the stacked engine between two passes: runs, sums, columns, and every row's labels and bounds. What
 * the next pass computes again (norms, shifts, packed columns) is left out; counts follow from the labels. */
#include <string.h>
#include "base/mem.h"
#include "core/kmeans/stack.h"

enum { RUN, MODE, EXACT, ITER, ROUNDS, GROUPS, NUMBERS };

/* Restore one run from its numbers, after checking that these fit together and belong to the run that they name. */
static int restore_run(struct kc_stack *st, struct kc_active *p, const uint64_t *number, struct kc_state *s)
{
    if (number[RUN] >= st->waiting)
        return kc_state_bad(s, "a run has not begun");
    const struct kc_run *run = p->run = &st->runs[number[RUN]];
    size_t blocks = kc_stack_block_count(run->k);
    p->col = st->cols;
    p->mode = number[MODE] ? POLISH : LLOYD;
    p->polish = run->polish && run->k <= KC_STACK_POLISH;
    p->fresh = p->from_start = p->fill = p->done = 0;
    p->exact = number[EXACT] != 0;
    p->iter = number[ITER];
    p->rounds = (int)number[ROUNDS];
    if (run->k > st->cap - st->cols || number[GROUPS] > st->planes - st->used || number[ITER] > UINT32_MAX ||
        number[ROUNDS] > UINT16_MAX || number[GROUPS] != (p->mode == LLOYD ? blocks : 0) ||
        (p->mode == POLISH && !p->polish))
        return kc_state_bad(s, "a run is inconsistent");
    for (p->blocks = 0; p->blocks < blocks && p->mode == LLOYD; p->blocks++)
        p->far[p->blocks] = st->plane[st->used++];
    st->cols += run->k;
    return 0;
}

/* Save or restore one run. Its counts and its rows that moved are set from the labels. */
static int visit_run(struct kc_stack *st, struct kc_active *p, struct kc_state *s)
{
    const struct kc_rows *rows = &st->s->rows;
    const size_t n = st->s->n;
    uint64_t *number = kc_state_lend(s, NUMBERS, sizeof *number);
    double *gains = kc_state_lend(s, 2, sizeof *gains);
    if (!number || !gains)
        return -1;
    if (!s->reading) {
        number[RUN] = (uint64_t)(p->run - st->runs);
        number[MODE] = p->mode == POLISH;
        number[EXACT] = p->exact != 0;
        number[ITER] = p->iter;
        number[ROUNDS] = (uint64_t)p->rounds;
        number[GROUPS] = p->blocks;
        gains[0] = p->last;
        gains[1] = p->gained;
    }
    if (kc_state_u64(s, "run", number, NUMBERS, UINT64_MAX) != 0 || kc_state_f64(s, "gains", gains, 2, 1e300, 0) != 0 ||
        (s->reading && restore_run(st, p, number, s) != 0) ||
        kc_state_row_u32(s, "labels", p->lab, rows, p->run->k - 1) != 0 ||
        kc_state_row_f32(s, "own", p->own, rows, 2.1, 0) != 0 || kc_state_row_f32(s, "gap", p->gap, rows, 0, 1) != 0)
        return -1;
    for (size_t g = 0; g < p->blocks; g++)
        if (kc_state_row_f32(s, "far", p->far[g], rows, 0, 1) != 0)
            return -1;
    if (!s->reading)
        return 0;
    p->last = gains[0];
    p->gained = gains[1];
    memcpy(p->next, p->lab, n * sizeof *p->next);
    memset(st->cnt + p->col, 0, p->run->k * sizeof *st->cnt);
    for (size_t i = 0; i < n; i++)
        st->cnt[p->col + p->lab[i]]++;
    for (size_t t = 0; t < st->tiles; t++)
        p->moved[t] = 1;
    return 0;
}

int kc_stack_visit(void *arg, struct kc_state *s)
{
    struct kc_stack *st = arg;
    size_t d = st->s->d;
    uint64_t *number = kc_state_lend(s, 3, sizeof *number);
    if (!number)
        return -1;
    number[0] = st->waiting;
    number[1] = st->nact;
    number[2] = st->offered;
    if (kc_state_u64(s, "runs", number, 3, st->nruns) != 0)
        return -1;
    if (s->reading && (number[1] > KC_STACK_SLOTS || number[1] > number[0]))
        return kc_state_bad(s, "more runs than there can be at a time");
    if (s->reading) { /* of another number of ranks there may be more runs at a time than this one would have */
        st->slots = number[1] > st->slots ? (size_t)number[1] : st->slots;
        if (kc_stack_alloc(st, s->e) != 0)
            return -1;
    }
    st->waiting = (size_t)number[0];
    st->nact = (size_t)number[1];
    st->offered = (size_t)number[2];
    for (size_t a = 0; a < st->nact; a++)
        if (visit_run(st, &st->act[a], s) != 0)
            return -1;
    if (s->reading && kc_team_count(kc_space_team(st->s), st->cnt, st->cols, s->e) != 0)
        return -1;
    const double most = kc_space_bound(st->s);
    if (kc_state_f64(s, "sums", st->low ? st->high : st->sum, st->cols * d, most, 0) != 0 ||
        (st->low && kc_state_f64(s, "low sums", st->low, st->cols * d, most, 0) != 0) ||
        kc_state_f32(s, "columns", st->unit, st->cols * d, 1.1, 0) != 0)
        return -1;
    for (size_t c = 0; s->reading && c < st->cols; c++)
        kc_stack_join_parts(st, c);
    return 0;
}
