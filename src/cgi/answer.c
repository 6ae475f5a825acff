/* Requests and answers of the Common Gateway Interface (RFC 3875). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>
#include "base/fd.h"
#include "base/num.h"
#include "base/utf8.h"
#include "cgi/cgi.h"
#include "json/json.h"

static int hex(char a)
{
    return a >= '0' && a <= '9' ? a - '0' : (a | 32) >= 'a' && (a | 32) <= 'f' ? (a | 32) - 'a' + 10 : -1;
}

/* Decode n bytes of a query. */
static char *decode_query(struct cgi *c, const char *p, size_t n)
{
    char *out = kc_mem_alloc(n + 1, 1, &c->e), *to = out;
    if (!out)
        cgi_fail(c, 503, 0, "memory is short");
    for (size_t i = 0; i < n; i++) {
        int high = p[i] == '%' && i + 2 < n + 0 ? hex(p[i + 1]) : -1, low = high >= 0 ? hex(p[i + 2]) : -1;
        if (p[i] == '%' && (high < 0 || low < 0 || high + low == 0))
            cgi_fail(c, 400, 0, "the query has a broken %%-code");
        *to++ = p[i] == '%' ? (char)(high * 16 + low) : p[i] == '+' ? ' ' : p[i];
        i += p[i] == '%' ? 2 : 0;
    }
    *to = 0;
    if (kc_utf8_bad(out, to))
        cgi_fail(c, 400, 0, "the query is not UTF-8");
    return out;
}

char *cgi_query(struct cgi *c, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = c->query; *p;) {
        size_t len = strcspn(p, "&");
        if (len > n && strncmp(p, key, n) == 0 && p[n] == '=')
            return decode_query(c, p + n + 1, len - n - 1);
        p += len + (p[len] == '&');
    }
    return NULL;
}

int64_t cgi_query_int(struct cgi *c, const char *key, int64_t fallback, int64_t most)
{
    char *text = cgi_query(c, key);
    uint64_t v = 0;
    if (!text)
        return fallback;
    if (kc_num_u64(text, &v) != 0 || v > (uint64_t)most)
        cgi_fail(c, 400, 0, "%s must be a whole number from 0 to %lld", key, (long long)most);
    return (int64_t)v;
}

/* Read what the server sends, as it comes; at most one byte more than the limit. */
static void read_raw(struct cgi *c, struct kc_buf *b)
{
    const char *length = getenv("CONTENT_LENGTH");
    size_t most = (size_t)c->limit[CGI_MAX_BODY] + 1, got = 1;
    uint64_t announced = UINT64_MAX;
    if (length && *length && kc_num_u64(length, &announced) != 0)
        cgi_fail(c, 400, 0, "Content-Length is no number");
    if (announced != UINT64_MAX && announced >= most)
        cgi_fail(c, 413, 0, "the body has more than %lld bytes", (long long)most - 1);
    if (announced < most)
        most = (size_t)announced;
    while (b->n < most && got > 0) {
        size_t want = most - b->n < 1u << 20 ? most - b->n : 1u << 20;
        if (kc_buf_reserve(b, want, &c->e) != 0 || kc_fd_read(0, b->p + b->n, want, &got) != 0)
            cgi_fail(c, 503, 0, "the body could not be read");
        b->n += got;
    }
    if (announced != UINT64_MAX && b->n < announced)
        cgi_fail(c, 400, 0, "the body ends after %zu of %llu bytes", b->n, (unsigned long long)announced);
    if (b->n > (size_t)c->limit[CGI_MAX_BODY])
        cgi_fail(c, 413, 0, "the body has more than %lld bytes", (long long)c->limit[CGI_MAX_BODY]);
}

/* Inflate gzip, all its members. */
static void inflate_body(struct cgi *c, const struct kc_buf *raw)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    z.next_in = (unsigned char *)raw->p;
    z.avail_in = (unsigned)raw->n;
    if (inflateInit2(&z, 31) != Z_OK)
        cgi_fail(c, 503, 0, "memory is short");
    for (int rc = Z_OK; rc != Z_STREAM_END || z.avail_in > 0;) {
        if (rc == Z_STREAM_END && inflateReset(&z) != Z_OK)
            cgi_fail(c, 503, 0, "memory is short");
        if (kc_buf_reserve(&c->body, 1u << 16, &c->e) != 0)
            cgi_fail(c, 503, 0, "memory is short");
        z.next_out = (unsigned char *)c->body.p + c->body.n;
        z.avail_out = 1u << 16;
        rc = inflate(&z, Z_NO_FLUSH);
        c->body.n += (1u << 16) - z.avail_out;
        if (rc != Z_OK && rc != Z_STREAM_END)
            cgi_fail(c, 400, 0, "the body is damaged gzip");
        if (c->body.n > (size_t)c->limit[CGI_MAX_BODY])
            cgi_fail(c, 413, 0, "the body inflates to more than %lld bytes", (long long)c->limit[CGI_MAX_BODY]);
    }
    inflateEnd(&z);
}

void cgi_read_body(struct cgi *c)
{
    struct kc_buf raw = {NULL, 0, 0};
    const char *coding = getenv("HTTP_CONTENT_ENCODING");
    static const char zeros[KC_NUM_PAD + 1];
    read_raw(c, &raw);
    int packed = raw.n >= 2 && memcmp(raw.p, "\x1f\x8b", 2) == 0;
    if (coding && *coding && strcasecmp(coding, "gzip") != 0 && strcasecmp(coding, "identity") != 0)
        cgi_fail(c, 400, 0, "Content-Encoding must be gzip or identity");
    if (coding && strcasecmp(coding, "gzip") == 0 && !packed)
        cgi_fail(c, 400, 0, "the body is not gzip");
    if (packed)
        inflate_body(c, &raw);
    else
        c->body = raw;
    cgi_put_n(c, &c->body, zeros, sizeof zeros);
    c->body.n -= sizeof zeros;
    const char *bad = kc_utf8_bad(c->body.p, c->body.p + c->body.n);
    if (bad)
        cgi_fail(c, 400, 1 + cgi_count_lines(c->body.p, bad), "the body is not UTF-8");
}

const char *cgi_body_object(struct cgi *c)
{
    struct kc_json_fault f;
    const char *end = c->body.p + c->body.n, *p = kc_json_ws(c->body.p);
    char text[256];
    if (p == end)
        return "{}";
    if (*p != '{')
        cgi_fail(c, 400, 1, "the body must be a JSON object");
    const char *past = kc_json_skip(p, end, 0, &f);
    const char *at = past ? kc_json_ws(past) : f.at, *begin = at;
    int64_t line = 1 + cgi_count_lines(c->body.p, at);
    while (begin > c->body.p && begin[-1] != '\n')
        begin--;
    if (past && at != end)
        cgi_fail(c, 400, line, "there is more behind the JSON object");
    if (!past) {
        kc_json_explain(&f, (size_t)(at - begin) + 1, end, "body", text, sizeof text);
        cgi_fail(c, 400, line, "%s", text);
    }
    cgi_check_members(c, p);
    return p;
}

char *cgi_member_text(struct cgi *c, const char *json, const char *key)
{
    struct kc_json_str s;
    struct kc_buf b = {NULL, 0, 0};
    const char *p = kc_json_find(json, key);
    if (!p)
        return NULL;
    if (kc_json_text(p, &s) != 0 || kc_json_decode(&s, &b, &c->e) != 0 || (b.n > 0 && memchr(b.p, 0, b.n)))
        cgi_fail(c, 422, 0, "%s must be a text", key);
    char *out = cgi_dup(c, b.n > 0 ? b.p : "", b.n);
    kc_buf_free(&b);
    return out;
}

int64_t cgi_count_lines(const char *from, const char *to)
{
    int64_t n = 0;
    for (; from < to; from++)
        n += *from == '\n';
    return n;
}

char *cgi_line(char **at, char *end, size_t *n)
{
    char *line = *at;
    if (line >= end)
        return NULL;
    char *stop = memchr(line, '\n', (size_t)(end - line));
    stop = stop ? stop : end;
    *stop = 0;
    if (n)
        *n = (size_t)(stop - line);
    *at = stop + 1;
    return line;
}

void cgi_put_n(struct cgi *c, struct kc_buf *b, const char *p, size_t n)
{
    if (kc_buf_add(b, p, n, &c->e) != 0)
        cgi_fail(c, 503, 0, "memory is short");
}

void cgi_put(struct cgi *c, struct kc_buf *b, const char *fmt, ...)
{
    va_list ap;
    char *text;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        cgi_fail(c, 503, 0, "memory is short");
    cgi_put_n(c, b, text, (size_t)n);
    free(text);
}

char *cgi_dup(struct cgi *c, const char *p, size_t n)
{
    char *out = kc_mem_zalloc(n + 1 + KC_NUM_PAD, 1, &c->e);
    if (!out)
        cgi_fail(c, 503, 0, "memory is short");
    memcpy(out, p, n);
    return out;
}

/* The status codes: what HTTP calls them, and the code of the error. */
static const struct status {
    int status;
    const char *reason, *code;
} statuses[] = {{200, "OK", ""},
                {201, "Created", ""},
                {202, "Accepted", ""},
                {204, "No Content", ""},
                {400, "Bad Request", "bad_request"},
                {401, "Unauthorized", "unauthorized"},
                {403, "Forbidden", "forbidden"},
                {404, "Not Found", "not_found"},
                {405, "Method Not Allowed", "method_not_allowed"},
                {409, "Conflict", "conflict"},
                {413, "Content Too Large", "too_large"},
                {422, "Unprocessable Content", "invalid"},
                {429, "Too Many Requests", "quota"},
                {503, "Service Unavailable", "unavailable"}};

static const struct status *find_status(int status)
{
    const struct status *s = statuses, *last = s + sizeof statuses / sizeof *s - 1;
    while (s < last && s->status != status)
        s++;
    return s;
}

void cgi_send(const char *p, size_t n)
{
    if (kc_fd_write(1, p, n, -1) != 0)
        return; /* nobody to tell */
}

void cgi_answer(struct cgi *c, int status, const char *type, const char *p, size_t n)
{
    char head[512];
    const char *reason = find_status(status)->reason;
    sqlite3_stmt *s = NULL;
    if (c->db) { /* what was not committed is undone; then the request is counted, if that is possible */
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
        sqlite3_busy_timeout(c->db, 500);
        if (sqlite3_prepare_v2(c->db, "INSERT INTO requests VALUES (?1, 1) ON CONFLICT (code) DO UPDATE SET n = n + 1",
                               -1, &s, NULL) == SQLITE_OK) {
            sqlite3_bind_int(s, 1, status);
            sqlite3_step(s);
            sqlite3_finalize(s);
        }
        sqlite3_close(c->db);
    }
    int len = snprintf(head, sizeof head,
                       "Status: %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
                       "X-Content-Type-Options: nosniff\r\n%s%s%s%s%s\r\n",
                       status, reason, type, n, status == 401 ? "WWW-Authenticate: Bearer\r\n" : "",
                       status == 429 || status == 503 ? "Retry-After: 30\r\n" : "", status == 405 ? "Allow: " : "",
                       status == 405 ? c->allow : "", status == 405 ? "\r\n" : "");
    cgi_send(head, (size_t)len);
    if (strcmp(c->method, "HEAD") != 0)
        cgi_send(p, n);
    _exit(0);
}

void cgi_answer_json(struct cgi *c, int status, char *json)
{
    if (!json)
        cgi_fail(c, 404, 0, "there is no such thing");
    size_t n = strlen(json);
    json[n] = '\n'; /* where the NUL was */
    cgi_answer(c, status, "application/json", json, n + 1);
}

void cgi_answer_buf(struct cgi *c, struct kc_buf *b)
{
    cgi_put(c, b, "\n");
    cgi_answer(c, 200, "application/json", b->p, b->n);
}

void cgi_answer_page(struct cgi *c, struct kc_buf *b, int64_t next, int64_t total)
{
    cgi_put(c, b, "], \"total\": %lld, \"next\": ", (long long)total);
    cgi_put(c, b, next < total ? "%lld}" : "null}", (long long)next);
    cgi_answer_buf(c, b);
}

/* Write an error as JSON. Nothing here needs memory, which may be what is short. */
static size_t write_error(char out[4096], int status, const char *text, int64_t line)
{
    size_t n = (size_t)snprintf(out, 128, "{\"error\": {\"code\": \"%s\", \"message\": \"", find_status(status)->code);
    for (; *text && n < 3900; text++) {
        int special = *text == '"' || *text == '\\';
        n += (size_t)snprintf(out + n, 8, (unsigned char)*text < 32 ? "\\u%04x" : special ? "\\%c" : "%c", *text);
    }
    if (line > 0)
        return n + (size_t)snprintf(out + n, 64, "\", \"line\": %lld}}\n", (long long)line);
    return n + (size_t)snprintf(out + n, 64, "\", \"line\": null}}\n");
}

void cgi_fail(struct cgi *c, int status, int64_t line, const char *fmt, ...)
{
    char text[600], out[4096];
    struct cgi_run *r = c->working;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *cut = kc_utf8_bad(text, text + strlen(text)); /* a character that had no room */
    if (cut)
        text[cut - text] = 0;
    for (char *at; c->state[0] && (at = strstr(text, c->state)) != NULL;) /* no path of the server */
        memmove(at, at + strlen(c->state), strlen(at + strlen(c->state)) + 1);
    c->working = NULL;
    if (r && c->db) {
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
        cgi_run_sql(c,
                    "UPDATE runs SET status = iif(kind = 'buffer', 'open', 'failed'), error = ?1, "
                    "finished = unixepoch() WHERE seq = ?2",
                    "ti", text, r->seq);
    }
    if (c->silent)
        _exit(1);
    cgi_answer(c, status, "application/json", out, write_error(out, status, text, line));
}
