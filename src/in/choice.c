/* Choose the rows of a decoded piece by the conditions of --where, on fields of the records or of the metadata. The
 * rows that stay are moved together in place, and so are their terms, texts and attributes. */
#include "in/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/suggest.h"
#include "in/formats/formats.h"
#include "in/metadata.h"
#include "json/jsonw.h"

int kc_in_skip_room(struct kc_in_run *run, size_t m, struct kc_err *e)
{
    return kc_mem_reserve_u64(&run->skipped, &run->skipped_cap, run->nskipped + m, e);
}

/* Set *has to 1 if the metadata have the field of the terms, by their columns or their first record. */
static int find_meta_term(struct kc_choice *t, int *has, struct kc_err *e)
{
    struct kc_meta *m = &t->meta;
    const char *name = t->with_term.path[t->stride].name;
    size_t len = strlen(name), n = 0;
    if (kc_meta_need(m, 1, e) != 0)
        return -1;
    *has = m->values.n > t->stride && kc_strs_get(&m->values, t->stride, &n) && n > 0;
    for (const char *p = m->names; *p && !*has; p += strcspn(p, "\n") + 1)
        *has = strcspn(p, "\n") == len && memcmp(p, name, len) == 0;
    return 0;
}

int kc_choice_init(struct kc_choice *t, const struct kc_in_opts *o, struct kc_in_run *run, struct kc_attrs *attrs,
                   struct kc_err *e)
{
    memset(t, 0, sizeof *t);
    t->o = o;
    const char **names = kc_mem_alloc(o->nattrs + o->nwhere + 1, sizeof *names, e);
    int rc = -1;
    t->where = kc_mem_zalloc(o->nwhere, sizeof *t->where, e);
    if (!names || !t->where)
        goto out;
    for (size_t i = 0; i < o->nattrs; i++)
        names[i] = o->attrs[i];
    while (t->nwhere < o->nwhere) {
        struct kc_where *w = &t->where[t->nwhere];
        names[o->nattrs + t->nwhere] = w->field;
        if (kc_where_parse(w, o->where[t->nwhere++], "--where", e) != 0)
            goto out;
    }
    t->stride = o->nattrs + o->nwhere;
    if (kc_attrs_init(attrs, names, t->stride, "a field", e) != 0)
        goto out;
    if (o->metadata) {
        struct kc_meta *m = &t->meta;
        names[t->stride] = o->term_field ? o->term_field : "vector_id";
        if (kc_attrs_init(&t->with_term, names, t->stride + 1, "--term-field", e) != 0 ||
            kc_metadata_load(m, o, &t->with_term, t->stride, e) != 0)
            goto out;
        t->has_meta = 1;
        t->meta_term = o->term_field || (m->at && !m->by_key);
        if (o->term_field && !m->by_key && find_meta_term(t, &t->meta_first, e) != 0)
            goto out;
        run->metadata = kc_meta_bytes(m);
    }
    rc = 0;
out:
    kc_mem_free(names);
    return rc;
}

void kc_choice_free(struct kc_choice *t)
{
    for (size_t i = 0; i < t->nwhere; i++)
        kc_where_free(&t->where[i]);
    kc_mem_free(t->where);
    kc_mem_free(t->kept);
    kc_buf_free(&t->tmp.json);
    kc_buf_free(&t->tmp.text);
    kc_meta_free(&t->meta);
    kc_attrs_free(&t->with_term);
}

/* Append the attribute to `terms` as the row's term. */
static int add_term(struct kc_choice *t, const char *value, size_t n, uint64_t row, struct kc_strs *terms,
                    struct kc_err *e)
{
    const struct kc_buf *text = &t->tmp.text;
    int rc = kc_attrs_text(value, n, &t->tmp, e);
    const char *name = t->o->term_field ? t->o->term_field : "vector_id";
    if (rc > 0) {
        struct kc_known known;
        char msg[512];
        snprintf(msg, sizeof msg, "row %llu: no term: '%.200s' is neither a string nor a number%s",
                 (unsigned long long)row, name, t->meta.names[0] ? "; the first record has " : "");
        kc_known_begin(&known, name, msg, sizeof msg);
        kc_known_lines(&known, t->meta.names);
        kc_known_end(&known);
        return kc_err_at(e, KC_EINPUT, t->meta.name, 0, "%s", msg);
    }
    return rc < 0 ? -1 : kc_strs_add(terms, text->p ? text->p : "", text->n, e);
}

int kc_choice_metadata(struct kc_choice *t, struct kc_slot *s, const uint64_t *numbers, struct kc_strs *terms,
                       struct kc_in_run *run, struct kc_chunk *c, struct kc_err *e)
{
    struct kc_meta *m = &t->meta;
    c->stride = t->stride;
    int named = !t->o->terms_file && (s->rd->has_fields ? t->meta_first : t->meta_term);
    for (size_t i = 0; t->has_meta && i < s->n; i++) {
        uint64_t record;
        char digits[20];
        size_t n = c->terms ? 0 : kc_jsonw_digits(digits, numbers[i]);
        const char *term = c->terms ? kc_strs_get(c->terms, i, &n) : digits;
        if (kc_meta_find(m, numbers[i], term, n, &record, e) != 0)
            return -1;
        for (size_t a = 0; a < t->stride; a++) {
            const char *value = kc_strs_get(&m->values, (size_t)record * m->each + a, &n);
            if (kc_strs_add(&s->attrs, value, n, e) != 0)
                return -1;
        }
        if (named) {
            const char *value = kc_strs_get(&m->values, (size_t)record * m->each + t->stride, &n);
            if (add_term(t, value, n, numbers[i], terms, e) != 0)
                return -1;
        }
    }
    if (t->has_meta && named) {
        c->terms = terms;
        t->meta_gave = 1;
    }
    run->metadata = t->has_meta ? kc_meta_bytes(m) : 0;
    return 0;
}

/* Return 1 if the row meets the conditions, 0 if not, -1 on an error. A bad row has been reported already. */
static int row_is_chosen(struct kc_choice *t, const struct kc_slot *s, size_t row, uint64_t number, struct kc_err *e)
{
    const struct kc_in_opts *o = t->o;
    char msg[512], line[1000];
    struct kc_err what = KC_ERR_INIT;
    for (size_t i = 0; i < t->nwhere; i++) {
        size_t len = 0;
        if (!(t->seen >> i & 1) && kc_strs_get(&s->attrs, row * t->stride + o->nattrs + i, &len) && len > 0)
            t->seen |= 1U << i;
    }
    int rc = kc_where_all(t->where, t->nwhere, &s->attrs, row * t->stride + o->nattrs, &t->tmp, e);
    if (rc <= 0) {
        t->unmet += rc == 0;
        return rc;
    }
    rc = !t->has_meta || !o->kinds ? 1 : /* else the reader has looked */
         kc_attrs_check(o->attrs, o->kinds, o->nattrs, &s->attrs, row * t->stride, &t->tmp, NULL, NULL, msg,
                        sizeof msg, e);
    if (rc != 0)
        return rc;
    if (kc_err_at(&what, KC_EINPUT, t->meta.name, 0, "row %llu: %s", (unsigned long long)number, msg) != 0 &&
        !o->skip_bad) {
        *e = what;
        return -1;
    }
    ++*t->bad;
    if (t->shown->n >= KC_BAD_SHOWN)
        return 0;
    kc_err_format(&what, line, sizeof line);
    return kc_strs_add(t->shown, line, strlen(line), e);
}

int kc_choice_check_file(const void *choice, const struct kc_feed *f, struct kc_err *e)
{
    const struct kc_choice *t = choice;
    const struct kc_in_opts *o = t->o;
    const enum kc_in_format is = f->rd->format;
    const char *name = kc_in_format_name(is);
    if (f->attrs.n > 0 && !o->metadata && !f->rd->has_fields)
        return kc_err_at(e, KC_EUSAGE, f->name, 0, "%s records have no field '%s': give --metadata FILE", name,
                         f->attrs.path[0].name);
    if (o->vec_field && !f->rd->has_fields)
        return kc_err_at(e, KC_EUSAGE, f->name, 0, "%s has no fields, so no --vec-field '%.100s': %s", name,
                         o->vec_field, is == KC_IN_NPZ || is == KC_IN_SAFETENSORS ?
                         "--tensor names the array to read" : is == KC_IN_NUMBERS ?
                         "all numbers of a line are its vector, unless --input-format csv or tsv reads columns" :
                         "all numbers of a row are its vector");
    if (o->term_field && !o->term_field_of_labels && !o->terms_file && !t->meta_term && !f->rd->has_fields)
        return kc_err_at(e, KC_EUSAGE, f->name, 0, "%s has no fields, so no --term-field '%.100s': give the terms with "
                         "--terms FILE, or a table that has this field with --metadata FILE", name, o->term_field);
    const char *option = o->records && is != KC_IN_JSONL ? "--records" : NULL;
    if (option)
        return kc_err_at(e, KC_EUSAGE, f->name, 0, "%s is for JSON, this is %s", option, name);
    option = o->header != KC_HEADER_AUTO ? "--header" : o->delimiter ? "--delimiter" :
             o->dialect != KC_DIALECT_AUTO ? "--tsv-dialect" : NULL;
    if (option && is != KC_IN_CSV && is != KC_IN_TSV)
        return kc_err_at(e, KC_EUSAGE, f->name, 0, "%s is for csv and tsv, this is %s", option, name);
    return 0;
}

void kc_choice_unseen(const struct kc_choice *t, const char *keys, const char *before, char *msg, size_t size)
{
    for (size_t i = 0; i < t->nwhere; i++) {
        size_t n = strlen(msg);
        if (t->seen >> i & 1 || n >= size)
            continue;
        snprintf(msg + n, size - n, "%s", before);
        kc_fields_absent(t->where[i].field, keys, msg, size);
        return;
    }
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

int kc_choice_rows(struct kc_choice *t, struct kc_slot *s, uint64_t *numbers, struct kc_strs *terms,
                   struct kc_in_run *run, size_t from, struct kc_chunk *c, struct kc_err *e)
{
    size_t m = 0;
    if (t->nwhere == 0 && !(t->has_meta && t->o->kinds))
        return 0;
    if (s->n > t->kept_cap) {
        uint32_t *p = kc_mem_realloc(t->kept, s->n, sizeof *p, e);
        if (!p)
            return -1;
        t->kept = p;
        t->kept_cap = s->n;
    }
    if (run->want_skipped && kc_in_skip_room(run, s->n, e) != 0)
        return -1;
    for (size_t i = 0; i < s->n; i++) {
        int rc = row_is_chosen(t, s, i, numbers[i], e);
        if (rc < 0)
            return -1;
        if (rc == 0) {
            if (run->want_skipped)
                run->skipped[run->nskipped++] = numbers[i];
            continue;
        }
        numbers[m] = numbers[i];
        memmove(s->x + m * s->d, s->x + i * s->d, s->d * sizeof *s->x);
        t->kept[m++] = (uint32_t)i;
    }
    if (run->want_skipped)
        qsort(run->skipped + from, run->nskipped - from, sizeof *run->skipped, compare_numbers);
    c->of = t->kept;
    c->n = m;
    kc_strs_pick(&s->attrs, t->kept, m, t->stride);
    if (c->terms)
        kc_strs_pick(c->terms == terms ? terms : &s->terms, t->kept, m, 1);
    if (c->raws)
        kc_strs_pick(&s->raws, t->kept, m, 1);
    return 0;
}

