/* Options that report and plot share: what is shown of which files. They are about a struct kc_job_view. */
#include <string.h>
#include "cli/cli.h"
#include "core/graph/neighbours.h"
#include "job/view.h"
#include "text/keywords.h"
#include "text/languages.h"

static int parse_languages(void *base, const char *value, const char *name, struct kc_err *e)
{
    return kc_languages_parse(value, name, &((struct kc_job_view *)base)->languages, e);
}

static int parse_facet(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_view *j = base;
    if (j->nfacets == KC_VIEW_FACETS_MOST)
        return kc_err_set(e, KC_EUSAGE, "%s: more than %d facets", name, KC_VIEW_FACETS_MOST);
    if (kc_facet_parse(&j->facet[j->nfacets], value, name, e) != 0)
        return -1;
    return kc_cli_check_field(j->facet[j->nfacets++].field, name, e);
}

#define AT(member) offsetof(struct kc_job_view, member)

const struct kc_option kc_view_files_options[] = {
    {.name = "from", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(summary),
     .help = "the summary of the fit, which fit -s wrote as JSON: criteria of each k, warnings, the command"},
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(model),
     .help = "the model: names, representatives, and what each update brought; without LABELS its clusters are shown"},
    {.name = "map", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(map), .marks = KC_OPTION_NO_STDIO,
     .help = "the map, instead of a new one: saved by map --save-map, the rows are placed on it; or written by map as "
             "csv, tsv or npy, one line for each row"},
    {.name = "old", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(old.file),
     .help = "labels of earlier clusters of the rows, to show what became of them"},
    {.name = "gold", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(gold.file),
     .help = "labels that are known to be right, to show where the clusters differ from them"},
    {0}};

const struct kc_option kc_view_old_options[] = {
    {.name = "old-label-field", .arg = "FIELD", .at = AT(old.label_field),
     .help = "the column (name or number) or field of the labels in the file of --old"},
    {.name = "old-term-field", .arg = "FIELD", .at = AT(old.term_field),
     .help = "the column or field of the terms in the file of --old"},
    {0}};

const struct kc_option kc_view_shown_options[] = {
    {.name = "keywords", .arg = "N", .type = KC_OPTION_U64, .at = AT(keywords), .most = KC_KEYWORDS_MOST, .off = "off",
     .help = "find N keywords of each cluster in the texts, if the summary has none, and name the clusters by them"},
    {.name = "text-field", .arg = "FIELD", .at = AT(text_field), .check = kc_cli_check_field,
     .help = "show this field of the records as the text of a row, and find keywords in it, instead of in the term"},
    {.name = "language", .arg = "LIST", .type = KC_OPTION_OWN, .parse = parse_languages, .shown = "auto",
     .words = KC_LANGUAGE_WORDS, .help = "use the built-in stop words of these languages, as in fit"},
    {.name = "time-field", .arg = "FIELD", .at = AT(time_field), .check = kc_cli_check_field,
     .help = "the field with the time of a row: RFC 3339, a date, or seconds since 1970"},
    {.name = "time-bins", .arg = "BIN", .type = KC_OPTION_WORD, .at = AT(bins), .words = KC_VIEW_BIN_WORDS,
     .help = "the bins of the rows over time; auto: the shortest of which there are no more than 120"},
    {.name = "group-by", .arg = "FIELD", .at = AT(group_by), .check = kc_cli_check_field,
     .help = "show groups of rows with equal values in this field"},
    {.name = "facet", .arg = "FIELD", .type = KC_OPTION_OWN, .parse = parse_facet,
     .help = "show the most frequent values of this field in each cluster, under its name, or with NAME=FIELD under "
             "NAME; repeat for more"},
    {.name = "title", .arg = "TEXT", .at = AT(title), .help = "the title"},
    {.name = "method", .arg = "METHOD", .type = KC_OPTION_WORD, .at = AT(map_opts.method), .words = "tsne pca",
     .help = "how the map is made, as of kclust map: t-SNE, or principal components"},
    {.name = "exaggeration", .arg = "X", .type = KC_OPTION_REAL, .at = AT(map_opts.exaggeration), .low = 1,
     .high = 100, .off = "auto", .shown = "auto", .expected = "a number from 1 to 100, or auto",
     .help = "how tight the islands of the map are: 1 as t-SNE draws them, 4 as UMAP; auto: by the number of rows"},
    {.name = "max-memory", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(max_memory), .off = "off",
     .help = "use at most SIZE of memory: vectors that do not fit are streamed in passes"},
    {0}};

const struct kc_rule kc_view_rules[] = {
    {KC_NEEDS, "old-label-field old-term-field", "old", "the file of labels"},
    {KC_NEEDS, "gold-format gold-label-field gold-term-field", "gold", "the file of labels"},
    {KC_EXCLUDES, "map", "method exaggeration", "they make a new map"},
    {KC_NEEDS, "time-bins", "time-field", "the times of the rows"},
    {0}};

/* Return how many of the inputs are standard input. */
static int count_stdin(const struct kc_job_view *j, int argc, char **argv, int first)
{
    const char *const files[] = {j->labels.file, j->summary, j->model, j->old.file, j->gold.file, j->in.terms_file};
    int n = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        n += files[i] && strcmp(files[i], "-") == 0;
    for (int i = first; i < argc; i++)
        n += strcmp(argv[i], "-") == 0;
    return n;
}

int kc_cli_view_operands(const struct kc_verb *v, struct kc_job_view *j, int argc, char **argv, int first, int named,
                         struct kc_err *e)
{
    static const char *const of_rows[] = {"text-field", "time-field", "group-by", "facet", "terms", "metadata", "map",
                                          NULL};
    if (kc_cli_no_empty(argc, argv, first, e) != 0)
        return -1;
    if (first == argc && !j->summary && !j->model)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (LABELS is missing; or --from SUMMARY, or --model MODEL)",
                          v->synopsis);
    if (first < argc)
        j->labels.file = argv[first++];
    j->vectors = first < argc;
    for (size_t i = 0; !j->vectors && of_rows[i]; i++)
        if (kc_opt_given(v, of_rows[i]))
            return kc_err_set(e, KC_EUSAGE, "--%s needs the file with the records: kclust %s LABELS FILE", of_rows[i],
                              v->name);
    if (!j->labels.file && (j->old.file || j->gold.file))
        return kc_err_set(e, KC_EUSAGE, "%s needs the labels to compare with: kclust %s LABELS",
                          j->old.file ? "--old" : "--gold", v->name);
    if (count_stdin(j, argc, argv, first) > 1)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    return j->vectors ? kc_cli_operands(v, argc, argv, first, named, &j->in, e) : 0;
}
