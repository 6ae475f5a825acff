/* Rows that do not stay in memory: the same as if they did, whatever they came from. */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "in_util.h"
#include "par/pool.h"
#include "unit.h"

#define N 700
#define D 13

static void put(struct kc_buf *b, const void *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    if (kc_buf_add(b, p, n, &e) != 0)
        abort();
}

/* Number j of row i: a quarter, exact in every type; no row of zeros. */
static float value(size_t i, size_t j)
{
    return (float)((i * 31 + j * 17 + i * j) % 64 + (j == 0)) / 4 - (float)(j % 5);
}

/* Bytes of value as a little-endian float of a width, or the reverse of them. */
static void put_number(struct kc_buf *b, float x, size_t width, int swap)
{
    unsigned char p[8], q[8];
    double wide = (double)x;
    if (width == 2) { /* |x| is 0 or from 1/4 to 31 here */
        int e = 0;
        float m = frexpf(fabsf(x), &e);
        unsigned h = x == 0 ? 0 : (unsigned)(e + 14) << 10 | ((unsigned)ldexpf(m, 11) & 1023);
        h |= x < 0 ? 0x8000u : 0;
        p[0] = (unsigned char)h;
        p[1] = (unsigned char)(h >> 8);
    } else if (width == 4) {
        memcpy(p, &x, 4);
    } else {
        memcpy(p, &wide, 8);
    }
    for (size_t i = 0; i < width; i++)
        q[i] = p[swap ? width - 1 - i : i];
    put(b, q, width);
}

static void put_npy(struct kc_buf *b, const char *type, size_t i0, size_t n)
{
    char head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    int len = snprintf(head + 10, 100, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu, %d), }", type, n, D);
    head[10 + len] = ' ';
    head[127] = '\n';
    put(b, head, sizeof head);
    for (size_t i = i0; i < i0 + n; i++)
        for (size_t j = 0; j < D; j++)
            put_number(b, value(i, j), (size_t)(type[2] - '0'), type[0] == '>');
}

static void put_kvec(struct kc_buf *b, size_t i0, size_t n, size_t header_every)
{
    static const char dim[4] = {D, 0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        char term[32];
        if (i % header_every == 0) {
            put(b, "KCV1", 4);
            put(b, dim, 4);
        }
        int len = snprintf(term, sizeof term, "term %.*s%zu", (int)(i % 7), "------", i0 + i);
        char head[4] = {(char)len, 0, 0, 0};
        put(b, head, 4);
        put(b, term, (size_t)len);
        for (size_t j = 0; j < D; j++)
            put_number(b, value(i0 + i, j), 4, 0);
    }
}

static void put_raw(struct kc_buf *b, size_t i0, size_t n)
{
    for (size_t i = i0; i < i0 + n; i++)
        for (size_t j = 0; j < D; j++)
            put_number(b, value(i, j), 4, 0);
}

static void put_jsonl(struct kc_buf *b, size_t i0, size_t n)
{
    for (size_t i = i0; i < i0 + n; i++) {
        char t[32];
        put(b, t, (size_t)snprintf(t, sizeof t, "{\"id\":%zu,\"vec\":[", i));
        for (size_t j = 0; j < D; j++)
            put(b, t, (size_t)snprintf(t, sizeof t, "%s%.2f", j ? "," : "", (double)value(i, j)));
        put(b, "]}\n", 3);
    }
}

static const char *add_file(struct input *in, struct kc_buf *b, const char *suffix)
{
    const char *path = input_add(in, b->p, b->n, suffix);
    b->n = 0;
    return path;
}

/* Work that takes all of memory from so many rows on. */
static uint64_t work(void *arg, size_t n, size_t d)
{
    (void)d;
    return n >= *(size_t *)arg ? UINT64_MAX : 0;
}

/* The files give the same rows and terms from memory and from elsewhere, from whichever row on. */
static void same(struct input *in, enum kc_storage storage)
{
    static const size_t blocks[] = {0, 1, 900}, from[] = {0, 1, 95, 96, 97, 350, N};
    struct kc_in_opts o = in->o;
    in->o.max_memory = 0;
    in->block = 0;
    char *want = input_read(in);
    CHECK_MSG(in->storage == KC_STORAGE_MEMORY && strncmp(want, "error", 5) != 0, "%.100s", want);
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        for (size_t j = 0; j < sizeof from / sizeof from[0]; j++) {
            size_t first = from[j];
            in->block = blocks[i];
            in->threads = 1 + (unsigned)j % 3;
            in->o.max_memory = UINT64_MAX - 1;
            in->o.work = work;
            in->o.work_arg = &first;
            char *got = input_read(in);
            CHECK_MSG(strcmp(got, want) == 0, "blocks of %zu, elsewhere from row %zu: %.300s", in->block, first, got);
            /* small pieces that are all bad rows are no obstacle, pieces with good rows in them are */
            CHECK_MSG(in->storage == storage || (in->o.skip_bad && in->block > 0 && in->storage == KC_STORAGE_FILE),
                      "stored in %s", kc_storage_name(in->storage));
            free(got);
        }
    free(want);
    in->o = o;
    input_clear(in);
}

TEST(in_stored_npy)
{
    static const char *const types[] = {"<f2", "<f4", "<f8", ">f2", ">f4", ">f8"};
    struct kc_buf b = {NULL, 0, 0};
    for (size_t i = 0; i < 6; i++) {
        struct input in = {.o = input_defaults};
        in.o.normalise = 1;
        put_npy(&b, types[i], 0, N);
        add_file(&in, &b, ".npy");
        same(&in, KC_STORAGE_FILE);
    }
    kc_buf_free(&b);
}

TEST(in_stored_kvec_and_raw)
{
    struct kc_buf b = {NULL, 0, 0};
    struct input in = {.o = input_defaults};
    in.o.normalise = 1;
    put_kvec(&b, 0, N, 40);
    add_file(&in, &b, "");
    same(&in, KC_STORAGE_FILE);
    put_kvec(&b, 0, N, N);
    put(&b, "KCV1\x0d\0\0\0", 8);
    add_file(&in, &b, "");
    same(&in, KC_STORAGE_FILE);
    put_raw(&b, 0, N);
    add_file(&in, &b, "");
    put_raw(&b, N, 3);
    add_file(&in, &b, "");
    in.o.format = KC_IN_RAW;
    in.o.dim = D;
    same(&in, KC_STORAGE_FILE);
    kc_buf_free(&b);
}

/* Terms that span windows, and rows longer than one. */
TEST(in_stored_large_records)
{
    enum { LARGE = 9000, ROWS = 200 };
    struct kc_buf b = {NULL, 0, 0};
    struct input in = {.o = input_defaults};
    in.o.normalise = 1;
    static const char head[8] = {'K', 'C', 'V', '1', LARGE & 255, LARGE >> 8};
    put(&b, head, 8);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t len = i % 50 == 3 ? 70000 : i % 11;
        unsigned char n[4] = {(unsigned char)len, (unsigned char)(len >> 8), (unsigned char)(len >> 16), 0};
        put(&b, n, 4);
        for (uint32_t j = 0; j < len; j++)
            put(&b, "x", 1);
        for (uint32_t j = 0; j < LARGE; j++)
            put_number(&b, value(i, j), 4, 0);
    }
    add_file(&in, &b, "");
    char *want = input_read(&in);
    size_t first = 20;
    in.o.max_memory = UINT64_MAX - 1;
    in.o.work = work;
    in.o.work_arg = &first;
    char *got = input_read(&in);
    CHECK(in.storage == KC_STORAGE_FILE && strcmp(got, want) == 0);
    free(got);
    free(want);
    input_clear(&in);
    kc_buf_free(&b);
}

/* Several files are one source, where all can be read again; what they carry no terms for is called by its row. */
TEST(in_stored_several_files)
{
    struct kc_buf b = {NULL, 0, 0};
    struct input in = {.o = input_defaults};
    in.o.normalise = 1;
    put_npy(&b, "<f2", 0, 100);
    add_file(&in, &b, ".npy");
    put_kvec(&b, 100, 1, 1);
    add_file(&in, &b, "");
    add_file(&in, &b, ""); /* empty */
    put_kvec(&b, 101, 250, 100);
    add_file(&in, &b, "");
    put_npy(&b, "<f8", 351, N - 351);
    add_file(&in, &b, ".npy");
    same(&in, KC_STORAGE_FILE);
    put_npy(&b, "<f4", 0, 400);
    add_file(&in, &b, ".npy");
    put_jsonl(&b, 400, 200);
    add_file(&in, &b, "");
    put_npy(&b, "<f4", 600, N - 600);
    add_file(&in, &b, ".npy");
    same(&in, KC_STORAGE_SPILL);
    put_jsonl(&b, 0, N);
    add_file(&in, &b, "");
    same(&in, KC_STORAGE_SPILL);
    kc_buf_free(&b);
}

TEST(in_stored_skipped_rows)
{
    struct kc_buf b = {NULL, 0, 0};
    struct input in = {.o = input_defaults};
    static const size_t bad[] = {0, 1, 95, 96, 350, N - 1};
    in.o.normalise = in.o.skip_bad = 1;
    for (size_t i = 0; i < 6; i++) {
        put_npy(&b, "<f4", 0, N);
        memset(b.p + 128 + bad[i] * D * 4, i % 2 ? 0xFF : 0, D * 4);
        add_file(&in, &b, ".npy");
        put_kvec(&b, N, 10, 3);
        add_file(&in, &b, "");
        same(&in, KC_STORAGE_SPILL);
    }
    put_raw(&b, 0, N);
    memset(b.p + 5 * D * 4, 0, 600 * D * 4);
    add_file(&in, &b, "");
    in.o.format = KC_IN_RAW;
    in.o.dim = D;
    char *want = input_read(&in);
    size_t first = 0;
    in.o.max_memory = UINT64_MAX - 1;
    in.o.work = work;
    in.o.work_arg = &first;
    for (in.block = 0; in.block < 9000; in.block += 2000) { /* whole pieces of bad rows among them */
        char *got = input_read(&in);
        CHECK_MSG(strcmp(got, want) == 0, "%.300s", got);
        free(got);
    }
    free(want);
    input_clear(&in);
    kc_buf_free(&b);
}

/* What happens to a file between the passes. */
enum harm { TRUNCATED, GROWN, NAN_ROW, ZERO_ROW, OTHER_NUMBERS, REPLACED, HARMS };

static void do_harm(const char *path, enum harm h)
{
    static const struct timespec later[2] = {{1, 0}, {2000000000, 0}};
    unsigned char row[D * 4];
    char other[512];
    struct stat st;
    int fd = open(path, O_WRONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        abort();
    memset(row, h == NAN_ROW ? 0xFF : h == ZERO_ROW ? 0 : 0x3F, sizeof row);
    int ok = 1;
    switch (h) {
    case TRUNCATED: ok = ftruncate(fd, st.st_size - 1) == 0; break;
    case GROWN: ok = pwrite(fd, row, 1, st.st_size) == 1; break;
    case NAN_ROW:
    case ZERO_ROW: /* at its old time: only the numbers tell */
        ok = pwrite(fd, row, sizeof row, st.st_size - (off_t)sizeof row) == sizeof row;
        struct timespec times[2] = {st.st_atim, st.st_mtim};
        ok = ok && futimens(fd, times) == 0;
        break;
    case OTHER_NUMBERS:
        ok = pwrite(fd, row, sizeof row, st.st_size - (off_t)sizeof row) == sizeof row && futimens(fd, later) == 0;
        break;
    case REPLACED: /* by name, as other programs do: what is open stays what it was */
        snprintf(other, sizeof other, "%s.new", path);
        ok = rename(path, other) == 0 && unlink(other) == 0;
        int made = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        ok = ok && made >= 0 && close(made) == 0;
        break;
    case HARMS: break;
    }
    if (!ok || close(fd) != 0)
        abort();
}

static void harm(struct input *in, enum harm h)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_pool *pool = kc_pool_new(1, &e);
    struct kc_ctx ctx = {.pool = pool};
    struct kc_dataset ds;
    size_t first = 100;
    float buf[50 * D];
    const float *row[50];
    in->o.max_memory = UINT64_MAX - 1;
    in->o.work = work;
    in->o.work_arg = &first;
    CHECK(kc_in_load(&ctx, &in->o, &ds, &e) == 0 && ds.storage == KC_STORAGE_FILE && ds.rows.n == N);
    CHECK(kc_rows_failed(&ds.rows, &e) == 0);
    do_harm(in->names[0], h);
    for (size_t i = 0; i < N; i += 50)
        kc_rows_get(&ds.rows, i, 50, buf, row);
    int rc = kc_rows_failed(&ds.rows, &e);
    if (h == REPLACED)
        CHECK_MSG(rc == 0, "%s", e.msg);
    else
        CHECK_MSG(rc != 0 && e.code == KC_ESYS && strcmp(e.msg, "was changed while kclust was reading it") == 0 &&
                  strcmp(e.file, in->names[0]) == 0,
                  "harm %d: %s", (int)h, e.msg);
    e = (struct kc_err)KC_ERR_INIT;
    CHECK((kc_rows_failed(&ds.rows, &e) != 0) == (h != REPLACED)); /* and it stays so */
    kc_dataset_free(&ds);
    kc_pool_free(pool);
    input_clear(in);
}

TEST(in_stored_file_changes)
{
    struct kc_buf b = {NULL, 0, 0};
    for (int h = 0; h < HARMS; h++) {
        struct input in = {.o = input_defaults};
        in.o.normalise = 1;
        put_npy(&b, "<f4", 0, N);
        add_file(&in, &b, ".npy");
        harm(&in, (enum harm)h);
        put_kvec(&b, 0, N, 100);
        add_file(&in, &b, "");
        harm(&in, (enum harm)h);
        put_raw(&b, 0, N);
        add_file(&in, &b, "");
        in.o.format = KC_IN_RAW;
        in.o.dim = D;
        harm(&in, (enum harm)h);
    }
    kc_buf_free(&b);
}

/* A length in kvec that has become another one leads anywhere: never beyond the file, never out of memory. */
TEST(in_stored_kvec_lies)
{
    struct kc_buf b = {NULL, 0, 0};
    struct kc_err e = KC_ERR_INIT;
    struct kc_pool *pool = kc_pool_new(1, &e);
    struct kc_ctx ctx = {.pool = pool};
    static const unsigned char lies[][4] = {{1, 0, 0, 0}, {255, 255, 255, 15}, {255, 255, 255, 255},
                                            {'K', 'C', 'V', '1'}};
    for (size_t i = 0; i < 4; i++) {
        struct input in = {.o = input_defaults};
        struct kc_dataset ds;
        size_t first = 0;
        float buf[N * D];
        const float *row[N];
        struct stat st;
        in.o.normalise = 1;
        put_kvec(&b, 0, N, N);
        add_file(&in, &b, "");
        in.o.max_memory = UINT64_MAX - 1;
        in.o.work = work;
        in.o.work_arg = &first;
        CHECK(kc_in_load(&ctx, &in.o, &ds, &e) == 0 && ds.storage == KC_STORAGE_FILE);
        int fd = open(in.names[0], O_WRONLY);
        CHECK(fd >= 0 && fstat(fd, &st) == 0 && pwrite(fd, lies[i], 4, 8) == 4);
        kc_rows_get(&ds.rows, 0, N, buf, row);
        CHECK(kc_rows_failed(&ds.rows, &e) != 0 && e.code == KC_ESYS);
        e = (struct kc_err)KC_ERR_INIT;
        close(fd);
        kc_dataset_free(&ds);
        input_clear(&in);
    }
    kc_pool_free(pool);
    kc_buf_free(&b);
}

TEST(in_raw)
{
    static const struct { size_t n; uint64_t dim; const char *want; } t[] = {
        {4, 2, "0|1.0,-2.0\n1|0.5,3.0\n"}, {4, 4, "0|1.0,-2.0,0.5,3.0\n"}, {4, 1, "0|1.0\n1|-2.0\n2|0.5\n3|3.0\n"},
        {4, 3, "error 1 FILE0:0: holds 16 bytes, not a whole number of rows: 3 numbers (--dim) take 12\n"},
        {0, 3, "error 1 FILE0:0: no records\n"}};
    static const float x[4] = {1, -2, 0.5, 3};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        for (size_t block = 0; block < 20; block += 3) {
            struct kc_in_opts o = input_defaults;
            o.format = KC_IN_RAW;
            o.dim = t[i].dim;
            char *s = input_text((const char *)x, t[i].n * sizeof *x, &o, block, 1);
            CHECK_MSG(strcmp(s, t[i].want) == 0, "gives    %s  expected %s", s, t[i].want);
            free(s);
        }
}

/* --max-memory holds while the rows are read, too: with many threads the pieces that are under way are smaller. */
TEST(reading_keeps_to_the_limit_with_many_threads)
{
    const size_t rows = 160000;
    const uint64_t limit = 14 << 20;
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct kc_dataset ds;
    struct input in = {.o = input_defaults};
    struct kc_ctx ctx = {.pool = kc_pool_new(8, &e)};
    uint64_t most, before;
    put_raw(&b, 0, rows);
    add_file(&in, &b, "");
    kc_buf_free(&b);
    in.o.files = in.paths;
    in.o.nfiles = 1;
    in.o.format = KC_IN_RAW;
    in.o.dim = D;
    in.o.max_memory = limit;
    before = kc_mem_held(&most, 1);
    CHECK(kc_in_load(&ctx, &in.o, &ds, &e) == 0 && ds.rows.n == rows && ds.storage == KC_STORAGE_MEMORY);
    (void)kc_mem_held(&most, 0);
    CHECK_MSG(most - before <= limit, "took %llu bytes", (unsigned long long)(most - before));
    kc_dataset_free(&ds);
    input_clear(&in);
    kc_pool_free(ctx.pool);
}
