/* The options of k-means as rows, and how a range of k is parsed and written. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/option.h"
#include "core/kmeans/kmeans.h"

#define K_MOST INT32_MAX

static int refuse_range(const char *value, const char *name, struct kc_err *e)
{
    static const char digits[] = "0123456789";
    char shown[64];
    kc_err_escape(shown, sizeof shown, value, strlen(value));
    size_t least = strspn(value, digits), most = strcspn(value + least, digits) + least;
    size_t end = most + strspn(value + most, digits);
    if (least && end > most && !value[end] && least < 10 && end - most < 10 &&
        strncmp(value + least, ".", most - least) != 0) /* two numbers with something between */
        return kc_err_set(e, KC_EUSAGE, "%s: '%s': a range is written MIN:MAX, as in %.*s:%s", name, shown, (int)least,
                          value, value + most);
    if (least && strspn(value, "0123456789,.-") == strlen(value) && strpbrk(value, ",-"))
        return kc_err_set(e, KC_EUSAGE, "%s: '%s': a range is written MIN:MAX, as in 2:20", name, shown);
    if (strcmp(value, "auto") == 0 || strcmp(value, "best") == 0 || strcmp(value, "none") == 0)
        return kc_err_set(e, KC_EUSAGE, "%s: '%s': leave %s out to have the best of 2 to 20, or give a range, as in "
                          "%s 2:50", name, shown, name, name);
    return kc_err_set(e, KC_EUSAGE,
                      "%s: '%s' is not K, MIN:MAX, MIN:MAX:STEP or MIN:MAX:xFACTOR (FACTOR above 1; MIN and "
                      "MAX may be shares of the rows, as in 10%%)",
                      name, shown);
}

/* Parse N, or N% of the rows: then *k becomes `shared`. */
static int parse_bound(const char *value, uint64_t shared, uint64_t *k, double *share)
{
    char number[32];
    size_t n = strlen(value);
    *share = 0;
    if (n == 0 || value[n - 1] != '%' || n > sizeof number)
        return kc_num_u64(value, k);
    memcpy(number, value, n - 1);
    number[n - 1] = '\0';
    *k = shared;
    if (kc_num_double(number, share) != 0 || !(*share > 0 && *share <= 100))
        return -1;
    *share /= 100;
    return 0;
}

/* Parse one end of the range, given by an option of its own. */
static int parse_end(const char *value, uint64_t shared, uint64_t *k, double *share, const char *name, struct kc_err *e)
{
    *share = 0;
    if (!strchr(value, '%'))
        return kc_value_u64(value, 1, K_MOST, k, name, e);
    return parse_bound(value, shared, k, share) == 0 ? 0 :
           kc_err_set(e, KC_EUSAGE, "%s: a share of the rows is above 0%% and at most 100%%", name);
}

static int parse_k_min(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *o = base;
    o->k_given |= KC_K_MIN_GIVEN;
    return parse_end(value, 2, &o->k.min, &o->k.least, name, e);
}

static int parse_k_max(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *o = base;
    o->k_given |= KC_K_MAX_GIVEN;
    return parse_end(value, K_MOST, &o->k.max, &o->k.share, name, e);
}

/* Parse K, MIN:MAX, MIN:MAX:STEP or MIN:MAX:xFACTOR. */
static int parse_range(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *o = base;
    struct kc_krange r = {.step = 1};
    char part[3][32] = {"", "", ""};
    int n = 0;
    value += *value == '='; /* as in -k=5 */
    for (const char *p = value;; p++) {
        size_t len = strcspn(p, ":");
        if (len == strlen(p) && n == 0 && strspn(p, "0123456789") > 0 && p[strspn(p, "0123456789")] == '-') /* 2-20 */
            len = strspn(p, "0123456789");
        if (n == 3 || len >= sizeof part[0])
            return refuse_range(value, name, e);
        memcpy(part[n++], p, len);
        p += len;
        if (!*p)
            break;
    }
    if ((n == 1 ? kc_num_u64(part[0], &r.min) : parse_bound(part[0], 2, &r.min, &r.least)) != 0 ||
        (n > 1 && parse_bound(part[1], K_MOST, &r.max, &r.share) != 0))
        return refuse_range(value, name, e);
    if (n == 1)
        r.max = r.min;
    if (n == 3 && part[2][0] == 'x') {
        if (kc_num_double(part[2] + 1, &r.factor) != 0 || !(r.factor > 1))
            return refuse_range(value, name, e);
    } else if (n == 3 && (kc_num_u64(part[2], &r.step) != 0 || r.step == 0 || r.step > K_MOST)) {
        return refuse_range(value, name, e);
    }
    if (r.min < 1 || r.min > K_MOST || r.max < 1 || r.max > K_MOST)
        return kc_err_set(e, KC_EUSAGE, r.min < 1 || r.max < 1 ? "%s: at least one cluster" :
                          "%s: k can be from 1 to %d", name, K_MOST);
    o->k = r;
    o->k_given = KC_K_MIN_GIVEN | KC_K_MAX_GIVEN;
    return 0;
}

/* Write the range as parse_range reads it; complete, for a checkpoint, with its step. */
static void write_range(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    typedef unsigned long long ull;
    const struct kc_krange *k = &((const struct kc_kmeans_opts *)base)->k;
    const size_t size = KC_OPTION_TEXT_MAX;
    if (!brief) {
        if (k->factor > 0)
            snprintf(out, size, "%llu:%llu:x%.17g", (ull)k->min, (ull)k->max, k->factor);
        else
            snprintf(out, size, "%llu:%llu:%llu", (ull)k->min, (ull)k->max, (ull)k->step);
        return;
    }
    int n = k->least > 0 ? snprintf(out, size, "%g%%", 100 * k->least) : snprintf(out, size, "%llu", (ull)k->min);
    if (k->share > 0)
        n += snprintf(out + n, size - (size_t)n, ":%g%%", 100 * k->share);
    else if (k->max > k->min || k->factor > 0)
        n += snprintf(out + n, size - (size_t)n, ":%llu", (ull)k->max);
    if (k->factor > 0)
        snprintf(out + n, size - (size_t)n, ":x%g", k->factor);
    else if (k->step > 1)
        snprintf(out + n, size - (size_t)n, ":%llu", (ull)k->step);
}

/* Write whether sizes are balanced, for a checkpoint. */
static void write_balanced(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    (void)brief;
    snprintf(out, KC_OPTION_TEXT_MAX, "%s", ((const struct kc_kmeans_opts *)base)->balanced ? "yes" : "no");
}

int kc_kmeans_check(const void *opts, struct kc_err *e)
{
    typedef unsigned long long ull;
    const struct kc_kmeans_opts *o = opts;
    if (o->k.least > 0 && o->k.share > 0 && o->k.least > o->k.share)
        return kc_err_set(e, KC_EUSAGE, "the smallest k, %g%% of the rows, is greater than the largest, %g%%",
                          100 * o->k.least, 100 * o->k.share);
    if (o->k.min > o->k.max)
        return kc_err_set(e, KC_EUSAGE, "the smallest k, %llu, is greater than the largest, %llu%s", (ull)o->k.min,
                          (ull)o->k.max,
                          !(o->k_given & KC_K_MAX_GIVEN) ? " by default: give --k-max too" :
                          !(o->k_given & KC_K_MIN_GIVEN) ? "; without --k-min it is 2" : "");
    if (!(o->k.factor <= 0) && !(o->k.factor > 1))
        return kc_err_set(e, KC_EUSAGE, "the factor of the range of k, %g, is not above 1", o->k.factor);
    if (o->balanced && (o->k.min != o->k.max || o->k.least > 0 || o->k.share > 0))
        return kc_err_set(e, KC_EUSAGE, "--balanced needs one number of clusters: give -k K");
    if (o->balanced && (o->min_size > 1 || o->max_size))
        return kc_err_set(e, KC_EUSAGE, "--balanced sets both limits of sizes: leave out %s",
                          o->max_size ? "--max-size" : "--min-size");
    if (o->max_size && o->max_size < o->min_size)
        return kc_err_set(e, KC_EUSAGE, "the maximum size, %llu, is smaller than the minimum size, %llu",
                          (ull)o->max_size, (ull)o->min_size);
    return 0;
}

#define AT(member) offsetof(struct kc_kmeans_opts, member)
#define EVERYWHERE (KC_OPTION_CHECKPOINT | KC_OPTION_MODEL | KC_OPTION_RECORD)

const struct kc_option kc_kmeans_options[] = {
    {.letter = 'k', .arg = "K", .type = KC_OPTION_OWN, .key = "k", .parse = parse_range, .text = write_range,
     .marks = KC_OPTION_CHECKPOINT | KC_OPTION_RECORD | KC_OPTION_BASIC,
     .help = "the number of clusters, or the numbers to try: MIN:MAX, MIN:MAX:STEP, or MIN:MAX:xFACTOR to grow by a "
             "factor; MIN and MAX may be shares of the rows, as in 2:10%:x1.2"},
    {.name = "k-min", .arg = "N", .type = KC_OPTION_U64, .at = AT(k.min), .least = 1, .most = K_MOST,
     .parse = parse_k_min, .shown = "", .env = "KCLUST_K_MIN", .marks = KC_OPTION_MODEL,
     .help = "the smallest k to try"},
    {.name = "k-max", .arg = "N", .type = KC_OPTION_U64, .at = AT(k.max), .least = 1, .most = K_MOST,
     .parse = parse_k_max, .shown = "", .env = "KCLUST_K_MAX", .marks = KC_OPTION_MODEL,
     .help = "the largest k to try"},
    {.key = "k_step", .type = KC_OPTION_U64, .at = AT(k.step), .least = 1, .most = K_MOST, .marks = KC_OPTION_MODEL},
    {.key = "k_factor", .type = KC_OPTION_REAL, .at = AT(k.factor), .high = 1e300, .marks = KC_OPTION_MODEL},
    {.name = "k-by", .arg = "INDEX", .type = KC_OPTION_WORD, .at = AT(k_by), .words = KC_INDEX_WORDS,
     .marks = EVERYWHERE | KC_OPTION_BASIC,
     .help = "the index that picks k: silhouette, calinski-harabasz or davies-bouldin"},
    {.name = "min-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(min_size), .least = 1, .env = "KCLUST_MIN_SIZE",
     .marks = EVERYWHERE | KC_OPTION_BASIC, .help = "make no cluster smaller than N"},
    {.name = "max-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(max_size), .least = 1, .off = "off",
     .env = "KCLUST_MAX_SIZE", .marks = EVERYWHERE | KC_OPTION_BASIC, .help = "make no cluster larger than N"},
    {.name = "balanced", .type = KC_OPTION_FLAG, .at = AT(balanced), .set = 1, .text = write_balanced, .shown = "",
     .marks = KC_OPTION_CHECKPOINT | KC_OPTION_BASIC,
     .help = "make clusters whose sizes differ by at most one; needs -k K"},
    {.name = "n-init", .arg = "N", .type = KC_OPTION_U64, .at = AT(n_init), .least = 1, .most = 1000000,
     .env = "KCLUST_N_INIT", .marks = EVERYWHERE, .help = "restarts for each k"},
    {.name = "max-iter", .arg = "N", .type = KC_OPTION_U64, .at = AT(max_iter), .least = 1, .most = 1000000000,
     .marks = EVERYWHERE, .help = "stop a run after N iterations"},
    {.name = "tol", .arg = "F", .type = KC_OPTION_REAL, .at = AT(tol), .high = 1,
     .expected = "a number from 0 to less than 1, such as 1e-6", .marks = EVERYWHERE | KC_OPTION_OPEN_HIGH,
     .help = "stop a run when the objective grows by less than this fraction of itself"},
    {.name = "seed", .arg = "N", .type = KC_OPTION_U64, .at = AT(seed), .env = "KCLUST_SEED", .marks = EVERYWHERE,
     .help = "the seed of every random choice"},
    {.name = "sample", .arg = "N", .type = KC_OPTION_COUNT, .at = AT(sample), .least = 2, .off = "all", .words = "all",
     .expected = "all or a number of rows from 2 up, such as 100000 or 1M",
     .marks = KC_OPTION_CHECKPOINT | KC_OPTION_MODEL,
     .help = "choose k on N rows drawn at random if there are more, then fit all rows with it; all: always on all "
             "rows"},
    {0}};
