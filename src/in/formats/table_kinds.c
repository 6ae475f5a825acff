/* Tell what the fields of a table are: numbers, words, vectors written as a text, or nothing. Most fields of a column
 * say what the column is, so that a bad row does not decide. */
#include "in/formats/table_kinds.h"

#include <stdio.h>
#include <math.h>
#include <string.h>
#include "base/num.h"
#include "base/suggest.h"
#include "in/fields/fields.h"

int kc_consists_of(const char *p, size_t n, const char *set)
{
    size_t i = 0;
    while (i < n && p[i] != '\0' && strchr(set, p[i]))
        i++;
    return i == n;
}

/* Return 1 if the text is a word for no value, or for a number that is none. */
static int is_odd(const char *p, size_t n)
{
    static const char odd[] = "nan, inf, infinity, null, none, na, n/a, \\n";
    n -= n > 0 && (*p == '-' || *p == '+');
    p += n > 0 && (*p == '-' || *p == '+');
    return n == 0 || kc_fields_find(odd, p, n) >= 0;
}

enum kc_kind kc_kind_of(const struct kc_strs *rec, size_t i, enum kc_vectext *text)
{
    char copy[64 + KC_NUM_PAD] = {0}, msg[160];
    size_t n;
    const char *p = kc_strs_get(rec, i, &n);
    float x;
    *text = KC_VECTEXT_NONE;
    if (n < 64) {
        if (n > 0)
            memcpy(copy, p, n);
        if (kc_text_number(copy, copy + n, &x) != KC_NUM_SYNTAX)
            return KC_KIND_NUMBER;
        if (is_odd(p, n))
            return KC_KIND_ODD;
    } else if (kc_consists_of(p, n, "+-.0123456789eE")) {
        return KC_KIND_NUMBER;
    }
    *text = kc_vectext_of(p, p + n);
    struct kc_vectext_row r = {NULL, 0, p, 0};
    if (*text == KC_VECTEXT_NONE)
        return KC_KIND_WORD;
    /* a damaged list is one all the same: its rows will be reported */
    int list = *text == KC_VECTEXT_BRACES || (*text == KC_VECTEXT_LIST && n > 1 && strchr("-+.0123456789 ]", p[1]));
    return list || kc_vectext_parse(*text, p, p + n, "", &r, msg, sizeof msg) == 0 ? KC_KIND_VECTOR : KC_KIND_WORD;
}

int kc_is_whole(const char *p, size_t n)
{
    n -= n > 0 && *p == '-';
    return n > 0 && kc_consists_of(p + (*p == '-'), n, "0123456789");
}

int kc_is_integral(const char *p, size_t n)
{
    char copy[64 + KC_NUM_PAD] = {0};
    float x;
    if (n == 0 || n >= 64)
        return 0;
    memcpy(copy, p, n);
    return kc_is_whole(p, n) || (kc_text_number(copy, copy + n, &x) == KC_NUM_OK && x == rintf(x));
}

/* Return the value of the digits at p. */
static uint64_t whole_value(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = *p == '-'; i < n; i++)
        v = v * 10 + (uint64_t)(p[i] - '0');
    return v;
}

void kc_column_judge(struct kc_column *col, const struct kc_table_sample *s, size_t from, size_t i)
{
    uint64_t last = 0;
    size_t n[4] = {0, 0, 0, 0}, whole = 0, same = 0, up = 0, rows = 0, texts[5] = {0};
    for (size_t r = from; r < s->n; r++) {
        const struct kc_strs *rec = &s->rec[r];
        enum kc_vectext text;
        size_t len, before;
        if (i >= rec->n)
            continue;
        enum kc_kind kind = kc_kind_of(rec, i, &text);
        const char *p = kc_strs_get(rec, i, &len);
        n[kind]++;
        rows++;
        uint64_t number = kc_is_whole(p, len) && len < 19 ? whole_value(p, len) : UINT64_MAX - 1;
        up += rows > 1 && number == last + 1;
        last = number;
        texts[text] += kind == KC_KIND_VECTOR;
        whole += kind == KC_KIND_NUMBER && kc_is_integral(p, len);
        if (r > from && i < s->rec[r - 1].n) {
            const char *q = kc_strs_get(&s->rec[r - 1], i, &before);
            same += len == before && memcmp(p, q, len) == 0;
        }
    }
    size_t filled = n[KC_KIND_NUMBER] + n[KC_KIND_WORD] + n[KC_KIND_VECTOR];
    col->kind = filled == 0                     ? KC_KIND_ODD :
                2 * n[KC_KIND_NUMBER] >= filled ? KC_KIND_NUMBER :
                2 * n[KC_KIND_VECTOR] >= filled ? KC_KIND_VECTOR :
                                                  KC_KIND_WORD;
    for (int t = 1; t < 5; t++)
        col->text = texts[t] > texts[col->text] ? (enum kc_vectext)t : col->text;
    col->words = n[KC_KIND_WORD] > 0;
    col->whole = n[KC_KIND_NUMBER] > 0 && whole == n[KC_KIND_NUMBER];
    col->differs = same == 0;
    col->rises = rows > 2 && up == rows - 1;
}

/* Return 1 if a bracket or brace opens in one field of the record, before a number, and none closes it there. */
static int opens_list(const struct kc_strs *rec)
{
    for (size_t i = 0; i < rec->n; i++)
        for (int brace = 0; brace < 2; brace++) {
            size_t len;
            const char *p = kc_strs_get(rec, i, &len), *open = len > 1 ? memchr(p, brace ? '{' : '[', len - 1) : NULL;
            if (open && strchr("-+.0123456789 ", open[1]) &&
                !memchr(open, brace ? '}' : ']', len - (size_t)(open - p)))
                return 1;
        }
    return 0;
}

int kc_table_cuts_lists(const struct kc_table_sample *s, size_t from)
{
    size_t rows = 0;
    for (size_t r = from; r < s->n; r++)
        rows += (size_t)opens_list(&s->rec[r]);
    return 2 * rows > s->n - from;
}

int kc_table_has_decimal_commas(const struct kc_table_sample *s, size_t from, char sep)
{
    size_t rows = 0;
    for (size_t r = from; r < s->n && sep != ','; r++) {
        size_t fields = 0;
        for (size_t i = 0; i < s->rec[r].n; i++) {
            size_t len;
            const char *p = kc_strs_get(&s->rec[r], i, &len), *comma = memchr(p, ',', len);
            fields += comma && kc_is_whole(p, (size_t)(comma - p)) && comma[1] != '-' &&
                      kc_is_whole(comma + 1, len - (size_t)(comma - p) - 1);
        }
        rows += fields > 1;
    }
    return 2 * rows > s->n - from;
}

void kc_table_no_column(const struct kc_strs *names, const char *name, char msg[512])
{
    struct kc_known known;
    snprintf(msg, 512, "no column '%.200s'%s", name, names ? " in the header; it has " : ": there is no header");
    kc_known_begin(&known, name, msg, 512);
    for (size_t i = 0; names && i < names->n; i++) {
        size_t n;
        const char *p = kc_strs_get(names, i, &n);
        if (n > 0)
            kc_known_add(&known, p, n);
    }
    kc_known_end(&known);
}

const char *kc_table_other_separator(const struct kc_table_sample *s, char sep)
{
    static const char *const others[] = {";semicolon: --delimiter ';'", ",comma: --delimiter ','",
                                         "\ttab: --delimiter tab", "|'|': --delimiter '|'"};
    for (size_t c = 0; c < sizeof others / sizeof others[0]; c++) {
        size_t with = 0, n = 0;
        for (size_t i = 0; *others[c] != sep && i < s->n; i++) {
            const char *p = kc_strs_get(&s->rec[i], 0, &n);
            with += memchr(p, *others[c], n) != NULL;
        }
        if (with > 0 && with == s->n)
            return others[c] + 1;
    }
    return NULL;
}
