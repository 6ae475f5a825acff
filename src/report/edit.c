/* The report on corrections: a line for each, in the order given. Ids of labels may be any text; in JSON those that are
 * whole numbers are numbers, as they are in the records of labels. */
#include "report/edit.h"

#include <string.h>
#include "in/fields/labels.h"
#include "json/jsonw.h"
#include "report/width.h"

#define WIDEST 40 /* columns of an id or a name in the text */

/* Append the id of a cluster. */
static int add_id(struct kc_buf *b, const struct kc_strs *ids, size_t c, struct kc_err *e)
{
    size_t n;
    const char *p = kc_strs_get(ids, c, &n);
    return kc_out_add_cut(b, p, n, WIDEST, e);
}

static int add_rows(struct kc_buf *b, uint64_t rows, struct kc_err *e)
{
    return kc_buf_printf(b, e, "%llu row%s\n", (unsigned long long)rows, rows == 1 ? "" : "s");
}

static int add_merge(struct kc_buf *b, const struct kc_edit_report *r, const struct kc_edit *edit, struct kc_err *e)
{
    const struct kc_edits *s = r->edits;
    const uint32_t to = s->place[s->at[edit->first]];
    for (size_t i = 0; i < edit->n; i++)
        if ((i > 0 && kc_buf_adds(b, " + ", e) != 0) || add_id(b, r->old, s->at[edit->first + i], e) != 0)
            return -1;
    return kc_buf_adds(b, " -> ", e) != 0 || add_id(b, r->ids, to, e) != 0 || kc_buf_adds(b, ", ", e) != 0 ? -1 :
           add_rows(b, r->rows[to], e);
}

static int add_split(struct kc_buf *b, const struct kc_edit_report *r, const struct kc_edit *edit, struct kc_err *e)
{
    const struct kc_edits *s = r->edits;
    const uint32_t c = s->at[edit->first];
    if (add_id(b, r->old, c, e) != 0 || kc_buf_adds(b, " -> ", e) != 0)
        return -1;
    for (uint32_t p = 0; p < s->parts[c]; p++)
        if ((p > 0 && kc_buf_adds(b, " + ", e) != 0) ||
            add_id(b, r->ids, p == 0 ? s->place[c] : s->part[c] + p - 1, e) != 0)
            return -1;
    for (uint32_t p = 0; p < s->parts[c]; p++)
        if (kc_buf_printf(b, e, "%s%llu", p == 0 ? ", " : " + ",
                          (unsigned long long)r->rows[p == 0 ? s->place[c] : s->part[c] + p - 1]) != 0)
            return -1;
    return kc_buf_adds(b, " rows\n", e);
}

static int add_rename(struct kc_buf *b, const struct kc_edit_report *r, const struct kc_edit *edit, struct kc_err *e)
{
    const struct kc_edits *s = r->edits;
    const uint32_t c = s->at[edit->first];
    if (add_id(b, r->old, c, e) != 0 || kc_buf_adds(b, " = ", e) != 0 || add_id(b, &s->names, s->name[c], e) != 0 ||
        kc_buf_adds(b, ", ", e) != 0)
        return -1;
    return add_rows(b, r->rows[s->place[c]], e);
}

int kc_out_edit_text(struct kc_buf *b, const struct kc_edit_report *r, struct kc_err *e)
{
    static int (*const add[])(struct kc_buf *, const struct kc_edit_report *, const struct kc_edit *,
                              struct kc_err *) = {add_merge, add_split, add_rename};
    const struct kc_edits *s = r->edits;
    char name[1100];
    for (size_t i = 0; i < s->n; i++)
        if (add[s->edit[i].kind](b, r, &s->edit[i], e) != 0)
            return -1;
    kc_err_escape(name, sizeof name, r->file, strlen(r->file));
    if (kc_buf_printf(b, e, "kclust: %s: %u cluster%s (%u before)", name, s->after, s->after == 1 ? "" : "s",
                      s->k) != 0 ||
        (r->model ? kc_buf_printf(b, e, ", generation %llu", (unsigned long long)r->generation) :
                    kc_buf_printf(b, e, ", %llu rows, %llu unassigned",
                                  (unsigned long long)(r->assigned + r->unassigned),
                                  (unsigned long long)r->unassigned)) != 0)
        return -1;
    return kc_buf_adds(b, r->dry ? "; nothing is written\n" : "\n", e);
}

/* Write an id: a whole number as a number. */
static void write_id(struct kc_jsonw *w, const char *key, const struct kc_strs *ids, size_t c)
{
    size_t n;
    int64_t v;
    const char *p = kc_strs_get(ids, c, &n);
    if (kc_labels_integer(p, n, &v))
        kc_jsonw_raw(w, key, p, n);
    else
        kc_jsonw_str(w, key, p, n);
}

/* Write one correction, with the clusters before and after it. */
static void write_edit(struct kc_jsonw *w, const struct kc_edit_report *r, const struct kc_edit *edit)
{
    static const char *const kinds[] = {"merge", "split", "rename"};
    const struct kc_edits *s = r->edits;
    const uint32_t c = s->at[edit->first];
    const uint32_t parts = edit->kind == KC_EDIT_SPLIT ? s->parts[c] : 1;
    kc_jsonw_open(w, NULL, '{', 1);
    kc_jsonw_cstr(w, "kind", kinds[edit->kind]);
    kc_jsonw_open(w, "from", '[', 1);
    for (size_t i = 0; i < edit->n; i++)
        write_id(w, NULL, r->old, s->at[edit->first + i]);
    kc_jsonw_close(w, ']');
    kc_jsonw_open(w, "to", '[', 1);
    for (uint32_t p = 0; p < parts; p++)
        write_id(w, NULL, r->ids, p == 0 ? s->place[c] : s->part[c] + p - 1);
    kc_jsonw_close(w, ']');
    kc_jsonw_open(w, "rows", '[', 1);
    for (uint32_t p = 0; p < parts; p++)
        kc_jsonw_u64(w, NULL, r->rows[p == 0 ? s->place[c] : s->part[c] + p - 1]);
    kc_jsonw_close(w, ']');
    if (edit->kind == KC_EDIT_RENAME) {
        size_t n;
        const char *p = kc_strs_get(&s->names, s->name[c], &n);
        kc_jsonw_str(w, "name", p, n);
    }
    kc_jsonw_close(w, '}');
}

int kc_out_edit_json(struct kc_buf *b, const struct kc_edit_report *r, struct kc_err *e)
{
    const struct kc_edits *s = r->edits;
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_cstr(&w, "verb", "edit");
    kc_jsonw_cstr(&w, r->model ? "model" : "labels", r->file);
    kc_jsonw_u64(&w, "k_before", s->k);
    kc_jsonw_u64(&w, "k", s->after);
    kc_jsonw_u64(&w, "assigned", r->assigned);
    if (r->model) {
        kc_jsonw_u64(&w, "generation", r->generation);
        kc_jsonw_u64(&w, "next_id", (uint64_t)r->next_id);
    } else {
        kc_jsonw_u64(&w, "unassigned", r->unassigned);
    }
    kc_jsonw_bool(&w, "dry_run", r->dry);
    kc_jsonw_open(&w, "edits", '[', 0);
    for (size_t i = 0; i < s->n; i++)
        write_edit(&w, r, &s->edit[i]);
    kc_jsonw_close(&w, ']');
    kc_jsonw_open(&w, "clusters", '[', 0);
    for (size_t c = 0; c < s->after; c++) {
        kc_jsonw_open(&w, NULL, '{', 1);
        write_id(&w, "id", r->ids, c);
        kc_jsonw_u64(&w, "size", r->rows[c]);
        kc_jsonw_close(&w, '}');
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_fixed(&w, "seconds", r->seconds, 3);
    kc_jsonw_u64(&w, "peak_rss", r->peak_rss);
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

void kc_out_edit_event(const struct kc_ctx *ctx, const struct kc_edit_report *r)
{
    const struct kc_edits *s = r->edits;
    size_t n[3] = {0, 0, 0};
    for (size_t i = 0; i < s->n; i++)
        n[s->edit[i].kind]++;
    const struct kc_fact facts[] = {{"merges", (double)n[KC_EDIT_MERGE]}, {"splits", (double)n[KC_EDIT_SPLIT]},
                                    {"renames", (double)n[KC_EDIT_RENAME]}, {"k", (double)s->after},
                                    {"rows", (double)(r->assigned + r->unassigned)}};
    kc_ctx_event(ctx, "edit", "the clusters are corrected", facts, sizeof facts / sizeof facts[0]);
}
