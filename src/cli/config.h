/* Options that stand in a text: a file (--config, KCLUST_CONFIG), or a preset, which is such a text in the program. */
#ifndef KC_CLI_CONFIG_H
#define KC_CLI_CONFIG_H

#include "base/mem.h"
#include "cli/opt.h"

#define KC_PRESET_WORDS "news-documents news-events news-entities news-storylines"

/* A preset's text, one option a line, as a file has them; NULL: there is none of that name. */
const char *kc_preset_text(const char *name);

/* One option of a text. Its strings are in the text's buffer. */
struct kc_config_entry {
    size_t name, value; /* where they begin; value SIZE_MAX: there is none */
    uint64_t line;
};

/* A text taken apart. Values are used as long as the command runs, so all texts live in a list until then. */
struct kc_config {
    struct kc_config *next; /* read earlier */
    const char *file;       /* for messages */
    struct kc_buf text;
    struct kc_config_entry *entry; /* (n) */
    size_t n, cap;
};

/* Read the file, or the preset of that name, put it in front of *list, which the caller frees, and hand its options to
 * take, in their order: those that v has; one that only other verbs have is passed over. option: what the user named
 * it with, for messages. log_given: its log-format counts for nothing. A text that is wrong is KC_EUSAGE, with the line. */
int kc_config_file(struct kc_config **list, const struct kc_verb *v, const char *path, const char *option,
                   int log_given, kc_opt_take take, void *arg, struct kc_err *e) KC_MUST_USE;
int kc_config_preset(struct kc_config **list, const struct kc_verb *v, const char *name, const char *option,
                     kc_opt_take take, void *arg, struct kc_err *e) KC_MUST_USE;
void kc_config_free(struct kc_config *list); /* NULL is fine */

#endif
