#include "cli/config.h"

#include <string.h>
#include "io/lines.h"

#define LONGEST ((uint64_t)1 << 20) /* bytes of a line */
#define SPACE " \t"

void kc_config_free(struct kc_config *list)
{
    while (list) {
        struct kc_config *next = list->next;
        kc_buf_free(&list->text);
        kc_mem_free(list->entry);
        kc_mem_free(list);
        list = next;
    }
}

/* An empty text in front of the list. */
static struct kc_config *add_config(struct kc_config **list, const char *file, struct kc_err *e)
{
    struct kc_config *c = kc_mem_zalloc(1, sizeof *c, e);
    if (!c)
        return NULL;
    c->file = file;
    c->next = *list;
    *list = c;
    return c;
}

/* NAME, NAME VALUE or NAME=VALUE; the value is the rest of the line, without the white space around it. */
static int add_line(struct kc_config *c, const char *p, size_t n, uint64_t line, struct kc_err *e)
{
    const char *end = p + n;
    while (end > p && strchr(SPACE, end[-1]))
        end--;
    while (p < end && strchr(SPACE, *p))
        p++;
    if (p == end || *p == '#')
        return 0;
    const char *name = p, *stop;
    while (p < end && *p != '=' && !strchr(SPACE, *p))
        p++;
    stop = p;
    while (p < end && strchr(SPACE, *p))
        p++;
    int equals = p < end && *p == '=';
    if (equals)
        p++;
    while (p < end && strchr(SPACE, *p))
        p++;
    if (c->n == c->cap) {
        size_t cap = c->cap ? kc_mem_mul(c->cap, 2) : 16;
        struct kc_config_entry *entry = kc_mem_realloc(c->entry, cap, sizeof *entry, e);
        if (!entry)
            return -1;
        c->entry = entry;
        c->cap = cap;
    }
    struct kc_config_entry *o = &c->entry[c->n++];
    *o = (struct kc_config_entry){c->text.n, SIZE_MAX, line};
    if (kc_buf_add(&c->text, name, (size_t)(stop - name), e) != 0 || kc_buf_addc(&c->text, '\0', e) != 0)
        return -1;
    if (!equals && p == end)
        return 0;
    o->value = c->text.n;
    return kc_buf_add(&c->text, p, (size_t)(end - p), e) != 0 ? -1 : kc_buf_addc(&c->text, '\0', e);
}

static int read_file(struct kc_config *c, const char *path, struct kc_err *e)
{
    struct kc_lines l = {.limit = 0};
    char *p;
    size_t n;
    int rc = kc_lines_open(&l, path, e);
    l.limit = LONGEST;
    l.limit_code = KC_EUSAGE;
    while (rc == 0 && (rc = kc_lines_next(&l, &p, &n, e)) > 0)
        rc = add_line(c, p, n, l.line, e);
    kc_lines_free(&l);
    if (rc != 0 && e->code == KC_EINPUT) /* it is no data */
        e->code = KC_EUSAGE;
    return rc;
}

/* The option that a text calls by this name: its long one, whole, or the letter of one that has no other. */
static const struct kc_option *find_option(const struct kc_verb *v, const char *name)
{
    struct kc_opt opts[KC_OPTS_MOST];
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++) {
        const struct kc_option *o = opts[i].row;
        if (o->name ? strcmp(o->name, name) == 0 : name[0] == o->letter && name[1] == '\0')
            return o;
    }
    return NULL;
}

/* v's option of that name into *o, NULL when it is another verb's. */
static int known(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_verb *v,
                 const struct kc_option **o, struct kc_err *e)
{
    char shown[128];
    const char *name = c->text.p + entry->name;
    const struct kc_option *others = NULL;
    *o = find_option(v, name);
    for (const struct kc_verb *const *w = kc_verbs; *w && !*o && !others; w++)
        others = find_option(*w, name);
    if (*o || others)
        return 0;
    kc_err_escape(shown, sizeof shown, name, strlen(name));
    if (!*name)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "begins with '=', expected the name of an option");
    if (*name == '-')
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "'%s': options are named without dashes here", shown);
    return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "no verb has an option '%s'", shown);
}

/* What the entry gives the option, NULL for a flag, into *value. */
static int value_of(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_option *o,
                    const char **value, struct kc_err *e)
{
    const char *name = c->text.p + entry->name;
    *value = entry->value == SIZE_MAX ? NULL : c->text.p + entry->value;
    if (o->role == KC_ROLE_HELP || o->role == KC_ROLE_HELP_ALL || o->role == KC_ROLE_VERSION || o->role == KC_ROLE_CONFIG)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "'%s' is for the command line only", name);
    if (!o->arg && *value)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "option '%s' takes no argument", name);
    if (o->arg && !*value)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "option '%s' needs an argument: %s", name, o->arg);
    if (*value && o->type == KC_OPTION_FILE && !**value)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "%s: the file name is empty", name);
    return 0;
}

/* Why an entry was not taken; a value that is wrong is so in its line. */
static int tell(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_err *why, struct kc_err *e)
{
    if (why->code == KC_EUSAGE && why->file[0] == '\0')
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "%s", why->msg);
    *e = *why;
    return -1;
}

/* An entry that is no text of options itself. */
static int take_plain(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_option *o,
                      kc_opt_take take, void *arg, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    const char *value;
    if (value_of(c, entry, o, &value, e) != 0)
        return -1;
    return take(arg, o, value, c->text.p + entry->name, &why) == 0 ? 0 : tell(c, entry, &why, e);
}

int kc_config_preset(struct kc_config **list, const struct kc_verb *v, const char *name, const char *option,
                     kc_opt_take take, void *arg, struct kc_err *e)
{
    const char *text = kc_preset_text(name), *nl;
    const struct kc_option *o;
    if (!text)
        return kc_value_bad_word(name, KC_PRESET_WORDS, option, e);
    struct kc_config *c = add_config(list, name, e);
    uint64_t line = 0;
    if (!c)
        return -1;
    for (; (nl = strchr(text, '\n')); text = nl + 1)
        if (add_line(c, text, (size_t)(nl - text), ++line, e) != 0)
            return -1;
    for (size_t i = 0; i < c->n; i++)
        if (known(c, &c->entry[i], v, &o, e) != 0 || (o && take_plain(c, &c->entry[i], o, take, arg, e) != 0))
            return -1;
    return 0;
}

/* A file may name a preset. */
static int take_entry(struct kc_config **list, const struct kc_config *c, const struct kc_config_entry *entry,
                      const struct kc_verb *v, const struct kc_option *o, kc_opt_take take, void *arg, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    const char *value;
    if (o->role != KC_ROLE_PRESET)
        return take_plain(c, entry, o, take, arg, e);
    if (value_of(c, entry, o, &value, e) != 0)
        return -1;
    return kc_config_preset(list, v, value, c->text.p + entry->name, take, arg, &why) == 0 ? 0 : tell(c, entry, &why, e);
}

/* The last of one name only, first: how errors are told has to be known before there are any. */
static void take_log_format(const struct kc_config *c, const struct kc_verb *v, kc_opt_take take, void *arg)
{
    for (size_t i = c->n; i-- > 0;) {
        const struct kc_option *o = find_option(v, c->text.p + c->entry[i].name);
        if (o && o->role == KC_ROLE_LOG && c->entry[i].value != SIZE_MAX) {
            struct kc_err unheard = KC_ERR_INIT; /* a bad value is found again in its turn */
            (void)!take(arg, o, c->text.p + c->entry[i].value, o->name, &unheard);
            return;
        }
    }
}

static int take_all(struct kc_config **list, const struct kc_config *c, const struct kc_verb *v, int log_given,
                    kc_opt_take take, void *arg, struct kc_err *e)
{
    const struct kc_option *o;
    if (!log_given)
        take_log_format(c, v, take, arg);
    for (size_t i = 0; i < c->n; i++) {
        const struct kc_config_entry *entry = &c->entry[i];
        if (known(c, entry, v, &o, e) != 0)
            return -1;
        if (o && !(o->role == KC_ROLE_LOG && log_given) && take_entry(list, c, entry, v, o, take, arg, e) != 0)
            return -1;
    }
    return 0;
}

int kc_config_file(struct kc_config **list, const struct kc_verb *v, const char *path, const char *option,
                   int log_given, kc_opt_take take, void *arg, struct kc_err *e)
{
    if (strcmp(path, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "%s needs the name of a file", option);
    struct kc_config *c = add_config(list, path, e);
    return c && read_file(c, path, e) == 0 ? take_all(list, c, v, log_given, take, arg, e) : -1;
}
