/* plot: one picture of clusters that were found earlier, as SVG, or as PNG where librsvg is installed. */
#ifndef KC_JOB_PLOT_H
#define KC_JOB_PLOT_H

#include "job/view.h"
#include "picture/picture.h"

struct kc_job_plot {
    struct kc_job_view view;
    int kind;           /* enum kc_picture */
    struct kc_picture_opts picture;
    int png;            /* 1: PNG */
    double scale;       /* PNG: dots per px */
    const char *output; /* "-": standard output */
};

/* Run the job. KC_EINPUT if the files do not hold what the picture shows; KC_ESYS if there is no library for PNG. */
int kc_job_plot_run(const struct kc_ctx *ctx, const struct kc_job_plot *j, struct kc_err *e) KC_MUST_USE;

#endif
