/* Figures in the text exposition format of Prometheus (version 0.0.4), as node_exporter's textfile collector reads it:
 * gauges named kclust_..., in base units. */
#ifndef KC_REPORT_PROMETHEUS_H
#define KC_REPORT_PROMETHEUS_H

#include "base/mem.h"
#include "io/outfile.h"

struct kc_metrics {
    struct kc_buf text;
    const char *verb, *model; /* labels of every sample; model may be NULL */
    struct kc_err *e;
    int failed; /* memory was short: kc_metrics_write tells */
};

/* The lines before the samples of a metric: what it is. */
void kc_metrics_about(struct kc_metrics *m, const char *name, const char *help);
/* One sample; key and value of a label of its own, or NULL. NAN is written as NaN, which means: not defined. */
void kc_metrics_add(struct kc_metrics *m, const char *name, const char *key, const char *value, double x);
/* Both, for a metric of one sample. */
void kc_metrics_one(struct kc_metrics *m, const char *name, const char *help, double x);
/* What all verbs tell: the version, seconds and memory. */
void kc_metrics_common(struct kc_metrics *m, double seconds, uint64_t peak_rss);
int kc_metrics_write(struct kc_metrics *m, struct kc_outfile *f) KC_MUST_USE; /* and free the text */

#endif
