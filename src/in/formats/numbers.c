/* The reader of lines of numbers separated by blanks, without terms: what numpy.savetxt, R's write.table without names
 * and fastText's print-sentence-vectors write. Lines before the first row that begin with '#' are comments. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/formats/formats.h"
#include "in/formats/table_kinds.h"
#include "in/formats/text.h"

#define LOOKED_AT 16 /* lines in which a first number may show that it is a term */

static const struct kc_num_list listed = {' ', '\n'};

static const struct kc_columns columns = {.words = 1, .term = SIZE_MAX};

struct numbers_state {
    struct kc_cut cut;
};

int kc_numbers_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r)
{
    float beyond[64] = {0};
    (void)c;
    r->how = KC_TERM_NONE;
    r->count = 0;
    if (p < end && *p == '#')
        return snprintf(r->msg, sizeof r->msg, "a comment among the rows"), -1;
    for (;;) {
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        if (p == end)
            break;
        enum kc_num_status st;
        int fits = r->row && r->count < r->d;
        float *to = fits ? r->row + r->count : beyond;
        size_t room = fits ? r->d - r->count : sizeof beyond / sizeof beyond[0];
        size_t n = kc_num_listed(&p, r->floor, to, room, &listed, &st);
        r->count += n;
        if (n == 0) { /* a number as Python and C write it? */
            const char *stop = p;
            while (stop < end && *stop != ' ' && *stop != '\t')
                stop++;
            if (kc_text_number(p, stop, to) != KC_NUM_OK)
                return kc_text_bad_number(r, "number", r->count + 1, p, stop);
            r->count++;
            p = stop;
        }
    }
    if (r->count == 0)
        return snprintf(r->msg, sizeof r->msg, "a line of blanks, expected numbers"), -1;
    return r->count > KC_MAX_DIM || (r->d > 0 && r->count != r->d) ? kc_text_bad_count(r) : 0;
}

/* Return the text of the next word on the line, and move *pp behind it; NULL if there is none. */
static const char *next_word(const char **pp, const char *stop)
{
    const char *p = *pp;
    while (p < stop && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    const char *word = p;
    while (p < stop && *p != ' ' && *p != '\t' && *p != '\r')
        p++;
    *pp = p;
    return p > word ? word : NULL;
}

/* Look for whole numbers at the edges of the first lines in [p, end), if no others are whole in every line. Set *first
 * and *last. */
static void look_at_edges(const char *p, const char *end, int *first, int *last)
{
    size_t lines = 0, whole[2] = {0, 0}, inner = 0;
    for (; p < end && lines < LOOKED_AT; lines++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end, *word;
        size_t n = 0, all = 0, is = 0;
        while ((word = next_word(&p, stop)) != NULL) {
            is = (size_t)kc_is_integral(word, (size_t)(p - word));
            whole[0] += n == 0 && is;
            all += n > 0 && is;
            n++;
        }
        if (n < 3) {
            *first = *last = 0;
            return;
        }
        whole[1] += is;
        inner += all - is;
        p = stop + 1;
    }
    *first = lines > 1 && whole[0] == lines && inner == 0;
    *last = lines > 1 && whole[1] == lines && inner == 0;
}

/* Skip the comments before the first row, and refuse numbers that may be terms. */
static int begin_numbers(struct kc_feed *f, struct kc_err *e)
{
    f->state = kc_mem_zalloc(1, sizeof(struct numbers_state), e);
    if (!f->state)
        return -1;
    for (;;) {
        const char *p = f->carry.p + f->carry_at, *end = f->carry.p + f->carry.n;
        const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        if (!nl && !f->src_eof && (size_t)(end - p) <= f->o->max_line) {
            if (kc_feed_more(f, f->block, e) != 0)
                return -1;
            continue;
        }
        /* a comment that is too long is left for a message */
        if (p == end || *p != '#' || !nl || (size_t)(nl - p) > f->o->max_line)
            break;
        f->carry_at += (size_t)(nl - p) + 1;
        f->line0++;
    }
    int first = 0, last = 0;
    if (f->o->format == KC_IN_AUTO)
        look_at_edges(f->carry.p + f->carry_at, f->carry.p + f->carry.n, &first, &last);
    if (first && !last)
        return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1,
                         "each line begins with a whole number: a term, or a number "
                         "of the vector? -i glove takes it as the term, -i numbers as a number");
    if (last)
        return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1,
                         "each line ends with a whole number, which may be a class or a number of the vector: "
                         "-i numbers takes it as a number, awk '{$NF = \"\"} 1' FILE | kclust leaves it out");
    return kc_text_vote(f, &columns, 0, kc_numbers_parse, e);
}

static void end_numbers(struct kc_feed *f)
{
    (void)f;
}

/* Restrict the lines to this rank's. */
static int narrow_numbers(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct numbers_state *st = f->state;
    int first;
    return kc_part_decide(f, s, NULL, e) != 0 ? -1 : kc_cut_narrow(f, &st->cut, &first, e);
}

static int fill_numbers_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct numbers_state *st = f->state;
    s->columns = columns;
    if (kc_cut_fill(f, s, &st->cut, eof, e) != 0)
        return -1;
    if (!*eof)
        kc_text_decide(f, s, kc_numbers_parse);
    return 0;
}

/* Decode the slot's rows. */
static void decode_numbers_piece(struct kc_slot *s)
{
    kc_text_work(s, kc_numbers_parse);
}

const struct kc_reader kc_reader_numbers = {.format = KC_IN_NUMBERS,
                                            .begin = begin_numbers,
                                            .narrow = narrow_numbers,
                                            .fill = fill_numbers_piece,
                                            .work = decode_numbers_piece,
                                            .end = end_numbers};
