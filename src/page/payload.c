/* The blocks that the script reads: a small one of JSON, and the rows as bytes in base64, in their order:
 *   kc-xy      coordinates, two uint16 a row, little-endian; both axes have the same scale
 *   kc-label   clusters, one uint8, uint16 or uint32 a row (JSON: "wide", its bytes); the largest value is noise
 *   kc-sil     silhouettes, a byte a row: -1 .. 1 as 0 .. 254, and 255 where there is none
 *   kc-texts   texts (texts.c)
 * Browsers do not run <script> elements of these types, and the policy of the page would not let them. */
#include "page/parts.h"

#include <math.h>
#include "base/base64.h"

void kc_page_block(struct kc_page *p, const char *id, const void *bytes, size_t n)
{
    kc_html_putf(&p->h, "<script type=\"text/plain\" id=\"%s\">", id);
    if (!p->h.failed && kc_base64_add(p->h.b, bytes, n, p->h.e) != 0)
        p->h.failed = 1;
    kc_html_put(&p->h, "</script>\n");
}

/* Find the middle of the coordinates and the larger of their ranges. */
static void find_range(const struct kc_view *v, double middle[2], double *range)
{
    *range = 0;
    for (size_t j = 0; j < 2; j++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < v->n; i++) {
            const double x = (double)v->xy[2 * i + j];
            if (isfinite(x)) {
                low = x < low ? x : low;
                high = x > high ? x : high;
            }
        }
        middle[j] = low <= high ? (low + high) / 2 : 0;
        *range = high - low > *range ? high - low : *range;
    }
}

/* Append the coordinates. A row without any lies in the middle. */
static void put_coordinates(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    double middle[2], range;
    unsigned char *bytes = kc_mem_alloc(kc_mem_mul(v->n, 2), 2, p->h.e);
    if (!bytes) {
        p->h.failed = 1;
        return;
    }
    find_range(v, middle, &range);
    for (size_t i = 0; i < 2 * v->n; i++) {
        const double x = range > 0 ? ((double)v->xy[i] - middle[i % 2]) / range : 0;
        const unsigned q = isfinite(x) ? (unsigned)((x + 0.5) * 65535 + 0.5) : 32768;
        bytes[2 * i] = (unsigned char)q;
        bytes[2 * i + 1] = (unsigned char)(q >> 8);
    }
    kc_page_block(p, "kc-xy", bytes, 4 * v->n);
    kc_mem_free(bytes);
}

/* Return the bytes that a label takes: noise has the largest value. */
static size_t label_width(const struct kc_view *v)
{
    return v->k < 0xFF ? 1 : v->k < 0xFFFF ? 2 : 4;
}

/* Append the labels and the silhouettes. */
static void put_labels(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    const size_t width = label_width(v);
    unsigned char *bytes = kc_mem_alloc(v->n, width, p->h.e);
    if (!bytes) {
        p->h.failed = 1;
        return;
    }
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; j < width; j++)
            bytes[i * width + j] = (unsigned char)(v->label[i] >> 8 * j);
    kc_page_block(p, "kc-label", bytes, v->n * width);
    for (size_t i = 0; v->row_silhouette && i < v->n; i++) {
        const double s = (double)v->row_silhouette[i];
        bytes[i] = (unsigned char)(isfinite(s) ? (s < -1 ? -1 : s > 1 ? 1 : s) * 127 + 127.5 : 255);
    }
    if (v->row_silhouette)
        kc_page_block(p, "kc-sil", bytes, v->n);
    kc_mem_free(bytes);
}

/* Append a list of strings as JSON. */
static void put_strings(struct kc_page *p, const char *key, const struct kc_strs *s)
{
    kc_html_putf(&p->h, ",\n\"%s\":[", key);
    for (size_t i = 0; i < s->n; i++) {
        size_t n;
        const char *t = kc_strs_get(s, i, &n);
        kc_html_put(&p->h, i ? "," : "");
        kc_html_json(&p->h, t, n, KC_PAGE_NAME_MOST);
    }
    kc_html_put(&p->h, "]");
}

/* Append a figure of all clusters, `at` bytes into each. */
static void put_figures(struct kc_page *p, const char *key, size_t at)
{
    kc_html_putf(&p->h, ",\n\"%s\":[", key);
    for (uint32_t c = 0; c < p->v->k; c++) {
        const double x = *(const double *)(const void *)((const char *)&p->v->cluster[c] + at);
        kc_html_put(&p->h, c ? "," : "");
        if (isfinite(x))
            kc_html_putf(&p->h, "%.4f", x);
        else
            kc_html_put(&p->h, "null");
    }
    kc_html_put(&p->h, "]");
}

/* Append the names, sizes, colours and figures of the clusters. */
static void put_clusters(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    kc_html_put(&p->h, ",\n\"name\":[");
    for (uint32_t c = 0; c < v->k; c++) {
        size_t n;
        const char *t = kc_view_called(v, c, &n);
        kc_html_put(&p->h, c ? "," : "");
        kc_html_json(&p->h, t, n, KC_PAGE_NAME_MOST);
    }
    kc_html_put(&p->h, "],\n\"size\":[");
    for (uint32_t c = 0; c < v->k; c++)
        kc_html_putf(&p->h, "%s%llu", c ? "," : "", (unsigned long long)v->cluster[c].size);
    kc_html_put(&p->h, "],\n\"ink\":[");
    for (uint32_t c = 0; c < v->k; c++)
        kc_html_putf(&p->h, "%s%u", c ? "," : "", (unsigned)p->ink[c]);
    kc_html_put(&p->h, "]");
    put_figures(p, "coh", offsetof(struct kc_view_cluster, cohesion));
    put_figures(p, "sil", offsetof(struct kc_view_cluster, silhouette));
    put_figures(p, "stab", offsetof(struct kc_view_cluster, stability));
    if (v->group.n > 0) {
        put_strings(p, "groups", &v->group);
        kc_html_put(&p->h, ",\n\"group\":[");
        for (uint32_t c = 0; c < v->k; c++)
            kc_html_putf(&p->h, "%s%d", c ? "," : "", v->cluster[c].group < v->group.n ? (int)v->cluster[c].group : -1);
        kc_html_put(&p->h, "]");
    }
}

/* Append the levels of coarser clusters. */
static void put_levels(struct kc_page *p)
{
    kc_html_put(&p->h, ",\n\"levels\":[");
    for (size_t i = 0; i < p->v->nlevels; i++) {
        const struct kc_view_level *l = &p->v->level[i];
        kc_html_putf(&p->h, "%s{\"k\":%u", i ? "," : "", (unsigned)l->k);
        put_strings(p, "name", &l->name);
        kc_html_put(&p->h, ",\n\"parent\":[");
        for (uint32_t c = 0; c < p->v->k; c++)
            kc_html_putf(&p->h, "%s%d", c ? "," : "", l->parent[c] < l->k ? (int)l->parent[c] : -1);
        kc_html_put(&p->h, "]}");
    }
    kc_html_put(&p->h, "]");
}

/* Append some of the texts of each cluster that is not in the table. */
static void put_more(struct kc_page *p, const char *key, const struct kc_view_lists *l, size_t most)
{
    if (!l->first || p->v->k <= KC_PAGE_CLUSTERS_MOST)
        return;
    kc_html_putf(&p->h, ",\n\"%s\":[", key);
    for (uint32_t at = KC_PAGE_CLUSTERS_MOST; at < p->v->k; at++) {
        const uint32_t c = p->order[at];
        kc_html_put(&p->h, at > KC_PAGE_CLUSTERS_MOST ? ",[" : "[");
        for (size_t i = l->first[c]; i < l->first[c + 1] && i < l->first[c] + most; i++) {
            size_t n;
            const char *t = kc_strs_get(&l->text, i, &n);
            kc_html_put(&p->h, i > l->first[c] ? "," : "");
            kc_html_json(&p->h, t, n, KC_PAGE_NAME_MOST);
        }
        kc_html_put(&p->h, "]");
    }
    kc_html_put(&p->h, "]");
}

void kc_page_payload(struct kc_page *p, uint64_t text_budget)
{
    const struct kc_view *v = p->v;
    const int map = v->label && v->xy && v->n > 0;
    if (map) {
        put_coordinates(p);
        put_labels(p);
        if (v->text.n > 0)
            kc_page_texts(p, text_budget);
    }
    kc_html_putf(&p->h,
                 "<script type=\"application/json\" id=\"kc-data\">{\"n\":%llu,\"k\":%u,\"map\":%d,\"wide\":%zu,"
                 "\"texts\":%llu,\"shown\":%u",
                 (unsigned long long)v->n, (unsigned)v->k, map, label_width(v), (unsigned long long)p->texts_kept,
                 v->k < KC_PAGE_CLUSTERS_MOST ? (unsigned)v->k : KC_PAGE_CLUSTERS_MOST);
    put_clusters(p);
    put_levels(p);
    put_more(p, "words", &v->keywords, 6);
    put_more(p, "examples", &v->representatives, 1);
    kc_html_put(&p->h, "}</script>\n");
}
