/* Groups and windows in the reports of a fit. */
#ifndef KC_REPORT_GROUPS_H
#define KC_REPORT_GROUPS_H

#include "core/parts/parts.h"
#include "json/jsonw.h"

struct kc_groups {
    const struct kc_parts *parts;
    const char *const *field;     /* (nfields) that make the groups; 0: all rows are one */
    size_t nfields;
    const struct kc_strs *values; /* of field j in group g: string g * nfields + j, compact JSON, "" for none */
    const uint32_t *of;           /* (n) the rows' groups; NULL: one */
    int64_t window;               /* as kc_parts_opts has it */
};

/* {"domain": "sport"} */
void kc_out_group(struct kc_jsonw *w, const char *key, const struct kc_groups *g, uint32_t group);
/* The members "group", and for one that was joined of several "groups", of a cluster with these rows (m of them). */
int kc_out_group_members(struct kc_jsonw *w, const struct kc_groups *g, uint32_t cluster, const uint32_t *row, size_t m,
                         struct kc_err *e) KC_MUST_USE;
/* The member "parts", what was clustered by itself; and what became of it. */
void kc_out_parts(struct kc_jsonw *w, const struct kc_groups *g);
/* The same for people, as one line. */
int kc_out_parts_line(struct kc_buf *b, const struct kc_groups *g, struct kc_err *e) KC_MUST_USE;

#endif
