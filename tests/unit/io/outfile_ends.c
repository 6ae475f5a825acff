/* Outputs at the ends of what the system allows, and what is said there. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/err.h"
#include "json/jsonw.h"
#include "io/lock.h"
#include "io/outfile.h"
#include "report_util.h"
#include "unit.h"

#define MOST_OUTPUTS 8
#define MOST_LINKS 40

static void refused(const char *path, const char *message, int line)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    int rc = kc_outfile_open(&f, path, &e);
    if (rc != -1 || f || e.code != KC_ESYS || strcmp(e.msg, message) != 0)
        unit_fail(__FILE__, line, "%.60s: %d, '%s', expected '%s'", path, rc, e.msg, message);
    kc_outfile_free(f);
}

#define REFUSED(path, message) refused(path, message, __LINE__)

TEST(outfile_says_why_a_name_will_not_do)
{
    char name[PATH_MAX + 8], link[1024];
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int before = out_entries(), s = socket(AF_UNIX, SOCK_STREAM, 0);
    REFUSED("", "cannot write: No such file or directory");
    snprintf(name, sizeof name, "%s/", out_path("no-folder"));
    REFUSED(name, "cannot write: Is a directory");
    snprintf(where.sun_path, sizeof where.sun_path, "%s", out_path("socket"));
    CHECK(s >= 0 && bind(s, (struct sockaddr *)&where, sizeof where) == 0);
    REFUSED(where.sun_path, "cannot write: No such device or address");
    CHECK(unlink(where.sun_path) == 0);
    close(s);

    /* a name that may be, beside which a temporary file's may not; and one that no name may be */
    const char *file = out_path("x");
    size_t n = strlen(file) - 1, slashes = PATH_MAX - 2 - n;
    memcpy(name, file, n);
    memset(name + n, '/', slashes);
    strcpy(name + n + slashes, "x");
    REFUSED(name, "cannot write: File name too long");
    memset(name + n, '/', slashes + 4);
    strcpy(name + n + slashes + 4, "x");
    REFUSED(name, "cannot write: File name too long");

    /* a link that is too long only together with the folder it is in */
    size_t most = 1000; /* of a link, with some file systems */
    memcpy(name, file, n);
    memset(name + n, '/', PATH_MAX - most);
    strcpy(name + n + PATH_MAX - most, "far");
    memset(link, '/', most);
    for (size_t i = 0; i < most; i += 2)
        link[i] = '.';
    strcpy(link + most, "x");
    CHECK(symlink(link, out_path("far")) == 0);
    REFUSED(name, "cannot write: File name too long");
    CHECK(unlink(out_path("far")) == 0);
    CHECK(out_entries() == before);
}

TEST(outfile_follows_only_so_many_links)
{
    char name[32];
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    CHECK(out_spit(out_path("end"), "old") == 0 && symlink("end", out_path("chain1")) == 0);
    for (int i = 2; i <= MOST_LINKS; i++) {
        char to[16];
        snprintf(to, sizeof to, "chain%d", i - 1);
        snprintf(name, sizeof name, "chain%d", i);
        CHECK_MSG(symlink(to, out_path(name)) == 0, "%s: %s", out_path(name), strerror(errno));
    }
    REFUSED(out_path(name), "cannot write: Too many levels of symbolic links");
    snprintf(name, sizeof name, "chain%d", MOST_LINKS - 1);
    CHECK(kc_outfile_open(&f, out_path(name), &e) == 0 && kc_outfile_write(f, "new", 3, &e) == 0);
    CHECK(kc_outfile_commit(f, &e) == 0 && out_is(out_path("end"), "new"));
    kc_outfile_free(f);
    for (int i = 1; i <= MOST_LINKS; i++) {
        snprintf(name, sizeof name, "chain%d", i);
        CHECK(unlink(out_path(name)) == 0);
    }
    CHECK(unlink(out_path("end")) == 0);
}

TEST(outfile_knows_how_many_there_may_be)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f[MOST_OUTPUTS];
    int before = out_entries();
    for (int i = 0; i < MOST_OUTPUTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "one%d", i);
        CHECK(kc_outfile_open(&f[i], out_path(name), &e) == 0);
    }
    REFUSED(out_path("one-more"), "too many outputs at once");
    for (int i = 0; i < MOST_OUTPUTS; i++)
        kc_outfile_free(f[i]);
    CHECK(out_entries() == before);
}

TEST(outfile_descriptors_are_taken_as_they_are)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    int p[2];
    char name[32], got[4] = "";
    CHECK(pipe(p) == 0);
    snprintf(name, sizeof name, "/dev/fd/%d", p[1]);
    CHECK(kc_outfile_open(&f, name, &e) == 0 && !kc_outfile_seekable(f) && !kc_outfile_is_file(f));
    CHECK(kc_outfile_write(f, "ab", 2, &e) == 0 && kc_outfile_push(f, &e) == 0);
    CHECK(read(p[0], got, sizeof got) == 2 && memcmp(got, "ab", 2) == 0);
    CHECK(kc_outfile_patch(f, 0, "x", 1, &e) == -1 && strcmp(e.msg, "cannot write: Illegal seek") == 0);
    kc_outfile_free(f);
    snprintf(name, sizeof name, "/dev/fd/%d", p[0]);
    REFUSED(name, "cannot write: Bad file descriptor"); /* it can only be read */
    REFUSED("/dev/fd/99999", "cannot write: Bad file descriptor");
    snprintf(name, sizeof name, "/dev/fd/%dx", p[1]);
    REFUSED(name, "cannot write: No such file or directory");
    REFUSED("/dev/fd/x", "cannot write: No such file or directory");
    close(p[0]);
    close(p[1]);
}

TEST(outfile_spool_reads_back_what_is_there)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    char got[8], *kept = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    CHECK(setenv("TMPDIR", "", 1) == 0);
    CHECK(kc_outfile_open_spool(&f, &e) == 0); /* in /tmp */
    CHECK(kc_outfile_write(f, "abcdef", 6, &e) == 0 && kc_outfile_finish(f, &e) == 0);
    CHECK(kc_outfile_read(f, 2, got, 4, &e) == 0 && memcmp(got, "cdef", 4) == 0);
    CHECK(kc_outfile_read(f, 4, got, 4, &e) == -1 && e.code == KC_ESYS);
    CHECK_MSG(strcmp(e.msg, "cannot read back a temporary file: Input/output error") == 0, "%s", e.msg);
    kc_outfile_free(f);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(setenv("TMPDIR", out_path("no-folder"), 1) == 0);
    CHECK(kc_outfile_open_spool(&f, &e) == -1 && !f && strstr(e.msg, "cannot make a temporary file: No such") == e.msg);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
}

TEST(lock_leaves_alone_what_is_no_file)
{
    struct kc_err e = KC_ERR_INIT;
    char below[300];
    int fd = 7;
    const struct kc_ctx quiet = {.log = NULL};
    snprintf(below, sizeof below, "%s/below", out_path("plain"));
    CHECK(out_spit(out_path("plain"), "x") == 0);
    const char *none[] = {"-", "/dev/null", "/tmp", below, out_path("nothing")};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        CHECK(kc_lock_take(&quiet, none[i], -1, &fd, &e) == 0 && fd == -1);
        kc_lock_drop(fd);
    }
    CHECK(symlink("loop", out_path("loop")) == 0);
    CHECK(kc_lock_take(&quiet, out_path("loop"), -1, &fd, &e) == 0 && fd == -1);
    CHECK(kc_lock_take(&quiet, out_path("plain"), -1, &fd, &e) == 0 && fd >= 0);
    kc_lock_drop(fd);
    CHECK(unlink(out_path("loop")) == 0 && unlink(out_path("plain")) == 0 && e.code == KC_OK);
}

TEST(err_escape_keeps_within_its_room)
{
    char out[8];
    kc_err_escape(out, 0, "ab", 2); /* no room at all: nothing is touched */
    kc_err_escape(out, sizeof out, "\xC2\x9B" "31m", 5);
    CHECK(strcmp(out, "\\xc2") == 0); /* a control character of two bytes; the second has no room */
    kc_err_escape(out, sizeof out, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 8);
    CHECK(strcmp(out, "\xC3\xA9\xC3\xA9\xC3\xA9") == 0);
    kc_err_escape(out, 5, "\x7F", 1);
    CHECK(strcmp(out, "\\x7f") == 0);
    kc_err_escape(out, 4, "\x7F", 1);
    CHECK(strcmp(out, "") == 0);
}

TEST(jsonw_fixed_is_null_where_there_is_no_number)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct kc_jsonw w = KC_JSONW(&b, &e);
    kc_jsonw_open(&w, NULL, '[', 1);
    kc_jsonw_fixed(&w, NULL, 0.0 / 0.0, 2);
    kc_jsonw_fixed(&w, NULL, 1.0 / 0.0, 2);
    kc_jsonw_fixed(&w, NULL, 0.125, 2);
    kc_jsonw_close(&w, ']');
    CHECK(kc_jsonw_end(&w) == 0 && b.n > 0);
    CHECK_MSG(b.n == 19 && memcmp(b.p, "[null, null, 0.12]\n", 19) == 0, "%.*s", (int)b.n, b.p);
    kc_buf_free(&b);
}
