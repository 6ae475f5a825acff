/* The database: SQLite in WAL mode, so that readers never wait. Every value is bound. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cgi/cgi.h"

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS runs (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, owner TEXT NOT NULL,"
    " kind TEXT NOT NULL, status TEXT NOT NULL, want TEXT NOT NULL DEFAULT '', name TEXT, slug TEXT,"
    " params TEXT NOT NULL DEFAULT '{}', figures TEXT, error TEXT, error_line INTEGER,"
    " created INTEGER NOT NULL DEFAULT (unixepoch()), touched INTEGER NOT NULL DEFAULT (unixepoch()),"
    " started INTEGER, finished INTEGER, rows INTEGER NOT NULL DEFAULT 0, dim INTEGER NOT NULL DEFAULT 0,"
    " bytes INTEGER NOT NULL DEFAULT 0, fields INTEGER NOT NULL DEFAULT 0, model INTEGER NOT NULL DEFAULT 0,"
    " expired INTEGER NOT NULL DEFAULT 0, origin TEXT, UNIQUE (owner, id));"
    "CREATE TABLE IF NOT EXISTS labels (run INTEGER NOT NULL, row INTEGER NOT NULL, term TEXT NOT NULL,"
    " cluster INTEGER NOT NULL, similarity REAL, margin REAL, PRIMARY KEY (run, row)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS labels_term ON labels (term, run);"
    "CREATE INDEX IF NOT EXISTS labels_cluster ON labels (run, cluster, row);"
    "CREATE TABLE IF NOT EXISTS clusters (run INTEGER NOT NULL, id INTEGER NOT NULL, size INTEGER NOT NULL,"
    " label TEXT, words TEXT, first TEXT, last TEXT, record TEXT NOT NULL, PRIMARY KEY (run, id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS facets (run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"
    " cluster INTEGER NOT NULL, PRIMARY KEY (run, name, value, cluster)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS removed (owner TEXT NOT NULL, term TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (owner, term)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rates (owner TEXT PRIMARY KEY, minute INTEGER NOT NULL, n INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS requests (code INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS swept (one INTEGER PRIMARY KEY, at INTEGER NOT NULL);"
    "PRAGMA user_version = 1;"
    "COMMIT;";

/* End the request after a call of SQLite that failed. */
static void fail_db(struct cgi *c)
{
    int rc = sqlite3_extended_errcode(c->db) & 0xff;
    fprintf(stderr, "kclust.cgi: %s\n", sqlite3_errmsg(c->db)); /* for the server's log */
    cgi_fail(c, 503, 0, "%s",
             rc == SQLITE_FULL || rc == SQLITE_IOERR  ? "the disk of the server is full" :
             rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? "the server is busy" :
             rc == SQLITE_READONLY                    ? "the server cannot write its data" :
                                                        "the database of the server has failed");
}

void cgi_db_open(struct cgi *c)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/kclust.db", c->state);
    if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
        c->db = NULL;
        cgi_fail(c, 503, 0, "the database of the server cannot be opened");
    }
    sqlite3_busy_timeout(c->db, 20000);
    /* Each request would be the last to close the database, and wait for the disk: the log is kept for the next. */
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (cgi_sql_int(c, "PRAGMA user_version", "") != 1 && sqlite3_exec(c->db, schema, NULL, NULL, NULL) != SQLITE_OK)
        fail_db(c);
    snprintf(path, sizeof path, "%s/runs", c->state);
    if (sqlite3_db_readonly(c->db, "main") != 0 || access(path, W_OK) != 0)
        cgi_fail(c, 503, 0, "the server cannot write its data");
    sqlite3_exec(c->db, "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY",
                 NULL, NULL, NULL);
}

static sqlite3_stmt *prepare_sql(struct cgi *c, const char *sql, const char *fmt, va_list ap)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK)
        fail_db(c);
    for (int i = 1; *fmt; fmt++, i++) {
        int rc = *fmt == 'i' ? sqlite3_bind_int64(s, i, va_arg(ap, int64_t)) :
                 *fmt == 'd' ? sqlite3_bind_double(s, i, va_arg(ap, double)) :
                               sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        if (rc != SQLITE_OK)
            fail_db(c);
    }
    return s;
}

sqlite3_stmt *cgi_sql(struct cgi *c, const char *sql, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sqlite3_stmt *s = prepare_sql(c, sql, fmt, ap);
    va_end(ap);
    return s;
}

int cgi_step(struct cgi *c, sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        fail_db(c);
    return rc == SQLITE_ROW;
}

void cgi_run_sql(struct cgi *c, const char *sql, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sqlite3_stmt *s = prepare_sql(c, sql, fmt, ap);
    va_end(ap);
    while (cgi_step(c, s))
        ;
    sqlite3_finalize(s);
}

char *cgi_sql_text(struct cgi *c, const char *sql, const char *fmt, ...)
{
    va_list ap;
    char *out = NULL;
    va_start(ap, fmt);
    sqlite3_stmt *s = prepare_sql(c, sql, fmt, ap);
    va_end(ap);
    if (cgi_step(c, s) && sqlite3_column_type(s, 0) != SQLITE_NULL) {
        const char *text = (const char *)sqlite3_column_text(s, 0);
        out = cgi_dup(c, text, (size_t)sqlite3_column_bytes(s, 0));
    }
    sqlite3_finalize(s);
    return out;
}

int64_t cgi_sql_int(struct cgi *c, const char *sql, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sqlite3_stmt *s = prepare_sql(c, sql, fmt, ap);
    va_end(ap);
    int64_t v = cgi_step(c, s) ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return v;
}

int64_t cgi_put_rows(struct cgi *c, struct kc_buf *b, sqlite3_stmt *s, const char *between)
{
    int64_t n = 0;
    for (; cgi_step(c, s); n++) {
        cgi_put_n(c, b, between, n > 0 ? strlen(between) : 0);
        cgi_put_n(c, b, (const char *)sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    }
    sqlite3_finalize(s);
    return n;
}

void cgi_answer_list(struct cgi *c, const struct cgi_list *list, const char *fmt, ...)
{
    struct kc_buf sql = {NULL, 0, 0}, b = {NULL, 0, 0};
    int64_t limit = cgi_query_int(c, "limit", list->limit, list->most), total = 0, n = 0;
    int64_t offset = cgi_query_int(c, "offset", 0, INT64_MAX);
    va_list ap;
    cgi_put(c, &sql, "SELECT count(*) %s%cSELECT %s %s ORDER BY %s LIMIT %lld OFFSET %lld", list->from, 0, list->column,
            list->from, list->order, (long long)limit, (long long)offset);
    cgi_put_n(c, &sql, "", 1);
    va_start(ap, fmt);
    sqlite3_stmt *s = prepare_sql(c, sql.p, fmt, ap);
    va_end(ap);
    total = cgi_step(c, s) ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    va_start(ap, fmt);
    s = prepare_sql(c, sql.p + strlen(sql.p) + 1, fmt, ap);
    va_end(ap);
    cgi_put(c, &b, "{\"items\": [");
    n = cgi_put_rows(c, &b, s, ",\n");
    cgi_answer_page(c, &b, offset + n, total);
}

void cgi_begin(struct cgi *c)
{
    cgi_run_sql(c, "BEGIN IMMEDIATE", "");
}

void cgi_commit(struct cgi *c)
{
    cgi_run_sql(c, "COMMIT", "");
}
