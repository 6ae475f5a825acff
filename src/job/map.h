/* map: two or three coordinates of each row, or places of new rows on an older map. */
#ifndef KC_JOB_MAP_H
#define KC_JOB_MAP_H

#include "core/map/map.h"
#include "in/dataset.h"
#include "job/align.h"
#include "report/places.h"

struct kc_job_map {
    struct kc_in_opts in;    /* the job sets normalise, want_raw, prompt, expect_dim, expect_from, each and memory */
    const char *model;       /* the map that rows are placed on; NULL: they make a map of their own */
    int method;              /* enum kc_map_method */
    uint64_t components;     /* 2 or 3 */
    double exaggeration, perplexity, recall; /* 0: the defaults of core/map/map.h */
    struct kc_job_labels labels; /* or none; without a model */
    uint64_t max_memory;     /* bytes, 0: no limit */
    const char *output;      /* "-": standard output */
    const char *save;        /* file for the map, or NULL; without a model */
    int columns_given;       /* else the job sets out's columns */
    struct kc_place_opts out;
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_map_check_outputs(const struct kc_job_map *j, struct kc_err *e) KC_MUST_USE;
/* Run the job. summary: set to one line about what was done; the caller frees it. */
int kc_job_map_run(const struct kc_ctx *ctx, const struct kc_job_map *j, struct kc_buf *summary,
                   struct kc_err *e) KC_MUST_USE;

#endif
