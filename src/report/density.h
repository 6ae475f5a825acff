/* What a fit by density adds to the reports of a fit. */
#ifndef KC_REPORT_DENSITY_H
#define KC_REPORT_DENSITY_H

#include "json/jsonw.h"
#include "report/report.h"

/* Append the table of layers to the text summary; nothing if the fit has none. */
int kc_out_layers_table(struct kc_buf *b, const struct kc_clustering *f, struct kc_err *e) KC_MUST_USE;
/* Write the members of the sidecar; none if the fit was not by density. */
void kc_out_density(struct kc_jsonw *w, const struct kc_clustering *f);

/* Return how many rows are in no cluster. */
uint64_t kc_out_count_noise(const struct kc_clustering *f);

#endif
