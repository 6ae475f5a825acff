/* Files of options and presets. A text is split into entries first, and then each entry is looked up among the verb's
 * options and passed on; a file may name presets, a preset names no other text. */
#include "cli/config.h"

#include <string.h>
#include "io/lines.h"

#define LONGEST ((uint64_t)1 << 20) /* bytes of the longest line */
#define ENTRIES_MOST 10000 /* of a file of options: each option may come more than once, but not so often */
#define TEXT_MOST 16000000 /* bytes of all entries */
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

/* Put an empty text in front of the list and return it. */
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

/* Parse a line NAME, NAME VALUE or NAME=VALUE and add its entry. The value is the rest of the line, without white space
 * around it. */
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

/* Return the option that a text calls by this name: by its whole long name, or by its letter if it has no long one. */
static const struct kc_option *find_option(const struct kc_verb *v, const char *name)
{
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++) {
        const struct kc_option *o = opts[i].row;
        if (o->name ? strcmp(o->name, name) == 0 : name[0] == o->letter && name[1] == '\0')
            return o;
    }
    return NULL;
}

/* Set *o to the option that the entry names, or to NULL if only other verbs have it. KC_EUSAGE if no verb has it. */
static int find_entry_option(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_verb *v,
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

/* Read a file of options, as far as it can be one: what has too many entries is cut, and c->cut tells it. */
static int read_file(struct kc_config *c, const char *path, struct kc_err *e)
{
    struct kc_lines l = {.limit = 0};
    char *p;
    size_t n;
    int rc = kc_lines_open(&l, path, e);
    l.limit = LONGEST;
    l.limit_code = KC_EUSAGE;
    while (rc == 0 && !c->cut && (rc = kc_lines_next(&l, &p, &n, e)) > 0) {
        rc = add_line(c, p, n, l.line, e);
        c->cut = c->n > ENTRIES_MOST || c->text.n > TEXT_MOST ? l.line : 0;
    }
    kc_lines_free(&l);
    if (rc != 0 && e->code == KC_EINPUT) /* bad bytes in a file of options are a usage error */
        e->code = KC_EUSAGE;
    return rc;
}

/* Set *value to the entry's value, or to NULL for a flag. KC_EUSAGE if the option must not be in a text, or the
 * value is missing or superfluous. */
static int entry_value(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_option *o,
                    const char **value, struct kc_err *e)
{
    const char *name = c->text.p + entry->name;
    *value = entry->value == SIZE_MAX ? NULL : c->text.p + entry->value;
    if (o->role == KC_ROLE_HELP || o->role == KC_ROLE_HELP_ALL || o->role == KC_ROLE_VERSION ||
        o->role == KC_ROLE_CONFIG)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "'%s' is for the command line only", name);
    if (!o->arg && *value)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "option '%s' takes no argument", name);
    if (o->arg && !*value)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "option '%s' needs an argument: %s", name, o->arg);
    if (*value && o->type == KC_OPTION_FILE && !**value)
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "%s: the file name is empty", name);
    return 0;
}

/* Return the error of an entry that was refused: a usage error gets the file and line of the entry. */
static int add_position(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_err *why,
                        struct kc_err *e)
{
    if (why->code == KC_EUSAGE && why->file[0] == '\0')
        return kc_err_at(e, KC_EUSAGE, c->file, entry->line, "%s", why->msg);
    *e = *why;
    return -1;
}

/* Pass on an entry that names no text itself. */
static int apply_plain(const struct kc_config *c, const struct kc_config_entry *entry, const struct kc_option *o,
                      kc_opt_take take, void *arg, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    const char *value;
    if (entry_value(c, entry, o, &value, e) != 0)
        return -1;
    return take(arg, o, value, c->text.p + entry->name, &why) == 0 ? 0 : add_position(c, entry, &why, e);
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
    c->preset = 1;
    for (; (nl = strchr(text, '\n')); text = nl + 1)
        if (add_line(c, text, (size_t)(nl - text), ++line, e) != 0)
            return -1;
    for (size_t i = 0; i < c->n; i++)
        if (find_entry_option(c, &c->entry[i], v, &o, e) != 0 ||
            (o && apply_plain(c, &c->entry[i], o, take, arg, e) != 0))
            return -1;
    return 0;
}

/* Pass on an entry of a file; one that names a preset, by its options. */
static int apply_entry(struct kc_config **list, const struct kc_config *c, const struct kc_config_entry *entry,
                      const struct kc_verb *v, const struct kc_option *o, kc_opt_take take, void *arg, struct kc_err *e)
{
    struct kc_err why = KC_ERR_INIT;
    const char *value;
    if (o->role != KC_ROLE_PRESET)
        return apply_plain(c, entry, o, take, arg, e);
    if (entry_value(c, entry, o, &value, e) != 0)
        return -1;
    if (kc_config_preset(list, v, value, c->text.p + entry->name, take, arg, &why) == 0)
        return 0;
    return add_position(c, entry, &why, e);
}

/* Pass on the last log-format before all other entries: errors in these are already reported in that format. */
static void apply_log_format(const struct kc_config *c, const struct kc_verb *v, kc_opt_take take, void *arg)
{
    for (size_t i = c->n; i-- > 0;) {
        const struct kc_option *o = find_option(v, c->text.p + c->entry[i].name);
        if (o && o->role == KC_ROLE_LOG && c->entry[i].value != SIZE_MAX) {
            struct kc_err ignored = KC_ERR_INIT; /* a bad value is reported when its entry comes up */
            (void)!take(arg, o, c->text.p + c->entry[i].value, o->name, &ignored);
            return;
        }
    }
}

/* Pass on all entries of a file. */
static int apply_all(struct kc_config **list, const struct kc_config *c, const struct kc_verb *v, int log_given,
                    kc_opt_take take, void *arg, struct kc_err *e)
{
    const struct kc_option *o;
    if (!log_given)
        apply_log_format(c, v, take, arg);
    for (size_t i = 0; i < c->n; i++) {
        const struct kc_config_entry *entry = &c->entry[i];
        if (find_entry_option(c, entry, v, &o, e) != 0)
            return -1;
        if (o && !(o->role == KC_ROLE_LOG && log_given) && apply_entry(list, c, entry, v, o, take, arg, e) != 0)
            return -1;
    }
    return c->cut == 0 ? 0 : kc_err_at(e, KC_EUSAGE, c->file, c->cut, "more than %d options or %d MB of them",
                                       ENTRIES_MOST, TEXT_MOST / 1000000);
}

int kc_config_file(struct kc_config **list, const struct kc_verb *v, const char *path, const char *option,
                   int log_given, kc_opt_take take, void *arg, struct kc_err *e)
{
    if (strcmp(path, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "%s needs the name of a file", option);
    struct kc_config *c = add_config(list, path, e);
    return c && read_file(c, path, e) == 0 ? apply_all(list, c, v, log_given, take, arg, e) : -1;
}
