/* A map that lasts: rows and their places in a file, beside which new rows are placed. The old ones stay where they
 * are.
 *
 * The file is a safetensors container (json/safetensors.h), the same byte for byte whenever it is made. */
#ifndef KC_MODEL_MAP_H
#define KC_MODEL_MAP_H

#include "core/map/map.h"
#include "model/model.h"

#define KC_MAP_VERSION 1

struct kc_map {
    struct kc_model rows; /* only d, and its rows: n, halves and hash, by hash, equal ones as in the input */
    size_t dims;          /* 2 or 3 */
    float *place;         /* (rows, dims) */
    char kclust[32];      /* the version of kclust that wrote it */
    enum kc_map_method method;
    double exaggeration, perplexity; /* of t-SNE; else 0 */
};

/* Make a map from n rows and their places xy (n, dims). Free it with kc_map_free, also after a failure. */
int kc_map_make(const struct kc_ctx *ctx, struct kc_map *m, const struct kc_rows *rows, const struct kc_map_opts *o,
                const struct kc_map_report *report, const float *xy, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak, the map included. */
uint64_t kc_map_make_bytes(size_t n, size_t d, int in_memory, size_t dims, unsigned threads);
void kc_map_free(struct kc_map *m);
/* Write a map to f. The caller commits f. */
int kc_map_save(const struct kc_map *m, struct kc_outfile *f, struct kc_err *e) KC_MUST_USE;
/* Load a map; "-" is standard input. KC_EINPUT for everything that is not one. m is zero-initialised here; free it with
 * kc_map_free, also after a failure. kc_map_read does it from a source that was opened at path, which the caller
 * closes; kc_map_parse from n bytes in memory, name being that of their file. */
int kc_map_load(struct kc_map *m, const char *path, struct kc_err *e) KC_MUST_USE;
int kc_map_read(struct kc_map *m, const char *path, struct kc_source *src, struct kc_err *e) KC_MUST_USE;
int kc_map_parse(struct kc_map *m, const char *bytes, size_t n, const char *name, struct kc_err *e) KC_MUST_USE;
/* Return 1 if a source, of which nothing has been read, is a map; 0: none; -1: it cannot be read. */
int kc_map_is(struct kc_source *src, struct kc_err *e) KC_MUST_USE;

/* Place n unit rows on the map m: a row that is equal to one of it has that one's place, the first of several; others
 * have the mean of the places of the most similar rows, weighed as for t-SNE. `made` receives (n, dims) floats, which
 * kc_map_places finds. Any number of threads may call it at once. A kc_in_opts.each, whose argument is the map. */
int kc_map_place_each(void *arg, const float *x, size_t n, size_t d, struct kc_buf *made, struct kc_err *e) KC_MUST_USE;
float *kc_map_places(const struct kc_buf *made);

#endif
