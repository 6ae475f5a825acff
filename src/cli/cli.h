/* What the verbs share at run time: messages, the pool, progress, signals. */
#ifndef KC_CLI_CLI_H
#define KC_CLI_CLI_H

#include "base/ctx.h"
#include "cli/opt.h"
#include "core/judge/drift.h"
#include "in/dataset.h"
#include "model/assign.h"
#include "report/labels.h"

#define KC_ALGORITHMS_MOST 16

/* The ranks that run the program together; NULL: there is only this one. Set once, by main. */
extern struct kc_team *kc_cli_team;

/* The arguments of every verb begin with this struct. */
struct kc_cli {
    int loudness;                   /* -1: quiet, 0: normal, 1: verbose */
    int progress;                   /* enum kc_when */
    uint64_t threads;               /* 0: all cores */
    int json;                       /* the format of messages: 0 text, 1 JSON */
    struct kc_ctx ctx;              /* valid while the verb runs */
    struct kc_buf command;          /* that repeats the run, as text */
    void *algorithm[KC_ALGORITHMS_MOST]; /* the options of each of kc_algorithms; NULL for verbs without them */
    unsigned char given[KC_OPTS_MOST];  /* whether the option at this place of kc_opts_list was given: 1 on the command
                                           line, 2 in the environment or a text */
    unsigned char active[KC_OPTS_MOST]; /* 1 if it was given a value that is not idle, see kc_option_is_idle */
};

/* cli/shared.c: options that several verbs have, and checks of their combinations. */

/* Options about a struct kc_in_opts. */
extern const struct kc_option kc_reading_options[];
extern const struct kc_option kc_ranks_options[]; /* of reading on the ranks of MPI */
#define KC_IN_DEFAULTS {.format = KC_IN_AUTO, .max_line = (uint64_t)16 << 20, .max_bad = 0.5}

/* Options about a struct kc_out_opts: for fit, and for verbs that apply a model, whose rows have no silhouette. */
extern const struct kc_option kc_labels_options[], kc_model_labels_options[];
/* Options about a struct kc_job_labels (job/align.h): of the operand LABELS, and of the file of gold labels. */
extern const struct kc_option kc_labels_file_options[], kc_gold_file_options[];
/* An option about a struct kc_out_opts: the nearest clusters of each row. */
extern const struct kc_option kc_top_options[];
/* Check that the algorithm of a fit can do what the other options ask for, and let these settle what its options (opts)
 * leave open (cli/fit_checks.c). KC_EUSAGE. */
struct kc_job_fit;
int kc_cli_check_algorithm(const struct kc_job_fit *j, void *opts, struct kc_err *e) KC_MUST_USE;
/* Options of fit about a struct kc_job_fit (cli/fit_rows.c). */
extern const struct kc_option kc_fit_rows_options[], kc_fit_words_options[], kc_fit_time_options[],
    kc_fit_ranks_options[], kc_fit_long_options[];
/* Options of report and plot about a struct kc_job_view, their rules, and the check of their operands, LABELS and files
 * of vectors, argv[first .. argc) (cli/view_rows.c). */
struct kc_job_view;
extern const struct kc_option kc_view_files_options[], kc_view_old_options[], kc_view_shown_options[];
extern const struct kc_rule kc_view_rules[];
int kc_cli_view_operands(const struct kc_verb *v, struct kc_job_view *j, int argc, char **argv, int first, int named,
                         struct kc_err *e) KC_MUST_USE;
/* Check the format of labels: that of --output-format, else by the name of the output (NULL: standard output), and
 * jsonl if --annotate is given. other: another output of labels, or NULL. */
int kc_cli_check_labels(const struct kc_verb *v, struct kc_out_opts *o, const char *output, const char *other,
                        struct kc_err *e) KC_MUST_USE;
/* Find the format of another output (NULL: there is none): by its suffix, one of words in the order of the formats,
 * else that of the labels. A suffix that is not among words is refused, unless it holds labels (of_labels), and
 * --output-format is given. One that holds none is tsv where the labels are no text. */
int kc_cli_other_format(const struct kc_verb *v, const char *path, const char *option, const char *words,
                        const struct kc_out_opts *labels, int of_labels, enum kc_out_format *format,
                        struct kc_err *e) KC_MUST_USE;
/* Return the name of the verb that is meant by a word which is none; NULL if none is similar. */
const char *kc_cli_verb_meant(const char *word);
/* Set *json if the name of a report ends in .json. Refuse a suffix of another format than text and JSON. */
int kc_cli_report_format(const char *path, int *json, struct kc_err *e) KC_MUST_USE;
/* Refuse an output (NULL is fine) whose suffix is not among words, see io/suffix.h. */
int kc_cli_check_suffix(const char *path, const char *option, const char *words, struct kc_err *e) KC_MUST_USE;

/* The outputs of verbs that apply a model. */
struct kc_cli_outputs {
    const char *labels, *summary, *prometheus;
};
/* Options about a struct kc_cli_outputs. */
extern const struct kc_option kc_model_output_options[];

struct kc_cli_drift {
    int drift; /* --drift */
    int fail;  /* --fail-on-drift */
    struct kc_drift_limits limits;
};
/* Options about a struct kc_cli_drift. */
extern const struct kc_option kc_drift_options[];

/* Options about a struct kc_cli. */
extern const struct kc_option kc_running_options[];

/* Parse "none", "outlier", a similarity, or a percentile as in p5. KC_EUSAGE; the message names the option. */
int kc_cli_parse_threshold(struct kc_threshold *t, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;
/* Check that the value is a key or a JSON Pointer. */
int kc_cli_check_field(const char *value, const char *name, struct kc_err *e) KC_MUST_USE;

/* cli/cli.c */

/* Find the time to store in outputs: that of SOURCE_DATE_EPOCH, or -1 for none. KC_EUSAGE if it is no number. */
int kc_cli_created(int64_t *seconds, struct kc_err *e) KC_MUST_USE;
/* KC_EUSAGE if an operand is the empty string. */
int kc_cli_no_empty(int argc, char **argv, int first, struct kc_err *e) KC_MUST_USE;
/* Put the operands argv[first..argc) into in->files, and check the options on reading. KC_EUSAGE if there are none and
 * standard input is a terminal, or if one looks like a misplaced verb. named: the user named the verb. */
int kc_cli_operands(const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_in_opts *in,
                    struct kc_err *e) KC_MUST_USE;
/* Run a verb and return the exit code. argv[0]: the verb, or the program if the verb was not named. */
int kc_cli_run(const struct kc_verb *v, int argc, char **argv, int named);

/* cli/command.c */

/* Append a word behind a blank, as a shell reads it back: in quotes if it needs them. */
int kc_cli_add_word(struct kc_buf *b, const char *word, struct kc_err *e) KC_MUST_USE;
/* Return the row of the option that an argument is, whose name may be cut short; NULL if it is none of them. *value: 1
 * if its value is the next argument. */
const struct kc_option *kc_cli_which(const struct kc_option *rows, const char *arg, int *value);
/* Write the command that repeats the run, with a NUL at its end. */
int kc_cli_command(const struct kc_verb *v, int argc, char **argv, struct kc_buf *b, struct kc_err *e) KC_MUST_USE;

/* cli/cmd_help.c */

/* Print the version, and return the exit code. */
int kc_cli_version(void);
/* Print the help of a verb (NULL: of the program), and return the exit code. all: every option, not only the basic
 * ones. */
int kc_cli_help(const struct kc_verb *v, int all);

/* cli/completions.c: make the completion script for "bash", "zsh" or "fish". KC_EUSAGE if the shell is unknown. */
int kc_cli_completions(struct kc_buf *b, const char *shell, struct kc_err *e) KC_MUST_USE;

#endif
