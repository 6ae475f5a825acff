/* Order the names of labels: integers by value, so that the clusters of kclust keep their ids where they are 0 .. k-1,
 * then the others by their bytes. */
#include <stdlib.h>
#include <string.h>
#include "in/fields/labels.h"

int kc_labels_integer(const char *p, size_t n, int64_t *v)
{
    int minus = n > 0 && p[0] == '-';
    const char *digits = p + minus;
    size_t m = n - (size_t)minus;
    if (m == 0 || m > 15 || (digits[0] == '0' && n > 1))
        return 0;
    *v = 0;
    for (size_t i = 0; i < m; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return 0;
        *v = *v * 10 + (digits[i] - '0');
    }
    *v = minus ? -*v : *v;
    return 1;
}

/* A label's name while names are sorted. */
struct label_name {
    const char *p;
    size_t n;
    uint32_t id;
    int integer;
    int64_t value;
};

/* Order names: integers first, by value, then the others by their bytes. */
static int compare_names(const void *x, const void *y)
{
    const struct label_name *a = x, *b = y;
    if (a->integer != b->integer)
        return b->integer - a->integer;
    if (a->integer)
        return (a->value > b->value) - (a->value < b->value);
    int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return c ? c : (a->n > b->n) - (a->n < b->n);
}

int kc_labels_number(struct kc_labelling *l, const struct kc_strs *names, struct kc_err *e)
{
    size_t k = names->n;
    struct label_name *name = kc_mem_alloc(k, sizeof *name, e);
    uint32_t *to = kc_mem_alloc(k, sizeof *to, e);
    int rc = -1;
    if (!name || !to)
        goto out;
    l->k = (uint32_t)k;
    l->integers = 1;
    for (size_t i = 0; i < k; i++) {
        name[i].p = kc_strs_get(names, i, &name[i].n);
        name[i].id = (uint32_t)i;
        name[i].integer = kc_labels_integer(name[i].p, name[i].n, &name[i].value);
        l->integers &= name[i].integer && name[i].value >= 0;
    }
    qsort(name, k, sizeof *name, compare_names);
    for (size_t i = 0; i < k; i++) {
        to[name[i].id] = (uint32_t)i;
        if (kc_strs_add(&l->names, name[i].p, name[i].n, e) != 0)
            goto out;
    }
    for (size_t i = 0; i < l->n; i++)
        if (l->labels[i] != KC_NOISE)
            l->labels[i] = to[l->labels[i]];
    rc = 0;
out:
    kc_mem_free(to);
    kc_mem_free(name);
    return rc;
}
