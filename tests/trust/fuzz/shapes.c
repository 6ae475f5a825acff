/* Input of which nothing is said beforehand: JSON whose records must be found, tables whose columns must be told, files
 * of labels and of metadata. However such a file is cut into pieces, the same rows or the same first fault come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include "fuzz.h"
#include "in/fields/label_text.h"
#include "in/fields/meta.h"
#include "in/fields/pair_list.h"
#include "io/outfile.h"
#include "io/source.h"
#include "report/relabel.h"

#define FD 102
#define PATH "/proc/self/fd/102"

/* Bytes: options; how; a limit; then the file. */
void fuzz_shape(const uint8_t *p, size_t n)
{
    static const char *const fields[] = {NULL, "vec", "/data/0/embedding", "id"};
    if (n < 3 || kc_source_packed((const char *)p + 3, n - 3) != KC_SOURCE_PLAIN)
        return;
    struct kc_in_opts o = {.format = KC_IN_JSONL, .max_line = p[2] < 128 ? (uint64_t)16 << 20 : 20 + (p[2] & 127)};
    o.max_bad = 1;
    o.skip_bad = p[0] & 1;
    o.normalise = p[0] >> 1 & 1;
    o.want_raw = p[0] & 4 ? KC_RAW_INPUT : KC_RAW_NONE;
    o.dims = p[0] & 8 ? 2 : 0;
    o.vec_field = p[0] & 16 ? fields[p[2] & 3] : NULL;
    o.term_field = p[0] & 32 ? fields[p[2] >> 2 & 3] : NULL;
    o.records = p[0] & 64 ? "/data" : NULL;
    fuzz_both(&o, p[1], p + 3, n - 3);
}

/* The same for a table. */
void fuzz_table(const uint8_t *p, size_t n)
{
    static const enum kc_in_format formats[4] = {KC_IN_CSV, KC_IN_TSV, KC_IN_AUTO, KC_IN_NUMBERS};
    static const char *const delimiters[4] = {NULL, ";", "tab", NULL};
    static const enum kc_raw raws[4] = {KC_RAW_NONE, KC_RAW_INPUT, KC_RAW_JSONL, KC_RAW_NONE};
    if (n < 4 || kc_source_packed((const char *)p + 4, n - 4) != KC_SOURCE_PLAIN)
        return;
    struct kc_in_opts o = {.format = formats[p[0] >> 1 & 3],
                           .max_line = p[2] < 128 ? (uint64_t)16 << 20 : 20 + (p[2] & 127)};
    o.max_bad = 1;
    o.skip_bad = p[0] & 1;
    o.normalise = p[0] >> 3 & 1;
    o.delimiter = o.format == KC_IN_CSV || o.format == KC_IN_AUTO ? delimiters[p[0] >> 4 & 3] : NULL;
    o.want_raw = raws[p[0] >> 6];
    o.dialect = (enum kc_dialect)((p[3] & 3) % 3);
    o.vec_field = p[3] & 4 ? p[3] & 8 ? "e" : "2-3" : NULL;
    if (p[3] & 16)
        o.where[o.nwhere++] = p[3] & 32 ? "note != q" : "2 != q";
    fuzz_both(&o, p[1], p + 4, n - 4);
}

/* Make the descriptor FD one from which the file is read, in gzip members of `piece` bytes if that is not 0. */
static void offer(const uint8_t *p, size_t n, size_t piece)
{
    int fd = memfd_create("labels", 0);
    if (fd < 0)
        abort();
    for (size_t i = 0; piece > 0 && i < n; i += piece) {
        unsigned char out[4096];
        z_stream z;
        memset(&z, 0, sizeof z);
        if (deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            abort();
        z.next_in = (unsigned char *)(uintptr_t)(p + i);
        z.avail_in = (unsigned)(n - i < piece ? n - i : piece);
        z.next_out = out;
        z.avail_out = sizeof out;
        if (deflate(&z, Z_FINISH) != Z_STREAM_END || write(fd, out, sizeof out - z.avail_out) < 0)
            abort();
        deflateEnd(&z);
    }
    if ((piece == 0 && n > 0 && write(fd, p, n) != (ssize_t)n) || dup2(fd, FD) < 0)
        abort();
    close(fd);
}

static int same_strs(const struct kc_strs *a, const struct kc_strs *b)
{
    int same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        size_t m, n;
        const char *s = kc_strs_get(a, i, &m), *t = kc_strs_get(b, i, &n);
        same = m == n && (n == 0 || memcmp(s, t, n) == 0);
    }
    return same;
}

static void same_error(int rc, int rc2, const struct kc_err *a, const struct kc_err *b)
{
    if (rc != rc2 || a->code != b->code || a->line != b->line || strcmp(a->msg, b->msg) != 0)
        fuzz_fail("'%s' at line %llu, and in pieces '%s' at line %llu", a->msg, (unsigned long long)a->line, b->msg,
                  (unsigned long long)b->line);
    FUZZ_CHECK(rc == 0 || (a->msg[0] != '\0' && a->code == KC_EINPUT));
}

/* Write the labels again, those of the last cluster as those of the first (unite) or as they are, to the descriptor FD. */
static void rewrite_labels(const struct kc_label_text *t, const struct kc_labelling *l, int unite)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f = NULL;
    uint32_t *label = calloc(l->n, sizeof *label), *first = calloc(l->k + 1, sizeof *first);
    uint32_t *none = malloc((l->k + 1) * sizeof *none);
    if (!label || !first || !none)
        abort();
    for (size_t i = l->n; i-- > 0;) {
        if (l->labels[i] != KC_NOISE)
            first[l->labels[i]] = (uint32_t)i;
        label[i] = unite && l->labels[i] == l->k - 1 ? 0 : l->labels[i];
    }
    memset(none, 0xff, (l->k + 1) * sizeof *none);
    const struct kc_relabel r = {.text = t, .old = l, .label = label, .ids = &l->names, .id_row = first,
                                 .title_row = none, .title = none, .name = PATH};
    int fd = memfd_create("labels", 0);
    if (fd < 0 || dup2(fd, FD) < 0)
        abort();
    close(fd);
    FUZZ_CHECK(kc_outfile_open(&f, "/dev/fd/102", &e) == 0 && kc_out_relabel(f, &r, &e) == 0 &&
               kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    free(none);
    free(first);
    free(label);
}

/* Read the file, which is accepted, with its text: nothing changes if nothing is to be changed, and labels that are
 * written in the place of others are read as these. */
static void try_text(const struct kc_labels_opts *o, const uint8_t *p, size_t n, const struct kc_labelling *want)
{
    struct kc_label_text t = {0};
    struct kc_labels_opts own = *o;
    struct kc_labelling l, again;
    struct kc_err e = KC_ERR_INIT;
    own.text = &t;
    FUZZ_CHECK(kc_labels_load(PATH, &own, &l, &e) == 0 && l.n == want->n && t.n == l.n && l.k == want->k);
    FUZZ_CHECK(t.bytes.n == n && memcmp(t.bytes.p, p, n) == 0);
    for (size_t i = 0; i < t.n; i++)
        FUZZ_CHECK(t.label[i].begin < t.label[i].end && t.label[i].end <= n &&
                   (i == 0 || t.label[i].begin >= t.label[i - 1].end) && t.name[i].begin <= t.name[i].end);
    rewrite_labels(&t, &l, 0);
    off_t size = lseek(FD, 0, SEEK_END);
    char *back = malloc(n + 1);
    FUZZ_CHECK(size >= 0 && (size_t)size <= n && back && pread(FD, back, (size_t)size, 0) == size &&
               memcmp(back, p, (size_t)size) == 0 && ((size_t)size == n || t.format == KC_LABELS_NPY));
    free(back);
    if (l.k > 1 && t.format != KC_LABELS_TSV && t.format != KC_LABELS_CSV) { /* a table may look like another one */
        rewrite_labels(&t, &l, 1);
        own.text = NULL;
        own.format = t.format;
        lseek(FD, 0, SEEK_SET);
        if (t.array)
            own.format = KC_LABELS_AUTO;
        FUZZ_CHECK(kc_labels_load(PATH, &own, &again, &e) == 0 && again.n == l.n && again.k == l.k - 1);
        for (size_t i = 0; i < l.n; i++)
            FUZZ_CHECK(again.labels[i] == (l.labels[i] == l.k - 1 ? 0 : l.labels[i]));
        kc_labelling_free(&again);
    }
    kc_labelling_free(&l);
    kc_label_text_free(&t);
}

static void try_labels(const struct kc_labels_opts *o, const uint8_t *p, size_t n, size_t piece)
{
    struct kc_labelling a, b;
    struct kc_err e = KC_ERR_INIT, f = KC_ERR_INIT;
    offer(p, n, 0);
    int rc = kc_labels_load(PATH, o, &a, &e);
    offer(p, n, piece);
    int rc2 = kc_labels_load(PATH, o, &b, &f);
    same_error(rc, rc2, &e, &f);
    if (rc == 0) {
        uint64_t assigned = 0;
        FUZZ_CHECK(a.n > 0 && a.n == b.n && a.k == b.k && a.assigned == b.assigned && a.integers == b.integers);
        FUZZ_CHECK((a.terms.n == 0 || a.terms.n == a.n) && a.names.n == a.k);
        FUZZ_CHECK(same_strs(&a.terms, &b.terms) && same_strs(&a.names, &b.names));
        FUZZ_CHECK(memcmp(a.labels, b.labels, a.n * sizeof *a.labels) == 0);
        for (size_t i = 0; i < a.n; i++) {
            FUZZ_CHECK(a.labels[i] < a.k || (o->noise && a.labels[i] == KC_NOISE));
            assigned += a.labels[i] != KC_NOISE;
        }
        FUZZ_CHECK(assigned == a.assigned);
        offer(p, n, 0);
        try_text(o, p, n, &a);
    }
    kc_labelling_free(&a);
    kc_labelling_free(&b);
}

/* Read metadata to their end. */
static int read_metadata(struct kc_meta *m, const struct kc_attrs *want, const char *key, struct kc_err *e)
{
    struct kc_source *src = NULL;
    memset(m, 0, sizeof *m);
    return kc_source_open(&src, PATH, e) != 0 ||
           kc_meta_load(m, PATH, src, want, 1, key, "--metadata-key", (uint64_t)1 << 20, 0, e) != 0 ||
           kc_meta_need(m, UINT64_MAX, e) != 0 ? -1 : 0;
}

static void try_metadata(const char *key, const uint8_t *p, size_t n, size_t piece)
{
    static const char *const names[] = {"lang", "/year"};
    struct kc_attrs want;
    struct kc_meta a, b;
    struct kc_err e = KC_ERR_INIT, f = KC_ERR_INIT;
    if (kc_attrs_init(&want, names, 2, "a field", &e) != 0)
        abort();
    offer(p, n, 0);
    int rc = read_metadata(&a, &want, key, &e);
    offer(p, n, piece);
    int rc2 = read_metadata(&b, &want, key, &f);
    if (e.code == KC_EUSAGE)
        FUZZ_CHECK(f.code == KC_EUSAGE);
    else
        same_error(rc, rc2, &e, &f);
    if (rc == 0)
        FUZZ_CHECK(a.n == b.n && same_strs(&a.values, &b.values) && same_strs(&a.keys.strs, &b.keys.strs));
    kc_meta_free(&a);
    kc_meta_free(&b);
    kc_attrs_free(&want);
}

/* The same as a file of pairs. */
static void try_pairs(const uint8_t *p, size_t n, size_t piece)
{
    struct kc_pair_list a, b;
    struct kc_err e = KC_ERR_INIT, f = KC_ERR_INIT;
    offer(p, n, 0);
    int rc = kc_pair_list_load(&a, PATH, (uint64_t)1 << 20, &e);
    offer(p, n, piece);
    int rc2 = kc_pair_list_load(&b, PATH, (uint64_t)1 << 20, &f);
    same_error(rc, rc2, &e, &f);
    FUZZ_CHECK(rc != 0 || (a.n > 0 && a.n == b.n && same_strs(&a.terms, &b.terms) && a.terms.n == 2 * a.n &&
                           memcmp(a.cannot, b.cannot, a.n) == 0));
    kc_pair_list_free(&a);
    kc_pair_list_free(&b);
}

/* Bytes: options; how; then the file. */
void fuzz_labels(const uint8_t *p, size_t n)
{
    static const size_t pieces[8] = {1, 2, 3, 7, 16, 61, 333, 2000};
    static const char *const fields[4] = {NULL, "label", "2", "/a/b"};
    if (n < 2 || kc_source_packed((const char *)p + 2, n - 2) != KC_SOURCE_PLAIN)
        return;
    size_t piece = pieces[p[1] & 7];
    if (p[0] & 128) {
        try_metadata(p[0] & 1 ? "id" : NULL, p + 2, n - 2, piece);
        return;
    }
    if (p[1] & 128)
        try_pairs(p + 2, n - 2, piece);
    struct kc_labels_opts o = {.format = (enum kc_labels_format)((p[0] & 7) % KC_LABELS_FORMATS)};
    o.noise = p[0] >> 3 & 1;
    o.label_field = fields[p[0] >> 4 & 3];
    o.own_term_field = p[0] & 64 ? fields[p[1] >> 3 & 3] : NULL;
    try_labels(&o, p + 2, n - 2, piece);
}
