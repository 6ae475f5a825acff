/* Read metadata. JSON and tables have no need of a reader, so in/fields reads them; a Parquet file goes through its
 * reader, which leaves out vectors and terms. This is the one place that knows both. */
#include "in/metadata.h"

#include <string.h>
#include "in/formats/formats.h"

#define KEY_OPTION "--metadata-key"

/* The rows of a Parquet file under way. */
struct meta_rows {
    struct kc_meta *m;
    const struct kc_path *key;
    struct kc_attrs_work work;
};

/* Keep the attributes of a row, the last of which is the key, if there is one. A kc_attrs_row. */
static int keep_row(void *arg, const struct kc_strs *attrs, struct kc_err *e)
{
    struct meta_rows *r = arg;
    struct kc_meta *m = r->m;
    size_t n;
    if (r->key) {
        const char *p = kc_strs_get(attrs, m->each, &n);
        int rc = kc_attrs_text(p, n, &r->work, e);
        if (rc > 0)
            return kc_err_at(e, KC_EINPUT, m->name, 0, "row %llu: no key: '%s' is neither a string nor a number",
                             (unsigned long long)m->n, r->key->name);
        const struct kc_buf *text = &r->work.text;
        if (rc < 0 || kc_meta_add_key(m, text->p ? text->p : "", text->n, 0, e) != 0)
            return -1;
    }
    for (size_t i = 0; i < m->each; i++) {
        const char *p = kc_strs_get(attrs, i, &n);
        if (kc_strs_add(&m->values, p, n, e) != 0)
            return -1;
    }
    m->n++;
    return kc_meta_check(m, e);
}

/* Read a Parquet file from src, which is closed at the end. */
static int load_parquet(struct kc_meta *m, struct kc_source *src, const struct kc_in_opts *given,
                        const struct kc_attrs *want, size_t optional, struct kc_err *e)
{
    struct kc_path key;
    struct kc_in_stats st;
    struct kc_in_opts o = *given;
    memset(&st, 0, sizeof st);
    int begun = kc_meta_begin(m, given->metadata, want->n, given->metadata_key, KEY_OPTION, &key, e) == 0;
    struct kc_attrs all = {begun ? kc_mem_alloc(want->n + 1, sizeof *all.path, e) : NULL,
                           want->n + (m->by_key ? 1 : 0)};
    if (!all.path) {
        kc_source_free(src);
        return -1;
    }
    m->max = given->max_memory;
    memcpy(all.path, want->path, want->n * sizeof *all.path);
    if (m->by_key)
        all.path[want->n] = key;
    o.metadata = o.tensor = o.delimiter = NULL;
    o.format = KC_IN_PARQUET;
    o.only_attrs = 1;
    o.optional = optional;
    struct kc_feed f = {.o = &o, .block = (size_t)1 << 20, .files = &given->metadata, .nfiles = 1, .st = &st,
                        .attrs = all, .first = src};
    struct meta_rows rows = {.m = m, .key = m->by_key ? &key : NULL};
    int none, rc = kc_formats_open_next(&f, &none, e) != 0 || kc_parquet_attrs(&f, keep_row, &rows, e) != 0 ? -1 : 0;
    kc_buf_free(&rows.work.json);
    kc_buf_free(&rows.work.text);
    kc_feed_free(&f);
    kc_mem_free(all.path);
    return rc;
}

int kc_metadata_load(struct kc_meta *m, const struct kc_in_opts *o, const struct kc_attrs *want, size_t optional,
                     struct kc_err *e)
{
    const char *p;
    size_t n;
    struct kc_source *src = NULL;
    memset(m, 0, sizeof *m);
    if (kc_source_open(&src, o->metadata, e) != 0)
        return -1;
    if (kc_source_peek(src, 4, &p, &n, e) != 0) {
        kc_source_free(src);
        return -1;
    }
    return n >= 4 && memcmp(p, "PAR1", 4) == 0 ? load_parquet(m, src, o, want, optional, e) :
           kc_meta_load(m, o->metadata, src, want, optional, o->metadata_key, KEY_OPTION, o->max_line, o->max_memory,
                        e);
}
