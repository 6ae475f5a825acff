/* Groups and time windows in the reports of a fit. */
#ifndef KC_REPORT_GROUPS_H
#define KC_REPORT_GROUPS_H

#include "core/parts/parts.h"
#include "json/jsonw.h"

struct kc_groups {
    const struct kc_parts *parts;
    const char *const *field;     /* (nfields) the fields that form the groups */
    size_t nfields;               /* 0: all rows are one group */
    const struct kc_strs *values; /* value of field j in group g: string g * nfields + j, compact JSON, "" for none */
    const uint32_t *of;           /* (n) the rows' groups; NULL: one group */
    int64_t window;               /* as in kc_parts_opts */
};

/* Write the values of one group as the member `key`, e.g. {"domain": "sport"}. */
void kc_out_group(struct kc_jsonw *w, const char *key, const struct kc_groups *g, uint32_t group);
/* Write the group of a cluster as the member "group". A cluster joined from several groups gets "group": null, and a
 * list of them as "groups". row (m): the cluster's rows. */
int kc_out_group_members(struct kc_jsonw *w, const struct kc_groups *g, uint32_t cluster, const uint32_t *row, size_t m,
                         struct kc_err *e) KC_MUST_USE;
/* Write the parts that were clustered by themselves as the member "parts"; then the counts of clusters linked over
 * windows, joined over groups and split at gaps. */
void kc_out_parts(struct kc_jsonw *w, const struct kc_groups *g);
/* Append a summary of the parts as one line of text. */
int kc_out_parts_line(struct kc_buf *b, const struct kc_groups *g, struct kc_err *e) KC_MUST_USE;

#endif
