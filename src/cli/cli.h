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

struct kc_cli {
    int quiet, verbose;
    enum kc_when progress;
    uint64_t threads;    /* 0: all cores */
    int json;            /* the log's format */
    struct kc_ctx ctx;   /* valid while the verb runs */
};

#define KC_CLI_INIT {0, 0, KC_AUTO, 0, 0, {0}}

/* Take a common option, or one about reading; 1 when it is neither. */
int kc_cli_take(struct kc_cli *c, struct kc_in_opts *in, enum kc_opt_id id, const char *value, const char *name,
                struct kc_err *e) KC_MUST_USE;

/* Reading options as they are without any on the command line. */
struct kc_in_opts kc_cli_in_defaults(void);

/* Whether the value is a key or a JSON Pointer. */
int kc_cli_field(const char *value, const char *name, struct kc_err *e) KC_MUST_USE;

/* KC_OPTS_LABELS: where the values go. */
struct kc_cli_labels {
    struct kc_out_opts *out;
    const char **output, **summary, **prometheus;
    int format_given;
};
/* Take one of them; 1 when it is another option. */
int kc_cli_take_labels(struct kc_cli_labels *l, enum kc_opt_id id, const char *value, const char *name,
                       struct kc_err *e) KC_MUST_USE;
/* What single options cannot tell. */
int kc_cli_check_labels(struct kc_cli_labels *l, struct kc_err *e) KC_MUST_USE;

int kc_cli_take_threshold(struct kc_threshold *t, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;

/* KC_OPTS_DRIFT; 1 when it is another option. */
int kc_cli_take_drift(struct kc_drift_limits *limits, int *drift, int *fail, enum kc_opt_id id, const char *value,
                      const char *name, struct kc_err *e) KC_MUST_USE;

/* The time that outputs may tell: SOURCE_DATE_EPOCH's, or -1 for none. */
int kc_cli_created(int64_t *seconds, struct kc_err *e) KC_MUST_USE;

/* KC_EUSAGE when an operand is the empty string. */
int kc_cli_no_empty(int argc, char **argv, int first, struct kc_err *e) KC_MUST_USE;

/* Operands to in->files; with none and a terminal on standard input that is KC_EUSAGE. */
int kc_cli_operands(const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_in_opts *in,
                    struct kc_err *e) KC_MUST_USE;

/* What a verb is made of, beside its table of options. */
struct kc_cli_work {
    const struct kc_verb *verb;
    const struct kc_verb *help; /* what --help is about; NULL: the whole program */
    kc_opt_take take;
    /* What single options cannot tell, and the operands, argv[first..argc). */
    int (*ready)(void *arg, int argc, char **argv, int first, int named, struct kc_err *e);
    int (*run)(void *arg, struct kc_err *e); /* the exit code, or -1 with e; cli->ctx is there */
    void *arg;                               /* of all three */
    struct kc_cli *cli;
};
/* A verb's run from its arguments to its exit code. */
int kc_cli_verb(const struct kc_cli_work *w, int argc, char **argv, int named);

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

int kc_cmd_fit(int argc, char **argv, int named);
int kc_cmd_assign(int argc, char **argv, int named);
int kc_cmd_update(int argc, char **argv, int named);
int kc_cmd_diff(int argc, char **argv, int named);
int kc_cmd_score(int argc, char **argv, int named);
int kc_cmd_convert(int argc, char **argv, int named);
int kc_cmd_info(int argc, char **argv, int named);
int kc_cmd_help(int argc, char **argv, int named);

#endif
