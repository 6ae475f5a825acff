/* Completion scripts for bash, zsh and fish, made from the option tables, so that they cannot miss an option. */
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "cli/cli.h"

static int add_verb_names(struct kc_buf *b, struct kc_err *e)
{
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if ((v != kc_verbs && kc_buf_addc(b, ' ', e) != 0) || kc_buf_adds(b, (*v)->name, e) != 0)
            return -1;
    return 0;
}

/* Return 1 if the option's value is one of a list of words. */
static int has_words(const struct kc_option *o)
{
    return o->words || o->role == KC_ROLE_VERB;
}

/* Return 1 if the option's value is a list of such words, separated by commas. */
static int is_list(const struct kc_option *o)
{
    return o->words && o->arg && strcmp(o->arg, "LIST") == 0;
}

/* Add the words that a value is completed from. */
static int add_words(struct kc_buf *b, const struct kc_option *o, struct kc_err *e)
{
    return o->role == KC_ROLE_VERB ? add_verb_names(b, e) : kc_buf_adds(b, o->words, e);
}

/* Add the case pattern of one option with an argument, "VERB:--name|VERB:-x)". */
static int add_bash_pattern(struct kc_buf *b, const struct kc_verb *v, const struct kc_option *o, struct kc_err *e)
{
    if (kc_buf_adds(b, "    ", e) != 0 ||
        (o->name && kc_buf_printf(b, e, "%s:--%s", v->name, o->name) != 0) ||
        (o->name && o->letter && kc_buf_addc(b, '|', e) != 0) ||
        (o->letter && kc_buf_printf(b, e, "%s:-%c", v->name, o->letter) != 0))
        return -1;
    return kc_buf_adds(b, ")\n", e);
}

/* Add the cases that complete the values of a verb's options. */
static int add_bash_values(struct kc_buf *b, const struct kc_verb *v, struct kc_err *e)
{
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_shown(v, opts);
    for (size_t i = 0; i < n; i++) {
        const struct kc_option *o = opts[i].row;
        if (!o->arg)
            continue;
        if (add_bash_pattern(b, v, o, e) != 0)
            return -1;
        if (has_words(o) &&
            (kc_buf_adds(b, is_list(o) ? "        _kclust_list '" : "        mapfile -t COMPREPLY < <(compgen -W '",
                         e) != 0 ||
             add_words(b, o, e) != 0 || kc_buf_adds(b, is_list(o) ? "'\n" : "' -- \"$cur\")\n", e) != 0))
            return -1;
        if ((o->type == KC_OPTION_FILE && kc_buf_adds(b, "        _kclust_files\n", e) != 0) ||
            kc_buf_adds(b, "        return\n        ;;\n", e) != 0)
            return -1;
    }
    return 0;
}

/* Add the case that lists a verb's options. */
static int add_bash_options(struct kc_buf *b, const struct kc_verb *v, struct kc_err *e)
{
    if (kc_buf_printf(b, e, "        %s) words='", v->name) != 0)
        return -1;
    int any = 0;
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_shown(v, opts);
    for (size_t i = 0; i < n; i++) {
        const struct kc_option *o = opts[i].row;
        if ((any && kc_buf_addc(b, ' ', e) != 0) ||
            (o->name ? kc_buf_printf(b, e, "--%s", o->name) : kc_buf_printf(b, e, "-%c", o->letter)) != 0)
            return -1;
        any = 1;
    }
    return kc_buf_adds(b, "' ;;\n", e);
}

static int make_bash(struct kc_buf *b, struct kc_err *e)
{
    if (kc_buf_adds(b,
                    "# bash completion for kclust; made by: kclust help --completions bash\n"
                    "\n"
                    "_kclust_files() {\n"
                    "    compopt -o filenames 2> /dev/null\n"
                    "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                    "}\n"
                    "\n"
                    "# Complete the word after the last comma, without those before it.\n"
                    "_kclust_list() {\n"
                    "    local before='' word rest=()\n"
                    "    [[ $cur == *,* ]] && before=${cur%,*},\n"
                    "    for word in $1; do\n"
                    "        [[ ,$before == *\",$word,\"* ]] || rest+=(\"$before$word\")\n"
                    "    done\n"
                    "    compopt -o nospace 2> /dev/null\n"
                    "    mapfile -t COMPREPLY < <(compgen -W \"${rest[*]}\" -- \"$cur\")\n"
                    "}\n"
                    "\n"
                    "_kclust() {\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb=fit words\n"
                    "    if [[ $cur == '=' ]]; then\n"
                    "        cur=''\n"
                    "    elif [[ $prev == '=' ]]; then\n"
                    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                    "    fi\n"
                    "    if ((COMP_CWORD > 1)) && [[ \" ", e) != 0 ||
        add_verb_names(b, e) != 0 ||
        kc_buf_adds(b,
                    " \" == *\" ${COMP_WORDS[1]} \"* ]]; then\n"
                    "        verb=${COMP_WORDS[1]}\n"
                    "    fi\n"
                    "    case $verb:$prev in\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (add_bash_values(b, *v, e) != 0)
            return -1;
    if (kc_buf_adds(b,
                    "    esac\n"
                    "    if [[ $cur == -* ]]; then\n"
                    "        case $verb in\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (add_bash_options(b, *v, e) != 0)
            return -1;
    if (kc_buf_adds(b,
                    "        esac\n"
                    "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                    "        return\n"
                    "    fi\n"
                    "    if [[ $verb == help ]]; then\n"
                    "        mapfile -t COMPREPLY < <(compgen -W '", e) != 0 ||
        add_verb_names(b, e) != 0 ||
        kc_buf_adds(b,
                    "' -- \"$cur\")\n"
                    "        return\n"
                    "    fi\n"
                    "    _kclust_files\n"
                    "    if ((COMP_CWORD == 1)); then\n"
                    "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -W '", e) != 0 ||
        add_verb_names(b, e) != 0)
        return -1;
    return kc_buf_adds(b,
                       "' -- \"$cur\")\n"
                       "    fi\n"
                       "}\n"
                       "\n"
                       "complete -F _kclust kclust\n", e);
}

/* Add text that stands inside '...' of zsh's _arguments: the characters that it treats specially are escaped. */
static int add_zsh_text(struct kc_buf *b, const char *s, struct kc_err *e)
{
    for (; *s; s++) {
        if (strchr("[]:\\", *s) && kc_buf_addc(b, '\\', e) != 0)
            return -1;
        if ((*s == '\'' ? kc_buf_adds(b, "'\\''", e) : kc_buf_addc(b, *s, e)) != 0)
            return -1;
    }
    return 0;
}

static int add_zsh_option(struct kc_buf *b, const struct kc_option *o, struct kc_err *e)
{
    const char *plus = o->arg ? "+" : "", *equal = o->arg ? "=" : "";
    int rc;
    if (o->name && o->letter)
        rc = kc_buf_printf(b, e, "            '(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, plus,
                           o->name, equal);
    else if (o->name)
        rc = kc_buf_printf(b, e, "            '--%s%s[", o->name, equal);
    else
        rc = kc_buf_printf(b, e, "            '-%c%s[", o->letter, plus);
    if (rc != 0 || add_zsh_text(b, o->help, e) != 0 || kc_buf_addc(b, ']', e) != 0)
        return -1;
    if (o->arg && kc_buf_printf(b, e, ":%s:", o->arg) != 0)
        return -1;
    if (has_words(o) &&
        (kc_buf_adds(b, is_list(o) ? "_values -s , LIST " : "(", e) != 0 || add_words(b, o, e) != 0 ||
         (!is_list(o) && kc_buf_addc(b, ')', e) != 0)))
        return -1;
    if (o->type == KC_OPTION_FILE && kc_buf_adds(b, "_files", e) != 0)
        return -1;
    return kc_buf_adds(b, "' \\\n", e);
}

static int make_zsh(struct kc_buf *b, struct kc_err *e)
{
    if (kc_buf_adds(b,
                    "#compdef kclust\n"
                    "# zsh completion for kclust; made by: kclust help --completions zsh\n"
                    "\n"
                    "_kclust() {\n"
                    "    local verb=fit\n"
                    "    local -a verbs\n"
                    "    verbs=(\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (kc_buf_printf(b, e, "        '%s:", (*v)->name) != 0 || add_zsh_text(b, (*v)->brief, e) != 0 ||
            kc_buf_adds(b, "'\n", e) != 0)
            return -1;
    if (kc_buf_adds(b,
                    "    )\n"
                    "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
                    "        _describe verb verbs\n"
                    "        _files\n"
                    "        return\n"
                    "    fi\n"
                    "    if [[ -n ${verbs[(r)$words[2]:*]} ]]; then\n"
                    "        verb=$words[2]\n"
                    "        shift words\n"
                    "        (( CURRENT-- ))\n"
                    "    fi\n"
                    "    case $verb in\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++) {
        if (kc_buf_printf(b, e, "    %s)\n        _arguments -s -S \\\n", (*v)->name) != 0)
            return -1;
        static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
        size_t n = kc_opts_shown(*v, opts);
        for (size_t i = 0; i < n; i++)
            if (add_zsh_option(b, opts[i].row, e) != 0)
                return -1;
        if (strcmp((*v)->name, "help") == 0) {
            if (kc_buf_adds(b, "            '1:verb:(", e) != 0 || add_verb_names(b, e) != 0 ||
                kc_buf_adds(b, ")'\n", e) != 0)
                return -1;
        } else if (kc_buf_adds(b, "            '*:file:_files'\n", e) != 0) {
            return -1;
        }
        if (kc_buf_adds(b, "        ;;\n", e) != 0)
            return -1;
    }
    return kc_buf_adds(b,
                       "    esac\n"
                       "}\n"
                       "\n"
                       "_kclust \"$@\"\n", e);
}

static int add_fish_text(struct kc_buf *b, const char *s, struct kc_err *e)
{
    for (; *s; s++)
        if ((strchr("'\\", *s) && kc_buf_addc(b, '\\', e) != 0) || kc_buf_addc(b, *s, e) != 0)
            return -1;
    return 0;
}

static int add_fish_option(struct kc_buf *b, const struct kc_verb *v, const struct kc_option *o, struct kc_err *e)
{
    if (kc_buf_printf(b, e, "complete -c kclust -n '__kclust_verb %s'", v->name) != 0 ||
        (o->letter && kc_buf_printf(b, e, " -s %c", o->letter) != 0) ||
        (o->name && kc_buf_printf(b, e, " -l %s", o->name) != 0))
        return -1;
    if (o->arg && kc_buf_adds(b, o->type == KC_OPTION_FILE ? " -r -F" : " -x", e) != 0)
        return -1;
    if (has_words(o) &&
        (kc_buf_adds(b, is_list(o) ? " -a '(__kclust_list " : " -a '", e) != 0 || add_words(b, o, e) != 0 ||
         kc_buf_adds(b, is_list(o) ? ")'" : "'", e) != 0))
        return -1;
    if (kc_buf_adds(b, " -d '", e) != 0 || add_fish_text(b, o->help, e) != 0)
        return -1;
    return kc_buf_adds(b, "'\n", e);
}

static int make_fish(struct kc_buf *b, struct kc_err *e)
{
    if (kc_buf_adds(b,
                    "# fish completion for kclust; made by: kclust help --completions fish\n"
                    "\n"
                    "function __kclust_verb --description 'the verb on the command line is this one'\n"
                    "    set -l words (commandline -opc)\n"
                    "    set -l verb fit\n"
                    "    if test (count $words) -gt 1; and contains -- $words[2] ", e) != 0 ||
        add_verb_names(b, e) != 0 ||
        kc_buf_adds(b,
                    "\n"
                    "        set verb $words[2]\n"
                    "    end\n"
                    "    test $verb = $argv[1]\n"
                    "end\n"
                    "\n"
                    "function __kclust_list --description 'the list so far, with each word that it does not have yet'\n"
                    "    set -l list (string replace -r -- '^--?[^=]*=' '' (commandline -ct))\n"
                    "    set -l before (string replace -r -- '[^,]*$' '' \"$list\")\n"
                    "    for word in $argv\n"
                    "        contains -- $word (string split , -- \"$before\"); or echo \"$before$word\"\n"
                    "    end\n"
                    "end\n"
                    "\n"
                    "function __kclust_first --description 'the first word is being typed'\n"
                    "    test (count (commandline -opc)) -eq 1\n"
                    "end\n"
                    "\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (kc_buf_printf(b, e, "complete -c kclust -n __kclust_first -a %s -d '", (*v)->name) != 0 ||
            add_fish_text(b, (*v)->brief, e) != 0 || kc_buf_adds(b, "'\n", e) != 0)
            return -1;
    if (kc_buf_adds(b, "complete -c kclust -n '__kclust_verb help' -f -a '", e) != 0 || add_verb_names(b, e) != 0 ||
        kc_buf_adds(b, "'\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++) {
        static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
        size_t n = kc_opts_shown(*v, opts);
        for (size_t i = 0; i < n; i++)
            if (add_fish_option(b, *v, opts[i].row, e) != 0)
                return -1;
    }
    return 0;
}

int kc_cli_completions(struct kc_buf *b, const char *shell, struct kc_err *e)
{
    if (strcmp(shell, "bash") == 0)
        return make_bash(b, e);
    if (strcmp(shell, "zsh") == 0)
        return make_zsh(b, e);
    if (strcmp(shell, "fish") == 0)
        return make_fish(b, e);
    return kc_value_bad_word(shell, "bash zsh fish", "--completions", e);
}
