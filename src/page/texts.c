/* The rows' texts: a line each, all deflated together. A text of which the budget has no room is an empty line.
 *
 * Which rows keep their texts is a function of their numbers alone, so that the same view gives the same page. How many
 * can be kept is found by trying: if the bytes do not fit, as much smaller a share of the rows is taken. */
#include "page/parts.h"

#include <string.h>
#include <zlib.h>
#include "base/rng.h"

#define SHARES (UINT64_C(1) << 32) /* a share of the rows is a number of these */
#define FLUSH ((size_t)1 << 18)    /* bytes of text that are deflated at once */

/* Return 1 if the row is in the share. */
static int take_row(uint64_t row, uint64_t share)
{
    struct kc_rng r = kc_rng_stream(0, KC_RNG_SAMPLE, row, 0);
    return kc_rng_u64(&r) >> 32 < share;
}

/* Deflate what is in `lines`, or end the stream. Return 1 if `out` has become longer than the budget, -1 on failure. */
static int deflate_lines(z_stream *z, struct kc_buf *lines, struct kc_buf *out, uint64_t budget, int end,
                         struct kc_err *e)
{
    z->next_in = (unsigned char *)lines->p;
    z->avail_in = (unsigned)lines->n;
    do {
        if (kc_buf_reserve(out, FLUSH, e) != 0)
            return -1;
        z->next_out = (unsigned char *)out->p + out->n;
        z->avail_out = (unsigned)FLUSH;
        if (deflate(z, end ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
            return kc_err_set(e, KC_ESYS, "cannot deflate the texts of the rows");
        out->n += FLUSH - z->avail_out;
        if (out->n > budget)
            return 1;
    } while (z->avail_out == 0);
    lines->n = 0;
    return 0;
}

/* Deflate the texts of a share of the rows into out. *row: the rows that were reached; *kept: those of them with texts.
 * Return 1 if the bytes are more than the budget, -1 on failure. */
static int deflate_share(const struct kc_view *v, z_stream *z, uint64_t share, uint64_t budget, struct kc_buf *out,
                         uint64_t *row, uint64_t *kept, struct kc_err *e)
{
    struct kc_buf lines = {0};
    struct kc_html h = {&lines, e, 0};
    int rc = deflateReset(z) == Z_OK ? 0 : kc_err_set(e, KC_ESYS, "cannot deflate the texts of the rows");
    out->n = 0;
    *kept = 0;
    for (*row = 0; rc == 0 && !h.failed && *row < v->n; ++*row) {
        if (take_row(*row, share)) {
            size_t n;
            const char *t = kc_strs_get(&v->text, (size_t)*row, &n);
            kc_html_line(&h, t, n, KC_PAGE_TEXT_MOST);
            ++*kept;
        }
        kc_html_put(&h, "\n");
        if (lines.n >= FLUSH)
            rc = deflate_lines(z, &lines, out, budget, 0, e);
    }
    if (rc == 0)
        rc = h.failed ? -1 : deflate_lines(z, &lines, out, budget, 1, e);
    kc_buf_free(&lines);
    return rc;
}

/* Return the bytes of all texts, as they are cut. */
static uint64_t sum_texts(const struct kc_view *v)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < v->n; i++) {
        const uint64_t n = v->text.off[i + 1] - v->text.off[i];
        sum += n < KC_PAGE_TEXT_MOST ? n : KC_PAGE_TEXT_MOST;
    }
    return sum;
}

void kc_page_texts(struct kc_page *p, uint64_t budget)
{
    struct kc_buf out = {0};
    z_stream z;
    memset(&z, 0, sizeof z);
    if (p->h.failed)
        return;
    /* level 4 takes a third of the time of level 6, for 5 % more bytes */
    if (deflateInit2(&z, 4, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        p->h.failed = 1;
        (void)kc_mem_fail(p->h.e, (uint64_t)1 << 18);
        return;
    }
    /* texts seldom shrink to less than a fifth */
    const uint64_t sum = sum_texts(p->v);
    uint64_t share = sum / 5 > budget ? (uint64_t)((double)budget * 5 / (double)sum * (double)SHARES) : SHARES, row = 0;
    int rc;
    while ((rc = deflate_share(p->v, &z, share, budget, &out, &row, &p->texts_kept, p->h.e)) == 1 && share > 0)
        share = (uint64_t)((double)share * 0.97 * (double)row / (double)(p->v->n + 1));
    (void)deflateEnd(&z);
    if (rc < 0)
        p->h.failed = 1;
    if (rc == 1) /* not even empty lines fit */
        p->texts_kept = 0;
    else
        kc_page_block(p, "kc-texts", out.p, out.n);
    kc_buf_free(&out);
}
