/* Runs that last: made, listed, renamed, stopped, deleted, and watched. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "cgi/cgi.h"
#include "json/json.h"

#define WHEN(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"
#define RUN_JSON                                                                                                    \
    "json_object('id', id, 'name', name, 'slug', slug, 'owner', owner, 'status', status, 'rows', rows, 'dim', dim," \
    " 'parameters', json(params), 'figures', json(figures), 'sampled', json(figures) -> '$.sampled', 'error',"      \
    " json(iif(error IS NULL, 'null', json_object('message', error, 'line', nullif(error_line, 0)))), "             \
    "'created', " WHEN("created") ", 'started', " WHEN("started") ", 'finished', " WHEN(                            \
        "finished") ", 'expired',"                                                                                  \
                    " json(iif(expired, 'true', 'false')), 'origin', origin)"

/* Read the last message of a run at work, from the end of its log. */
static char *read_progress(struct cgi *c, const struct cgi_run *r)
{
    static char text[8192 + KC_NUM_PAD];
    char path[1200], *last = NULL;
    struct stat st;
    size_t n = 0;
    struct kc_json_fault f;
    int fd = kc_fd_open(cgi_path(c, r->seq, "log", path), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0 || fstat(fd, &st) != 0 ||
        kc_fd_pread(fd, text, 8192, st.st_size > 8192 ? st.st_size - 8192 : 0, &n) != 0)
        n = 0;
    if (fd >= 0)
        close(fd);
    memset(text + n, 0, sizeof text - n);
    for (char *next = text, *p; (p = cgi_line(&next, text + n, NULL)) != NULL;)
        last = *p == '{' && kc_json_skip(p, next - 1, 0, &f) ? p : last;
    return last;
}

/* Write what is known of a run. restarts: what resume would do, now or when it is paused. */
static char *describe_run(struct cgi *c, const struct cgi_run *r)
{
    char path[1200], *progress = cgi_is(r, "running") ? read_progress(c, r) : NULL;
    int stopped = cgi_is(r, "paused failed");
    int restarts = stopped ? access(cgi_path(c, r->seq, CGI_CHECKPOINT, path), F_OK) != 0 : !cgi_keeps_steps(r);
    return cgi_sql_text(c, "SELECT json_set(" RUN_JSON ", '$.progress', json(?2), '$.restarts', json(?3)) FROM runs"
                        " WHERE seq = ?1", "itt", r->seq, progress ? progress : "null",
                        !stopped && !cgi_is(r, "running pending") ? "null" : restarts ? "true" : "false");
}

static __attribute__((noreturn)) void answer_run(struct cgi *c, int status, const char *id)
{
    cgi_answer_json(c, status, describe_run(c, cgi_run_load(c, id)));
}

/* Start a run in the background with the rows that it has. */
static __attribute__((noreturn)) void start_run(struct cgi *c, struct cgi_run *r, int resume)
{
    cgi_run_sql(c, "UPDATE runs SET status = 'pending', want = '', error = NULL, kind = 'run' WHERE seq = ?1", "i",
                r->seq);
    cgi_work_behind(c, r, resume);
    answer_run(c, 202, r->id);
}

/* Make a run with a random id, locked, in a transaction. */
static struct cgi_run *make_run(struct cgi *c, const char *params)
{
    unsigned char random[8];
    char id[17];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        cgi_fail(c, 503, 0, "the server has no random numbers");
    for (int i = 0; i < 8; i++)
        snprintf(id + (size_t)i * 2, 3, "%02x", random[i]);
    cgi_begin(c);
    cgi_run_new(c, id, "run", "open", params);
    struct cgi_run *r = cgi_run_load(c, id);
    if (!cgi_run_lock(c, r))
        cgi_fail(c, 503, 0, "the server is busy");
    return r;
}

/* Set the name that the request gives, if any. */
static void name_run(struct cgi *c, const struct cgi_run *r, const char *json)
{
    char *name = cgi_param(c, json, "name");
    if (!name)
        return;
    if (!*name || strlen(name) > 200)
        cgi_fail(c, 422, 0, "name must have 1 to 200 bytes");
    int64_t at = cgi_sql_int(c, "SELECT created FROM runs WHERE seq = ?1", "i", r->seq);
    cgi_run_sql(c, "UPDATE runs SET name = ?2, slug = ?3 WHERE seq = ?1", "itt", r->seq, name, cgi_slug(c, name, at));
}

/* Start a run of the rows that were appended to it. */
static __attribute__((noreturn)) void start_buffer(struct cgi *c, const char *id, const char *json)
{
    struct kc_buf params = {NULL, 0, 0};
    struct cgi_run *r = cgi_run_load(c, id);
    if (!cgi_is(r, "open") || !cgi_run_lock(c, r))
        cgi_fail(c, 409, 0, "the run is %s", r->status);
    int rows = cgi_rows_lock(c, r);
    if (cgi_sql_int(c, "SELECT rows FROM runs WHERE seq = ?1", "i", r->seq) == 0)
        cgi_fail(c, 422, 0, "the run has no rows");
    cgi_params_change(c, r->params, json, &params);
    name_run(c, r, json);
    cgi_run_sql(c, "UPDATE runs SET params = ?2, status = 'pending' WHERE seq = ?1", "it", r->seq, params.p);
    close(rows);
    r->params = params.p;
    start_run(c, r, 0);
}

void cgi_runs_post(struct cgi *c)
{
    struct kc_buf params = {NULL, 0, 0};
    struct cgi_items items;
    cgi_read_body(c);
    const char *json = cgi_items(c, 0, 0, &items);
    char *id = json ? cgi_member_text(c, json, "run_id") : NULL;
    if (id && items.rows > 0)
        cgi_fail(c, 422, 0, "a run takes run_id, or items, not both");
    if (id)
        start_buffer(c, id, json);
    cgi_params(c, json, &params);
    if (items.rows == 0)
        cgi_fail(c, 422, 0, "there are no items");
    struct cgi_run *r = make_run(c, params.p);
    name_run(c, r, json);
    cgi_append(c, r, &items);
    cgi_run_sql(c, "UPDATE runs SET status = 'pending' WHERE seq = ?1", "i", r->seq);
    cgi_commit(c);
    start_run(c, r, 0);
}

void cgi_runs_get(struct cgi *c)
{
    static const struct cgi_list list = {
        RUN_JSON, "FROM runs WHERE (owner = ?1 OR ?2) AND (?3 IS NULL OR status = ?3)", "seq DESC", 100, 1000};
    char *status = cgi_query(c, "status");
    struct cgi_run asked = {.status = status};
    size_t busy;
    if (status && !cgi_is(&asked, "open pending running completed failed cancelled paused"))
        cgi_fail(c, 400, 0, "status must be open, pending, running, completed, failed, cancelled or paused");
    int64_t *seqs =
        cgi_list_runs(c, cgi_sql(c, "SELECT seq FROM runs WHERE status IN ('running', 'pending')", ""), &busy);
    for (size_t i = 0; i < busy; i++)
        cgi_note_lost(c, seqs[i]);
    kc_mem_free(seqs);
    cgi_answer_list(c, &list, "tit", c->owner, (int64_t)(c->role == CGI_ADMIN), status);
}

void cgi_run_get(struct cgi *c)
{
    answer_run(c, 200, c->part[1]);
}

void cgi_run_patch(struct cgi *c)
{
    cgi_read_body(c);
    const char *json = cgi_body_object(c);
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    if (!cgi_member_text(c, json, "name"))
        cgi_fail(c, 422, 0, "there is no name");
    name_run(c, r, json);
    answer_run(c, 200, r->id);
}

/* Ask the worker of a run to end, and wait until it has, some seconds at most. Return 1 if the lock is ours now. */
static int stop_run(struct cgi *c, struct cgi_run *r, const char *want, double seconds)
{
    double begun = kc_clock_now();
    cgi_run_sql(c, "UPDATE runs SET want = ?2 WHERE seq = ?1 AND status IN ('pending', 'running')", "it", r->seq, want);
    while (!cgi_run_lock(c, r)) {
        struct timespec ts = {0, 20000000};
        if (kc_clock_now() - begun > seconds)
            return 0;
        nanosleep(&ts, NULL);
    }
    return 1;
}

void cgi_run_delete(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    if (!stop_run(c, r, "cancel", 40))
        cgi_fail(c, 409, 0, "the run does not end: try again");
    int lock = cgi_rows_lock(c, r);
    cgi_begin(c);
    cgi_remove_run(c, r->seq);
    cgi_commit(c);
    cgi_begin(c);
    cgi_remove_folders(c);
    cgi_commit(c);
    close(lock);
    cgi_answer(c, 204, "application/json", "", 0);
}

void cgi_run_cancel(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    if (cgi_is(r, "paused") || (cgi_is(r, "open") && strcmp(r->kind, "buffer") == 0))
        cgi_run_sql(c, "UPDATE runs SET status = 'cancelled' WHERE seq = ?1 AND status = ?2", "it", r->seq, r->status);
    else if (!cgi_is(r, "pending running"))
        cgi_fail(c, 409, 0, "the run is %s", r->status);
    else if (stop_run(c, r, "cancel", 5))
        close(r->lock);
    answer_run(c, 202, r->id);
}

void cgi_run_pause(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    if (!cgi_is(r, "pending running"))
        cgi_fail(c, 409, 0, "the run is %s", r->status);
    if (strcmp(r->kind, "buffer") == 0)
        cgi_fail(c, 409, 0, "the run is being finalized: it can be cancelled, not paused");
    if (stop_run(c, r, "pause", 5))
        close(r->lock);
    answer_run(c, 202, r->id);
}

void cgi_run_resume(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    if (!cgi_is(r, "paused failed") || !cgi_run_lock(c, r))
        cgi_fail(c, 409, 0, "the run is %s, neither paused nor failed", r->status);
    close(cgi_rows_lock(c, r)); /* which settles the rows */
    start_run(c, r, 1);
}

/* Copy a file of one run into the folder of another. */
static void copy_file(struct cgi *c, int64_t from, const char *name, int64_t to, const char *as, int64_t most)
{
    char path[1200];
    struct stat st;
    int in = kc_fd_open(cgi_path(c, from, name, path), O_RDONLY | O_CLOEXEC, 0);
    int out = kc_fd_open(cgi_path(c, to, as, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0 || fstat(in, &st) != 0)
        cgi_fail(c, 503, 0, "the rows of the run could not be copied");
    for (off_t at = 0, end = most < st.st_size ? most : st.st_size; at < end;)
        if (sendfile(out, in, &at, (size_t)(end - at)) <= 0)
            cgi_fail(c, 503, 0, "the rows of the run could not be copied");
    close(in);
    close(out);
}

void cgi_run_recluster(struct cgi *c)
{
    struct kc_buf params = {NULL, 0, 0};
    char model[32];
    cgi_read_body(c);
    const char *json = cgi_body_object(c);
    struct cgi_run *old = cgi_run_load(c, c->part[1]);
    cgi_need_result(c, old);
    cgi_params_change(c, old->params, json, &params);
    int lock = cgi_rows_lock(c, old); /* before the transaction, as everywhere: else two wait for each other */
    old = cgi_run_load(c, old->id);
    cgi_need_result(c, old);
    struct cgi_run *r = make_run(c, params.p);
    name_run(c, r, json);
    cgi_quota(c, 0, old->rows);
    copy_file(c, old->seq, "rows.jsonl", r->seq, "rows.jsonl", old->bytes);
    snprintf(model, sizeof model, "model.%lld", (long long)old->model);
    copy_file(c, old->seq, model, r->seq, "like.model", INT64_MAX);
    cgi_run_sql(
        c,
        "UPDATE runs SET status = 'pending', origin = ?3, (rows, dim, bytes, fields) = (SELECT rows, dim, bytes,"
        " fields FROM runs WHERE seq = ?2) WHERE seq = ?1",
        "iit", r->seq, old->seq, old->id);
    cgi_commit(c);
    close(lock);
    start_run(c, r, 0);
}

void cgi_run_events(struct cgi *c)
{
    static const char head[] = "Status: 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                               "X-Accel-Buffering: no\r\n\r\n";
    double begun = kc_clock_now(), told = begun;
    char *last = NULL;
    cgi_run_load(c, c->part[1]); /* 404 comes before the head */
    cgi_send(head, sizeof head - 1);
    for (;;) {
        struct cgi_run *r = cgi_run_load(c, c->part[1]);
        char *text = describe_run(c, r);
        if (!text)
            _exit(0);
        int news = !last || strcmp(text, last) != 0;
        if (news || kc_clock_now() - told > 15) {
            struct kc_buf b = {NULL, 0, 0};
            if (news)
                cgi_put(c, &b, "event: %s\ndata: %s\n\n", r->status, text);
            else
                cgi_put(c, &b, ": still there\n\n"); /* a comment, so that nobody on the way hangs up */
            told = kc_clock_now();
            if (kc_fd_write(1, b.p, b.n, -1) != 0)
                _exit(0); /* nobody listens any more */
            kc_buf_free(&b);
        }
        kc_mem_free(last);
        last = text;
        if (!cgi_is(r, "pending running") || kc_clock_now() - begun > (double)c->limit[CGI_EVENT_SECONDS])
            _exit(0);
        struct timespec ts = {0, 250000000};
        nanosleep(&ts, NULL);
    }
}
