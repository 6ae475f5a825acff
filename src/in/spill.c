/* Unit rows in a temporary file, for inputs that can be neither kept in memory nor read a second time (pipes,
 * compressed files, text). Appended once in order, then read from any thread by position. */
#include "base/mem.h"
#include "in/fault.h"
#include "in/stored.h"
#include "io/outfile.h"

#define COPY_BYTES ((size_t)1 << 20) /* bytes that are copied at a time, approximately */

struct kc_spill {
    struct kc_outfile *file;
    size_t n, d;
    struct kc_fault fault;
};

int kc_spill_new(struct kc_spill **out, size_t d, struct kc_err *e)
{
    struct kc_spill *s = kc_mem_zalloc(1, sizeof *s, e);
    *out = NULL;
    if (!s)
        return -1;
    s->d = d;
    kc_fault_init(&s->fault);
    if (kc_outfile_open_spool(&s->file, e) != 0) {
        kc_spill_free(s);
        return -1;
    }
    *out = s;
    return 0;
}

int kc_spill_add(struct kc_spill *s, const float *x, size_t rows, struct kc_err *e)
{
    if (kc_outfile_write(s->file, x, kc_mem_mul(kc_mem_mul(rows, s->d), sizeof *x), e) != 0)
        return -1;
    s->n += rows;
    return 0;
}

int kc_spill_copy(struct kc_spill *s, const struct kc_rows *rows, struct kc_err *e)
{
    size_t row = s->d * sizeof(float), step = row < COPY_BYTES ? COPY_BYTES / row : 1;
    int rc = 0;
    if (rows->x)
        return kc_spill_add(s, rows->x, rows->n, e);
    float *buf = kc_mem_alloc(kc_mem_mul(step, s->d), sizeof *buf, e);
    if (!buf)
        return -1;
    for (size_t i = 0; rc == 0 && i < rows->n; i += step) {
        size_t m = rows->n - i < step ? rows->n - i : step;
        rc = rows->read(rows->src, i, m, buf) != 0 ? kc_rows_failed(rows, e) : kc_spill_add(s, buf, m, e);
    }
    kc_mem_free(buf);
    return rc != 0 ? -1 : kc_rows_failed(rows, e); /* a file that changed while it was copied is a failure too */
}

/* Read unit rows [i0, i0 + m), as kc_rows.read requires. */
static int read_rows(void *src, size_t i0, size_t m, float *buf)
{
    struct kc_spill *s = src;
    struct kc_err e = KC_ERR_INIT;
    size_t row = s->d * sizeof *buf;
    if (kc_outfile_read(s->file, (uint64_t)i0 * row, buf, m * row, &e) == 0)
        return 0;
    kc_fault_keep(&s->fault, i0, &e);
    return -1;
}

static int report_failure(void *src, struct kc_err *e)
{
    struct kc_spill *s = src;
    return kc_fault_report(&s->fault, e);
}

int kc_spill_end(struct kc_spill *s, struct kc_rows *rows, struct kc_err *e)
{
    if (kc_outfile_finish(s->file, e) != 0)
        return -1;
    *rows = (struct kc_rows){.n = s->n, .d = s->d, .read = read_rows, .failed = report_failure, .src = s};
    return 0;
}

void kc_spill_free(struct kc_spill *s)
{
    if (!s)
        return;
    kc_outfile_free(s->file);
    kc_fault_free(&s->fault);
    kc_mem_free(s);
}
