/* The readers of word2vec's text form, which begins with a line `N D` (rows, numbers per row), of GloVe's, which does
 * not, and of word2vec's binary form. A row is a term and its numbers, separated by blanks. Terms may contain blanks:
 * the numbers are counted from the end. */
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"
#include "in/formats/formats.h"
#include "in/formats/text.h"

#define LONGEST_HEADER ((size_t)64)

static const struct kc_num_list listed = {' ', '\n'};

/* Return the beginning of the last word before *end, and move *end to that word's end. NULL if there is none. */
static const char *word_before(const char *p, const char **end)
{
    const char *q = *end;
    while (q > p && q[-1] == ' ')
        q--;
    *end = q;
    while (q > p && q[-1] != ' ')
        q--;
    return q < *end ? q : NULL;
}

static size_t count_words(const char *p, const char *end)
{
    size_t n = 0;
    while (p < end) {
        const char *q = memchr(p, ' ', (size_t)(end - p));
        q = q ? q : end;
        n += q > p;
        p = q + 1;
    }
    return n;
}

/* Parse a row word by word, from its end. This handles blanks in the term and numbers that are not written as in JSON,
 * and reports all that is bad. */
static int parse_slowly(const char *p, const char *end, struct kc_text_row *r)
{
    size_t words = count_words(p, end), d = r->d ? r->d : words - 1;
    const char *from = end, *stop, *q;
    float x;
    if (*p == ' ') {
        snprintf(r->msg, sizeof r->msg, "no term: the line begins with a blank");
        return -1;
    }
    r->count = words - 1;
    if (words == 1 && r->d == 0) {
        snprintf(r->msg, sizeof r->msg, "one word, expected a term and its numbers");
        return -1;
    }
    if (words <= d || d > KC_MAX_DIM)
        return kc_text_bad_count(r);
    for (size_t i = 0; i < d; i++) {
        stop = from;
        from = word_before(p, &stop);
    }
    r->term = p;
    stop = from;
    q = word_before(p, &stop);
    r->term_n = (size_t)(stop - p);
    for (r->count = d; q && q > p && kc_text_number(q, stop, &x) == KC_NUM_OK; r->count++) {
        stop = q;
        q = word_before(p, &stop);
    }
    if (r->count > d) /* a term does not end in a number: the row has one too many */
        return kc_text_bad_count(r);
    for (size_t i = 0; i < d; i++) {
        while (*from == ' ')
            from++;
        stop = memchr(from, ' ', (size_t)(end - from));
        stop = stop ? stop : end;
        if (kc_text_number(from, stop, r->row ? r->row + i : &x) != KC_NUM_OK)
            return kc_text_bad_number(r, "number", i + 1, from, stop);
        from = stop;
    }
    return 0;
}

int kc_words_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r)
{
    enum kc_num_status st;
    const char *q = memchr(p, ' ', (size_t)(end - p));
    (void)c;
    r->how = KC_TERM_PLAIN;
    if (!r->row || !q || q == p)
        return parse_slowly(p, end, r);
    r->term = p;
    r->term_n = (size_t)(q - p);
    while (*q == ' ')
        q++;
    r->count = kc_num_listed(&q, r->floor, r->row, r->d, &listed, &st);
    while (q < end && *q == ' ')
        q++;
    return r->count == r->d && q == end ? 0 : parse_slowly(p, end, r);
}

/* Parse a whole number. Return the text after it, or NULL. */
static const char *whole_number(const char *p, const char *end, uint64_t *out)
{
    const char *from = p;
    *out = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(*out, (uint64_t)10, out) ||
            __builtin_add_overflow(*out, (uint64_t)(*p - '0'), out))
            return NULL;
    return p > from ? p : NULL;
}

int kc_word2vec_header(const char *p, const char *end, uint64_t *rows, uint64_t *d, const char **after)
{
    p = whole_number(p, end, rows);
    if (!p || p == end || *p != ' ')
        return 0;
    p = whole_number(p + 1, end, d);
    while (p && p < end && (*p == ' ' || *p == '\r'))
        p++;
    if (!p || p == end || *p != '\n')
        return 0;
    *after = p + 1;
    return 1;
}

struct words_state {
    struct kc_cut cut;
    uint64_t rows, seen; /* word2vec: rows as its first line says (UINT64_MAX: it has none), and so far */
    uint64_t line;       /* lines so far */
};

/* Read the first line of word2vec, text or binary. */
static int read_header(struct kc_feed *f, uint64_t *rows, uint64_t *d, struct kc_err *e)
{
    char shown[KC_TEXT_SHOWN];
    while (f->carry.n - f->carry_at < LONGEST_HEADER && !f->src_eof &&
           !memchr(f->carry.p + f->carry_at, '\n', f->carry.n - f->carry_at))
        if (kc_feed_more(f, LONGEST_HEADER, e) != 0)
            return -1;
    const char *p = f->carry.p + f->carry_at, *stop = f->carry.p + f->carry.n, *after, *nl;
    stop = stop - p > (ptrdiff_t)LONGEST_HEADER ? p + LONGEST_HEADER : stop;
    if (!kc_word2vec_header(p, stop, rows, d, &after)) {
        nl = memchr(p, '\n', (size_t)(stop - p));
        return !nl && kc_feed_broken(f, e) != 0 ? -1 : /* the source broke before the line was complete */
               kc_err_at(e, KC_EINPUT, f->name, 1,
                         "the line is %s, expected word2vec's header: the number of rows and the numbers per row",
                         kc_text_show(shown, p, nl ? nl : stop));
    }
    f->carry_at += (size_t)(after - p);
    return kc_feed_dim(f, *d, e);
}

/* Check that the rest of the file can hold `rows` rows of at least `least` bytes each. */
static int check_size(struct kc_feed *f, uint64_t rows, uint64_t least, struct kc_err *e)
{
    uint64_t left = kc_source_left(f->src), need;
    if (left == UINT64_MAX)
        return 0;
    left += f->carry.n - f->carry_at;
    if (__builtin_mul_overflow(rows, least, &need) || need > left + 1) /* the last line may have no line break */
        return kc_err_at(e, KC_EINPUT, f->name, 1, "states %llu row%s of %zu number%s, but only %llu byte%s",
                         (unsigned long long)rows, rows == 1 ? "" : "s", f->d, f->d == 1 ? "" : "s",
                         (unsigned long long)left, left == 1 ? " follows" : "s follow");
    if (f->nfiles == 1 && !f->o->skip_bad) /* else there may be far fewer */
        f->hint_rows = rows;
    return 0;
}

static int begin_words(struct kc_feed *f, struct kc_err *e)
{
    struct words_state *st = kc_mem_zalloc(1, sizeof *st, e);
    uint64_t d;
    f->state = st;
    if (!st)
        return -1;
    st->rows = UINT64_MAX;
    if (f->rd == &kc_reader_word2vec) {
        if (read_header(f, &st->rows, &d, e) != 0 ||
            check_size(f, st->rows, f->o->skip_bad ? 2 : 2 * (uint64_t)f->d + 2, e) != 0) /* a bad row may be short */
            return -1;
        f->line0++;
    }
    st->line = f->line0;
    const struct kc_columns columns = {.term = SIZE_MAX};
    return kc_text_vote(f, &columns, 0, kc_words_parse, e);
}

static void end_words(struct kc_feed *f)
{
    (void)f;
}

/* End the input before this line, as an error that counts after all rows before it. */
static void end_input_before(struct kc_feed *f, uint64_t line)
{
    const struct words_state *st = f->state;
    f->carry_at = f->carry.n;
    f->src_eof = 1;
    (void)kc_err_at(&f->broken, KC_EINPUT, f->name, line, "one row more than the %llu that the first line states",
                    (unsigned long long)st->rows);
}

/* Count the slot's rows. A row more than the first line says ends the input. */
static void count_rows(struct kc_feed *f, struct kc_slot *s)
{
    struct words_state *st = f->state;
    struct kc_span span;
    size_t at = 0;
    uint64_t line = st->line;
    while (kc_text_next(s, &at, &line, &span)) {
        if (st->seen == st->rows) {
            s->buf.n = span.off;
            end_input_before(f, span.line);
            return;
        }
        st->seen++;
    }
    if (s->overlong && st->seen == st->rows) {
        s->overlong = 0;
        end_input_before(f, line + 1);
        return;
    }
    st->seen += (uint64_t)(s->overlong != 0);
    st->line = line + (uint64_t)(s->overlong != 0);
}

/* Restrict the lines to this rank's. Those of word2vec must be counted by one. */
static int narrow_words(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct words_state *st = f->state;
    int first;
    if (st->rows != UINT64_MAX)
        return 1;
    return kc_part_decide(f, s, NULL, e) != 0 ? -1 : kc_cut_narrow(f, &st->cut, &first, e);
}

static int fill_words_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct words_state *st = f->state;
    if (kc_cut_fill(f, s, &st->cut, eof, e) != 0)
        return -1;
    if (st->rows != UINT64_MAX) {
        count_rows(f, s);
        if (s->buf.n == 0 && !s->overlong && kc_feed_broken(f, e) != 0)
            return -1;
        if (*eof && st->seen < st->rows)
            return kc_err_at(e, KC_EINPUT, f->name, 1, "states %llu row%s, but %llu follow%s",
                             (unsigned long long)st->rows, st->rows == 1 ? "" : "s", (unsigned long long)st->seen,
                             st->seen == 1 ? "s" : "");
    }
    if (!*eof)
        kc_text_decide(f, s, kc_words_parse);
    return 0;
}

/* Decode the slot's rows. */
static void decode_words_piece(struct kc_slot *s)
{
    kc_text_work(s, kc_words_parse);
}

const struct kc_reader kc_reader_word2vec = {
    .format = KC_IN_WORD2VEC,
    .begin = begin_words, .fill = fill_words_piece, .work = decode_words_piece, .end = end_words};
const struct kc_reader kc_reader_glove = {
    .format = KC_IN_GLOVE,
    .begin = begin_words, .narrow = narrow_words,
    .fill = fill_words_piece, .work = decode_words_piece, .end = end_words};

/* word2vec's binary form: after the first line, for each row, the term, a blank and little-endian float32. Some writers
 * put a line break after these. */
struct bin_state {
    uint64_t rows, seen;
};

#define LONG_TERM 65536

static int begin_bin(struct kc_feed *f, struct kc_err *e)
{
    struct bin_state *st = kc_mem_zalloc(1, sizeof *st, e);
    uint64_t d;
    f->state = st;
    return !st || read_header(f, &st->rows, &d, e) != 0 ||
                   check_size(f, st->rows, 1 + sizeof(float) * (uint64_t)f->d, e) != 0 ? -1 : 0;
}

/* Cut rows from s->buf at *at on. *need is the size of the next row that is not complete. */
static int cut_bin_rows(struct kc_feed *f, struct kc_slot *s, size_t *at, size_t *need, struct kc_err *e)
{
    struct bin_state *st = f->state;
    while (st->seen < st->rows && s->nspans < KC_SLOT_SPANS) {
        const char *p = s->buf.p + *at, *blank;
        size_t left = s->buf.n - *at, lf = left > 0 && st->seen > 0 && *p == '\n';
        blank = left > lf ? memchr(p + lf, ' ', left - lf) : NULL;
        size_t n = blank ? (size_t)(blank - p) - lf : left - lf;
        if (n > f->o->max_line)
            return kc_err_at(e, KC_EINPUT, f->name, 0, "row %llu: its term has more than %llu bytes (--max-line)",
                             (unsigned long long)st->seen, (unsigned long long)f->o->max_line);
        *need = lf + n + 1 + f->d * sizeof(float);
        if (!blank && n > LONG_TERM) /* so that a text that is no term is not scanned again for every few bytes */
            *need += n;
        if (!blank || left < *need)
            return 0;
        struct kc_span span = {*at + lf, n, 0, 0, 0, 0};
        if (kc_slot_span(s, &span) != 0) {
            *e = s->err;
            return -1;
        }
        st->seen++;
        *at += *need;
    }
    return 0;
}

/* Check the end of the input, after the last row. */
static int check_bin_end(struct kc_feed *f, const struct kc_buf *b, struct kc_err *e)
{
    const struct bin_state *st = f->state;
    if (kc_feed_broken(f, e) != 0)
        return -1;
    if (st->seen < st->rows)
        return kc_err_at(e, KC_EINPUT, f->name, 0, "ends within row %llu of the %llu that its first line states",
                         (unsigned long long)st->seen, (unsigned long long)st->rows);
    if (b->n > 1 || (b->n == 1 && b->p[0] != '\n'))
        return kc_err_at(e, KC_EINPUT, f->name, 0, "more bytes follow the %llu row%s that its first line states",
                         (unsigned long long)st->rows, st->rows == 1 ? "" : "s");
    return 0;
}

static int fill_bin_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    const struct bin_state *st = f->state;
    size_t at = 0, need = 0, want = f->block;
    for (;;) {
        if (kc_feed_take(f, &s->buf, want, e) != 0)
            return -1;
        struct kc_err bad = KC_ERR_INIT;
        int rc = cut_bin_rows(f, s, &at, &need, &bad);
        if (s->nspans > 0) /* a fault after them is found again by the next call */
            return kc_feed_back(f, &s->buf, at, e);
        if (rc != 0) {
            *e = bad;
            return -1;
        }
        if (kc_feed_ended(f) || (st->seen == st->rows && s->buf.n > 1)) {
            *eof = 1;
            return check_bin_end(f, &s->buf, e);
        }
        want = kc_mem_add(at, need);
        if (want < s->buf.n + 1)
            want = s->buf.n + 1;
    }
}

/* Decode the slot's rows. */
static void decode_bin_piece(struct kc_slot *s)
{
    for (size_t i = 0; i < s->nspans; i++) {
        const struct kc_span *t = &s->spans[i];
        struct kc_text_row r = {.how = KC_TERM_PLAIN, .term = s->buf.p + t->off, .term_n = t->n};
        float *row = kc_slot_row(s);
        int rc = 1;
        if (!row)
            return;
        kc_le_floats(row, r.term + t->n + 1, s->d);
        if (t->n == 0)
            snprintf(r.msg, sizeof r.msg, "no term");
        else if (kc_slot_check(s, "", r.msg, sizeof r.msg) == 0)
            rc = kc_text_term(s, &r);
        if (rc < 0 || (rc > 0 && !kc_slot_bad(s, 0, r.msg)))
            return;
        s->records++;
    }
    s->has_terms = s->n > 0 && s->given->want_term;
}

const struct kc_reader kc_reader_word2vec_bin = {
    .format = KC_IN_WORD2VEC_BIN, .binary = 1,
    .begin = begin_bin, .fill = fill_bin_piece, .work = decode_bin_piece, .end = end_words};
