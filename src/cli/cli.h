/* What the verbs share at run time: messages, the pool, progress, signals. */
#ifndef KC_CLI_CLI_H
#define KC_CLI_CLI_H

#include "base/ctx.h"
#include "cli/opt.h"
#include "core/judge/drift.h"
#include "in/dataset.h"
#include "model/assign.h"
#include "report/labels.h"

enum kc_when { KC_AUTO, KC_ALWAYS, KC_NEVER };

#define KC_ALGORITHMS_MOST 16

/* What every verb's arguments begin with. */
struct kc_cli {
    int loudness;                   /* -1: quiet, 0, 1: verbose */
    int progress;                   /* enum kc_when */
    uint64_t threads;               /* 0: all cores */
    int json;                       /* the format of messages: 0 text, 1 JSON */
    struct kc_ctx ctx;              /* valid while the verb runs */
    void *algorithm[KC_ALGORITHMS_MOST]; /* the options of each algorithm (core/algorithms.h), for verbs that have them */
    unsigned char given[KC_OPTS_MOST];  /* by the place in kc_opts_list: the option was given, */
    unsigned char active[KC_OPTS_MOST]; /* and its value asks for something */
};

/* cli/shared.c: options that several verbs have, and what single ones cannot tell. */

/* About a struct kc_in_opts. */
extern const struct kc_option kc_reading_options[];
#define KC_IN_DEFAULTS {.format = KC_IN_AUTO, .max_line = (uint64_t)16 << 20}

/* About a struct kc_out_opts: of rows that were clustered, and of rows that met a model, which have no silhouette. */
extern const struct kc_option kc_labels_options[], kc_met_labels_options[];
/* Settle the format of labels. */
int kc_cli_check_labels(const struct kc_verb *v, struct kc_out_opts *o, struct kc_err *e) KC_MUST_USE;

/* About a struct kc_cli_outputs: the outputs of verbs that meet a model. */
struct kc_cli_outputs {
    const char *labels, *summary, *prometheus;
};
extern const struct kc_option kc_met_output_options[];

/* About a struct kc_cli_drift. */
struct kc_cli_drift {
    int drift, fail;
    struct kc_drift_limits limits;
};
extern const struct kc_option kc_drift_options[];

/* About a struct kc_cli. */
extern const struct kc_option kc_running_options[];

/* Parse none, outlier, a similarity or a percentile. */
int kc_cli_parse_threshold(struct kc_threshold *t, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;
/* Check that the value is a key or a JSON Pointer. */
int kc_cli_check_field(const char *value, const char *name, struct kc_err *e) KC_MUST_USE;

/* cli/cli.c */

/* Find the time that outputs may tell: that of SOURCE_DATE_EPOCH, or -1 for none. */
int kc_cli_created(int64_t *seconds, struct kc_err *e) KC_MUST_USE;
/* KC_EUSAGE if an operand is the empty string. */
int kc_cli_no_empty(int argc, char **argv, int first, struct kc_err *e) KC_MUST_USE;
/* Put the operands into in->files. KC_EUSAGE if there are none and standard input is a terminal. */
int kc_cli_operands(const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_in_opts *in,
                    struct kc_err *e) KC_MUST_USE;
/* Run a verb from its arguments to its exit code. argv[0]: the verb, or the program when the verb was not named. */
int kc_cli_run(const struct kc_verb *v, int argc, char **argv, int named);

/* cli/log.c: what is said on standard error. As text, "kclust: ..." and one line; as JSON, one object a line. */
enum kc_level { KC_LEVEL_INFO, KC_LEVEL_WARNING, KC_LEVEL_ERROR };
void kc_log_init(void);
int kc_log_json(int json, struct kc_err *e) KC_MUST_USE; /* from here on: 0 text, 1 JSON */
/* code: that the program will exit with because of it, or 0. */
void kc_log_line(enum kc_level level, int code, const char *line);
/* A kc_ctx.event; arg: the struct kc_cli. */
void kc_log_event(void *arg, const char *phase, const char *message, const struct kc_fact *facts, size_t n);
int kc_cli_fail(const struct kc_err *e); /* tells it, and returns its exit code */
void kc_cli_say(const char *text, size_t n); /* as it is, behind a cleared progress bar */

/* Text to standard output, checked; returns the exit code. */
int kc_cli_print(struct kc_buf *b, struct kc_err *e);
int kc_cli_version(void);
int kc_cli_help(const struct kc_verb *v, int all); /* NULL: the program's; all: every option, else the basic ones */

/* cli/signals.c: descriptors 0 to 2 that are closed are filled so that using them fails, and signals remove temporary
 * files before they kill. */
void kc_cli_guard_fds(void);
void kc_cli_guard_signals(void);
/* From here on SIGUSR1 asks for a checkpoint, and SIGTERM for one before it kills. */
struct kc_asked;
struct kc_asked *kc_cli_asked(void);
void kc_cli_die(void); /* by the signal that a job has ended for, if there was one */

/* cli/progress.c. All may be called from any thread. */
void kc_progress_init(enum kc_when when);
void kc_progress_update(void *arg, const struct kc_progress *p); /* a kc_ctx.progress */
int kc_progress_on(void);
void kc_progress_clear(void);              /* the bar off the screen, until the next update */
void kc_progress_clear_from_signal(void);

/* cli/completions.c: a script for "bash", "zsh" or "fish"; -1 when the shell is unknown. */
int kc_cli_completions(struct kc_buf *b, const char *shell, struct kc_err *e) KC_MUST_USE;

#endif
