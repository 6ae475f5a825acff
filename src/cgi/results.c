/* What a run has found: its labels, its clusters, comparisons, the report, and which k suits it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/date.h"
#include "cgi/cgi.h"

/* Read a cluster's id, which may be -1. */
static char *query_cluster(struct cgi *c)
{
    char *text = cgi_query(c, "cluster");
    size_t sign = text && *text == '-';
    if (text && (strspn(text + sign, "0123456789") != strlen(text + sign) || strlen(text + sign) - 1 > 17))
        cgi_fail(c, 400, 0, "cluster must be the id of a cluster");
    return text;
}

/* Choose the rows of labels that are asked for, by the index that finds them, and count them. */
static int64_t choose_labels(struct cgi *c, const struct cgi_run *r, const char *cluster, const char *term,
                             char where[400])
{
    char sql[500];
    snprintf(where, 400, "FROM labels %s WHERE run = ?1 AND %s AND %s",
             term    ? "INDEXED BY labels_term" :
             cluster ? "INDEXED BY labels_cluster" :
                       "",
             cluster ? "cluster = CAST(?2 AS INTEGER)" : "?2 IS NULL", term ? "term = ?3" : "?3 IS NULL");
    snprintf(sql, sizeof sql, "SELECT count(*) %s", where);
    return term || cluster ? cgi_sql_int(c, sql, "itt", r->seq, cluster, term) : r->rows;
}

void cgi_run_result(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    struct kc_buf b = {NULL, 0, 0};
    char *cluster = query_cluster(c), *term = cgi_query(c, "term"), *format = cgi_query(c, "format");
    char where[400], sql[900];
    int csv = format && strcmp(format, "csv") == 0;
    int64_t limit = cgi_query_int(c, "limit", 1000, 100000), offset = cgi_query_int(c, "offset", 0, INT64_MAX);
    if (format && !csv && strcmp(format, "json") != 0)
        cgi_fail(c, 400, 0, "format must be json or csv");
    cgi_need_result(c, r);
    int64_t total = choose_labels(c, r, cluster, term, where);
    if (term && total == 0)
        cgi_fail(c, 404, 0, "the run has no such term");
    /* All rows, and none was taken out: their numbers tell where a page begins. Else rows are skipped one by one. */
    int64_t first = cgi_sql_int(c, "SELECT min(row) FROM labels WHERE run = ?1", "i", r->seq), from = 0, skip = offset;
    if (!term && !cluster && offset < total &&
        cgi_sql_int(c, "SELECT max(row) FROM labels WHERE run = ?1", "i", r->seq) - first + 1 == total) {
        from = first + offset;
        skip = 0;
    }
    if (offset >= total)
        limit = skip = 0;
    snprintf(sql, sizeof sql,
             "SELECT %s FROM labels WHERE run = ?1 AND row IN (SELECT row %s AND row >= ?6 ORDER BY row LIMIT ?4"
             " OFFSET ?5) ORDER BY row",
             csv ? "format('\"%s\",%d,%s,%s', replace(term, '\"', '\"\"'), cluster, similarity, margin)" :
                   "json_object('term', term, 'cluster_id', cluster, 'similarity', similarity, 'margin', margin)",
             where);
    cgi_put(c, &b, csv ? "term,cluster_id,similarity,margin\r\n" : "{\"items\": [");
    int64_t n = cgi_put_rows(c, &b, cgi_sql(c, sql, "ittiii", r->seq, cluster, term, limit, skip, from),
                             csv ? "\r\n" : ",\n");
    if (!csv)
        cgi_answer_page(c, &b, offset + n, total);
    cgi_put(c, &b, n > 0 ? "\r\n" : "");
    cgi_answer(c, 200, "text/csv; charset=utf-8", b.p, b.n);
}

/* Read a time of the query as it is kept, in UTC; a date, a month and a year stand as they are. */
static char *query_time(struct cgi *c, const char *name)
{
    static const char least[] = "0000-01-01";
    char full[64], *text = cgi_query(c, name);
    int64_t when;
    size_t n = text ? strlen(text) : 0;
    if (!text)
        return NULL;
    snprintf(full, sizeof full, "%.50s%s", text, n == 4 || n == 7 ? least + n : "");
    if (!strchr(full, '-') || kc_date_parse(full, strlen(full), &when) != 0)
        cgi_fail(c, 400, 0, "%s must be a date or a time", name);
    if (n <= 10)
        return text;
    kc_date_format(full, when);
    return cgi_dup(c, full, strlen(full));
}

/* Facets by which clusters can be asked for, as parameters of their own; ?facet=NAME:VALUE names any. */
#define HAS_FACET(what, value) \
    " AND (" value " IS NULL OR EXISTS (SELECT 1 FROM facets f WHERE f.run = ?1 AND f.cluster = id AND " what "))"

void cgi_run_clusters(struct cgi *c)
{
    static const struct cgi_list list = {
        "json_set(record, '$.cluster_size', size)",
        "FROM clusters WHERE run = ?1 AND (?2 IS NULL OR id = CAST(?2 AS INTEGER)) AND (?3 IS NULL OR"
        " instr(lower(coalesce(label, '') || ' ' || coalesce(words, '')), lower(?3)) OR EXISTS (SELECT 1 FROM facets f"
        " WHERE f.run = ?1 AND f.cluster = id AND instr(lower(f.value), lower(?3))))"
        HAS_FACET("f.name = 'domain' AND f.value = ?4", "?4")
        HAS_FACET("f.name = 'event_type' AND f.value = ?5", "?5")
        HAS_FACET("f.name = 'entities' AND f.value = ?6", "?6") HAS_FACET("f.name || ':' || f.value = ?7", "?7")
        " AND (?8 IS NULL OR last >= ?8) AND (?9 IS NULL OR first <= ?9 OR first LIKE ?9 || '%')",
        "id", 100, 10000};
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    char *from = query_time(c, "from"), *to = query_time(c, "to"), *facet = cgi_query(c, "facet");
    if (facet && !strchr(facet, ':'))
        cgi_fail(c, 400, 0, "facet must be NAME:VALUE");
    cgi_need_result(c, r);
    cgi_answer_list(c, &list, "itttttttt", r->seq, query_cluster(c), cgi_query(c, "search"), cgi_query(c, "domain"),
                    cgi_query(c, "event_type"), cgi_query(c, "entities"), facet, from, to);
}

/* Write the labels of a run to a file in memory, as kclust reads them; give its name. */
static void write_labels(struct cgi *c, const struct cgi_run *r, char name[64])
{
    struct kc_buf b = {NULL, 0, 0};
    cgi_put_rows(c, &b,
                 cgi_sql(c,
                         "SELECT json_object('term', term, 'cluster_id', cluster) FROM labels WHERE run = ?1"
                         " ORDER BY row",
                         "i", r->seq),
                 "\n");
    cgi_put(c, &b, "\n");
    int fd = cgi_memory_file(c, b.p, b.n);
    if (fcntl(fd, F_SETFD, 0) != 0) /* the child inherits it */
        cgi_fail(c, 503, 0, "the labels could not be written");
    snprintf(name, 64, "/dev/fd/%d", fd);
    kc_buf_free(&b);
}

void cgi_compare(struct cgi *c)
{
    char *ids[2] = {cgi_query(c, "old"), cgi_query(c, "new")}, names[2][64];
    struct cgi_run *r = NULL;
    struct cgi_child k;
    size_t n;
    for (int i = 0; i < 2; i++) {
        if (!ids[i])
            cgi_fail(c, 422, 0, "old and new must name runs");
        r = cgi_run_load(c, ids[i]);
        cgi_need_result(c, r);
        write_labels(c, r, names[i]);
    }
    cgi_child_begin(c, &k, "diff");
    cgi_child_args(c, &k, "--json", "--labels-format", "jsonl", names[0], names[1], NULL);
    char *text = cgi_child_text(c, &k, r, &n);
    cgi_answer_json(c, 200,
                    cgi_sql_text(c, "SELECT json_set(?1, '$.old.labels', ?2, '$.new.labels', ?3)", "ttt", text, ids[0],
                                 ids[1]));
}

/* Answer with a file of the run, if it is there. */
static void answer_file(struct cgi *c, const struct cgi_run *r, const char *name, const char *type)
{
    size_t n;
    char *text = cgi_read_file(c, r->seq, name, &n);
    if (text)
        cgi_answer(c, 200, type, text, n);
}

void cgi_run_report(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    struct cgi_child k;
    char labels[64], path[1200];
    size_t n;
    cgi_need_result(c, r);
    answer_file(c, r, "report.html", "text/html; charset=utf-8");
    cgi_rows_lock(c, r); /* until the end: rows and labels stay together, and nobody removes the page */
    answer_file(c, r, "report.html", "text/html; charset=utf-8");
    cgi_need_slot(c);
    write_labels(c, r, labels);
    cgi_child_begin(c, &k, "report");
    if (access(cgi_path(c, r->seq, "summary.json", path), R_OK) == 0)
        cgi_child_args(c, &k, "--from", "summary.json", NULL);
    cgi_child_args(c, &k, "--labels-format", "jsonl", "-i", "jsonl", "-o", "report.html", labels, "rows.jsonl", NULL);
    kc_mem_free(cgi_child_text(c, &k, r, &n));
    answer_file(c, r, "report.html", "text/html; charset=utf-8");
    cgi_fail(c, 503, 0, "the report could not be written");
}

void cgi_run_suggest(struct cgi *c)
{
    struct cgi_run *r = cgi_run_load(c, c->part[1]);
    struct cgi_child k;
    size_t n;
    if (r->rows == 0 || cgi_sql_int(c, "SELECT expired FROM runs WHERE seq = ?1", "i", r->seq))
        cgi_fail(c, 409, 0, "the run has no rows");
    int64_t least = cgi_query_int(c, "k_min", 2, c->limit[CGI_MAX_K]);
    int64_t most = cgi_query_int(c, "k_max", least > 20 ? least : 20, c->limit[CGI_MAX_K]);
    if (least < 1 || least > most)
        cgi_fail(c, 422, 0, "k_min must be from 1 to k_max");
    char range[64];
    snprintf(range, sizeof range, "%lld:%lld", (long long)least,
             (long long)(most < r->rows || r->rows < 2 ? most : r->rows));
    cgi_rows_lock(c, r); /* until the end: nobody changes the rows */
    cgi_need_slot(c);
    cgi_child_begin(c, &k, "suggest");
    cgi_child_args(c, &k, "--json", "--resamples", "0", "-k", range, "-i", "jsonl", "rows.jsonl", NULL);
    char *text = cgi_child_text(c, &k, r, &n);
    cgi_answer(c, 200, "application/json", text, n);
}
