/* csv: RFC 4180 with a header line; lines end in a plain newline, as every Unix tool expects. For spreadsheets there
 * may be a byte order mark, without which some take UTF-8 for another encoding, and an apostrophe before texts that
 * look like a formula (OWASP, CSV Injection). Unlike there, numbers stay as they are: a sign makes them no formula. */
#include <string.h>
#include "base/num.h"
#include "report/writer.h"

#define NUMBER_MOST 64 /* bytes of a text that may be a number */

/* Append a text, quoted as RFC 4180 needs where `sep` separates the fields, or anyway, with a prefix before it. */
static int add_quoted(struct kc_buf *b, const char *prefix, const char *s, size_t n, char sep, int anyway,
                      struct kc_err *e)
{
    /* quote an empty field: a line of one empty field would be blank, and readers skip blank lines */
    int quote = anyway || n == 0 || s[0] == ' ' || s[n - 1] == ' ';
    for (size_t i = 0; i < n && !quote; i++)
        quote = s[i] == sep || s[i] == '"' || s[i] == '\n' || s[i] == '\r';
    if ((quote && kc_buf_addc(b, '"', e) != 0) || kc_buf_adds(b, prefix, e) != 0)
        return -1;
    if (!quote)
        return kc_buf_add(b, s, n, e);
    for (size_t i = 0; i < n; i++)
        if ((s[i] == '"' && kc_buf_addc(b, '"', e) != 0) || kc_buf_addc(b, s[i], e) != 0)
            return -1;
    return kc_buf_addc(b, '"', e);
}

/* Return 1 if a spreadsheet would take the text for a formula. */
static int is_formula(const char *s, size_t n)
{
    char number[NUMBER_MOST + 1];
    double x;
    if (n == 0 || !memchr("=+-@\t\r", s[0], 6))
        return 0;
    if ((s[0] != '+' && s[0] != '-') || n > NUMBER_MOST || memchr(s, '\0', n))
        return 1;
    memcpy(number, s, n);
    number[n] = '\0';
    return kc_num_double(number + (s[0] == '+'), &x) != 0 || (s[0] == '+' && (n == 1 || s[1] == '-' || s[1] == '+'));
}

static int add_plain(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    return add_quoted(b, "", s, n, ',', 0, e);
}

int kc_out_csv_quote(struct kc_buf *b, const char *s, size_t n, char sep, int anyway, struct kc_err *e)
{
    return add_quoted(b, "", s, n, sep, anyway, e);
}

static int add_safe(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    return add_quoted(b, is_formula(s, n) ? "'" : "", s, n, ',', 0, e);
}

kc_out_add_term kc_out_csv_text(const struct kc_out_opts *o)
{
    return o->csv_safe ? add_safe : add_plain;
}

int kc_out_csv_begin(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e)
{
    return o->csv_bom ? kc_buf_add(b, "\xEF\xBB\xBF", 3, e) : 0;
}

static int add_header(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e)
{
    if (kc_out_csv_begin(b, o, e) != 0)
        return -1;
    for (size_t j = 0; j < o->ncolumns; j++)
        if ((j && kc_buf_addc(b, ',', e) != 0) || kc_buf_adds(b, kc_out_column_key(o->columns[j]), e) != 0)
            return -1;
    if (kc_out_level_names(b, o, ',', e) != 0)
        return -1;
    for (uint64_t j = 1; j <= o->top; j++)
        if (kc_buf_printf(b, e, ",top%llu,sim%llu", (unsigned long long)j, (unsigned long long)j) != 0)
            return -1;
    return kc_buf_addc(b, '\n', e);
}

static int add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
               struct kc_err *e)
{
    return kc_out_add_row(b, t, i, number, o, ',', kc_out_csv_text(o), e);
}

const struct kc_out_writer kc_out_writer_csv = {"csv", add_header, add_row};
