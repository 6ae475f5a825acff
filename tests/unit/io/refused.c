/* System calls that give answers seldom seen, and files that change between two calls. The unit binary is linked with
 * --wrap for these calls. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "io/lock.h"
#include "io/outfile.h"
#include "report_util.h"
#include "unit.h"

enum call { CALL_OPEN, CALL_FSYNC, CALL_FCHOWN, CALL_FLOCK, CALLS };

int __real_open(const char *path, int flags, ...);
int __real_fsync(int fd);
int __real_fchown(int fd, uid_t user, gid_t group);
int __real_flock(int fd, int how);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fsync(int fd);
int __wrap_fchown(int fd, uid_t user, gid_t group);
int __wrap_flock(int fd, int how);

/* What the next calls of a thread give: after `pass` that are carried out, `times` that fail with err. */
static _Thread_local struct answer {
    int pass, times, err;
    void (*before)(void); /* called once, before the first call that is carried out */
    int seen;
} answers[CALLS];

static int is_refused(enum call which)
{
    struct answer *a = &answers[which];
    a->seen++;
    if (a->before) {
        void (*fn)(void) = a->before;
        a->before = NULL;
        fn();
    }
    if (a->pass > 0 || a->times == 0) {
        a->pass -= a->pass > 0;
        return 0;
    }
    a->times--;
    errno = a->err;
    return 1;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return is_refused(CALL_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __wrap_fsync(int fd)
{
    return is_refused(CALL_FSYNC) ? -1 : __real_fsync(fd);
}

int __wrap_fchown(int fd, uid_t user, gid_t group)
{
    return is_refused(CALL_FCHOWN) ? -1 : __real_fchown(fd, user, group);
}

int __wrap_flock(int fd, int how)
{
    return is_refused(CALL_FLOCK) ? -1 : __real_flock(fd, how);
}

static void refuse(enum call which, int pass, int times, int err)
{
    answers[which] = (struct answer){.pass = pass, .times = times, .err = err};
}

/* Return 1 if the library's calls come here; on some systems they have other names. */
static int calls_come_here(void)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    memset(answers, 0, sizeof answers);
    CHECK(kc_outfile_open(&f, out_path("probe"), &e) == 0);
    kc_outfile_free(f);
    if (answers[CALL_OPEN].seen)
        return 1;
    unit_skip("system calls have other names here");
    return 0;
}

static int put(const char *path, struct kc_err *e)
{
    struct kc_outfile *f;
    *e = (struct kc_err)KC_ERR_INIT;
    int rc = kc_outfile_open(&f, path, e);
    if (rc == 0)
        rc = kc_outfile_write(f, "new", 3, e) != 0 || kc_outfile_commit(f, e) != 0 ? -1 : 0;
    kc_outfile_free(f);
    return rc;
}

TEST(refused_names_of_temporary_files_are_tried_again)
{
    struct kc_err e;
    char path[512];
    snprintf(path, sizeof path, "%s", out_path("often"));
    if (!calls_come_here())
        return;
    refuse(CALL_OPEN, 0, 3, EEXIST);
    CHECK(put(path, &e) == 0 && answers[CALL_OPEN].times == 0 && out_is(path, "new"));
    refuse(CALL_OPEN, 0, 2, EINTR);
    CHECK(put(path, &e) == 0);
    refuse(CALL_OPEN, 0, 1000, EEXIST);
    CHECK(put(path, &e) == -1 && e.code == KC_ESYS && strcmp(e.msg, "cannot write: File exists") == 0);
    CHECK(answers[CALL_OPEN].times == 900);
    refuse(CALL_OPEN, 0, 1, EDQUOT);
    CHECK(put(path, &e) == -1 && e.code == KC_ESYS);
    CHECK(put(path, &e) == 0); /* a name that was refused takes no place */
    CHECK(unlink(path) == 0);
}

TEST(refused_syncs_that_are_no_errors)
{
    static const struct {
        int pass, err, fails;
    } t[] = {{0, EIO, 1},   {0, ENOSPC, 1}, {0, EINVAL, 0}, {0, ENOTSUP, 0}, {0, ENOSYS, 0},
             {0, EINTR, 0},                                                                   /* of the file */
             {1, EIO, 2},   {1, ENOSPC, 2}, {1, EDQUOT, 2}, {1, EINVAL, 0},  {1, EACCES, 0}}; /* of its folder */
    struct kc_err e;
    char path[512];
    snprintf(path, sizeof path, "%s", out_path("synced"));
    if (!calls_come_here())
        return;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int before = out_entries();
        refuse(CALL_FSYNC, t[i].pass, 1, t[i].err);
        int rc = put(path, &e);
        CHECK_MSG(rc == (t[i].fails ? -1 : 0), "%zu: %d, %s", i, rc, e.msg);
        CHECK(!t[i].fails ||
              strstr(e.msg, t[i].fails == 1 ? "cannot write: " : "cannot sync its directory: ") == e.msg);
        CHECK(out_entries() == before + (t[i].fails != 1) && (t[i].fails == 1 || out_is(path, "new")));
        unlink(path);
    }
    static const int opens[] = {EACCES, EPERM, EMFILE};
    for (size_t i = 0; i < 3; i++) { /* the folder cannot be opened */
        refuse(CALL_OPEN, 1, 1, opens[i]);
        CHECK(put(path, &e) == (i < 2 ? 0 : -1));
        CHECK(i < 2 || strcmp(e.msg, "cannot sync its directory: Too many open files") == 0);
    }
    refuse(CALL_OPEN, 0, 0, 0);
    CHECK(unlink(path) == 0);
}

TEST(refused_owners_that_are_no_errors)
{
    static const struct {
        int err, rc;
    } t[] = {{EPERM, 0}, {EINVAL, 0}, {EINTR, 0}, {EIO, -1}};
    struct kc_err e;
    char path[512];
    snprintf(path, sizeof path, "%s", out_path("owned"));
    if (!calls_come_here())
        return;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK(out_spit(path, "old") == 0);
        refuse(CALL_FCHOWN, 0, 1, t[i].err);
        CHECK(put(path, &e) == t[i].rc && out_is(path, t[i].rc ? "old" : "new"));
    }
    CHECK(unlink(path) == 0);
}

/* Where files without names are not to be had, the spool has a name for a moment. */
TEST(refused_spools_without_a_name)
{
    static const int codes[] = {EOPNOTSUPP, EISDIR, EINVAL, ENOSPC};
    struct kc_outfile *f;
    char got[4];
    if (!calls_come_here())
        return;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct kc_err e = KC_ERR_INIT;
        refuse(CALL_OPEN, 0, 1, codes[i]);
        int rc = kc_outfile_open_spool(&f, &e);
        CHECK_MSG(rc == (i < 3 ? 0 : -1), "%s: %s", strerror(codes[i]), e.msg);
        if (rc != 0)
            continue;
        CHECK(kc_outfile_write(f, "abcd", 4, &e) == 0 && kc_outfile_finish(f, &e) == 0);
        CHECK(kc_outfile_read(f, 0, got, 4, &e) == 0 && memcmp(got, "abcd", 4) == 0);
        kc_outfile_free(f);
    }
}

TEST(refused_spools_in_a_folder_of_too_long_a_name)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    char *kept = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL, far[PATH_MAX];
    if (!calls_come_here())
        return;
    memset(far, '/', sizeof far);
    far[PATH_MAX - 2] = '\0'; /* a name that may be, in which no file's may */
    CHECK(setenv("TMPDIR", far, 1) == 0);
    refuse(CALL_OPEN, 0, 1, EOPNOTSUPP);
    CHECK(kc_outfile_open_spool(&f, &e) == -1 && !f && e.code == KC_ESYS);
    CHECK(strcmp(e.msg, "cannot make a temporary file: File name too long") == 0);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
}

static char locked[512], other[512];

static void remove_locked(void)
{
    CHECK(unlink(locked) == 0);
}

/* Let the name lead to a file of another file system, if there is one. */
static void lead_elsewhere(void)
{
    CHECK(unlink(locked) == 0 && symlink(other, locked) == 0);
}

TEST(refused_locks)
{
    struct kc_err e = KC_ERR_INIT;
    struct stat st;
    int fd = 7;
    const struct kc_ctx quiet = {.log = NULL};
    snprintf(locked, sizeof locked, "%s", out_path("locked"));
    snprintf(other, sizeof other, "%s/kclust-unit-%ld", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             (long)getpid());
    if (!calls_come_here())
        return;
    CHECK(out_spit(locked, "x") == 0 && out_spit(other, "y") == 0);
    refuse(CALL_FLOCK, 0, 1, EINTR); /* tried again, and had at once */
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == 0 && fd >= 0);
    kc_lock_drop(fd);
    refuse(CALL_FLOCK, 0, 1, EWOULDBLOCK);
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == 0 && fd >= 0);
    kc_lock_drop(fd);
    refuse(CALL_FLOCK, 0, 1, ENOLCK);
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == -1 && strcmp(e.msg, "cannot lock: No locks available") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    refuse(CALL_OPEN, 0, 1, ENOENT); /* removed before it could be opened */
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == 0 && fd == -1);
    refuse(CALL_OPEN, 0, 1, EMFILE);
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == -1 && strcmp(e.msg, "cannot lock: Too many open files") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    answers[CALL_FLOCK] = (struct answer){.before = lead_elsewhere};
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == 0 && fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 1);
    CHECK(flock(open(other, O_RDONLY), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK);
    kc_lock_drop(fd);
    answers[CALL_FLOCK] = (struct answer){.before = remove_locked};
    CHECK(kc_lock_take(&quiet, locked, -1, &fd, &e) == 0 && fd == -1 && e.code == KC_OK);
    CHECK(unlink(other) == 0);
}
