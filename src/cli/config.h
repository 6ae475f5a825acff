/* Texts of options: files (--config, KCLUST_CONFIG), and presets, which are such texts inside the program. */
#ifndef KC_CLI_CONFIG_H
#define KC_CLI_CONFIG_H

#include "base/mem.h"
#include "cli/opt.h"

#define KC_PRESET_WORDS \
    "news-documents news-events news-entities news-storylines " \
    "news-documents-density news-events-tree news-entities-tree news-storylines-density"

/* Return the text of a preset, one option per line as in a file; NULL if there is none of that name. */
const char *kc_preset_text(const char *name);

/* One option of a text. Its strings are in the text's buffer. */
struct kc_config_entry {
    size_t name, value; /* offsets of the two strings; value SIZE_MAX: none */
    uint64_t line;
};

/* A parsed text. Its values are used as long as the command runs, so all texts are kept in a list until then. */
struct kc_config {
    struct kc_config *next; /* the text read before, or NULL */
    const char *file;       /* for messages */
    int preset;             /* file is the name of a preset */
    struct kc_buf text;
    struct kc_config_entry *entry; /* (n) */
    size_t n, cap;
    uint64_t cut;           /* the line at which a file with too many entries was left; 0: it was read to its end */
};

/* Read a file of options, or the preset of that name, and pass the options to `take` in their order. Options that only
 * other verbs have are skipped. A wrong text is KC_EUSAGE, with the line.
 *
 * list       the texts so far; the new one is put in front. The caller frees the list
 * v          the verb
 * option     the option that named the text, for messages
 * log_given  1: ignore log-format in the file, since the command line has it */
int kc_config_file(struct kc_config **list, const struct kc_verb *v, const char *path, const char *option,
                   int log_given, kc_opt_take take, void *arg, struct kc_err *e) KC_MUST_USE;
int kc_config_preset(struct kc_config **list, const struct kc_verb *v, const char *name, const char *option,
                     kc_opt_take take, void *arg, struct kc_err *e) KC_MUST_USE;
/* Free a list of texts, which may be NULL. */
void kc_config_free(struct kc_config *list);

#endif
