/* Save and resume a fit at its steps (steps.h). The state is one list of arrays: those of the outermost function
 * first, then those of the functions inside it, at the end the operation counters. An array's name begins with its
 * place in the list, so that a list that does not match what the functions ask for is found out at once. */
#include "core/cluster/steps.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "core/cluster/space.h"

#define NAME 48 /* bytes of an array's name */

int kc_steps_bad(const struct kc_steps *steps, const char *what, struct kc_err *e)
{
    return kc_err_at(e, KC_EINPUT, steps ? steps->name : NULL, 0, "damaged checkpoint: %s", what);
}

int kc_state_bad(struct kc_state *s, const char *what)
{
    return kc_steps_bad(s->steps, what, s->e);
}

/* Add an array to those to be written. Its place in the order is a part of its name, which makes the name unique. */
static int add_array(struct kc_state *s, const char *name, enum kc_st_type type, void *p, const struct kc_rows *rows,
                     uint64_t n)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? kc_mem_mul(s->cap, 2) : 64;
        struct kc_st_tensor *t = kc_mem_realloc(s->t, cap, sizeof *t, s->e);
        if (!t)
            return -1;
        s->t = t;
        const struct kc_rows **of = kc_mem_realloc(s->rows, cap, sizeof *of, s->e);
        if (!of)
            return -1;
        s->rows = of;
        s->cap = cap;
    }
    s->t[s->n] = (struct kc_st_tensor){.type = type, .ndims = 1, .shape = {n}, .data = p};
    s->rows[s->n] = rows;
    return kc_buf_printf(&s->names, s->e, "%zu %s%c", s->n++, name, '\0');
}

/* Write or read an array of n elements, on all ranks if it is one by row. Arrays of no elements are left out: they
 * would have no place in the order of the bytes. */
static int visit_array(struct kc_state *s, const char *name, enum kc_st_type type, void *p, const struct kc_rows *rows,
                       uint64_t n)
{
    struct kc_steps *q = s->steps;
    char whole[NAME];
    if (n == 0)
        return 0;
    if (!s->reading)
        return add_array(s, name, type, p, rows, n);
    const struct kc_st_tensor *t = q->at < q->from->n ? &q->from->tensors[q->at] : NULL;
    snprintf(whole, sizeof whole, "%zu %s", q->at, name);
    if (!t || strcmp(t->name, whole) != 0 || t->type != type || t->ndims != 1 || t->shape[0] != n) {
        snprintf(whole, sizeof whole, "no array '%s' where it should be", name);
        return kc_state_bad(s, whole);
    }
    q->at++;
    return q->read(q->arg, t, rows, p, s->e);
}

static int report_out_of_range(struct kc_state *s, const char *name)
{
    char what[NAME + 32];
    snprintf(what, sizeof what, "'%s' is out of range", name);
    return kc_state_bad(s, what);
}

int kc_state_u64(struct kc_state *s, const char *name, uint64_t *p, size_t n, uint64_t most)
{
    if (visit_array(s, name, KC_ST_U64, p, NULL, n) != 0)
        return -1;
    for (size_t i = 0; s->reading && i < n; i++)
        if (p[i] > most)
            return report_out_of_range(s, name);
    return 0;
}

/* Visit an array of `all` elements, n of which this rank has. */
static int visit_u32(struct kc_state *s, const char *name, uint32_t *p, const struct kc_rows *rows, uint64_t all,
                     size_t n, uint32_t most)
{
    if (visit_array(s, name, KC_ST_U32, p, rows, all) != 0)
        return -1;
    for (size_t i = 0; s->reading && i < n; i++)
        if (p[i] > most)
            return report_out_of_range(s, name);
    return 0;
}

int kc_state_u32(struct kc_state *s, const char *name, uint32_t *p, size_t n, uint32_t most)
{
    return visit_u32(s, name, p, NULL, n, n, most);
}

int kc_state_row_u32(struct kc_state *s, const char *name, uint32_t *p, const struct kc_rows *rows, uint32_t most)
{
    return visit_u32(s, name, p, rows, kc_rows_all(rows), rows->n, most);
}

int kc_state_f64(struct kc_state *s, const char *name, double *p, size_t n, double most, int any)
{
    if (visit_array(s, name, KC_ST_F64, p, NULL, n) != 0)
        return -1;
    for (size_t i = 0; s->reading && !any && i < n; i++)
        if (!(fabs(p[i]) <= most))
            return report_out_of_range(s, name);
    return 0;
}

/* As visit_u32. */
static int visit_f32(struct kc_state *s, const char *name, float *p, const struct kc_rows *rows, uint64_t all,
                     size_t n, double most, int any)
{
    if (visit_array(s, name, KC_ST_F32, p, rows, all) != 0)
        return -1;
    for (size_t i = 0; s->reading && !any && i < n; i++)
        if (!(fabs((double)p[i]) <= most))
            return report_out_of_range(s, name);
    return 0;
}

int kc_state_f32(struct kc_state *s, const char *name, float *p, size_t n, double most, int any)
{
    return visit_f32(s, name, p, NULL, n, n, most, any);
}

int kc_state_row_f32(struct kc_state *s, const char *name, float *p, const struct kc_rows *rows, double most, int any)
{
    return visit_f32(s, name, p, rows, kc_rows_all(rows), rows->n, most, any);
}

int kc_state_partition(struct kc_state *s, uint32_t *labels, const struct kc_rows *rows, uint32_t k)
{
    if (kc_state_row_u32(s, "labels", labels, rows, k - 1) != 0)
        return -1;
    if (!s->reading)
        return 0;
    uint32_t have = 0;
    char *seen = kc_mem_zalloc(k, 1, s->e);
    if (!seen)
        return -1;
    for (size_t i = 0; i < rows->n; i++)
        seen[labels[i]] = 1;
    const int rc = kc_team_union(kc_rows_team(rows), seen, k, s->e);
    for (uint32_t c = 0; c < k; c++)
        have += seen[c] != 0;
    kc_mem_free(seen);
    return rc != 0 ? -1 : have == k ? 0 : kc_state_bad(s, "a cluster has no rows");
}

struct lent {
    struct lent *next;
    max_align_t room[];
};

void *kc_state_lend(struct kc_state *s, size_t count, size_t size)
{
    struct lent *l = kc_mem_zalloc(kc_mem_add(sizeof *l, kc_mem_mul(count, size)), 1, s->e);
    if (!l)
        return NULL;
    l->next = s->lent;
    s->lent = l;
    return l->room;
}

static void free_state(struct kc_state *s)
{
    for (struct lent *l = s->lent, *next; l; l = next) {
        next = l->next;
        kc_mem_free(l);
    }
    kc_buf_free(&s->names);
    kc_mem_free(s->rows);
    kc_mem_free(s->t);
}

#define COUNTERS 3 /* arrays of one number, after all parts */

/* Write or read the operation counters: their sums over the ranks, of which the first has all when they are read. */
static int visit_work(struct kc_state *s)
{
    struct kc_steps *q = s->steps;
    struct kc_work *w = q->work;
    const uint64_t most = UINT64_MAX / 2;
    uint64_t *v = kc_state_lend(s, COUNTERS, sizeof *v);
    if (!v)
        return -1;
    memcpy(v, (uint64_t[COUNTERS]){w->flops, w->dense_flops, w->index_flops}, COUNTERS * sizeof *v);
    if ((!s->reading && kc_team_count(q->team, v, COUNTERS, s->e) != 0) ||
        kc_state_u64(s, "flops", &v[0], 1, most) != 0 || kc_state_u64(s, "dense flops", &v[1], 1, most) != 0 ||
        kc_state_u64(s, "index flops", &v[2], 1, most) != 0)
        return -1;
    if (s->reading)
        *w = kc_team_rank(q->team) == 0 ? (struct kc_work){v[0], v[1], v[2]} : (struct kc_work){0, 0, 0};
    return 0;
}

int kc_steps_enter(struct kc_steps *steps, struct kc_frame *f, struct kc_err *e)
{
    if (!steps)
        return 0;
    f->outer = steps->top;
    steps->top = f;
    if (!steps->from)
        return 0;
    struct kc_state s = {.steps = steps, .reading = 1, .e = e};
    int rc = f->visit(f->arg, &s);
    if (rc == 0 && steps->at + COUNTERS >= steps->from->n) { /* no parts of inner functions are left to be read */
        rc = visit_work(&s);
        steps->from = NULL;
    }
    free_state(&s);
    return rc != 0 ? -1 : 1;
}

void kc_steps_leave(struct kc_steps *steps, struct kc_frame *f)
{
    if (steps && steps->top == f)
        steps->top = f->outer;
}

/* Visit all frames, the outermost first. They are linked from the innermost on. */
static int visit_all(struct kc_state *s, struct kc_frame *top)
{
    struct kc_frame *inner = NULL, *f = top;
    int rc = 0;
    while (f) { /* reverse the list, */
        struct kc_frame *outer = f->outer;
        f->outer = inner;
        inner = f;
        f = outer;
    }
    for (f = inner, inner = NULL; f;) { /* and back while it is walked */
        struct kc_frame *next = f->outer;
        if (rc == 0)
            rc = f->visit(f->arg, s);
        f->outer = inner;
        inner = f;
        f = next;
    }
    return rc;
}

static int save_state(struct kc_steps *steps, struct kc_err *e)
{
    struct kc_state s = {.steps = steps, .e = e};
    int rc = visit_all(&s, steps->top);
    if (rc == 0)
        rc = visit_work(&s);
    const char *name = s.names.p;
    for (size_t i = 0; rc == 0 && i < s.n; i++, name += strlen(name) + 1)
        s.t[i].name = name;
    if (rc == 0)
        rc = steps->save(steps->arg, s.t, s.rows, s.n, e);
    free_state(&s);
    return rc;
}

int kc_steps_at(struct kc_steps *steps, struct kc_err *e)
{
    if (!steps)
        return 0;
    if (steps->from) /* parts are left that no function has read */
        return kc_steps_bad(steps, "it does not end where a step begins", e);
    int due = steps->due(steps->arg, e);
    if (due < 0)
        return -1;
    if ((due & KC_DUE_SAVE) && !steps->cut && save_state(steps, e) != 0)
        return -1;
    steps->late |= (due & KC_DUE_STOP) != 0;
    return steps->late;
}

int kc_steps_late(const struct kc_steps *steps, struct kc_err *e)
{
    if (!steps || steps->late || steps->keeps)
        return steps && steps->late;
    const int due = steps->due(steps->arg, e);
    return due < 0 ? -1 : (due & KC_DUE_STOP) != 0;
}

int kc_steps_resuming(const struct kc_steps *steps)
{
    return steps && steps->from;
}
