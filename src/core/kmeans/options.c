/* The options of k-means as rows, and how a range of k is parsed and written. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/option.h"
#include "core/kmeans/kmeans.h"

#define K_MOST KC_K_MOST

/* The range lies in the options of k-means. */
static int parse_k_min(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *o = base;
    return kc_krange_parse_min(&o->k, &o->k_given, value, name, e);
}

static int parse_k_max(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *o = base;
    return kc_krange_parse_max(&o->k, &o->k_given, value, name, e);
}

static int parse_range(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *o = base;
    return kc_krange_parse(&o->k, &o->k_given, value, name, e);
}

static void write_range(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    kc_krange_text(&((const struct kc_kmeans_opts *)base)->k, brief, out);
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
    if (kc_krange_check(&o->k, o->k_given, e) != 0)
        return -1;
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

/* The rows of the range of k. */
#define RANGE_ROWS \
    {.letter = 'k', .arg = "K", .type = KC_OPTION_OWN, .key = "k", .parse = parse_range, .text = write_range, \
     .marks = KC_OPTION_CHECKPOINT | KC_OPTION_RECORD | KC_OPTION_BASIC, \
     .help = "the number of clusters, or the numbers to try: MIN:MAX, MIN:MAX:STEP, or MIN:MAX:xFACTOR to grow by a " \
             "factor; MIN and MAX may be shares of the rows, as in 2:10%:x1.2"}, \
    {.name = "k-min", .arg = "N", .type = KC_OPTION_U64, .at = AT(k.min), .least = 1, .most = K_MOST, \
     .parse = parse_k_min, .shown = "", .env = "KCLUST_K_MIN", .marks = KC_OPTION_MODEL, \
     .help = "the smallest k to try"}, \
    {.name = "k-max", .arg = "N", .type = KC_OPTION_U64, .at = AT(k.max), .least = 1, .most = K_MOST, \
     .parse = parse_k_max, .shown = "", .env = "KCLUST_K_MAX", .marks = KC_OPTION_MODEL, \
     .help = "the largest k to try"}
#define STARTS_ROW \
    {.name = "n-init", .arg = "N", .type = KC_OPTION_U64, .at = AT(n_init), .least = 1, .most = 1000000, \
     .env = "KCLUST_N_INIT", .marks = EVERYWHERE, .help = "restarts for each k"}
#define SEED_ROW \
    {.name = "seed", .arg = "N", .type = KC_OPTION_U64, .at = AT(seed), .env = "KCLUST_SEED", .marks = EVERYWHERE, \
     .help = "the seed of every random choice"}
#define SAMPLE_ROW \
    {.name = "sample", .arg = "N", .type = KC_OPTION_COUNT, .at = AT(sample), .least = 2, .off = "all", \
     .words = "all", .expected = "all or a number of rows from 2 up, such as 100000 or 1M", \
     .marks = KC_OPTION_CHECKPOINT | KC_OPTION_MODEL, \
     .help = "choose k on N rows drawn at random if there are more, then fit all rows with it; all: always on all " \
             "rows"}

/* What a search for k needs. */
const struct kc_option kc_kmeans_k_options[] = {RANGE_ROWS, STARTS_ROW, SEED_ROW, SAMPLE_ROW, {0}};

const struct kc_option kc_kmeans_options[] = {
    RANGE_ROWS,
    {.key = "k_step", .type = KC_OPTION_U64, .at = AT(k.step), .least = 1, .most = K_MOST, .marks = KC_OPTION_MODEL},
    {.key = "k_factor", .type = KC_OPTION_REAL, .at = AT(k.factor), .high = 1e300, .marks = KC_OPTION_MODEL},
    {.name = "k-by", .arg = "INDEX", .type = KC_OPTION_WORD, .at = AT(k_by), .words = KC_INDEX_WORDS,
     .marks = EVERYWHERE | KC_OPTION_BASIC,
     .help = "the index that picks k; auto: several of them together, and k = 1 if there is no structure"},
    {.name = "min-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(min_size), .least = 1, .env = "KCLUST_MIN_SIZE",
     .marks = EVERYWHERE | KC_OPTION_BASIC, .help = "make no cluster smaller than N"},
    {.name = "max-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(max_size), .least = 1, .off = "off",
     .env = "KCLUST_MAX_SIZE", .marks = EVERYWHERE | KC_OPTION_BASIC, .help = "make no cluster larger than N"},
    {.name = "balanced", .type = KC_OPTION_FLAG, .at = AT(balanced), .set = 1, .text = write_balanced, .shown = "",
     .marks = KC_OPTION_CHECKPOINT | KC_OPTION_BASIC,
     .help = "make clusters whose sizes differ by at most one; needs -k K"},
    STARTS_ROW,
    {.name = "max-iter", .arg = "N", .type = KC_OPTION_U64, .at = AT(max_iter), .least = 1, .most = 1000000000,
     .marks = EVERYWHERE, .help = "stop a run after N iterations"},
    {.name = "tol", .arg = "F", .type = KC_OPTION_REAL, .at = AT(tol), .high = 1,
     .expected = "a number from 0 to less than 1, such as 1e-6", .marks = EVERYWHERE | KC_OPTION_OPEN_HIGH,
     .help = "stop a run when the objective grows by less than this fraction of itself"},
    SEED_ROW,
    SAMPLE_ROW,
    {0}};
