/* Run many short commands one after the other and say what each did. A line of input: ID TAB ARGUMENT TAB ... ; a
 * record of output: "ID STATUS MILLISECONDS KILOBYTES N M\n", N bytes of standard output, M of standard error. STATUS
 * is the exit status, 1000 + the signal, or 2000 for what had to be killed after BATCH_SECONDS (120). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 4194304 /* bytes of an output that are handed on */

static void put(int fd, off_t n)
{
    static char buf[65536];
    for (off_t at = 0; at < n;) {
        ssize_t r = pread(fd, buf, (size_t)(n - at < (off_t)sizeof buf ? n - at : (off_t)sizeof buf), at);
        if (r <= 0 || fwrite(buf, 1, (size_t)r, stdout) != (size_t)r)
            abort();
        at += r;
    }
}

static long left_over; /* seconds */
static pid_t child;
static volatile sig_atomic_t killed;

static void too_long(int sig)
{
    (void)sig;
    killed = 1;
    kill(child, SIGKILL);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    const char *seconds = getenv("BATCH_SECONDS");
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
    struct sigaction sa = {.sa_handler = too_long};
    left_over = seconds ? atol(seconds) : 120;
    sigaction(SIGALRM, &sa, NULL);
    while ((len = getline(&line, &cap, stdin)) > 0) {
        char *argv[64];
        int n = 0;
        line[len - 1] = '\0';
        char *p = line, *id = strsep(&p, "\t");
        while (p && n < 63)
            argv[n++] = strsep(&p, "\t");
        argv[n] = NULL;
        if (ftruncate(out, 0) != 0 || ftruncate(err, 0) != 0)
            abort();
        killed = 0;
        fflush(stdout);
        child = fork();
        if (child == 0) {
            /* append mode is not needed: each starts at offset 0 of an empty file */
            lseek(out, 0, SEEK_SET);
            lseek(err, 0, SEEK_SET);
            dup2(null, 0);
            dup2(out, 1);
            dup2(err, 2);
            execv(argv[0], argv);
            _exit(127);
        }
        alarm((unsigned)left_over);
        int status;
        struct rusage ru;
        while (wait4(child, &status, 0, &ru) < 0)
            ;
        alarm(0);
        off_t no = lseek(out, 0, SEEK_END), ne = lseek(err, 0, SEEK_END);
        if (no > MOST)
            no = MOST;
        if (ne > MOST)
            ne = MOST;
        long ms = (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1000;
        printf("%s %d %ld %ld %ld %ld\n", id, killed ? 2000 : WIFSIGNALED(status) ? 1000 + WTERMSIG(status) :
               WEXITSTATUS(status), ms, ru.ru_maxrss, (long)no, (long)ne);
        put(out, no);
        put(err, ne);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
