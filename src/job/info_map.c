/* info of a map: how it was made, and how far it reaches. */
#include <stdio.h>
#include "base/num.h"
#include "job/info.h"
#include "json/jsonw.h"
#include "model/map.h"

/* How far a map reaches along its axes. */
struct extent {
    float least[KC_MAP_DIMS], most[KC_MAP_DIMS];
};

static struct extent find_extent(const struct kc_map *m)
{
    struct extent x;
    for (size_t t = 0; t < m->dims; t++) {
        x.least[t] = x.most[t] = m->place[t];
        for (size_t i = 1; i < m->rows.rows.n; i++) {
            const float v = m->place[i * m->dims + t];
            x.least[t] = v < x.least[t] ? v : x.least[t];
            x.most[t] = v > x.most[t] ? v : x.most[t];
        }
    }
    return x;
}

static int make_json(struct kc_buf *b, const struct kc_map *m, const struct extent *x, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "format", "map");
    kc_jsonw_u64(&w, "format_version", KC_MAP_VERSION);
    kc_jsonw_cstr(&w, "kclust", m->kclust);
    kc_jsonw_cstr(&w, "method", m->method == KC_MAP_PCA ? "pca" : "tsne");
    kc_jsonw_u64(&w, "rows", m->rows.rows.n);
    kc_jsonw_u64(&w, "dim", m->rows.d);
    kc_jsonw_u64(&w, "components", m->dims);
    kc_jsonw_double(&w, "exaggeration", m->exaggeration);
    kc_jsonw_double(&w, "perplexity", m->perplexity);
    kc_jsonw_open(&w, "extent", '[', 1);
    for (size_t t = 0; t < m->dims; t++) {
        kc_jsonw_open(&w, NULL, '[', 1);
        kc_jsonw_double(&w, NULL, (double)x->least[t]);
        kc_jsonw_double(&w, NULL, (double)x->most[t]);
        kc_jsonw_close(&w, ']');
    }
    kc_jsonw_close(&w, ']');
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}

static int make_text(struct kc_buf *b, const struct kc_map *m, const struct extent *x, struct kc_err *e)
{
    char human[16];
    kc_num_human(human, kc_model_rows_bytes(&m->rows));
    if (kc_buf_printf(b, e, "format       map, version %d, of kclust %s\n", KC_MAP_VERSION, m->kclust) != 0 ||
        kc_buf_printf(b, e, "rows         %zu x %zu (%s)\n", m->rows.rows.n, m->rows.d, human) != 0)
        return -1;
    if ((m->exaggeration > 0 ? kc_buf_printf(b, e, "method       t-SNE, exaggeration %.3g, perplexity %.3g\n",
                                             m->exaggeration, m->perplexity)
                             : kc_buf_adds(b, "method       principal components\n", e)) != 0)
        return -1;
    for (size_t t = 0; t < m->dims; t++)
        if (kc_buf_printf(b, e, "%c            %.6g to %.6g\n", "xyz"[t], (double)x->least[t], (double)x->most[t]) != 0)
            return -1;
    return 0;
}

int kc_job_info_map(const struct kc_job_info *j, const char *path, struct kc_source *src, struct kc_buf *text,
                    struct kc_err *e)
{
    struct kc_map m;
    int rc = -1;
    if (kc_map_read(&m, path, src, e) == 0) {
        const struct extent x = find_extent(&m);
        rc = j->json ? make_json(text, &m, &x, e) : make_text(text, &m, &x, e);
    }
    kc_map_free(&m);
    return rc;
}
