/* Tell what separates the columns of a table, and what quotes and backslashes mean in it.
 *
 * The separator is the one of ',', tab, ';' and '|' by which most of the first records have the same number of columns
 * and a vector among them. In tsv a line break in quotes, as pandas and DuckDB write it, and the backslashes of
 * PostgreSQL's COPY exclude each other. Evidence decides: \\N or a doubled backslash is COPY's, a backslash before any
 * other letter than those of its escapes is not. Without evidence a backslash is an error that names --tsv-dialect. */
#include <string.h>
#include "in/formats/formats.h"
#include "in/formats/text.h"

static const char separators[] = ",\t;|";

/* Set what quotes and backslashes are in the tsv [p, end). */
static int judge_tsv(const struct kc_in_opts *o, struct kc_columns *c, const char *p, const char *end, int whole,
                     struct kc_err *e)
{
    size_t quotes = 0, copy = 0, other = 0;
    for (const char *q = p; (q = memchr(q, '\\', (size_t)(end - q))) != NULL; q += 2) {
        char next = end - q > 1 ? q[1] : 'n', before = q == p ? '\n' : q[-1];
        if (next == '\\')
            copy++;
        else if (next == 'N')
            copy += before == '\t' || before == '\n';
        else if (next == '\0' || !strchr("tnrbfvx", next))
            other++;
        if (end - q < 2)
            break;
    }
    for (const char *q = p; (q = memchr(q, '"', (size_t)(end - q))) != NULL; q++)
        quotes += q == p || q[-1] == '\t' || q[-1] == '\n';
    c->multiline = o->dialect == KC_DIALECT_CSV;
    c->escapes = o->dialect == KC_DIALECT_CSV  ? KC_ESCAPES_NONE :
                 o->dialect == KC_DIALECT_COPY ? KC_ESCAPES_COPY :
                 copy > 0 && other == 0        ? KC_ESCAPES_COPY :
                 other > 0 && copy == 0        ? KC_ESCAPES_NONE :
                                                 KC_ESCAPES_UNKNOWN;
    if (o->dialect != KC_DIALECT_AUTO || quotes == 0 || copy > 0)
        return 0;
    /* quotes that are closed, with the same number of columns in each record, are csv's */
    struct kc_table_sample s = {.n = 0};
    struct kc_columns quoted = {.sep = '\t', .multiline = 1};
    int rc = kc_table_sample_read(&s, &quoted, p, end, whole, e), same = s.n > 1 && s.damaged == 0;
    for (size_t i = 1; i < s.n; i++)
        same &= s.rec[i].n == s.rec[s.n - 1].n;
    kc_table_sample_free(&s);
    if (rc >= 0 && same) {
        c->multiline = 1;
        c->escapes = KC_ESCAPES_NONE;
    }
    return rc < 0 ? -1 : 0;
}

int kc_dialect_set(const struct kc_in_opts *o, char sep, const char *p, const char *end, int whole,
                   struct kc_columns *c, struct kc_err *e)
{
    *c = (struct kc_columns){.sep = sep, .multiline = sep != '\t', .term = SIZE_MAX};
    return sep == '\t' ? judge_tsv(o, c, p, end, whole, e) : 0;
}

/* Return 1 if most of the records have the same number of columns, two or more. */
static int is_regular(const struct kc_table_sample *s)
{
    size_t best = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t same = 0;
        for (size_t j = 0; j < s->n; j++)
            same += s->rec[j].n == s->rec[i].n && s->rec[i].n > 1;
        best = same > best ? same : best;
    }
    return 2 * best > s->n;
}

/* Try one separator. Return a kc_table_verdict; KC_DIALECT_MORE if the records are not all in view. */
static int try_separator(const struct kc_in_opts *o, char sep, const char *p, const char *end, int whole,
                         struct kc_err *e)
{
    struct kc_table_sample s = {.n = 0};
    struct kc_columns c;
    struct kc_table t;
    char msg[512];
    const char *stop = sep == '\t' ? memchr(p, '\n', (size_t)(end - p)) : kc_cut_end(p, end, sep);
    stop = stop ? stop : end;
    if (!memchr(p, sep, (size_t)(stop - p)) && (stop < end || whole))
        return KC_TABLE_NO;
    int rc = kc_dialect_set(o, sep, p, end, whole, &c, e);
    rc = rc != 0 ? -1 : kc_table_sample_read(&s, &c, p, end, whole, e);
    if (rc == 0) {
        rc = KC_DIALECT_MORE;
    } else if (rc > 0) {
        int several = s.n > 1 || !memchr(p, '\0', (size_t)(end - p));
        rc = !several || !is_regular(&s) ? KC_TABLE_NO : kc_table_decide(o, &s, &c, &t, msg, e);
        if (rc == KC_TABLE_YES)
            kc_mem_free(t.dim);
        if (rc == KC_TABLE_YES && t.header && s.n == 1)
            rc = KC_TABLE_NO;
    }
    kc_table_sample_free(&s);
    return rc;
}

int kc_dialect_find(const struct kc_in_opts *o, int sure, const char *p, const char *end, int whole, char *sep,
                    struct kc_err *e)
{
    char yes = 0, doubt = 0;
    int ny = 0, nd = 0, more = 0;
    if (o->delimiter) {
        *sep = strcmp(o->delimiter, "tab") == 0 ? '\t' : *o->delimiter;
        return KC_DIALECT_FOUND;
    }
    if (memchr(p, '\0', (size_t)(end - p)))
        return KC_DIALECT_NONE;
    for (const char *c = separators; *c; c++) {
        int rc = try_separator(o, *c, p, end, whole, e);
        if (rc < 0)
            return -1;
        more |= rc == KC_DIALECT_MORE;
        if (rc == KC_TABLE_YES) {
            yes = *c;
            ny++;
        } else if (rc == KC_TABLE_DOUBT) {
            doubt = doubt ? doubt : *c;
            nd++;
        }
    }
    if (more)
        return KC_DIALECT_MORE;
    *sep = ny == 1 ? yes : ny == 0 && (nd == 1 || (sure && nd > 1)) ? doubt : 0;
    return *sep ? KC_DIALECT_FOUND : KC_DIALECT_NONE;
}
