/* Sources whose input changes, ends or fails after it was opened: standard input is replaced under them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "base/err.h"
#include "io/source.h"
#include "report_util.h"
#include "unit.h"

static int saved = -1;

/* Make fd the standard input. */
static void take_input(int fd)
{
    if (saved < 0)
        saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    CHECK(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO && close(fd) == 0);
}

static void give_back_input(void)
{
    if (saved >= 0)
        CHECK(dup2(saved, STDIN_FILENO) == STDIN_FILENO && close(saved) == 0);
    saved = -1;
}

/* Write bytes to a file and return a descriptor of it. */
static int reopen(const char *path, const void *p, size_t n)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* Compress text of n bytes so that a whole number of members is stored. Return the bytes stored. */
static size_t pack(enum kc_source_kind kind, const char *text, size_t n, char *out, size_t room)
{
    if (kind == KC_SOURCE_ZSTD)
        return ZSTD_compress(out, room, text, n, 1);
    z_stream z;
    memset(&z, 0, sizeof z);
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    char copy[64];
    memcpy(copy, text, n);
    z.next_in = (Bytef *)copy;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* What cannot be read any more is told, between two members and within one. */
TEST(source_fails_while_it_is_read)
{
    static const enum kc_source_kind kinds[] = {KC_SOURCE_PLAIN, KC_SOURCE_GZIP, KC_SOURCE_ZSTD};
    char packed[256], got[64], path[512];
    snprintf(path, sizeof path, "%s", out_path("source"));
    for (int i = 0; i < 3; i++)
        for (int cut = 0; cut <= 1; cut++) { /* within a member; behind a whole one */
            struct kc_err e = KC_ERR_INIT;
            struct kc_source *s;
            size_t n = i ? pack(kinds[i], "some text", 9, packed, sizeof packed) : 9, k = 0;
            if (!i)
                memcpy(packed, "some text", n);
            take_input(reopen(path, packed, cut ? n - 6 : n));
            CHECK(kc_source_open(&s, "-", &e) == 0 && kc_source_kind(s) == kinds[i]);
            take_input(open("/dev/null", O_WRONLY));
            int rc = kc_source_read(s, got, sizeof got, &k, &e);
            if (rc == 0 && k > 0)
                rc = kc_source_read(s, got, sizeof got, &k, &e);
            CHECK_MSG(rc == -1 && e.code == KC_ESYS && strcmp(e.msg, "cannot read: Bad file descriptor") == 0,
                      "%d, cut %d: %d, '%s'", i, cut, rc, e.msg);
            CHECK(strcmp(e.file, "standard input") == 0);
            kc_source_free(s);
        }
    give_back_input();
    CHECK(unlink(path) == 0);
}

/* Size, rest and skipping of a file from where its descriptor stands, which may be behind its end. */
TEST(source_counts_from_where_it_stands)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_source *s;
    char path[512], got[8], *big = malloc(600000);
    uint64_t at;
    size_t k;
    int fd;
    snprintf(path, sizeof path, "%s", out_path("stands"));
    CHECK(big != NULL);
    for (size_t i = 0; i < 600000; i++)
        big[i] = (char)('a' + i % 26);
    take_input(reopen(path, big, 600000));
    CHECK(lseek(STDIN_FILENO, 10, SEEK_SET) == 10 && kc_source_size("-") == 599990);
    CHECK(kc_source_open(&s, "-", &e) == 0 && kc_source_left(s) == 599990 && kc_source_ready(s));
    CHECK(kc_source_skip(s, 3) == 3 && kc_source_left(s) == 599987); /* what was read already */
    CHECK(kc_source_read(s, got, 4, &k, &e) == 0 && k == 4 && memcmp(got, big + 13, 4) == 0);
    CHECK(kc_source_skip(s, 500000) == 500000); /* and what was not */
    CHECK((fd = kc_source_dup(s, &at)) >= 0 && at == 500017 && close(fd) == 0);
    CHECK(kc_source_read(s, got, 4, &k, &e) == 0 && k == 4 && memcmp(got, big + 500017, 4) == 0);
    CHECK(kc_source_skip(s, UINT64_MAX) == 600000 - 500021 && kc_source_left(s) == 0);
    CHECK(kc_source_read(s, got, 4, &k, &e) == 0 && k == 0);
    kc_source_free(s);

    CHECK(lseek(STDIN_FILENO, 700000, SEEK_SET) == 700000 && kc_source_size("-") == 0);
    CHECK(kc_source_open(&s, "-", &e) == 0 && kc_source_left(s) == 0 && kc_source_skip(s, 9) == 0);
    kc_source_free(s);

    /* a file that became a pipe cannot be skipped */
    int p[2];
    CHECK(lseek(STDIN_FILENO, 0, SEEK_SET) == 0 && kc_source_open(&s, "-", &e) == 0 && pipe(p) == 0);
    take_input(p[0]);
    CHECK(kc_source_skip(s, 500000) == 0);
    kc_source_free(s);
    /* a pipe that was one has no size, and no descriptor for others; it is ready once it has bytes */
    CHECK(kc_source_size("-") == 0 && write(p[1], "abcdef", 6) == 6 && kc_source_open(&s, "-", &e) == 0);
    CHECK(kc_source_left(s) == UINT64_MAX && kc_source_skip(s, 1) == 0 && kc_source_dup(s, &at) == -1);
    CHECK(kc_source_ready(s) && kc_source_read(s, got, 8, &k, &e) == 0 && k == 6 && !kc_source_ready(s));
    CHECK(write(p[1], "g", 1) == 1 && kc_source_ready(s) && kc_source_read(s, got, 8, &k, &e) == 0 && k == 1);
    CHECK(close(p[1]) == 0 && kc_source_ready(s) && kc_source_read(s, got, 8, &k, &e) == 0 && k == 0);
    kc_source_free(s);
    /* nor has what is compressed */
    char packed[128];
    size_t n = pack(KC_SOURCE_GZIP, "some text", 9, packed, sizeof packed);
    take_input(reopen(path, packed, n));
    CHECK(kc_source_open(&s, "-", &e) == 0 && kc_source_left(s) == UINT64_MAX && kc_source_dup(s, &at) == -1);
    CHECK(kc_source_bytes(s) == n);
    kc_source_free(s);
    give_back_input();
    CHECK(unlink(path) == 0 && e.code == KC_OK);
    free(big);
}

/* Inputs shorter than a magic number, and those that only look like one. */
TEST(source_knows_short_inputs)
{
    static const struct {
        const char *p;
        size_t n;
        enum kc_source_kind kind;
    } t[] = {{"", 0, KC_SOURCE_PLAIN},
             {"\x1F", 1, KC_SOURCE_PLAIN},
             {"\x1F\x8B", 2, KC_SOURCE_GZIP},
             {"\x1F\x8B\7", 3, KC_SOURCE_PLAIN},
             {"\x1F\x8B\b", 3, KC_SOURCE_GZIP},
             {"\x1F\x8C\b", 3, KC_SOURCE_PLAIN},
             {"\x28\xB5\x2F", 3, KC_SOURCE_PLAIN},
             {"\x28\xB5\x2F\xFD", 4, KC_SOURCE_ZSTD},
             {"\x28\xB5\x2F\xFE", 4, KC_SOURCE_PLAIN},
             {"\x5F\x2A\x4D\x18", 4, KC_SOURCE_ZSTD}};
    struct kc_err e = KC_ERR_INIT;
    struct kc_source *s;
    char path[512];
    snprintf(path, sizeof path, "%s", out_path("short"));
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK(kc_source_packed(t[i].p, t[i].n) == t[i].kind);
        CHECK(close(reopen(path, t[i].p, t[i].n)) == 0);
        CHECK(kc_source_open(&s, path, &e) == 0 && kc_source_kind(s) == t[i].kind && kc_source_size(path) == t[i].n);
        kc_source_free(s);
    }
    CHECK(kc_source_check(path, &e) == 0 && kc_source_check("-", &e) == 0);
    CHECK(kc_source_check(out_path(""), &e) == -1 && strcmp(e.msg, "is a directory") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK(unlink(path) == 0 && kc_source_check(path, &e) == -1);
    CHECK(strcmp(e.msg, "cannot open: No such file or directory") == 0);
}
