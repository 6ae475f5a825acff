/* A table of outputs. The order of the rows is that of messages; they are committed from the last to the first, so that
 * the main output, the first, is replaced when all others are there. */
#include "io/outputs.h"

#include <string.h>

#define MOST 16 /* rows that are wanted */

int kc_outputs_check(const struct kc_output *o, size_t n, struct kc_err *e)
{
    size_t first = n;
    for (size_t i = 0; i < n; i++) {
        if (!o[i].path || strcmp(o[i].path, "-") != 0)
            continue;
        if (first == 0)
            return kc_err_set(e, KC_EUSAGE, "%s - needs %s FILE: standard output can be only one of them", o[i].option,
                              o[0].option);
        if (first < n)
            return kc_err_set(e, KC_EUSAGE, "%s - and %s -: standard output can be only one of them", o[i].option,
                              o[first].option);
        first = i;
    }
    return 0;
}

/* List the open outputs by name. */
static size_t list_open(const struct kc_output *o, size_t n, int all, struct kc_named_output named[MOST])
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (o[i].f && (all || !o[i].may_replace_input))
            named[m++] = (struct kc_named_output){o[i].f, o[i].option};
    return m;
}

int kc_outputs_open(struct kc_output *o, size_t n, struct kc_err *e)
{
    struct kc_named_output named[MOST];
    size_t wanted = 0;
    for (size_t i = 0; i < n; i++)
        wanted += o[i].path || o[i].f;
    if (wanted > MOST)
        return kc_err_set(e, KC_EUSAGE, "%zu outputs, expected at most %d", wanted, MOST);
    for (size_t i = 0; i < n; i++)
        if (o[i].path && !o[i].f && kc_outfile_open(&o[i].f, o[i].path, e) != 0)
            return -1;
    return kc_outfile_all_differ(named, list_open(o, n, 1, named), e);
}

int kc_outputs_none_is(const struct kc_output *o, size_t n, const char *path, const char *option, struct kc_err *e)
{
    struct kc_named_output named[MOST];
    return kc_outfile_none_is(named, list_open(o, n, 0, named), path, option, e);
}

int kc_outputs_none_of(const struct kc_output *o, size_t n, const char *const *files, size_t nfiles, struct kc_err *e)
{
    for (size_t i = 0; i < nfiles; i++)
        if (kc_outputs_none_is(o, n, files[i], files[i], e) != 0)
            return -1;
    return 0;
}

int kc_outputs_commit(struct kc_output *o, size_t n, struct kc_err *e)
{
    struct kc_outfile *f[MOST];
    for (int last = 0; last <= 1; last++) {
        size_t m = 0;
        for (size_t i = n; i-- > 0;)
            if (o[i].f && !o[i].last == !last)
                f[m++] = o[i].f;
        if (!last)
            for (size_t i = 0; i < n; i++)
                if (o[i].last && o[i].f && kc_outfile_finish(o[i].f, e) != 0)
                    return -1;
        if (kc_outfile_commit_all(f, m, e) != 0)
            return -1;
    }
    return 0;
}

void kc_outputs_tell(const struct kc_output *o, size_t n, const struct kc_ctx *ctx)
{
    for (size_t i = 0; i < n; i++)
        kc_outfile_tell(o[i].f, ctx);
}

void kc_outputs_free(struct kc_output *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        kc_outfile_free(o[i].f);
        o[i].f = NULL;
    }
}
