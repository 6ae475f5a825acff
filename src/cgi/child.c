/* The program kclust as a child: its command line is an array, never a shell's; its folder is that of the run, so that
 * its messages have no paths; its environment is empty but for what it needs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/fd.h"
#include "base/num.h"
#include "cgi/cgi.h"
#include "json/json.h"

void cgi_child_args(struct cgi *c, struct cgi_child *k, ...)
{
    va_list ap;
    va_start(ap, k);
    for (const char *word; (word = va_arg(ap, const char *)) != NULL;) {
        k->argv[k->n] = kc_mem_strdup(word, &c->e);
        if (!k->argv[k->n] || ++k->n >= CGI_ARGS - 1)
            cgi_fail(c, 503, 0, "memory is short");
    }
    va_end(ap);
}

void cgi_child_begin(struct cgi *c, struct cgi_child *k, const char *verb)
{
    memset(k, 0, sizeof *k);
    k->in = k->out = k->err = -1;
    cgi_child_args(c, k, "kclust", verb, "--log-format", "json", NULL);
}

int cgi_memory_file(struct cgi *c, const char *p, size_t n)
{
    int fd = memfd_create("kclust", MFD_CLOEXEC);
    if (fd < 0 || kc_fd_write(fd, p, n, -1) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        cgi_fail(c, 503, 0, "memory is short");
    return fd;
}

char *cgi_read_all(struct cgi *c, int fd, size_t *n)
{
    struct stat st;
    size_t got = 0;
    if (fstat(fd, &st) != 0)
        cgi_fail(c, 503, 0, "a file could not be read");
    char *p = kc_mem_alloc((size_t)st.st_size + KC_NUM_PAD, 1, &c->e);
    if (!p)
        cgi_fail(c, 503, 0, "memory is short");
    if (kc_fd_pread(fd, p, (size_t)st.st_size, 0, &got) != 0)
        cgi_fail(c, 503, 0, "a file could not be read");
    memset(p + got, 0, KC_NUM_PAD);
    *n = got;
    return p;
}

static void set_limit(int what, int64_t most)
{
    struct rlimit l = {(rlim_t)most, (rlim_t)most};
    setrlimit((__rlimit_resource_t)what, &l);
}

/* Become kclust, in the child: nothing but calls of the system. */
static __attribute__((noreturn)) void become_kclust(const struct cgi *c, struct cgi_child *k, const char *folder,
                                                    pid_t parent)
{
    static char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no work goes on that nobody waits for */
    if (getppid() != parent)
        _exit(126);
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_CPU, (c->limit[CGI_MAX_SECONDS] + 60) * sysconf(_SC_NPROCESSORS_ONLN));
    if (null < 0 || dup2(k->in < 0 ? null : k->in, 0) < 0 || dup2(k->out < 0 ? null : k->out, 1) < 0 ||
        dup2(k->err < 0 ? null : k->err, 2) < 0 || chdir(folder) != 0)
        _exit(126);
    execve(c->kclust, k->argv, env);
    _exit(127);
}

int cgi_want(struct cgi *c, const struct cgi_run *r)
{
    char *want = cgi_sql_text(c, "SELECT want FROM runs WHERE seq = ?1", "i", r->seq);
    int first = want ? (unsigned char)want[0] : 'c'; /* the run is gone */
    kc_mem_free(want);
    return first;
}

void cgi_child_run(struct cgi *c, struct cgi_child *k, const struct cgi_run *r, int want)
{
    char folder[1200];
    cgi_path(c, r->seq, NULL, folder);
    double begun = kc_clock_now(), looked = begun, stopped = 0;
    long nap = 1000000;
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        cgi_fail(c, 503, 0, "the server has no more processes");
    if (pid == 0)
        become_kclust(c, k, folder, parent);
    while (waitpid(pid, &k->status, WNOHANG) == 0) {
        double now = kc_clock_now();
        struct timespec ts = {0, nap};
        nanosleep(&ts, NULL);
        nap = nap < 50000000 ? nap + nap / 4 : nap; /* short waits first: most work is short */
        if (!k->stopped && want && now - looked > 0.2) {
            looked = now;
            k->stopped = cgi_want(c, r);
        }
        if (!k->stopped && now - begun > (double)c->limit[CGI_MAX_SECONDS] + 30)
            k->stopped = 't';
        if (k->stopped && stopped == 0) {
            stopped = now;
            kill(pid, SIGTERM);
        } else if (k->stopped && now - stopped > 30) {
            kill(pid, SIGKILL);
        }
    }
}

int cgi_child_error(struct cgi *c, int err, char message[512], int64_t *line)
{
    size_t n;
    uint64_t code = 4, at = 0;
    struct kc_json_fault f;
    char *text = cgi_read_all(c, err, &n);
    snprintf(message, 512, "the work has failed");
    for (char *next = text, *p; (p = cgi_line(&next, text + n, NULL)) != NULL;) {
        const char *level = *p == '{' && kc_json_skip(p, next - 1, 0, &f) ? kc_json_find(p, "level") : NULL;
        if (level && strncmp(level, "\"error\"", 7) == 0) {
            char *what = cgi_member_text(c, p, "message");
            snprintf(message, 512, "%s", what ? what : "");
            if (kc_json_u64(kc_json_find(p, "code"), &code) != 0)
                code = 4;
            if (kc_json_u64(kc_json_find(p, "line"), &at) != 0)
                at = 0;
        }
    }
    kc_mem_free(text);
    *line = (int64_t)at;
    return code == 1 || code == 2 ? 422 : 503;
}

char *cgi_child_text(struct cgi *c, struct cgi_child *k, const struct cgi_run *r, size_t *n)
{
    char message[512];
    int64_t line;
    k->out = cgi_memory_file(c, "", 0);
    k->err = cgi_memory_file(c, "", 0);
    cgi_child_run(c, k, r, 0);
    int code = WIFEXITED(k->status) ? WEXITSTATUS(k->status) : 4;
    if (k->stopped)
        cgi_fail(c, 503, 0, "the work took more than %lld seconds", (long long)c->limit[CGI_MAX_SECONDS]);
    if (code != 0 && code != 3) {
        if (!cgi_sql_int(c, "SELECT 1 FROM runs WHERE seq = ?1", "i", r->seq))
            cgi_fail(c, 404, 0, "the run is gone");
        int status = cgi_child_error(c, k->err, message, &line);
        cgi_fail(c, status, line, "%s", message);
    }
    return cgi_read_all(c, k->out, n);
}

int cgi_slot(struct cgi *c, double seconds)
{
    char path[1200];
    double begun = kc_clock_now();
    for (;;) {
        for (int i = 0; i < c->limit[CGI_MAX_RUNNING]; i++) {
            snprintf(path, sizeof path, "%s/slot.%d", c->state, i);
            int fd = kc_fd_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            if (fd < 0)
                cgi_fail(c, 503, 0, "the server has no more files");
            if (flock(fd, LOCK_EX | LOCK_NB) == 0)
                return 1; /* kept open until the process ends */
            close(fd);
        }
        if (kc_clock_now() - begun >= seconds)
            return 0;
        struct timespec ts = {0, 50000000};
        nanosleep(&ts, NULL);
        if (c->working && cgi_want(c, c->working))
            return 0;
    }
}

void cgi_need_slot(struct cgi *c)
{
    if (!cgi_slot(c, 15))
        cgi_fail(c, 503, 0, "%lld runs are at work: try again", (long long)c->limit[CGI_MAX_RUNNING]);
}
