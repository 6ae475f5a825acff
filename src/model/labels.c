/* The labels of a model's clusters, and their stability. A label that is the term of the first representative is not
 * kept a second time, so that models whose labels are such are the same as those of versions that knew no labels. */
#include "model/model.h"

#include <string.h>

const char *kc_model_label(const struct kc_model *m, size_t c, size_t *n)
{
    if (m->labels.n > 0)
        return kc_strs_get(&m->labels, c, n);
    *n = 0;
    return m->rep_first[c] < m->rep_first[c + 1] ? kc_strs_get(&m->rep_terms, m->rep_first[c], n) : "";
}

int kc_model_copy_labels(const struct kc_model *m, struct kc_strs *out, struct kc_err *e)
{
    for (size_t c = 0; c < m->k; c++) {
        size_t n;
        const char *label = kc_model_label(m, c, &n);
        if (kc_strs_add(out, label, n, e) != 0)
            return -1;
    }
    return 0;
}

int kc_model_set_labels(struct kc_model *m, const struct kc_strs *labels, const int64_t *ids, struct kc_err *e)
{
    uint32_t *from = kc_mem_alloc(m->k, sizeof *from, e); /* place of each of m's clusters in labels */
    int same = 1, rc = from ? 0 : -1;
    kc_strs_free(&m->labels);
    for (size_t c = 0; rc == 0 && c < m->k; c++)
        from[ids ? kc_model_find(m, ids[c]) : c] = (uint32_t)c;
    for (size_t p = 0; rc == 0 && p < m->k; p++) {
        size_t n, nold;
        const char *label = kc_strs_get(labels, from[p], &n), *old = kc_model_label(m, p, &nold);
        same &= n == nold && memcmp(label, old, n) == 0;
    }
    for (size_t p = 0; rc == 0 && !same && p < m->k; p++) {
        size_t n;
        const char *label = kc_strs_get(labels, from[p], &n);
        rc = kc_strs_add(&m->labels, label, n, e);
    }
    kc_mem_free(from);
    return rc;
}

int kc_model_set_stability(struct kc_model *m, const double *stability, const int64_t *ids, struct kc_err *e)
{
    kc_mem_free(m->stability);
    m->stability = kc_mem_alloc(m->k, sizeof *m->stability, e);
    if (!m->stability)
        return -1;
    m->nstability = m->k;
    for (size_t c = 0; c < m->k; c++)
        m->stability[ids ? kc_model_find(m, ids[c]) : c] = stability[c];
    return 0;
}
