/* What a server allows: limits of the environment, tokens, quotas, and how long things are kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/num.h"
#include "base/sha256.h"
#include "cgi/cgi.h"

static const struct {
    const char *name, *fallback;
} limits[CGI_LIMITS] = {
    [CGI_MAX_BODY] = {"KCLUST_MAX_BODY", "64M"},
    [CGI_MAX_ROWS] = {"KCLUST_MAX_ROWS", "1000000"},
    [CGI_MAX_DIM] = {"KCLUST_MAX_DIM", "8192"},
    [CGI_MAX_K] = {"KCLUST_MAX_K", "1000"},
    [CGI_MAX_RUNNING] = {"KCLUST_MAX_RUNNING", "2"},
    [CGI_MAX_SECONDS] = {"KCLUST_MAX_SECONDS", "600"},
    [CGI_MAX_MEMORY] = {"KCLUST_MAX_MEMORY", "2G"},
    [CGI_BUFFER_HOURS] = {"KCLUST_BUFFER_HOURS", "24"},
    [CGI_RESULT_DAYS] = {"KCLUST_RESULT_DAYS", "30"},
    [CGI_QUOTA_RUNS] = {"KCLUST_QUOTA_RUNS", "1000"},
    [CGI_QUOTA_ROWS] = {"KCLUST_QUOTA_ROWS", "10000000"},
    [CGI_QUOTA_RATE] = {"KCLUST_QUOTA_RATE", "600"},
    [CGI_EVENT_SECONDS] = {"KCLUST_EVENT_SECONDS", "300"},
};

void cgi_limits(struct cgi *c)
{
    for (int i = 0; i < CGI_LIMITS; i++) {
        const char *text = getenv(limits[i].name);
        uint64_t v = 0;
        if (kc_num_size(text && *text ? text : limits[i].fallback, &v) != 0 || v > UINT64_C(1) << 50)
            cgi_fail(c, 503, 0, "the server is set up wrongly: %s is no number", limits[i].name);
        c->limit[i] = (int64_t)v;
    }
}

/* Read 64 hexadecimal digits. */
static int read_digest(const char *text, unsigned char out[KC_SHA256_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    memset(out, 0, KC_SHA256_BYTES);
    for (size_t i = 0; i < (size_t)2 * KC_SHA256_BYTES; i++) {
        const char *digit = text[i] ? strchr(digits, text[i] >= 'A' && text[i] <= 'F' ? text[i] | 32 : text[i]) : NULL;
        if (!digit)
            return -1;
        out[i / 2] = (unsigned char)(out[i / 2] * 16 + (digit - digits));
    }
    return text[(size_t)2 * KC_SHA256_BYTES] ? -1 : 0;
}

/* Compare digests in a time that does not tell where they differ. */
static int same_digest(const unsigned char *a, const unsigned char *b)
{
    unsigned differ = 0;
    for (int i = 0; i < KC_SHA256_BYTES; i++)
        differ |= (unsigned)(a[i] ^ b[i]);
    return differ == 0;
}

/* Look the bearer's token up: lines of token (or sha256:DIGEST), owner, role. All lines are compared. */
static void find_token(struct cgi *c, FILE *f, const char *token)
{
    unsigned char asked[KC_SHA256_BYTES], known[KC_SHA256_BYTES];
    char line[1024], secret[512], owner[65], role[16];
    kc_sha256(asked, token, strlen(token));
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || sscanf(line, "%511s %64s %15s", secret, owner, role) != 3)
            continue;
        enum cgi_role r = strcmp(role, "admin") == 0 ? CGI_ADMIN :
                          strcmp(role, "write") == 0 ? CGI_WRITE :
                          strcmp(role, "read") == 0  ? CGI_READ :
                                                       CGI_PUBLIC;
        if (strncmp(secret, "sha256:", 7) != 0)
            kc_sha256(known, secret, strlen(secret));
        else if (read_digest(secret + 7, known) != 0)
            continue;
        if (same_digest(asked, known)) {
            c->role = r;
            snprintf(c->owner, sizeof c->owner, "%s", owner);
        }
    }
}

/* Count a request of this minute. */
static void count_request(struct cgi *c)
{
    int64_t minute = (int64_t)time(NULL) / 60;
    if (c->limit[CGI_QUOTA_RATE] == 0)
        return;
    int64_t n = cgi_sql_int(c,
                            "INSERT INTO rates VALUES (?1, ?2, 1) ON CONFLICT (owner) DO UPDATE SET"
                            " n = iif(minute = ?2, n + 1, 1), minute = ?2 RETURNING n",
                            "ti", c->owner, minute);
    if (n > c->limit[CGI_QUOTA_RATE])
        cgi_fail(c, 429, 0, "there were more than %lld requests this minute", (long long)c->limit[CGI_QUOTA_RATE]);
}

void cgi_admit(struct cgi *c, enum cgi_role needed)
{
    const char *tokens = getenv("KCLUST_TOKENS"), *bearer = getenv("HTTP_AUTHORIZATION");
    if (needed == CGI_PUBLIC)
        return;
    snprintf(c->owner, sizeof c->owner, "everyone");
    c->role = CGI_ADMIN;
    if (tokens && *tokens) {
        FILE *f = fopen(tokens, "re");
        if (!f)
            cgi_fail(c, 503, 0, "the server is set up wrongly: its tokens cannot be read");
        c->role = CGI_PUBLIC;
        if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0)
            find_token(c, f, bearer + 7 + strspn(bearer + 7, " "));
        (void)fclose(f);
        if (c->role == CGI_PUBLIC)
            cgi_fail(c, 401, 0, "a bearer token is needed that the server knows");
    }
    count_request(c);
    if (c->role < needed)
        cgi_fail(c, 403, 0, "the token must have the role %s", needed == CGI_ADMIN ? "admin" : "write");
}

void cgi_quota(struct cgi *c, int64_t more_runs, int64_t more_rows)
{
    int64_t runs = cgi_sql_int(c, "SELECT count(*) FROM runs WHERE owner = ?1", "t", c->owner);
    int64_t rows =
        cgi_sql_int(c, "SELECT coalesce(sum(rows), 0) FROM runs WHERE owner = ?1 AND NOT expired", "t", c->owner);
    if (more_runs > 0 && runs + more_runs > c->limit[CGI_QUOTA_RUNS])
        cgi_fail(c, 429, 0, "the quota of %lld runs is used up: delete some", (long long)c->limit[CGI_QUOTA_RUNS]);
    if (more_rows > 0 && rows + more_rows > c->limit[CGI_QUOTA_ROWS])
        cgi_fail(c, 429, 0, "the quota of %lld rows is used up: delete runs", (long long)c->limit[CGI_QUOTA_ROWS]);
}

void cgi_sweep(struct cgi *c)
{
    static const char *const files[] = {"rows.jsonl", "summary.json", "report.html", "log"};
    int64_t now = (int64_t)time(NULL);
    size_t n;
    if (cgi_sql_int(c, "SELECT at FROM swept", "") > now - 60)
        return;
    cgi_begin(c);
    cgi_run_sql(c, "INSERT INTO swept VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET at = ?1", "i", now);
    cgi_run_sql(c, "DELETE FROM removed WHERE at < ?1", "i", now - 2 * 86400); /* no fit takes that long */
    int64_t *old = cgi_list_runs(c,
                                 cgi_sql(c,
                                         "SELECT seq FROM runs WHERE status IN ('open', 'failed', 'cancelled',"
                                         " 'paused') AND touched < ?1",
                                         "i", now - c->limit[CGI_BUFFER_HOURS] * 3600),
                                 &n);
    for (size_t i = 0; i < n; i++) {
        struct cgi_run r = {.seq = old[i], .lock = -1};
        if (cgi_run_lock(c, &r))
            cgi_remove_run(c, r.seq);
    }
    kc_mem_free(old);
    old = cgi_list_runs(c,
                        cgi_sql(c, "SELECT seq FROM runs WHERE status = 'completed' AND NOT expired AND finished < ?1",
                                "i", now - c->limit[CGI_RESULT_DAYS] * 86400),
                        &n);
    for (size_t i = 0; i < n; i++) { /* the model stays */
        char path[1200];
        cgi_drop_results(c, old[i]);
        cgi_run_sql(c, "UPDATE runs SET expired = 1, bytes = 0 WHERE seq = ?1", "i", old[i]);
        for (size_t f = 0; f < sizeof files / sizeof *files; f++)
            unlink(cgi_path(c, old[i], files[f], path));
    }
    kc_mem_free(old);
    cgi_commit(c);
    cgi_begin(c); /* a folder is made in the transaction of its run, so that none is of a run to be */
    cgi_remove_folders(c);
    cgi_commit(c);
}
