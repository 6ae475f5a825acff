/* Saving and resuming a fit. The metadata of the file are a list of facts about the run; a checkpoint is resumed
 * only if all facts and the hash of the rows are the same. Hashing takes one pass over the rows, at the first save
 * or when resuming. The file's name is opened for writing before the work starts, so that a path that cannot be
 * written fails early; a save that fails later is only a warning.
 *
 * On several ranks the first one has the file, and its clock says when time is up; a signal may reach any of them. At
 * each step they tell each other what is due. Nothing in the file depends on the ranks but the counts of operations. */
#include "job/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "core/algorithms.h"
#include "core/cluster/steps.h"
#include "job/checkpoint_arrays.h"
#include "json/safetensors.h"
#include "la/matrix.h"
#include "la/product.h"
#include "par/pool.h"

#define FORMAT "kclust-checkpoint"
#define VERSION "3"
#define LENGTH 8     /* bytes of the header's length, which comes first */
#define HASH 16      /* digits of a hash */
#define SHARE 20     /* at most 1/20 of the time is spent on saving */
#define MOST_FACTS 64
#define LAST_FACTS 3 /* facts that are added after the options */

/* One fact that identifies the run: written to the metadata, and compared when resuming. */
struct run_fact {
    char key[KC_OPTION_TEXT_MAX];
    char about[KC_OPTION_TEXT_MAX]; /* its name in messages */
    char value[KC_OPTION_TEXT_MAX];
    int is_option;                  /* the user can set it: a difference is KC_EUSAGE, not KC_EINPUT */
};

struct kc_checkpoint {
    struct kc_checkpoint_opts o;
    const struct kc_ctx *ctx;
    struct kc_outfile *out;  /* opened before the work starts, for the first save; NULL after that */
    struct kc_buf header;    /* of the file to resume from, on the first rank; as text */
    struct kc_arrays from;   /* the file itself; fd -1: there is none, or another rank has it */
    struct kc_steps steps;
    const struct kc_rows *rows;
    struct run_fact fact[MOST_FACTS];
    size_t nfacts;
    char rows_hash[HASH + 1]; /* "": not computed yet */
    double next;             /* time of the next save, by kc_clock_now */
    int dying;               /* a signal that is to end all ranks was noticed at this step */
    int there;               /* the file holds a checkpoint, of this run or an earlier one */
};

/* Fail because the existing file is something other than a checkpoint. */
static int refuse_file(const struct kc_checkpoint *c, const char *why, struct kc_err *e)
{
    return kc_err_at(e, KC_EUSAGE, c->o.file, 0, "%s: not a checkpoint of kclust, so it is not replaced", why);
}

/* Return 1 if the metadata have this value for the key. */
static int has_metadata(const struct kc_st *st, const char *key, const char *value)
{
    size_t n;
    const char *v = kc_st_metadata(st, key, &n);
    return v && n == strlen(value) && memcmp(v, value, n) == 0;
}

/* Read the header of the file, which has `size` bytes. */
static int read_header(struct kc_checkpoint *c, uint64_t size, struct kc_err *e)
{
    char length[LENGTH];
    struct kc_err why = KC_ERR_INIT;
    size_t got = 0;
    int err = kc_fd_pread(c->from.fd, length, LENGTH, 0, &got);
    if (err)
        return kc_err_sys(e, c->o.file, err, "cannot read");
    uint64_t n = got == LENGTH ? kc_le64(length) : 0;
    if (n < 2 || n > KC_ST_HEADER_MAX || n > size - LENGTH)
        return refuse_file(c, "no safetensors header", e);
    if (kc_buf_reserve(&c->header, (size_t)n, e) != 0)
        return -1;
    c->header.n = (size_t)n;
    err = kc_fd_pread(c->from.fd, c->header.p, (size_t)n, LENGTH, &got);
    if (err)
        return kc_err_sys(e, c->o.file, err, "cannot read");
    if (got < n || kc_st_parse(&c->from.st, c->header.p, (size_t)n, c->o.file, &why) != 0)
        return why.code == KC_ESYS ? (*e = why, -1) : refuse_file(c, why.code ? why.msg : "it has become shorter", e);
    if (!has_metadata(&c->from.st, "format", FORMAT))
        return refuse_file(c, "its metadata do not say so", e);
    c->from.data = LENGTH + n;
    return 0;
}

/* Find out what the file holds already: nothing, a checkpoint, or something that must not be replaced. It stays open
 * only if the run is to be resumed. */
static int inspect_file(struct kc_checkpoint *c, struct kc_err *e)
{
    struct kc_arrays *from = &c->from;
    struct stat st;
    from->fd = kc_fd_open(c->o.file, O_RDONLY | O_NONBLOCK, 0);
    if (from->fd < 0)
        return errno == ENOENT ? 0 : kc_err_sys(e, c->o.file, errno, "cannot open");
    if (fstat(from->fd, &st) != 0)
        return kc_err_sys(e, c->o.file, errno, "cannot read");
    if (!S_ISREG(st.st_mode))
        return kc_err_at(e, KC_EUSAGE, c->o.file, 0, "a checkpoint needs a regular file");
    if (st.st_size > 0 && read_header(c, (uint64_t)st.st_size, e) != 0)
        return -1;
    if (st.st_size > 0 && c->o.resume && (uint64_t)st.st_size != from->data + from->st.bytes)
        return kc_err_at(e, KC_EINPUT, c->o.file, 0, "damaged checkpoint: %llu bytes, expected %llu",
                         (unsigned long long)st.st_size, (unsigned long long)(from->data + from->st.bytes));
    c->there = st.st_size > 0;
    if (st.st_size == 0 || !c->o.resume) {
        close(from->fd);
        from->fd = -1;
    }
    return 0;
}

int kc_checkpoint_open(struct kc_checkpoint **out, const struct kc_ctx *ctx, const struct kc_checkpoint_opts *o,
                       struct kc_err *e)
{
    *out = NULL;
    if (!o->file && o->timeout < 0)
        return 0;
    struct kc_checkpoint *c = kc_mem_zalloc(1, sizeof *c, e);
    if (!c)
        return -1;
    c->o = *o;
    c->ctx = ctx;
    c->from.team = ctx->team;
    c->from.name = o->file;
    c->from.fd = -1;
    *out = c;
    if (!o->file || kc_team_rank(ctx->team) > 0)
        return 0;
    if (inspect_file(c, e) != 0 || kc_outfile_open(&c->out, o->file, e) != 0)
        return -1;
    return kc_outfile_is_file(c->out) ? 0 : kc_err_at(e, KC_EUSAGE, o->file, 0, "a checkpoint needs a regular file");
}

struct kc_outfile *kc_checkpoint_file(const struct kc_checkpoint *c)
{
    return c ? c->out : NULL;
}

static void hash_text(char out[HASH + 1], uint64_t h)
{
    snprintf(out, HASH + 1, "%016llx", (unsigned long long)h);
}

struct row_hashing {
    const struct kc_rows *rows;
    float *x;       /* (threads, KC_LA_TILE, d) if the rows are not in memory; else unused */
    uint64_t *tile; /* (tiles) hash of each tile */
};

/* Add up the hashes of a tile's rows, each with the row's number: so no order matters, nor who has which rows. */
static void hash_tile(void *arg, size_t t, unsigned worker)
{
    const struct row_hashing *h = arg;
    const struct kc_rows *rows = h->rows;
    const float *row[KC_LA_TILE];
    size_t i0 = t * KC_LA_TILE, m = rows->n - i0 < KC_LA_TILE ? rows->n - i0 : KC_LA_TILE;
    kc_rows_get(rows, i0, m, rows->x ? NULL : h->x + worker * KC_LA_TILE * rows->d, row);
    h->tile[t] = 0;
    for (size_t r = 0; r < m; r++) {
        const uint64_t of[2] = {kc_la_hash(row[r], rows->d), kc_rows_number(rows, i0 + r)};
        h->tile[t] += kc_la_hash((const float *)of, 4); /* hashes bytes, whatever they stand for */
    }
}

/* Hash all rows in one pass, into c->rows_hash. Does nothing if that is known. */
static int hash_rows(struct kc_checkpoint *c, struct kc_err *e)
{
    const struct kc_rows *rows = c->rows;
    struct row_hashing h = {.rows = rows};
    size_t tiles = kc_la_tiles(rows->n);
    uint64_t sum = 0;
    if (c->rows_hash[0])
        return 0;
    h.tile = kc_mem_alloc(tiles, sizeof *h.tile, e);
    h.x = kc_mem_aligned(rows->x ? 1 : kc_mem_mul(kc_pool_threads(c->ctx->pool) * KC_LA_TILE, rows->d), sizeof *h.x, e);
    int rc = h.tile && h.x ? 0 : -1;
    if (rc == 0) {
        kc_pool_for(c->ctx->pool, tiles, hash_tile, &h);
        for (size_t t = 0; t < tiles; t++)
            sum += h.tile[t];
        rc = kc_rows_failed(rows, e);
    }
    if (rc == 0)
        rc = kc_team_count(kc_rows_team(rows), &sum, 1, e);
    if (rc == 0)
        hash_text(c->rows_hash, sum);
    kc_mem_free(h.x);
    kc_mem_free(h.tile);
    return rc;
}

uint64_t kc_checkpoint_bytes(size_t n, size_t d, int in_memory, size_t nk, unsigned threads)
{
    return kc_la_tiles(n) * sizeof(uint64_t) + (in_memory ? 0 : (uint64_t)threads * KC_LA_TILE * d * sizeof(float)) +
           (uint64_t)(nk + 64) * 1024; /* the header's entries for two arrays of each k, and the rest of it */
}

static void add_fact(struct kc_checkpoint *c, const char *key, const char *about, const char *fmt, ...) KC_PRINTF(4, 5);

static void add_fact(struct kc_checkpoint *c, const char *key, const char *about, const char *fmt, ...)
{
    struct run_fact *f = &c->fact[c->nfacts++];
    va_list ap;
    snprintf(f->key, sizeof f->key, "%s", key);
    snprintf(f->about, sizeof f->about, "%s", about);
    va_start(ap, fmt);
    vsnprintf(f->value, sizeof f->value, fmt, ap);
    va_end(ap);
}

/* Add a fact for each option that influences the result. */
static void gather_options(struct kc_checkpoint *c, const struct kc_algorithm *algorithm, const void *opts)
{
    for (const struct kc_option *o = algorithm->options; !kc_option_is_last(o); o++) {
        if (!(o->marks & KC_OPTION_CHECKPOINT) || c->nfacts + LAST_FACTS >= MOST_FACTS)
            continue;
        struct run_fact *f = &c->fact[c->nfacts++];
        kc_option_key(o, f->key);
        kc_option_text(o, opts, 0, f->value);
        f->is_option = 1;
        if (o->name)
            kc_option_name(o, f->about);
        else
            memcpy(f->about, f->key, sizeof f->about);
    }
}

/* Hash the weights of all rows, as the rows are hashed. w: (rows->n) or NULL. */
static int hash_weights(const struct kc_rows *rows, const double *w, char out[HASH + 1], struct kc_err *e)
{
    uint64_t sum = 0;
    for (size_t i = 0; w && i < rows->n; i++) {
        uint64_t of[2] = {0, kc_rows_number(rows, i)};
        memcpy(of, &w[i], sizeof w[i]);
        sum += kc_la_hash((const float *)of, 4); /* hashes bytes, whatever they stand for */
    }
    if (w && kc_team_count(kc_rows_team(rows), &sum, 1, e) != 0)
        return -1;
    if (w)
        hash_text(out, sum);
    else
        memcpy(out, "none", sizeof "none");
    return 0;
}

/* List the facts of this run. w: (rows->n) the weights, or NULL. */
static int gather_facts(struct kc_checkpoint *c, const struct kc_rows *rows, const struct kc_algorithm *algorithm,
                        const void *opts, const double *w, struct kc_err *e)
{
    char weights[HASH + 1];
    if (hash_weights(rows, w, weights, e) != 0)
        return -1;
    c->nfacts = 0;
    add_fact(c, "format", "format", FORMAT);
    add_fact(c, "kclust", "kclust", KC_VERSION);
    add_fact(c, "format_version", "format (that of kclust 0.2.0 and before is 1)", VERSION);
    if (algorithm != kc_algorithms[0])
        add_fact(c, "algorithm", "--algorithm", "%s", algorithm->name);
    gather_options(c, algorithm, opts);
    add_fact(c, "n", "rows", "%llu", (unsigned long long)kc_rows_all(rows));
    add_fact(c, "d", "dimensions", "%zu", rows->d);
    add_fact(c, "weights", "weights of the rows", "%s", weights);
    return 0;
}

/* Return 1 if a checkpoint of that version of kclust can be resumed: the versions listed have the same state, and add
 * up in the same way. */
static int has_same_state(const char *version, size_t n)
{
    static const char *const versions[] = {KC_VERSION};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strlen(versions[i]) == n && memcmp(versions[i], version, n) == 0)
            return 1;
    return 0;
}

/* Check that the checkpoint to resume from is of this run. */
static int check_same_run(struct kc_checkpoint *c, struct kc_err *e)
{
    for (size_t i = 0; i < c->nfacts; i++) {
        const struct run_fact *f = &c->fact[i];
        char was[64];
        size_t n;
        const char *v = kc_st_metadata(&c->from.st, f->key, &n);
        if (has_metadata(&c->from.st, f->key, f->value) || (v && strcmp(f->key, "kclust") == 0 && has_same_state(v, n)))
            continue;
        if (!v && f->is_option && strcmp(f->value, "no") == 0) /* a version that did not have the option yet */
            continue;
        kc_err_escape(was, sizeof was, v ? v : "nothing", v ? n : 7);
        return kc_err_at(e, f->is_option ? KC_EUSAGE : KC_EINPUT, c->o.file, 0,
                         "the checkpoint is of another run: %s %s, not %s", f->about, was, f->value);
    }
    if (hash_rows(c, e) != 0)
        return -1;
    if (has_metadata(&c->from.st, "rows", c->rows_hash))
        return 0;
    return kc_err_at(e, KC_EINPUT, c->o.file, 0, "the checkpoint is of other rows, as many but not the same");
}

/* Decide with the other ranks whether to save or stop at this step. A kc_steps.due. */
static int check_due(void *arg, struct kc_err *e)
{
    struct kc_checkpoint *c = arg;
    struct kc_signal_requests *a = c->o.requests;
    const double now = kc_clock_now();
    const int first = kc_team_rank(c->ctx->team) == 0;
    int late = first && c->o.timeout >= 0 && now - c->o.began >= c->o.timeout;
    int save = c->o.file && ((first && now >= c->next) || (a && a->save)), dying = c->o.file && a ? a->die : 0;
    uint64_t wish[3] = {!late, !save, dying ? (uint64_t)dying : UINT64_MAX};
    if (kc_team_least(c->ctx->team, wish, 3, e) != 0)
        return -1;
    late = !wish[0];
    c->dying = wish[2] < UINT64_MAX;
    save = c->o.file && (late || !wish[1] || c->dying);
    if (c->dying && a)
        a->die = (sig_atomic_t)wish[2]; /* it may have reached another rank only */
    if (late && a && !a->die)
        a->armed = 0; /* what follows is short and is not saved: let signals kill at once */
    return (save ? KC_DUE_SAVE : 0) | (late ? KC_DUE_STOP : 0);
}

/* Write the checkpoint: the facts and hashes, then the n arrays of t. file: as in kc_arrays_write. */
static int write_file(struct kc_checkpoint *c, const struct kc_st_tensor *t, const struct kc_rows *const *rows,
                      size_t n, struct kc_err *file, struct kc_err *e)
{
    struct kc_st_text text[MOST_FACTS + 1];
    const int first = kc_team_rank(c->ctx->team) == 0;
    size_t ntext = 0;
    int rc = hash_rows(c, e);
    for (; ntext < c->nfacts; ntext++)
        text[ntext] = (struct kc_st_text){c->fact[ntext].key, c->fact[ntext].value, strlen(c->fact[ntext].value)};
    text[ntext++] = (struct kc_st_text){"rows", c->rows_hash, HASH};
    if (rc == 0 && first && !c->out && kc_outfile_open(&c->out, c->o.file, file) != 0)
        c->out = NULL;
    if (rc == 0)
        rc = kc_arrays_write(c->ctx->team, c->out, t, rows, n, text, ntext, file, e);
    if (rc == 0 && first && file->code == KC_OK && kc_outfile_commit(c->out, file) == 0)
        c->there = 1;
    kc_outfile_free(c->out);
    c->out = NULL;
    return rc;
}

static int fail_by_signal(struct kc_err *e)
{
    return kc_err_set(e, KC_ESYS, "ended by a signal");
}

/* Save the state. A kc_steps.save. A checkpoint that cannot be written causes a warning, and the work continues. */
static int save_state(void *arg, struct kc_st_tensor *t, const struct kc_rows *const *rows, size_t n, struct kc_err *e)
{
    struct kc_checkpoint *c = arg;
    struct kc_signal_requests *a = c->o.requests;
    struct kc_err why = KC_ERR_INIT, other = KC_ERR_INIT;
    char line[2048];
    if (a)
        a->save = 0;
    double began = kc_clock_now();
    if (write_file(c, t, rows, n, &why, &other) != 0) {
        if (kc_team_size(c->ctx->team) > 1) { /* the others wait for this rank's part of the arrays */
            *e = other;
            return -1;
        }
        why = other;
    }
    if (why.code == KC_OK) {
        kc_ctx_log(c->ctx, KC_LOG_INFO, "checkpoint: saved to %s, %.2f s", c->o.file, kc_clock_now() - began);
    } else {
        kc_err_format(&why, line, sizeof line);
        kc_ctx_log(c->ctx, KC_LOG_WARN, "no checkpoint: %s", line);
    }
    double now = kc_clock_now(), took = now - began;
    c->next = now + (c->o.every > SHARE * took ? c->o.every : c->o.every > 0 ? SHARE * took : 0);
    if (!c->dying)
        return 0;
    uint64_t written = 1; /* a rank that dies takes the others with it: none may before the file is written */
    return kc_team_count(c->ctx->team, &written, 1, e) != 0 ? -1 : fail_by_signal(e);
}

/* Read an array of the checkpoint and check its hash. A kc_steps.read. */
static int read_array(void *arg, const struct kc_st_tensor *t, const struct kc_rows *rows, void *to, struct kc_err *e)
{
    const struct kc_checkpoint *c = arg;
    return kc_arrays_read(&c->from, t, rows, to, e);
}

/* Give the header of the file to resume from to all ranks. Return 1, 0 if there is none, -1 after a failure. */
static int share_header(struct kc_checkpoint *c, struct kc_err *e)
{
    struct kc_team *team = c->ctx->team;
    const int first = kc_team_rank(team) == 0;
    uint64_t n = first && c->from.fd >= 0 ? c->header.n : 0;
    if (kc_team_count(team, &n, 1, e) != 0 || n == 0)
        return n == 0 ? 0 : -1;
    if (!first) {
        if (kc_buf_reserve(&c->header, (size_t)n, e) != 0)
            return -1;
        memset(c->header.p, 0, (size_t)n);
        c->header.n = (size_t)n;
    }
    if (kc_team_union(team, c->header.p, c->header.n, e) != 0 ||
        (!first && kc_st_parse(&c->from.st, c->header.p, c->header.n, c->o.file, e) != 0))
        return -1;
    kc_buf_free(&c->header);
    return 1;
}

int kc_checkpoint_begin(struct kc_checkpoint *c, const struct kc_rows *rows, const struct kc_algorithm *algorithm,
                        const void *opts, struct kc_request *r, struct kc_err *e)
{
    if (!c)
        return 0;
    c->rows = rows;
    c->steps = (struct kc_steps){.due = check_due,
                                 .save = save_state,
                                 .read = read_array,
                                 .timed = c->o.timeout >= 0,
                                 .keeps = c->o.file != NULL,
                                 .name = c->o.file,
                                 .arg = c};
    r->steps = &c->steps;
    c->next = kc_clock_now() + c->o.every;
    if (!c->o.file)
        return 0;
    if (gather_facts(c, rows, algorithm, opts, r->weights, e) != 0)
        return -1;
    const int resuming = share_header(c, e);
    if (resuming < 0)
        return -1;
    if (resuming) {
        if (check_same_run(c, e) != 0 || kc_arrays_read_hashes(&c->from, e) != 0)
            return -1;
        c->steps.from = &c->from.st;
        kc_ctx_log(c->ctx, KC_LOG_INFO, "checkpoint: resuming from %s", c->o.file);
    } else if (c->o.resume) {
        kc_ctx_log(c->ctx, KC_LOG_INFO, "checkpoint: there is no %s yet: starting from the beginning", c->o.file);
    }
    if (c->o.requests)
        c->o.requests->armed = 1;
    return 0;
}

int kc_checkpoint_end(struct kc_checkpoint *c, struct kc_err *e)
{
    if (!c || !c->o.requests)
        return 0;
    struct kc_signal_requests *a = c->o.requests;
    a->armed = 0;
    uint64_t die = a->die ? (uint64_t)a->die : UINT64_MAX;
    if (kc_team_least(c->ctx->team, &die, 1, e) != 0)
        return -1;
    a->die = die < UINT64_MAX ? (sig_atomic_t)die : 0;
    return a->die ? fail_by_signal(e) : 0;
}

void kc_checkpoint_done(struct kc_checkpoint *c)
{
    char path[PATH_MAX]; /* remove the file, not a link to it: saving keeps the link too */
    if (c && c->there && !c->steps.cut && realpath(c->o.file, path))
        unlink(path);
}

void kc_checkpoint_free(struct kc_checkpoint *c)
{
    if (!c)
        return;
    if (c->o.requests)
        c->o.requests->armed = 0;
    if (c->from.fd >= 0)
        close(c->from.fd);
    kc_outfile_free(c->out);
    kc_buf_free(&c->header);
    kc_mem_free(c->from.hash);
    kc_st_free(&c->from.st);
    kc_mem_free(c);
}
