/* System calls on descriptors are carried through. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/fd.h"
#include "unit.h"

#define MUCH ((size_t)1 << 20)

/* Takes all that comes, slowly at first, so that the pipe fills. */
static void *reader(void *arg)
{
    const int *fd = arg;
    static char buf[7000];
    size_t *sum = calloc(1, sizeof *sum), got;
    usleep(20000);
    while (sum && kc_fd_read(*fd, buf, sizeof buf, &got) == 0 && got > 0)
        *sum += got;
    return sum;
}

TEST(fd_waits_where_it_would_block)
{
    int p[2] = {-1, -1};
    pthread_t t = 0;
    void *sum = NULL;
    char *much = calloc(MUCH, 1);
    CHECK(much && pipe2(p, O_NONBLOCK) == 0 && pthread_create(&t, NULL, reader, &p[0]) == 0);
    CHECK(kc_fd_write(p[1], much, MUCH, -1) == 0);
    close(p[1]);
    pthread_join(t, &sum);
    CHECK(sum && *(size_t *)sum == MUCH);
    close(p[0]);
    free(sum);
    free(much);
}

TEST(fd_reads_at_a_place_up_to_the_end)
{
    char name[] = "/tmp/kc-unit-XXXXXX", buf[8];
    int fd = mkstemp(name);
    size_t got;
    CHECK(fd >= 0 && unlink(name) == 0);
    CHECK(kc_fd_write(fd, "abcdef", 6, -1) == 0 && kc_fd_write(fd, "X", 1, 2) == 0);
    CHECK(kc_fd_pread(fd, buf, 8, 1, &got) == 0 && got == 5 && memcmp(buf, "bXdef", 5) == 0);
    CHECK(kc_fd_pread(fd, buf, 3, 0, &got) == 0 && got == 3);
    CHECK(kc_fd_sync(fd) == 0 && kc_fd_mode(fd, 0600) == 0);
    close(fd);
}

TEST(fd_tells_what_could_not_be_done)
{
    char c;
    size_t got;
    CHECK(kc_fd_write(-1, "x", 1, -1) == EBADF && kc_fd_read(-1, &c, 1, &got) == EBADF && got == 0);
    CHECK(kc_fd_pread(-1, &c, 1, 0, &got) == EBADF && kc_fd_sync(-1) == EBADF);
    CHECK(kc_fd_open("/no/such/file", O_RDONLY, 0) == -1 && errno == ENOENT);
}

static int woken[2];
static volatile sig_atomic_t alarms;

/* The first time only an interruption, the second time something to read. */
static void wake(int sig)
{
    (void)sig;
    if (++alarms == 2 && write(woken[1], "x", 1) != 1)
        abort();
}

TEST(fd_goes_on_waiting_when_interrupted)
{
    struct sigaction now = {.sa_handler = wake}, before;
    const struct itimerval soon = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    char c = 0;
    size_t got = 0;
    alarms = 0;
    CHECK(pipe2(woken, O_NONBLOCK) == 0 && sigaction(SIGALRM, &now, &before) == 0);
    CHECK(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    CHECK(kc_fd_read(woken[0], &c, 1, &got) == 0 && got == 1 && c == 'x' && alarms >= 2);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0 && sigaction(SIGALRM, &before, NULL) == 0);
    close(woken[0]);
    close(woken[1]);
}
