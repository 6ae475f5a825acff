/* What a replaced file keeps: owner, group, mode, access list, attributes; and which links are followed to it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "io/outfile.h"
#include "report_util.h"
#include "unit.h"

enum { ALICE = 51001, BOB = 51002, TEAM = 52000, USERS = 52001 };

/* An access list as the kernel stores it: version 2, entries of tag, permissions and id. */
static const unsigned char list[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0x3A, 0xC7, 0, 0,
                                     4, 0, 4, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255,
                                     32, 0, 0, 0, 255, 255, 255, 255};

/* Keep the warnings of an output. */
static void keep_line(void *arg, enum kc_log level, const char *line)
{
    CHECK(level == KC_LOG_WARN);
    snprintf(arg, 256, "%s", line);
}

/* Replace the file and return what was lost, "" if nothing; "failed: " and why if it cannot be replaced. */
static const char *replace(const char *path, char said[256])
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f = NULL;
    const struct kc_ctx ctx = {.log = keep_line, .arg = said};
    said[0] = '\0';
    if (kc_outfile_open(&f, path, &e) != 0 || kc_outfile_write(f, "new", 3, &e) != 0 || kc_outfile_commit(f, &e) != 0)
        snprintf(said, 256, "failed: %.200s", e.msg);
    else
        kc_outfile_tell(f, &ctx);
    kc_outfile_free(f);
    const char *at = strrchr(said, ':');
    return strncmp(said, "failed", 6) == 0 || !at ? said : at + 2;
}

/* Replace the file as another user, in a process of his own. Returns what it said in `said`. */
static void replace_as(uid_t user, gid_t group, gid_t other, const char *path, char said[256])
{
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        const gid_t groups[] = {other};
        char mine[256];
        if (setgroups(1, groups) != 0 || setgid(group) != 0 || setuid(user) != 0)
            _exit(9);
        const char *what = replace(path, mine);
        _exit(write(pipes[1], what, strlen(what) + 1) < 0);
    }
    int status = 1;
    close(pipes[1]);
    ssize_t n = read(pipes[0], said, 255);
    close(pipes[0]);
    said[n < 0 ? 0 : n] = '\0';
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* Make a folder that all may write to, outside of the tests' own, which other users may not enter. */
static int make_folder(char folder[64])
{
    snprintf(folder, 64, "/tmp/kclust-unit-XXXXXX");
    return mkdtemp(folder) && chmod(folder, 0777) == 0 && geteuid() == 0;
}

TEST(owner_group_and_mode_are_kept)
{
    char folder[64], path[96], said[256];
    struct stat st;
    if (!make_folder(folder)) {
        rmdir(folder);
        unit_skip("only root can be several users");
        return;
    }
    snprintf(path, sizeof path, "%s/model", folder);
    const struct { uid_t user; gid_t group, other; unsigned mode; uid_t owner; gid_t gid; const char *lost; } rows[] = {
        {0, 0, 0, 0660, ALICE, TEAM, ""},             /* root keeps all */
        {BOB, USERS, TEAM, 0660, BOB, TEAM, ""},      /* who is in the group keeps it */
        {BOB, USERS, USERS, 0606, BOB, USERS, "its group"}, /* others: the group's bits go; 0666 lets BOB write */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(out_spit(path, "old") == 0 && chown(path, ALICE, TEAM) == 0 && chmod(path, i == 2 ? 0666 : 0660) == 0);
        replace_as(rows[i].user, rows[i].group, rows[i].other, path, said);
        CHECK(stat(path, &st) == 0);
        CHECK_MSG((st.st_mode & 07777) == rows[i].mode && st.st_uid == rows[i].owner && st.st_gid == rows[i].gid,
                  "row %zu: mode %o, owner %u:%u", i, (unsigned)st.st_mode, (unsigned)st.st_uid, (unsigned)st.st_gid);
        CHECK_MSG(strcmp(said, rows[i].lost) == 0, "row %zu: '%s'", i, said);
    }
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

TEST(owner_attributes_and_access_list_are_kept)
{
    char path[256], said[256], value[128];
    snprintf(path, sizeof path, "%s", out_path("listed"));
    CHECK(out_spit(path, "old") == 0 && chmod(path, 0640) == 0);
    if (setxattr(path, "user.source", "nightly", 7, 0) != 0 || setxattr(path, "system.posix_acl_access", list, sizeof list, 0) != 0) {
        unit_skip("the file system has no attributes or no access lists");
    } else {
        CHECK_MSG(strcmp(replace(path, said), "") == 0, "%s", said);
        CHECK(out_is(path, "new"));
        CHECK(getxattr(path, "user.source", value, sizeof value) == 7 && memcmp(value, "nightly", 7) == 0);
        CHECK(getxattr(path, "system.posix_acl_access", value, sizeof value) == (ssize_t)sizeof list &&
              memcmp(value, list, sizeof list) == 0);
    }
    CHECK(unlink(path) == 0);
}

/* A link in a folder where all may write is followed only if it is one's own or the folder's owner's. */
TEST(owner_of_a_link_is_looked_at)
{
    char folder[64], link[96], target[96], said[256];
    if (!make_folder(folder)) {
        rmdir(folder);
        unit_skip("only root can make links for others");
        return;
    }
    snprintf(link, sizeof link, "%s/out.tsv", folder);
    snprintf(target, sizeof target, "%s/target", folder);
    const struct { unsigned mode; uid_t owner; int followed; } rows[] = {
        {01777, BOB, 0}, {01777, 0, 1}, {0777, BOB, 1}, {01755, BOB, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(out_spit(target, "old") == 0 && chmod(target, 0600) == 0 && symlink("target", link) == 0);
        CHECK(lchown(link, rows[i].owner, 0) == 0 && chmod(folder, rows[i].mode) == 0);
        const char *what = replace(link, said);
        CHECK_MSG(rows[i].followed ? strcmp(what, "") == 0 : strncmp(what, "failed", 6) == 0, "row %zu: %s", i, said);
        CHECK(out_is(target, rows[i].followed ? "new" : "old"));
        CHECK(unlink(link) == 0);
    }
    CHECK(unlink(target) == 0 && rmdir(folder) == 0);
}
