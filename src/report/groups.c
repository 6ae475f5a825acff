/* Groups and time windows in the records, the sidecar and the summary. The groups of a joined cluster are found by
 * sorting those of its rows. */
#include "report/groups.h"

#include <stdlib.h>
#include "base/date.h"
#include "base/mem.h"

void kc_out_group(struct kc_jsonw *w, const char *key, const struct kc_groups *g, uint32_t group)
{
    kc_jsonw_open(w, key, '{', 1);
    for (size_t j = 0; j < g->nfields; j++) {
        size_t n;
        const char *value = kc_strs_get(g->values, (size_t)group * g->nfields + j, &n);
        if (n > 0)
            kc_jsonw_raw(w, g->field[j], value, n);
        else
            kc_jsonw_null(w, g->field[j]);
    }
    kc_jsonw_close(w, '}');
}

static int compare_groups(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

int kc_out_group_members(struct kc_jsonw *w, const struct kc_groups *g, uint32_t cluster, const uint32_t *row, size_t m,
                         struct kc_err *e)
{
    uint32_t group = g->parts->group[cluster];
    if (g->nfields == 0)
        return 0;
    if (group != KC_NONE) {
        kc_out_group(w, "group", g, group);
        return 0;
    }
    uint32_t *of = kc_mem_alloc(m, sizeof *of, e);
    if (!of)
        return -1;
    for (size_t i = 0; i < m; i++)
        of[i] = g->of[row[i]];
    qsort(of, m, sizeof *of, compare_groups);
    kc_jsonw_null(w, "group");
    kc_jsonw_open(w, "groups", '[', 1);
    for (size_t i = 0; i < m; i++)
        if (i == 0 || of[i] != of[i - 1])
            kc_out_group(w, NULL, g, of[i]);
    kc_jsonw_close(w, ']');
    kc_mem_free(of);
    return 0;
}

void kc_out_parts(struct kc_jsonw *w, const struct kc_groups *g)
{
    const struct kc_parts *p = g->parts;
    kc_jsonw_open(w, "parts", '[', 0);
    for (size_t i = 0; i < p->nparts; i++) {
        const struct kc_part *part = &p->part[i];
        kc_jsonw_open(w, NULL, '{', 1);
        if (g->nfields > 0)
            kc_out_group(w, "group", g, part->group);
        if (g->window > 0) {
            char text[KC_DATE_MAX];
            kc_date_format(text, part->window * g->window);
            kc_jsonw_cstr(w, "window", text);
        }
        kc_jsonw_u64(w, "n", part->n);
        kc_jsonw_u64(w, "k", part->k);
        kc_jsonw_bool(w, "small", part->small);
        kc_jsonw_double(w, "silhouette", part->silhouette);
        kc_jsonw_double(w, "objective", part->objective);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    kc_jsonw_u64(w, "linked", p->linked);
    kc_jsonw_u64(w, "joined", p->joined);
    kc_jsonw_u64(w, "gaps", p->gaps);
}

int kc_out_parts_line(struct kc_buf *b, const struct kc_groups *g, struct kc_err *e)
{
    const struct kc_parts *p = g->parts;
    typedef unsigned long long ull;
    size_t groups = 1;
    for (size_t i = 1; i < p->nparts; i++)
        groups += p->part[i].group != p->part[i - 1].group;
    if (kc_buf_printf(b, e, "%zu group%s", groups, groups == 1 ? "" : "s") != 0 ||
        (p->small_groups && kc_buf_printf(b, e, " (%u too small to cluster, with %llu rows)", p->small_groups,
                                          (ull)p->small_rows) != 0) ||
        (g->window > 0 && kc_buf_printf(b, e, ", %zu windows, %llu clusters linked", p->nparts, (ull)p->linked) != 0) ||
        (p->joined && kc_buf_printf(b, e, ", %llu joined over groups", (ull)p->joined) != 0) ||
        (p->gaps && kc_buf_printf(b, e, ", %llu split at gaps", (ull)p->gaps) != 0))
        return -1;
    return kc_buf_adds(b, "\n\n", e);
}
