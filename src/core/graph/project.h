/* Coordinates of rows on the directions in which they differ most. */
#ifndef KC_CORE_GRAPH_PROJECT_H
#define KC_CORE_GRAPH_PROJECT_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_project_opts {
    uint32_t dims; /* 1 .. the rows' d */
    int centre;    /* 1: principal components, of the rows less their mean; 0: singular vectors of the rows */
    int plain;     /* 1: the coordinates as they are; 0: scaled to length 1 */
};
#define KC_PROJECT_MOST 512

/* What was computed. */
struct kc_project_report {
    double kept;            /* the share of the variance (centre), or of the squared length, in the coordinates; 1 if
                             * there is none at all */
    double largest, least;  /* eigenvalues of the first and the last direction */
    double residual;
    unsigned rounds;
};

/* Compute unit rows x (n, dims): the coordinates of n > 0 unit rows on the leading eigenvectors of their covariance, or
 * of their second moments, scaled to length 1 unless they are to be plain. Each row counts once. A row without a part
 * in these directions gets the first of them, but for plain ones. The result is a function of rows and o. Returns -1 if
 * memory is short or the rows cannot be read. */
int kc_project_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_project_opts *o, float *x,
                   struct kc_project_report *report, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak beside x. */
uint64_t kc_project_bytes(size_t d, int in_memory, const struct kc_project_opts *o, unsigned threads);

#endif
