/* The labels of the clusters. A label is the member with the largest value of a field, if there is such a member; else
 * the words that set the cluster apart, if they were found; else the term of the representative. */
#include "in/dataset.h"
#include "job/fit_run.h"

/* Find the member of each cluster with the largest value of the field; of equal ones, the first. best (k) receives its
 * row; SIZE_MAX: no member has a value. */
static int find_largest(const struct kc_job_run *run, const struct kc_field *f, size_t *best, struct kc_err *e)
{
    const size_t k = run->fit.k;
    struct kc_attrs_work w = {{0}, {0}};
    double *most = kc_mem_alloc(k, sizeof *most, e);
    int rc = most ? 0 : -1;
    for (size_t c = 0; c < k; c++)
        best[c] = SIZE_MAX;
    for (size_t i = 0; rc == 0 && i < run->fit.n; i++) {
        const uint32_t c = run->fit.labels[i];
        size_t n;
        double x;
        const char *value = kc_strs_get(f->attrs, i * f->stride + f->column, &n);
        if (c == KC_NOISE || n == 0)
            continue;
        rc = kc_attrs_number(value, n, &w, &x, e);
        if (rc == 0 && (best[c] == SIZE_MAX || x > most[c])) {
            best[c] = i;
            most[c] = x;
        }
    }
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    kc_mem_free(most);
    return rc == 0 ? 0 : -1; /* 1 cannot be: the reader has checked the values */
}

/* Return the row whose term is the label of cluster c; SIZE_MAX: its words are the label. best: NULL, or as above. */
static size_t find_row(const struct kc_job_fit *j, const struct kc_job_run *run, const size_t *best, uint32_t c)
{
    return best && best[c] != SIZE_MAX ? best[c] :
           j->keywords ? SIZE_MAX : (size_t)run->fit.clusters[c].representative;
}

int kc_fit_name_clusters(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_field f;
    size_t *best = NULL;
    int rc = 0;
    if (kc_fit_field(run, run->fields.label, &f)) {
        best = kc_mem_alloc(run->fit.k, sizeof *best, e);
        rc = best ? find_largest(run, &f, best, e) : -1;
    }
    for (uint32_t c = 0; rc == 0 && c < run->fit.k; c++) {
        char digits[20];
        size_t n, row = find_row(j, run, best, c);
        const char *name = row == SIZE_MAX ? kc_strs_get(&run->keywords.labels, c, &n) :
                           kc_dataset_term(&run->ds, row, digits, &n);
        rc = kc_strs_add(&run->names, name, n, e);
    }
    kc_mem_free(best);
    return rc;
}
