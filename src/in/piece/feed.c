/* The feed: reads the open input through the source (io/source.h) and a carry buffer of bytes that were read but not
 * used, so that a reader can look ahead and give bytes back. An error of the source is kept until every byte before it
 * has been used: whatever was good is processed first, and the message does not depend on how the input came. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/piece/reader.h"
#include "in/piece/reopened.h"

/* Memory that is kept. */
struct kc_kept {
    struct kc_kept *next;
    void *p;
};

int kc_feed_keep(struct kc_feed *f, void *p, struct kc_err *e)
{
    struct kc_kept *k = kc_mem_alloc(1, sizeof *k, e);
    if (!k) {
        kc_mem_free(p);
        return -1;
    }
    *k = (struct kc_kept){f->kept, p};
    f->kept = k;
    return 0;
}

uint64_t kc_feed_bytes(const struct kc_feed *f)
{
    return f->bytes + (f->src ? kc_source_bytes(f->src) : 0);
}

uint64_t kc_feed_size(const struct kc_feed *f)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < f->nfiles; i++) {
        uint64_t n = kc_source_size(f->files[i]);
        if (n == 0)
            return 0;
        sum += n;
    }
    return sum;
}

int kc_feed_broken(const struct kc_feed *f, struct kc_err *e)
{
    if (f->broken.code == KC_OK)
        return 0;
    *e = f->broken;
    return -1;
}

/* Read from the source. An error is kept in f->broken: it counts once everything before it has been used. */
static void read_source(struct kc_feed *f, char *p, size_t n, size_t *got)
{
    *got = 0;
    if (!f->src_eof && kc_source_read(f->src, p, n, got, &f->broken) != 0)
        *got = 0;
    f->src_eof = *got == 0;
}

/* Append bytes to b until it holds `want`, from the carry first. If `prompt`, stop at a line that is there and no more
 * without waiting. */
static int take_bytes(struct kc_feed *f, struct kc_buf *b, size_t want, int prompt, struct kc_err *e)
{
    int lines = 0;
    while (b->n < want) {
        /* Never reserve more than what has arrived already: a false length in a header costs no memory. */
        size_t step = b->n > f->block ? b->n : f->block, got = f->carry.n - f->carry_at;
        if (step > want - b->n)
            step = want - b->n;
        if (kc_buf_reserve(b, kc_mem_add(step, KC_NUM_PAD), e) != 0)
            return -1;
        if (got > 0) {
            got = got < step ? got : step;
            memcpy(b->p + b->n, f->carry.p + f->carry_at, got);
            f->carry_at += got;
            if (f->carry_at == f->carry.n)
                f->carry_at = f->carry.n = 0;
        } else {
            read_source(f, b->p + b->n, step, &got);
            if (got == 0)
                break;
        }
        lines |= prompt && memchr(b->p + b->n, '\n', got);
        b->n += got;
        if (lines && f->carry_at == f->carry.n && !kc_source_ready(f->src))
            break;
    }
    if (kc_buf_reserve(b, KC_NUM_PAD, e) != 0)
        return -1;
    memset(b->p + b->n, 0, KC_NUM_PAD);
    return 0;
}

int kc_feed_take(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e)
{
    return take_bytes(f, b, want, 0, e);
}

int kc_feed_take_lines(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e)
{
    return take_bytes(f, b, want, f->o->prompt, e);
}

int kc_feed_back(struct kc_feed *f, struct kc_buf *b, size_t at, struct kc_err *e)
{
    size_t n = b->n - at;
    if (f->carry_at >= n && n > 0) { /* the bytes still lie before the carry, where they came from */
        f->carry_at -= n;
        memcpy(f->carry.p + f->carry_at, b->p + at, n);
    } else if (n > 0) {
        struct kc_buf rest = {NULL, 0, 0};
        size_t left = f->carry.n - f->carry_at;
        if (left > 0) {
            if (kc_buf_reserve(&rest, kc_mem_add(n, left), e) != 0)
                return -1;
            memcpy(rest.p, b->p + at, n);
            memcpy(rest.p + n, f->carry.p + f->carry_at, left);
            rest.n = n + left;
            kc_buf_free(&f->carry);
            f->carry = rest;
        } else {
            f->carry.n = 0;
            if (kc_buf_add(&f->carry, b->p + at, n, e) != 0)
                return -1;
        }
        f->carry_at = 0;
    }
    b->n = at;
    if (kc_buf_reserve(b, KC_NUM_PAD, e) != 0)
        return -1;
    memset(b->p + b->n, 0, KC_NUM_PAD);
    return 0;
}

int kc_feed_peek(struct kc_feed *f, size_t n, struct kc_err *e)
{
    if (f->carry_at > 0) {
        memmove(f->carry.p, f->carry.p + f->carry_at, f->carry.n - f->carry_at);
        f->carry.n -= f->carry_at;
        f->carry_at = 0;
    }
    while (f->carry.n < n && !f->src_eof) {
        size_t step = f->carry.n > f->block ? f->carry.n : f->block, got; /* as in take_bytes */
        if (step > n - f->carry.n)
            step = n - f->carry.n;
        if (kc_buf_reserve(&f->carry, step, e) != 0)
            return -1;
        read_source(f, f->carry.p + f->carry.n, step, &got);
        f->carry.n += got;
    }
    return 0;
}

int kc_feed_skip(struct kc_feed *f, uint64_t n, uint64_t *missing, struct kc_err *e)
{
    size_t have = f->carry.n - f->carry_at, step = have < n ? have : (size_t)n;
    f->carry_at += step;
    n -= step;
    n -= f->src_eof ? 0 : kc_source_skip(f->src, n);
    for (; n > 0 && !f->src_eof; n -= step) {
        f->carry_at = f->carry.n = 0;
        if (kc_feed_peek(f, f->block < n ? f->block : (size_t)n, e) != 0)
            return -1;
        step = f->carry_at = f->carry.n;
    }
    *missing = n;
    return 0;
}

int kc_feed_more(struct kc_feed *f, size_t n, struct kc_err *e)
{
    size_t got;
    if (kc_buf_reserve(&f->carry, n, e) != 0)
        return -1;
    read_source(f, f->carry.p + f->carry.n, n, &got);
    f->carry.n += got;
    return 0;
}

int kc_feed_dim(struct kc_feed *f, uint64_t d, struct kc_err *e)
{
    if (d == 0)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "its rows have no numbers");
    if (d > KC_MAX_DIM)
        return kc_err_at(e, KC_EINPUT, f->name, 0,
                         "its header states %llu numbers per row, more than the limit of %zu",
                         (unsigned long long)d, KC_MAX_DIM);
    if (f->d == 0) {
        f->d = (size_t)d;
        f->d_name = f->name;
    } else if (f->d != d) {
        return kc_err_at(e, KC_EINPUT, f->name, 0, "has %llu number%s per row, expected %zu%s%s", (unsigned long long)d,
                         d == 1 ? "" : "s", f->d, f->d_name == f->name ? "" : " as in ",
                         f->d_name == f->name ? "" : f->d_name);
    }
    return 0;
}

void kc_feed_close(struct kc_feed *f)
{
    if (f->state) {
        f->rd->end(f); /* NOLINT(clang-analyzer-core.NullDereference): the state is that reader's */
        kc_mem_free(f->state);
        f->state = NULL;
    }
    kc_reopened_free(f->reopened);
    f->reopened = NULL;
    if (f->src)
        f->bytes += kc_source_bytes(f->src);
    kc_source_free(f->src);
    f->src = NULL;
}

void kc_feed_free(struct kc_feed *f)
{
    kc_feed_close(f);
    kc_source_free(f->first);
    kc_buf_free(&f->carry);
    while (f->kept) {
        struct kc_kept *k = f->kept;
        f->kept = k->next;
        kc_mem_free(k->p);
        kc_mem_free(k);
    }
}
