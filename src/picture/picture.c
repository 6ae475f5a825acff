/* The table of pictures: what each is called, what it needs, and who draws it. */
#include "picture/picture.h"

#include "picture/svg.h"

static const struct picture_kind {
    kc_picture_drawer *draw;
    const char *caption;
} kinds[KC_PICTURES] = {
    [KC_PICTURE_MAP] = {kc_draw_map, "Each point is a row. Rows with similar vectors lie close together; distances "
                                     "between far points mean little."},
    [KC_PICTURE_SILHOUETTE] = {kc_draw_silhouette, "Each row's silhouette, by cluster: near 1 it is much nearer to its "
                                                   "own cluster than to any other, below 0 it is nearer to another "
                                                   "one. The dashed line is the mean."},
    [KC_PICTURE_K] = {kc_draw_k, "What each number of clusters would have scored. The line marks the chosen one."},
    [KC_PICTURE_SIZES] = {kc_draw_sizes, "Rows of each cluster."},
    [KC_PICTURE_HEAT] = {kc_draw_heat, "The similarity of the clusters' centroids, similar clusters side by side: the "
                                       "darker, the more alike on light paper, the brighter on dark."},
    [KC_PICTURE_TREE] = {kc_draw_tree, "How the clusters would merge, the most similar first: the further right two "
                                       "branches meet, the more different they are."},
    [KC_PICTURE_TIME] = {kc_draw_time, "Rows over time, and below how each cluster comes and goes."},
    [KC_PICTURE_FLOW] = {kc_draw_flow, "What became of the rows of the old clusters: each band is as wide as the rows "
                                       "that it stands for."},
    [KC_PICTURE_KEYWORDS] = {kc_draw_keywords, "The words that set each cluster apart from the others. The bars are "
                                               "their weights."},
    [KC_PICTURE_HISTORY] = {kc_draw_history, "What each update brought to the model."},
    [KC_PICTURE_CONFUSION] = {kc_draw_confusion, "Rows of each cluster (down) and of each known class (across); the "
                                                 "shade is the share of the cluster."},
};

const char *kc_picture_caption(enum kc_picture kind)
{
    return kinds[kind].caption;
}

const char *kc_picture_lacks(const struct kc_view *v, enum kc_picture kind)
{
    switch (kind) {
    case KC_PICTURE_MAP:
        return v->xy && v->n > 0 ? NULL : "vectors of the rows: name their file behind LABELS";
    case KC_PICTURE_SILHOUETTE:
        return v->row_silhouette && v->label && v->k > 1 ? NULL :
               "two clusters or more, and the vectors of the rows: name their file behind LABELS";
    case KC_PICTURE_K:
        return v->nentries > 1 ? NULL : "what several k scored: --from SUMMARY, written by fit -s of a range of k";
    case KC_PICTURE_SIZES:
        return v->k > 0 ? NULL : "clusters";
    case KC_PICTURE_HEAT:
    case KC_PICTURE_TREE:
        return v->nheat > 1 ? NULL : "two clusters or more, and the vectors of the rows: name their file behind "
                                     "LABELS, or --model";
    case KC_PICTURE_TIME:
        return v->bin.n > 0 ? NULL : "times of the rows: --time-field FIELD";
    case KC_PICTURE_FLOW:
        return v->flow.nstreams > 0 ? NULL : "older clusters to compare with: --old LABELS";
    case KC_PICTURE_KEYWORDS:
        return v->keywords.first && v->keywords.text.n > 0 ? NULL : "keywords: --from SUMMARY, or texts of the rows";
    case KC_PICTURE_HISTORY:
        return v->nevents > 0 ? NULL : "a model: --model FILE";
    default:
        return v->gold.n > 0 ? NULL : "labels that are known to be right: --gold FILE";
    }
}

int kc_picture_draw(const struct kc_view *v, enum kc_picture kind, const struct kc_picture_opts *o, struct kc_buf *svg,
                    struct kc_err *e)
{
    unsigned char *ink = kc_mem_alloc(v->k, sizeof *ink, e);
    struct kc_svg s = {.v = v, .o = o, .ink = ink, .b = svg, .e = e};
    const int rc = ink && kc_ink_choose(v, ink, e) == 0 ? kinds[kind].draw(&s) : -1;
    kc_mem_free(ink);
    return rc;
}
