/* plot: load what the picture needs and draw it. */
#include "job/plot.h"

#include "base/num.h"
#include "io/outfile.h"
#include "picture/png.h"

static int run_plot(const struct kc_ctx *ctx, const struct kc_job_plot *j, struct kc_outfile **out,
                    struct kc_view *v, struct kc_buf *text, struct kc_buf *png, struct kc_err *e)
{
    const struct kc_in_opts *in = &j->view.in;
    if ((j->png && kc_png_find(e) != 0) || kc_outfile_open(out, j->output, e) != 0 ||
        kc_outfile_check_inputs(*out, in->files, in->nfiles, e) != 0 || kc_job_view_load(ctx, &j->view, v, e) != 0)
        return -1;
    const char *lacks = kc_picture_lacks(v, (enum kc_picture)j->kind);
    if (lacks)
        return kc_err_set(e, KC_EINPUT, "the picture needs %s", lacks);
    kc_ctx_stage(ctx, KC_PHASE_WRITE);
    if (kc_picture_draw(v, (enum kc_picture)j->kind, &j->picture, text, e) != 0 ||
        (j->png && kc_png_make(text->p, text->n, j->scale, png, e) != 0))
        return -1;
    const struct kc_buf *b = j->png ? png : text;
    if (kc_outfile_write(*out, b->p, b->n, e) != 0 || kc_outfile_commit(*out, e) != 0)
        return -1;
    kc_outfile_tell(*out, ctx);
    return 0;
}

int kc_job_plot_run(const struct kc_ctx *ctx, const struct kc_job_plot *j, struct kc_err *e)
{
    struct kc_outfile *out = NULL;
    struct kc_buf text = {0}, png = {0};
    struct kc_view v;
    kc_view_init(&v);
    const int rc = run_plot(ctx, j, &out, &v, &text, &png, e);
    kc_view_free(&v);
    kc_buf_free(&png);
    kc_buf_free(&text);
    kc_outfile_free(out);
    return rc;
}
