/* What a run's model does with rows that come later: tell their clusters, or learn from them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/num.h"
#include "cgi/cgi.h"
#include "json/json.h"

/* Name the model file of a run. */
static void name_model(char out[40], int64_t generation)
{
    snprintf(out, 40, "model.%lld", (long long)generation);
}

/* Add the formats, and --threshold and --min-margin as the request has them. */
static void add_options(struct cgi *c, struct cgi_child *k, const char *json)
{
    char *threshold = cgi_param(c, json, "threshold"), *margin = cgi_param(c, json, "min_margin");
    double v;
    if (threshold && strcmp(threshold, "none") != 0 && strcmp(threshold, "outlier") != 0 &&
        kc_num_double(threshold + (threshold[0] == 'p'), &v) != 0)
        cgi_fail(c, 422, 0, "threshold must be a similarity, a percentile as p5, outlier or none");
    if (margin && kc_num_double(margin, &v) != 0)
        cgi_fail(c, 422, 0, "min_margin must be a number");
    cgi_child_args(c, k, "-f", "jsonl", "-i", "jsonl", "--threshold", threshold ? threshold : "outlier",
                   margin ? "--min-margin" : NULL, margin, NULL);
}

/* Read the rows of the request, which must have the dimension of the run's. */
static const char *need_items(struct cgi *c, const struct cgi_run *r, int bare, struct cgi_items *items)
{
    if (r->model == 0)
        cgi_fail(c, 409, 0, "the run is %s and has no model", r->status);
    const char *json = cgi_items(c, r->dim, bare, items);
    if (items->rows == 0)
        cgi_fail(c, 422, 0, "there are no items");
    return json;
}

/* Open the model of a run, which an update may replace at this moment, and name it as the child finds it. */
static void open_model(struct cgi *c, struct cgi_run *r, char name[40])
{
    char path[1200];
    int fd = -1;
    for (int i = 0; i < 20 && fd < 0; i++) {
        r = i > 0 ? cgi_run_load(c, r->id) : r;
        name_model(name, r->model);
        fd = kc_fd_open(cgi_path(c, r->seq, name, path), O_RDONLY, 0); /* the child inherits it */
    }
    if (fd < 0)
        cgi_fail(c, 503, 0, "the model of the run cannot be read");
    snprintf(name, 40, "/dev/fd/%d", fd);
}

void cgi_run_assign(struct cgi *c)
{
    struct cgi_items items;
    struct cgi_child k;
    struct kc_buf b = {NULL, 0, 0};
    char model[40];
    size_t n;
    cgi_read_body(c);
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    const char *json = need_items(c, r, 1, &items);
    open_model(c, r, model);
    cgi_child_begin(c, &k, "assign");
    cgi_child_args(c, &k, "-m", model, "--columns", "term,cluster,similarity,margin", NULL);
    add_options(c, &k, json);
    k.in = cgi_memory_file(c, items.lines.p, items.lines.n);
    char *text = cgi_child_text(c, &k, r, &n);
    cgi_put(c, &b, "{\"items\": [");
    sqlite3_stmt *s =
        cgi_sql(c,
                "SELECT json_set(?2, '$.label', (SELECT label FROM clusters WHERE run = ?1 AND id = ?2 ->>"
                " '$.cluster_id'), '$.unassigned', json(iif(?2 ->> '$.cluster_id' < 0, 'true', 'false')))",
                "i", r->seq);
    size_t len;
    for (char *next = text, *p; (p = cgi_line(&next, text + n, &len)) != NULL;) {
        sqlite3_bind_text64(s, 2, p, len, SQLITE_STATIC, SQLITE_UTF8);
        cgi_step(c, s);
        cgi_put(c, &b, "%s%s", p == text ? "" : ",\n", (const char *)sqlite3_column_text(s, 0));
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    cgi_put(c, &b, "]}");
    cgi_answer_buf(c, &b);
}

/* Let rows that joined a cluster only now have its id. */
static int64_t import_late(struct cgi *c, const struct cgi_run *r)
{
    char path[1200];
    size_t n;
    int64_t late = 0;
    char *text = cgi_read_file(c, r->seq, "late.jsonl", &n);
    for (char *next = text, *p; text && (p = cgi_line(&next, text + n, NULL)) != NULL; late++)
        cgi_run_sql(c,
                    "UPDATE labels SET cluster = ?2 ->> '$.cluster_id' WHERE run = ?1 AND cluster < 0 AND term = ?2 ->>"
                    " '$.term'",
                    "it", r->seq, p);
    unlink(cgi_path(c, r->seq, "late.jsonl", path));
    kc_mem_free(text);
    return late;
}

/* Count the clusters anew, add those that were born. */
static void refresh_clusters(struct cgi *c, const struct cgi_run *r)
{
    cgi_run_sql(
        c,
        "INSERT INTO clusters (run, id, size, record) SELECT run, cluster, count(*), json_object('cluster_id',"
        " cluster, 'cluster_label', NULL, 'cluster_size', count(*), 'representatives', json_array(), 'keywords',"
        " json_array()) FROM labels WHERE run = ?1 AND cluster >= 0 GROUP BY cluster ON CONFLICT (run, id) DO UPDATE"
        " SET size = excluded.size",
        "i", r->seq);
}

void cgi_run_update(struct cgi *c)
{
    struct cgi_items items;
    struct cgi_child k;
    char model[40], fresh[40], path[1200];
    size_t n;
    cgi_read_body(c);
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    cgi_need_result(c, r);
    if (!cgi_run_lock(c, r))
        cgi_fail(c, 409, 0, "the run is being updated");
    int lock = cgi_rows_lock(c, r), own = r->lock;
    r = cgi_run_load(c, r->id);
    const char *json = need_items(c, r, 0, &items);
    if (r->rows + items.rows > c->limit[CGI_MAX_ROWS])
        cgi_fail(c, 413, 0, "a run has at most %lld rows", (long long)c->limit[CGI_MAX_ROWS]);
    cgi_quota(c, 0, items.rows);
    name_model(model, r->model);
    name_model(fresh, r->model + 1);
    cgi_child_begin(c, &k, "update");
    cgi_child_args(c, &k, "-m", model, "--save", fresh, "--late", "late.jsonl", NULL);
    add_options(c, &k, json);
    k.in = cgi_memory_file(c, items.lines.p, items.lines.n);
    char *text = cgi_child_text(c, &k, r, &n);
    cgi_begin(c); /* rows, labels and model change together */
    int64_t first = 1 + cgi_sql_int(c, "SELECT max(row) FROM labels WHERE run = ?1", "i", r->seq);
    cgi_append(c, r, &items);
    cgi_import_labels(c, r->seq, text, n, first);
    int64_t late = import_late(c, r);
    refresh_clusters(c, r);
    cgi_run_sql(c, "UPDATE runs SET model = ?2 WHERE seq = ?1", "ii", r->seq, r->model + 1);
    cgi_commit(c);
    unlink(cgi_path(c, r->seq, model, path));
    unlink(cgi_path(c, r->seq, "report.html", path));
    close(lock);
    close(own);
    struct kc_buf b = {NULL, 0, 0};
    cgi_put(c, &b, "{\"late\": %lld, \"items\": [", (long long)late);
    cgi_put_rows(c, &b,
                 cgi_sql(c,
                         "SELECT json_object('term', term, 'cluster_id', cluster, 'unassigned', json(iif(cluster"
                         " < 0, 'true', 'false'))) FROM labels WHERE run = ?1 AND row >= ?2 ORDER BY row",
                         "ii", r->seq, first),
                 ",\n");
    cgi_put(c, &b, "]}");
    cgi_answer_buf(c, &b);
}
