/* A view in words, for a reader who has never seen kclust: what was found, what each figure means, what to doubt.
 *
 * The words for how good a silhouette is follow the measured range of embeddings, in which .5 is rare and .1 common,
 * not Kaufman & Rousseeuw's (1990) scale, which was made for a few dozen rows in the plane. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "view/fill.h"

#define GOOD .25
#define FAIR .1
#define SOFT .1 /* the mean silhouette below which a cluster blurs into others */
#define TOLD ((size_t)5) /* warnings of the run */

/* Append a sentence. */
static int add_sentence(struct kc_strs *out, struct kc_err *e, const char *fmt, ...) KC_PRINTF(3, 4);

static int add_sentence(struct kc_strs *out, struct kc_err *e, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return kc_strs_add(out, text, strlen(text), e);
}

/* Write a whole number with commas. */
static const char *count(char out[32], uint64_t n)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    int at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* Return how many bytes of a text are shown: at most `most`, and whole characters. */
static int clip(const char *p, size_t n, size_t most)
{
    if (n <= most)
        return (int)n;
    for (n = most; n > 0 && ((unsigned char)p[n] & 0xC0) == 0x80;)
        n--;
    return (int)n;
}

/* Say how the silhouette is. */
static const char *judge_silhouette(double s)
{
    return s >= .5 ? "very clearly apart" : s >= GOOD ? "clearly apart" :
           s >= FAIR ? "apart, but their borders are soft" : s >= 0 ? "hardly apart" : "not apart";
}

/* Return 1 if clusters are called by words, not by the numbers of rows. */
static int has_names(const struct kc_view *v)
{
    return v->name.n > 0 || (v->representatives.first && (v->text.n > 0 || !v->label));
}

/* Append what the clusters are about: the names of the largest. */
static int add_names(const struct kc_view *v, struct kc_strs *out, struct kc_err *e)
{
    struct kc_buf b = {0};
    const uint32_t n = v->k < 5 ? v->k : 5;
    int rc = kc_buf_adds(&b, v->k > n ? "The largest are about " : v->k == 1 ? "It is about " : "They are about ", e);
    for (uint32_t c = 0; rc == 0 && c < n; c++) {
        size_t len;
        const char *name = kc_view_called(v, c, &len);
        rc = kc_buf_printf(&b, e, "%s\xE2\x80\x9C%.*s\xE2\x80\x9D", c == 0 ? "" : c + 1 < n ? ", " : " and ",
                           clip(name, len, 100), name);
    }
    if (rc == 0 && kc_buf_addc(&b, '.', e) == 0)
        rc = kc_strs_add(out, b.p, b.n, e);
    else
        rc = -1;
    kc_buf_free(&b);
    return rc;
}

/* Append how the number of clusters was chosen. */
static int add_choice(const struct kc_view *v, struct kc_strs *out, struct kc_err *e)
{
    char sure[160] = "", next[80] = "";
    if (v->nentries < 2 || v->k_selected != v->k)
        return 0;
    if (!isnan(v->confidence))
        snprintf(sure, sizeof sure, "; %.0f %% of random halves of the rows choose that number or one near it",
                 100 * v->confidence);
    if (v->runner_up > 0)
        snprintf(next, sizeof next, "; the next best is %u", v->runner_up);
    return add_sentence(out, e, "Of %zu numbers of clusters from %u to %u, %u was chosen%s%s.", v->nentries,
                        v->entry[0].k, v->entry[v->nentries - 1].k, v->k_selected, sure, next);
}

/* Append what became of old clusters. */
static int add_flow(const struct kc_view *v, struct kc_strs *out, struct kc_err *e)
{
    const struct kc_view_flow *f = &v->flow;
    char a[32], b[32];
    return f->nstreams == 0 ? 0 :
           add_sentence(out, e, "Compared with %.200s, which has %s cluster%s, there are %s now; the flow below shows "
                        "where the rows went.", f->title[0] ? f->title[0] : "the older labels",
                        count(a, f->side[0].name.n), f->side[0].name.n == 1 ? "" : "s", count(b, f->side[1].name.n));
}

int kc_view_headline(const struct kc_view *v, struct kc_strs *out, struct kc_err *e)
{
    char rows[32], k[32], noise[32];
    if (v->k == 0)
        return v->n == 0 ? add_flow(v, out, e) :
               add_sentence(out, e, "%s row%s %s in no cluster.", count(rows, v->n), v->n == 1 ? "" : "s",
                            v->n == 1 ? "is" : "are");
    if (add_sentence(out, e, "%s row%s fall%s into %s cluster%s.", count(rows, v->n), v->n == 1 ? "" : "s",
                     v->n == 1 ? "s" : "", count(k, v->k), v->k == 1 ? "" : "s") != 0)
        return -1;
    if (has_names(v) && add_names(v, out, e) != 0)
        return -1;
    if (v->noise > 0 && add_sentence(out, e, "%s row%s (%.0f %%) %s in no cluster.", count(noise, v->noise),
                                     v->noise == 1 ? "" : "s", 100 * (double)v->noise / (double)v->n,
                                     v->noise == 1 ? "is" : "are") != 0)
        return -1;
    if (!isnan(v->silhouette) && v->k > 1 &&
        add_sentence(out, e, "The clusters are %s: the mean silhouette is %.2f, on a scale from \xE2\x88\x92" "1 to 1, "
                     "where 1 means that every row is far nearer to its own cluster than to any other, and 0 that it "
                     "lies between two; embeddings of texts seldom reach 0.3.", judge_silhouette(v->silhouette),
                     v->silhouette) != 0)
        return -1;
    if (add_choice(v, out, e) != 0)
        return -1;
    if (v->gold.n > 0 &&
        add_sentence(out, e, "Against the %zu known classes the adjusted Rand index is %.2f and the adjusted mutual "
                     "information %.2f: 1 is perfect agreement, 0 is chance.", v->gold.n, v->agreement.ari,
                     v->agreement.ami) != 0)
        return -1;
    return add_flow(v, out, e);
}

/* Count the rows of each cluster that are nearer to another one: strays (k). */
static int count_strays(const struct kc_view *v, uint64_t *strays)
{
    if (!v->row_silhouette || !v->label)
        return 0;
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE && v->row_silhouette[i] < 0)
            strays[v->label[i]]++;
    return 1;
}

/* Name clusters in a doubt, up to three of them. */
static int add_cluster(const struct kc_view *v, uint32_t c, uint32_t before, const uint64_t *strays, struct kc_buf *b,
                       struct kc_err *e)
{
    size_t len;
    const char *name = kc_view_called(v, c, &len);
    if (before >= 3)
        return 0;
    int rc = kc_buf_printf(b, e, "%s\xE2\x80\x9C%.*s\xE2\x80\x9D", before > 0 ? ", " : "", clip(name, len, 80),
                           name);
    if (rc == 0 && strays)
        rc = kc_buf_printf(b, e, " (%llu of %llu rows)", (unsigned long long)strays[c],
                           (unsigned long long)v->cluster[c].size);
    return rc;
}

/* The reasons to doubt a cluster. */
enum reason { UNSTABLE, ASTRAY };

/* Append a doubt about the clusters that there is this reason for. strays (k): rows nearer to another cluster, or
 * NULL. */
static int doubt_clusters(const struct kc_view *v, enum reason reason, const uint64_t *strays, struct kc_strs *out,
                          struct kc_err *e)
{
    static const char *const means[] = {
        [UNSTABLE] = ": less than 60 % of such a cluster comes back when other rows are drawn.",
        [ASTRAY] = ": at least half of the rows are nearer to another cluster; it may be a remainder."};
    struct kc_buf b = {0};
    uint32_t n = 0;
    int rc = 0;
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        const int applies = reason == UNSTABLE ? v->cluster[c].stability < .6 :
                            strays             ? 2 * strays[c] >= v->cluster[c].size && strays[c] > 0 :
                                                 v->cluster[c].silhouette < 0;
        if (applies)
            rc = add_cluster(v, c, n++, reason == ASTRAY ? strays : NULL, &b, e);
    }
    if (rc == 0 && n > 3)
        rc = kc_buf_printf(&b, e, " and %u more", n - 3);
    if (rc == 0 && n > 0)
        rc = kc_buf_adds(&b, means[reason], e);
    if (rc == 0 && n > 0)
        rc = kc_strs_add(out, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}

/* Append how many rows are in clusters whose borders are soft. */
static int doubt_borders(const struct kc_view *v, struct kc_strs *out, struct kc_err *e)
{
    uint64_t rows = 0;
    uint32_t n = 0;
    for (uint32_t c = 0; c < v->k; c++)
        if (v->cluster[c].silhouette < SOFT) {
            rows += v->cluster[c].size;
            n++;
        }
    return n == 0 || n == v->k || v->n == v->noise ? 0 :
           add_sentence(out, e, "%u of %u clusters, with %.0f %% of the rows, blur into others: their mean silhouette "
                        "is below %.2f.", n, v->k, 100 * (double)rows / (double)(v->n - v->noise), SOFT);
}

int kc_view_doubts(const struct kc_view *v, struct kc_strs *out, struct kc_err *e)
{
    if (v->structure == 0 &&
        add_sentence(out, e, "The rows have no more structure than noise of the same shape: no division of them is "
                     "better than another.") != 0)
        return -1;
    if (v->k > 1 && v->silhouette < FAIR &&
        add_sentence(out, e, "The mean silhouette is low, so many rows could as well be in another cluster.") != 0)
        return -1;
    if (v->noise * 2 > v->n &&
        add_sentence(out, e, "More than half of the rows are in no cluster.") != 0)
        return -1;
    if (v->k > 1 && v->cluster[0].size * 2 > v->n - v->noise &&
        add_sentence(out, e, "One cluster has more than half of the rows.") != 0)
        return -1;
    uint64_t *strays = kc_mem_zalloc(v->k, sizeof *strays, e);
    const int known = strays && count_strays(v, strays);
    const int rc = strays && doubt_borders(v, out, e) == 0 && doubt_clusters(v, UNSTABLE, NULL, out, e) == 0 ?
                       doubt_clusters(v, ASTRAY, known ? strays : NULL, out, e) : -1;
    kc_mem_free(strays);
    if (rc != 0)
        return -1;
    for (size_t i = 0; i < v->doubt.n && i < TOLD; i++) {
        size_t n;
        const char *p = kc_strs_get(&v->doubt, i, &n);
        if (kc_strs_add(out, p, n, e) != 0)
            return -1;
    }
    return v->doubt.n <= TOLD ? 0 : add_sentence(out, e, "There were %zu more warnings.", v->doubt.n - TOLD);
}
