/* Files of terms, one per line: that of --terms, which is read as it is, and FILE.terms beside a file of vectors, which
 * has escapes. The memory they take counts against --max-memory while they are read. */
#include "in/fields/terms.h"

#include <string.h>
#include "base/num.h"

/* Read one more term. Return 1; 0 at the end; -1 on an error. */
static int read_term(struct kc_terms *t, char **p, size_t *n, struct kc_err *e)
{
    int rc = t->ended ? 0 : kc_lines_next(&t->in, p, n, e);
    t->ended = rc == 0;
    if (rc > 0 && t->escapes && memchr(*p, '\\', *n)) {
        *n = kc_lines_unescape(*p, *n);
        if (*n == SIZE_MAX)
            return kc_err_at(e, KC_EINPUT, t->in.name, t->in.line, "an escape that is none of \\t \\n \\r \\\\ \\xHH");
    }
    return rc;
}

static uint64_t count_held(const struct kc_terms *t)
{
    return t->strs.bytes.n + t->strs.n * sizeof *t->strs.off;
}

/* Read on until there are n terms, or they take `most` bytes, or there are no more. */
static int read_terms(struct kc_terms *t, uint64_t n, uint64_t most, struct kc_err *e)
{
    char *p;
    size_t len;
    int rc = 0;
    while (t->strs.n < n && count_held(t) < most && (rc = read_term(t, &p, &len, e)) > 0) {
        if (kc_strs_add(&t->strs, p, len, e) != 0)
            return -1;
        uint64_t held = count_held(t);
        if (t->max > 0 && held > t->max) {
            char need[32], allowed[32];
            kc_num_human_pair(need, held, allowed, t->max);
            return kc_err_at(e, KC_ESYS, t->in.name, 0,
                             "the first %zu term%s take%s %s, more than --max-memory %s allows", t->strs.n,
                             t->strs.n == 1 ? "" : "s", t->strs.n == 1 ? "s" : "", need, allowed);
        }
    }
    return rc < 0 ? -1 : 0;
}

int kc_terms_open(struct kc_terms *t, const char *path, int escapes, uint64_t max_line, uint64_t max, struct kc_err *e)
{
    memset(t, 0, sizeof *t);
    t->escapes = escapes;
    t->max = max;
    if (kc_lines_open(&t->in, path, e) != 0)
        return -1;
    t->in.limit = max > 0 && max < max_line ? max : max_line;
    t->in.limit_code = t->in.limit == max ? KC_ESYS : KC_EINPUT;
    return kc_source_is_file(t->in.src) ? 0 : read_terms(t, UINT64_MAX, KC_TERMS_AHEAD, e);
}

int kc_terms_need(struct kc_terms *t, uint64_t n, struct kc_err *e)
{
    return read_terms(t, n, UINT64_MAX, e);
}

int kc_terms_count(struct kc_terms *t, uint64_t *n, struct kc_err *e)
{
    char *p;
    size_t len;
    int rc;
    for (*n = t->strs.n; (rc = read_term(t, &p, &len, e)) > 0; ++*n)
        ;
    return rc;
}

void kc_terms_free(struct kc_terms *t)
{
    kc_lines_free(&t->in);
    kc_strs_free(&t->strs);
}
