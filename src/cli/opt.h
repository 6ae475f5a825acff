/* Verbs and their options: the tables that drive parsing, --help, the completions and the manual's check. A verb is one
 * file cmd_VERB.c and one row in verbs.c. */
#ifndef KC_CLI_OPT_H
#define KC_CLI_OPT_H

#include "base/err.h"
#include "base/option.h"

#define KC_OPTS_MOST 240 /* options of a verb */

/* Rows that belong together in help. */
struct kc_opt_group {
    const char *heading;          /* NULL: continues the group before */
    const struct kc_option *rows; /* options about one struct */
    size_t at;                    /* offset of that struct in the verb's arguments */
    int algorithms;               /* instead of rows, the options of algorithms, about those in struct kc_cli: */
#define KC_FIRST_ALGORITHM 1      /* those of the default one, */
#define KC_OTHER_ALGORITHMS 2     /* or of all others, each under its own heading */
};

/* A rule about options that need or exclude each other. The lists are of long names, separated by spaces. */
struct kc_rule {
    enum { KC_NEEDS, KC_EXCLUDES } kind;
    const char *options; /* the options that the rule is about */
    const char *others;  /* NEEDS: the one option that each of them needs; EXCLUDES: the options that they exclude */
    const char *why;     /* NEEDS: what the needed option is, EXCLUDES: why, for the message; or NULL */
};

struct kc_verb {
    const char *name;
    const char *synopsis;              /* after the program's name */
    const char *brief;                 /* what it does, in a few words */
    const char *examples;              /* the lines that end the help: "  What it does:\n    kclust ...\n" */
    const struct kc_opt_group *groups; /* ended by a group without rows */
    const struct kc_rule *rules;       /* ended by a rule without options; NULL: none */
    int on_ranks;                      /* it runs on several ranks of a team (par/team.h) */
    int short_help;                    /* --help shows the basic options only */
    void *args;                        /* the arguments: a struct that begins with a struct kc_cli */
    const void *defaults;              /* the values of args before the command line is parsed */
    size_t size;                       /* bytes of args */
    /* Check combinations of options, and the operands argv[first..argc). named: the user named the verb. */
    int (*check)(void *args, const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_err *e);
    /* Run the verb; the context has been made. Returns the exit code, or -1 with e set. */
    int (*run)(void *args, struct kc_err *e);
    int (*main)(int argc, char **argv); /* replaces the frame in cli.c; NULL: the frame is used */
};

extern const struct kc_verb *const kc_verbs[]; /* ended by NULL; the first is the default */
/* Return the verb of that name; NULL if there is none. */
const struct kc_verb *kc_verb_find(const char *name);

/* An option of a verb, with its heading and the structs that hold its value and default. */
struct kc_opt {
    const struct kc_option *row;
    const char *heading;  /* of its group, or of its algorithm */
    void *base;           /* the struct that the row is about; NULL while the verb has no arguments yet */
    const void *defaults; /* a struct of the same type with the defaults */
    int repeated;         /* an earlier option has this name, as two algorithms' may: help shows it once */
};

/* List the options of a verb in the order of help, and return how many. Rows without a name, which are only for files,
 * are left out. */
size_t kc_opts_list(const struct kc_verb *v, struct kc_opt opts[KC_OPTS_MOST]);
/* List them without the repeated ones. */
size_t kc_opts_shown(const struct kc_verb *v, struct kc_opt opts[KC_OPTS_MOST]);

/* Accept one option. name: what the user wrote ("--k-min", "KCLUST_K_MIN"), for messages. */
typedef int (*kc_opt_take)(void *arg, const struct kc_option *row, const char *value, const char *name,
                           struct kc_err *e);

/* Parse the options of a command: first those of the environment, then those of the texts of options (cli/config.h),
 * that of KCLUST_CONFIG before those named on the command line, and last the other options of the command line. Each
 * is passed to `take`, except those whose role is help or to name a text. The format of messages is passed first as
 * well, so that all errors are reported in it.
 *
 * operands  set so that the operands are argv[*operands..argc)
 * done      set to the role that ends the program (help, version), or KC_ROLE_NONE
 * texts     receives the texts that values may lie in; the caller frees them (kc_config_free) when the command is done
 *
 * Returns -1 with KC_EUSAGE, or with KC_ESYS if a text cannot be read. */
struct kc_config;
int kc_opt_parse(const struct kc_verb *v, int argc, char **argv, kc_opt_take take, void *arg, int *operands,
                 enum kc_option_role *done, struct kc_config **texts, struct kc_err *e) KC_MUST_USE;

/* Store a value in every row of that name. A kc_opt_take; arg: where the verb is (const struct kc_verb **). */
int kc_opt_store(void *arg, const struct kc_option *row, const char *value, const char *name,
                 struct kc_err *e) KC_MUST_USE;

/* Return 1 if the option of this long name was given: on the command line, in the environment or in a text. */
int kc_opt_given(const struct kc_verb *v, const char *name);

/* Check the verb's rules. texts: those that kc_opt_parse received, for messages. KC_EUSAGE if one is broken. */
int kc_opt_check_rules(const struct kc_verb *v, const struct kc_config *texts, struct kc_err *e) KC_MUST_USE;
/* Check that no option is given that the chosen algorithm lacks and another one has, but for the environment's, which
 * are for all of them. KC_EUSAGE. */
int kc_opt_check_algorithm(const struct kc_verb *v, const struct kc_config *texts, struct kc_err *e) KC_MUST_USE;

/* Write the default as help shows it; an empty text if it shows none. */
void kc_opt_default(const struct kc_opt *o, char out[KC_OPTION_TEXT_MAX]);

#endif
