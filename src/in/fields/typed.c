/* Attributes that must be timestamps, weights or other numbers. A value may be a number or a string, because files of
 * metadata have both; a value of the wrong type makes a bad record, with a message that names the field. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/date.h"
#include "base/num.h"
#include "in/fields/attrs.h"

int kc_attrs_time(const char *value, size_t n, struct kc_attrs_work *w, int64_t *out, struct kc_err *e)
{
    int rc = kc_attrs_text(value, n, w, e);
    return rc != 0 ? rc : w->text.n == 0 || kc_date_parse(w->text.p, w->text.n, out) != 0;
}

int kc_attrs_number(const char *value, size_t n, struct kc_attrs_work *w, double *out, struct kc_err *e)
{
    int rc = kc_attrs_text(value, n, w, e);
    if (rc != 0)
        return rc;
    if (kc_buf_addc(&w->text, '\0', e) != 0)
        return -1;
    return strlen(w->text.p) + 1 != w->text.n || kc_num_double(w->text.p, out) != 0 || !isfinite(*out);
}

int kc_attrs_weight(const char *value, size_t n, struct kc_attrs_work *w, double *out, struct kc_err *e)
{
    int rc = kc_attrs_number(value, n, w, out, e);
    return rc != 0 ? rc : !(*out > 0);
}

/* Return 1 if the record at p has the field, but null in it. */
static int is_null(const char *p, const char *name)
{
    struct kc_path path;
    struct kc_err ignored = KC_ERR_INIT;
    const char *found = NULL;
    if (kc_path_parse(&path, name, 0, "", &ignored) != 0)
        return 0;
    kc_attrs_find(&path, 1, p, NULL, NULL, &found);
    return found && *found == 'n';
}

int kc_attrs_check(const char *const *names, const enum kc_attr_kind *kinds, size_t n, const struct kc_strs *attrs,
                   size_t first, struct kc_attrs_work *w, const char *p, const char *end, char *msg, size_t size,
                   struct kc_err *e)
{
    static const char *const expected[] = {
        [KC_ATTR_TIME] = "a date as in 2024-05-01 or 2024-05-01T12:00:00Z, or seconds since 1970",
        [KC_ATTR_WEIGHT] = "a number above 0",
        [KC_ATTR_NUMBER] = "a number, or none",
    };
    for (size_t i = 0; i < n; i++) {
        size_t len;
        int64_t timestamp;
        double number;
        char shown[64];
        const char *value = kc_strs_get(attrs, first + i, &len);
        int rc = kinds[i] == KC_ATTR_TIME ? kc_attrs_time(value, len, w, &timestamp, e) :
                 kinds[i] == KC_ATTR_WEIGHT ? kc_attrs_weight(value, len, w, &number, e) :
                 kinds[i] == KC_ATTR_NUMBER && len > 0 ? kc_attrs_number(value, len, w, &number, e) : 0;
        if (rc < 0)
            return -1;
        if (rc == 0)
            continue;
        kc_err_escape(shown, sizeof shown, value, len);
        if (len == 0 && (!p || is_null(p, names[i]))) {
            snprintf(msg, size, "field '%.100s' is %s, expected %s", names[i], p ? "null" : "empty or missing",
                     expected[kinds[i]]);
        } else if (len == 0) {
            snprintf(msg, size, "no field '%.100s', expected %s%s", names[i], expected[kinds[i]], p ? "; " : "");
            if (p)
                kc_fields_list(p, end, names[i], msg, size);
        } else {
            snprintf(msg, size, "field '%.100s' is %s, expected %s", names[i], shown, expected[kinds[i]]);
        }
        return 0;
    }
    return 1;
}
