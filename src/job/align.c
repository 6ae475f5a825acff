/* Labels of a file matched to other rows. A mismatch is an error that names the first terms without a partner: a label
 * file of other data must not be scored as if it fitted. */
#include "job/align.h"

#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "io/source.h"

#define NAMED 3 /* terms named in a message */
#define TERM 40 /* bytes shown of each of them */

/* Write the first strings of s that are not marked as found, as in "'a', 'b', 'c', ...". */
static void list_unmarked(const struct kc_strs *s, const char *found, char *out, size_t size)
{
    int named = 0;
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < s->n; i++) {
        char shown[4 * TERM + 1];
        size_t n;
        const char *p = kc_strs_get(s, i, &n);
        if (found[i])
            continue;
        if (named++ == NAMED) {
            snprintf(out + used, size - used, ", ...");
            return;
        }
        kc_err_escape(shown, sizeof shown, p, n < TERM ? n : TERM);
        used += (size_t)snprintf(out + used, size - used, "%s'%s%s'", named > 1 ? ", " : "", shown,
                                 n < TERM ? "" : "...");
    }
}

/* Match labels and rows by term. Every row must have a label, and every label a row. */
static int align_by_term(const struct kc_labelling *l, const char *name, const struct kc_strs *terms, const char *other,
                         const char *hint, uint32_t *out, struct kc_err *e)
{
    size_t left, missing = 0, n = terms->n;
    char some[NAMED * (4 * TERM + 16) + 8];
    int rc = -1;
    char *found = kc_mem_zalloc(n > l->n ? n : l->n, 1, e);
    if (!found || kc_intern_align(&l->terms, terms, out, &left, e) != 0)
        goto out;
    for (size_t i = 0; i < n; i++)
        missing += out[i] == KC_INTERN_NONE;
    if (missing > 0) {
        for (size_t i = 0; i < n; i++)
            found[i] = out[i] != KC_INTERN_NONE;
        list_unmarked(terms, found, some, sizeof some);
        kc_err_at(e, KC_EINPUT, name, 0, "no label for %zu of the %zu terms of %s: %s%s", missing, n, other, some,
                  missing < n ? "" : hint);
        goto out;
    }
    if (left > 0) {
        for (size_t i = 0; i < n; i++)
            found[out[i]] = 1;
        size_t first = (size_t)((char *)memchr(found, 0, l->n) - found);
        list_unmarked(&l->terms, found, some, sizeof some);
        kc_err_at(e, KC_EINPUT, name, l->lines[first], "%zu of its %zu terms %s not in %s: %s", left, l->n,
                  left == 1 ? "is" : "are", other, some);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = l->labels[out[i]];
    rc = 0;
out:
    kc_mem_free(found);
    return rc;
}

int kc_job_align(const struct kc_labelling *l, const char *path, const struct kc_strs *terms, size_t n,
                 const char *other, const char *hint, uint32_t *out, struct kc_err *e)
{
    const char *name = kc_source_name(path);
    if (l->terms.n > 0 && terms && terms->n > 0)
        return align_by_term(l, name, terms, other, hint, out, e);
    if (l->n != n)
        return kc_err_at(e, KC_EINPUT, name, 0, "%zu label%s, expected %zu: one for each row of %s%s", l->n,
                         l->n == 1 ? "" : "s", n, other,
                         l->n != n + 1 ? "" : "; is its first line a header? tail -n +2 leaves it out");
    memcpy(out, l->labels, n * sizeof *out);
    return 0;
}
