/* Figures in the text exposition format of Prometheus (version 0.0.4), as node_exporter's textfile collector reads it:
 * gauges named kclust_..., in base units. */
#ifndef KC_REPORT_PROMETHEUS_H
#define KC_REPORT_PROMETHEUS_H

#include "base/mem.h"
#include "io/outfile.h"

struct kc_metrics {
    struct kc_buf text;
    const char *verb, *model; /* labels of every sample; model may be NULL */
    struct kc_err *e;         /* receives the first error */
    int failed; /* memory ran out: kc_metrics_write will return -1 */
};

/* Add the HELP and TYPE lines that precede the samples of a metric. */
void kc_metrics_about(struct kc_metrics *m, const char *name, const char *help);
/* Add one sample. key, value: a label of its own, or NULL. NAN, a figure that is not defined, is written as NaN. */
void kc_metrics_add(struct kc_metrics *m, const char *name, const char *key, const char *value, double x);
/* Add a metric of one sample: both of the above. */
void kc_metrics_one(struct kc_metrics *m, const char *name, const char *help, double x);
/* Add what all verbs report: the version, seconds and memory. */
void kc_metrics_common(struct kc_metrics *m, double seconds, uint64_t peak_rss);
/* Write the text to f and free it, also after a failure. */
int kc_metrics_write(struct kc_metrics *m, struct kc_outfile *f) KC_MUST_USE;

#endif
