/* The advice comes first: what to run, and why. The tables that it rests on follow. */
#include "report/suggest.h"

#include <math.h>
#include "core/cluster/clustering.h"
#include "in/dataset.h"
#include "report/evidence.h"
#include "report/width.h"
#include "report/writer.h"

#define SHOWN 25u      /* clusters, at most */
#define DOUBTFUL 0.6   /* stability below which a cluster is not to be trusted (Hennig 2007), */
#define SURE 0.75      /* and from which it is */

/* Append a sentence about structure. */
static int add_structure(struct kc_buf *b, const struct kc_structure *s, size_t n, struct kc_err *e)
{
    if (s->rows == 0)
        return kc_buf_printf(b, e, "structure: %zu row%s too few to test\n", n, n == 1 ? " is" : "s are");
    const int tight = s->silhouette_z > s->modularity_z;
    return kc_buf_printf(b, e, "structure: %s (%s %.2f; Gaussian rows of the same shape have %.2f%s)\n",
                         s->found ? "yes" : "none found", tight ? "silhouette" : "modularity",
                         tight ? s->silhouette : s->modularity,
                         tight ? s->reference_silhouette : s->reference_modularity,
                         s->rows < n ? "; on a sample of the rows" : "");
}

/* Append which k each criterion chooses. */
static int add_votes(struct kc_buf *b, const struct kc_ksweep *f, struct kc_err *e)
{
    int rc = kc_buf_printf(b, e, "by criterion:");
    for (int i = 0, shown = 0; rc == 0 && i < KC_INDICES; i++) {
        if (i == KC_INDEX_AUTO || (kc_index_evidence((enum kc_index)i) & ~f->evidence))
            continue;
        rc = kc_buf_printf(b, e, "%s%s %u", shown == 5 ? ",\n              " : shown ? ", " : " ",
                           kc_index_name((enum kc_index)i),
                           f->entry[kc_ksweep_best(f->entry, f->n, (enum kc_index)i)].k);
        shown++;
    }
    return rc != 0 ? -1 : kc_buf_add(b, "\n\n", 2, e);
}

/* Return a word for the stability of a cluster. */
static const char *name_trust(double x)
{
    return x >= SURE ? "sure" : x < DOUBTFUL ? "doubtful" : "";
}

static int add_clusters(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    const struct kc_clustering *f = r->fit;
    const uint32_t shown = f->k < SHOWN ? f->k : SHOWN;
    if (kc_buf_printf(b, e, "      size  cohesion  silhouette  stability            representative\n") != 0)
        return -1;
    for (uint32_t c = 0; c < shown; c++) {
        const struct kc_cluster *cl = &f->clusters[c];
        const double s = f->stability ? f->stability[c] : NAN;
        char digits[20];
        size_t n;
        const uint64_t row = kc_in_row_number(r->skipped, r->nskipped, cl->representative);
        const char *term = kc_out_term(r->terms, (size_t)cl->representative, row, digits, &n);
        if (kc_buf_printf(b, e, "  %8llu  %8.4f  ", (unsigned long long)cl->size, cl->cohesion) != 0 ||
            (isnan(cl->silhouette) ? kc_buf_printf(b, e, "%10s", "-") :
                                     kc_buf_printf(b, e, "%10.4f", cl->silhouette)) != 0 ||
            (isnan(s) ? kc_buf_printf(b, e, "  %9s %-8s  ", "-", "") :
                        kc_buf_printf(b, e, "  %9.2f %-8s  ", s, name_trust(s))) != 0 ||
            kc_out_add_cut(b, term, n, 28, e) != 0 || kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    if (shown < f->k && kc_buf_printf(b, e, "  and %u more\n", f->k - shown) != 0)
        return -1;
    return 0;
}

static int add_ways(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    if (kc_buf_printf(b, e, "      k   noise  silhouette  modularity  %s  seconds  options\n",
                      r->gold ? "  ARI    AMI" : "score") != 0)
        return -1;
    for (size_t i = 0; i < r->nways; i++) {
        const struct kc_suggestion *w = &r->way[i];
        if (!w->tried) {
            if (kc_buf_printf(b, e, "  %5s  %*s%s\n", "-", r->gold ? 57 : 52, "", w->options) != 0)
                return -1;
            continue;
        }
        if (kc_buf_printf(b, e, "%c %5u  %4.0f %%  %10.4f  %10.4f  ", i == r->best ? '*' : ' ', w->k,
                          100 * (double)w->noise / (double)r->n, w->silhouette, w->modularity) != 0 ||
            (r->gold ? kc_buf_printf(b, e, "%5.3f  %5.3f", w->ari, w->ami) : kc_buf_printf(b, e, "%5.3f", w->score)) !=
                0 ||
            kc_buf_printf(b, e, "  %7.2f  %s\n", w->seconds, w->options) != 0)
            return -1;
    }
    return 0;
}

/* Append the command to run. */
static int add_command(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    return kc_buf_printf(b, e, "\n    kclust %s%s%s\n\n", r->options, *r->reading ? " " : "", r->reading);
}

/* Append the advice about k. */
static int advise_k(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    size_t doubtful = 0;
    if (add_structure(b, &r->structure, r->n, e) != 0)
        return -1;
    if (!r->structure.found)
        return kc_buf_printf(b, e, "the rows are no more clustered than a Gaussian cloud of the same shape: any k cuts "
                             "it arbitrarily.\nThe table below is what cutting it would give.\n\n");
    if (r->tried->n < 2 && kc_buf_printf(b, e, "k = %u is the only one that was tried\n", r->tried->selected) != 0)
        return -1;
    if (kc_out_advice(b, r->tried, "", e) != 0)
        return -1;
    for (uint32_t c = 0; r->fit->stability && c < r->fit->k; c++)
        doubtful += r->fit->stability[c] < DOUBTFUL;
    if (doubtful && kc_buf_printf(b, e, "%zu of the %u clusters %s doubtful: in other samples of the rows %s not come "
                                  "back\n", doubtful, r->fit->k, doubtful == 1 ? "is" : "are",
                                  doubtful == 1 ? "it does" : "they do") != 0)
        return -1;
    return add_command(b, r, e);
}

/* Append the advice about algorithms. */
static int advise_ways(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    size_t left = 0;
    for (size_t i = 0; i < r->nways; i++)
        left += !r->way[i].tried;
    if (add_structure(b, &r->structure, r->n, e) != 0)
        return -1;
    if (r->gold && kc_buf_printf(b, e, "compared with the %llu rows that %s labels\n", (unsigned long long)r->gold_rows,
                                 r->gold) != 0)
        return -1;
    if (r->best == r->nways)
        return kc_buf_printf(b, e, "no way that was tried makes clusters\n\n");
    const struct kc_suggestion *w = &r->way[r->best];
    if (kc_buf_printf(b, e, "best of %zu: k = %u", r->nways - left, w->k) != 0 ||
        (w->noise ? kc_buf_printf(b, e, ", %.0f %% noise", 100 * (double)w->noise / (double)r->n) : 0) != 0 ||
        (r->gold ? kc_buf_printf(b, e, ", ARI %.3f, AMI %.3f", w->ari, w->ami) :
                   kc_buf_printf(b, e, ", silhouette %.4f and modularity %.4f together %.3f", w->silhouette,
                                 w->modularity, w->score)) != 0 ||
        (left ? kc_buf_printf(b, e, "; %zu left out for want of time (--budget)", left) : 0) != 0 ||
        kc_buf_addc(b, '\n', e) != 0)
        return -1;
    return add_command(b, r, e);
}

int kc_out_suggest_text(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    if (!r->tried)
        return advise_ways(b, r, e) != 0 ? -1 : add_ways(b, r, e);
    if (advise_k(b, r, e) != 0 || (r->tried->n > 1 && (add_votes(b, r->tried, e) != 0 ||
                                                       kc_out_sweep_table(b, r->tried, 1, e) != 0)))
        return -1;
    return add_clusters(b, r, e);
}

static void write_sweep(struct kc_jsonw *w, const struct kc_suggest_report *r)
{
    const struct kc_ksweep *f = r->tried;
    kc_jsonw_u64(w, "k", r->structure.found ? f->selected : 1);
    kc_out_choice(w, f);
    kc_jsonw_open(w, "criteria", '{', 1);
    for (int i = 0; i < KC_INDICES; i++)
        if ((kc_index_evidence((enum kc_index)i) & ~f->evidence) == 0)
            kc_jsonw_u64(w, kc_index_name((enum kc_index)i),
                         f->entry[kc_ksweep_best(f->entry, f->n, (enum kc_index)i)].k);
    kc_jsonw_close(w, '}');
    kc_jsonw_open(w, "sweep", '[', 0);
    for (size_t i = 0; i < f->n; i++) {
        const struct kc_k_entry *s = &f->entry[i];
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "k", s->k);
        kc_jsonw_double(w, "silhouette", s->silhouette);
        kc_jsonw_double(w, "calinski_harabasz", s->calinski_harabasz);
        kc_jsonw_double(w, "davies_bouldin", s->davies_bouldin);
        kc_jsonw_double(w, "inertia", s->inertia);
        kc_out_evidence(w, s, f->evidence);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
    kc_jsonw_u64(w, "resamples", r->resamples);
    kc_jsonw_open(w, "clusters", '[', 0);
    for (uint32_t c = 0; c < r->fit->k; c++) {
        const struct kc_cluster *cl = &r->fit->clusters[c];
        char digits[20];
        size_t n;
        const uint64_t row = kc_in_row_number(r->skipped, r->nskipped, cl->representative);
        const char *term = kc_out_term(r->terms, (size_t)cl->representative, row, digits, &n);
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "id", c);
        kc_jsonw_u64(w, "size", cl->size);
        kc_jsonw_double(w, "cohesion", cl->cohesion);
        kc_jsonw_double(w, "silhouette", cl->silhouette);
        kc_jsonw_double(w, "stability", r->fit->stability ? r->fit->stability[c] : NAN);
        kc_jsonw_str(w, "representative", term, n);
        kc_jsonw_u64(w, "representative_row", row);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void write_ways(struct kc_jsonw *w, const struct kc_suggest_report *r)
{
    kc_jsonw_cstr(w, "gold", r->gold);
    if (r->gold)
        kc_jsonw_u64(w, "gold_rows", r->gold_rows);
    kc_jsonw_open(w, "ways", '[', 0);
    for (size_t i = 0; i < r->nways; i++) {
        const struct kc_suggestion *s = &r->way[i];
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_cstr(w, "options", s->options);
        kc_jsonw_bool(w, "tried", s->tried);
        kc_jsonw_bool(w, "best", i == r->best);
        if (s->tried) {
            kc_jsonw_u64(w, "k", s->k);
            kc_jsonw_u64(w, "noise", s->noise);
            kc_jsonw_double(w, "silhouette", s->silhouette);
            kc_jsonw_double(w, "modularity", s->modularity);
            kc_jsonw_double(w, "score", s->score);
            if (r->gold) {
                kc_jsonw_double(w, "ari", s->ari);
                kc_jsonw_double(w, "ami", s->ami);
            }
            kc_jsonw_fixed(w, "seconds", s->seconds, 3);
        }
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

int kc_out_suggest_json(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    struct kc_buf command = {0};
    int rc = kc_buf_printf(&command, e, "kclust %s%s%s", r->options, *r->reading ? " " : "", r->reading);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_u64(&w, "n", r->n);
    kc_jsonw_u64(&w, "dim", r->dim);
    kc_jsonw_cstr(&w, "space", r->space);
    kc_out_structure(&w, &r->structure);
    kc_jsonw_u64(&w, "judged", r->judged);
    if (*r->options)
        kc_jsonw_str(&w, "command", command.p, command.n);
    else
        kc_jsonw_null(&w, "command");
    if (r->tried)
        write_sweep(&w, r);
    else
        write_ways(&w, r);
    kc_jsonw_close(&w, '}');
    kc_buf_free(&command);
    return rc != 0 ? -1 : kc_jsonw_end(&w);
}
