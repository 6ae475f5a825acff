/* npy: the ids of the clusters as one vector of int32, -1 for rows in no cluster, and nothing else: what
 * sklearn.cluster.KMeans.labels_ is. They are kept until the last one is known, because the header says how many there
 * are. */
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "report/writer.h"

#define HEADER 128 /* bytes; numpy's own headers of vectors are as long */

static int add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t row, const struct kc_out_opts *o,
                   struct kc_err *e)
{
    uint32_t c = t->labels[i];
    int64_t id = c == KC_NOISE ? -1 : t->ids ? t->ids[c] : (int64_t)c;
    (void)row;
    (void)o;
    if (id > INT32_MAX)
        return kc_err_set(e, KC_EINPUT, "id %lld is above 2147483647, which npy labels cannot hold", (long long)id);
    int32_t small = (int32_t)id;
    return kc_buf_add(b, &small, sizeof small, e);
}

int kc_out_npy_end(struct kc_outfile *f, struct kc_buf *b, struct kc_err *e)
{
    char head[HEADER];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00", 8);
    head[8] = HEADER - 10;
    head[9] = 0;
    int n = snprintf(head + 10, HEADER - 11, "{'descr': '%ci4', 'fortran_order': False, 'shape': (%zu,), }",
                     KC_BIG_ENDIAN ? '>' : '<', b->n / sizeof(int32_t));
    head[10 + n] = ' ';
    head[HEADER - 1] = '\n';
    int rc = kc_outfile_write(f, head, sizeof head, e);
    return rc == 0 && b->n > 0 ? kc_outfile_write(f, b->p, b->n, e) : rc;
}

const struct kc_out_writer kc_out_writer_npy = {.name = "npy", .row = add_row};
