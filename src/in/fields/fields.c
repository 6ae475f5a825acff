/* Paths into records: keys, and RFC 6901 JSON Pointers. */
#include "in/fields/fields.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

/* Append a part to a path. Return -1 if it does not fit. */
static int add_part(struct kc_path *p, const char *s, size_t n)
{
    if (p->n == KC_PATH_DEPTH || n >= sizeof p->text - p->off[p->n])
        return -1;
    memcpy(p->text + p->off[p->n], s, n);
    p->off[p->n + 1] = (uint16_t)(p->off[p->n] + n);
    p->n++;
    return 0;
}

int kc_path_parse(struct kc_path *p, const char *s, int pointer, const char *option, struct kc_err *e)
{
    memset(p, 0, sizeof *p);
    if (strlen(s) >= sizeof p->name)
        return kc_err_set(e, KC_EUSAGE, "%s: longer than %zu bytes", option, sizeof p->name - 1);
    memcpy(p->name, s, strlen(s) + 1);
    if (kc_utf8_bad(s, s + strlen(s)))
        return kc_err_set(e, KC_EUSAGE, "%s: not valid UTF-8", option);
    if (!pointer && *s != '/') {
        if (*s == '\0')
            return kc_err_set(e, KC_EUSAGE, "%s: the name is empty", option);
        (void)add_part(p, s, strlen(s)); /* it fits: name and text have the same size */
        return 0;
    }
    if (*s != '\0' && *s != '/')
        return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not a JSON Pointer: it must be empty or start with '/'", option,
                          s);
    while (*s == '/') {
        char part[sizeof p->text];
        size_t n = 0;
        for (s++; *s != '\0' && *s != '/'; s++) {
            char c = *s;
            if (c == '~') {
                s++;
                if (*s != '0' && *s != '1')
                    return kc_err_set(e, KC_EUSAGE, "%s: in a JSON Pointer '~' is written '~0' and '/' '~1'", option);
                c = *s == '0' ? '~' : '/';
            }
            part[n++] = c;
        }
        if (add_part(p, part, n) != 0)
            return kc_err_set(e, KC_EUSAGE, "%s: more than %d parts", option, KC_PATH_DEPTH);
    }
    return 0;
}

void kc_path_inside(struct kc_path *out, const char *key, const struct kc_path *p)
{
    memset(out, 0, sizeof *out);
    memcpy(out->name, p->name, sizeof out->name);
    int rc = add_part(out, key, strlen(key));
    for (unsigned i = 0; rc == 0 && i < p->n; i++)
        rc = add_part(out, p->text + p->off[i], (size_t)(p->off[i + 1] - p->off[i]));
    if (rc != 0)
        out->n = 0;
}

int kc_path_is_key(const struct kc_path *p, unsigned i, const struct kc_json_str *key)
{
    return kc_json_equals(key, p->text + p->off[i], (size_t)(p->off[i + 1] - p->off[i]));
}

int kc_path_is_index(const struct kc_path *p, unsigned i, uint64_t index)
{
    char s[24];
    int n = snprintf(s, sizeof s, "%llu", (unsigned long long)index);
    return n == p->off[i + 1] - p->off[i] && memcmp(s, p->text + p->off[i], (size_t)n) == 0;
}

int kc_fields_init(struct kc_fields *f, const char *term_field, const char *vec_field, int want_term, struct kc_err *e)
{
    memset(f, 0, sizeof *f);
    f->want_term = want_term;
    f->named = term_field ? 1 : vec_field ? 2 : 0;
    if (term_field && kc_path_parse(&f->term, term_field, 0, "--term-field", e) != 0)
        return -1;
    if (vec_field && kc_path_parse(&f->vec, vec_field, 0, "--vec-field", e) != 0)
        return -1;
    return 0;
}
