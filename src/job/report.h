/* report: show clusters that were found earlier as one HTML file. */
#ifndef KC_JOB_REPORT_H
#define KC_JOB_REPORT_H

#include "job/view.h"
#include "page/page.h"

struct kc_job_report {
    struct kc_job_view view;
    struct kc_page_opts page;
    const char *output; /* "-": standard output */
};

/* Run the job. */
int kc_job_report_run(const struct kc_ctx *ctx, const struct kc_job_report *j, struct kc_err *e) KC_MUST_USE;

#endif
