/* The report of a fit for people: the sweep, the clusters, and one last line with the costs. */
#include <math.h>
#include <stdio.h>
#include "base/num.h"
#include "in/dataset.h"
#include "report/density.h"
#include "report/evidence.h"
#include "report/width.h"
#include "report/writer.h"

#define MOST 25u  /* a table of more lines shows SOME of them and says how many more there are */
#define SOME 20u
#define COLUMNS 80u

/* Append two spaces, then x right-aligned in `width` columns; "-" if it is NAN. */
static int add_cell(struct kc_buf *b, double x, int width, int decimals, struct kc_err *e)
{
    if (isnan(x))
        return kc_buf_printf(b, e, "  %*s", width, "-");
    return kc_buf_printf(b, e, "  %*.*f", width, decimals, x);
}

/* Append how sure the choice of k is, and an empty line. */
static int add_advice(struct kc_buf *b, const struct kc_ksweep *tried, struct kc_err *e)
{
    const size_t before = b->n;
    return kc_out_advice(b, tried, "", e) != 0 ? -1 : b->n > before ? kc_buf_addc(b, '\n', e) : 0;
}

static int add_clusters(struct kc_buf *b, const struct kc_report *r, struct kc_err *e)
{
    const struct kc_clustering *f = r->fit;
    uint32_t shown = f->k > MOST ? SOME : f->k;
    if (kc_buf_printf(b, e, "     id      size  cohesion  silhouette  %s%s\n", f->stability ? "stability  " : "",
                      r->names ? "label" : "representative") != 0)
        return -1;
    for (uint32_t c = 0; c < shown; c++) {
        const struct kc_cluster *cl = &f->clusters[c];
        size_t n;
        char digits[20];
        uint64_t row = kc_in_row_number(r->skipped, r->nskipped, cl->representative);
        const char *what = r->names ? kc_strs_get(r->names, c, &n) :
                           kc_out_term(r->terms, (size_t)cl->representative, row, digits, &n);
        if (n == 0 && r->names) {
            what = "-";
            n = 1;
        }
        long long id = r->ids ? r->ids[c] : (long long)c;
        if (kc_buf_printf(b, e, "%7lld  %8llu", id, (unsigned long long)cl->size) != 0 ||
            add_cell(b, cl->cohesion, 8, 4, e) != 0 || add_cell(b, cl->silhouette, 10, 4, e) != 0 ||
            (f->stability && add_cell(b, f->stability[c], 9, 2, e) != 0) ||
            kc_buf_add(b, "  ", 2, e) != 0 || kc_out_add_cut(b, what, n, COLUMNS - (f->stability ? 52 : 41), e) != 0 ||
            kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    if (shown < f->k) {
        unsigned long long most = 0, least = UINT64_MAX;
        for (uint32_t c = shown; c < f->k; c++) {
            most = f->clusters[c].size > most ? f->clusters[c].size : most;
            least = f->clusters[c].size < least ? f->clusters[c].size : least;
        }
        if (kc_buf_printf(b, e, "        and %u more, of ", f->k - shown) != 0 ||
            (least < most ? kc_buf_printf(b, e, "%llu to ", least) : 0) != 0 ||
            kc_buf_printf(b, e, "%llu row%s\n", most, most == 1 ? "" : "s") != 0)
            return -1;
    }
    return kc_buf_addc(b, '\n', e);
}

static int add_parts(struct kc_buf *b, const struct kc_report *r, struct kc_err *e)
{
    return r->groups ? kc_out_parts_line(b, r->groups, e) : 0;
}

static int add_kept_ids(struct kc_buf *b, const struct kc_report *r, struct kc_err *e)
{
    if (!r->like.model)
        return 0;
    return kc_buf_printf(b, e, "ids: %zu kept, %zu new, %zu gone; %llu of %llu rows changed theirs\n\n", r->like.kept,
                         r->like.fresh, r->like.gone, (unsigned long long)r->like.changed,
                         (unsigned long long)r->like.judged);
}

static int add_last_line(struct kc_buf *b, const struct kc_report *r, struct kc_err *e)
{
    const struct kc_clustering *f = r->fit;
    const struct kc_ksweep tried = kc_report_ksweep(r);
    char peak[16];
    if (kc_buf_printf(b, e, "kclust: %zu row%s x %zu", f->n, f->n == 1 ? "" : "s", r->dim) != 0 ||
        (r->space.name ? kc_buf_printf(b, e, " in %s space of %u", r->space.name, r->space.dims) : 0) != 0 ||
        (r->space.name && !isnan(r->space.kept) &&
         kc_buf_printf(b, e, " that keeps %.1f %%", 100 * r->space.kept) != 0) ||
        (r->bad ? kc_buf_printf(b, e, " (%llu skipped)", (unsigned long long)r->bad) : 0) != 0 ||
        (r->unmet ? kc_buf_printf(b, e, " (%llu more do not meet --where)", (unsigned long long)r->unmet) : 0) != 0 ||
        kc_buf_printf(b, e, ", k = %u", f->k) != 0)
        return -1;
    if ((tried.merged || tried.split) &&
        kc_buf_printf(b, e, " (%u before size limits: %llu merged, %llu split)", tried.selected,
                      (unsigned long long)tried.merged, (unsigned long long)tried.split) != 0)
        return -1;
    if (r->noise &&
        kc_buf_printf(b, e, ", %llu noise (%.1f %%)", (unsigned long long)r->noise,
                                  100 * (double)r->noise / (double)f->n) != 0)
        return -1;
    if (r->leaves && kc_buf_printf(b, e, ", %llu unassigned", (unsigned long long)r->left_out) != 0)
        return -1;
    if (r->leaves && r->purity.least > 0 &&
        kc_buf_printf(b, e, " (%.1f %%)", 100 * (double)r->left_out / (double)f->n) != 0)
        return -1;
    if (!isnan(r->silhouette) && kc_buf_printf(b, e, ", silhouette %.4f", r->silhouette) != 0)
        return -1;
    if (r->space.name && !isnan(r->space.silhouette) &&
        kc_buf_printf(b, e, " (%.4f in the space)", r->space.silhouette) != 0)
        return -1;
    if (r->purity.neighbours && !isnan(r->purity.mean) && kc_buf_printf(b, e, ", purity %.4f", r->purity.mean) != 0)
        return -1;
    if (kc_buf_printf(b, e, ", %.2f s (read %.2f", r->seconds.total, r->seconds.read) != 0 ||
        (r->space.name ? kc_buf_printf(b, e, ", space %.2f", r->seconds.space) : 0) != 0 ||
        kc_buf_printf(b, e, ", sweep %.2f)", r->seconds.sweep) != 0)
        return -1;
    kc_num_human(peak, r->peak_rss);
    return r->peak_rss ? kc_buf_printf(b, e, ", peak %s\n", peak) : kc_buf_addc(b, '\n', e);
}

int kc_out_summary(struct kc_buf *b, const struct kc_report *r, struct kc_err *e)
{
    const struct kc_ksweep tried = kc_report_ksweep(r);
    int sweep = tried.n > 0 && tried.entry[tried.n - 1].k > 1; /* a sweep of k = 1 alone has nothing to compare */
    if (sweep && (kc_out_sweep_table(b, &tried, 0, e) != 0 || add_advice(b, &tried, e) != 0))
        return -1;
    if (kc_out_layers_table(b, r->fit, e) != 0 || add_clusters(b, r, e) != 0 || add_parts(b, r, e) != 0 ||
        add_kept_ids(b, r, e) != 0)
        return -1;
    return add_last_line(b, r, e);
}
