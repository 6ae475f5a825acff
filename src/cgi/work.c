/* A fit, from the rows to the results in the database. kclust writes each of its files whole or not at all, and all of
 * them are imported in one transaction, so whatever is killed on the way can be done again. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "cgi/cgi.h"
#include "json/json.h"

void cgi_import_labels(struct cgi *c, int64_t seq, char *text, size_t n, int64_t first)
{
    sqlite3_stmt *s = cgi_sql(c,
                              "INSERT INTO labels SELECT ?1, ?2, ?3 ->> '$.term', ?3 ->> '$.cluster_id',"
                              " ?3 ->> '$.similarity', ?3 ->> '$.margin'",
                              "i", seq);
    size_t len;
    for (char *next = text, *p; (p = cgi_line(&next, text + n, &len)) != NULL; first++) {
        sqlite3_bind_int64(s, 2, first);
        sqlite3_bind_text64(s, 3, p, len, SQLITE_STATIC, SQLITE_UTF8);
        cgi_step(c, s);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
}

/* Import the records of the clusters, and what they are searched by. */
static void import_clusters(struct cgi *c, int64_t seq, char *text, size_t n)
{
    for (char *next = text, *p; (p = cgi_line(&next, text + n, NULL)) != NULL;) {
        cgi_run_sql(c,
                    "INSERT INTO clusters SELECT ?1, ?2 ->> '$.cluster_id', ?2 ->> '$.cluster_size',"
                    " ?2 ->> '$.cluster_label', (SELECT group_concat(value, ' ') FROM json_each(?2, '$.keywords')),"
                    " ?2 ->> '$.temporal_span.start', ?2 ->> '$.temporal_span.end',"
                    " json_remove(?2, '$.member_ids', '$.centroid_vector', '$.metadata', '$.cluster_type')",
                    "it", seq, p);
        cgi_run_sql(
            c,
            "INSERT OR IGNORE INTO facets SELECT ?1, t.key, json_extract(?2, v.fullkey || '.value'),"
            " ?2 ->> '$.cluster_id' FROM json_each(?2) t, json_each(?2, '$.\"' || t.key || '\"') v WHERE t.type ="
            " 'array' AND v.type = 'object' AND json_type(?2, v.fullkey || '.value') IN ('text', 'integer', 'real')",
            "it", seq, p);
    }
}

/* Import the files of a fit that has ended well, in one transaction, and remove those that are not needed again. */
static void import_fit(struct cgi *c, struct cgi_run *r, int limits_kept)
{
    static const char *const done[] = {"labels.jsonl", "clusters.jsonl", "like.model", CGI_CHECKPOINT};
    char path[1200];
    size_t n = 0, clusters_n = 0, summary_n = 0;
    char *labels = cgi_read_file(c, r->seq, "labels.jsonl", &n);
    char *clusters = cgi_read_file(c, r->seq, "clusters.jsonl", &clusters_n);
    char *summary = cgi_read_file(c, r->seq, "summary.json", &summary_n);
    if (!labels || !clusters || !summary)
        cgi_fail(c, 503, 0, "kclust has not written its results");
    int lock = cgi_rows_lock(c, r);
    cgi_begin(c);
    cgi_drop_results(c, r->seq);
    cgi_import_labels(c, r->seq, labels, n, 0);
    import_clusters(c, r->seq, clusters, clusters_n);
    cgi_run_sql(
        c,
        "UPDATE runs SET status = 'completed', want = '', error = NULL, finished = unixepoch(), model = 1,"
        " figures = json_object('k', ?2 -> '$.k', 'chosen_k', coalesce(?2 -> '$.k_selected', ?2 -> '$.k'),"
        " 'silhouette', ?2 -> '$.silhouette', 'rows', ?2 -> '$.n', 'dim', ?2 -> '$.dim', 'objective',"
        " ?2 -> '$.objective', 'unassigned', (SELECT count(*) FROM labels WHERE run = ?1 AND cluster < 0),"
        " 'sampled', json(iif(EXISTS (SELECT 1 FROM json_each(?2, '$.sweep') WHERE value ->> '$.rows' < ?2 ->> '$.n'),"
        " 'true', 'false')), 'limits_kept', json(iif(?3, 'true', 'false')), 'warnings', json(?2 -> '$.warnings'),"
        " 'seconds', ?2 -> '$.seconds.total') WHERE seq = ?1",
        "iti", r->seq, summary, (int64_t)limits_kept);
    char *words = cgi_sql_text(c,
                               "SELECT group_concat(w, ', ') FROM (SELECT coalesce(record ->> '$.keywords[0]', label) w"
                               " FROM clusters WHERE run = ?1 GROUP BY w ORDER BY max(size) DESC, min(id) LIMIT 3)",
                               "i", r->seq);
    int64_t at = cgi_sql_int(c, "SELECT created FROM runs WHERE seq = ?1", "i", r->seq);
    cgi_run_sql(c,
                "UPDATE runs SET slug = coalesce(slug, ?2), name = coalesce(name, coalesce(?3 || ' ', '') ||"
                " strftime('%Y-%m-%d %H:%M', created, 'unixepoch')) WHERE seq = ?1",
                "itt", r->seq, cgi_slug(c, words ? words : "", at), words);
    char *list = cgi_sql_text(c,
                              "SELECT json_group_array(term) FROM removed, runs WHERE runs.seq = ?1 AND removed.owner"
                              " = runs.owner AND at >= started",
                              "i", r->seq);
    for (const char *p = kc_json_first(list); p; p = kc_json_next(kc_json_past(p))) { /* deleted meanwhile */
        struct kc_json_str text;
        struct kc_buf b = {NULL, 0, 0};
        if (kc_json_text(p, &text) == 0 && kc_json_decode(&text, &b, &c->e) == 0 && kc_buf_addc(&b, 0, &c->e) == 0)
            cgi_forget(c, r->seq, b.p);
        kc_buf_free(&b);
    }
    cgi_commit(c);
    cgi_settle_rows(c, r->seq);
    close(lock);
    for (size_t i = 0; i < sizeof done / sizeof *done; i++)
        unlink(cgi_path(c, r->seq, done[i], path));
    free(labels);
    free(clusters);
    free(summary);
}

int cgi_keeps_steps(const struct cgi_run *r)
{
    const char *algorithm = kc_json_find(r->params, "algorithm"), *space = kc_json_find(r->params, "space");
    return (!algorithm || strncmp(algorithm, "\"kmeans\"", 8) == 0) &&
           (!space || strncmp(space, "\"cosine\"", 8) == 0);
}

/* Put the command line of the fit together. */
static void build_fit(struct cgi *c, const struct cgi_run *r, int resume, struct cgi_child *k)
{
    char text[32], path[1200];
    cgi_child_begin(c, k, "fit");
    cgi_params_argv(c, r->params, cgi_sql_int(c, "SELECT fields FROM runs WHERE seq = ?1", "i", r->seq), k);
    snprintf(text, sizeof text, "%lld", (long long)c->limit[CGI_MAX_MEMORY]);
    cgi_child_args(c, k, "--progress", "always", "--max-memory", text, NULL);
    snprintf(text, sizeof text, "%lld", (long long)c->limit[CGI_MAX_SECONDS]);
    if (cgi_keeps_steps(r)) /* these can end early and go on */
        cgi_child_args(c, k, "--timeout", text, "--checkpoint", CGI_CHECKPOINT, resume ? "--resume" : NULL, NULL);
    if (access(cgi_path(c, r->seq, "like.model", path), F_OK) == 0)
        cgi_child_args(c, k, "--like", "like.model", NULL);
    cgi_child_args(c, k, "--term-field", "term", "--vec-field", "vec", "--columns", "term,cluster,similarity,margin",
                   "-o", "labels.jsonl", "-s", "summary.json", "--clusters", "clusters.jsonl", "-m", "model.1", "-i",
                   "jsonl", "rows.jsonl", NULL);
}

/* Tell the file of the rows from one that has taken its place. */
static ino_t file_number(struct cgi *c, int64_t seq)
{
    struct stat st;
    char path[1200];
    return stat(cgi_path(c, seq, "rows.jsonl", path), &st) == 0 ? st.st_ino : 0;
}

int cgi_work(struct cgi *c, struct cgi_run *r, int resume, char message[512], int64_t *line)
{
    struct cgi_child k;
    char path[1200];
    c->working = r;
    *line = 0;
    cgi_run_sql(c,
                "UPDATE runs SET status = 'running', started = unixepoch(), finished = NULL, touched = unixepoch(),"
                " error = NULL WHERE seq = ?1",
                "i", r->seq);
    build_fit(c, r, resume, &k);
    k.err = kc_fd_open(cgi_path(c, r->seq, "log", path), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_APPEND, 0600);
    if (k.err < 0)
        cgi_fail(c, 503, 0, "the run's log could not be written");
    ino_t before = file_number(c, r->seq);
    cgi_child_run(c, &k, r, 1);
    int code = WIFEXITED(k.status) ? WEXITSTATUS(k.status) : 4, rc = 0;
    if (code == 0 || code == 3) /* it may have ended before it was stopped */
        import_fit(c, r, code == 0);
    else if (k.stopped == 'c' || k.stopped == 'p')
        rc = k.stopped;
    else
        rc = cgi_child_error(c, k.err, message, line);
    if (rc && ((resume && rc > 200) || file_number(c, r->seq) != before)) /* it is of other rows, or no good */
        unlink(cgi_path(c, r->seq, CGI_CHECKPOINT, path));
    if (k.stopped == 't' && rc)
        snprintf(message, 512, "the work took more than %lld seconds", (long long)c->limit[CGI_MAX_SECONDS]);
    close(k.err);
    c->working = NULL;
    return rc;
}

/* Do the work of a run that nobody waits for, and record how it ended. */
static __attribute__((noreturn)) void work_alone(struct cgi *c, struct cgi_run *r, int resume)
{
    char message[512] = "";
    int64_t line = 0;
    c->silent = 1;
    cgi_db_open(c);
    c->working = r;
    int rc = 0;
    for (int place = 0; !place && !rc;) { /* pending until there is a place, or it is not wanted any more */
        place = cgi_slot(c, 60);
        rc = cgi_want(c, r);
    }
    if (!rc)
        rc = cgi_work(c, r, resume, message, &line);
    if (rc)
        cgi_run_sql(c,
                    "UPDATE runs SET status = ?2, want = '', error = ?3, error_line = ?4, touched = unixepoch(),"
                    " finished = unixepoch() WHERE seq = ?1",
                    "itti", r->seq,
                    rc == 'c' ? "cancelled" :
                    rc == 'p' ? "paused" :
                                "failed",
                    rc > 200 ? message : NULL, line);
    sqlite3_close(c->db);
    _exit(0);
}

void cgi_work_behind(struct cgi *c, struct cgi_run *r, int resume)
{
    sqlite3_close(c->db); /* a connection must not cross a fork */
    c->db = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
            _exit(1);
        signal(SIGTERM, SIG_DFL);
        signal(SIGPIPE, SIG_IGN);
        work_alone(c, r, resume);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    close(r->lock);
    r->lock = -1;
    cgi_db_open(c);
    if (pid < 0)
        cgi_fail(c, 503, 0, "the server has no more processes");
}
