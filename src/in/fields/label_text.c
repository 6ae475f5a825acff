/* The text of a file of labels (label_text.h): its reader notes where each value stands. */
#include "in/fields/label_text.h"

#include <string.h>
#include "base/bytes.h"
#include "in/fields/npy_header.h"

int kc_label_text_add(struct kc_label_text *t, struct kc_label_span label, struct kc_label_span name, struct kc_err *e)
{
    if (t->n == t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 1024;
        struct kc_label_span *labels = kc_mem_realloc(t->label, cap, sizeof *labels, e);
        t->label = labels ? labels : t->label;
        struct kc_label_span *names = labels ? kc_mem_realloc(t->name, cap, sizeof *names, e) : NULL;
        if (!names)
            return -1;
        t->name = names;
        t->cap = cap;
    }
    t->label[t->n] = label;
    t->name[t->n++] = name;
    return 0;
}

void kc_label_text_free(struct kc_label_text *t)
{
    kc_buf_free(&t->bytes);
    kc_mem_free(t->label);
    kc_mem_free(t->name);
    memset(t, 0, sizeof *t);
}

int kc_label_text_number(const char *descr, int64_t v, char *out)
{
    const size_t n = kc_npy_cell(descr);
    const int swap = *descr == '>' || (*descr == '=' && KC_BIG_ENDIAN);
    uint64_t bits = (uint64_t)v;
    if (descr[1] == 'f') {
        const double wide = (double)v;
        const float narrow = (float)v;
        uint32_t low;
        memcpy(&low, &narrow, sizeof low);
        memcpy(&bits, &wide, sizeof bits);
        bits = n == 4 ? low : bits;
        if (v < 0 || v >= (n == 4 ? INT64_C(1) << 24 : INT64_C(1) << 53))
            return 0;
    } else if (v < 0 || (n < 8 && bits >> (8 * n - (descr[1] == 'i')) != 0)) {
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        out[swap ? n - 1 - i : i] = (char)(bits >> (8 * i));
    return 1;
}
