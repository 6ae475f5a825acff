#include "in_util.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/num.h"
#include "par/pool.h"
#include "unit.h"

const struct kc_in_opts input_defaults = {.max_line = (uint64_t)16 << 20, .max_bad = 1};

static char dir[64];

static void remove_dir(void)
{
    rmdir(dir);
}

static void die(const char *what)
{
    perror(what);
    abort();
}

const char *input_add(struct input *in, const void *bytes, size_t n, const char *suffix)
{
    static unsigned count;
    size_t i = in->o.nfiles++;
    if (dir[0] == '\0') {
        const char *tmp = getenv("TMPDIR");
        snprintf(dir, sizeof dir, "%.40s/kc-unit-XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(dir))
            die("mkdtemp");
        atexit(remove_dir);
    }
    if (snprintf(in->names[i], sizeof in->names[i], "%s/%u%s", dir, count++, suffix) >= (int)sizeof in->names[i])
        abort();
    FILE *f = fopen(in->names[i], "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        die(in->names[i]);
    in->paths[i] = in->names[i];
    in->o.files = in->paths;
    return in->names[i];
}

void input_clear(struct input *in)
{
    for (size_t i = 0; i < in->o.nfiles; i++)
        unlink(in->names[i]);
    in->o.nfiles = 0;
}

struct out {
    struct kc_buf b;
    struct kc_err e;
    const struct input *in;
};

/* Text with the paths of the files replaced. */
static void put(struct out *o, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t f = 0, len = 0;
        for (; f < o->in->o.nfiles; f++) {
            len = strlen(o->in->names[f]);
            if (len <= n - i && memcmp(s + i, o->in->names[f], len) == 0)
                break;
        }
        if (f < o->in->o.nfiles) {
            if (kc_buf_printf(&o->b, &o->e, "FILE%zu", f) != 0)
                abort();
            i += len;
        } else {
            if (kc_buf_addc(&o->b, s[i], &o->e) != 0)
                abort();
            i++;
        }
    }
}

static void puts_out(struct out *o, const char *s)
{
    put(o, s, strlen(s));
}

static void log_line(void *arg, enum kc_log level, const char *line)
{
    struct out *o = arg;
    if (strncmp(line, "read as ", 8) == 0) /* what was taken for terms and vectors: the cases have it */
        return;
    puts_out(o, level == KC_LOG_WARN ? "warning " : "info ");
    puts_out(o, line);
    puts_out(o, "\n");
}

char *input_read(struct input *in)
{
    struct out o = {{NULL, 0, 0}, KC_ERR_INIT, in}, logged = {{NULL, 0, 0}, KC_ERR_INIT, in};
    struct kc_err e = KC_ERR_INIT;
    struct kc_dataset ds;
    struct kc_in_tune tune = {in->block};
    struct kc_pool *pool = kc_pool_new(in->threads ? in->threads : 1, &e);
    struct kc_ctx ctx = {.pool = pool, .log = log_line, .arg = &logged};
    if (!pool)
        abort();
    int rc = kc_in_load_tuned(&ctx, &in->o, &tune, &ds, &e);
    CHECK((rc == 0) == (e.code == KC_OK));
    float *buf = malloc((rc == 0 ? kc_rows_buf(&ds.rows, 1) : 0) * sizeof *buf + 1);
    if (!buf)
        abort();
    uint64_t row = 0;
    size_t skip = 0;
    for (size_t i = 0; rc == 0 && i < ds.rows.n; i++, row++) {
        size_t n;
        const char *s;
        const float *x;
        for (; skip < ds.nskipped && ds.skipped[skip] == row; skip++)
            row++;
        kc_rows_get(&ds.rows, i, 1, buf, &x);
        if (ds.terms.n > 0) {
            s = kc_strs_get(&ds.terms, i, &n);
            put(&o, s, n);
        } else {
            char t[24];
            snprintf(t, sizeof t, "%llu", (unsigned long long)row);
            puts_out(&o, t);
        }
        puts_out(&o, "|");
        if (in->o.want_raw) {
            s = kc_strs_get(&ds.raws, i, &n);
            put(&o, s, n);
            puts_out(&o, "|");
        }
        for (size_t j = 0; j < ds.rows.d; j++) {
            char t[KC_NUM_FLOAT_MAX];
            put(&o, t, kc_num_format_float(t, x[j]));
            puts_out(&o, j + 1 < ds.rows.d ? "," : "\n");
        }
    }
    if (rc == 0) {
        CHECK(ds.terms.n == 0 || ds.terms.n == ds.rows.n);
        CHECK(ds.st.records == ds.rows.n && ds.st.skipped == ds.nskipped);
        CHECK(ds.raws.n == (in->o.want_raw ? ds.rows.n : 0));
        CHECK(kc_rows_failed(&ds.rows, &e) == 0);
        in->storage = ds.storage;
    }
    for (size_t i = 0; i < ds.nskipped; i++) {
        char t[32];
        snprintf(t, sizeof t, "%s%llu%s", i == 0 ? "skipped " : " ", (unsigned long long)ds.skipped[i],
                 i + 1 == ds.nskipped ? "\n" : "");
        puts_out(&o, t);
    }
    put(&o, logged.b.p ? logged.b.p : "", logged.b.n);
    if (rc != 0) {
        char t[2048];
        snprintf(t, sizeof t, "error %d %s:%llu: %s\n", (int)e.code, e.file, (unsigned long long)e.line, e.msg);
        puts_out(&o, t);
    }
    free(buf);
    kc_dataset_free(&ds);
    kc_buf_free(&logged.b);
    kc_pool_free(pool);
    if (kc_buf_addc(&o.b, '\0', &o.e) != 0)
        abort();
    return o.b.p;
}

char *input_text(const char *text, size_t n, const struct kc_in_opts *opts, size_t block, unsigned threads)
{
    struct input in = {.o = opts ? *opts : input_defaults, .block = block, .threads = threads};
    input_add(&in, text, n, "");
    char *s = input_read(&in);
    input_clear(&in);
    return s;
}
