/* The verb plot: one picture. */
#include <string.h>
#include "cli/cli.h"
#include "io/suffix.h"
#include "job/plot.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_plot job;
    int format; /* 0: by the name of the output, 1 svg, 2 png */
} args;

static const struct args defaults = {.job = {.view = KC_JOB_VIEW_DEFAULT, .scale = 2, .output = "-"}};

#define AT(member) offsetof(struct args, member)

static const struct kc_option drawing[] = {
    {.name = "width", .arg = "PX", .type = KC_OPTION_REAL, .at = AT(job.picture.width), .low = 320, .high = 4000,
     .off = "auto", .shown = "by KIND", .help = "the width of the picture"},
    {.name = "height", .arg = "PX", .type = KC_OPTION_REAL, .at = AT(job.picture.height), .low = 240, .high = 4000,
     .off = "auto", .shown = "auto", .help = "the height of a map; other pictures are as high as they need to be"},
    {.name = "theme", .arg = "THEME", .type = KC_OPTION_WORD, .at = AT(job.picture.theme), .words = KC_THEME_WORDS,
     .help = "colours for light or dark paper; auto: as the page or the system is that shows the picture"},
    {.name = "points", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.picture.points), .most = 10000000,
     .shown = "50000", .help = "draw at most N points of a map: an even sample if there are more rows"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.letter = 'f', .name = "output-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = AT(format),
     .words = "auto svg png", .shown = "by the name of the output, else svg",
     .help = "svg, or png where librsvg is installed (Debian: librsvg2-2)"},
    {.name = "scale", .arg = "F", .type = KC_OPTION_REAL, .at = AT(job.scale), .low = 0.25, .high = 8,
     .help = "png: dots for each px of the picture"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Drawing:", .rows = drawing},
    {.heading = "Files:", .rows = kc_view_files_options, .at = AT(job.view)},
    {.rows = kc_labels_file_options, .at = AT(job.view.labels)},
    {.rows = kc_view_old_options, .at = AT(job.view)},
    {.rows = kc_gold_file_options, .at = AT(job.view.gold)},
    {.heading = "Showing:", .rows = kc_view_shown_options, .at = AT(job.view)},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.view.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

/* Find the format by the option, else by the name of the output. */
static int check_format(const struct kc_verb *v, struct args *a, struct kc_err *e)
{
    static const char words[] = "svg png";
    char suffix[KC_SUFFIX_MAX];
    const int named = *kc_suffix_of(a->job.output, suffix) != '\0';
    if (a->format == 0 && named && kc_suffix_find(words, suffix) < 0)
        return kc_suffix_refuse(a->job.output, "--output", words, "--output-format writes either of them to any name",
                                e);
    a->job.png = a->format == 2 || (a->format == 0 && named && strcmp(suffix, "png") == 0);
    if (!a->job.png && kc_opt_given(v, "scale"))
        return kc_err_set(e, KC_EUSAGE, "--scale is for png: an output that ends in .png, or -f png");
    return 0;
}

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    if (first == argc)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (KIND is missing: one of %s)", v->synopsis,
                          KC_PICTURE_WORDS);
    a->job.kind = kc_value_word(KC_PICTURE_WORDS, argv[first], strlen(argv[first]));
    if (a->job.kind < 0)
        return kc_value_bad_word(argv[first], KC_PICTURE_WORDS, "KIND", e);
    a->job.view.want_map = a->job.kind == KC_PICTURE_MAP;
    a->job.picture.title = a->job.view.title;
    if (a->job.kind != KC_PICTURE_MAP && (kc_opt_given(v, "height") || kc_opt_given(v, "points")))
        return kc_err_set(e, KC_EUSAGE, "--%s is for a map", kc_opt_given(v, "height") ? "height" : "points");
    return check_format(v, a, e) != 0 ? -1 : kc_cli_view_operands(v, &a->job.view, argc, argv, first + 1, named, e);
}

static int run_plot(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_plot_run(&a->cli.ctx, &a->job, e);
}

const struct kc_verb kc_verb_plot = {
    .name = "plot",
    .synopsis = "plot KIND LABELS [FILE]...",
    .brief = "one picture of the clusters",
    .examples =
        "  A map of the rows in the colours of their clusters:\n"
        "    kclust plot map -o map.svg clusters.tsv words.jsonl\n"
        "  Silhouettes for a paper, as PNG:\n"
        "    kclust plot silhouette --theme light -o s.png clusters.tsv words.jsonl\n"
        "  What each k would have scored, from the summary of the fit:\n"
        "    kclust plot k --from summary.json -o k.svg\n"
        "  What became of yesterday's clusters:\n"
        "    kclust plot flow --old yesterday.tsv -o flow.svg today.tsv\n",
    .groups = groups,
    .rules = kc_view_rules,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_plot,
};
