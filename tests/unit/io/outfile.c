/* Outputs replace their target whole or not at all. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io/outfile.h"
#include "report_util.h"
#include "unit.h"

static int put(const char *path, const char *text, struct kc_err *e)
{
    struct kc_outfile *f;
    int rc = kc_outfile_open(&f, path, e);
    if (rc == 0)
        rc = kc_outfile_write(f, text, strlen(text), e) != 0 || kc_outfile_commit(f, e) != 0 ? -1 : 0;
    kc_outfile_free(f);
    return rc;
}

TEST(outfile_replaces_at_commit_and_keeps_the_mode)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    struct stat st;
    const char *path = out_path("replace");
    CHECK(out_spit(path, "old") == 0 && chmod(path, 0604) == 0);
    int before = out_entries();
    CHECK(kc_outfile_open(&f, path, &e) == 0);
    CHECK(out_entries() == before + 1);
    CHECK(kc_outfile_is_file(f) && kc_outfile_seekable(f));
    CHECK(kc_outfile_write(f, "new", 3, &e) == 0);
    CHECK(kc_outfile_finish(f, &e) == 0);
    CHECK(out_is(path, "old"));
    CHECK(kc_outfile_commit(f, &e) == 0);
    CHECK(out_is(path, "new"));
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0604);
    kc_outfile_free(f);
    CHECK(out_entries() == before);
    CHECK(e.code == KC_OK);
}

TEST(outfile_free_without_commit_leaves_nothing)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    const char *path = out_path("discard");
    int before = out_entries();
    CHECK(kc_outfile_open(&f, path, &e) == 0);
    CHECK(kc_outfile_write(f, "x", 1, &e) == 0);
    kc_outfile_free(f);
    CHECK(access(path, F_OK) != 0);
    CHECK(out_entries() == before);
}

TEST(outfile_unlink_all_removes_open_temporary_files)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f, *g;
    int before = out_entries();
    CHECK(kc_outfile_open(&f, out_path("signal1"), &e) == 0);
    CHECK(kc_outfile_open(&g, out_path("signal2"), &e) == 0);
    CHECK(out_entries() == before + 2);
    kc_outfile_unlink_all();
    CHECK(out_entries() == before);
    kc_outfile_free(f);
    kc_outfile_free(g);
}

TEST(outfile_follows_links_also_dangling_ones)
{
    struct kc_err e = KC_ERR_INIT;
    struct stat st;
    unlink(out_path("target"));
    CHECK(symlink("target", out_path("link")) == 0);
    CHECK(symlink("link", out_path("link2")) == 0);
    CHECK(put(out_path("link2"), "one", &e) == 0);
    CHECK(out_is(out_path("target"), "one"));
    CHECK(put(out_path("link2"), "two", &e) == 0);
    CHECK(out_is(out_path("target"), "two"));
    CHECK(lstat(out_path("link2"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(lstat(out_path("link"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(symlink("loop", out_path("loop")) == 0);
    CHECK(put(out_path("loop"), "x", &e) != 0 && e.code == KC_ESYS);
}

TEST(outfile_patch_and_large_writes)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    const char *path = out_path("patch");
    const size_t n = 700001; /* several buffers, not a whole number of them */
    char *big = malloc(n);
    CHECK(big != NULL);
    memset(big, 'b', n);
    CHECK(kc_outfile_open(&f, path, &e) == 0);
    CHECK(kc_outfile_write(f, "head", 4, &e) == 0 && kc_outfile_write(f, big, n, &e) == 0);
    CHECK(kc_outfile_write(f, "tail", 4, &e) == 0 && kc_outfile_patch(f, 1, "EA", 2, &e) == 0);
    CHECK(kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    size_t got;
    char *p = out_slurp(path, &got);
    CHECK(p && got == n + 8 && memcmp(p, "hEAd", 4) == 0 && memcmp(p + 4, big, n) == 0 &&
          memcmp(p + 4 + n, "tail", 4) == 0);
    free(p);
    free(big);
}

TEST(outfile_spool_is_copied_whole)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f, *spool;
    const char *path = out_path("spooled");
    CHECK(kc_outfile_open(&f, path, &e) == 0 && kc_outfile_open_spool(&spool, &e) == 0);
    for (int i = 0; i < 100000; i++)
        CHECK(kc_outfile_write(spool, "0123456", 7, &e) == 0);
    CHECK(kc_outfile_write(f, "h", 1, &e) == 0 && kc_outfile_copy(f, spool, &e) == 0);
    CHECK(kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    kc_outfile_free(spool);
    size_t n;
    char *p = out_slurp(path, &n);
    CHECK(p && n == 700001 && p[0] == 'h');
    for (size_t i = 1; p && i < n; i++)
        CHECK(p[i] == (char)('0' + (i - 1) % 7));
    free(p);
}

TEST(outfile_errors_are_found_at_open)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    CHECK(kc_outfile_open(&f, out_path("no/such/dir"), &e) != 0 && f == NULL);
    CHECK(e.code == KC_ESYS && strcmp(e.msg, "cannot write: No such file or directory") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_outfile_open(&f, out_path(""), &e) != 0 && strstr(e.msg, "Is a directory"));
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_outfile_open(&f, "/dev/full", &e) == 0 && !kc_outfile_is_file(f));
    CHECK(kc_outfile_write(f, "x", 1, &e) == 0 && kc_outfile_commit(f, &e) != 0);
    CHECK(e.code == KC_ESYS && strstr(e.msg, "No space left on device") && strcmp(e.file, "/dev/full") == 0);
    kc_outfile_free(f);
}
