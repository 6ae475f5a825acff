/* Copy the records of csv and tsv for --annotate: all columns but those of the vector and an earlier cluster_id, with
 * their quotes and escapes, or as JSON objects with the names of the header as keys. */
#include <string.h>
#include "in/formats/formats.h"
#include "in/formats/text.h"
#include "json/jsonw.h"

/* Return 1 if the column is one of the vector. */
static int is_of_vector(const struct kc_columns *c, size_t i)
{
    return i >= c->first && i <= c->last && (c->text || (c->dim ? c->dim[i] != KC_NO_DIM : i != c->term));
}

/* Mark the columns that are copied. Return how many there are; SIZE_MAX if memory is short. */
static size_t mark_columns(struct kc_feed *f, struct kc_columns *c, const struct kc_table_sample *s,
                           const struct kc_table *t, struct kc_err *e)
{
    unsigned char *keep = kc_mem_zalloc(c->count, 1, e);
    size_t n = 0, len = 0;
    if (!keep || kc_feed_keep(f, keep, e) != 0)
        return SIZE_MAX;
    for (size_t i = 0; i < c->count; i++) {
        size_t at = i - (size_t)t->shifted;
        const char *name = t->header && at < s->rec[0].n ? kc_strs_get(&s->rec[0], at, &len) : NULL;
        keep[i] = !is_of_vector(c, i) && !(name && len == 10 && memcmp(name, "cluster_id", 10) == 0);
        n += keep[i];
    }
    c->keep = keep;
    return n;
}

/* Append the fields of the columns that are copied, as they are written. shifted: the first column has no field here,
 * as in a header of R; its place is left empty. */
static int add_fields(const struct kc_columns *c, int shifted, const char *p, const char *end, struct kc_buf *out,
                      struct kc_err *e)
{
    char msg[512];
    struct kc_field f;
    int first = !(shifted && c->keep[0]); /* which gets an empty name */
    for (size_t i = (size_t)shifted; i < c->count && p <= end; i++, p = f.after + 1) {
        if (kc_columns_field(c, p, end, i, &f, msg) != 0)
            break;
        if (!c->keep[i])
            continue;
        if ((!first && kc_buf_addc(out, c->sep, e) != 0) || kc_buf_add(out, p, (size_t)(f.after - p), e) != 0)
            return -1;
        first = 0;
    }
    return 0;
}

/* Set c->keys by the names of the columns. */
static int set_keys(struct kc_feed *f, struct kc_columns *c, const struct kc_table_sample *s, const struct kc_table *t,
                    struct kc_err *e)
{
    struct kc_buf keys = {NULL, 0, 0};
    int rc = 0;
    for (size_t i = 0; i < c->count && rc == 0; i++) {
        size_t len = 0, at = i - (size_t)t->shifted;
        const char *name = at < s->rec[0].n ? kc_strs_get(&s->rec[0], at, &len) : "";
        rc = c->keep[i] && (kc_jsonw_quote(&keys, name, len, e) != 0 || kc_buf_addc(&keys, '\0', e) != 0);
    }
    if (rc != 0) {
        kc_buf_free(&keys);
        return -1;
    }
    c->keys = keys.p ? keys.p : "";
    return keys.p ? kc_feed_keep(f, keys.p, e) : 0;
}

/* Return the head of the table. NULL: memory is short. */
static struct kc_raw_head *make_head(const struct kc_columns *c, const struct kc_table *t, size_t columns,
                                     const char *p, const char *end, struct kc_err *e)
{
    struct kc_buf names = {NULL, 0, 0};
    struct kc_raw_head *head = NULL;
    if (!t->header || add_fields(c, t->shifted, p, end, &names, e) == 0)
        head = kc_mem_alloc(sizeof *head + names.n, 1, e);
    if (head) {
        *head = (struct kc_raw_head){.sep = c->sep, .header = t->header, .columns = columns, .n = names.n};
        if (names.n > 0)
            memcpy(head->names, names.p, names.n);
    }
    kc_buf_free(&names);
    return head;
}

/* Find the first record that is not blank in [*p, end). Return its end. */
static const char *find_first_record(const struct kc_columns *c, const char **p, const char *end)
{
    for (;;) {
        const char *q = c->multiline ? kc_cut_end(*p, end, c->sep) : memchr(*p, '\n', (size_t)(end - *p));
        q = q ? q : end;
        const char *stop = q - (q > *p && q[-1] == '\r'), *blank = *p;
        while (blank < stop && *blank == ' ')
            blank++;
        if (blank < stop || q == end)
            return stop;
        *p = q + 1;
    }
}

int kc_table_copy_set(struct kc_feed *f, struct kc_columns *c, const struct kc_table_sample *s,
                      const struct kc_table *t, const char *p, const char *end, struct kc_err *e)
{
    size_t columns = mark_columns(f, c, s, t, e);
    if (columns == SIZE_MAX)
        return -1;
    if (f->o->want_raw == KC_RAW_JSONL) {
        if (!t->header)
            return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1, "--annotate writes jsonl only if the columns have "
                             "names, and there is no header: --output-format csv");
        return set_keys(f, c, s, t, e);
    }
    end = find_first_record(c, &p, end);
    struct kc_raw_head *head = make_head(c, t, columns, p, end, e);
    if (!head || kc_feed_keep(f, head, e) != 0)
        return -1;
    if (f->head && (f->head->sep != head->sep || f->head->header != head->header || f->head->columns != head->columns ||
                    f->head->n != head->n || memcmp(f->head->names, head->names, head->n) != 0))
        return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1, "has other columns than %s: --annotate writes one table",
                         f->raw_name);
    f->head = f->head ? f->head : head;
    return 0;
}

/* Make the record [p, end) a JSON object. */
static int add_object(const struct kc_columns *c, const char *p, const char *end, struct kc_buf *out,
                      struct kc_text_row *r, struct kc_err *e)
{
    char msg[512];
    struct kc_field f;
    const char *key = c->keys;
    if (kc_buf_addc(out, '{', e) != 0)
        return -1;
    for (size_t i = 0; i < c->count && p <= end; i++, p = f.after + 1) {
        if (kc_columns_field(c, p, end, i, &f, msg) != 0)
            break;
        if (!c->keep[i])
            continue;
        if ((key != c->keys && kc_buf_addc(out, ',', e) != 0) || kc_buf_adds(out, key, e) != 0 ||
            kc_buf_addc(out, ':', e) != 0)
            return -1;
        int rc = kc_columns_value(c, &f, "null", out, e);
        if (rc != 0)
            return rc < 0 ? -1 : kc_columns_unclear(r, i) != 0;
        key += strlen(key) + 1;
    }
    return kc_buf_addc(out, '}', e);
}

int kc_columns_copy(const struct kc_columns *c, const char *p, const char *end, struct kc_buf *tmp,
                    struct kc_strs *out, struct kc_text_row *r, struct kc_err *e)
{
    tmp->n = 0;
    int rc = c->keys ? add_object(c, p, end, tmp, r, e) : add_fields(c, 0, p, end, tmp, e);
    if (rc != 0)
        return rc;
    return kc_strs_add(out, tmp->n ? tmp->p : "", tmp->n, e);
}
