#include "report_util.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "unit.h"

static char dir[256];

static void remove_dir(void)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(dir);
}

static void make_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    if (dir[0])
        return;
    snprintf(dir, sizeof dir, "%s/kclust-unit-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        perror(dir);
        exit(99);
    }
    atexit(remove_dir);
}

const char *out_path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    make_dir();
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

char *out_slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *p = NULL;
    size_t used = 0;
    if (!f)
        return NULL;
    for (;;) {
        char *q = realloc(p, used + 65537);
        if (!q)
            break;
        p = q;
        size_t r = fread(p + used, 1, 65536, f);
        used += r;
        p[used] = '\0';
        if (r == 0)
            break;
    }
    fclose(f);
    if (n)
        *n = used;
    return p;
}

char *out_model(const struct kc_model *m, size_t *n, struct kc_err *e)
{
    const char *path = out_path("model");
    struct kc_outfile *f = NULL;
    CHECK(kc_outfile_open(&f, path, e) == 0 && kc_model_save(m, f, e) == 0 && kc_outfile_commit(f, e) == 0);
    kc_outfile_free(f);
    return out_slurp(path, n);
}

int out_spit(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return -1;
    int bad = fputs(text, f) < 0;
    return fclose(f) != 0 || bad ? -1 : 0;
}

int out_entries(void)
{
    int n = 0;
    make_dir();
    DIR *d = opendir(dir);
    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

int out_is(const char *path, const char *text)
{
    size_t n;
    char *p = out_slurp(path, &n);
    int same = p && n == strlen(text) && memcmp(p, text, n) == 0;
    if (!same)
        fprintf(stderr, "--- %s holds:\n%s\n--- expected:\n%s\n", path, p ? p : "(nothing)", text);
    free(p);
    return same;
}
