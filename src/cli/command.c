/* The command line as text that a shell reads back, for reports and suggestions. */
#include <string.h>
#include "cli/cli.h"

int kc_cli_add_word(struct kc_buf *b, const char *word, struct kc_err *e)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=+@%-";
    if (b->n > 0 && kc_buf_addc(b, ' ', e) != 0)
        return -1;
    if (*word && word[strspn(word, plain)] == '\0')
        return kc_buf_adds(b, word, e);
    if (kc_buf_addc(b, '\'', e) != 0)
        return -1;
    for (; *word; word++)
        if ((*word == '\'' ? kc_buf_adds(b, "'\\''", e) : kc_buf_addc(b, *word, e)) != 0)
            return -1;
    return kc_buf_addc(b, '\'', e);
}

const struct kc_option *kc_cli_which(const struct kc_option *rows, const char *arg, int *value)
{
    const size_t n = strcspn(arg, "=");
    for (const struct kc_option *o = rows; arg[0] == '-' && !kc_option_is_last(o); o++) {
        const int named = o->name && n > 2 && strncmp(arg, "--", 2) == 0 && strncmp(o->name, arg + 2, n - 2) == 0;
        const int lettered = o->letter && arg[1] == o->letter && (o->arg || arg[2] == '\0');
        if (named || lettered) {
            *value = o->arg && (named ? arg[n] != '=' : arg[2] == '\0');
            return o;
        }
    }
    return NULL;
}

/* Threads, messages and progress are left out: they change no byte of an output. */
int kc_cli_command(const struct kc_verb *v, int argc, char **argv, struct kc_buf *b, struct kc_err *e)
{
    int value;
    if (kc_buf_adds(b, "kclust ", e) != 0 || kc_buf_adds(b, v->name, e) != 0)
        return -1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) { /* operands follow */
            for (; i < argc; i++)
                if (kc_cli_add_word(b, argv[i], e) != 0)
                    return -1;
            break;
        }
        const struct kc_option *o = kc_cli_which(kc_running_options, argv[i], &value);
        if (o && o->role != KC_ROLE_CONFIG)
            i += value;
        else if (kc_cli_add_word(b, argv[i], e) != 0)
            return -1;
    }
    return kc_buf_addc(b, '\0', e);
}
