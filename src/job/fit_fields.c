#include <string.h>
#include "job/fit_run.h"

static size_t want(struct kc_fit_fields *f, const char *name)
{
    if (!name)
        return KC_FIT_NO_FIELD;
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->name[i], name) == 0)
            return i;
    f->name[f->n] = name;
    return f->n++;
}

void kc_fit_fields_gather(struct kc_fit_fields *f, const struct kc_job_fit *j)
{
    f->n = 0;
    f->text = want(f, j->text_field);
    f->document = want(f, j->clusters ? j->document_field : NULL);
    for (size_t i = 0; i < j->records.nfacets; i++)
        f->facet[i] = want(f, j->clusters ? j->records.facets[i].field : NULL);
}

int kc_fit_field(const struct kc_job_run *run, size_t field, struct kc_field *out)
{
    if (field == KC_FIT_NO_FIELD)
        return 0;
    *out = (struct kc_field){&run->ds.attrs, run->ds.nattrs, field};
    return 1;
}
