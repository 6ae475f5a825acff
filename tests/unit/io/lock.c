/* Locks that another holder has, or whose file is replaced while one waits. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "io/lock.h"
#include "report_util.h"
#include "unit.h"

struct waiter {
    const char *path;
    int fd, rc;
    struct kc_err e;
};

static void count_line(void *arg, enum kc_log level, const char *line)
{
    int *lines = arg;
    CHECK(level == KC_LOG_ALWAYS && strstr(line, "locked"));
    ++*lines;
}

static void *wait_for_lock(void *arg)
{
    struct waiter *w = arg;
    const struct kc_ctx quiet = {.log = NULL};
    w->rc = kc_lock_take(&quiet, w->path, -1, &w->fd, &w->e);
    return NULL;
}

static void make_file(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
}

/* Return 1 once a lock on path cannot be had at once. */
static int is_locked(const char *path)
{
    int fd = open(path, O_RDONLY), taken = flock(fd, LOCK_EX | LOCK_NB);
    close(fd);
    return taken != 0;
}

TEST(lock_is_of_the_file_that_is_there_now)
{
    char path[256], next[256];
    snprintf(path, sizeof path, "%s", out_path("locked"));
    snprintf(next, sizeof next, "%s", out_path("next"));
    for (int removed = 0; removed <= 1; removed++) {
        struct kc_err e = KC_ERR_INIT;
        struct waiter w = {.path = path, .fd = -2, .e = KC_ERR_INIT};
        const struct kc_ctx ctx = {.log = NULL};
        int fd;
        pthread_t t;
        make_file(path);
        CHECK(kc_lock_take(&ctx, path, 0, &fd, &e) == 0 && fd >= 0 && is_locked(path));
        CHECK(pthread_create(&t, NULL, wait_for_lock, &w) == 0);
        if (removed) {
            CHECK(unlink(path) == 0);
        } else {
            make_file(next);
            CHECK(rename(next, path) == 0);
        }
        kc_lock_drop(fd);
        CHECK(pthread_join(t, NULL) == 0);
        CHECK(w.rc == 0 && (removed ? w.fd == -1 : w.fd >= 0 && is_locked(path)));
        kc_lock_drop(w.fd);
        CHECK(removed || unlink(path) == 0);
    }
    kc_lock_drop(-1);
}

/* A reader's flock does not stop the owner for ever, nor silently. */
TEST(lock_wait_is_told_and_ends)
{
    char path[256];
    int lines = 0, fd;
    const struct kc_ctx ctx = {.log = count_line, .arg = &lines};
    snprintf(path, sizeof path, "%s", out_path("read-locked"));
    make_file(path);
    int reader = open(path, O_RDONLY);
    CHECK(reader >= 0 && flock(reader, LOCK_SH) == 0);
    const double limits[] = {0, KC_LOCK_TOLD + 0.1};
    for (int i = 0; i < 2; i++) {
        struct kc_err e = KC_ERR_INIT;
        CHECK(kc_lock_take(&ctx, path, limits[i], &fd, &e) != 0 && e.code == KC_ESYS && fd == -1);
        CHECK(strstr(e.msg, "--lock-timeout") && lines == i);
    }
    close(reader);
    CHECK(unlink(path) == 0);
}
