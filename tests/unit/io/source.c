#include "io/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "in_util.h"
#include "unit.h"

struct bytes {
    unsigned char p[1 << 16];
    size_t n;
};

static void add_gzip(struct bytes *b, const char *s, size_t n)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    if (deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    char copy[4096];
    memcpy(copy, s, n);
    z.next_in = (Bytef *)copy;
    z.avail_in = (uInt)n;
    z.next_out = b->p + b->n;
    z.avail_out = (uInt)(sizeof b->p - b->n);
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    b->n += z.total_out;
    deflateEnd(&z);
}

static void add_zstd(struct bytes *b, const char *s, size_t n)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    size_t rc = ZSTD_compress2(c, b->p + b->n, sizeof b->p - b->n, s, n);
    ZSTD_freeCCtx(c);
    if (ZSTD_isError(rc))
        abort();
    b->n += rc;
}

static char *read_bytes(const struct bytes *b, size_t n, size_t block)
{
    return input_text((const char *)b->p, n, NULL, block, 1);
}

static const char one[] = "{\"term\":\"a\",\"vec\":[1,2]}\n{\"term\":\"b\",\"ve", two[] = "c\":[3,4]}\n",
result[] = "a|1.0,2.0\nb|3.0,4.0\n";

/* Cut anywhere but between members, or with something behind it or a bit flipped, it is an error. */
static void damage(const struct bytes *b, size_t border, const char *kind)
{
    char cut[64], follows[64];
    struct bytes c = *b;
    snprintf(cut, sizeof cut, "the %s data is cut short: it ends at byte ", kind);
    snprintf(follows, sizeof follows, "something else follows the %s data at byte %zu (0x6a)", kind, b->n);
    for (size_t n = 4; n < b->n; n++) {
        char *s = read_bytes(b, n, n % 3 ? 0 : 7);
        if (n == border) { /* whole as far as it goes: the JSON is cut */
            CHECK_MSG(strstr(s, "unexpected end of line") != NULL, "%zu of %zu bytes: %s", n, b->n, s);
        } else if (n > border && n < border + 4) {
            CHECK_MSG(strncmp(s, "error 1 FILE0:", 14) == 0, "%zu of %zu bytes: %s", n, b->n, s);
        } else {
            CHECK_MSG(strstr(s, cut) != NULL && strncmp(s, "error 1 FILE0:0: ", 17) == 0, "%zu of %zu bytes: %s", n,
                      b->n, s);
        }
        free(s);
    }
    memcpy(c.p + c.n, "junk", 4);
    for (size_t n = 1; n <= 4; n++) {
        char *s = read_bytes(&c, c.n + n, 0);
        CHECK_MSG(strstr(s, follows) != NULL, "%zu bytes behind: %s", n, s);
        free(s);
    }
    int found = 0;
    for (size_t i = 0; i < b->n; i++) {
        c.p[i] ^= 0x10;
        char *s = read_bytes(&c, b->n, 0);
        found += strstr(s, "error 1 ") != NULL;
        CHECK_MSG(strstr(s, "error 1 ") != NULL || strcmp(s, result) == 0, "bit flipped in byte %zu: %s", i, s);
        free(s);
        c.p[i] ^= 0x10;
    }
    CHECK(found > (int)b->n / 2); /* a header's time stamp, name and the like may be anything */
}

TEST(in_source_gzip)
{
    struct bytes b = {.n = 0};
    add_gzip(&b, one, sizeof one - 1);
    size_t border = b.n;
    add_gzip(&b, two, sizeof two - 1);
    for (size_t block = 0; block < 20; block++) {
        char *s = read_bytes(&b, b.n, block);
        CHECK_MSG(strcmp(s, result) == 0, "%s", s);
        free(s);
    }
    damage(&b, border, "gzip");
    struct bytes many = {.n = 0}; /* a member for each byte, and empty ones */
    add_gzip(&many, "", 0);
    for (size_t i = 0; i < sizeof one - 1; i++)
        add_gzip(&many, one + i, 1);
    add_gzip(&many, two, sizeof two - 1);
    add_gzip(&many, "", 0);
    char *s = read_bytes(&many, many.n, 0);
    CHECK_MSG(strcmp(s, result) == 0, "%s", s);
    free(s);
    struct bytes none = {.n = 0};
    add_gzip(&none, "", 0);
    s = read_bytes(&none, none.n, 0);
    CHECK_MSG(strcmp(s, "error 1 FILE0:0: no records\n") == 0, "%s", s);
    free(s);
}

TEST(in_source_zstd)
{
    struct bytes b = {.n = 0};
    add_zstd(&b, one, sizeof one - 1);
    size_t border = b.n;
    add_zstd(&b, two, sizeof two - 1);
    char *s = read_bytes(&b, b.n, 0);
    CHECK_MSG(strcmp(s, result) == 0, "%s", s);
    free(s);
    damage(&b, border, "zstd");
    struct bytes skip = {.n = 0}; /* skippable frames before, between and behind */
    static const unsigned char frame[] = {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};
    memcpy(skip.p, frame, sizeof frame);
    skip.n = sizeof frame;
    add_zstd(&skip, one, sizeof one - 1);
    memcpy(skip.p + skip.n, frame, sizeof frame);
    skip.n += sizeof frame;
    add_zstd(&skip, two, sizeof two - 1);
    memcpy(skip.p + skip.n, frame, sizeof frame);
    skip.n += sizeof frame;
    s = read_bytes(&skip, skip.n, 0);
    CHECK_MSG(strcmp(s, result) == 0, "%s", s);
    free(s);
}

/* A header may ask for any window, without a byte behind it. 24 MiB are read, 48 are refused. */
TEST(in_source_zstd_window)
{
    struct bytes b = {{0x28, 0xB5, 0x2F, 0xFD, 0x00, 0, 0x01, 0, 0}, 9}; /* window, an empty last block */
    for (unsigned log = 10; log < 42; log++) {
        b.p[5] = (unsigned char)((log - 10) << 3 | (log == 24 || log == 25 ? 4 : 0));
        char *s = read_bytes(&b, b.n, 0);
        CHECK_MSG(strcmp(s, log < 25 ? "error 1 FILE0:0: no records\n" :
                         "error 1 FILE0:0: its zstd window is larger than the limit of 32 MiB: pipe it through zstd "
                         "-dc --long=31\n") == 0, "window of 2^%u: %s", log, s);
        free(s);
    }
}

/* The second member begins around where the first read of the file ends. */
TEST(in_source_borders)
{
    struct bytes a = {.n = 0}, b = {.n = 0};
    size_t first_read = 256 * 1024;
    char *file = malloc(first_read + 4096);
    if (!file)
        abort();
    add_gzip(&a, one, sizeof one - 1);
    add_gzip(&b, two, sizeof two - 1);
    for (size_t ends = first_read - 3; ends <= first_read + 1; ends++) {
        size_t name = ends - a.n; /* a file name in the header fills the space, its NUL included */
        memcpy(file, a.p, 10);
        file[3] = 8;
        memset(file + 10, 'n', name - 1);
        file[10 + name - 1] = '\0';
        memcpy(file + 10 + name, a.p + 10, a.n - 10);
        memcpy(file + ends, b.p, b.n);
        char *s = input_text(file, ends + b.n, NULL, 0, 1);
        CHECK_MSG(strcmp(s, result) == 0, "second member at %zu: %s", ends, s);
        free(s);
    }
    free(file);
}

/* What comes out before the cut does not depend on how much is asked for at a time. */
TEST(in_source_steps)
{
    struct bytes b = {.n = 0};
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 23 % 7);
    add_gzip(&b, text, sizeof text);
    for (size_t n = 12; n < b.n; n += 5) {
        struct input in = {.o = input_defaults};
        const char *path = input_add(&in, b.p, n, "");
        size_t want = 0;
        for (size_t step = 1; step < 4000; step = step * 3 + 1) {
            struct kc_source *src;
            struct kc_err e = KC_ERR_INIT;
            char got[4000];
            size_t sum = 0, k;
            CHECK(kc_source_open(&src, path, &e) == 0);
            while (kc_source_read(src, got, step, &k, &e) == 0 && k > 0) {
                CHECK(sum + k <= sizeof text && memcmp(got, text + sum, k) == 0);
                sum += k;
            }
            CHECK(e.code == KC_EINPUT);
            want = step == 1 ? sum : want;
            CHECK_MSG(sum == want, "cut at %zu: %zu bytes in steps of %zu, %zu in steps of 1", n, sum, step, want);
            kc_source_free(src);
        }
        input_clear(&in);
    }
}

/* Inside gzip no size is known beforehand: npy's rows are counted while they come. */
TEST(in_source_npy_rows)
{
    static const char dict[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1)}\n";
    static const struct { size_t n; const char *want; } t[] = {
        {8, "0|1.0\n1|1.0\n"}, {7, "error 1 FILE0:0: is cut short: it ends within row 1 of 2\n"},
        {0, "error 1 FILE0:0: is cut short: it ends within row 0 of 2\n"},
        {9, "error 1 FILE0:0: more bytes follow the 2 rows that its header states\n"}};
    char npy[256];
    memcpy(npy, "\x93NUMPY\1\0", 8);
    npy[8] = (char)(sizeof dict - 1);
    npy[9] = 0;
    memcpy(npy + 10, dict, sizeof dict - 1);
    char *data = npy + 10 + sizeof dict - 1;
    memcpy(data, "\0\0\x80\x3f\0\0\x80\x3f\0", 9);
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        for (size_t block = 0; block < 20; block += 3) {
            struct bytes b = {.n = 0};
            add_gzip(&b, npy, (size_t)(data - npy) + t[i].n);
            char *s = read_bytes(&b, b.n, block);
            CHECK_MSG(strcmp(s, t[i].want) == 0, "gives    %s  expected %s", s, t[i].want);
            free(s);
        }
}

/* Good lines before the damage are looked at first: the first error in the order of the input wins. */
TEST(in_source_order)
{
    static const char bad[] = "{\"term\":\"a\",\"vec\":[1]}\n{\"term\":\"b\"}\n{\"term\":\"c\",\"vec\":[1]}\n";
    struct bytes b = {.n = 0};
    add_gzip(&b, bad, sizeof bad - 1);
    char *s = read_bytes(&b, b.n - 1, 0);
    CHECK_MSG(strcmp(s, "error 1 FILE0:2: no field 'vec'; the record has term\n") == 0, "%s", s);
    free(s);
}

TEST(in_source_system)
{
    struct kc_source *src = NULL;
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_source_open(&src, "/nonexistent/x", &e) == -1 && e.code == KC_ESYS && !src);
    CHECK(strcmp(e.msg, "cannot open: No such file or directory") == 0 && strcmp(e.file, "/nonexistent/x") == 0);
    e.code = KC_OK;
    CHECK(kc_source_open(&src, "/", &e) == -1 && e.code == KC_ESYS && strcmp(e.msg, "is a directory") == 0);
    kc_source_free(NULL);
    CHECK(kc_source_size("/nonexistent/x") == 0 && kc_source_size("/") == 0);
}

/* A pipe whose reading end does not block, written to a little at a time. */
TEST(in_source_nonblocking)
{
    int fd[2];
    char name[64];
    if (pipe(fd) != 0)
        abort();
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    snprintf(name, sizeof name, "/dev/fd/%d", fd[0]);
    pid_t child = fork();
    if (child == 0) {
        close(fd[0]);
        for (size_t i = 0; i < sizeof one - 1; i++) {
            if (i % 8 == 0)
                usleep(1000);
            if (write(fd[1], one + i, 1) != 1)
                _exit(1);
        }
        _exit(write(fd[1], two, sizeof two - 1) != (ssize_t)sizeof two - 1);
    }
    close(fd[1]);
    int saved = dup(STDIN_FILENO); /* the source itself must be non-blocking: /dev/fd would be opened anew */
    dup2(fd[0], STDIN_FILENO);
    struct kc_source *src;
    struct kc_err e = KC_ERR_INIT;
    char got[256];
    size_t n = 0, step = 1;
    CHECK(kc_source_open(&src, "-", &e) == 0);
    while (e.code == KC_OK && step > 0 && n < sizeof got - 16) {
        if (kc_source_read(src, got + n, 16, &step, &e) != 0)
            break;
        n += step;
    }
    CHECK_MSG(e.code == KC_OK && n == sizeof one + sizeof two - 2 && memcmp(got, one, sizeof one - 1) == 0, "%s",
              e.msg);
    kc_source_free(src);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(fd[0]);
}
