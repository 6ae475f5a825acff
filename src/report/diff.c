/* The comparison of two labellings or models, as text and as JSON. Both forms show the same two tables, one in each
 * direction; a table of more than KC_OUT_MOST clusters is cut in the text only. */
#include "report/diff.h"

#include <math.h>
#include "report/names.h"
#include "report/width.h"

#define NAME 16u
#define LINKS 43u /* columns left for the clusters that a cluster went to or came from */

/* The comparison in one direction: the clusters of `side`, each with the clusters of `other` that it is linked to. */
struct direction {
    const struct kc_diff_side *side, *other;
    const size_t *first;      /* (k + 1) cluster c has the candidates col[first[c]] .. col[first[c + 1] - 1] in other */
    const uint32_t *col;
    const struct kc_kin_links *kin; /* models: the similarities of the centroids; else NULL */
    const struct kc_table *table;   /* labellings: the rows that two clusters share; else NULL */
    const enum kc_fate *fate;       /* (k) */
    const uint32_t *to;             /* (k) the cluster of other that decided the fate; KC_NONE if none did */
    const char *heading;
};

/* Set both directions: old to new, new to old. */
static void set_directions(const struct kc_diff_report *r, struct direction v[2])
{
    const struct kc_lineage *l = r->lineage;
    v[0] = (struct direction){.side = &r->old, .other = &r->new, .fate = l->old_fate, .to = l->to,
                         .heading = "fate        rows  old cluster       new clusters\n"};
    v[1] = (struct direction){.side = &r->new, .other = &r->old, .fate = l->new_fate, .to = l->from,
                         .heading = "origin      rows  new cluster       old clusters\n"};
    for (int i = 0; i < 2; i++) {
        v[i].table = i == 0 ? r->table : r->turned;
        if (r->kinship) {
            v[i].kin = i == 0 ? &r->kinship->old : &r->kinship->new;
            v[i].first = v[i].kin->first;
            v[i].col = v[i].kin->col;
        } else {
            v[i].first = v[i].table->first;
            v[i].col = v[i].table->col;
        }
    }
}

/* Return 1 if candidate p of cluster c is shown: it decided the fate, or received at least a share `split` of the rows.
 * Between models all candidates are links. */
static int is_link(const struct kc_diff_report *r, const struct direction *v, uint32_t c, size_t p)
{
    return v->kin || v->col[p] == v->to[c] ||
           (double)v->table->count[p] >= r->opts->split * (double)v->side->rows[c];
}

/* Return the share of the rows of cluster c that its candidate p has too. */
static double shared_part(const struct direction *v, uint32_t c, size_t p)
{
    return (double)v->table->count[p] / (double)v->side->rows[c];
}

/* Append the clusters that c is linked to, with their similarity or share, as one line. */
static int add_links(struct kc_buf *b, const struct kc_diff_report *r, const struct direction *v, uint32_t c,
                     struct kc_err *e)
{
    struct kc_buf line = {0};
    int rc = 0, any = 0;
    for (size_t p = v->first[c]; rc == 0 && p < v->first[c + 1]; p++)
        if (is_link(r, v, c, p)) {
            rc = (any ? kc_buf_adds(&line, ", ", e) : 0) != 0 ||
                 kc_out_add_label(&line, v->other->labels, v->col[p], 0, 0, e) != 0 ? -1 :
                 v->kin ? kc_buf_printf(&line, e, " %.3f", v->kin->similarity[p]) :
                                 kc_buf_printf(&line, e, " %.0f%%", 100 * shared_part(v, c, p));
            any = 1;
        }
    if (rc == 0)
        rc = kc_out_add_cut(b, line.p, line.n, LINKS, e) != 0 ? -1 : kc_buf_addc(b, '\n', e);
    kc_buf_free(&line);
    return rc;
}

/* Append one direction as a table: all clusters by label, or the largest of many. */
static int add_table(struct kc_buf *b, const struct kc_diff_report *r, const struct direction *v, struct kc_err *e)
{
    uint32_t k = v->side->labels->k;
    size_t shown = k > KC_OUT_MOST ? KC_OUT_SOME : k;
    uint32_t *order = kc_mem_alloc(k, sizeof *order, e);
    int rc = order ? kc_buf_printf(b, e, "\n%s", v->heading) : -1;
    if (order)
        kc_out_by_size(v->side->size, k, order);
    for (size_t i = 0; rc == 0 && i < shown; i++) {
        uint32_t c = shown < k ? order[i] : (uint32_t)i;
        rc = kc_buf_printf(b, e, "%-6s  %8llu  ", kc_fate_name(v->fate[c]),
                           (unsigned long long)v->side->size[c]) != 0 ||
             kc_out_add_label(b, v->side->labels, c, NAME, 0, e) != 0 || kc_buf_adds(b, "  ", e) != 0 ? -1 :
             add_links(b, r, v, c, e);
    }
    if (rc == 0 && shown < k)
        rc = kc_buf_printf(b, e, "and %zu smaller clusters\n", k - shown);
    kc_mem_free(order);
    return rc;
}

/* Append how many rows are compared. */
static int add_row_counts(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e)
{
    if (r->kinship)
        return kc_buf_printf(b, e, "%-24s%llu, then %llu\n", "rows", (unsigned long long)r->old.labels->assigned,
                             (unsigned long long)r->new.labels->assigned);
    if (kc_buf_printf(b, e, "%-24s%llu\n", "rows in both", (unsigned long long)r->common) != 0 ||
        (r->old.only && kc_buf_printf(b, e, "%-24s%llu\n", "only in old", (unsigned long long)r->old.only) != 0))
        return -1;
    return r->new.only ? kc_buf_printf(b, e, "%-24s%llu\n", "only in new", (unsigned long long)r->new.only) : 0;
}

int kc_out_diff_text(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e)
{
    const struct kc_agreement *a = r->agreement;
    struct direction v[2];
    set_directions(r, v);
    if (add_row_counts(b, r, e) != 0 ||
        kc_buf_printf(b, e, "%-24s%u, then %u\n", "clusters", r->old.labels->k, r->new.labels->k) != 0 ||
        (!r->kinship && kc_buf_printf(b, e, "%-24s%llu (%.2f%%)\n", "rows that changed", (unsigned long long)r->changed,
                                      100 * (double)r->changed / (double)r->common) != 0) ||
        kc_buf_printf(b, e, "%-24s%s\n%-24s%llu\n", "partition", r->same ? "the same" : "different",
                      "clusters renamed", (unsigned long long)r->renamed) != 0 ||
        (!r->kinship && (kc_out_add_figure(b, "adjusted rand", a ? a->ari : NAN, e) != 0 ||
                         kc_out_add_figure(b, "adjusted mutual", a ? a->ami : NAN, e) != 0 ||
                         kc_out_add_figure(b, "normalised mutual", a ? a->nmi : NAN, e) != 0)))
        return -1;
    return add_table(b, r, &v[0], e) != 0 ? -1 : add_table(b, r, &v[1], e);
}

/* Write a count of rows; null for models, which do not know their rows. */
static void write_row_count(struct kc_jsonw *w, const char *key, const struct kc_diff_report *r, uint64_t n)
{
    if (r->kinship)
        kc_jsonw_null(w, key);
    else
        kc_jsonw_u64(w, key, n);
}

/* Write one side with its clusters. links: the key of each cluster's links, "to" or "from". */
static void write_side(struct kc_jsonw *w, const char *key, const struct kc_diff_report *r, const struct direction *v,
                      const char *links)
{
    kc_jsonw_open(w, key, '{', 0);
    kc_jsonw_cstr(w, r->kinship ? "model" : "labels", v->side->name);
    write_row_count(w, "n", r, v->side->labels->n);
    kc_jsonw_u64(w, "assigned", v->side->labels->assigned);
    write_row_count(w, "only", r, v->side->only);
    kc_jsonw_u64(w, "k", v->side->labels->k);
    kc_jsonw_open(w, "clusters", '[', 0);
    for (uint32_t c = 0; c < v->side->labels->k; c++) {
        kc_jsonw_open(w, NULL, '{', 1);
        kc_out_json_label(w, "id", v->side->labels, c);
        kc_jsonw_u64(w, "size", v->side->size[c]);
        write_row_count(w, "common", r, r->kinship ? 0 : v->side->rows[c]);
        kc_jsonw_cstr(w, "fate", kc_fate_name(v->fate[c]));
        kc_jsonw_open(w, links, '[', 1);
        for (size_t p = v->first[c]; p < v->first[c + 1]; p++)
            if (is_link(r, v, c, p)) {
                kc_jsonw_open(w, NULL, '{', 1);
                kc_out_json_label(w, "id", v->other->labels, v->col[p]);
                if (v->kin) {
                    kc_jsonw_double(w, "similarity", v->kin->similarity[p]);
                } else {
                    kc_jsonw_u64(w, "rows", v->table->count[p]);
                    kc_jsonw_double(w, "share", shared_part(v, c, p));
                }
                kc_jsonw_close(w, '}');
            }
        kc_jsonw_close(w, ']');
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    kc_jsonw_close(w, '}');
}

int kc_out_diff_json(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e)
{
    static const struct kc_agreement undefined = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0};
    struct kc_jsonw w = KC_JSONW(b, e);
    struct direction v[2];
    set_directions(r, v);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_bool(&w, "same", r->same);
    write_row_count(&w, "common", r, r->common);
    write_row_count(&w, "changed", r, r->changed);
    kc_jsonw_u64(&w, "renamed", r->renamed);
    kc_out_json_agreement(&w, r->agreement ? r->agreement : &undefined);
    write_side(&w, "old", r, &v[0], "to");
    write_side(&w, "new", r, &v[1], "from");
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}
