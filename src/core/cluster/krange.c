/* Ranges of k: parsing what the user wrote, writing it, and listing the k. */
#include "core/cluster/krange.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"

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
        return kc_value_u64(value, 1, KC_K_MOST, k, name, e);
    return parse_bound(value, shared, k, share) == 0 ? 0 :
           kc_err_set(e, KC_EUSAGE, "%s: a share of the rows is above 0%% and at most 100%%", name);
}

int kc_krange_parse_min(struct kc_krange *k, int *given, const char *value, const char *name, struct kc_err *e)
{
    *given |= KC_K_MIN_GIVEN;
    return parse_end(value, 2, &k->min, &k->least, name, e);
}

int kc_krange_parse_max(struct kc_krange *k, int *given, const char *value, const char *name, struct kc_err *e)
{
    *given |= KC_K_MAX_GIVEN;
    return parse_end(value, KC_K_MOST, &k->max, &k->share, name, e);
}

int kc_krange_parse(struct kc_krange *k, int *given, const char *value, const char *name, struct kc_err *e)
{
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
        (n > 1 && parse_bound(part[1], KC_K_MOST, &r.max, &r.share) != 0))
        return refuse_range(value, name, e);
    if (n == 1)
        r.max = r.min;
    if (n == 3 && part[2][0] == 'x') {
        if (kc_num_double(part[2] + 1, &r.factor) != 0 || !(r.factor > 1))
            return refuse_range(value, name, e);
    } else if (n == 3 && (kc_num_u64(part[2], &r.step) != 0 || r.step == 0 || r.step > KC_K_MOST)) {
        return refuse_range(value, name, e);
    }
    if (r.min < 1 || r.min > KC_K_MOST || r.max < 1 || r.max > KC_K_MOST)
        return kc_err_set(e, KC_EUSAGE, r.min < 1 || r.max < 1 ? "%s: at least one cluster" :
                          "%s: k can be from 1 to %d", name, KC_K_MOST);
    *k = r;
    *given = KC_K_MIN_GIVEN | KC_K_MAX_GIVEN;
    return 0;
}

void kc_krange_text(const struct kc_krange *k, int brief, char out[KC_OPTION_TEXT_MAX])
{
    typedef unsigned long long ull;
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

int kc_krange_check(const struct kc_krange *k, int given, struct kc_err *e)
{
    typedef unsigned long long ull;
    if (k->least > 0 && k->share > 0 && k->least > k->share)
        return kc_err_set(e, KC_EUSAGE, "the smallest k, %g%% of the rows, is greater than the largest, %g%%",
                          100 * k->least, 100 * k->share);
    if (k->min > k->max)
        return kc_err_set(e, KC_EUSAGE, "the smallest k, %llu, is greater than the largest, %llu%s", (ull)k->min,
                          (ull)k->max,
                          !(given & KC_K_MAX_GIVEN) ? " by default: give --k-max too" :
                          !(given & KC_K_MIN_GIVEN) ? "; without --k-min it is 2" : "");
    if (!(k->factor <= 0) && !(k->factor > 1))
        return kc_err_set(e, KC_EUSAGE, "the factor of the range of k, %g, is not above 1", k->factor);
    return 0;
}

/* Return the largest k to list. */
static uint64_t limit_max(const struct kc_krange *r, uint64_t limit)
{
    uint64_t max = r->max < limit ? r->max : limit;
    return max < UINT32_MAX - 1 ? max : UINT32_MAX - 1;
}

/* Return the k after k; 0 if that was the last. */
static uint64_t next_k(const struct kc_krange *r, uint64_t k, uint64_t max)
{
    if (r->factor <= 0)
        return max - k < r->step ? 0 : k + r->step;
    double next = ceil((double)k * r->factor);
    if (next > (double)max || k == max)
        return 0;
    return next > (double)k + 1 ? (uint64_t)next : k + 1;
}

struct kc_krange kc_krange_for(const struct kc_krange *r, size_t n)
{
    struct kc_krange out = *r;
    out.share = out.least = 0;
    if (r->least > 0) {
        double least = ceil(r->least * (double)n);
        out.min = least < 2 ? 2 : least > (double)INT32_MAX ? INT32_MAX : (uint64_t)least;
        out.max = out.max < out.min ? out.min : out.max;
    }
    if (r->share > 0) {
        double share = floor(r->share * (double)n);
        out.max = share > (double)INT32_MAX ? INT32_MAX : (uint64_t)share;
        out.max = out.max < out.min ? out.min : out.max;
    }
    return out;
}

size_t kc_krange_list(const struct kc_krange *r, uint64_t limit, uint32_t *ks, size_t room)
{
    uint64_t max = limit_max(r, limit);
    size_t n = 0;
    for (uint64_t k = r->min <= max ? r->min : 0; k > 0; k = next_k(r, k, max)) {
        if (n < room)
            ks[n] = (uint32_t)k;
        n++;
        if (n >= room && r->factor <= 0) /* the rest need only be counted */
            return n + (size_t)((max - k) / r->step);
    }
    return n;
}

struct kc_ks kc_krange_sum(const struct kc_krange *r, uint64_t limit)
{
    uint64_t max = limit_max(r, limit);
    struct kc_ks s = {0, 0, 0};
    for (uint64_t k = r->min <= max ? r->min : 0; k > 0; k = next_k(r, k, max))
        s = (struct kc_ks){s.n + 1, (uint32_t)k, s.sum + k};
    return s;
}
