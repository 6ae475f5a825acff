/* Outputs by every kind of name, and targets that change between open and commit. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "io/lock.h"
#include "io/outfile.h"
#include "report_util.h"
#include "unit.h"

#define NOBODY 65534

static int put(const char *path, const char *text, struct kc_err *e)
{
    struct kc_outfile *f;
    int rc = kc_outfile_open(&f, path, e);
    if (rc == 0)
        rc = kc_outfile_write(f, text, strlen(text), e) != 0 || kc_outfile_commit(f, e) != 0 ? -1 : 0;
    kc_outfile_free(f);
    return rc;
}

/* Become a user without rights, if this is root; return 1 if `folder` can be reached by that user. */
static int step_down(const char *folder)
{
    if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, 0) != 0 || setresuid(NOBODY, NOBODY, 0) != 0))
        return 0;
    return access(folder, X_OK) == 0;
}

static void step_up(void)
{
    uid_t real, effective, saved;
    CHECK(getresuid(&real, &effective, &saved) == 0);
    if (saved == 0)
        CHECK(setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0);
}

TEST(outfile_names_without_a_folder)
{
    struct kc_err e = KC_ERR_INIT;
    struct stat st;
    struct kc_outfile *f = NULL, *g = NULL;
    char whole[PATH_MAX];
    int here = open(".", O_RDONLY | O_DIRECTORY);
    CHECK(here >= 0 && realpath(out_path(""), whole) != NULL && chdir(whole) == 0);
    strcat(whole, "/plain");
    CHECK(put("plain", "one", &e) == 0 && out_is("plain", "one"));
    CHECK(symlink("plain", "near") == 0 && symlink(whole, "far") == 0);
    CHECK(put("near", "two", &e) == 0 && out_is("plain", "two") && lstat("near", &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(put("far", "three", &e) == 0 && out_is("plain", "three") && lstat("far", &st) == 0 && S_ISLNK(st.st_mode));
    /* one file by two names */
    CHECK(kc_outfile_open(&f, "near", &e) == 0 && kc_outfile_open(&g, whole, &e) == 0);
    struct kc_named_output o[] = {{f, "--output"}, {NULL, "--summary"}, {g, "--model"}};
    CHECK(kc_outfile_all_differ(o, 3, &e) == -1 && strcmp(e.msg, "--model and --output name the same file") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_outfile_all_differ(o, 2, &e) == 0 && kc_outfile_none_is(o + 1, 1, whole, "--like", &e) == 0);
    CHECK(kc_outfile_none_is(o, 3, NULL, "--like", &e) == 0 && kc_outfile_none_is(o, 3, "none", "--like", &e) == 0);
    CHECK(kc_outfile_none_is(o, 3, ".", "--like", &e) == 0 && e.code == KC_OK);
    CHECK(kc_outfile_none_is(o, 3, "far", "--like", &e) == -1);
    CHECK(strcmp(e.msg, "--output and --like name the same file") == 0);
    kc_outfile_free(f);
    kc_outfile_free(g);
    CHECK(unlink("near") == 0 && unlink("far") == 0 && unlink("plain") == 0);
    CHECK(fchdir(here) == 0 && close(here) == 0);
}

/* Names are compared by folder and last part: of like parts in other folders, none is the other. */
TEST(outfile_names_differ_by_folder)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f = NULL, *g = NULL, *h = NULL;
    char a[512], b[512];
    snprintf(a, sizeof a, "%s", out_path("a/same"));
    snprintf(b, sizeof b, "%s", out_path("b/same"));
    CHECK(mkdir(out_path("a"), 0700) == 0 && mkdir(out_path("b"), 0700) == 0);
    CHECK(kc_outfile_open(&f, a, &e) == 0 && kc_outfile_open(&g, b, &e) == 0 && !kc_outfile_existed(f));
    CHECK(kc_outfile_open(&h, "/dev/null", &e) == 0);
    struct kc_named_output o[] = {{f, "-o"}, {g, "-s"}, {h, "-m"}};
    CHECK(kc_outfile_all_differ(o, 3, &e) == 0);
    /* a target that is not there yet is no input; an input in another folder is no target */
    CHECK(out_spit(b, "in") == 0 && kc_outfile_none_is(o, 1, b, "--like", &e) == 0);
    CHECK(out_spit(a, "in") == 0 && kc_outfile_none_is(o, 1, b, "--like", &e) == 0);
    CHECK(kc_outfile_none_is(o, 2, b, "--like", &e) == -1 && strcmp(e.msg, "-s and --like name the same file") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    kc_outfile_free(g);
    CHECK(unlink(b) == 0 && rmdir(out_path("b")) == 0);
    CHECK(kc_outfile_open(&g, out_path("same"), &e) == 0);
    o[1].f = g;
    CHECK(kc_outfile_all_differ(o, 2, &e) == 0);
    kc_outfile_unlink_all();
    CHECK(unlink(a) == 0 && rmdir(out_path("a")) == 0);
    CHECK(kc_outfile_all_differ(o, 2, &e) == 0); /* the folder of one is gone: no file is there that both could be */
    struct kc_named_output turned[] = {{g, "-s"}, {f, "-o"}};
    CHECK(kc_outfile_all_differ(turned, 2, &e) == 0);
    kc_outfile_free(f);
    kc_outfile_free(g);
    kc_outfile_free(h);
    /* in the root folder, where not everybody may write */
    if (kc_outfile_open(&f, "/kclust-unit-no-such-file", &e) == 0) {
        o[0].f = f;
        o[1].f = f;
        CHECK(kc_outfile_all_differ(o, 2, &e) == -1 && e.code == KC_EUSAGE);
        kc_outfile_free(f);
        CHECK(access("/kclust-unit-no-such-file", F_OK) != 0);
    }
}

TEST(outfile_standard_names_are_descriptors)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2"};
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_MSG(kc_outfile_open(&f, names[i], &e) == 0 && !kc_outfile_is_file(f), "%s: %s", names[i], e.msg);
        kc_outfile_free(f);
    }
    CHECK(fcntl(1, F_GETFL) >= 0 && fcntl(2, F_GETFL) >= 0); /* they stay open */
    static const char *const no_fd[] = {"/dev/fd/99999999999", "/dev/fd/0x1", "/dev/fd/"};
    for (size_t i = 0; i < sizeof no_fd / sizeof no_fd[0]; i++) {
        e = (struct kc_err)KC_ERR_INIT;
        CHECK_MSG(kc_outfile_open(&f, no_fd[i], &e) == -1 && e.code == KC_ESYS && !f, "%s", no_fd[i]);
    }
}

/* Bytes written before can be changed only in a regular file that is not appended to. */
TEST(outfile_patches_descriptors_of_files_only)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    char name[32], in[512];
    snprintf(in, sizeof in, "%s", out_path("in"));
    CHECK(out_spit(in, "0123456789") == 0 && out_spit(out_path("other"), "x") == 0);
    int fd = open(in, O_RDWR);
    CHECK(fd >= 0 && lseek(fd, 4, SEEK_SET) == 4);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    CHECK(kc_outfile_open(&f, name, &e) == 0 && kc_outfile_seekable(f));
    CHECK(kc_outfile_write(f, "ab", 2, &e) == 0 && kc_outfile_patch(f, 1, "B", 1, &e) == 0);
    CHECK(kc_outfile_patch(f, UINT64_MAX, "x", 1, &e) == -1 && strcmp(e.msg, "cannot write: Illegal seek") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(out_is(in, "0123aB6789")); /* offsets count from where the descriptor stood */
    /* an input must not be the file that is written; others, and what is not there, may be */
    char other[512];
    snprintf(other, sizeof other, "%s", out_path("other"));
    const char *inputs[] = {other, "-", out_path("none"), in};
    CHECK(kc_outfile_check_inputs(f, inputs, 3, &e) == 0 && kc_outfile_check_inputs(f, NULL, 0, &e) == 0);
    CHECK(kc_outfile_check_inputs(f, inputs, 4, &e) == -1 && e.code == KC_EUSAGE && strcmp(e.file, in) == 0);
    e = (struct kc_err)KC_ERR_INIT;
    int saved = dup(STDIN_FILENO);
    CHECK(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    CHECK(kc_outfile_check_inputs(f, NULL, 0, &e) == -1 && strcmp(e.file, "standard input") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    close(STDIN_FILENO);
    CHECK(kc_outfile_check_inputs(f, NULL, 0, &e) == 0); /* no standard input is no file */
    CHECK(saved < 0 || dup2(saved, STDIN_FILENO) == STDIN_FILENO);
    close(saved);
    close(fd);
    CHECK(kc_outfile_check_inputs(f, inputs, 4, &e) == 0); /* nor is what was closed meanwhile */
    kc_outfile_free(f);

    fd = open(in, O_WRONLY | O_APPEND);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    CHECK(kc_outfile_open(&f, name, &e) == 0 && !kc_outfile_seekable(f));
    CHECK(kc_outfile_write(f, "end", 3, &e) == 0 && kc_outfile_commit(f, &e) == 0 && out_is(in, "0123aB6789end"));
    kc_outfile_free(f);
    close(fd);
    fd = open("/dev/null", O_WRONLY);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    CHECK(kc_outfile_open(&f, name, &e) == 0 && !kc_outfile_seekable(f));
    CHECK(kc_outfile_check_inputs(f, inputs, 4, &e) == 0);
    kc_outfile_free(f);
    close(fd);
    CHECK(unlink(in) == 0 && unlink(other) == 0 && e.code == KC_OK);
}

/* What another user has forbidden, and a folder in which one may write but not look. */
TEST(outfile_keeps_to_what_is_allowed)
{
    struct kc_err e = KC_ERR_INIT;
    struct stat st;
    char file[512], folder[512], closed[512], hidden[512];
    int fd = 7;
    const struct kc_ctx quiet = {.log = NULL};
    snprintf(folder, sizeof folder, "%s", out_path("drop"));
    snprintf(file, sizeof file, "%s", out_path("drop/file"));
    snprintf(closed, sizeof closed, "%s", out_path("drop/closed"));
    snprintf(hidden, sizeof hidden, "%s", out_path("drop/closed/x"));
    CHECK(stat(out_path(""), &st) == 0 && chmod(out_path(""), 0711) == 0);
    CHECK(mkdir(folder, 0777) == 0 && chmod(folder, 0777) == 0 && out_spit(file, "old") == 0);
    CHECK(chmod(file, 0444) == 0);
    CHECK(mkdir(closed, 0700) == 0 && out_spit(hidden, "x") == 0 && chmod(closed, 0) == 0);
    if (!step_down(folder)) {
        step_up();
        unit_skip("another user cannot come here");
    } else {
        CHECK(put(file, "new", &e) == -1 && strcmp(e.msg, "cannot write: Permission denied") == 0);
        CHECK(out_is(file, "old"));
        e = (struct kc_err)KC_ERR_INIT;
        CHECK(put(hidden, "new", &e) == -1 && strcmp(e.msg, "cannot write: Permission denied") == 0);
        e = (struct kc_err)KC_ERR_INIT;
        CHECK(kc_lock_take(&quiet, hidden, -1, &fd, &e) == 0 && fd == -1);
        step_up();
        CHECK(unlink(file) == 0 && chmod(folder, 0333) == 0 && step_down(folder));
        CHECK_MSG(put(file, "new", &e) == 0, "%s", e.msg); /* its folder cannot be synced, which is no error */
        CHECK(out_is(file, "new"));
        step_up();
    }
    CHECK(chmod(folder, 0700) == 0 && chmod(closed, 0700) == 0);
    unlink(file);
    CHECK(unlink(hidden) == 0 && rmdir(closed) == 0 && rmdir(folder) == 0);
    CHECK(chmod(out_path(""), st.st_mode & 0777) == 0);
}

/* Nothing is replaced if one of several outputs cannot be completed; and what is in the way is told at the end. */
TEST(outfile_commits_all_or_none)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f[4] = {NULL};
    char a[512], b[512];
    snprintf(a, sizeof a, "%s", out_path("a"));
    snprintf(b, sizeof b, "%s", out_path("b"));
    CHECK(out_spit(a, "old") == 0);
    CHECK(kc_outfile_open(&f[0], "/dev/full", &e) == 0 && kc_outfile_open(&f[2], a, &e) == 0);
    CHECK(kc_outfile_write(f[0], "x", 1, &e) == 0 && kc_outfile_write(f[2], "new", 3, &e) == 0);
    CHECK(kc_outfile_commit_all(f, 4, &e) == -1 && strcmp(e.file, "/dev/full") == 0 && out_is(a, "old"));
    kc_outfile_free(f[0]);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_outfile_open(&f[0], "/dev/null", &e) == 0 && kc_outfile_open(&f[1], b, &e) == 0);
    CHECK(kc_outfile_commit_all(f, 4, &e) == 0 && out_is(a, "new") && out_is(b, ""));
    for (int i = 0; i < 4; i++) {
        kc_outfile_free(f[i]);
        f[i] = NULL;
    }
    CHECK(kc_outfile_open(&f[1], b, &e) == 0 && unlink(b) == 0 && mkdir(b, 0700) == 0);
    CHECK(kc_outfile_commit_all(f, 2, &e) == -1 && e.code == KC_ESYS);
    CHECK_MSG(strcmp(e.msg, "cannot write: Is a directory") == 0, "%s", e.msg);
    kc_outfile_free(f[1]);
    CHECK(rmdir(b) == 0 && unlink(a) == 0);
}

/* A spool cannot be finished, nor copied to where there is no room. */
TEST(outfile_spool_tells_where_room_is_short)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *spool = NULL, *f = NULL;
    struct rlimit limit;
    static const char zeros[1 << 20];
    CHECK(kc_outfile_open_spool(&spool, &e) == 0 && kc_outfile_open(&f, "/dev/full", &e) == 0);
    CHECK(kc_outfile_write(spool, zeros, sizeof zeros, &e) == 0);
    CHECK(kc_outfile_copy(f, spool, &e) == -1 && strcmp(e.file, "/dev/full") == 0);
    CHECK(strcmp(e.msg, "cannot write: No space left on device") == 0);
    kc_outfile_free(f);
    kc_outfile_free(spool);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_outfile_open_spool(&spool, &e) == 0 && kc_outfile_open(&f, "/dev/null", &e) == 0);
    CHECK(kc_outfile_write(spool, "abc", 3, &e) == 0);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    struct rlimit none = {0, limit.rlim_max};
    CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
    int copied = kc_outfile_copy(f, spool, &e);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0 && signal(SIGXFSZ, before) == SIG_IGN);
    CHECK(copied == -1 && e.code == KC_ESYS && strcmp(e.msg, "cannot write: File too large") == 0);
    kc_outfile_free(f);
    kc_outfile_free(spool);
}

TEST(outfile_spool_names_its_folder)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    char *kept = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    CHECK(setenv("TMPDIR", "/proc", 1) == 0); /* it has no files of ours, by name or without one */
    CHECK(kc_outfile_open_spool(&f, &e) == -1 && !f && e.code == KC_ESYS && strcmp(e.file, "/proc") == 0);
    CHECK_MSG(strstr(e.msg, "cannot make a temporary file: ") == e.msg, "%s", e.msg);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
}
