/* A file of labels written again (relabel.h): what is between the values that change is copied. An id that a row of
 * the file has already is written as it is there; another one as the label before it was, in quotes or not, as a number
 * or a text, with ".0" behind it or not. */
#include "report/relabel.h"

#include <string.h>
#include "in/fields/npy_header.h"
#include "report/writer.h"

/* A value as it is written in the file. */
struct written {
    const char *p;
    size_t n;
};

/* The file being written. */
struct rewriting {
    const struct kc_relabel *r;
    struct kc_outfile *f;
    struct kc_buf value; /* one that is encoded */
    uint64_t at;         /* bytes of the text that are done with */
    struct kc_err *e;
};

static struct written get_written(const struct kc_label_text *t, struct kc_label_span s)
{
    return (struct written){t->bytes.p + s.begin, (size_t)(s.end - s.begin)};
}

/* Return how many bytes of a number, from its end, are a point and zeros: 2 of "7.0". */
static size_t count_zeros(struct written w)
{
    size_t n = w.n;
    while (n > 0 && w.p[n - 1] == '0')
        n--;
    return n > 0 && n < w.n && w.p[n - 1] == '.' ? w.n - n + 1 : 0;
}

/* Encode a text in the manner of a value that it replaces. */
static int encode_value(struct rewriting *w, const char *p, size_t n, struct written like)
{
    const struct kc_label_text *t = w->r->text;
    struct kc_buf *b = &w->value;
    const size_t zeros = count_zeros(like);
    const int quoted = like.n > 0 && like.p[0] == '"';
    int64_t whole = 0;
    const int number = kc_labels_integer(p, n, &whole);
    char cell[8];
    b->n = 0;
    switch (t->format) {
    case KC_LABELS_NPY:
        if (!number || !kc_label_text_number(t->descr, whole, cell))
            return kc_err_at(w->e, KC_EUSAGE, w->r->name, 0, "'%.*s' cannot be written to an npy of the type %s: it "
                             "needs labels in csv or tsv", (int)(n < 60 ? n : 60), p, t->descr);
        return kc_buf_add(b, cell, kc_npy_cell(t->descr), w->e);
    case KC_LABELS_JSONL:
        if (!number || quoted)
            return kc_jsonw_quote(b, p, n, w->e);
        break;
    case KC_LABELS_PLAIN:
        if (memchr(p, '\n', n) || memchr(p, '\r', n))
            return kc_err_at(w->e, KC_EUSAGE, w->r->name, 0, "a label with a line break in it: each line is a label");
        break;
    default:
        if (!number || quoted)
            return t->escapes ? kc_out_tsv_escape(b, p, n, w->e) :
                                kc_out_csv_quote(b, p, n, t->sep, quoted, w->e);
    }
    return kc_buf_add(b, p, n, w->e) != 0 ? -1 : number ? kc_buf_add(b, like.p + like.n - zeros, zeros, w->e) : 0;
}

/* Write what is before the value, and another value in its place. */
static int put_value(struct rewriting *w, struct kc_label_span s, struct written value)
{
    const char *text = w->r->text->bytes.p;
    if (kc_outfile_write(w->f, text + w->at, (size_t)(s.begin - w->at), w->e) != 0)
        return -1;
    w->at = s.end;
    return kc_outfile_write(w->f, value.p, value.n, w->e);
}

/* Return 1 if row i gets another id than it has. */
static int is_changed(const struct kc_relabel *r, size_t i)
{
    size_t n, m;
    if (r->label[i] == KC_NOISE)
        return 0;
    const char *p = kc_strs_get(r->ids, r->label[i], &n), *q = kc_strs_get(&r->old->names, r->old->labels[i], &m);
    return n != m || memcmp(p, q, n) != 0;
}

/* Write the label of row i, which changes. */
static int put_label(struct rewriting *w, size_t i)
{
    const struct kc_relabel *r = w->r;
    const uint32_t c = r->label[i];
    size_t n;
    const char *id = kc_strs_get(r->ids, c, &n);
    if (r->id_row[c] != KC_NONE)
        return put_value(w, r->text->label[i], get_written(r->text, r->text->label[r->id_row[c]]));
    if (encode_value(w, id, n, get_written(r->text, r->text->label[i])) != 0)
        return -1;
    return put_value(w, r->text->label[i], (struct written){w->value.p, w->value.n});
}

/* Write the name of the cluster of row i, if it changes. */
static int put_name(struct rewriting *w, size_t i, int changed)
{
    const struct kc_relabel *r = w->r;
    const struct kc_label_text *t = r->text;
    const uint32_t c = r->label[i];
    const uint32_t title = r->title[c];
    if (!t->has_names || (title == KC_NONE && (!changed || r->title_row[c] == KC_NONE)))
        return 0;
    if (t->name[i].end == 0)
        return kc_err_at(w->e, KC_EINPUT, r->name, r->old->lines[i], "no field for the name of the cluster");
    if (title == KC_NONE)
        return t->name[r->title_row[c]].end == 0 ? 0 :
               put_value(w, t->name[i], get_written(t, t->name[r->title_row[c]]));
    size_t n;
    const char *p = kc_strs_get(r->titles, title, &n);
    const struct written text = {"\"", t->format == KC_LABELS_JSONL ? 1 : 0}; /* a text, also where the name was null */
    if (encode_value(w, p, n, text.n ? text : get_written(t, t->name[i])) != 0)
        return -1;
    return put_value(w, t->name[i], (struct written){w->value.p, w->value.n});
}

static int rewrite_rows(struct rewriting *w)
{
    const struct kc_label_text *t = w->r->text;
    for (size_t i = 0; i < t->n; i++) {
        const int changed = is_changed(w->r, i), name_first = t->name[i].begin < t->label[i].begin;
        if (w->r->label[i] == KC_NOISE)
            continue;
        if ((name_first && put_name(w, i, changed) != 0) || (changed && put_label(w, i) != 0) ||
            (!name_first && put_name(w, i, changed) != 0))
            return -1;
    }
    /* the numbers of an npy file are all that is in it: more was read, perhaps, and is not looked at */
    const uint64_t end = t->format == KC_LABELS_NPY ? t->label[t->n - 1].end : t->bytes.n;
    return kc_outfile_write(w->f, t->bytes.p + w->at, (size_t)(end - w->at), w->e);
}

int kc_out_relabel(struct kc_outfile *f, const struct kc_relabel *r, struct kc_err *e)
{
    struct rewriting w = {.r = r, .f = f, .e = e};
    const int rc = rewrite_rows(&w);
    kc_buf_free(&w.value);
    return rc;
}
