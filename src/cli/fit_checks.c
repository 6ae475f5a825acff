/* What an algorithm cannot do with the other options of fit. */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"
#include "job/fit.h"

/* Return 1 if the rows are clustered in groups or windows. */
static int in_parts(const struct kc_job_fit *j)
{
    return j->ngroup_by || j->parts.window > 0 || j->parts.max_gap >= 0;
}

/* Check the columns of the labels. */
static int check_columns(const struct kc_job_fit *j, struct kc_err *e)
{
    const int purity = kc_out_has_column(&j->out, KC_COL_PURITY);
    const int probability = kc_out_has_column(&j->out, KC_COL_PROBABILITY);
    const int outlier = kc_out_has_column(&j->out, KC_COL_OUTLIER);
    const char *own = probability ? "probability" : "outlier";
    if ((probability || outlier) && !j->algorithm->noise)
        return kc_err_set(e, KC_EUSAGE, "column '%s' needs --algorithm hdbscan", own);
    if (purity && in_parts(j))
        return kc_err_set(e, KC_EUSAGE, "column 'purity' is not for groups and windows: rows of other ones are among a "
                          "row's neighbours");
    if (kc_out_has_column(&j->out, KC_COL_STABILITY) && in_parts(j))
        return kc_err_set(e, KC_EUSAGE, "column 'stability' is not for groups and windows: it is about all rows "
                          "together");
    if ((probability || outlier) && in_parts(j))
        return kc_err_set(e, KC_EUSAGE, "column '%s' is not for groups and windows: each has a scale of its own", own);
    return 0;
}

/* Let the finest level be the fit, unless k is given. opts: the options of the algorithm. */
static int settle_levels(const struct kc_job_fit *j, void *opts, struct kc_err *e)
{
    const struct kc_option *o = j->algorithm->options;
    char given[KC_OPTION_TEXT_MAX], usual[KC_OPTION_TEXT_MAX], number[24];
    while (!kc_option_is_last(o) && o->letter != 'k')
        o++;
    if (j->nlevels == 0 || kc_option_is_last(o))
        return 0;
    kc_option_text(o, opts, 1, given);
    kc_option_text(o, j->algorithm->defaults, 1, usual);
    snprintf(number, sizeof number, "%u", j->levels[j->nlevels - 1]);
    return strcmp(given, usual) != 0 ? 0 : kc_option_parse(o, opts, j->algorithm->defaults, number, "--levels", e);
}

int kc_cli_check_algorithm(const struct kc_job_fit *j, void *opts, struct kc_err *e)
{
    const struct kc_algorithm *a = j->algorithm;
    if ((j->checkpoint.file || j->checkpoint.timeout >= 0) && !a->resumable)
        return kc_err_set(e, KC_EUSAGE, "--checkpoint and --timeout are not for --algorithm %s: it is not resumable",
                          a->name);
    if ((j->weight_field || j->halflife > 0) && !a->weights)
        return kc_err_set(e, KC_EUSAGE, "%s is not for --algorithm %s: it knows no weights",
                          j->weight_field ? "--weight-field" : "--recency", a->name);
    if (kc_job_fit_leaves_by_centroid(j) && !a->centroids)
        return kc_err_set(e, KC_EUSAGE, "--threshold and --min-margin are not for --algorithm %s, whose clusters are "
                          "not around centroids: --min-purity is", a->name);
    if (j->centroids && !a->centroids)
        return kc_err_set(e, KC_EUSAGE, "--centroids needs centroids: --algorithm %s has none", a->name);
    if (j->pairs && !a->pairs)
        return kc_err_set(e, KC_EUSAGE, "--pairs is not for --algorithm %s, which knows no pairs: kmeans does",
                          a->name);
    if (j->path[KC_FIT_TREE] && !a->merges)
        return kc_err_set(e, KC_EUSAGE, "--tree needs a hierarchy: --algorithm %s makes none; ward, average, complete, "
                          "single and hdbscan do", a->name);
    if (j->all_levels && !a->noise)
        return kc_err_set(e, KC_EUSAGE, "--levels all are the layers of --algorithm hdbscan");
    return settle_levels(j, opts, e) != 0 ? -1 : check_columns(j, e);
}
