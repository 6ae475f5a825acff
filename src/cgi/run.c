/* Runs: their row in the database, their folder, their locks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "cgi/cgi.h"

void cgi_check_id(struct cgi *c, const char *id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    size_t n = strlen(id);
    if (n == 0 || n > 64 || id[0] == '.' || strspn(id, letters) != n)
        cgi_fail(c, 422, 0, "run_id must match [A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");
}

char *cgi_path(struct cgi *c, int64_t seq, const char *name, char out[1200])
{
    snprintf(out, 1200, "%s/runs/%lld%s%s", c->state, (long long)seq, name ? "/" : "", name ? name : "");
    return out;
}

char *cgi_read_file(struct cgi *c, int64_t seq, const char *name, size_t *n)
{
    char path[1200];
    int fd = kc_fd_open(cgi_path(c, seq, name, path), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    char *text = cgi_read_all(c, fd, n);
    close(fd);
    return text;
}

int64_t cgi_run_new(struct cgi *c, const char *id, const char *kind, const char *status, const char *params)
{
    char path[1200];
    cgi_quota(c, 1, 0);
    if (cgi_sql_int(c, "SELECT count(*) FROM runs WHERE owner = ?1 AND id = ?2", "tt", c->owner, id) > 0)
        cgi_fail(c, 409, 0, "there is a run %s", id);
    cgi_run_sql(c, "INSERT INTO runs (id, owner, kind, status, params) VALUES (?1, ?2, ?3, ?4, ?5)", "ttttt", id,
                c->owner, kind, status, params);
    int64_t seq = sqlite3_last_insert_rowid(c->db);
    if (mkdir(cgi_path(c, seq, NULL, path), 0700) != 0 && errno != EEXIST)
        cgi_fail(c, 503, 0, errno == ENOSPC ? "the disk of the server is full" : "the run's folder could not be made");
    return seq;
}

static __attribute__((noreturn)) void fail_file(struct cgi *c)
{
    cgi_fail(c, 503, 0,
             errno == EMFILE || errno == ENFILE ? "the server has no more files" : "the server cannot write its data");
}

/* Take the lock of a file that is made if it is not there. Return its descriptor; -1: its folder is gone, or `how` has
 * LOCK_NB and it is taken. */
static int lock_file(struct cgi *c, const char *path, int how)
{
    int fd = kc_fd_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno != ENOENT)
        fail_file(c);
    while (fd >= 0 && flock(fd, how) != 0)
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    return fd;
}

int cgi_is(const struct cgi_run *r, const char *words)
{
    size_t n = strlen(r->status);
    for (const char *p = words; n > 0 && (p = strstr(p, r->status)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == 0))
            return 1;
    return 0;
}

int cgi_run_lock(struct cgi *c, struct cgi_run *r)
{
    char path[1200];
    r->lock = lock_file(c, cgi_path(c, r->seq, "lock", path), LOCK_EX | LOCK_NB);
    return r->lock >= 0;
}

void cgi_settle_rows(struct cgi *c, int64_t seq)
{
    char path[1200], fresh[1200];
    struct stat st;
    if (stat(cgi_path(c, seq, "rows.new", fresh), &st) != 0)
        return;
    int whole = st.st_size == cgi_sql_int(c, "SELECT bytes FROM runs WHERE seq = ?1", "i", seq);
    if ((whole ? rename(fresh, cgi_path(c, seq, "rows.jsonl", path)) : unlink(fresh)) != 0)
        cgi_fail(c, 503, 0, "the rows could not be written");
}

int cgi_rows_try(struct cgi *c, int64_t seq)
{
    char path[1200];
    struct stat st;
    int fd = lock_file(c, cgi_path(c, seq, "rows.lock", path), LOCK_EX);
    char *bytes = cgi_sql_text(c, "SELECT bytes FROM runs WHERE seq = ?1", "i", seq);
    if (!bytes && fd >= 0)
        close(fd);
    if (!bytes || fd < 0)
        return -1;
    /* What is behind the end that the database knows was left by a process that did not live to say so. */
    off_t end = (off_t)strtoll(bytes, NULL, 10);
    cgi_settle_rows(c, seq);
    if (stat(cgi_path(c, seq, "rows.jsonl", path), &st) == 0 && st.st_size > end && truncate(path, end) != 0)
        cgi_fail(c, 503, 0, "the rows could not be written");
    kc_mem_free(bytes);
    return fd;
}

int cgi_rows_lock(struct cgi *c, const struct cgi_run *r)
{
    int fd = cgi_rows_try(c, r->seq);
    if (fd < 0)
        cgi_fail(c, 404, 0, "the run is gone");
    return fd;
}

/* Read a run's row. */
static struct cgi_run *read_run(struct cgi *c, const char *id)
{
    static struct cgi_run two[2]; /* a request looks at no more than two runs */
    static int next;
    struct cgi_run *r = &two[next++ & 1];
    sqlite3_stmt *s = cgi_sql(c,
                              "SELECT seq, id, kind, status, params, owner, rows, dim, bytes, model FROM runs"
                              " WHERE id = ?1 AND (owner = ?2 OR ?3) ORDER BY owner <> ?2 LIMIT 1",
                              "tti", id, c->owner, (int64_t)(c->role == CGI_ADMIN));
    if (!cgi_step(c, s))
        cgi_fail(c, 404, 0, "there is no run %s", id);
    char **texts[] = {&r->id, &r->kind, &r->status, &r->params, &r->owner};
    for (int i = 0; i < 5; i++) {
        const char *text = (const char *)sqlite3_column_text(s, i + 1);
        *texts[i] = cgi_dup(c, text, (size_t)sqlite3_column_bytes(s, i + 1));
    }
    r->seq = sqlite3_column_int64(s, 0);
    r->rows = sqlite3_column_int64(s, 6);
    r->dim = sqlite3_column_int64(s, 7);
    r->bytes = sqlite3_column_int64(s, 8);
    r->model = sqlite3_column_int64(s, 9);
    r->lock = -1;
    sqlite3_finalize(s);
    return r;
}

int64_t *cgi_list_runs(struct cgi *c, sqlite3_stmt *s, size_t *n)
{
    struct kc_buf b = {NULL, 0, 0};
    while (cgi_step(c, s)) {
        int64_t seq = sqlite3_column_int64(s, 0);
        cgi_put_n(c, &b, (const char *)&seq, sizeof seq);
    }
    sqlite3_finalize(s);
    *n = b.n / sizeof(int64_t);
    return (int64_t *)(void *)b.p;
}

void cgi_note_lost(struct cgi *c, int64_t seq)
{
    struct cgi_run r = {.seq = seq, .lock = -1};
    if (!cgi_run_lock(c, &r))
        return; /* its worker lives */
    cgi_run_sql(c,
                "UPDATE runs SET status = iif(kind = 'buffer', 'open', 'failed'), error = 'its process has ended',"
                " touched = unixepoch() WHERE seq = ?1 AND status IN ('running', 'pending')",
                "i", seq);
    close(r.lock);
}

struct cgi_run *cgi_run_load(struct cgi *c, const char *id)
{
    cgi_check_id(c, id);
    struct cgi_run *r = read_run(c, id);
    if (!cgi_is(r, "running pending"))
        return r;
    cgi_note_lost(c, r->seq);
    return read_run(c, id);
}

void cgi_drop_results(struct cgi *c, int64_t seq)
{
    cgi_run_sql(c, "DELETE FROM labels WHERE run = ?1", "i", seq);
    cgi_run_sql(c, "DELETE FROM clusters WHERE run = ?1", "i", seq);
    cgi_run_sql(c, "DELETE FROM facets WHERE run = ?1", "i", seq);
}

void cgi_remove_run(struct cgi *c, int64_t seq)
{
    cgi_drop_results(c, seq);
    cgi_run_sql(c, "DELETE FROM runs WHERE seq = ?1", "i", seq);
}

/* Remove the folder of a run; it stays if a process makes a file in it at this moment. */
static void remove_folder(struct cgi *c, int64_t seq)
{
    char path[1200], file[1600];
    DIR *d = opendir(cgi_path(c, seq, NULL, path));
    for (const struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
        snprintf(file, sizeof file, "%s/%s", path, f->d_name);
        if (f->d_name[0] != '.')
            unlink(file);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

void cgi_remove_folders(struct cgi *c)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/runs", c->state);
    DIR *d = opendir(path);
    for (const struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
        int64_t seq = strtoll(f->d_name, NULL, 10);
        if (seq > 0 && !cgi_sql_int(c, "SELECT 1 FROM runs WHERE seq = ?1", "i", seq))
            remove_folder(c, seq);
    }
    if (d)
        closedir(d);
}

void cgi_need_result(struct cgi *c, const struct cgi_run *r)
{
    if (!cgi_is(r, "completed"))
        cgi_fail(c, 409, 0, "the run is %s, not completed", r->status);
    if (cgi_sql_int(c, "SELECT expired FROM runs WHERE seq = ?1", "i", r->seq))
        cgi_fail(c, 404, 0, "the results of the run have expired; its model is kept");
}

char *cgi_slug(struct cgi *c, const char *name, int64_t at)
{
    struct kc_buf b = {NULL, 0, 0};
    for (const char *p = name; *p && b.n < 60; p++) {
        char a = *p >= 'A' && *p <= 'Z' ? (char)(*p | 32) : *p;
        if ((a >= 'a' && a <= 'z') || (a >= '0' && a <= '9'))
            cgi_put_n(c, &b, &a, 1);
        else if (b.n > 0 && b.p[b.n - 1] != '-')
            cgi_put_n(c, &b, "-", 1);
    }
    while (b.n > 0 && b.p[b.n - 1] == '-')
        b.n--;
    char *when = cgi_sql_text(c, "SELECT strftime('%Y%m%d-%H%M%S', ?1, 'unixepoch')", "i", at);
    cgi_put(c, &b, "%s%s", b.n > 0 ? "-" : "run-", when);
    cgi_put_n(c, &b, "", 1);
    return b.p;
}
