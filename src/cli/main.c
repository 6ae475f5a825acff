/* The program: set up messages and signals, find the verb, run it. Without a verb, the first of the table runs: fit. */
#include <string.h>
#include "cli/cli.h"
#include "cli/messages.h"

const struct kc_verb *kc_verb_find(const char *name)
{
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

int main(int argc, char **argv)
{
    kc_log_init();
    kc_cli_guard_fds();
    kc_cli_guard_signals();
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return kc_cli_help(NULL, 0);
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        return kc_cli_version();
    const struct kc_verb *v = argc > 1 ? kc_verb_find(argv[1]) : NULL;
    return v ? kc_cli_run(v, argc - 1, argv + 1, 1) : kc_cli_run(kc_verbs[0], argc, argv, 0);
}
