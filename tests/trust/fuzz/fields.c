/* What records say beside their vectors: moments, and fits that go by the groups, times, weights and facets of hostile
 * records. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "core/kmeans/kmeans.h"
#include "base/date.h"
#include "base/num.h"
#include "fuzz.h"
#include "job/fit.h"
#include "par/pool.h"

/* A moment as the C library and sscanf have it; nothing but digits where digits are expected. Seconds alone are not tried. */
static int twin_date(const char *s, size_t n, int64_t *out)
{
    static const char form[] = "0000-00-00?00:00:00";
    char text[4000];
    struct tm tm = {0};
    int hours = 0, minutes = 0;
    size_t at = 0;
    if (n >= sizeof text || memchr(s, 0, n))
        return -1;
    memcpy(text, s, n);
    text[n] = '\0';
    for (; form[at] && (at < n || at != 10); at++)
        if (form[at] == '0' ? !strchr("0123456789", text[at]) || !text[at]
                            : form[at] == '?' ? !strchr("Tt ", text[at]) || !text[at] : text[at] != form[at])
            return -1;
    sscanf(text, "%4d-%2d-%2d%*c%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec);
    if (tm.tm_year < 1 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    struct tm day = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday}, same = day;
    (void)timegm(&same); /* makes another day of what there is not */
    if (same.tm_mday != day.tm_mday || same.tm_mon != day.tm_mon)
        return -1;
    double fraction = 0;
    if (text[at] == '.') {
        size_t digits = strspn(text + at + 1, "0123456789");
        for (size_t i = digits; i-- > 0;)
            fraction = (fraction + (text[at + 1 + i] - '0')) / 10;
        if (digits == 0)
            return -1;
        for (size_t i = 7; i <= digits; i++) /* beyond a microsecond */
            text[at + i] = '0';
        sscanf(text + at, "%lf", &fraction);
        at += digits + 1;
    }
    if (strchr("+-", text[at]) && text[at]) {
        char sign = text[at];
        for (const char *f = "+00:00"; *f; f++, at++)
            if (*f == '0' ? !strchr("0123456789", text[at]) || !text[at] : *f == ':' && text[at] != ':')
                return -1;
        sscanf(text + at - 5, "%2d:%2d", &hours, &minutes);
        if (hours > 23 || minutes > 59)
            return -1;
        hours = sign == '-' ? -hours : hours;
        minutes = sign == '-' ? -minutes : minutes;
    } else if (n > 10 && (text[at] == 'Z' || text[at] == 'z')) {
        at++;
    }
    if (at != n)
        return -1;
    *out = ((int64_t)timegm(&tm) - 3600 * hours - 60 * minutes) * KC_DATE_SECOND + llround(fraction * 1e6);
    return *out >= -INT64_C(62135596800000000) && *out < INT64_C(253402300800000000) ? 0 : -1;
}

void fuzz_date(const uint8_t *p, size_t n)
{
    char *text = fuzz_padded(p, n), back[KC_DATE_MAX];
    int64_t got = 0, want = 0, again = 0;
    int rc = kc_date_parse(text, n, &got);
    if (n >= 5 && text[4] == '-' && strspn(text, "0123456789") == 4) {
        if (rc != twin_date(text, n, &want) || (rc == 0 && got != want))
            fuzz_fail("%d, %lld, and by the C library %lld", rc, (long long)got, (long long)want);
    }
    if (rc == 0) {
        kc_date_format(back, got);
        FUZZ_CHECK(kc_date_parse(back, strlen(back), &again) == 0 && again == got);
    }
    free(text);
}

/* The options' target has something else in their place. */
int __real_kc_job_fit_run(const struct kc_ctx *ctx, const struct kc_job_fit *j, struct kc_job_fit_result *r, struct kc_err *e);
void __real_kc_job_fit_free(struct kc_job_fit_result *r);

#define FD_IN 100
#define FD_LABELS 101
#define FD_RECORDS 102

struct outcome {
    int rc;
    struct kc_err e;
    char *labels, *records;
    size_t nlabels, nrecords;
};

static void hold(int as)
{
    int fd = memfd_create("out", 0);
    if (fd < 0 || dup2(fd, as) < 0)
        abort();
    close(fd);
}

static char *take(int fd, size_t *n)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = size < 0 ? NULL : malloc((size_t)size + KC_NUM_PAD);
    if (!text || pread(fd, text, (size_t)size, 0) != size)
        abort();
    memset(text + size, 0, KC_NUM_PAD);
    *n = (size_t)size;
    close(fd);
    return text;
}

static struct outcome fit(const struct kc_job_fit *j, unsigned threads)
{
    static struct kc_pool *pools[5];
    struct outcome o = {.e = KC_ERR_INIT};
    struct kc_job_fit_result r;
    if (!pools[threads] && !(pools[threads] = kc_pool_new(threads, &o.e)))
        abort();
    const struct kc_ctx ctx = {.pool = pools[threads]};
    hold(FD_LABELS);
    hold(FD_RECORDS);
    lseek(FD_IN, 0, SEEK_SET);
    o.rc = __real_kc_job_fit_run(&ctx, j, &r, &o.e);
    __real_kc_job_fit_free(&r);
    o.labels = take(FD_LABELS, &o.nlabels);
    o.records = take(FD_RECORDS, &o.nrecords);
    return o;
}

/* Two bytes of options, then JSONL with fields t (time), g and h (groups), w (weight), a and b (facets, d: documents): one
 * thread and four make the same of it, and what they write is whole. */
void fuzz_fields(const uint8_t *p, size_t n)
{
    static const char *const files[] = {"/proc/self/fd/100"};
    if (n < 2)
        return;
    const unsigned a = p[0], b = p[1];
    struct kc_kmeans_opts kmeans = KC_KMEANS_OPTS_DEFAULT;
    struct kc_job_fit j = {.in = {.files = files, .nfiles = 1, .format = KC_IN_JSONL, .max_line = 1 << 20, .term_field = "n",
                                  .vec_field = "v", .skip_bad = a & 1, .max_bad = 1},
                           .algorithm = &kc_algorithm_kmeans, .opts = &kmeans, .out = KC_OUT_OPTS_DEFAULT,
                           .path = {[KC_FIT_LABELS] = "/dev/fd/101", [KC_FIT_CLUSTERS] = "/dev/fd/102"},
                           .records = KC_CLUSTERS_OPTS_DEFAULT, .created = -1, .want_text = 1};
    kmeans.k = (struct kc_krange){1, 3, 1, 0, 0, 0};
    kmeans.n_init = 1;
    kmeans.max_iter = 5;
    j.parts = (struct kc_parts_opts){.max_gap = -1, .link = NAN, .merge = NAN};
    if (a & 2)
        j.group_by[j.ngroup_by++] = "g";
    if (a & 4)
        j.group_by[j.ngroup_by++] = "/h/0";
    if (a & 24)
        j.time_field = "t";
    if (a & 8)
        j.parts.window = (b & 1 ? 1 : 86400) * KC_DATE_SECOND;
    if (a & 16)
        j.parts.max_gap = (b & 2 ? 3600 : 100000) * KC_DATE_SECOND;
    if (a & 32)
        j.weight_field = "w";
    if (a & 64 && j.time_field)
        j.halflife = 1000 * KC_DATE_SECOND;
    if (a & 128)
        j.parts.merge = 0.9;
    if (b & 4)
        j.parts.link = 0.8;
    j.parts.small_none = b >> 3 & 1;
    kmeans.max_size = b & 16 ? 3 : 0;
    if (b & 32)
        j.out.id_format = "c%03d";
    if (b & 64)
        j.keywords = 2;
    j.text_field = b & 128 ? "a" : NULL;
    j.records.facets[j.records.nfacets++] = (struct kc_facet){"a", "a"};
    j.records.facets[j.records.nfacets++] = (struct kc_facet){"two", "/b"};
    j.document_field = "d";
    hold(FD_IN);
    if (pwrite(FD_IN, p + 2, n - 2, 0) != (ssize_t)(n - 2))
        abort();
    struct outcome one = fit(&j, 1), four = fit(&j, 4);
    close(FD_IN);
    if (one.rc != four.rc || one.e.code != four.e.code || one.e.line != four.e.line || strcmp(one.e.msg, four.e.msg) != 0)
        fuzz_fail("'%s' at line %llu, and with four threads '%s' at line %llu", one.e.msg, (unsigned long long)one.e.line,
                  four.e.msg, (unsigned long long)four.e.line);
    FUZZ_CHECK(one.nlabels == four.nlabels && memcmp(one.labels, four.labels, one.nlabels) == 0);
    FUZZ_CHECK(one.nrecords == four.nrecords && memcmp(one.records, four.records, one.nrecords) == 0);
    if (one.rc != 0) {
        FUZZ_CHECK((one.e.code == KC_EINPUT || one.e.code == KC_EUSAGE) && one.nlabels == 0 && one.nrecords == 0);
    } else {
        FUZZ_CHECK(one.nlabels > 0 && one.labels[one.nlabels - 1] == '\n');
        for (const char *s = one.records, *end = s + one.nrecords, *q; s < end; s = q + 1) {
            q = twin_value(s, end, 0);
            FUZZ_CHECK(*s == '{' && q && *q == '\n');
        }
    }
    free(one.labels);
    free(one.records);
    free(four.labels);
    free(four.records);
}
