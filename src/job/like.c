/* fit --like: find the old cluster of each row, by a file of labels or by the old model, for
 * kc_like_match. */
#include "job/like.h"

#include <string.h>
#include "base/intern.h"
#include "base/num.h"
#include "core/cluster/assign.h"
#include "in/fields/labels.h"
#include "io/source.h"
#include "model/assign.h"

/* Return the row of the model that a label names by its id; KC_NOISE if there is none. */
static uint32_t find_place(const struct kc_model *old, const struct kc_labelling *l, uint32_t label)
{
    char digits[24];
    size_t n;
    uint64_t id;
    const char *name = kc_strs_get(&l->names, label, &n);
    if (n == 0 || n >= sizeof digits)
        return KC_NOISE;
    memcpy(digits, name, n);
    digits[n] = '\0';
    if (kc_num_u64(digits, &id) != 0 || id > INT64_MAX)
        return KC_NOISE;
    size_t at = kc_model_find(old, (int64_t)id);
    return at == SIZE_MAX ? KC_NOISE : (uint32_t)at;
}

/* Fill place (n), the old cluster of each row, by the labels of a file: matched by term, or row by row if one side
 * has no terms. */
static int place_by_labels(const char *path, uint64_t max, const struct kc_dataset *ds, const struct kc_model *old,
                           uint32_t *place, struct kc_err *e)
{
    const struct kc_labels_opts o = {.noise = 1, .max = max};
    struct kc_labelling l = {0};
    size_t n = ds->rows.n, left, known = 0;
    uint32_t *from = kc_mem_alloc(n, sizeof *from, e), *of = NULL;
    int rc = -1;
    if (kc_labels_load(path, &o, &l, e) != 0 || !from)
        goto out;
    of = kc_mem_alloc(l.k, sizeof *of, e);
    if (!of)
        goto out;
    for (uint32_t c = 0; c < l.k; c++)
        of[c] = find_place(old, &l, c);
    if (l.terms.n > 0 && ds->terms.n > 0) {
        if (kc_intern_align(&l.terms, &ds->terms, from, &left, e) != 0)
            goto out;
    } else if (l.n == n) {
        for (size_t i = 0; i < n; i++)
            from[i] = (uint32_t)i;
    } else {
        kc_err_at(e, KC_EINPUT, kc_source_name(path), 0, "%zu labels without terms, expected %zu: one for each row",
                  l.n, n);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t label = from[i] == KC_INTERN_NONE ? KC_NOISE : l.labels[from[i]];
        place[i] = label == KC_NOISE ? KC_NOISE : of[label];
        known += place[i] != KC_NOISE ? 1 : 0;
    }
    rc = known > 0 ? 0 : kc_err_at(e, KC_EINPUT, kc_source_name(path), 0,
                                   "no row of the input has a label here that is an id of the old model");
out:
    kc_labelling_free(&l);
    kc_mem_free(of);
    kc_mem_free(from);
    return rc;
}

/* Fill place (n) by the labels that the old model gives. A row that it leaves unassigned has no place. */
static int place_by_model(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_model *old,
                          uint32_t *place, struct kc_err *e)
{
    const struct kc_assign_opts o = KC_ASSIGN_OPTS_DEFAULT;
    const size_t n = rows->n, votes = old->kind != KC_MODEL_CENTROIDS;
    struct kc_labelled l = {.labels = place};
    struct kc_labeller *labeller = NULL;
    int rc = -1;
    l.similarity = kc_mem_alloc(n, sizeof *l.similarity, e);
    l.nearest = kc_mem_alloc(votes ? n : 0, sizeof *l.nearest, e);
    l.margin = kc_mem_alloc(votes ? n : 0, sizeof *l.margin, e);
    if (!l.similarity || !l.nearest || !l.margin)
        goto out;
    if (!votes)
        rc = kc_assign(ctx, rows, old->centroids, (uint32_t)old->k, NULL, place, l.similarity, NULL, e);
    else if (kc_labeller_new(&labeller, old, &o, e) == 0)
        rc = kc_labeller_all(ctx, labeller, rows, &l, e);
out:
    kc_labeller_free(labeller);
    kc_mem_free(l.margin);
    kc_mem_free(l.nearest);
    kc_mem_free(l.similarity);
    return rc;
}

int kc_job_like(const struct kc_ctx *ctx, const char *labels, uint64_t max, const struct kc_dataset *ds,
                const struct kc_clustering *f, const struct kc_model *old, const char *path, struct kc_like *out,
                struct kc_err *e)
{
    uint32_t *place = kc_mem_alloc(f->n, sizeof *place, e);
    int rc = -1;
    memset(out, 0, sizeof *out);
    if (!place)
        goto out;
    if (!labels && old->d != f->d) {
        kc_err_at(e, KC_EINPUT, kc_source_name(path), 0,
                  "the model has %zu numbers per row, the input %zu: --like-labels matches clusters by their rows",
                  old->d, f->d);
        goto out;
    }
    if (labels ? place_by_labels(labels, max, ds, old, place, e) != 0 :
                 place_by_model(ctx, &ds->rows, old, place, e) != 0)
        goto out;
    rc = kc_like_match(out, old, f, place, labels != NULL, e);
out:
    kc_mem_free(place);
    return rc;
}
