/* Files of labels in JSON: one record a line, or one array of labels. The first record decides which members hold term,
 * label and the name of the cluster. */
#include <stdio.h>
#include <string.h>
#include "in/fields/label_reader.h"
#include "json/json.h"

/* Find the value that the path from part `part` on leads to in the checked object at p. NULL if there is none. Of equal
 * keys the last counts. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the path, which is an option's */
static const char *find_json_value(const char *p, const char *end, const struct kc_path *path, unsigned part)
{
    const char *found = NULL;
    struct kc_json_fault fault;
    struct kc_json_str key;
    if (*p != '{')
        return NULL;
    p = kc_json_ws(p + 1);
    while (*p == '"') {
        p = kc_json_ws(kc_json_string(p, end, &key, &fault));
        p = kc_json_ws(p + 1);
        if (kc_path_is_key(path, part, &key))
            found = part + 1 < path->n ? find_json_value(p, end, path, part + 1) : p;
        p = kc_json_ws(kc_json_skip(p, end, 1, &fault));
        if (*p == ',')
            p = kc_json_ws(p + 1);
    }
    return found;
}

/* Read the string or number at `path` of a record, decoded into tmp if need be. */
static int read_json_value(struct kc_label_reader *s, const char *p, const char *end, const struct kc_path *path,
                           struct kc_buf *tmp, struct kc_label_str *out, struct kc_err *e)
{
    const char *v = find_json_value(p, end, path, 0);
    struct kc_json_fault fault;
    if (!v)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "no field '%s'", path->name);
    if (path == &s->label)
        kc_label_reader_note(s, 0, v, kc_json_skip(v, end, 1, &fault));
    if (*v == '-' || (*v >= '0' && *v <= '9')) {
        *out = (struct kc_label_str){v, (size_t)(kc_json_skip(v, end, 1, &fault) - v)};
        return 0;
    }
    if (*v != '"')
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s is %s, expected a string or a number%s", path->name,
                         kc_json_kind(*v), *v == '[' ? ": jq -c .FIELD takes an array out, which is read" : "");
    struct kc_json_str text;
    (void)kc_json_string(v, end, &text, &fault);
    tmp->n = 0;
    int rc = kc_json_decode(&text, tmp, e);
    if (rc > 0)
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "%s has a lone surrogate", path->name);
    *out = (struct kc_label_str){tmp->p, tmp->n};
    return rc;
}

/* Parse the path of a field that an option names, and drop the option if the record has not the field. */
static int take_named(struct kc_label_reader *s, const char *p, const char *end, struct kc_path *path, const char *name,
                      unsigned missing, struct kc_err *e)
{
    const char *option = missing == KC_LABELS_NO_LABEL ? s->o->label_option : s->o->term_option;
    char msg[512];
    if (kc_path_parse(path, name, 0, option, e) != 0)
        return -1;
    if (find_json_value(p, end, path, 0))
        return 0;
    snprintf(msg, sizeof msg, "no field '%.200s' (%s); ", path->name, option);
    kc_fields_list(p, end, path->name, msg, sizeof msg);
    path->n = 0;
    return kc_label_reader_drop(s, missing, msg, e);
}

/* Decide by the first record which members hold term and label. */
static int choose_json_fields(struct kc_label_reader *s, const char *p, const char *end, struct kc_err *e)
{
    struct kc_fields f;
    memset(&f, 0, sizeof f);
    f.want_term = 1;
    const char *own = s->o->own_term_field;
    if (own && take_named(s, p, end, &s->term, own, KC_LABELS_NO_TERM, e) != 0)
        return -1;
    if (!s->o->own_term_field && s->o->term_field &&
        kc_path_parse(&s->term, s->o->term_field, 0, "--term-field", e) != 0)
        return -1;
    if (s->term.n == 0 || !find_json_value(p, end, &s->term, 0)) {
        kc_fields_guess(&f, p, end, 0);
        s->term = f.term;
    }
    if (s->o->label_field && take_named(s, p, end, &s->label, s->o->label_field, KC_LABELS_NO_LABEL, e) != 0)
        return -1;
    if (s->o->label_field) {
        s->term.n = strcmp(s->label.name, s->term.name) == 0 ? 0 : s->term.n;
        return 0;
    }
    struct kc_json_str best = {NULL, 0, 0}, key;
    const char *value = "";
    int rank = -1;
    for (const char *q = kc_json_first(p); q; q = kc_json_next(kc_json_past(q))) {
        q = kc_json_member(q, &key);
        int r = key.escaped || key.n > 64 ? -1 : kc_fields_find(KC_LABELS_NAMES, key.p, key.n);
        if (r >= 0 && (rank < 0 || r < rank)) {
            rank = r;
            best = key;
            value = q;
        }
    }
    if (rank >= 0 && !(s->l->missed && (*value == '{' || *value == '['))) {
        char one[72];
        snprintf(one, sizeof one, "%.*s", (int)best.n, best.p);
        if (kc_path_parse(&s->label, one, 0, "", e) != 0)
            return -1;
        s->term.n = strcmp(s->label.name, s->term.name) == 0 ? 0 : s->term.n;
        return 0;
    }
    char msg[768];
    if (s->l->missed)
        return kc_label_reader_refuse(s, e, s->l->missing);
    snprintf(msg, sizeof msg, "no label under a usual name (cluster_id, cluster, label, topic, class, ...)%s%s%s; ",
             s->o->label_option ? ": " : "", s->o->label_option ? s->o->label_option : "",
             s->o->label_option ? " names its field" : "");
    kc_fields_list(p, end, NULL, msg, sizeof msg);
    if (s->o->hint && kc_fields_has_vec(p, end))
        snprintf(msg + strlen(msg), sizeof msg - strlen(msg), "%s", s->o->hint);
    else if (strcmp(msg + strlen(msg) - 3, "...") == 0) /* more fields than a record of labels has */
        snprintf(msg + strlen(msg), sizeof msg - strlen(msg), "; an object {TERM: LABEL} is read after "
                 "jq -c 'to_entries[] | {term: .key, label: .value}'");
    return kc_label_reader_refuse(s, e, msg);
}

/* Decide by the first record which member holds the names of the clusters, if the file is kept and has them. */
static int choose_json_names(struct kc_label_reader *s, const char *p, const char *end, struct kc_err *e)
{
    char msg[512], one[72];
    const char *given = s->o->text ? s->o->text->name_field : NULL;
    struct kc_json_str key;
    int best = -1;
    if (given && kc_path_parse(&s->name, given, 0, "--name-field", e) != 0)
        return -1;
    if (given && !find_json_value(p, end, &s->name, 0)) {
        snprintf(msg, sizeof msg, "no field '%.200s' (--name-field); ", given);
        kc_fields_list(p, end, given, msg, sizeof msg);
        return kc_label_reader_refuse(s, e, msg);
    }
    for (const char *q = kc_json_first(p); s->o->text && !given && q; q = kc_json_next(kc_json_past(q))) {
        q = kc_json_member(q, &key);
        const int rank = key.escaped || key.n > 64 ? -1 : kc_fields_find(KC_LABEL_NAMES_OF_CLUSTERS, key.p, key.n);
        snprintf(one, sizeof one, "%.*s", (int)(key.n < 64 ? key.n : 64), key.p);
        if (rank < 0 || (best >= 0 && rank > best) || strcmp(one, s->label.name) == 0 ||
            (s->term.n > 0 && strcmp(one, s->term.name) == 0))
            continue;
        best = rank;
        if (kc_path_parse(&s->name, one, 0, "", e) != 0)
            return -1;
    }
    if (given && (strcmp(s->name.name, s->label.name) == 0 ||
                  (s->term.n > 0 && strcmp(s->name.name, s->term.name) == 0)))
        return kc_label_reader_refuse(s, e, "--name-field names the field of the labels, or of the terms");
    return 0;
}

int kc_label_json_row(struct kc_label_reader *s, char *p, size_t n, struct kc_err *e)
{
    const char *end = p + n, *at = kc_json_ws(p), *after;
    struct kc_json_fault fault;
    struct kc_label_str term = {NULL, 0}, label = {NULL, 0};
    after = kc_json_skip(at, end, 0, &fault);
    if (after && *kc_json_ws(after) != '\0')
        fault = (struct kc_json_fault){kc_json_ws(after), "the end of the line: one record per line", NULL};
    if (!after || *kc_json_ws(after) != '\0') {
        char msg[512];
        kc_json_explain(&fault, (size_t)(fault.at - p) + 1, end, "line", msg, sizeof msg);
        return kc_label_reader_refuse(s, e, msg);
    }
    if (*at != '{')
        return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "the record is %s, expected an object",
                         kc_json_kind(*at));
    if ((s->l->n == 0 && (choose_json_fields(s, at, end, e) != 0 || choose_json_names(s, at, end, e) != 0)) ||
        (s->term.n > 0 && read_json_value(s, at, end, &s->term, &s->tmp[0], &term, e) != 0) ||
        read_json_value(s, at, end, &s->label, &s->tmp[1], &label, e) != 0)
        return -1;
    const char *name = s->name.n > 0 ? find_json_value(at, end, &s->name, 0) : NULL;
    s->at[1] = (struct kc_label_span){0, 0};
    if (name)
        kc_label_reader_note(s, 1, name, kc_json_skip(name, end, 1, &fault));
    return kc_label_reader_add(s, s->term.n > 0 ? &term : NULL, label, e);
}

int kc_label_json_array(struct kc_label_reader *s, char *p, size_t n, struct kc_err *e)
{
    const char *end = p + n, *q = kc_json_ws(p);
    struct kc_json_fault fault;
    for (; q < end; q = kc_json_ws(q)) {
        if (s->array == 1 && *q == '[') {
            s->array = 2;
            q++;
            continue;
        }
        if (s->array == 2 && (*q == ',' || *q == ']')) {
            s->array = *q == ']' ? 3 : 2;
            q++;
            continue;
        }
        const char *after = s->array == 2 ? kc_json_skip(q, end, 1, &fault) : NULL;
        if (!after || *q == '{' || *q == '[' || *q == 't' || *q == 'f')
            return kc_err_at(e, KC_EINPUT, s->in.name, s->in.line, "unexpected '%c' in an array of labels, expected "
                             "a number or a string%s", *q,
                             *q == '{' ? ": jq -c '.[]' makes a record a line of it" : "");
        struct kc_label_str label = {q, (size_t)(after - q)};
        kc_label_reader_note(s, 0, q, after);
        if (*q == 'n')
            label = (struct kc_label_str){"-1", 2};
        if (*q == '"')
            label = (struct kc_label_str){q + 1, label.n - 2};
        if (kc_label_reader_add(s, NULL, label, e) != 0)
            return -1;
        q = after;
    }
    return 0;
}
