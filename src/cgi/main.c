/* One request: the environment is read, the route found, the client admitted. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/utf8.h"
#include "cgi/cgi.h"

/* A star stands for one part of the path; it is part[1]. */
static const struct route {
    const char *method, *path;
    enum cgi_role role;
    cgi_route *call;
} routes[] = {
    {"GET", "healthz", CGI_PUBLIC, cgi_healthz},
    {"GET", "openapi.json", CGI_PUBLIC, cgi_openapi},
    {"POST", "start", CGI_WRITE, cgi_start},
    {"POST", "append", CGI_WRITE, cgi_append_call},
    {"POST", "finalize", CGI_WRITE, cgi_finalize},
    {"POST", "runs", CGI_WRITE, cgi_runs_post},
    {"GET", "runs", CGI_READ, cgi_runs_get},
    {"GET", "runs/*", CGI_READ, cgi_run_get},
    {"PATCH", "runs/*", CGI_WRITE, cgi_run_patch},
    {"DELETE", "runs/*", CGI_WRITE, cgi_run_delete},
    {"GET", "runs/*/result", CGI_READ, cgi_run_result},
    {"GET", "runs/*/clusters", CGI_READ, cgi_run_clusters},
    {"GET", "runs/*/report", CGI_READ, cgi_run_report},
    {"GET", "runs/*/suggest-k", CGI_READ, cgi_run_suggest},
    {"GET", "runs/*/events", CGI_READ, cgi_run_events},
    {"POST", "runs/*/cancel", CGI_WRITE, cgi_run_cancel},
    {"POST", "runs/*/pause", CGI_WRITE, cgi_run_pause},
    {"POST", "runs/*/resume", CGI_WRITE, cgi_run_resume},
    {"POST", "runs/*/assign", CGI_READ, cgi_run_assign},
    {"POST", "runs/*/update", CGI_WRITE, cgi_run_update},
    {"POST", "runs/*/recluster", CGI_WRITE, cgi_run_recluster},
    {"GET", "compare", CGI_READ, cgi_compare},
    {"GET", "statistics", CGI_READ, cgi_statistics},
    {"GET", "metrics", CGI_READ, cgi_metrics},
    {"DELETE", "documents/*", CGI_WRITE, cgi_document_delete},
};

/* Cut the path into its parts. What follows documents/ is one part: ids may have slashes. */
static void split_path(struct cgi *c, const char *path)
{
    char *p = cgi_dup(c, path, strlen(path));
    while (*p == '/')
        p++;
    while (*p) {
        if (c->parts == CGI_PARTS)
            cgi_fail(c, 404, 0, "there is no such thing");
        c->part[c->parts++] = p;
        p = c->parts == 2 && strcmp(c->part[0], "documents") == 0 ? NULL : strchr(p, '/');
        if (!p)
            break;
        *p++ = 0;
    }
    if (c->parts == 0)
        cgi_fail(c, 404, 0, "there is no such thing: see openapi.json");
}

static int matches(const struct cgi *c, const char *path)
{
    char text[128] = "";
    for (int i = 0; i < c->parts; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%.30s", i > 0 ? "/" : "", i == 1 ? "*" : c->part[i]);
    }
    return strcmp(text, path) == 0;
}

static const struct route *find_route(struct cgi *c)
{
    size_t allowed = 0;
    const char *method = strcmp(c->method, "HEAD") == 0 ? "GET" : c->method;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        int here = matches(c, routes[i].path);
        if (here && strcmp(routes[i].method, method) == 0)
            return &routes[i];
        if (here && allowed < sizeof c->allow)
            allowed += (size_t)snprintf(c->allow + allowed, sizeof c->allow - allowed, "%s%s", allowed ? ", " : "",
                                        routes[i].method);
    }
    if (allowed)
        cgi_fail(c, 405, 0, "the method must be one of %s", c->allow);
    cgi_fail(c, 404, 0, "there is no such thing: see openapi.json");
}

/* Find the folder of the state and the program. */
static void find_places(struct cgi *c)
{
    const char *state = getenv("KCLUST_STATE"), *kclust = getenv("KCLUST");
    char path[1200];
    if (!state || state[0] != '/' || strlen(state) > 1000)
        cgi_fail(c, 503, 0, "the server is set up wrongly: KCLUST_STATE must name a folder");
    snprintf(path, sizeof path, "%s/runs", state);
    if ((mkdir(state, 0700) != 0 && errno != EEXIST) || (mkdir(path, 0700) != 0 && errno != EEXIST))
        cgi_fail(c, 503, 0, "the server is set up wrongly: its folder cannot be made");
    snprintf(c->state, sizeof c->state, "%s", state);
    if (kclust && *kclust) {
        snprintf(c->kclust, sizeof c->kclust, "%s", kclust);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    char *name = strrchr(path, '/');
    snprintf(c->kclust, sizeof c->kclust, "%.*s/kclust", name ? (int)(name - path) : 0, path);
}

int main(void)
{
    static struct cgi c;
    const char *method = getenv("REQUEST_METHOD"), *query = getenv("QUERY_STRING"), *path = getenv("PATH_INFO");
    c.method = method ? method : "GET";
    c.query = query ? query : "";
    signal(SIGCHLD, SIG_DFL); /* the exit status of kclust is asked for */
    signal(SIGPIPE, SIG_IGN); /* a client that hangs up is an error of write(2), */
    signal(SIGXFSZ, SIG_IGN); /* and so is a limit of file sizes */
    if (kc_utf8_bad(path ? path : "", (path ? path : "") + strlen(path ? path : "")))
        cgi_fail(&c, 400, 0, "the path is not UTF-8");
    split_path(&c, path ? path : "");
    const struct route *r = find_route(&c);
    cgi_check_query(&c);
    find_places(&c);
    cgi_limits(&c);
    if (r->role != CGI_PUBLIC) {
        cgi_db_open(&c);
        cgi_admit(&c, r->role);
        cgi_sweep(&c);
        if (strcmp(r->method, "GET") != 0) /* what was answered outlives a power cut */
            cgi_run_sql(&c, "PRAGMA synchronous = FULL", "");
    }
    r->call(&c);
    return 0;
}
