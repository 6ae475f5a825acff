/* Read rows a second time from their files instead of keeping them. Of most formats row i lies at a fixed stride; kvec
 * has terms of any length between the rows, so the offset of every 16th row is kept and the rest is walked. Rows come
 * out as unit vectors with the same bits as at the first reading; a file whose size or time of change differs since
 * then is refused at the end of every pass. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/fd.h"
#include "in/fault.h"
#include "in/formats/formats.h"
#include "in/formats/plain.h"
#include "in/piece/reopened.h"
#include "in/stored.h"
#include "la/matrix.h"

/* In a kvec file the offset of every MARK-th row is kept: half a byte of memory per row, and a single row (of a sample)
 * is still found soon. The tiles of la begin at multiples of it. */
#define MARK 16
#define TERM_BYTES 32 /* bytes of a kvec term, a guess used only to choose how much to read at once */
#define WINDOW ((size_t)32768) /* bytes of a file that are read at a time if they must be converted; on the stack */

/* A run of rows that lie one after the other in a file. */
struct extent {
    size_t row0; /* its first row */
    size_t file;
    uint64_t at; /* offset of that row */
    size_t mark; /* kvec: index in marks of row0's offset; every MARK rows another one follows */
};

struct kc_reread {
    size_t n, d;
    struct kc_reopened **files; /* (nfiles) */
    size_t nfiles, file_cap;
    struct extent *ext;      /* (next) ascending by row0 */
    size_t next, ext_cap;
    uint64_t *marks;         /* (nmarks) kvec: offset of every MARK-th row of an extent */
    size_t nmarks, mark_cap;
    uint64_t end;            /* offset after the last row in its file */
    struct kc_fault fault;
};

struct kc_reread *kc_reread_new(size_t d, struct kc_err *e)
{
    struct kc_reread *r = kc_mem_zalloc(1, sizeof *r, e);
    if (!r)
        return NULL;
    r->d = d;
    kc_fault_init(&r->fault);
    return r;
}

/* Make room for one more element. */
static int reserve_one(void **p, size_t *cap, size_t n, size_t size, struct kc_err *e)
{
    if (n < *cap)
        return 0;
    size_t more = *cap ? kc_mem_mul(*cap, 2) : 16;
    void *q = kc_mem_realloc(*p, more, size, e);
    if (!q)
        return -1;
    *p = q;
    *cap = more;
    return 0;
}

/* Take over the slot's open file. */
static int keep_file(struct kc_reread *r, struct kc_slot *s, struct kc_err *e)
{
    void *p = r->files;
    int rc = reserve_one(&p, &r->file_cap, r->nfiles, sizeof *r->files, e);
    r->files = p;
    if (rc != 0)
        return -1;
    r->files[r->nfiles++] = s->reopened;
    s->reopened = NULL;
    return 0;
}

/* Begin an extent, at offset `at` of the last file. */
static int add_extent(struct kc_reread *r, uint64_t at, struct kc_err *e)
{
    void *p = r->ext;
    int rc = reserve_one(&p, &r->ext_cap, r->next, sizeof *r->ext, e);
    r->ext = p;
    if (rc == 0)
        r->ext[r->next++] = (struct extent){r->n, r->nfiles - 1, at, r->nmarks};
    return rc;
}

static int add_mark(struct kc_reread *r, uint64_t at, struct kc_err *e)
{
    void *p = r->marks;
    int rc = reserve_one(&p, &r->mark_cap, r->nmarks, sizeof *r->marks, e);
    r->marks = p;
    if (rc == 0)
        r->marks[r->nmarks++] = at;
    return rc;
}

/* Return the offset of record i of a kvec slot, whose span is the record's term. */
static uint64_t record_at(const struct kc_slot *s, size_t i)
{
    return s->at + s->spans[i].off - 4;
}

int kc_reread_add(struct kc_reread *r, struct kc_slot *s, struct kc_err *e)
{
    if (s->reopened && keep_file(r, s, e) != 0)
        return -1;
    const struct kc_reopened *a = r->nfiles ? r->files[r->nfiles - 1] : NULL;
    if (!a || a->no != s->no || s->nbads > 0 || s->end <= s->at)
        return 1;
    int kvec = a->rd->format == KC_IN_KVEC;
    if ((r->next == 0 || r->ext[r->next - 1].file != r->nfiles - 1 || r->end != s->at) &&
        add_extent(r, kvec ? record_at(s, 0) : s->at, e) != 0)
        return -1;
    for (size_t i = 0; kvec && i < s->n; i++)
        if ((r->n + i - r->ext[r->next - 1].row0) % MARK == 0 && add_mark(r, record_at(s, i), e) != 0)
            return -1;
    r->n += s->n;
    r->end = s->end;
    return 0;
}

uint64_t kc_reread_bytes(const struct kc_reread *r)
{
    return (uint64_t)r->mark_cap * sizeof *r->marks + (uint64_t)r->ext_cap * sizeof *r->ext +
           (uint64_t)r->file_cap * (sizeof *r->files + sizeof **r->files);
}

static int refuse_changed_file(const struct kc_reopened *a, struct kc_err *e)
{
    return kc_err_at(e, KC_ESYS, a->name, 0, "was changed while kclust was reading it");
}

/* Read n bytes at offset `at`, fewer only at the end of the file. */
static int read_at(const struct kc_reopened *a, void *p, size_t n, uint64_t at, size_t *got, struct kc_err *e)
{
    int err = kc_fd_pread(a->fd, p, n, (off_t)at, got);
    return err == 0 ? 0 : kc_err_sys(e, a->name, err, "cannot read");
}

/* A piece of a file in memory. */
struct file_window {
    const struct kc_reopened *a;
    uint64_t at;
    size_t n;
    size_t more; /* bytes that will probably be wanted from here on */
    char p[WINDOW];
};

/* Return the bytes at offset `at`, at least `need` of them; *n is how many are in view. NULL on an error, also if the
 * file is too short. */
static const char *window_bytes(struct file_window *w, uint64_t at, size_t need, size_t *n, struct kc_err *e)
{
    if (at < w->at || at + need > w->at + w->n) {
        size_t most = w->more < need ? need : w->more < WINDOW ? w->more : WINDOW;
        w->at = at;
        if (read_at(w->a, w->p, most, at, &w->n, e) != 0)
            return NULL;
        if (w->n < need) {
            (void)refuse_changed_file(w->a, e);
            return NULL;
        }
    }
    *n = (size_t)(w->at + w->n - at);
    return w->p + (at - w->at);
}

/* Read n numbers at offset `at`. */
static int read_numbers(struct file_window *w, uint64_t at, size_t n, float *buf, struct kc_err *e)
{
    size_t size = kc_cell_bytes(w->a->layout.cell);
    while (n > 0) {
        size_t got;
        const char *p = window_bytes(w, at, size, &got, e);
        if (!p)
            return -1;
        got = got / size < n ? got / size : n;
        kc_cell_floats(buf, p, got, &w->a->layout);
        at += got * size;
        buf += got;
        n -= got;
    }
    return 0;
}

/* Read m rows that lie one after the other. */
static int read_plain(const struct kc_reopened *a, uint64_t at, size_t m, size_t d, float *buf, struct kc_err *e)
{
    const struct kc_layout *l = &a->layout;
    size_t all = m * d, row = d * kc_cell_bytes(l->cell), got;
    if (l->cell == KC_CELL_F32 && l->lead == 0 && !l->swap && !KC_BIG_ENDIAN) {
        if (read_at(a, buf, all * sizeof *buf, at, &got, e) != 0)
            return -1;
        return got == all * sizeof *buf ? 0 : refuse_changed_file(a, e);
    }
    struct file_window w;
    w.a = a;
    w.at = w.n = 0;
    for (size_t i = 0; i < m; i++, buf += d, at += l->lead + row) {
        w.more = kc_mem_mul(m - i, l->lead + row);
        if (read_numbers(&w, at + l->lead, d, buf, e) != 0)
            return -1;
    }
    return 0;
}

/* Read m rows of a kvec file into buf, after skipping `skip` rows. A header may come before any row. */
static int read_kvec(const struct kc_reopened *a, uint64_t at, size_t skip, size_t m, size_t d, float *buf,
                     struct kc_err *e)
{
    struct file_window w;
    w.a = a;
    w.at = w.n = 0;
    for (size_t i = 0; i < skip + m;) {
        size_t n;
        w.more = kc_mem_mul(skip + m - i, 4 + TERM_BYTES + d * sizeof *buf);
        const char *p = window_bytes(&w, at, 4, &n, e);
        if (!p)
            return -1;
        uint32_t len = kc_le32(p);
        if (len >= KC_KVEC_TERM_MAX) { /* no length: a header */
            at += 8;
            p = window_bytes(&w, at - 8, 8, &n, e);
            if (!p)
                return -1;
            if (memcmp(p, a->rd->magic, 4) != 0 || kc_le32(p + 4) != d)
                return refuse_changed_file(a, e);
            continue;
        }
        at += 4 + len;
        if (i >= skip && read_numbers(&w, at, d, buf, e) != 0)
            return -1;
        at += d * sizeof *buf;
        buf += i >= skip ? d : 0;
        i++;
    }
    return 0;
}

/* Return the extent that holds row i. */
static const struct extent *find_extent(const struct kc_reread *r, size_t i)
{
    size_t lo = 0, hi = r->next;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (r->ext[mid].row0 <= i)
            lo = mid;
        else
            hi = mid;
    }
    return &r->ext[lo];
}

/* Read m rows of an extent from row i on and make them unit vectors. */
static int read_extent(const struct kc_reread *r, const struct extent *x, size_t i, size_t m, float *buf,
                       struct kc_err *e)
{
    const struct kc_reopened *a = r->files[x->file];
    size_t d = r->d, k = i - x->row0, stride = a->layout.lead + d * kc_cell_bytes(a->layout.cell);
    int rc = a->rd->format == KC_IN_KVEC ?
                 read_kvec(a, r->marks[x->mark + k / MARK], k % MARK, m, d, buf, e) :
                 read_plain(a, x->at + (uint64_t)k * stride, m, d, buf, e);
    for (size_t j = 0; rc == 0 && j < m; j++)
        if (kc_la_unit(buf + j * d, d, buf + j * d, NULL) != KC_ROW_OK)
            rc = refuse_changed_file(a, e);
    return rc;
}

/* Read unit rows [i0, i0 + m), as kc_rows.read requires. */
static int read_rows(void *src, size_t i0, size_t m, float *buf)
{
    struct kc_reread *r = src;
    while (m > 0) {
        struct kc_err e = KC_ERR_INIT;
        const struct extent *x = find_extent(r, i0);
        size_t end = x + 1 < r->ext + r->next ? x[1].row0 : r->n, k = end - i0 < m ? end - i0 : m;
        if (read_extent(r, x, i0, k, buf, &e) != 0) {
            kc_fault_keep(&r->fault, i0, &e);
            return -1;
        }
        i0 += k;
        m -= k;
        buf += k * r->d;
    }
    return 0;
}

/* Report a failed read, or a file that changed: called at the end of every pass over the rows. Changed numbers are
 * noticed by the file's size and time. */
static int report_failure(void *src, struct kc_err *e)
{
    struct kc_reread *r = src;
    for (size_t i = 0; i < r->nfiles; i++) {
        const struct kc_reopened *a = r->files[i];
        struct stat st;
        struct kc_err now = KC_ERR_INIT;
        if (fstat(a->fd, &st) == 0 && st.st_size == a->size && st.st_mtim.tv_sec == a->changed.tv_sec &&
            st.st_mtim.tv_nsec == a->changed.tv_nsec)
            continue;
        (void)refuse_changed_file(a, &now);
        kc_fault_keep(&r->fault, 0, &now);
        break;
    }
    return kc_fault_report(&r->fault, e);
}

struct kc_rows kc_reread_rows(struct kc_reread *r)
{
    return (struct kc_rows){.n = r->n, .d = r->d, .read = read_rows, .failed = report_failure, .src = r};
}

void kc_reread_free(struct kc_reread *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nfiles; i++)
        kc_reopened_free(r->files[i]);
    kc_mem_free(r->files);
    kc_mem_free(r->ext);
    kc_mem_free(r->marks);
    kc_fault_free(&r->fault);
    kc_mem_free(r);
}
