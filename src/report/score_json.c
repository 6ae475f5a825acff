/* The quality of a labelling as JSON. Nothing is cut; the text form is in score_text.c, and what lowers the figures in
 * score_errors.c. */
#include <math.h>
#include "report/names.h"
#include "report/score.h"

static void add_quality(struct kc_jsonw *w, const struct kc_score_report *r)
{
    const struct kc_quality *q = r->quality;
    if (q)
        kc_jsonw_u64(w, "dim", q->d);
    else
        kc_jsonw_null(w, "dim");
    kc_jsonw_double(w, "silhouette", q ? q->silhouette : NAN);
    kc_jsonw_double(w, "calinski_harabasz", q ? q->calinski_harabasz : NAN);
    kc_jsonw_double(w, "davies_bouldin", q ? q->davies_bouldin : NAN);
    kc_jsonw_double(w, "inertia", q ? q->inertia : NAN);
    kc_jsonw_double(w, "objective", q ? q->objective : NAN);
}

static void add_clusters(struct kc_jsonw *w, const struct kc_score_report *r)
{
    kc_jsonw_open(w, "clusters", '[', 0);
    for (uint32_t c = 0; c < r->labels->k; c++) {
        kc_jsonw_open(w, NULL, '{', 1);
        kc_out_json_label(w, "id", r->labels, c);
        kc_jsonw_u64(w, "size", r->sizes[c]);
        kc_jsonw_double(w, "silhouette", r->quality ? r->quality->clusters[c].silhouette : NAN);
        kc_jsonw_double(w, "similarity", r->quality ? r->quality->clusters[c].similarity : NAN);
        if (r->quality && r->quality->k > 1)
            kc_jsonw_u64(w, "below_zero", r->quality->clusters[c].strays);
        else
            kc_jsonw_null(w, "below_zero");
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}

static void add_gold(struct kc_jsonw *w, const struct kc_score_report *r)
{
    static const struct kc_agreement undefined = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0};
    const struct kc_agreement *a = r->agreement ? r->agreement : &undefined;
    const struct kc_table *t = r->table;
    if (!r->gold) {
        kc_jsonw_null(w, "gold");
        return;
    }
    kc_jsonw_open(w, "gold", '{', 0);
    kc_jsonw_cstr(w, "labels", r->gold_name);
    kc_jsonw_u64(w, "classes", r->gold->k);
    kc_out_json_agreement(w, a);
    kc_jsonw_double(w, "homogeneity", a->homogeneity);
    kc_jsonw_double(w, "completeness", a->completeness);
    kc_jsonw_double(w, "v_measure", a->v_measure);
    kc_jsonw_double(w, "purity", a->purity);
    kc_jsonw_double(w, "precision", a->precision);
    kc_jsonw_double(w, "recall", a->recall);
    kc_jsonw_double(w, "f1", a->f1);
    kc_jsonw_open(w, "confusion", '[', 0);
    for (uint32_t c = 0; c < t->rows; c++)
        for (size_t p = t->first[c]; p < t->first[c + 1]; p++) {
            kc_jsonw_open(w, NULL, '{', 1);
            kc_out_json_label(w, "cluster", r->labels, c);
            kc_out_json_label(w, "class", r->gold, t->col[p]);
            kc_jsonw_u64(w, "count", t->count[p]);
            kc_jsonw_close(w, '}');
        }
    kc_jsonw_close(w, ']');
    kc_out_confusions_json(w, r);
    kc_jsonw_close(w, '}');
}

int kc_out_score_json(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e)
{
    struct kc_jsonw w = KC_JSONW(b, e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_cstr(&w, "version", KC_VERSION);
    kc_jsonw_cstr(&w, "labels", r->labels_name);
    kc_jsonw_u64(&w, "n", r->n);
    kc_jsonw_u64(&w, "assigned", r->assigned);
    kc_jsonw_double(&w, "coverage", (double)r->assigned / (double)r->n);
    kc_jsonw_u64(&w, "k", r->labels->k);
    kc_jsonw_double(&w, "size_variation", r->variation);
    kc_jsonw_double(&w, "size_gini", r->gini);
    add_quality(&w, r);
    add_clusters(&w, r);
    kc_out_errors_json(&w, r);
    add_gold(&w, r);
    kc_jsonw_close(&w, '}');
    return kc_jsonw_end(&w);
}
