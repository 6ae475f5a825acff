/* The table over time in the formats of the labels. Words are joined by ", " in csv and tsv, and an array in jsonl. */
#include "report/time_table.h"

#include "base/label.h"
#include "report/writer.h"

#define FLUSH_AT ((size_t)64 << 10)

static int add_id(struct kc_buf *b, const struct kc_time_table *t, uint32_t c, const struct kc_out_opts *o,
                  struct kc_err *e)
{
    return c == KC_NOISE ? kc_buf_add(b, "-1", 2, e) :
           kc_out_add_id(b, o->id_format, t->ids ? (uint64_t)t->ids[c] : c, e);
}

/* Append the words of a cell, joined. */
static int join_words(struct kc_buf *b, const struct kc_time_table *t, size_t i, struct kc_err *e)
{
    for (size_t w = t->words ? t->words->first[i] : 0; t->words && w < t->words->first[i + 1]; w++) {
        size_t n;
        const char *s = kc_strs_get(&t->words->words, w, &n);
        if ((w > t->words->first[i] && kc_buf_adds(b, ", ", e) != 0) || kc_buf_add(b, s, n, e) != 0)
            return -1;
    }
    return 0;
}

static const char *get_label(const struct kc_time_table *t, uint32_t c, size_t *n)
{
    *n = 0;
    return c == KC_NOISE ? "" : kc_strs_get(t->labels, c, n);
}

/* Append a line of csv or tsv. words: scratch. */
static int add_line(struct kc_buf *b, const struct kc_time_table *t, size_t i, const struct kc_out_opts *o,
                    struct kc_buf *words, struct kc_err *e)
{
    const struct kc_time_cell *c = &t->cell[i];
    const char sep = o->format == KC_OUT_CSV ? ',' : '\t';
    const kc_out_add_term text = o->format == KC_OUT_CSV ? kc_out_csv_text(o) : kc_out_tsv_escape;
    char share[KC_OUT_REAL_MAX];
    size_t n;
    const char *label = get_label(t, c->cluster, &n);
    words->n = 0;
    if (join_words(words, t, i, e) != 0 || kc_buf_adds(b, c->bin, e) != 0 || kc_buf_addc(b, sep, e) != 0 ||
        add_id(b, t, c->cluster, o, e) != 0 || kc_buf_addc(b, sep, e) != 0 || (n && text(b, label, n, e) != 0) ||
        kc_buf_addc(b, sep, e) != 0 || kc_out_add_u64(b, c->rows, e) != 0 || kc_buf_addc(b, sep, e) != 0 ||
        kc_buf_add(b, share, kc_out_real(share, (double)c->rows / (double)c->all), e) != 0 ||
        kc_buf_addc(b, sep, e) != 0 || (words->n && text(b, words->p, words->n, e) != 0))
        return -1;
    return kc_buf_addc(b, '\n', e);
}

static int add_object(struct kc_buf *b, const struct kc_time_table *t, size_t i, const struct kc_out_opts *o,
                      struct kc_buf *id, struct kc_err *e)
{
    const struct kc_time_cell *c = &t->cell[i];
    struct kc_jsonw w = KC_JSONW(b, e);
    char share[KC_OUT_REAL_MAX];
    size_t n;
    const char *label = get_label(t, c->cluster, &n);
    id->n = 0;
    if (add_id(id, t, c->cluster, o, e) != 0)
        return -1;
    kc_jsonw_open(&w, NULL, '{', 1);
    kc_jsonw_cstr(&w, "bin", c->bin);
    if (o->id_format)
        kc_jsonw_str(&w, "cluster_id", id->p, id->n);
    else if (c->cluster == KC_NOISE)
        kc_jsonw_raw(&w, "cluster_id", "-1", 2);
    else
        kc_jsonw_u64(&w, "cluster_id", t->ids ? (uint64_t)t->ids[c->cluster] : c->cluster);
    if (n)
        kc_jsonw_str(&w, "cluster_label", label, n);
    else
        kc_jsonw_null(&w, "cluster_label");
    kc_jsonw_u64(&w, "rows", c->rows);
    kc_jsonw_raw(&w, "share", share, kc_out_real(share, (double)c->rows / (double)c->all));
    kc_jsonw_open(&w, "words", '[', 1);
    for (size_t k = t->words ? t->words->first[i] : 0; t->words && k < t->words->first[i + 1]; k++) {
        const char *s = kc_strs_get(&t->words->words, k, &n);
        kc_jsonw_str(&w, NULL, s, n);
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

int kc_out_time_table(struct kc_outfile *f, const struct kc_time_table *t, const struct kc_out_opts *o,
                      struct kc_err *e)
{
    struct kc_buf b = {0}, work = {0};
    static const char *const names[] = {"bin", "cluster_id", "cluster_label", "rows", "share", "words"};
    int rc = o->format == KC_OUT_CSV ? kc_out_csv_begin(&b, o, e) : 0;
    for (size_t i = 0; rc == 0 && o->format != KC_OUT_JSONL && i < sizeof names / sizeof names[0]; i++)
        rc = (i && kc_buf_addc(&b, o->format == KC_OUT_CSV ? ',' : '\t', e) != 0) || kc_buf_adds(&b, names[i], e) != 0 ?
             -1 : 0;
    if (rc == 0 && o->format != KC_OUT_JSONL)
        rc = kc_buf_addc(&b, '\n', e);
    for (size_t i = 0; rc == 0 && i < t->n; i++) {
        rc = o->format == KC_OUT_JSONL ? add_object(&b, t, i, o, &work, e) : add_line(&b, t, i, o, &work, e);
        if (rc == 0 && b.n >= FLUSH_AT) {
            rc = kc_outfile_write(f, b.p, b.n, e);
            b.n = 0;
        }
    }
    if (rc == 0 && b.n)
        rc = kc_outfile_write(f, b.p, b.n, e);
    kc_buf_free(&work);
    kc_buf_free(&b);
    return rc;
}
