/* The model file, and the file of a map. Bytes: flags; then the file, or (flag 1) its header as text, a NUL and the data, so that a header may
 * grow without its length being guessed. What is accepted holds together and is written back in one form. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "model/assign.h"
#include "model/edit.h"
#include "model/map.h"
#include "par/pool.h"

static void holds_together(const struct kc_model *m)
{
    FUZZ_CHECK(m->k > 0 && m->d > 0 && m->nlives >= m->k && m->rep_first[0] == 0);
    for (size_t c = 0; c < m->k; c++) {
        double length = 0;
        FUZZ_CHECK(m->ids[c] >= 0 && m->ids[c] < m->next_id && (c == 0 || m->ids[c] > m->ids[c - 1]));
        FUZZ_CHECK(m->counts[c] >= 1 && m->rep_first[c] <= m->rep_first[c + 1]);
        FUZZ_CHECK(kc_model_find(m, m->ids[c]) == c);
        for (size_t j = 0; j < m->d; j++) {
            length += (double)m->centroids[c * m->d + j] * (double)m->centroids[c * m->d + j];
            FUZZ_CHECK(isfinite(m->sums[c * m->d + j]));
        }
        FUZZ_CHECK(length > 0.99 && length < 1.01);
        for (double p = 0; p <= 100; p += 12.5)
            FUZZ_CHECK(isfinite(kc_model_percentile(m, c, p)));
    }
    FUZZ_CHECK(m->rep_first[m->k] == m->rep_terms.n && m->pool.terms.n == m->pool.n);
    for (size_t i = 0; i < m->moved.n; i++)
        FUZZ_CHECK(m->moved.place[i] < m->k && (i == 0 || m->moved.hash[i] >= m->moved.hash[i - 1]) &&
                   kc_model_moved(&m->moved, m->moved.hash[i]) <= i);
    FUZZ_CHECK((m->kind == KC_MODEL_VOTES) == (m->rows.n > 0) && (m->rows.n == 0 || m->rows.n == m->n));
    for (size_t i = 0; i < m->rows.n; i++)
        FUZZ_CHECK((m->rows.label[i] < m->k || m->rows.label[i] == KC_NOISE) &&
                   (i == 0 || m->rows.hash[i] >= m->rows.hash[i - 1]) && kc_model_find_row(m, m->rows.hash[i]) <= i);
}

/* Let the rows of a model label a few rows: any model that is accepted can. */
static void labels_rows(const struct kc_model *m)
{
    const struct kc_assign_opts o = {{KC_THRESHOLD_MODEL, 0}, -2, 1, 2, 1};
    struct kc_err e = KC_ERR_INIT;
    struct kc_labeller *l = NULL;
    struct kc_buf made = {NULL, 0, 0};
    struct kc_labelled out;
    if (m->d > 4096)
        return;
    float *x = calloc(3 * m->d, sizeof *x);
    if (!x)
        abort();
    for (size_t i = 0; i < 3; i++)
        x[i * m->d + i % m->d] = 1;
    FUZZ_CHECK(kc_labeller_new(&l, m, &o, &e) == 0 && kc_labeller_each(l, x, 3, m->d, &made, &e) == 0);
    kc_labeller_take(l, x, 3, NULL, 3, &made, &out);
    for (size_t i = 0; i < 3; i++)
        FUZZ_CHECK((out.labels[i] < m->k || out.labels[i] == KC_NOISE) && (out.top[2 * i] < m->k || out.top[2 * i] == KC_NONE));
    kc_labeller_free(l);
    kc_buf_free(&made);
    free(x);
}

/* The bytes of what kc_model_save writes. */
static void save(const struct kc_model *m, struct kc_buf *b)
{
    struct kc_outfile *f = NULL;
    struct kc_err e = KC_ERR_INIT;
    int fd = memfd_create("model", 0);
    if (fd < 0 || dup2(fd, 101) < 0)
        abort();
    FUZZ_CHECK(kc_outfile_open(&f, "/dev/fd/101", &e) == 0 && kc_model_save(m, f, &e) == 0);
    FUZZ_CHECK(kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    off_t n = lseek(fd, 0, SEEK_END);
    if (n < 0 || kc_buf_reserve(b, (size_t)n, &e) != 0 || pread(fd, b->p, (size_t)n, 0) != n)
        abort();
    b->n = (size_t)n;
    close(fd);
    close(101);
}

static void accepted(const struct kc_model *m)
{
    struct kc_buf one = {NULL, 0, 0}, two = {NULL, 0, 0};
    struct kc_err e = KC_ERR_INIT;
    struct kc_model again;
    holds_together(m);
    labels_rows(m);
    save(m, &one);
    if (kc_model_parse(&again, one.p, one.n, "again", &e) != 0)
        fuzz_fail("what was accepted is refused when it is written again: %s", e.msg);
    save(&again, &two);
    FUZZ_CHECK(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
    kc_model_free(&again);
    kc_buf_free(&one);
    kc_buf_free(&two);
}

/* Unite the first clusters, and name the last: the result is a model, too. */
static void try_edit(struct kc_model *m)
{
    static struct kc_pool *pool;
    struct kc_err e = KC_ERR_INIT;
    if (!pool && !(pool = kc_pool_new(1, &e)))
        abort();
    const struct kc_ctx ctx = {.pool = pool};
    struct kc_edit_opts *o = calloc(1, sizeof *o);
    struct kc_strs ids = {0};
    struct kc_edits edits;
    struct kc_model_edited edited;
    char merge[64], rename[64];
    for (size_t c = 0; o && c < m->k; c++) {
        char id[24];
        const int n = snprintf(id, sizeof id, "%lld", (long long)m->ids[c]);
        if (kc_strs_add(&ids, id, (size_t)n, &e) != 0)
            abort();
    }
    if (!o)
        abort();
    snprintf(merge, sizeof merge, "%lld,%lld", (long long)m->ids[0], (long long)m->ids[m->k > 1]);
    snprintf(rename, sizeof rename, "%lld=x", (long long)m->ids[m->k - 1]);
    FUZZ_CHECK((m->k < 3 || kc_edit_parse(o, KC_EDIT_MERGE, merge, "--merge", &e) == 0) &&
               kc_edit_parse(o, KC_EDIT_RENAME, rename, "--rename", &e) == 0);
    FUZZ_CHECK(kc_edits_find(&edits, o, &ids, m->counts, "m", &e) == 0 && edits.after == (m->k < 3 ? m->k : m->k - 1));
    if (kc_model_edit(&ctx, m, &edits, NULL, &edited, &e) == 0) {
        size_t n;
        const char *name = kc_model_label(m, m->k - 1, &n);
        FUZZ_CHECK(m->k == edits.after && n == 1 && *name == 'x');
        accepted(m);
    } else {
        FUZZ_CHECK(e.code == KC_EINPUT);
    }
    kc_model_edited_free(&edited);
    kc_edits_free(&edits);
    kc_strs_free(&ids);
    free(o);
}

/* By its path, as a file or through a pipe: the same answer as from memory. */
static void by_path(const uint8_t *p, size_t n, int through_pipe, const struct kc_err *want)
{
    int fds[2];
    struct kc_model m;
    struct kc_err e = KC_ERR_INIT;
    if (through_pipe && n <= 65536) {
        if (pipe(fds) != 0 || write(fds[1], p, n) != (ssize_t)n)
            abort();
        close(fds[1]);
    } else {
        fds[0] = memfd_create("model", 0);
        if (fds[0] < 0 || pwrite(fds[0], p, n, 0) != (ssize_t)n)
            abort();
    }
    if (dup2(fds[0], 100) < 0)
        abort();
    close(fds[0]);
    int rc = kc_model_load(&m, "/proc/self/fd/100", &e);
    kc_model_free(&m);
    close(100);
    if ((rc == 0) != (want->code == KC_OK) || e.code != want->code)
        fuzz_fail("from memory '%s', by its path '%s'", want->msg, e.msg);
}

/* The same bytes as a map. One that is accepted holds together, and takes rows. */
static void try_map(const uint8_t *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf made = {NULL, 0, 0};
    struct kc_map m;
    const int rc = kc_map_parse(&m, (const char *)p, n, "map", &e);
    FUZZ_CHECK((rc == 0) == (e.code == KC_OK) && (rc == 0 || e.code == KC_EINPUT));
    if (rc == 0 && m.rows.d <= 4096) {
        float *x = calloc(2 * m.rows.d, sizeof *x);
        if (!x)
            abort();
        x[0] = x[2 * m.rows.d - 1] = 1;
        FUZZ_CHECK(m.rows.rows.n > 0 && (m.dims == 2 || m.dims == 3));
        FUZZ_CHECK(kc_map_place_each(&m, x, 2, m.rows.d, &made, &e) == 0);
        for (size_t i = 0; i < 2 * m.dims; i++)
            FUZZ_CHECK(!isnan(kc_map_places(&made)[i]));
        free(x);
    }
    kc_buf_free(&made);
    kc_map_free(&m);
}

void fuzz_model(const uint8_t *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_model m;
    uint8_t *own = NULL;
    if (n < 2)
        return;
    unsigned flags = p[0];
    p++;
    n--;
    if (flags & 1) {
        const uint8_t *nul = memchr(p, '\0', n);
        size_t header = nul ? (size_t)(nul - p) : n, data = nul ? n - header - 1 : 0;
        own = malloc(8 + header + data);
        if (!own)
            abort();
        for (size_t i = 0; i < 8; i++)
            own[i] = (uint8_t)((uint64_t)header >> 8 * i);
        memcpy(own + 8, p, header);
        if (data > 0)
            memcpy(own + 8 + header, nul + 1, data);
        p = own;
        n = 8 + header + data;
    }
    try_map(p, n);
    int rc = kc_model_parse(&m, (const char *)p, n, "model", &e);
    FUZZ_CHECK((rc == 0) == (e.code == KC_OK));
    if (rc != 0) {
        char line[2048];
        kc_err_format(&e, line, sizeof line);
        FUZZ_CHECK(e.code == KC_EINPUT && twin_utf8(line, line + strlen(line)) && !strpbrk(line, "\n\033\177"));
    }
    if (!(n >= 2 && ((p[0] == 0x1F && p[1] == 0x8B) || p[0] == 0x28 || (p[0] & 0xF0) == 0x50))) /* packed, perhaps */
        by_path(p, n, flags >> 1 & 1, &e);
    if (rc == 0) {
        accepted(&m);
        try_edit(&m);
    }
    kc_model_free(&m);
    free(own);
}
