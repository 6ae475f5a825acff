/* Whole jobs where the Nth allocation fails: KC_ESYS with a message, nothing half-made, and no leak that a sanitizer
 * would see. In one thread each allocation fails once; with two threads, and where all later ones fail too, every
 * seventh does, from a place that the seed chooses. (The harness torture-malloc has them all.) The unit binary is linked
 * with --wrap for the allocating calls. */
#include <math.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/kmeans/kmeans.h"
#include "base/date.h"
#include "in/fields/labels.h"
#include "job/assign.h"
#include "job/convert.h"
#include "job/fit.h"
#include "job/info.h"
#include "par/pool.h"
#include "unit.h"

void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_calloc(size_t count, size_t n);
int __real_posix_memalign(void **p, size_t to, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_calloc(size_t count, size_t n);
int __wrap_posix_memalign(void **p, size_t to, size_t n);

#define SOME 7

static atomic_llong calls;          /* since short_of() */
static _Atomic long long fails_at;  /* 0: never */
static atomic_int stays;            /* all later ones fail too */

static int refused(void)
{
    long long at = fails_at, now = ++calls;
    int no = at && (now == at || (stays && now > at));
    if (no)
        errno = ENOMEM;
    return no;
}

void *__wrap_malloc(size_t n)
{
    return refused() ? NULL : __real_malloc(n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return refused() ? NULL : __real_realloc(p, n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return refused() ? NULL : __real_calloc(count, n);
}

int __wrap_posix_memalign(void **p, size_t to, size_t n)
{
    return refused() ? ENOMEM : __real_posix_memalign(p, to, n);
}

static void short_of(long long at, int from_then_on)
{
    calls = 0;
    stays = from_then_on;
    fails_at = at;
}

static char folder[64];

/* A name in the test's folder; 16 may be in use. */
static const char *path(const char *name)
{
    static char p[16][128];
    static int next;
    next = (next + 1) % 16;
    snprintf(p[next], sizeof p[next], "%s/%s", folder, name);
    return p[next];
}

static void make_input(const char *name, int n, int d)
{
    FILE *f = fopen(path(name), "w");
    for (int i = 0; f && i < n; i++) {
        fprintf(f, "{\"term\": \"t%d\", \"more\": [1, {\"a\": null}], \"group\": %d, \"time\": %d, \"w\": %d.5, \"tags\": [\"x\", %d], "
                   "\"vec\": [", i, i % 3, i * 1000, i % 4, i % 7);
        for (int j = 0; j < d; j++)
            fprintf(f, "%s%d.%d", j ? ", " : "", (i * 7 + j * j * 3 + i / 5) % 11 - 5, (i + j) % 9 + 1);
        fprintf(f, "]}\n");
    }
    if (!f || fclose(f) != 0)
        unit_fail(__FILE__, __LINE__, "cannot write %s: %s", name, strerror(errno));
}

enum job { FIT, FIT_ANNOTATE, FIT_PARTS, FIT_EXACT, FIT_KVEC, CONVERT_NPY, CONVERT_KVEC, INFO, ASSIGN, JOBS };

static int run(enum job what, unsigned threads, struct kc_err *e)
{
    const char *input[] = {path(what == FIT_KVEC ? "in.kvec" : "in.jsonl")};
    struct kc_in_opts in = {.files = input, .nfiles = 1, .max_line = 1 << 20, .max_bad = 1};
    struct kc_ctx ctx = {.pool = kc_pool_new(threads, e)};
    int rc = -1;
    if (!ctx.pool)
        return -1;
    if (what <= FIT_KVEC) {
        struct kc_kmeans_opts kmeans = KC_KMEANS_OPTS_DEFAULT;
        struct kc_job_fit j = {.in = in, .algorithm = &kc_algorithm_kmeans, .opts = &kmeans, .out = KC_OUT_OPTS_DEFAULT,
                               .path = {[KC_FIT_LABELS] = path("out"), [KC_FIT_SUMMARY] = path("side")},
                               .created = -1, .want_text = 1, .min_margin = -2};
        struct kc_job_fit_result r;
        kmeans.k = (struct kc_krange){2, 4, 1, 0, 0, 0};
        kmeans.n_init = 2;
        kmeans.min_size = 3;
        kmeans.max_size = 25;
        if (what == FIT)
            j.path[KC_FIT_MODEL] = path("model");
        if (what == FIT_ANNOTATE) {
            j.min_purity = 0.5;
            j.space = KC_FIT_SVD;
            j.space_dims = 2;
            j.out.annotate = 1;
            j.out.format = KC_OUT_JSONL;
            j.keywords = 3;
            j.stop_words = path("stop");
        }
        if (what == FIT_PARTS) {
            j.group_by[j.ngroup_by++] = "group";
            j.time_field = "time";
            j.weight_field = "w";
            j.halflife = 3600 * KC_DATE_SECOND;
            j.parts = (struct kc_parts_opts){.window = 20000 * KC_DATE_SECOND, .max_gap = 9000 * KC_DATE_SECOND, .link = NAN,
                                             .merge = 0.5};
            j.path[KC_FIT_CLUSTERS] = path("records");
            j.records = (struct kc_clusters_opts)KC_CLUSTERS_OPTS_DEFAULT;
            j.records.facets[j.records.nfacets++] = (struct kc_facet){"tags", "tags"};
            j.document_field = "more";
        }
        if (what == FIT_EXACT) { /* k within limits, rows left out, nearest clusters, a table over time */
            kmeans.k = (struct kc_krange){.min = 2, .max = 20, .step = 1}; /* as by default: the centroids tell */
            kmeans.max_size = 9;
            kmeans.n_init = 1;
            j.parts.max_gap = -1;
            j.centroids = path("in.jsonl.start");
            j.threshold = (struct kc_threshold){KC_THRESHOLD_PERCENTILE, 20};
            j.min_margin = 0;
            j.out.top = 3;
            j.keywords = 2;
            j.time_field = "time";
            j.path[KC_FIT_MODEL] = path("model");
            j.path[KC_FIT_TIME_TABLE] = path("records");
        }
        rc = kc_job_fit_run(&ctx, &j, &r, e);
        kc_job_fit_free(&r);
    } else if (what == INFO) {
        struct kc_job_info j = {.in = in, .output = path("out"), .json = 1};
        rc = kc_job_info_run(&ctx, &j, e);
    } else if (what == ASSIGN) {
        struct kc_job_assign j = {.in = in, .model = path("kept.model"), .out = KC_OUT_OPTS_DEFAULT, .output = path("out"),
                                  .summary = path("side"), .drift = 1, .want_text = 1};
        j.out.top = 2;
        struct kc_job_assign_result r;
        rc = kc_job_assign_run(&ctx, &j, &r, e);
        kc_job_assign_free(&r);
    } else {
        struct kc_job_convert j = {.in = in, .target = what == CONVERT_NPY ? KC_IN_NPY : KC_IN_KVEC, .output = path("out")};
        rc = kc_job_convert_run(&ctx, &j, e);
    }
    kc_pool_free(ctx.pool);
    return rc;
}

static void torture(enum job what, unsigned threads)
{
    struct kc_err e = {0};
    short_of(0, 0);
    CHECK_MSG(run(what, threads, &e) == 0, "job %d: %s", (int)what, e.msg);
    long long all = calls;
    CHECK(all > 10);
    for (int from_then_on = 0; from_then_on < 2; from_then_on++) {
        const int some = threads > 1 || from_then_on;
        for (long long at = some ? 1 + (long long)(unit_seed() % SOME) : 1; at <= all; at += some ? SOME : 1) {
            e = (struct kc_err){0};
            unlink(path("out"));
            unlink(path("side"));
            unlink(path("model"));
            unlink(path("records"));
            short_of(at, from_then_on);
            int rc = run(what, threads, &e);
            short_of(0, 0);
            if (rc == 0) /* a smaller pool, a figure that is left out: it can be done without */
                continue;
            CHECK_MSG(e.code == KC_ESYS && e.msg[0], "job %d, allocation %lld: code %d, '%s'", (int)what, at, (int)e.code,
                      e.msg);
            CHECK_MSG(access(path("out"), F_OK) != 0 && access(path("side"), F_OK) != 0 && access(path("model"), F_OK) != 0 &&
                      access(path("records"), F_OK) != 0,
                      "job %d, allocation %lld: failed, but an output is there", (int)what, at);
        }
    }
}

TEST(short_memory_in_every_job)
{
    static const char *const files[] = {"in.jsonl", "in.jsonl.start", "in.kvec", "stop", "kept.model", "out", "out.terms", "side", "model",
                                        "records"};
    struct kc_err e = {0};
    strcpy(folder, "/tmp/kclust-unit-XXXXXX");
    if (!mkdtemp(folder)) {
        unit_fail(__FILE__, __LINE__, "mkdtemp: %s", strerror(errno));
        return;
    }
    make_input("in.jsonl", 40, 3);
    make_input("in.jsonl.start", 5, 3);
    FILE *stop = fopen(path("stop"), "w");
    CHECK(stop && fprintf(stop, "t7\ntwo words\n") > 0 && fclose(stop) == 0);
    CHECK(run(FIT, 1, &e) == 0 && rename(path("model"), path("kept.model")) == 0);
    CHECK(run(CONVERT_KVEC, 1, &e) == 0 && rename(path("out"), path("in.kvec")) == 0);
    for (int what = 0; what < JOBS; what++)
        for (unsigned threads = 1; threads <= 2; threads++)
            torture((enum job)what, threads);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(path(files[i]));
    CHECK(rmdir(folder) == 0);
}

/* A header of csv that there is no memory to look at must not pass for a label. */
TEST(short_memory_when_labels_are_told_apart)
{
    const struct kc_labels_opts o = {0};
    struct kc_labelling l;
    struct kc_err e = {0};
    strcpy(folder, "/tmp/kclust-unit-XXXXXX");
    if (!mkdtemp(folder)) {
        unit_fail(__FILE__, __LINE__, "mkdtemp: %s", strerror(errno));
        return;
    }
    FILE *f = fopen(path("labels"), "w");
    CHECK(f && fputs("term,\"cluster\"\na,0\nb,1\n", f) >= 0 && fclose(f) == 0);
    short_of(0, 0);
    CHECK(kc_labels_load(path("labels"), &o, &l, &e) == 0 && l.n == 2 && l.terms.n == 2 && l.k == 2);
    kc_labelling_free(&l);
    long long all = calls;
    CHECK(all > 5);
    for (long long at = 1; at <= all; at++) {
        e = (struct kc_err){0};
        short_of(at, 0);
        int rc = kc_labels_load(path("labels"), &o, &l, &e);
        short_of(0, 0);
        CHECK_MSG(rc == 0 ? l.n == 2 && l.terms.n == 2 : e.code == KC_ESYS, "allocation %lld: %d, %zu labels, '%s'", at, rc,
                  l.n, e.msg);
        kc_labelling_free(&l);
    }
    CHECK(unlink(path("labels")) == 0 && rmdir(folder) == 0);
}
