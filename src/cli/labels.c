/* Options that verbs which write labels, and those which look for drift, have in common. */
#include <string.h>
#include "base/num.h"
#include "cli/cli.h"
#include "in/fields/fields.h"

int kc_cli_take_labels(struct kc_cli_labels *l, enum kc_opt_id id, const char *value, const char *name,
                       struct kc_err *e)
{
    switch (id) {
    case KC_OPT_OUTPUT:
        *l->output = value;
        return 0;
    case KC_OPT_SUMMARY:
        *l->summary = value;
        return 0;
    case KC_OPT_PROMETHEUS:
        *l->prometheus = value;
        return 0;
    case KC_OPT_OUTPUT_FORMAT:
        l->format_given = 1;
        return kc_out_format_by_name(value, &l->out->format) == 0 ? 0 :
               kc_opt_bad_word(value, "tsv csv jsonl", name, e);
    case KC_OPT_COLUMNS:
        return kc_out_columns_parse(value, l->out, e);
    case KC_OPT_ID_FORMAT:
        l->out->id_format = value;
        return kc_out_id_format_check(value, name, e);
    case KC_OPT_ANNOTATE:
        l->out->annotate = 1;
        return 0;
    default:
        return 1;
    }
}

int kc_cli_field(const char *value, const char *name, struct kc_err *e)
{
    struct kc_path path;
    return kc_path_parse(&path, value, 0, name, e);
}

int kc_cli_check_labels(struct kc_cli_labels *l, struct kc_err *e)
{
    if (l->out->annotate) {
        if (l->format_given && l->out->format != KC_OUT_JSONL)
            return kc_err_set(e, KC_EUSAGE, "--annotate writes jsonl and no other format");
        l->out->format = KC_OUT_JSONL;
    }
    if (*l->summary && strcmp(*l->summary, "-") == 0 && strcmp(*l->output, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--summary - needs --output FILE: standard output can be only one of them");
    if (*l->prometheus && strcmp(*l->prometheus, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--prometheus needs the name of a file");
    return 0;
}

int kc_cli_take_threshold(struct kc_threshold *t, const char *value, const char *name, struct kc_err *e)
{
    char shown[64];
    if (strcmp(value, "none") == 0 || strcmp(value, "outlier") == 0) {
        t->kind = *value == 'n' ? KC_THRESHOLD_NONE : KC_THRESHOLD_OUTLIER;
        return 0;
    }
    t->kind = *value == 'p' ? KC_THRESHOLD_PERCENTILE : KC_THRESHOLD_SIMILARITY;
    if (kc_num_double(value + (*value == 'p'), &t->value) == 0 &&
        (*value == 'p' ? t->value >= 0 && t->value <= 100 : t->value >= -1 && t->value <= 1))
        return 0;
    kc_err_escape(shown, sizeof shown, value, strlen(value));
    return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not none, outlier, a similarity from -1 to 1, or a percentile from p0 to p100",
                      name, shown);
}

int kc_cli_take_drift(struct kc_drift_limits *limits, int *drift, int *fail, enum kc_opt_id id, const char *value,
                      const char *name, struct kc_err *e)
{
    switch (id) {
    case KC_OPT_DRIFT:
        *drift = 1;
        return 0;
    case KC_OPT_FAIL_ON_DRIFT:
        *drift = *fail = 1;
        return 0;
    case KC_OPT_DRIFT_UNASSIGNED:
        return kc_opt_real(value, 0, 1, &limits->unassigned, name, e);
    case KC_OPT_DRIFT_SILHOUETTE:
        return kc_opt_real(value, 0, 2, &limits->silhouette, name, e);
    case KC_OPT_DRIFT_CV:
        return kc_opt_real(value, 0, 1e6, &limits->cv, name, e);
    case KC_OPT_DRIFT_ROWS:
        return kc_opt_real(value, 0, 1e6, &limits->rows, name, e);
    default:
        return 1;
    }
}
