/* Arrays are hashed on the way, in chunks whose size does not depend on the pieces. */
#include "job/checkpoint_arrays.h"

#include <string.h>
#include "base/fd.h"
#include "la/matrix.h"
#include "la/pieces.h"

#define CHUNK 1024 /* words of 4 bytes that are hashed at once */
#define HASHES "hashes" /* the name of the last array */

struct hashing {
    uint64_t of[2]; /* the hash so far, and that of a chunk */
    size_t n;       /* words in the chunk */
    float chunk[CHUNK];
};

static void hash_chunk(struct hashing *h, const float *p, size_t n)
{
    h->of[1] = kc_la_hash(p, n);
    h->of[0] = kc_la_hash((const float *)h->of, 4); /* hashes bytes, whatever they stand for */
}

/* Hash n more words. */
static void hash_words(struct hashing *h, const void *words, size_t n)
{
    const float *p = words;
    for (size_t m; n > 0; p += m, n -= m) {
        m = n < CHUNK - h->n ? n : CHUNK - h->n;
        if (m == CHUNK) {
            hash_chunk(h, p, CHUNK);
            continue;
        }
        memcpy(h->chunk + h->n, p, m * sizeof *p);
        h->n += m;
        if (h->n == CHUNK) {
            hash_chunk(h, h->chunk, CHUNK);
            h->n = 0;
        }
    }
}

static uint64_t end_hashing(struct hashing *h)
{
    hash_chunk(h, h->chunk, h->n);
    return h->of[0];
}

/* A file that is being written. */
struct writing {
    struct kc_outfile *f; /* NULL: it cannot be written, or another rank does that */
    struct kc_err *file;
};

static void write_elements(struct writing *w, const void *p, size_t n, enum kc_st_type type, struct hashing *h)
{
    if (!w->f)
        return;
    hash_words(h, p, n * (kc_st_width(type) / 4));
    if (kc_st_write_elements(w->f, p, n, type, w->file) != 0)
        w->f = NULL;
}

static int write_array(struct writing *w, const struct kc_st_tensor *t, const struct kc_rows *rows, uint64_t *hash,
                       struct kc_err *e)
{
    struct hashing h = {.n = 0};
    struct kc_row_pieces p;
    const void *all;
    int more = 0;
    if (!rows) {
        write_elements(w, t->data, (size_t)t->shape[0], t->type, &h);
        *hash = end_hashing(&h);
        return 0;
    }
    int rc = kc_row_pieces_begin(&p, rows, kc_st_width(t->type), e);
    while (rc == 0 && (more = kc_row_pieces_next(&p, e)) > 0) {
        rc = kc_row_pieces_gather(&p, t->data, &all, e);
        if (rc == 0)
            write_elements(w, all, p.n, t->type, &h);
    }
    kc_row_pieces_free(&p);
    *hash = end_hashing(&h);
    return rc != 0 || more < 0 ? -1 : 0;
}

int kc_arrays_write(struct kc_team *team, struct kc_outfile *f, const struct kc_st_tensor *t,
                    const struct kc_rows *const *rows, size_t n, const struct kc_st_text *text, size_t ntext,
                    struct kc_err *file, struct kc_err *e)
{
    struct writing w = {kc_team_rank(team) == 0 ? f : NULL, file};
    struct hashing unused = {.n = 0};
    struct kc_st_tensor *all = kc_mem_alloc(kc_mem_add(n, 1), sizeof *all, e);
    uint64_t *hash = kc_mem_alloc(n, sizeof *hash, e);
    int rc = all && hash ? 0 : -1;
    if (rc == 0 && w.f) {
        memcpy(all, t, n * sizeof *all);
        all[n] = (struct kc_st_tensor){.name = HASHES, .type = KC_ST_U64, .ndims = 1, .shape = {n}};
        if (kc_st_write_header(w.f, all, n + 1, text, ntext, file) != 0)
            w.f = NULL;
    }
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = write_array(&w, &t[i], rows[i], &hash[i], e);
    if (rc == 0)
        write_elements(&w, hash, n, KC_ST_U64, &unused);
    kc_mem_free(hash);
    kc_mem_free(all);
    return rc;
}

/* Read n elements of the array t, from the first-th one on. */
static int read_elements(const struct kc_arrays *a, const struct kc_st_tensor *t, uint64_t first, size_t n, void *to,
                         struct kc_err *e)
{
    const size_t width = kc_st_width(t->type);
    size_t got;
    const int err = kc_fd_pread(a->fd, to, n * width, (off_t)(a->data + t->begin + first * width), &got);
    if (err)
        return kc_err_sys(e, a->name, err, "cannot read");
    if (got < n * width)
        return kc_err_at(e, KC_EINPUT, a->name, 0, "damaged checkpoint: it has become shorter");
    kc_st_swap(to, n, width);
    return 0;
}

int kc_arrays_read_hashes(struct kc_arrays *a, struct kc_err *e)
{
    const struct kc_st_tensor *t = a->st.n ? &a->st.tensors[a->st.n - 1] : NULL;
    if (!t || strcmp(t->name, HASHES) != 0 || t->type != KC_ST_U64 || t->ndims != 1 || t->shape[0] != a->st.n - 1)
        return kc_err_at(e, KC_EINPUT, a->name, 0, "damaged checkpoint: no hashes where they should be");
    if (kc_team_rank(a->team) == 0) {
        a->hash = kc_mem_alloc(a->st.n, sizeof *a->hash, e);
        if (!a->hash || read_elements(a, t, 0, a->st.n - 1, a->hash, e) != 0)
            return -1;
    }
    a->st.n--;
    return 0;
}

int kc_arrays_read(const struct kc_arrays *a, const struct kc_st_tensor *t, const struct kc_rows *rows, void *to,
                   struct kc_err *e)
{
    const size_t width = kc_st_width(t->type), n = (size_t)t->shape[0];
    const int first = kc_team_rank(a->team) == 0;
    struct hashing h = {.n = 0};
    struct kc_row_pieces p;
    int more = 0, rc = 0;
    if (!rows || !rows->share) { /* every rank has all of it */
        if (!first)
            memset(to, 0, n * width);
        else if (read_elements(a, t, 0, n, to, e) != 0)
            return -1;
        if (first)
            hash_words(&h, to, n * (width / 4));
        rc = kc_team_union(a->team, to, n * width, e);
    } else {
        rc = kc_row_pieces_begin(&p, rows, width, e);
        while (rc == 0 && (more = kc_row_pieces_next(&p, e)) > 0) {
            void *room = kc_row_pieces_room(&p, to);
            rc = first ? read_elements(a, t, p.done, p.n, room, e) : 0;
            if (rc == 0 && first)
                hash_words(&h, room, p.n * (width / 4));
            rc = rc == 0 ? kc_row_pieces_spread(&p, to, e) : -1;
        }
        kc_row_pieces_free(&p);
    }
    if (rc != 0 || more < 0)
        return -1;
    if (first && end_hashing(&h) != a->hash[t - a->st.tensors])
        return kc_err_at(e, KC_EINPUT, a->name, 0, "damaged checkpoint: array '%.40s' is not as it was written",
                         t->name);
    return 0;
}
