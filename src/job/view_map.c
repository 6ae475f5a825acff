/* The map of a view: computed, or from a file that kclust map wrote: a saved map, on which the rows are placed, or
 * their coordinates. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "io/source.h"
#include "io/suffix.h"
#include "job/view.h"
#include "model/map.h"
#include "par/pool.h"

unsigned kc_job_view_threads(const struct kc_ctx *ctx)
{
    return kc_pool_threads(ctx->pool);
}

/* Allocate the coordinates, and say how they were made. */
static int begin_map(struct kc_view *v, const char *how, struct kc_err *e)
{
    v->xy = kc_mem_alloc(kc_mem_mul((size_t)v->n, 2), sizeof *v->xy, e);
    v->map_how = kc_mem_strdup(how, e);
    return v->xy && v->map_how ? 0 : -1;
}

int kc_job_view_map(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_map_opts *o,
                    struct kc_view *v, struct kc_err *e)
{
    struct kc_map_report report = {0};
    char how[120] = "principal components";
    if (begin_map(v, "", e) != 0 || kc_map_run(ctx, rows, o, v->xy, &report, e) != 0)
        return -1;
    if (o->method == KC_MAP_TSNE)
        snprintf(how, sizeof how, "t-SNE, perplexity %g, exaggeration %.2g", report.perplexity, report.exaggeration);
    kc_mem_free(v->map_how);
    v->map_how = kc_mem_strdup(how, e);
    return v->map_how ? 0 : -1;
}

#define TILE ((size_t)96)

/* Rows that are placed on a saved map. */
struct placing {
    struct kc_map map;
    const struct kc_rows *rows;
    float *xy;
    float *x;             /* (threads, 2 TILE, d) the rows of a tile one after the other, and room to read them */
    struct kc_err *error; /* (tiles) */
};

/* Place a tile of rows. */
static void place_tile(void *arg, size_t tile, unsigned worker)
{
    struct placing *p = arg;
    struct kc_err *e = &p->error[tile];
    const size_t d = p->rows->d, first = tile * TILE, n = p->rows->n - first < TILE ? p->rows->n - first : TILE;
    const float *row[TILE];
    struct kc_buf made = {0};
    float *x = p->x + (size_t)worker * 2 * TILE * d;
    *e = (struct kc_err)KC_ERR_INIT;
    kc_rows_get(p->rows, first, n, x + n * d, row);
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * d, row[i], d * sizeof *x);
    if (kc_map_place_each(&p->map, x, n, d, &made, e) == 0)
        memcpy(p->xy + 2 * first, kc_map_places(&made), 2 * n * sizeof *p->xy);
    kc_buf_free(&made);
}

/* Place the rows on a saved map. */
static int place_rows(const struct kc_ctx *ctx, struct placing *p, const char *name, struct kc_view *v,
                      struct kc_err *e)
{
    const size_t tiles = (p->rows->n + TILE - 1) / TILE;
    if (p->map.dims != 2)
        return kc_err_at(e, KC_EINPUT, name, 0, "a map of three components: pictures are flat, kclust map "
                         "--components 2 makes one for them");
    if (p->map.rows.d != p->rows->d)
        return kc_err_at(e, KC_EINPUT, name, 0, "a map of %zu dimensions, expected %zu as the rows have", p->map.rows.d,
                         p->rows->d);
    p->error = kc_mem_alloc(tiles, sizeof *p->error, e);
    p->x = kc_mem_alloc(kc_mem_mul(kc_job_view_threads(ctx), 2 * TILE), p->rows->d * sizeof *p->x, e);
    if (!p->error || !p->x || begin_map(v, "placed on a saved map", e) != 0)
        return -1;
    p->xy = v->xy;
    kc_pool_for(ctx->pool, tiles, place_tile, p);
    for (size_t t = 0; t < tiles; t++)
        if (p->error[t].code != KC_OK) {
            *e = p->error[t];
            return -1;
        }
    return kc_rows_failed(p->rows, e);
}

/* Read the coordinates of the rows, in their order: columns x and y of csv, the second and third of tsv, or npy. */
static int read_places(const struct kc_ctx *ctx, const char *file, struct kc_view *v, struct kc_err *e)
{
    char suffix[KC_SUFFIX_MAX];
    const char *name = kc_source_name(file);
    struct kc_in_opts in = {.format = KC_IN_AUTO, .max_line = (uint64_t)16 << 20, .max_bad = 0.5, .files = &file,
                            .nfiles = 1};
    struct kc_dataset ds;
    kc_suffix_of(file, suffix);
    in.vec_field = strcmp(suffix, "csv") == 0 ? "x,y" : strcmp(suffix, "npy") == 0 ? NULL : "2,3";
    int rc = kc_in_load(ctx, &in, &ds, e);
    if (rc == 0 && (ds.rows.n != v->n || ds.rows.d != 2))
        rc = kc_err_at(e, KC_EINPUT, name, 0, "%zu rows of %zu coordinates, expected %llu of 2: one for each row, in "
                       "their order", ds.rows.n, ds.rows.d, (unsigned long long)v->n);
    if (rc == 0)
        rc = begin_map(v, "kclust map", e);
    if (rc == 0)
        memcpy(v->xy, ds.x.x, (size_t)v->n * 2 * sizeof *v->xy);
    kc_dataset_free(&ds);
    return rc;
}

int kc_job_view_map_file(const struct kc_ctx *ctx, const char *file, const struct kc_rows *rows, struct kc_view *v,
                         struct kc_err *e)
{
    struct kc_source *s = NULL;
    struct placing p = {.rows = rows};
    if (kc_source_open(&s, file, e) != 0)
        return -1;
    const int is_map = kc_map_is(s, e);
    int rc = is_map < 0 ? -1 : is_map ? kc_map_read(&p.map, file, s, e) : 0;
    kc_source_free(s);
    if (rc == 0)
        rc = is_map ? place_rows(ctx, &p, kc_source_name(file), v, e) : read_places(ctx, file, v, e);
    kc_mem_free(p.x);
    kc_mem_free(p.error);
    kc_map_free(&p.map);
    return rc;
}
