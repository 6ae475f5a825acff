/* The calls of a client that sends rows bit by bit: start, append, finalize. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cgi/cgi.h"
#include "json/json.h"

void cgi_healthz(struct cgi *c)
{
    cgi_db_open(c);
    cgi_answer_json(c, 200, cgi_sql_text(c, "SELECT '{\"status\": \"ok\"}' FROM (SELECT count(*) FROM swept)", ""));
}

void cgi_openapi(struct cgi *c)
{
    cgi_answer(c, 200, "application/json", (const char *)cgi_openapi_json, cgi_openapi_json_n);
}

/* Return the run_id that the request names, in its body or its query. */
static char *need_id(struct cgi *c, const char *json)
{
    char *id = json ? cgi_member_text(c, json, "run_id") : NULL;
    if (!id)
        id = cgi_query(c, "run_id");
    if (!id)
        cgi_fail(c, 422, 0, "there is no run_id");
    cgi_check_id(c, id);
    return id;
}

void cgi_start(struct cgi *c)
{
    struct kc_buf params = {NULL, 0, 0};
    cgi_read_body(c);
    const char *json = cgi_body_object(c);
    char *id = need_id(c, json);
    cgi_params(c, json, &params);
    cgi_begin(c);
    cgi_run_new(c, id, "buffer", "open", params.p);
    cgi_commit(c);
    cgi_answer_json(c, 201,
                    cgi_sql_text(c, "SELECT json_object('run_id', ?1, 'status', 'open', 'parameters', json(?2))", "tt",
                                 id, params.p));
}

void cgi_append_call(struct cgi *c)
{
    struct cgi_items items;
    struct kc_buf b = {NULL, 0, 0};
    cgi_read_body(c);
    const char *json = cgi_items(c, 0, 0, &items);
    struct cgi_run *r = cgi_run_load(c, need_id(c, json));
    if (json && !kc_json_find(json, "items"))
        cgi_fail(c, 422, 0, "there are no items");
    int lock = cgi_rows_lock(c, r);
    r = cgi_run_load(c, r->id); /* as it is now that the lock is held */
    if (strcmp(r->kind, "buffer") != 0 || !cgi_is(r, "open"))
        cgi_fail(c, 409, 0, "the run is %s and takes no rows", r->status);
    if (r->dim > 0 && items.dim > 0 && items.dim != r->dim)
        cgi_fail(c, 422, 0, "the items have vectors of %lld numbers, the run has %lld", (long long)items.dim,
                 (long long)r->dim);
    if (items.rows > 0) {
        cgi_begin(c);
        cgi_append(c, r, &items);
        cgi_commit(c);
    }
    close(lock);
    cgi_put(c, &b, "{\"run_id\": \"%s\", \"received\": %lld, \"total\": %lld}", r->id, (long long)items.rows,
            (long long)(r->rows + items.rows));
    cgi_answer_buf(c, &b);
}

/* Answer with the labels and figures of a completed run. */
static __attribute__((noreturn)) void answer_result(struct cgi *c, const struct cgi_run *r)
{
    struct kc_buf b = {NULL, 0, 0};
    cgi_put(c, &b, "{\"run_id\": \"%s\", \"items\": [", r->id);
    cgi_put_rows(c, &b,
                 cgi_sql(c,
                         "SELECT json_object('term', term, 'cluster_id', cluster) FROM labels WHERE run = ?1"
                         " ORDER BY row",
                         "i", r->seq),
                 ",");
    char *figures = cgi_sql_text(c,
                                 "SELECT json_object('chosen_k', figures -> '$.chosen_k', 'silhouette', figures ->"
                                 " '$.silhouette', 'k', figures -> '$.k', 'limits_kept', figures -> '$.limits_kept',"
                                 " 'sampled', figures -> '$.sampled', 'warnings', figures -> '$.warnings') FROM runs"
                                 " WHERE seq = ?1",
                                 "i", r->seq);
    cgi_put(c, &b, "], %s", figures ? figures + 1 : "}");
    cgi_answer_buf(c, &b);
}

void cgi_finalize(struct cgi *c)
{
    struct kc_buf params = {NULL, 0, 0};
    char message[512];
    int64_t line;
    cgi_read_body(c);
    const char *json = cgi_body_object(c);
    struct cgi_run *r = cgi_run_load(c, need_id(c, json));
    if (cgi_is(r, "completed")) { /* an answer that was lost is given again */
        cgi_need_result(c, r);
        answer_result(c, r);
    }
    if (strcmp(r->kind, "buffer") != 0 || !cgi_run_lock(c, r))
        cgi_fail(c, 409, 0, "the run is %s", strcmp(r->kind, "buffer") == 0 ? "being finalized" : r->status);
    int rows = cgi_rows_lock(c, r), lock = r->lock; /* appends that have begun come first */
    char *status = cgi_sql_text(c, "SELECT status FROM runs WHERE seq = ?1", "i", r->seq);
    if (!status || strcmp(status, "open") != 0)
        cgi_fail(c, 409, 0, "the run is %s", status ? status : "gone");
    if (cgi_sql_int(c, "SELECT rows FROM runs WHERE seq = ?1", "i", r->seq) == 0)
        cgi_fail(c, 422, 0, "the run has no rows");
    cgi_params_change(c, r->params, json, &params);
    cgi_run_sql(c, "UPDATE runs SET params = ?2 WHERE seq = ?1", "it", r->seq, params.p);
    r->params = params.p;
    cgi_need_slot(c);
    cgi_run_sql(c, "UPDATE runs SET status = 'running', want = '' WHERE seq = ?1", "i", r->seq);
    close(rows);
    r->lock = lock;
    int rc = cgi_work(c, r, 0, message, &line);
    if (rc)
        cgi_run_sql(c, "UPDATE runs SET status = ?2, want = '', error = ?3 WHERE seq = ?1", "itt", r->seq,
                    rc == 'c' ? "cancelled" : "open", rc > 200 ? message : NULL);
    if (rc == 'c' || rc == 'p')
        cgi_fail(c, 409, 0, "the run was %s", rc == 'c' ? "cancelled" : "stopped: finalize it again");
    if (rc)
        cgi_fail(c, rc, line, "%s", message);
    answer_result(c, r);
}
