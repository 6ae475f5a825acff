/* kclust.cgi: clustering as a service, by any web server that runs CGI programs (RFC 3875). A process answers one
 * request and ends, so a request that fails answers and exits at once (cgi_fail): open transactions are rolled back and
 * locks dropped by that. All state is in one folder: an SQLite database, and a folder for each run by its number, so
 * that no name that a client chose is ever a path. The clustering itself is done by the program kclust.
 *
 * Locks are flock(2), which ends with its process: a run whose status says that it works, and whose lock is free, has
 * lost its worker. Whoever looks at it next says so in the database. */
#ifndef KC_CGI_CGI_H
#define KC_CGI_CGI_H

#include <sqlite3.h>
#include "base/mem.h"

enum cgi_role { CGI_PUBLIC, CGI_READ, CGI_WRITE, CGI_ADMIN };

/* What a server allows; each is KCLUST_ and the name in the environment (limits.c). */
enum cgi_limit { CGI_MAX_BODY, CGI_MAX_ROWS, CGI_MAX_DIM, CGI_MAX_K, CGI_MAX_RUNNING, CGI_MAX_SECONDS, CGI_MAX_MEMORY,
                 CGI_BUFFER_HOURS, CGI_RESULT_DAYS, CGI_QUOTA_RUNS, CGI_QUOTA_ROWS, CGI_QUOTA_RATE, CGI_EVENT_SECONDS,
                 CGI_LIMITS };

#define CGI_PARTS 4  /* parts of a path */
#define CGI_ARGS 128  /* words of a command line */

struct cgi_run {
    int64_t seq; /* names the folder */
    char *id, *kind, *status, *params, *owner; /* kind: buffer (start, append, finalize) or run */
    int64_t rows, dim, bytes; /* of rows.jsonl, as far as the database knows it */
    int64_t model;            /* generation of the file model.N; 0: none */
    int lock;                 /* what cgi_run_lock took; -1 */
};

struct cgi {
    const char *method, *query;
    char allow[40]; /* the methods of the path; for 405 */
    char *part[CGI_PARTS + 1]; /* of the path, decoded by the server */
    int parts;
    char state[1024]; /* the folder */
    char kclust[1024];
    char owner[65];
    enum cgi_role role;
    int64_t limit[CGI_LIMITS];
    sqlite3 *db;
    struct kc_buf body; /* inflated, with KC_NUM_PAD bytes of zeros behind it */
    struct kc_err e;    /* for functions of the library that want one: memory only */
    struct cgi_run *working; /* the run that fails when this process fails; NULL: none */
    int silent;              /* a worker in the background: nobody reads an answer */
};

/* answer.c: requests and answers. */

/* Find the value of a key in the query, percent-decoded; NULL if there is none. */
char *cgi_query(struct cgi *c, const char *key);
/* Find a whole number from 0 on in the query; 400 for anything else. */
int64_t cgi_query_int(struct cgi *c, const char *key, int64_t fallback, int64_t most);
/* Read the body, inflated; 413 beyond the limit, 400 for damaged gzip. */
void cgi_read_body(struct cgi *c);
/* Return the body as one JSON object with known members; "{}" where it is empty; else 400 or 422. */
const char *cgi_body_object(struct cgi *c);
/* Decode the text member of a JSON object; NULL if there is none; 422 if it is no text. */
char *cgi_member_text(struct cgi *c, const char *json, const char *key);
/* Answer and exit. */
void cgi_answer(struct cgi *c, int status, const char *type, const char *p, size_t n) __attribute__((noreturn));
void cgi_answer_json(struct cgi *c, int status, char *json) __attribute__((noreturn)); /* NULL is 404 */
void cgi_answer_buf(struct cgi *c, struct kc_buf *b) __attribute__((noreturn));
/* End a list, "items": how many there are in all, and where the next page begins. */
void cgi_answer_page(struct cgi *c, struct kc_buf *b, int64_t next, int64_t total) __attribute__((noreturn));
/* Answer with an error and exit. line: of the body, 0 for none. */
void cgi_fail(struct cgi *c, int status, int64_t line, const char *fmt, ...) KC_PRINTF(4, 5) __attribute__((noreturn));
/* Append to a buffer; memory that is short ends the request with 503. */
void cgi_put(struct cgi *c, struct kc_buf *b, const char *fmt, ...) KC_PRINTF(3, 4);
void cgi_put_n(struct cgi *c, struct kc_buf *b, const char *p, size_t n);
char *cgi_dup(struct cgi *c, const char *p, size_t n); /* with a NUL and what the scanner of JSON wants behind it */
void cgi_send(const char *p, size_t n); /* to the server; nothing is done if it has hung up */
int64_t cgi_count_lines(const char *from, const char *to); /* line breaks in [from, to) */
/* Cut the next line off [*at, end), which has a byte behind it; NULL at the end. *n: its length; may be NULL. */
char *cgi_line(char **at, char *end, size_t *n);

/* db.c: the database. fmt has a letter for each bound value: i (int64_t), d (double), t (text; NULL is null). */

void cgi_db_open(struct cgi *c);
sqlite3_stmt *cgi_sql(struct cgi *c, const char *sql, const char *fmt, ...);
int cgi_step(struct cgi *c, sqlite3_stmt *s); /* 1: there is a row */
void cgi_run_sql(struct cgi *c, const char *sql, const char *fmt, ...); /* to its end */
char *cgi_sql_text(struct cgi *c, const char *sql, const char *fmt, ...); /* the first value; NULL */
int64_t cgi_sql_int(struct cgi *c, const char *sql, const char *fmt, ...); /* 0 if there is none */
/* Append the first column of all rows, separated by `between`. Return how many. */
int64_t cgi_put_rows(struct cgi *c, struct kc_buf *b, sqlite3_stmt *s, const char *between);
/* Answer with a page of the rows that `from` ("FROM ... WHERE ...") finds, the first column of each as JSON, as the
 * query's limit and offset say; fmt and the values are those of `from`. */
struct cgi_list {
    const char *column, *from, *order;
    int64_t limit, most; /* of rows: without a limit, and with one */
};
void cgi_answer_list(struct cgi *c, const struct cgi_list *list, const char *fmt, ...) __attribute__((noreturn));
void cgi_begin(struct cgi *c);
void cgi_commit(struct cgi *c);

/* limits.c: environment, tokens, quotas, and what has become old. */

void cgi_limits(struct cgi *c);
void cgi_admit(struct cgi *c, enum cgi_role needed);
void cgi_quota(struct cgi *c, int64_t more_runs, int64_t more_rows);
void cgi_sweep(struct cgi *c);

/* params.c: the parameters of a fit, by name from JSON or the query. */

/* Write those that were asked for, checked, as a JSON object. json: NULL for none. 422 for a bad value. */
void cgi_params(struct cgi *c, const char *json, struct kc_buf *out);
/* The same for those of a run, `old`, and what a request changes: k takes the place of a range, a range that of k. */
void cgi_params_change(struct cgi *c, const char *old, const char *json, struct kc_buf *out);
/* Append the options to a command line. fields: what the rows have, as cgi_items tells. */
struct cgi_child;
void cgi_params_argv(struct cgi *c, const char *json, int64_t fields, struct cgi_child *k);
/* Refuse members of a body, or parameters of the query, that nothing knows or that come twice. */
void cgi_check_members(struct cgi *c, const char *json);
void cgi_check_query(struct cgi *c);
/* Copy a member of a JSON object, or a value of the query: a number or text as it is. NULL: none. */
char *cgi_param(struct cgi *c, const char *json, const char *key);

/* items.c: rows. */

enum { CGI_DOMAIN = 1, CGI_EVENT_TYPE = 2, CGI_ENTITIES = 4, CGI_TIME = 8 }; /* some rows have it; TIME: all */

struct cgi_items {
    struct kc_buf lines; /* JSONL: an object of term, vec and other fields a line */
    int64_t rows, dim;
    int64_t fields;
};

/* Check the items of the body: {"items": [...]} or JSONL. dim: what they must have; 0: what the first has. Return the
 * object around them, or NULL. bare: vectors alone are fine, too ({"vec": []}, {"vecs": [[]]}). */
const char *cgi_items(struct cgi *c, int64_t dim, int bare, struct cgi_items *out);
/* Add them to the rows of a run, whose lock is held, as one step: the file's end counts once the database says so.
 * Nothing is committed. */
void cgi_append(struct cgi *c, struct cgi_run *r, const struct cgi_items *items);

/* run.c: runs and their folders. */

void cgi_check_id(struct cgi *c, const char *id);
int64_t cgi_run_new(struct cgi *c, const char *id, const char *kind, const char *status, const char *params);
/* Load a run of this owner (admin: of anyone); 404. A run that has lost its worker is marked so. */
struct cgi_run *cgi_run_load(struct cgi *c, const char *id);
/* Mark a run that works, by its status, and has lost its worker: failed, or open if its rows came bit by bit. */
void cgi_note_lost(struct cgi *c, int64_t seq);
/* Return the numbers of runs that a query finds, `n` of them, and end the query. Free them with kc_mem_free. */
int64_t *cgi_list_runs(struct cgi *c, sqlite3_stmt *s, size_t *n);
/* Tell whether the status of a run is one of these words, with blanks between them. */
int cgi_is(const struct cgi_run *r, const char *words);
/* Take the lock of a run's work; 0 if it is taken. */
int cgi_run_lock(struct cgi *c, struct cgi_run *r);
/* Wait for the lock of a run's rows, and cut off what a killed process left behind them. Closing it drops it. */
int cgi_rows_lock(struct cgi *c, const struct cgi_run *r);
int cgi_rows_try(struct cgi *c, int64_t seq); /* -1 if the run is gone, where cgi_rows_lock is 404 */
/* Write the path of a file of the run; name NULL: the folder. */
char *cgi_path(struct cgi *c, int64_t seq, const char *name, char out[1200]);
/* Read a file of the run to its end, with KC_NUM_PAD bytes of zeros behind it; NULL if it is not there. */
char *cgi_read_file(struct cgi *c, int64_t seq, const char *name, size_t *n);
/* Put rows.new, which a deletion has left, in the place of the rows if it is of the size that the database knows. The
 * lock of the rows is held. */
void cgi_settle_rows(struct cgi *c, int64_t seq);
void cgi_drop_results(struct cgi *c, int64_t seq); /* in a transaction, as the next two */
void cgi_remove_run(struct cgi *c, int64_t seq);   /* but for its folder, which outlives a transaction that fails */
void cgi_remove_folders(struct cgi *c);            /* those of runs that are not there any more */
void cgi_need_result(struct cgi *c, const struct cgi_run *r); /* 409 before it is completed, 404 after it expired */
char *cgi_slug(struct cgi *c, const char *name, int64_t at);

/* child.c: the program kclust. */

struct cgi_child {
    char *argv[CGI_ARGS];
    int n;
    int in, out, err; /* descriptors; -1: /dev/null */
    int status;       /* as of waitpid(2) */
    int stopped;      /* it was ended: 'c' for cancel, 'p' for pause, 't' for the time */
};

void cgi_child_begin(struct cgi *c, struct cgi_child *k, const char *verb);
/* Append words to its command line; NULL ends them. */
void cgi_child_args(struct cgi *c, struct cgi_child *k, ...) __attribute__((sentinel));
/* Run it in the run's folder. `want`: look at what the database wants of the run. */
void cgi_child_run(struct cgi *c, struct cgi_child *k, const struct cgi_run *r, int want);
/* The same with its output in memory: 422 and 503 if it fails. */
char *cgi_child_text(struct cgi *c, struct cgi_child *k, const struct cgi_run *r, size_t *n);
/* Look what the database wants of a run: 'c' to end, 'p' to pause, 0 to go on. */
int cgi_want(struct cgi *c, const struct cgi_run *r);
/* Tell what went wrong by its messages in the descriptor: status, message, line. */
int cgi_child_error(struct cgi *c, int err, char message[512], int64_t *line);
int cgi_memory_file(struct cgi *c, const char *p, size_t n); /* a descriptor, at its beginning */
char *cgi_read_all(struct cgi *c, int fd, size_t *n);
/* Wait for one of the places for runs at a time; 0 if none came free within so many seconds. It is held until the
 * process ends. */
int cgi_slot(struct cgi *c, double seconds);
void cgi_need_slot(struct cgi *c); /* for work that a client waits for: 503 after some seconds */

/* work.c: a fit, from rows to results. */

#define CGI_CHECKPOINT "rows.ckpt"
/* Tell whether the fit of a run has checkpoints: k-means by the cosine has. */
int cgi_keeps_steps(const struct cgi_run *r);

/* Work on a run whose lock is held. Return 0, or how it ended: 'c', 'p', or a status of HTTP with the message. */
int cgi_work(struct cgi *c, struct cgi_run *r, int resume, char message[512], int64_t *line);
/* The same in the background: the lock goes along. */
void cgi_work_behind(struct cgi *c, struct cgi_run *r, int resume);
/* Import labels that kclust wrote; join: they continue those that there are. */
void cgi_import_labels(struct cgi *c, int64_t seq, char *text, size_t n, int64_t first);

/* forget.c: documents that are taken out. */

/* Take a term out of a run's rows, results, records and models. The lock of its rows is held. Return 1 if it was
 * there. */
int cgi_forget(struct cgi *c, int64_t seq, const char *term);

/* The routes: calls.c, runs.c, results.c, models.c, figures.c, forget.c. Each answers and exits. */
typedef void cgi_route(struct cgi *c);
cgi_route cgi_start, cgi_append_call, cgi_finalize, cgi_healthz, cgi_openapi;
cgi_route cgi_runs_post, cgi_runs_get, cgi_run_get, cgi_run_patch, cgi_run_delete, cgi_run_cancel, cgi_run_pause,
    cgi_run_resume, cgi_run_recluster, cgi_run_events;
cgi_route cgi_run_result, cgi_run_clusters, cgi_compare, cgi_run_report, cgi_run_suggest, cgi_document_delete;
cgi_route cgi_run_assign, cgi_run_update, cgi_statistics, cgi_metrics;

extern const unsigned char cgi_openapi_json[];
extern const size_t cgi_openapi_json_n;

#endif
