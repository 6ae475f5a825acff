/* The program: set up messages and signals, find the verb, run it. Without a verb, the first of the table runs: fit. */
#include <string.h>
#include "cli/cli.h"
#include "cli/messages.h"
#include "par/team.h"

const struct kc_verb *kc_verb_find(const char *name)
{
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

/* Find the verb and run it, on this rank of the team. Only the first rank says anything. */
static int run_program(struct kc_team *team, int argc, char **argv)
{
    kc_cli_guard_signals(kc_team_size(team));
    kc_cli_team = team;
    if (kc_team_rank(team) > 0)
        kc_cli_silence();
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return kc_cli_help(NULL, 0);
    if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0))
        return kc_cli_version();
    const struct kc_verb *v = argc > 1 ? kc_verb_find(argv[1]) : NULL;
    return v ? kc_cli_run(v, argc - 1, argv + 1, 1) : kc_cli_run(kc_verbs[0], argc, argv, 0);
}

int main(int argc, char **argv)
{
    kc_log_init();
    kc_cli_guard_fds();
    struct kc_team *team = kc_team_join(&argc, &argv);
    const int code = run_program(team, argc, argv);
    kc_team_leave(team);
    return code;
}
