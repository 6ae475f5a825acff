/* The fields of the records that a fit reads. A field that has several uses, such as a facet to group by, is read
 * once. */
#include <string.h>
#include "base/ctx.h"
#include "job/fit_run.h"

/* Add a field, unless it is in the list already. Return its place; KC_FIT_NO_FIELD if name is NULL. */
static size_t add_field(struct kc_fit_fields *f, const char *name, enum kc_attr_kind kind)
{
    size_t i = 0;
    if (!name)
        return KC_FIT_NO_FIELD;
    while (i < f->n && strcmp(f->name[i], name) != 0)
        i++;
    if (i == f->n) {
        f->kind[i] = KC_ATTR_ANY;
        f->name[f->n++] = name;
    }
    if (kind != KC_ATTR_ANY)
        f->kind[i] = kind;
    return i;
}

void kc_fit_fields_gather(struct kc_fit_fields *f, const struct kc_job_fit *j)
{
    f->n = 0;
    f->text = add_field(f, j->text_field, KC_ATTR_ANY);
    f->label = add_field(f, j->label_by, KC_ATTR_NUMBER);
    f->time = add_field(f, j->time_field, KC_ATTR_TIME);
    f->weight = add_field(f, j->weight_field, KC_ATTR_WEIGHT);
    for (size_t i = 0; i < j->ngroup_by; i++)
        f->group[i] = add_field(f, j->group_by[i], KC_ATTR_ANY);
    const int facets = j->path[KC_FIT_CLUSTERS] || j->path[KC_FIT_REPORT];
    f->document = add_field(f, j->path[KC_FIT_CLUSTERS] ? j->document_field : NULL, KC_ATTR_ANY);
    for (size_t i = 0; i < j->records.nfacets; i++)
        f->facet[i] = add_field(f, facets ? j->records.facets[i].field : NULL, KC_ATTR_ANY);
}

int kc_fit_field(const struct kc_job_run *run, size_t field, struct kc_field *out)
{
    if (field == KC_FIT_NO_FIELD)
        return 0;
    *out = (struct kc_field){&run->ds.attrs, run->ds.nattrs, field};
    return 1;
}

void kc_fit_fields_check(const struct kc_job_run *run)
{
    for (size_t i = 0; i < run->fields.n; i++) {
        struct kc_field f;
        size_t row = 0, n = 0;
        for (int any = kc_fit_field(run, i, &f); any && n == 0 && row < kc_rows_all(&run->ds.rows); row++)
            (void)kc_strs_get(f.attrs, row * f.stride + f.column, &n);
        char msg[512] = "";
        if (n > 0)
            continue;
        kc_fields_absent(run->fields.name[i], run->ds.st.keys, msg, sizeof msg);
        kc_ctx_log(&run->ctx, KC_LOG_WARN, "%s", msg);
    }
}

int kc_job_fit_split_fields(struct kc_job_fit *j, char *copy, size_t size, const char *value, const char *option,
                            struct kc_err *e)
{
    char *p = copy;
    if (strlen(value) >= size)
        return kc_err_set(e, KC_EUSAGE, "%s: longer than %zu bytes", option, size - 1);
    memcpy(p, value, strlen(value) + 1);
    j->ngroup_by = 0;
    for (char *end; p; p = end) {
        end = strchr(p, ',');
        if (end)
            *end++ = '\0';
        if (j->ngroup_by == KC_GROUP_FIELDS_MOST)
            return kc_err_set(e, KC_EUSAGE, "%s: more than %d fields", option, KC_GROUP_FIELDS_MOST);
        if (!*p)
            return kc_err_set(e, KC_EUSAGE, "%s: an empty field", option);
        for (size_t i = 0; i < j->ngroup_by; i++)
            if (strcmp(j->group_by[i], p) == 0)
                return kc_err_set(e, KC_EUSAGE, "%s: '%s' is given twice", option, p);
        j->group_by[j->ngroup_by++] = p;
    }
    return 0;
}
