/* The four linkages as algorithms: one table of options and one implementation. They differ in the linkage that their
 * defaults name. */
#include <math.h>
#include <stdio.h>
#include "core/linkage/linkage.h"
#include "core/linkage/tree.h"

static int parse_k_min(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_linkage_opts *o = base;
    return kc_krange_parse_min(&o->k, &o->k_given, value, name, e);
}

static int parse_k_max(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_linkage_opts *o = base;
    return kc_krange_parse_max(&o->k, &o->k_given, value, name, e);
}

static int parse_range(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_linkage_opts *o = base;
    return kc_krange_parse(&o->k, &o->k_given, value, name, e);
}

static void write_range(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    const struct kc_linkage_opts *o = base;
    *out = '\0';
    if (isnan(o->cut))
        kc_krange_text(&o->k, brief, out);
}

#define AT(member) offsetof(struct kc_linkage_opts, member)

const struct kc_option kc_linkage_options[] = {
    {.letter = 'k', .arg = "K", .type = KC_OPTION_OWN, .key = "k", .parse = parse_range, .text = write_range,
     .marks = KC_OPTION_RECORD | KC_OPTION_BASIC,
     .help = "the number of clusters to cut the tree into, or the numbers to try, as for k-means"},
    {.name = "k-min", .arg = "N", .type = KC_OPTION_U64, .at = AT(k.min), .least = 1, .most = KC_K_MOST,
     .parse = parse_k_min, .shown = "", .env = "KCLUST_K_MIN", .help = "the smallest k to try"},
    {.name = "k-max", .arg = "N", .type = KC_OPTION_U64, .at = AT(k.max), .least = 1, .most = KC_K_MOST,
     .parse = parse_k_max, .shown = "", .env = "KCLUST_K_MAX", .help = "the largest k to try"},
    {.name = "k-by", .arg = "INDEX", .type = KC_OPTION_WORD, .at = AT(k_by), .words = KC_INDEX_WORDS,
     .marks = KC_OPTION_RECORD,
     .help = "the index that picks k; auto: several of them together, and k = 1 if there is no structure"},
    {.name = "cut", .arg = "S", .type = KC_OPTION_REAL, .at = AT(cut), .high = 1e300, .off = "off",
     .marks = KC_OPTION_RECORD, .help = "cut the tree at the height S instead: clusters further apart stay apart"},
    {.name = "min-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(min_size), .least = 1, .env = "KCLUST_MIN_SIZE",
     .marks = KC_OPTION_RECORD, .help = "make no cluster smaller than N"},
    {.name = "max-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(max_size), .least = 1, .off = "off",
     .env = "KCLUST_MAX_SIZE", .marks = KC_OPTION_RECORD, .help = "make no cluster larger than N"},
    {.name = "two-stage", .arg = "N", .type = KC_OPTION_COUNT, .at = AT(cells), .least = 2, .most = KC_K_MOST,
     .off = "off", .expected = "off or a number of cells from 2 up, such as 1000", .marks = KC_OPTION_RECORD,
     .help = "cluster the rows into N cells by k-means first, and build the tree of the cells"},
    {.name = "seed", .arg = "N", .type = KC_OPTION_U64, .at = AT(seed), .env = "KCLUST_SEED",
     .marks = KC_OPTION_RECORD, .help = "the seed of every random choice"},
    {0}};

int kc_linkage_check(const void *opts, struct kc_err *e)
{
    typedef unsigned long long ull;
    const struct kc_linkage_opts *o = opts;
    if (!isnan(o->cut) && o->k_given)
        return kc_err_set(e, KC_EUSAGE, "-k and --cut cannot be combined: both say where to cut the tree");
    if (kc_krange_check(&o->k, o->k_given, e) != 0)
        return -1;
    if (o->k_by != KC_INDEX_AUTO && (kc_index_evidence((enum kc_index)o->k_by) & ~KC_EVIDENCE_MODULARITY))
        return kc_err_set(e, KC_EUSAGE, "--k-by %s needs fits of other rows for each k, which is for --algorithm "
                          "kmeans only: modularity and auto are for trees, too", kc_index_name((enum kc_index)o->k_by));
    if (o->max_size && o->max_size < o->min_size)
        return kc_err_set(e, KC_EUSAGE, "the maximum size, %llu, is smaller than the minimum size, %llu",
                          (ull)o->max_size, (ull)o->min_size);
    if (o->cells && isnan(o->cut) && o->k.least <= 0 && o->k.min > o->cells)
        return kc_err_set(e, KC_EUSAGE, "--two-stage %llu makes %llu cells, which cannot be cut into %llu clusters",
                          (ull)o->cells, (ull)o->cells, (ull)o->k.min);
    return 0;
}

static void resolve_range(void *opts, size_t n)
{
    struct kc_linkage_opts *o = opts;
    o->k = kc_krange_for(&o->k, n);
}

/* Return the most clusters. A cut by height can leave every row alone, and so can the splits for a largest size. */
static uint64_t count_most_clusters(const void *opts, size_t n)
{
    const struct kc_linkage_opts *o = opts;
    const uint64_t leaves = o->cells && o->cells < n ? o->cells : n, rows = n / (o->min_size ? o->min_size : 1);
    uint64_t most = isnan(o->cut) && !o->max_size ? kc_krange_for(&o->k, n).max : leaves;
    most = most < leaves ? most : leaves;
    most = most < rows ? most : rows;
    return most ? most : 1;
}

/* Return the larger of the minimum size and twice the smallest k, as for k-means. */
static uint64_t count_least_rows(const void *opts)
{
    const struct kc_linkage_opts *o = opts;
    const struct kc_krange *k = &o->k;
    const uint64_t least = !isnan(o->cut) ? 2 : k->least > 0 ? 4 : k->min > UINT64_MAX / 2 ? UINT64_MAX : 2 * k->min;
    return least > o->min_size ? least : o->min_size;
}

static uint64_t count_bytes(size_t n, size_t d, int in_memory, const void *opts, const struct kc_request *r,
                            unsigned threads)
{
    return kc_linkage_bytes(n, d, in_memory, opts, r, threads);
}

static unsigned list_evidence(const void *opts)
{
    const struct kc_linkage_opts *o = opts;
    return isnan(o->cut) ? kc_index_evidence((enum kc_index)o->k_by) & (KC_EVIDENCE_MODULARITY | KC_EVIDENCE_AUTO) : 0;
}

static int run_linkage(const struct kc_ctx *ctx, const struct kc_rows *rows, const void *opts,
                       const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    return kc_linkage_run(ctx, rows, opts, r, out, e);
}

static const struct kc_linkage_opts defaults[] = {KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_WARD),
                                                  KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_AVERAGE),
                                                  KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_COMPLETE),
                                                  KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_SINGLE)};

#define LINKAGE(word, long_title, linkage)                               \
    {                                                                    \
        .name = word,                                                    \
        .title = long_title,                                             \
        .heading = "Clustering by a tree (--algorithm ward, average, complete, single):", \
        .options = kc_linkage_options,                                   \
        .opts_size = sizeof(struct kc_linkage_opts),                     \
        .defaults = &defaults[linkage],                                  \
        .less_memory = "--two-stage N takes less: the tree is that of N cells", \
        .weights = 1,                                                    \
        .merges = 1,                                                     \
        .space_dims = 40,                                                \
        .check = kc_linkage_check,                                       \
        .evidence = list_evidence,                                       \
        .resolve = resolve_range,                                        \
        .most_clusters = count_most_clusters,                            \
        .least_rows = count_least_rows,                                  \
        .bytes = count_bytes,                                            \
        .run = run_linkage,                                              \
    }

const struct kc_algorithm kc_algorithm_ward = LINKAGE("ward", "Ward's linkage", KC_LINKAGE_WARD);
const struct kc_algorithm kc_algorithm_average = LINKAGE("average", "average linkage", KC_LINKAGE_AVERAGE);
const struct kc_algorithm kc_algorithm_complete = LINKAGE("complete", "complete linkage", KC_LINKAGE_COMPLETE);
const struct kc_algorithm kc_algorithm_single = LINKAGE("single", "single linkage", KC_LINKAGE_SINGLE);
