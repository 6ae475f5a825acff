/* Labels and figures in the reports on labellings. */
#include "report/names.h"

#include <math.h>
#include "base/num.h"
#include "report/width.h"

void kc_out_json_label(struct kc_jsonw *w, const char *key, const struct kc_labelling *l, uint32_t c)
{
    size_t n;
    const char *name = kc_strs_get(&l->names, c, &n);
    uint64_t v = 0;
    if (!l->integers) {
        kc_jsonw_str(w, key, name, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(name[i] - '0');
    kc_jsonw_u64(w, key, v);
}

void kc_out_json_agreement(struct kc_jsonw *w, const struct kc_agreement *a)
{
    kc_jsonw_double(w, "ari", a->ari);
    kc_jsonw_double(w, "ami", a->ami);
    kc_jsonw_double(w, "nmi", a->nmi);
}

int kc_out_add_label(struct kc_buf *b, const struct kc_labelling *l, uint32_t c, unsigned columns, int right,
                     struct kc_err *e)
{
    size_t n;
    const char *name = kc_strs_get(&l->names, c, &n);
    return columns > 0 ? kc_out_add_field(b, name, n, columns, right, e) : kc_out_add_cut(b, name, n, 24, e);
}

int kc_out_add_cell(struct kc_buf *b, double x, int width, int decimals, struct kc_err *e)
{
    if (isnan(x))
        return kc_buf_printf(b, e, "  %*s", width, "-");
    if (x == 0 || (x < 0 && x > -0.5 * pow(10, -decimals))) /* no minus before what is shown as 0 */
        x = 0;
    return kc_buf_printf(b, e, "  %*.*f", width, decimals, x);
}

int kc_out_add_figure(struct kc_buf *b, const char *name, double x, struct kc_err *e)
{
    if (kc_buf_printf(b, e, "%-22s", name) != 0 || kc_out_add_cell(b, x, 0, 4, e) != 0)
        return -1;
    return kc_buf_addc(b, '\n', e);
}

/* Return 1 if a is listed before b: it is larger, or of the same size with a lower number. */
static int is_before(const uint64_t *sizes, uint32_t a, uint32_t b)
{
    return sizes[a] > sizes[b] || (sizes[a] == sizes[b] && a < b);
}

/* Put id into the heap (m) at place i or below, so that no child is listed after its parent. */
static void sift_down(const uint64_t *sizes, uint32_t *heap, size_t m, size_t i, uint32_t id)
{
    for (size_t c; (c = 2 * i + 1) < m; i = c) {
        if (c + 1 < m && is_before(sizes, heap[c], heap[c + 1]))
            c++;
        if (!is_before(sizes, id, heap[c]))
            break;
        heap[i] = heap[c];
    }
    heap[i] = id;
}

/* Heap sort, with the last of the order on top: it needs no memory. */
void kc_out_by_size(const uint64_t *sizes, size_t k, uint32_t *order)
{
    for (size_t i = 0; i < k; i++)
        order[i] = (uint32_t)i;
    for (size_t i = k / 2; i-- > 0;)
        sift_down(sizes, order, k, i, order[i]);
    for (size_t m = k; m-- > 1;) {
        uint32_t last = order[0];
        sift_down(sizes, order, m, 0, order[m]);
        order[m] = last;
    }
}
