/* Parts of inputs: what the ranks read of them, one after the other, is all of them, each row once. */
#include "in/piece/part.h"

#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "in/formats/formats.h"
#include "in_util.h"
#include "unit.h"

#define LINES 300

/* Append to out what a rank reads: "term x x\n" a row. Return -1 after a failure; 1 if records must be found exactly. */
static int read_part(const struct kc_in_opts *o, unsigned rank, unsigned ranks, int exact, size_t block,
                     struct kc_buf *out, struct kc_err *e)
{
    struct kc_in_stats st;
    struct kc_feed *f = calloc(1, sizeof *f);
    struct kc_slot *s = calloc(1, sizeof *s);
    static const struct kc_attrs nothing = {0};
    int none = 0, eof, rc = -1;
    memset(&st, 0, sizeof st);
    f->o = o;
    f->block = block;
    f->files = o->files;
    f->nfiles = o->nfiles;
    f->st = &st;
    kc_part_init(f, rank, ranks);
    f->part.exact = exact;
    if (kc_fields_init(&f->given, NULL, NULL, 1, e) != 0)
        goto out;
    for (;;) {
        if (kc_formats_open_next(f, &none, e) != 0)
            goto out;
        if (none)
            break;
        if (kc_part_narrow(f, s, &none, e) != 0)
            goto out;
        for (eof = none; !eof;) {
            kc_slot_clear(s);
            s->o = o;
            s->rd = f->rd;
            s->given = &f->given;
            s->want = &nothing;
            if (f->rd->fill(f, s, &eof, e) != 0)
                goto out;
            s->d = f->d;
            if (!eof)
                f->rd->work(s);
            for (size_t i = 0; !eof && i < s->n; i++) {
                size_t n = 1;
                const char *t = s->has_terms ? kc_strs_get(&s->terms, i, &n) : "-";
                if (kc_buf_printf(out, e, "%.*s %g %g\n", (int)n, t, (double)s->x[i * s->d],
                                  (double)s->x[i * s->d + 1]) != 0)
                    goto out;
            }
        }
        kc_feed_close(f);
    }
    rc = 0;
out:
    rc = rc != 0 && e->again ? 1 : rc;
    kc_feed_free(f);
    kc_slot_free(s);
    free(s);
    free(f);
    return rc;
}

/* Write a file of lines, or of csv records some of which go on over several lines. */
static void write_lines(struct kc_rng *r, int kind, struct kc_buf *b, struct kc_err *e)
{
    const int n = 1 + (int)kc_rng_below(r, LINES);
    b->n = 0;
    CHECK(kind == 0 || kc_buf_adds(b, kind == 1 ? "" : "term,x,y\n", e) == 0);
    for (int i = 0; i < n; i++) {
        const int x = (int)kc_rng_below(r, 1000), lines = (int)kc_rng_below(r, 5);
        const char *format = kind == 0 ? "{\"term\":\"t%d\",\"vec\":[%d,1]}\n" : kind == 1 ? "t%d %d 1\n" : "t%d,%d,1\n";
        if (kind == 2 && lines > 2)
            CHECK(kc_buf_printf(b, e, "\"%s%d,\"\"5,6\n, \",%d,1\n", lines > 3 ? "a\n\n" : "", i, x) == 0);
        else
            CHECK(kc_buf_printf(b, e, format, i, x) == 0);
    }
}

TEST(parts_of_inputs_are_all_of_them)
{
    static const char *const suffix[] = {".jsonl", ".txt", ".csv"};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 31, 0);
    struct kc_buf bytes = {NULL, 0, 0}, whole = {NULL, 0, 0}, parts = {NULL, 0, 0};
    int exact = 0;
    for (int round = 0; round < 200; round++) {
        struct kc_err e = KC_ERR_INIT;
        struct input in = {.o = input_defaults};
        const size_t files = 1 + (size_t)kc_rng_below(&r, 4), block = 32 + (size_t)kc_rng_below(&r, 2000);
        const unsigned ranks = 1 + (unsigned)kc_rng_below(&r, 9);
        whole.n = parts.n = 0;
        for (size_t i = 0; i < files; i++) {
            const int kind = (int)kc_rng_below(&r, 3);
            write_lines(&r, kind, &bytes, &e);
            input_add(&in, bytes.p, bytes.n, suffix[kind]);
        }
        CHECK(read_part(&in.o, 0, 1, 0, block, &whole, &e) == 0);
        int rc = 0;
        for (unsigned i = 0; rc == 0 && i < ranks; i++)
            rc = read_part(&in.o, i, ranks, 0, block, &parts, &e);
        if (rc == 1) { /* a part was cut within quotes */
            exact++;
            parts.n = 0;
            e = (struct kc_err)KC_ERR_INIT;
            for (unsigned i = 0; (i == 0 || rc == 0) && i < ranks; i++)
                rc = read_part(&in.o, i, ranks, 1, block, &parts, &e);
        }
        CHECK(rc == 0 && whole.n == parts.n && whole.n > 0 && memcmp(whole.p, parts.p, whole.n) == 0);
        input_clear(&in);
    }
    CHECK(exact > 20 && exact < 180);
    kc_buf_free(&bytes);
    kc_buf_free(&whole);
    kc_buf_free(&parts);
}

TEST(even_shares_cover_all_and_differ_by_one)
{
    for (uint64_t all = 0; all < 40; all++)
        for (unsigned ranks = 1; ranks < 9; ranks++) {
            CHECK(kc_part_even(all, 0, ranks) == 0 && kc_part_even(all, ranks, ranks) == all);
            for (unsigned r = 0; r < ranks; r++) {
                const uint64_t n = kc_part_even(all, r + 1, ranks) - kc_part_even(all, r, ranks);
                CHECK(n == all / ranks || n == all / ranks + 1);
            }
        }
}
