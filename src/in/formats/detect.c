/* Recognise text formats by their first lines, where these leave no doubt: word2vec, GloVe, lines of numbers, and
 * tables (dialect.c). The tests run on all bytes in view; as long as one of them could still succeed with more, more
 * bytes are read, up to 1 MiB. */
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/formats.h"
#include "in/formats/table_kinds.h"
#include "in/formats/text.h"

#define MOST ((size_t)1 << 20) /* bytes that are examined at most */
#define STEP ((size_t)65536)

enum verdict { NO, YES, MORE }; /* more: it may be one, with more bytes in view */

/* The beginning of a file. */
struct text_view {
    const char *p, *end; /* KC_NUM_PAD NULs follow */
    int whole;           /* the file ends there */
    const struct kc_in_opts *o;
};

static const char *drop_last_cr(const char *p, const char *end)
{
    return end > p && end[-1] == '\r' ? end - 1 : end;
}

/* Return the end of the line at p, without the line break; *next is after it. NULL if the line is not all in view. */
static const char *line_end(const struct text_view *v, const char *p, const char **next)
{
    const char *nl = memchr(p, '\n', (size_t)(v->end - p));
    if (!nl && !v->whole)
        return NULL;
    *next = nl ? nl + 1 : v->end;
    return drop_last_cr(p, nl ? nl : v->end);
}

/* Return the verdict if bytes are missing: NO at the end of the file, where none will come, else MORE. */
static enum verdict judge_missing_bytes(const struct text_view *v)
{
    return v->whole ? NO : MORE;
}

/* Return d if the line is a term and d numbers, else 0. d == 0: any number of them; return how many. */
static size_t count_numbers(const char *p, const char *end, size_t d, struct kc_text_row *r)
{
    *r = (struct kc_text_row){.d = d, .floor = p};
    return p < end && kc_words_parse(NULL, p, end, r) == 0 ? r->count : 0;
}

/* Test for word2vec: `N D` alone on the first line; then as text a term and D numbers, or in binary form a term, a
 * blank and 4 D bytes, among them some that no text has. */
static enum verdict test_word2vec(const struct text_view *v, int binary)
{
    uint64_t rows, d;
    const char *p, *end, *next, *q;
    struct kc_text_row r;
    if (!memchr(v->p, '\n', (size_t)(v->end - v->p)))
        return v->end - v->p > 64 ? NO : judge_missing_bytes(v);
    if (!kc_word2vec_header(v->p, v->end, &rows, &d, &p) || rows == 0 || d == 0 || d > KC_MAX_DIM)
        return NO;
    end = line_end(v, p, &next);
    if (end && count_numbers(p, end, (size_t)d, &r) == d)
        return binary ? NO : YES;
    if (!binary)
        return end ? NO : judge_missing_bytes(v);
    q = memchr(p, ' ', (size_t)(v->end - p));
    if (!q || (uint64_t)(v->end - q - 1) < 4 * d)
        return judge_missing_bytes(v);
    end = q + 1 + 4 * d;
    for (const char *c = q + 1; c < end; c++)
        if ((unsigned char)*c < ' ' && *c != '\t' && *c != '\r' && *c != '\n')
            return YES;
    q = kc_utf8_bad(q + 1, end);
    return q && end - q > 3 ? YES : NO; /* more than a character that is cut off */
}

/* Test for GloVe: on each of the first two lines, a term that is no number, then two numbers or more. */
static enum verdict test_glove(const struct text_view *v)
{
    const char *second, *next, *end = line_end(v, v->p, &second);
    struct kc_text_row r;
    float x;
    if (!end)
        return judge_missing_bytes(v);
    size_t d = count_numbers(v->p, end, 0, &r);
    if (d < 2 || memchr(r.term, '\t', r.term_n) || kc_text_number(r.term, r.term + r.term_n, &x) == KC_NUM_OK)
        return NO;
    if (second == v->end)
        return v->whole ? YES : MORE;
    end = line_end(v, second, &next);
    if (!end)
        return judge_missing_bytes(v);
    return count_numbers(second, end, d, &r) == d ? YES : NO;
}

/* Test for lines of numbers separated by blanks, as numpy.savetxt writes them: on each of the first two lines that are
 * no comments, the same number of numbers, two or more. */
static enum verdict test_numbers(const struct text_view *v)
{
    size_t d = 0;
    const char *p = v->p, *next;
    for (int lines = 0; lines < 2;) {
        const char *end = p < v->end ? line_end(v, p, &next) : NULL;
        if (!end)
            return p == v->end && v->whole ? lines > 0 ? YES : NO : judge_missing_bytes(v);
        struct kc_text_row r = {.d = d, .floor = v->p};
        if (p < end && *p != '#') {
            if (kc_numbers_parse(NULL, p, end, &r) != 0 || r.count < 2)
                return NO;
            const char *blank = memchr(p, ' ', (size_t)(end - p));
            if (lines == 0 && r.count == 2 && blank && kc_is_whole(p, (size_t)(blank - p)))
                return NO; /* the first line of word2vec */
            d = r.count;
            lines++;
        }
        p = next;
    }
    return YES;
}

/* Test for csv or tsv with one of the usual separators. Set f->sep if it is one. */
static int test_tables(struct kc_feed *f, const struct text_view *v, enum verdict *is, struct kc_err *e)
{
    int rc = kc_dialect_find(v->o, 0, v->p, v->end, v->whole, &f->sep, e);
    *is = rc == KC_DIALECT_FOUND ? YES : rc == KC_DIALECT_MORE ? MORE : NO;
    return rc < 0 ? -1 : 0;
}

/* Return 1 if a number may begin at p, after blanks. */
static int begins_number(const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    return p < end && (*p == '-' || *p == '.' || (*p >= '0' && *p <= '9'));
}

/* Name what the first line shows of lists as Python prints them, and the way out; NULL if that is nothing. */
static const char *name_repr(const struct text_view *v)
{
    const char *p = v->p, *next, *end = line_end(v, p, &next), *open, *name;
    if (!end || end - p < 3)
        return NULL;
    if (*p == '(' && end[-1] == ')' && (p[1] == '\'' || p[1] == '"' || begins_number(p + 1, end)))
        return "a tuple as Python prints it: print(json.dumps(x)) writes JSON, which is read";
    if (end - p < 6 && memcmp(p, "sep=", 4) == 0)
        return "Excel's line sep=: tail -n +2 FILE | kclust --delimiter X leaves it out";
    if (*p == '"' && memmem(p, (size_t)(end - p), "\" \"", 3))
        return "columns separated by blanks, as R's write.table writes them: write.csv(x, file) writes csv";
    const char *second_end = next < v->end ? line_end(v, next, &name) : NULL, *s = next;
    while (second_end && s < second_end && strchr("-+|: ", *s))
        s++;
    if (second_end && s == second_end && s - next > 2 && memchr(next, '-', (size_t)(s - next)))
        return *p == '|' ? "a table of Markdown, expected csv" :
                           "a table as psql shows it: psql --csv -c 'SELECT ...' | kclust reads it";
    const char *tab = memchr(p, '\t', (size_t)(end - p));
    if (tab && begins_number(tab + 1, end) && !memchr(tab + 1, '\t', (size_t)(end - tab - 1)) &&
        (memchr(tab + 1, ' ', (size_t)(end - tab - 1)) || memchr(tab + 1, ',', (size_t)(end - tab - 1))))
        return "a term, a tab and numbers without brackets: sed 's/\\t/\\t[/; s/$/]/' FILE | kclust reads "
               "them as lists";
    name = p;
    open = memchr(p, '[', (size_t)(end - p));
    while (name < end && !strchr("\t,;|\"[", *name))
        name++;
    if (!open || open == p || !strchr(" \t", open[-1]) || name < open - 1 || !begins_number(open + 1, end))
        return NULL;
    if (!memchr(open, ']', (size_t)(end - open)))
        return "a list in brackets goes on in the next line, as numpy prints it: x.tolist() in place of str(x) does "
               "not";
    return open[-1] == ' ' && end[-1] == ']' ?
               "a list in brackets after a term and a blank: sed 's/ \\[/\\t[/' FILE | kclust makes it tsv" :
               NULL;
}

int kc_detect_text(struct kc_feed *f, const struct kc_reader **rd, struct kc_err *e)
{
    static const struct kc_reader *const readers[] = {&kc_reader_word2vec, &kc_reader_word2vec_bin, &kc_reader_glove,
                                                      &kc_reader_numbers, &kc_reader_csv};
    for (;;) {
        enum verdict is[5];
        int yes = 0, unknown = 0;
        if (kc_buf_reserve(&f->carry, KC_NUM_PAD, e) != 0)
            return -1;
        memset(f->carry.p + f->carry.n, 0, KC_NUM_PAD);
        size_t n = f->carry.n - f->carry_at;
        struct text_view v = {f->carry.p + f->carry_at, f->carry.p + f->carry.n, f->src_eof || n >= MOST, f->o};
        is[0] = test_word2vec(&v, 0);
        is[1] = test_word2vec(&v, 1);
        is[2] = test_glove(&v);
        is[3] = test_numbers(&v);
        if (test_tables(f, &v, &is[4], e) != 0)
            return -1;
        if (is[4] == YES && f->sep == '\t')
            is[3] = NO; /* numbers between tabs are a table */
        *rd = NULL;
        for (size_t i = 0; i < 5; i++) {
            yes += is[i] == YES;
            unknown += is[i] == MORE;
            if (is[i] == YES)
                *rd = readers[i];
        }
        if (unknown == 0 || n >= MOST) {
            *rd = yes == 1 ? *rd : NULL;
            const char *repr = *rd && *rd != &kc_reader_csv ? NULL : name_repr(&v);
            if (repr)
                return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1, "not a format that kclust knows: %s", repr);
            if (*rd == &kc_reader_csv && f->sep == '\t')
                *rd = &kc_reader_tsv;
            return 0;
        }
        if (kc_feed_more(f, n < STEP ? STEP : n, e) != 0)
            return -1;
    }
}
