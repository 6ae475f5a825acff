/* Files of terms, one per line: that of --terms, which is read as it is, and FILE.terms beside a file of vectors, which
 * has escapes. The memory they take counts against --max-memory while they are read. */
#include "in/fields/terms.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "io/lines.h"

int kc_terms_load(const char *path, int escapes, uint64_t max_line, uint64_t max, struct kc_strs *terms,
                  struct kc_err *e)
{
    struct kc_lines l;
    char *p;
    size_t n;
    int rc = kc_lines_open(&l, path, e);
    l.limit = max > 0 && max < max_line ? max : max_line;
    l.limit_code = l.limit == max ? KC_ESYS : KC_EINPUT;
    while (rc == 0 && (rc = kc_lines_next(&l, &p, &n, e)) == 1) {
        if (escapes && memchr(p, '\\', n))
            n = kc_lines_unescape(p, n);
        rc = n == SIZE_MAX ? kc_err_at(e, KC_EINPUT, l.name, l.line,
                                       "an escape that is none of \\t \\n \\r \\\\ \\xHH")
                           : kc_strs_add(terms, p, n, e);
        uint64_t held = terms->bytes.n + terms->n * sizeof *terms->off;
        if (rc == 0 && max > 0 && held > max) {
            char need[32], most[32];
            kc_num_human_pair(need, held, most, max);
            rc = kc_err_at(e, KC_ESYS, l.name, 0, "the first %zu term%s take%s %s, more than --max-memory %s allows",
                           terms->n, terms->n == 1 ? "" : "s", terms->n == 1 ? "s" : "", need, most);
        }
    }
    kc_lines_free(&l);
    return rc;
}
