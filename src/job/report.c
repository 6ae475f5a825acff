/* report: load the view and write its page. */
#include "job/report.h"

#include "io/outfile.h"

static int run_report(const struct kc_ctx *ctx, const struct kc_job_report *j, struct kc_outfile **out,
                      struct kc_view *v, struct kc_err *e)
{
    const struct kc_in_opts *in = &j->view.in;
    if (kc_outfile_open(out, j->output, e) != 0 || kc_outfile_check_inputs(*out, in->files, in->nfiles, e) != 0 ||
        kc_job_view_load(ctx, &j->view, v, e) != 0)
        return -1;
    kc_ctx_stage(ctx, KC_PHASE_WRITE);
    if (kc_page_write(v, &j->page, *out, e) != 0 || kc_outfile_commit(*out, e) != 0)
        return -1;
    kc_outfile_tell(*out, ctx);
    return 0;
}

int kc_job_report_run(const struct kc_ctx *ctx, const struct kc_job_report *j, struct kc_err *e)
{
    struct kc_outfile *out = NULL;
    struct kc_view v;
    kc_view_init(&v);
    const int rc = run_report(ctx, j, &out, &v, e);
    kc_view_free(&v);
    kc_outfile_free(out);
    return rc;
}
