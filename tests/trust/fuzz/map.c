/* The saved map. Bytes: flags; then a container as fuzz_container reads it. What is accepted holds together, is written
 * back in one form, and rows can be placed on it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "io/outfile.h"
#include "model/map.h"

static int save_map(const void *m, struct kc_outfile *f, struct kc_err *e)
{
    return kc_map_save(m, f, e);
}

static int load_map(const char *path, struct kc_err *e)
{
    struct kc_map m;
    const int rc = kc_map_load(&m, path, e);
    kc_map_free(&m);
    return rc;
}

static void holds_together(const struct kc_map *m)
{
    const struct kc_model_rows *r = &m->rows.rows;
    FUZZ_CHECK(r->n > 0 && m->rows.d > 0 && (m->dims == 2 || m->dims == 3));
    FUZZ_CHECK(memchr(m->kclust, '\0', sizeof m->kclust) && (m->method == KC_MAP_TSNE || m->method == KC_MAP_PCA));
    for (size_t i = 0; i < r->n; i++) {
        FUZZ_CHECK(i == 0 || r->hash[i] >= r->hash[i - 1]);
        for (size_t t = 0; t < m->dims; t++)
            FUZZ_CHECK(isfinite(m->place[i * m->dims + t]));
    }
}

/* Place rows along the axes: within what the map's own places span, but for rounding. */
static void places_rows(struct kc_map *m)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf made = {NULL, 0, 0};
    float *x = calloc(3 * m->rows.d, sizeof *x);
    if (!x)
        abort();
    for (size_t i = 0; i < 3; i++)
        x[i * m->rows.d + i % m->rows.d] = 1;
    FUZZ_CHECK(kc_map_place_each(m, x, 3, m->rows.d, &made, &e) == 0);
    for (size_t t = 0; t < m->dims; t++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < m->rows.rows.n; i++) {
            low = fmin(low, (double)m->place[i * m->dims + t]);
            high = fmax(high, (double)m->place[i * m->dims + t]);
        }
        for (size_t i = 0; i < 3; i++) {
            const double at = (double)kc_map_places(&made)[i * m->dims + t], slack = 1e-5 * fmax(fabs(low), fabs(high));
            FUZZ_CHECK(at >= low - slack && at <= high + slack);
        }
    }
    kc_buf_free(&made);
    free(x);
}

void fuzz_map(const uint8_t *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_map m, again;
    if (n < 2)
        return;
    const unsigned flags = p[0];
    uint8_t *const own = fuzz_container(&p, &n);
    const int rc = kc_map_parse(&m, (const char *)p, n, "map", &e);
    FUZZ_CHECK((rc == 0) == (e.code == KC_OK));
    if (rc != 0)
        fuzz_refusal(&e);
    fuzz_by_path(load_map, p, n, flags >> 1 & 1, &e);
    if (rc == 0) {
        struct kc_buf one = {NULL, 0, 0}, two = {NULL, 0, 0};
        holds_together(&m);
        fuzz_save(save_map, &m, &one);
        if (kc_map_parse(&again, one.p, one.n, "again", &e) != 0)
            fuzz_fail("what was accepted is refused when it is written again: %s", e.msg);
        fuzz_save(save_map, &again, &two);
        FUZZ_CHECK(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
        if (m.rows.d <= 4096)
            places_rows(&m);
        kc_map_free(&again);
        kc_buf_free(&one);
        kc_buf_free(&two);
    }
    kc_map_free(&m);
    free(own);
}
