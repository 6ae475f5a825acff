/* Layers are shown like the sweep of k-means: one line each, the chosen one with a star. */
#include "report/density.h"

#include <math.h>
#include "core/density/hdbscan.h"

uint64_t kc_out_count_noise(const struct kc_clustering *f)
{
    uint64_t noise = 0;
    for (size_t i = 0; i < f->n; i++)
        noise += f->labels[i] == KC_NOISE;
    return noise;
}

int kc_out_layers_table(struct kc_buf *b, const struct kc_clustering *f, struct kc_err *e)
{
    const struct kc_hdbscan *own = kc_hdbscan_of(f);
    if (!own || own->layers.n < 2)
        return 0;
    if (kc_buf_adds(b, "  min-size      k   assigned  modularity  silhouette\n", e) != 0)
        return -1;
    for (size_t i = 0; i < own->layers.n; i++) {
        const struct kc_layer *l = &own->layers.layer[i];
        if (kc_buf_printf(b, e, "%c %8llu  %5u  %7.1f %%  %10.4f  %10.4f\n", i == own->layers.chosen ? '*' : ' ',
                          (unsigned long long)l->min_size, l->k, 100 * (double)l->assigned / (double)f->n,
                          l->modularity, l->silhouette) != 0)
            return -1;
    }
    return kc_buf_addc(b, '\n', e);
}

void kc_out_density(struct kc_jsonw *w, const struct kc_clustering *f)
{
    static const char *const names[] = {"auto", "eom", "leaf", "layers"};
    const struct kc_hdbscan *own = kc_hdbscan_of(f);
    if (!own)
        return;
    kc_jsonw_u64(w, "noise", kc_out_count_noise(f));
    kc_jsonw_u64(w, "noise_found", own->noise);
    kc_jsonw_double(w, "recall", own->recall);
    kc_jsonw_cstr(w, "select", names[own->select]);
    kc_jsonw_open(w, "layers", '[', 0);
    for (size_t i = 0; i < own->layers.n; i++) {
        const struct kc_layer *l = &own->layers.layer[i];
        kc_jsonw_open(w, NULL, '{', 1);
        kc_jsonw_u64(w, "min_size", l->min_size);
        kc_jsonw_u64(w, "k", l->k);
        kc_jsonw_u64(w, "assigned", l->assigned);
        kc_jsonw_double(w, "modularity", l->modularity);
        kc_jsonw_double(w, "silhouette", l->silhouette);
        kc_jsonw_bool(w, "chosen", i == own->layers.chosen);
        kc_jsonw_close(w, '}');
    }
    kc_jsonw_close(w, ']');
}
