/* A file of options, and what reaches the verb from it, beside a parse the plain way. Bytes: the verb; whether the log's
 * format was given; then the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cli/config.h"
#include "fuzz.h"
#include "io/source.h"

/* What was taken, one "option name value" a line. */
static int note(void *arg, const struct kc_option *o, const char *value, const char *name, struct kc_err *e)
{
    struct kc_buf *got = arg;
    FUZZ_CHECK(o->role == KC_ROLE_NONE || o->role == KC_ROLE_LOG || o->role == KC_ROLE_VERB);
    return kc_buf_printf(got, e, "%s%c %s %s\n", o->name ? o->name : "", o->letter ? o->letter : '-', name,
                         value ? value : "(none)");
}

static const struct kc_option *named(const struct kc_verb *v, const char *name)
{
    struct kc_opt opts[KC_OPTS_MOST];
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++) {
        char letter[2] = {opts[i].row->letter, '\0'};
        if (strcmp(opts[i].row->name ? opts[i].row->name : letter, name) == 0)
            return opts[i].row;
    }
    return NULL;
}

static int elsewhere(const char *name)
{
    int any = 0;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        any |= named(*v, name) != NULL;
    return any;
}

/* The text with lines ended by newlines, into want; the number of the line that is wrong, 0 when none is. */
static uint64_t twin(const struct kc_verb *v, char *text, int log_given, struct kc_buf *want)
{
    struct kc_err e = KC_ERR_INIT;
    uint64_t number = 0;
    for (char *line = text, *next; line; line = next) {
        number++;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        size_t n = strlen(line);
        if (n > 0 && line[n - 1] == '\r') /* a line's end; elsewhere it belongs to the value */
            line[--n] = '\0';
        while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
            line[--n] = '\0';
        line += strspn(line, " \t");
        if (*line == '\0' || *line == '#')
            continue;
        size_t len = strcspn(line, "= \t");
        char *value = line + len + strspn(line + len, " \t");
        int there = *value != '\0';
        if (*value == '=')
            value++;
        value += strspn(value, " \t");
        line[len] = '\0';
        const struct kc_option *o = named(v, line);
        if (!o && elsewhere(line))
            continue;
        if (!o)
            return number;
        if (o->role == KC_ROLE_LOG && log_given)
            continue;
        if (o->role == KC_ROLE_HELP || o->role == KC_ROLE_HELP_ALL || o->role == KC_ROLE_VERSION ||
            o->role == KC_ROLE_CONFIG ||
            !o->arg != !there || (o->type == KC_OPTION_FILE && there && !*value))
            return number;
        if (o->role == KC_ROLE_PRESET) {
            if (!kc_preset_text(value))
                return number;
            char *preset = strdup(kc_preset_text(value));
            FUZZ_CHECK(preset && twin(v, preset, 1, want) == 0);
            free(preset);
            continue;
        }
        FUZZ_CHECK(kc_buf_printf(want, &e, "%s%c %s %s\n", o->name ? o->name : "", o->letter ? o->letter : '-', line,
                                 there ? value : "(none)") == 0);
    }
    return 0;
}

/* Without what comes before all others, the log's format. */
static char *in_turn(const struct kc_buf *got, const struct kc_buf *want)
{
    return got->p + (got->n > want->n ? got->n - want->n : 0);
}

void fuzz_config(const uint8_t *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_config *list = NULL;
    struct kc_buf got = {0}, want = {0};
    char path[64];
    size_t verbs = 0;
    if (n < 2)
        return;
    while (kc_verbs[verbs])
        verbs++;
    const struct kc_verb *v = kc_verbs[p[0] % verbs];
    int log_given = p[1] & 1, fd = memfd_create("config", 0);
    FUZZ_CHECK(fd >= 0 && write(fd, p + 2, n - 2) == (ssize_t)(n - 2));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rc = kc_config_file(&list, v, path, "--config", log_given, note, &got, &e);
    FUZZ_CHECK(rc == 0 || e.code == KC_EUSAGE);
    FUZZ_CHECK(rc == 0 || (strcmp(e.file, path) == 0 && e.msg[0] && twin_utf8(e.msg, e.msg + strlen(e.msg)) &&
                           !strpbrk(e.msg, "\n\033\177")));
    const char *text = (const char *)p + 2;
    size_t len = n - 2;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3, len -= 3;
    int packed = kc_source_packed((const char *)p + 2, n - 2) != KC_SOURCE_PLAIN;
    if (!packed && !memchr(text, '\0', len) && twin_utf8(text, text + len)) {
        char *copy = strndup(text, len);
        uint64_t wrong = twin(v, copy, log_given, &want);
        FUZZ_CHECK((rc != 0) == (wrong != 0) && (rc == 0 || e.line == wrong));
        FUZZ_CHECK(got.n >= want.n && (want.n == 0 || memcmp(in_turn(&got, &want), want.p, want.n) == 0));
        free(copy);
    }
    kc_config_free(list);
    kc_buf_free(&got);
    kc_buf_free(&want);
    close(fd);
}
