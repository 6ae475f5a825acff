/* Verbs and their options: the tables that drive parsing, --help, the completions and the manual's check. A verb is one
 * file cmd_VERB.c and one row in verbs.c. */
#ifndef KC_CLI_OPT_H
#define KC_CLI_OPT_H

#include "base/err.h"
#include "base/option.h"

#define KC_OPTS_MOST 160 /* options of a verb */

/* Rows that belong together in help. */
struct kc_opt_group {
    const char *heading;          /* NULL: goes on with the group before */
    const struct kc_option *rows; /* about one struct, */
    size_t at;                    /* which lies here in the verb's arguments */
    int algorithms;               /* 1: the rows of every algorithm instead, about their options in struct kc_cli */
};

/* What options must not be without, or beside, each other. The lists have long names, separated by spaces. */
struct kc_rule {
    enum { KC_NEEDS, KC_EXCLUDES } kind;
    const char *options; /* each of these */
    const char *others;  /* needs the only one of these, or excludes each of them */
    const char *why;     /* NEEDS: the end of the message after the other's name, or NULL */
};

struct kc_verb {
    const char *name;
    const char *synopsis;              /* after the program's name */
    const char *brief;                 /* what it does, in a few words */
    const char *examples;              /* the lines that end the help: "  What it does:\n    kclust ...\n" */
    const struct kc_opt_group *groups; /* ended by a group without rows */
    const struct kc_rule *rules;       /* ended by a rule without options; NULL: none */
    int short_help;                    /* --help shows the basic options only */
    void *args;                        /* the arguments, a struct that begins with a struct kc_cli, */
    const void *defaults;              /* what they are before the command line, */
    size_t size;                       /* and their bytes */
    /* Check what single options cannot tell, and the operands, argv[first..argc). */
    int (*ready)(void *args, const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_err *e);
    int (*run)(void *args, struct kc_err *e); /* the exit code, or -1 with e; the context is there */
    int (*main)(int argc, char **argv);       /* instead of the frame in cli.c; NULL: none */
};

extern const struct kc_verb *const kc_verbs[]; /* ended by NULL; the first is the default */
const struct kc_verb *kc_verb_find(const char *name); /* NULL: none */

/* An option of a verb, with its group and its places. */
struct kc_opt {
    const struct kc_option *row;
    const char *heading;  /* of its group */
    void *base;           /* the struct that the row is about; NULL where there are no arguments yet, */
    const void *defaults; /* and one with the defaults */
};

/* List the options of a verb in the order of help: rows that are for files only are left out. Returns how many. */
size_t kc_opts_list(const struct kc_verb *v, struct kc_opt opts[KC_OPTS_MOST]);

/* Take one option; name is what the user wrote ("--k-min", "KCLUST_K_MIN"), for messages. */
typedef int (*kc_opt_take)(void *arg, const struct kc_option *row, const char *value, const char *name, struct kc_err *e);

/* Parse a command line: the environment first, then the texts of options (cli/config.h), that of KCLUST_CONFIG and those
 * that the command line names, in their order; then the rest of the command line. All options go through take, but those
 * with the roles of configuration and help. (The format of messages is taken before all others, too: it says how errors
 * are reported.)
 *
 * operands  set: the operands are argv[*operands..argc)
 * done      set to the role that ends the program (help, version), or KC_ROLE_NONE
 * texts     the values may lie in these; the caller frees them (kc_config_free) when the command is done
 *
 * -1: KC_EUSAGE, or KC_ESYS for a text that cannot be read. */
struct kc_config;
int kc_opt_parse(const struct kc_verb *v, int argc, char **argv, kc_opt_take take, void *arg, int *operands,
                 enum kc_option_role *done, struct kc_config **texts, struct kc_err *e) KC_MUST_USE;

/* Store a value in every row of that name. A kc_opt_take; arg: the verb (const struct kc_verb *). */
int kc_opt_store(void *arg, const struct kc_option *row, const char *value, const char *name, struct kc_err *e) KC_MUST_USE;

/* Return 1 if the option of this long name was given, by whatever way. */
int kc_opt_given(const struct kc_verb *v, const char *name);

/* Check the verb's rules. KC_EUSAGE. */
int kc_opt_check_rules(const struct kc_verb *v, struct kc_err *e) KC_MUST_USE;

/* Write the default as help shows it; an empty text if it shows none. */
void kc_opt_default(const struct kc_opt *o, char out[KC_OPTION_TEXT_MAX]);

#endif
