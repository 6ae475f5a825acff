/* Rows: checked as they come, kept as one JSON object a line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/date.h"
#include "base/fd.h"
#include "base/num.h"
#include "cgi/cgi.h"
#include "json/json.h"

#define TERM_MOST 4096

/* Where an item is, for messages. */
struct place {
    int64_t line;  /* of the body */
    int64_t index; /* in its array; -1: it is a line of its own */
};

static void refuse_item(struct cgi *c, const struct place *at, const char *what)
{
    if (at->index >= 0)
        cgi_fail(c, 422, at->line, "items[%lld]: %s", (long long)at->index, what);
    cgi_fail(c, 422, at->line, "%s", what);
}

/* Count the numbers of a vector that all are finite as float32, and not all zero. */
static int64_t count_numbers(struct cgi *c, const struct place *at, const char *p)
{
    int64_t n = 0;
    int zero = 1;
    char what[120];
    if (!p || *p != '[')
        refuse_item(c, at, p ? "vec must be an array of numbers" : "there is no vec");
    for (p = kc_json_first(p); p; p = kc_json_next(p), n++) {
        float v;
        enum kc_num_status rc = kc_num_float(&p, &v);
        if (rc != KC_NUM_OK) {
            snprintf(what, sizeof what, "vec[%lld] %s", (long long)n,
                     rc == KC_NUM_RANGE ? "is too large for a float" : "is no number");
            refuse_item(c, at, what);
        }
        zero = zero && v == 0;
    }
    if (n == 0 || zero)
        refuse_item(c, at, n == 0 ? "vec is empty" : "vec is all zeros, so it has no direction");
    return n;
}

static void check_term(struct cgi *c, const struct place *at, const char *item)
{
    struct kc_json_str s;
    struct kc_buf b = {NULL, 0, 0};
    const char *p = kc_json_find(item, "term");
    if (!p || kc_json_text(p, &s) != 0)
        refuse_item(c, at, p ? "term must be a text" : "there is no term");
    if (kc_json_decode(&s, &b, &c->e) != 0 || (b.n > 0 && memchr(b.p, 0, b.n)))
        refuse_item(c, at, "term has characters that cannot be kept");
    if (b.n == 0 || b.n > TERM_MOST)
        refuse_item(c, at, b.n == 0 ? "term is empty" : "term has more than 4096 bytes");
    kc_buf_free(&b);
}

/* Note which of the usual fields an item has. */
static int64_t see_fields(const char *item)
{
    static const char *const usual[] = {"domain", "event_type", "entities"};
    const char *time = kc_json_find(item, "time");
    struct kc_json_str s;
    int64_t seen = 0, when;
    for (int i = 0; i < 3; i++) {
        const char *p = kc_json_find(item, usual[i]);
        seen |= p && (*p == '"' || *p == '[') ? 1 << i : 0;
    }
    if (time && kc_json_text(time, &s) == 0 && !s.escaped && kc_date_parse(s.p, s.n, &when) == 0)
        seen |= CGI_TIME;
    return seen;
}

/* Check one item and copy it as a line. bare: it is a vector, or may be. */
static void take_item(struct cgi *c, const struct place *at, const char *p, int bare, struct cgi_items *out)
{
    const char *end = kc_json_past(p);
    int array = bare && *p == '[';
    char what[120];
    if (!array && *p != '{')
        refuse_item(c, at, "an item must be an object with term and vec");
    if (!array && !(bare && !kc_json_find(p, "term")))
        check_term(c, at, p);
    int64_t n = count_numbers(c, at, array ? p : kc_json_find(p, "vec"));
    if (out->dim == 0)
        out->dim = n;
    snprintf(what, sizeof what, "vec has %lld numbers, expected %lld", (long long)n, (long long)out->dim);
    if (n != out->dim)
        refuse_item(c, at, what);
    if (n > c->limit[CGI_MAX_DIM])
        cgi_fail(c, 413, at->line, "vec has %lld numbers, at most %lld", (long long)n,
                 (long long)c->limit[CGI_MAX_DIM]);
    int64_t fields = array ? 0 : see_fields(p);
    out->fields = (out->fields | fields) & ~(int64_t)(fields & CGI_TIME ? 0 : CGI_TIME);
    if (array || !kc_json_find(p, "term")) /* kclust wants a term of each record, or of none */
        cgi_put(c, &out->lines, "{\"term\":\"%lld\",\"vec\":", (long long)out->rows);
    size_t begin = out->lines.n;
    const char *from = array || kc_json_find(p, "term") ? p : kc_json_find(p, "vec");
    cgi_put_n(c, &out->lines, from, (size_t)((from == p ? end : kc_json_past(from)) - from));
    for (size_t i = begin; i < out->lines.n; i++)
        if (out->lines.p[i] == '\n' || out->lines.p[i] == '\r')
            out->lines.p[i] = ' ';
    cgi_put(c, &out->lines, array || from != p ? "}\n" : "\n");
    out->rows++;
}

static void take_array(struct cgi *c, const char *list, int bare, struct cgi_items *out)
{
    struct place at = {1 + cgi_count_lines(c->body.p, list), 0};
    if (*list != '[')
        cgi_fail(c, 422, at.line, "items must be an array");
    const char *before = list;
    for (const char *p = kc_json_first(list); p; p = kc_json_next(kc_json_past(p)), at.index++) {
        at.line += cgi_count_lines(before, p);
        before = p;
        take_item(c, &at, p, bare, out);
    }
}

/* Take one JSON value a line. */
static void take_lines(struct cgi *c, struct cgi_items *out)
{
    struct place at = {0, -1};
    char text[256];
    for (char *p = c->body.p, *end = p + c->body.n; p < end;) {
        char *stop = memchr(p, '\n', (size_t)(end - p));
        struct kc_json_fault f;
        stop = stop ? stop : end;
        char old = *stop;
        *stop = 0; /* numbers end here */
        at.line++;
        const char *value = kc_json_ws(p), *past = value < stop ? kc_json_skip(value, stop, 0, &f) : value;
        if (past && kc_json_ws(past) != stop)
            cgi_fail(c, 400, at.line, "there is more behind the JSON object");
        if (!past) {
            kc_json_explain(&f, (size_t)(f.at - p) + 1, stop, "line", text, sizeof text);
            cgi_fail(c, 400, at.line, "%s", text);
        }
        if (value < stop)
            take_item(c, &at, value, 0, out);
        *stop = old;
        p = stop + 1;
    }
}

/* Tell whether the body is JSON lines: its first value is an object of a row, or more follows it. */
static int is_jsonl(struct cgi *c)
{
    struct kc_json_fault f;
    const char *end = c->body.p + c->body.n, *p = kc_json_ws(c->body.p);
    const char *past = *p == '{' ? kc_json_skip(p, end, 0, &f) : NULL;
    return past && (*kc_json_ws(past) == '{' || (kc_json_find(p, "term") && !kc_json_find(p, "items")));
}

const char *cgi_items(struct cgi *c, int64_t dim, int bare, struct cgi_items *out)
{
    const char *object = NULL;
    memset(out, 0, sizeof *out);
    out->dim = dim;
    out->fields = CGI_TIME;
    const char *type = getenv("CONTENT_TYPE");
    if ((type && (strstr(type, "jsonl") || strstr(type, "ndjson") || strstr(type, "json-lines"))) || is_jsonl(c)) {
        take_lines(c, out);
        if (bare && out->rows == 1) /* an item may hold the parameters, if it is alone */
            object = kc_json_ws(c->body.p);
    } else {
        object = cgi_body_object(c);
        const char *list = kc_json_find(object, "items"), *vecs = kc_json_find(object, "vecs");
        struct place one = {1, -1};
        if (list || (bare && vecs))
            take_array(c, list ? list : vecs, bare, out);
        else if (bare)
            take_item(c, &one, object, 1, out);
    }
    if (out->rows == 0)
        out->dim = 0;
    return object;
}

void cgi_append(struct cgi *c, struct cgi_run *r, const struct cgi_items *items)
{
    char path[1200];
    if (r->rows + items->rows > c->limit[CGI_MAX_ROWS])
        cgi_fail(c, 413, 0, "a run has at most %lld rows", (long long)c->limit[CGI_MAX_ROWS]);
    cgi_quota(c, 0, items->rows);
    int fd = kc_fd_open(cgi_path(c, r->seq, "rows.jsonl", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        cgi_fail(c, 503, 0, "the rows could not be written");
    if (st.st_size < r->bytes)
        cgi_fail(c, 503, 0, "rows of the run are lost: delete it");
    int rc = kc_fd_write(fd, items->lines.p, items->lines.n, r->bytes);
    if (rc == 0)
        rc = kc_fd_sync(fd);
    if (rc != 0) {
        if (ftruncate(fd, r->bytes) != 0)
            rc = EIO;
        cgi_fail(c, 503, 0,
                 rc == ENOSPC || rc == EFBIG || rc == EDQUOT ? "the disk of the server is full" :
                                                               "the rows could not be written");
    }
    close(fd);
    cgi_run_sql(c,
                "UPDATE runs SET rows = rows + ?2, bytes = ?3, dim = ?4, touched = unixepoch(), fields ="
                " ((fields | ?5) & 7) | (?5 & 8 & iif(rows = 0, 8, fields)) WHERE seq = ?1",
                "iiiii", r->seq, items->rows, r->bytes + (int64_t)items->lines.n, items->dim, items->fields);
    if (sqlite3_changes(c->db) != 1)
        cgi_fail(c, 404, 0, "the run is gone");
}
