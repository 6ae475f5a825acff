/* Figures over all runs: for the owner as JSON, for Prometheus as text. */
#include "cgi/cgi.h"

void cgi_statistics(struct cgi *c)
{
    int64_t admin = c->role == CGI_ADMIN;
    cgi_answer_json(
        c, 200,
        cgi_sql_text(
            c,
            "WITH mine AS (SELECT * FROM runs WHERE owner = ?1 OR ?2) SELECT json_object("
            "'runs', (SELECT count(*) FROM mine), 'by_status', (SELECT json_group_object(status, n) FROM (SELECT "
            "status,"
            " count(*) n FROM mine GROUP BY status)), 'rows', (SELECT coalesce(sum(rows), 0) FROM mine), 'bytes', "
            "(SELECT"
            " coalesce(sum(bytes), 0) FROM mine), 'clusters', (SELECT count(*) FROM clusters WHERE run IN (SELECT seq "
            "FROM"
            " mine)), 'mean_silhouette', (SELECT avg(figures ->> '$.silhouette') FROM mine WHERE status = 'completed'),"
            " 'mean_seconds', (SELECT avg(figures ->> '$.seconds') FROM mine WHERE status = 'completed'),"
            " 'quota', json_object('runs', ?3, 'rows', ?4, 'requests_a_minute', ?5))",
            "tiiii", c->owner, admin, c->limit[CGI_QUOTA_RUNS], c->limit[CGI_QUOTA_ROWS], c->limit[CGI_QUOTA_RATE]));
}

void cgi_metrics(struct cgi *c)
{
    struct kc_buf b = {NULL, 0, 0};
    static const struct {
        const char *head, *sql;
    } metrics[] = {
        {"# HELP kclust_runs Runs by status.\n# TYPE kclust_runs gauge\n",
         "SELECT format('kclust_runs{status=\"%s\"} %d', status, count(*)) FROM runs GROUP BY status"},
        {"# HELP kclust_rows Rows of all runs.\n# TYPE kclust_rows gauge\n",
         "SELECT format('kclust_rows %d', coalesce(sum(rows), 0)) FROM runs"},
        {"# HELP kclust_rows_bytes Bytes of the rows of all runs.\n# TYPE kclust_rows_bytes gauge\n",
         "SELECT format('kclust_rows_bytes %d', coalesce(sum(bytes), 0)) FROM runs"},
        {"# HELP kclust_fit_seconds Time of the fits of the runs that are kept.\n# TYPE kclust_fit_seconds summary\n",
         "SELECT format('kclust_fit_seconds_sum %g%skclust_fit_seconds_count %d', coalesce(sum(figures ->> "
         "'$.seconds'), 0),"
         " char(10), count(figures)) FROM runs"},
        {"# HELP kclust_requests_total Answers by status code.\n# TYPE kclust_requests_total counter\n",
         "SELECT format('kclust_requests_total{code=\"%d\"} %d', code, n) FROM requests"},
    };
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        cgi_put(c, &b, "%s", metrics[i].head);
        if (cgi_put_rows(c, &b, cgi_sql(c, metrics[i].sql, ""), "\n") > 0)
            cgi_put(c, &b, "\n");
    }
    cgi_answer(c, 200, "text/plain; version=0.0.4; charset=utf-8", b.p, b.n);
}
