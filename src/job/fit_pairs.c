/* The pairs of a fit: read before the rows, matched with them by their terms or numbers, and told if they could not be
 * kept. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "io/source.h"
#include "job/fit_run.h"

#define NAMED 3 /* pairs in the message about those that could not be kept */

int kc_fit_read_pairs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    if (!j->pairs)
        return 0;
    if (kc_pair_list_load(&run->pair_list, j->pairs, j->in.max_line, e) != 0)
        return -1;
    run->pairs.n = run->pair_list.n; /* for estimates of memory */
    run->request.pairs = &run->pairs;
    return 0;
}

/* Return -1 with an error about a term of a pair, which is on this line of the file. */
static int refuse_term(const struct kc_job_fit *j, const struct kc_job_run *run, size_t which, const char *why,
                       struct kc_err *e)
{
    char shown[4 * 40 + 1];
    size_t n;
    const char *p = kc_strs_get(&run->pair_list.terms, which, &n);
    kc_err_escape(shown, sizeof shown, p, n < 40 ? n : 40);
    return kc_err_at(e, KC_EINPUT, kc_source_name(j->pairs), run->pair_list.lines[which / 2], "'%s%s' %s", shown,
                     n > 40 ? "..." : "", why);
}

/* Find the row with that number in the input. Return KC_NONE if there is none, or if it is left out. */
static uint32_t find_number(const struct kc_job_run *run, const char *p, size_t n)
{
    char digits[24];
    uint64_t v;
    size_t lo = 0, hi = run->ds.rows.n;
    if (n == 0 || n >= sizeof digits)
        return KC_NONE;
    memcpy(digits, p, n);
    digits[n] = '\0';
    if (kc_num_u64(digits, &v) != 0)
        return KC_NONE;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (kc_in_row_number(run->ds.skipped, run->ds.nskipped, mid) < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < run->ds.rows.n && kc_in_row_number(run->ds.skipped, run->ds.nskipped, lo) == v ? (uint32_t)lo : KC_NONE;
}

/* Find the rows of the terms: row (2 n) */
static int find_terms(const struct kc_job_fit *j, const struct kc_job_run *run, uint32_t *row, struct kc_err *e)
{
    const struct kc_strs *terms = &run->pair_list.terms;
    struct kc_intern known = {0};
    uint32_t *of = kc_mem_alloc(terms->n, sizeof *of, e); /* row of each different term; KC_NONE: none yet */
    unsigned char *again = kc_mem_zalloc(terms->n, 1, e);
    int rc = of && again ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < terms->n; i++) {
        size_t n;
        const char *p = kc_strs_get(terms, i, &n);
        of[i] = KC_NONE;
        rc = kc_intern_add(&known, p, n, &row[i], e);
    }
    for (size_t i = 0; rc == 0 && i < run->ds.rows.n; i++) {
        size_t n;
        const char *p = kc_strs_get(&run->ds.terms, i, &n);
        const uint32_t at = kc_intern_find(&known, p, n);
        if (at == KC_INTERN_NONE)
            continue;
        again[at] = of[at] != KC_NONE;
        of[at] = (uint32_t)i;
    }
    for (size_t i = 0; rc == 0 && i < terms->n; i++) {
        const uint32_t at = row[i];
        if (of[at] == KC_NONE)
            rc = refuse_term(j, run, i, "is not a term of the input; --pairs-by row takes row numbers", e);
        else if (again[at])
            rc = refuse_term(j, run, i, "is the term of several rows; --pairs-by row takes row numbers", e);
        row[i] = of[at];
    }
    kc_intern_free(&known);
    kc_mem_free(again);
    kc_mem_free(of);
    return rc;
}

int kc_fit_match_pairs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_pair_list *l = &run->pair_list;
    const int by_row = j->pairs_by_row || run->ds.terms.n == 0;
    if (!j->pairs)
        return 0;
    uint32_t *row = kc_mem_alloc(kc_mem_mul(l->n, 2), sizeof *row, e);
    run->pair = kc_mem_alloc(l->n, sizeof *run->pair, e);
    run->pairs.fate = kc_mem_zalloc(l->n, 1, e);
    int rc = row && run->pair && run->pairs.fate ? 0 : -1;
    for (size_t i = 0; rc == 0 && by_row && i < 2 * l->n; i++) {
        size_t n;
        const char *p = kc_strs_get(&l->terms, i, &n);
        row[i] = find_number(run, p, n);
        if (row[i] == KC_NONE)
            rc = refuse_term(j, run, i, j->pairs_by_row ? "is no row of the input, which are counted from 0" :
                             "is no row of the input, which has no terms: rows are counted from 0", e);
    }
    if (rc == 0 && !by_row)
        rc = find_terms(j, run, row, e);
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        run->pair[i] = (struct kc_pair){row[2 * i], row[2 * i + 1], l->cannot[i]};
        if (row[2 * i] == row[2 * i + 1])
            rc = refuse_term(j, run, 2 * i, "is paired with itself", e);
    }
    run->pairs.pair = run->pair;
    kc_mem_free(row);
    return rc;
}

/* Write the two terms of a pair and its place in the file. */
static void show_pair(const struct kc_job_fit *j, const struct kc_job_run *run, size_t i, char out[160])
{
    char a[49], b[49], file[41];
    size_t n, m;
    const char *p = kc_strs_get(&run->pair_list.terms, 2 * i, &n);
    const char *q = kc_strs_get(&run->pair_list.terms, 2 * i + 1, &m);
    const char *name = kc_source_name(j->pairs), *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    kc_err_escape(a, sizeof a, p, n < 12 ? n : 12);
    kc_err_escape(b, sizeof b, q, m < 12 ? m : 12);
    kc_err_escape(file, sizeof file, name, strlen(name) < 40 ? strlen(name) : 40);
    snprintf(out, 160, "'%s' and '%s' (%s:%llu)", a, b, file, (unsigned long long)run->pair_list.lines[i]);
}

/* List the pairs of one fate as a limit that could not be kept. */
static void tell_fate(const struct kc_job_fit *j, struct kc_job_run *run, enum kc_pair_fate fate, const char *why)
{
    char list[NAMED * 164 + 8] = "", one[160];
    size_t n = 0, used = 0;
    for (size_t i = 0; i < run->pairs.n; i++) {
        if (run->pairs.fate[i] != fate)
            continue;
        if (n++ >= NAMED)
            continue;
        show_pair(j, run, i, one);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", n > 1 ? ", " : "", one);
    }
    if (n > 0)
        kc_clustering_limit(&run->fit, "%zu cannot-pair%s not kept, %s: %s%s", n, n == 1 ? "" : "s", why, list,
                            n > NAMED ? ", ..." : "");
}

void kc_fit_tell_pairs(const struct kc_job_fit *j, struct kc_job_run *run)
{
    const struct kc_pairs *p = &run->pairs;
    size_t cannot = 0;
    if (!j->pairs)
        return;
    for (size_t i = 0; i < p->n; i++)
        cannot += (size_t)p->pair[i].cannot;
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "pairs: %zu must, %zu cannot; %zu rows in %zu groups", p->n - cannot, cannot,
               p->grouped, p->groups);
    tell_fate(j, run, KC_PAIR_CONTRADICTED, "as must-pairs join them");
    tell_fate(j, run, KC_PAIR_NO_ROOM, "as no way was found in so few clusters");
}

void kc_fit_pairs_free(struct kc_job_run *run)
{
    kc_pair_list_free(&run->pair_list);
    kc_mem_free(run->pair);
    kc_mem_free(run->pairs.fate);
}
