/* The table of k has a column for each figure that is known, and the silhouette first: what the user asked by comes
 * with what speaks for and against it. */
#include "report/evidence.h"

#include <math.h>
#include "core/choice/evidence.h"
#include "report/writer.h"

#define MOST 25u /* a table of more lines shows SOME of them and says how many more there are */
#define SOME 20u

void kc_out_evidence(struct kc_jsonw *w, const struct kc_k_entry *s, unsigned evidence)
{
    if (evidence)
        kc_jsonw_double(w, "macro_silhouette", s->macro_silhouette);
    if (evidence & KC_EVIDENCE_MODULARITY)
        kc_jsonw_double(w, "modularity", s->modularity);
    if ((evidence & KC_EVIDENCE_HALVES) && !isnan(s->stability)) {
        kc_jsonw_double(w, "stability", s->stability);
        kc_jsonw_double(w, "prediction_strength", s->strength);
    }
    if ((evidence & KC_EVIDENCE_GAP) && !isnan(s->gap)) {
        kc_jsonw_double(w, "gap", s->gap);
        kc_jsonw_double(w, "gap_error", s->gap_error);
    }
    if (evidence & KC_EVIDENCE_MODULARITY) {
        kc_jsonw_double(w, "merit", s->merit);
        if (!isnan(s->support))
            kc_jsonw_double(w, "support", s->support);
    }
}

/* Return the place of the entry with the chosen k; n if there is none. */
static size_t find_selected(const struct kc_ksweep *f)
{
    size_t i = 0;
    while (i < f->n && f->entry[i].k != f->selected)
        i++;
    return i;
}

void kc_out_choice(struct kc_jsonw *w, const struct kc_ksweep *f)
{
    const size_t at = find_selected(f);
    if (!(f->evidence & KC_EVIDENCE_AUTO) || f->n < 2 || at == f->n)
        return;
    const struct kc_choice c = kc_combine_doubt(f->entry, f->n, at);
    kc_jsonw_open(w, "choice", '{', 1);
    kc_jsonw_u64(w, "k", f->selected);
    kc_jsonw_double(w, "confidence", c.confidence);
    if (c.runner_up) {
        kc_jsonw_u64(w, "runner_up", c.runner_up);
        kc_jsonw_double(w, "runner_up_merit", c.runner_merit);
        kc_jsonw_double(w, "runner_up_confidence", c.runner_support);
    } else {
        kc_jsonw_null(w, "runner_up");
    }
    kc_jsonw_bool(w, "nested", c.nested);
    kc_jsonw_close(w, '}');
}

void kc_out_structure(struct kc_jsonw *w, const struct kc_structure *s)
{
    if (s->rows == 0)
        return;
    kc_jsonw_bool(w, "structure", s->found);
    kc_jsonw_open(w, "structure_test", '{', 1);
    kc_jsonw_u64(w, "rows", s->rows);
    kc_jsonw_u64(w, "references", s->references);
    kc_jsonw_double(w, "modularity", s->modularity);
    kc_jsonw_double(w, "reference_modularity", s->reference_modularity);
    kc_jsonw_double(w, "modularity_deviations", s->modularity_z);
    kc_jsonw_double(w, "silhouette", s->silhouette);
    kc_jsonw_double(w, "reference_silhouette", s->reference_silhouette);
    kc_jsonw_double(w, "silhouette_deviations", s->silhouette_z);
    kc_jsonw_close(w, '}');
}

/* Return the index that k is chosen by, with the sign changed if lower is better. */
static double index_value(const struct kc_k_entry *s, enum kc_index by)
{
    return by == KC_INDEX_DAVIES_BOULDIN || by == KC_INDEX_ELBOW ? -kc_ksweep_value(s, by) : kc_ksweep_value(s, by);
}

/* Return how many values of k are better than that of entry i by the index that k is chosen by; NAN is worst. */
static size_t rank_entry(const struct kc_ksweep *f, size_t i)
{
    double mine = index_value(&f->entry[i], f->by);
    size_t ahead = 0;
    for (size_t j = 0; j < f->n; j++) {
        double other = index_value(&f->entry[j], f->by);
        if (isnan(mine) ? !isnan(other) || j < i : other > mine || (other == mine && j < i))
            ahead++;
    }
    return ahead;
}

/* A column of the table: what is above it, and the figure, by its place in struct kc_k_entry. */
struct column {
    const char *head;
    size_t at;
    int width, decimals;
};

#define FIGURE(member) offsetof(struct kc_k_entry, member)

static double read_figure(const struct kc_k_entry *s, size_t at)
{
    return *(const double *)(const void *)((const char *)s + at);
}

/* List the columns of the table. Returns how many. */
static size_t list_columns(const struct kc_ksweep *f, struct column *c)
{
    static const struct column usual[] = {{"silhouette", FIGURE(silhouette), 10, 4},
                                          {"calinski-harabasz", FIGURE(calinski_harabasz), 17, 2},
                                          {"davies-bouldin", FIGURE(davies_bouldin), 14, 4},
                                          {"objective", FIGURE(objective), 10, 2}};
    static const struct {
        unsigned evidence;
        struct column column;
    } more[] = {{0, {"silhouette", FIGURE(silhouette), 10, 4}},
                {0, {"macro", FIGURE(macro_silhouette), 6, 4}},
                {0, {"db", FIGURE(davies_bouldin), 6, 3}},
                {KC_EVIDENCE_MODULARITY, {"modularity", FIGURE(modularity), 10, 4}},
                {KC_EVIDENCE_HALVES, {"stability", FIGURE(stability), 9, 4}},
                {KC_EVIDENCE_HALVES, {"strength", FIGURE(strength), 8, 4}},
                {KC_EVIDENCE_GAP, {"gap", FIGURE(gap), 7, 4}},
                {KC_EVIDENCE_AUTO, {"merit", FIGURE(merit), 6, 4}},
                {KC_EVIDENCE_AUTO, {"support", FIGURE(support), 7, 2}}};
    size_t n = 0;
    if (f->evidence == 0 && f->by <= KC_INDEX_DAVIES_BOULDIN) {
        for (; n < sizeof usual / sizeof *usual; n++)
            c[n] = usual[n];
        return n;
    }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        size_t known = 0;
        while (known < f->n && isnan(read_figure(&f->entry[known], more[i].column.at)))
            known++;
        if (known < f->n && (more[i].evidence & ~f->evidence) == 0)
            c[n++] = more[i].column;
    }
    return n;
}

int kc_out_sweep_table(struct kc_buf *b, const struct kc_ksweep *f, int all, struct kc_err *e)
{
    const size_t shown = f->n > MOST && !all ? SOME : f->n;
    struct column column[10];
    const size_t n = list_columns(f, column);
    const int iterations = f->iterates && f->evidence == 0 && f->by <= KC_INDEX_DAVIES_BOULDIN;
    int rc = kc_buf_printf(b, e, "      k");
    for (size_t c = 0; rc == 0 && c < n; c++)
        rc = kc_buf_printf(b, e, "  %*s", column[c].width, column[c].head);
    if (rc != 0 || kc_buf_printf(b, e, "%s\n", iterations ? "  iterations" : "") != 0)
        return -1;
    for (size_t i = 0; i < f->n; i++) {
        const struct kc_k_entry *s = &f->entry[i];
        if (shown < f->n && s->k != f->selected && rank_entry(f, i) >= shown)
            continue;
        rc = kc_buf_printf(b, e, "%c %5u", s->k == f->selected ? '*' : ' ', s->k);
        for (size_t c = 0; rc == 0 && c < n; c++) {
            const double x = read_figure(s, column[c].at);
            rc = isnan(x) ? kc_buf_printf(b, e, "  %*s", column[c].width, "-") :
                            kc_buf_printf(b, e, "  %*.*f", column[c].width, column[c].decimals, x);
        }
        if (rc != 0 || (iterations && kc_buf_printf(b, e, "  %10llu", (unsigned long long)s->iterations) != 0) ||
            kc_buf_addc(b, '\n', e) != 0)
            return -1;
    }
    if (shown < f->n && kc_buf_printf(b, e, "        the best %zu of %zu values of k\n", shown, f->n) != 0)
        return -1;
    return kc_buf_addc(b, '\n', e);
}

/* Return a word for a confidence. */
static const char *name_confidence(double x)
{
    return x >= 0.8 ? "high" : x >= 0.5 ? "fair" : "low";
}

int kc_out_advice(struct kc_buf *b, const struct kc_ksweep *f, const char *prefix, struct kc_err *e)
{
    const size_t at = find_selected(f);
    const unsigned halves = 2 * KC_CHOICE_SPLITS;
    if (!(f->evidence & KC_EVIDENCE_AUTO) || f->n < 2 || at == f->n)
        return 0;
    const struct kc_choice c = kc_combine_doubt(f->entry, f->n, at);
    if (isnan(c.confidence)) {
        if (kc_buf_printf(b, e, "%sk = %u has the largest silhouette and modularity together\n", prefix,
                          f->selected) != 0)
            return -1;
    } else if (kc_buf_printf(b, e, "%sk = %u, confidence %s: %.0f of %u random halves of the rows choose it or a k "
                             "near it\n", prefix, f->selected, name_confidence(c.confidence), c.confidence * halves,
                             halves) != 0) {
        return -1;
    }
    if (!c.runner_up)
        return 0;
    if (kc_buf_printf(b, e, "%snext best: k = %u, with %.0f %% of its merit", prefix, c.runner_up,
                      100 * c.runner_merit) != 0 ||
        (!isnan(c.runner_support) && kc_buf_printf(b, e, "; %.0f of %u halves choose that", c.runner_support * halves,
                                                   halves) != 0) ||
        kc_buf_addc(b, '\n', e) != 0)
        return -1;
    const uint32_t low = c.runner_up < f->selected ? c.runner_up : f->selected;
    const uint32_t high = c.runner_up < f->selected ? f->selected : c.runner_up;
    return c.nested ? kc_buf_printf(b, e, "%sboth are nearly as good, as with topics and subtopics: -k %u --levels "
                                    "%u,%u gives both, one within the other\n", prefix, high, low, high) : 0;
}
