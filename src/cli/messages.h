/* What a user sees while a command runs: messages, the progress bar, and what signals do to them. */
#ifndef KC_CLI_MESSAGES_H
#define KC_CLI_MESSAGES_H

#include "base/ctx.h"
#include "base/mem.h"

enum kc_when { KC_AUTO, KC_ALWAYS, KC_NEVER };

/* cli/log.c: messages on standard error, as text ("kclust: ...", one line each) or as JSON, one object per line. */

enum kc_level { KC_LEVEL_INFO, KC_LEVEL_WARNING, KC_LEVEL_ERROR };
/* Start the clock of the messages. */
void kc_log_init(void);
/* Set the format of messages from here on: 0 text, 1 JSON. */
int kc_log_json(int json, struct kc_err *e) KC_MUST_USE;
/* Write a message. code: the exit code that it causes, or 0. */
void kc_log_line(enum kc_level level, int code, const char *line);
/* Write an event as JSON. A kc_ctx.event; arg: the struct kc_cli. */
void kc_log_event(void *arg, const char *phase, const char *message, const struct kc_fact *facts, size_t n);
/* Write how far a stage is as JSON; from any thread. */
void kc_log_progress(const char *stage, const struct kc_fact *facts, size_t n);
/* Report an error and return its exit code. */
int kc_cli_fail(const struct kc_err *e);
/* Clear the progress bar and write the text as it is. */
void kc_cli_say(const char *text, size_t n);
/* Return 1 if standard error is a terminal that may be coloured: TERM is not dumb, and NO_COLOR is empty. */
int kc_cli_colours(void);
/* Write the summary of a fit: on a terminal with colours, heads of tables are bold and the chosen k is green. */
void kc_cli_say_summary(const char *text, size_t n);

/* Write text to standard output. Return the exit code; a failure has been reported. */
int kc_cli_print(struct kc_buf *b, struct kc_err *e);
/* cli/signals.c */

/* Fill the descriptors 0 to 2 that are closed, so that using them fails. */
void kc_cli_guard_fds(void);
/* Make deadly signals remove temporary files and the progress bar before they kill. ranks: of the team. */
void kc_cli_guard_signals(unsigned ranks);
/* Send all that this process prints nowhere, because another rank of the team says it (cli/signals.c). */
void kc_cli_silence(void);
/* From here on let SIGUSR1 request a checkpoint, and SIGTERM one before it kills. Return where the requests are
 * recorded. */
struct kc_signal_requests;
struct kc_signal_requests *kc_cli_watch_signals(void);
/* Die by the signal that a job has ended for, if there was one. */
void kc_cli_die(void);

/* cli/progress.c: the progress bar, or objects of JSON in its place. */

/* Decide whether there is a bar, and start its clock. json: there are objects if it is always wanted, else nothing.
 * Call it before any other. */
void kc_progress_init(enum kc_when when, int json);
/* Redraw the bar, or write an object, from any thread. A kc_ctx.progress. */
void kc_progress_update(void *arg, const struct kc_progress *p);
/* Return 1 if there is a bar, or objects. */
int kc_progress_on(void);
/* Remove the bar from the screen until the next update, from any thread. */
void kc_progress_clear(void);
/* The same from a signal handler, without a lock. */
void kc_progress_clear_from_signal(void);

#endif
