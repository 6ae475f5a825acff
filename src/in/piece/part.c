/* Share out the bytes of the inputs to the ranks of a team. Each rank looks at the beginning of the first file, and of
 * the files that it reads, so that all decide alike what the records are. */
#include "in/piece/part.h"

#include <string.h>
#include "in/piece/reader.h"

#define STEP ((size_t)1 << 18)

/* Return the bytes by which an operand counts: one that is none of a regular file still belongs to a rank. */
static uint64_t operand_bytes(const char *path)
{
    const uint64_t n = kc_source_size(path);
    return n > 0 ? n : 1;
}

uint64_t kc_part_even(uint64_t all, unsigned rank, unsigned ranks)
{
    return all / ranks * rank + all % ranks * rank / ranks;
}

void kc_part_init(struct kc_feed *f, unsigned rank, unsigned ranks)
{
    uint64_t all = 0;
    for (size_t i = 0; i < f->nfiles; i++)
        all += operand_bytes(f->files[i]);
    f->part.on = 1;
    f->part.low = kc_part_even(all, rank, ranks);
    f->part.high = kc_part_even(all, rank + 1, ranks);
}

/* Return what of n bytes from `before` on lies before x. */
static uint64_t clip(uint64_t x, uint64_t before, uint64_t n)
{
    return x <= before ? 0 : x - before < n ? x - before : n;
}

/* Return the suffix of a file's name. */
static const char *suffix(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? dot : "";
}

int kc_part_skips(struct kc_feed *f)
{
    struct kc_part *p = &f->part;
    if (!p->on)
        return 0;
    p->before += p->size;
    p->size = operand_bytes(f->path);
    p->from = clip(p->low, p->before, p->size);
    p->to = clip(p->high, p->before, p->size);
    p->begin = p->row0 = 0;
    /* all see the first file, which sets the fields and columns, and those that may set the dimension */
    return p->from == p->to && f->rd && f->d > 0 &&
           (f->o->format != KC_IN_AUTO || strcmp(suffix(f->path), suffix(f->files[0])) == 0);
}

int kc_part_decide(struct kc_feed *f, struct kc_slot *s, const int *decided, struct kc_err *e)
{
    int eof = 0, bad = 0;
    while (!eof && !bad && (f->d == 0 || (decided && !*decided))) {
        if (f->rd->fill(f, s, &eof, e) != 0)
            return -1;
        bad = s->nbads > 0 && !f->o->skip_bad; /* which the rank reports that has it */
        kc_slot_clear(s);
    }
    return 0;
}

int kc_part_narrow(struct kc_feed *f, struct kc_slot *s, int *none, struct kc_err *e)
{
    struct kc_part *p = &f->part;
    *none = 0;
    if (!p->on || (p->from == 0 && p->to == p->size))
        return 0;
    const uint64_t left = kc_source_left(f->src);
    p->at = p->size - left - (f->carry.n - f->carry_at);
    const int rc = left != UINT64_MAX && f->rd->narrow ? f->rd->narrow(f, s, e) : 1;
    *none = rc == 1 ? p->from > 0 || p->to == 0 : p->from == p->to;
    return rc < 0 ? -1 : *none ? kc_part_decide(f, s, NULL, e) : 0;
}

int kc_part_window(struct kc_feed *f, uint64_t from, uint64_t to, struct kc_err *e)
{
    f->carry.n = f->carry_at = 0;
    f->src_eof = f->stop = 0;
    f->broken = (struct kc_err)KC_ERR_INIT;
    return kc_source_window(f->src, from, to, e);
}

int kc_part_count_lines(const char *path, uint64_t n, uint64_t *lines, struct kc_err *e)
{
    struct kc_source *s = NULL;
    char *some = kc_mem_alloc(STEP, 1, e);
    size_t got = 1;
    int rc = some ? kc_source_open(&s, path, e) : -1;
    for (*lines = 0; rc == 0 && n > 0 && got > 0; n -= got) {
        rc = kc_source_read(s, some, n < STEP ? (size_t)n : STEP, &got, e);
        for (const char *p = some, *end = some + got; rc == 0 && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
            ++*lines;
    }
    kc_source_free(s);
    kc_mem_free(some);
    return rc;
}
