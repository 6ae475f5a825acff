/* Metrics in the text format of Prometheus. Every sample is labelled with the verb and the model, and all metrics are
 * gauges: a run is over when its file is read. */
#include "report/prometheus.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"

static void add_text(struct kc_metrics *m, const char *s)
{
    if (!m->failed && kc_buf_adds(&m->text, s, m->e) != 0)
        m->failed = 1;
}

/* Append a label: `before`, then key="value". Escapes are \\ \" \n; bytes that are not UTF-8 become U+FFFD. */
static void add_label(struct kc_metrics *m, const char *key, const char *value, char before)
{
    const char lead[2] = {before, '\0'};
    add_text(m, lead);
    add_text(m, key);
    add_text(m, "=\"");
    for (size_t left = strlen(value), len; left > 0; left -= len, value += len) {
        char c[8] = "";
        len = kc_utf8_length((const unsigned char *)value, left);
        if (*value == '\\' || *value == '"') {
            c[0] = '\\';
            c[1] = *value;
        } else if (*value == '\n') {
            memcpy(c, "\\n", 2);
        } else if (len == 0) {
            memcpy(c, "\xEF\xBF\xBD", 3);
        } else {
            memcpy(c, value, len);
        }
        len = len ? len : 1;
        add_text(m, c);
    }
    add_text(m, "\"");
}

void kc_metrics_about(struct kc_metrics *m, const char *name, const char *help)
{
    add_text(m, "# HELP ");
    add_text(m, name);
    add_text(m, " ");
    add_text(m, help);
    add_text(m, "\n# TYPE ");
    add_text(m, name);
    add_text(m, " gauge\n");
}

void kc_metrics_add(struct kc_metrics *m, const char *name, const char *key, const char *value, double x)
{
    char digits[KC_NUM_DOUBLE_MAX];
    add_text(m, name);
    add_label(m, "verb", m->verb, '{');
    if (m->model)
        add_label(m, "model", m->model, ',');
    if (key)
        add_label(m, key, value, ',');
    if (fabs(x) < 1e15 && x == floor(x))
        snprintf(digits, sizeof digits, "%.0f", x);
    else if (isfinite(x))
        kc_num_format_double(digits, x);
    else
        strcpy(digits, "NaN");
    add_text(m, "} ");
    add_text(m, digits);
    add_text(m, "\n");
}

void kc_metrics_one(struct kc_metrics *m, const char *name, const char *help, double x)
{
    kc_metrics_about(m, name, help);
    kc_metrics_add(m, name, NULL, NULL, x);
}

void kc_metrics_common(struct kc_metrics *m, double seconds, uint64_t peak_rss)
{
    kc_metrics_about(m, "kclust_build_info", "Version of kclust that made this run, as a label; always 1.");
    kc_metrics_add(m, "kclust_build_info", "version", KC_VERSION, 1);
    kc_metrics_one(m, "kclust_run_duration_seconds", "Wall-clock time of the run.", seconds);
    kc_metrics_one(m, "kclust_run_peak_resident_memory_bytes", "Largest resident memory of the run.",
                   (double)peak_rss);
}

int kc_metrics_write(struct kc_metrics *m, struct kc_outfile *f)
{
    int rc = m->failed ? -1 : kc_outfile_write(f, m->text.p, m->text.n, m->e);
    kc_buf_free(&m->text);
    return rc;
}
