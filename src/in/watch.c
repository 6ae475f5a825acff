/* The terms of the first 4,096 rows are kept as far as needed to count how many differ. If at least half of them come
 * again, they are hardly names of rows: a warning says so. Of each file the first two terms are compared with those of
 * the first file. */
#include "in/watch.h"

#include <string.h>
#include "base/num.h"

#define MOST_TERMS 4096
#define MOST_BYTES 200 /* of a term, that are compared */
#define LEAST_ROWS 4
#define LOOKED_AT 100 /* lines of --terms */

void kc_watch_file(struct kc_watch *w)
{
    w->at = w->equal = 0;
}

int kc_watch_terms(struct kc_watch *w, const char *file, const struct kc_strs *terms, size_t at, size_t n,
                   struct kc_err *e)
{
    size_t len, other;
    if (!w->first_file && n > 0)
        w->first_file = file;
    for (size_t i = 0; i < n && (w->n < MOST_TERMS || w->at < 2); i++, w->at++) {
        uint32_t id;
        const char *p = kc_strs_get(terms, at + i, &len);
        len = len < MOST_BYTES ? len : MOST_BYTES;
        if (w->n < MOST_TERMS) {
            if (kc_intern_add(&w->seen, p, len, &id, e) != 0)
                return -1;
            w->n++;
        }
        if (w->at >= 2)
            continue;
        if (file == w->first_file && w->begin.n == w->at) {
            if (kc_strs_add(&w->begin, p, len, e) != 0)
                return -1;
        } else if (file != w->first_file && w->at < w->begin.n) {
            const char *q = kc_strs_get(&w->begin, w->at, &other);
            w->equal += len == other && memcmp(p, q, len) == 0;
            if (w->equal == 2 && !w->anew && strcmp(file, w->first_file) != 0)
                w->anew = file;
        }
    }
    return 0;
}

void kc_watch_report(const struct kc_watch *w, const struct kc_ctx *ctx)
{
    size_t n, m;
    if (w->anew)
        kc_ctx_log(ctx, KC_LOG_WARN,
                   "the terms of %s begin as those of %s do: the same terms may stand for other rows; "
                   "--terms FILE gives terms of their own",
                   w->anew, w->first_file);
    else if (w->n >= LEAST_ROWS && 2 * w->seen.strs.n < w->n) {
        const char *p = kc_strs_get(&w->seen.strs, 0, &n);
        const char *q = w->seen.strs.n > 1 ? kc_strs_get(&w->seen.strs, 1, &m) : (m = 0, "");
        kc_ctx_log(ctx, KC_LOG_WARN,
                   "the first %zu rows have only %zu different term%s ('%.*s'%s%.*s%s): are these classes? "
                   "--term-field names the field of the terms",
                   w->n, w->seen.strs.n, w->seen.strs.n == 1 ? "" : "s", (int)(n < 40 ? n : 40), p, m ? ", '" : "",
                   (int)(m < 40 ? m : 40), q, m ? "', ..." : "");
    }
}

void kc_watch_free(struct kc_watch *w)
{
    kc_intern_free(&w->seen);
    kc_strs_free(&w->begin);
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compare two names by the numbers in them: r-2 comes before r-10. */
static int compare_natural(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            while (*a == '0')
                a++;
            while (*b == '0')
                b++;
            size_t n = strspn(a, "0123456789"), m = strspn(b, "0123456789");
            int c = n != m ? (n > m) - (n < m) : memcmp(a, b, n);
            if (c != 0)
                return c;
            a += n;
            b += m;
        } else if (*a != *b) {
            return (unsigned char)*a > (unsigned char)*b ? 1 : -1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != '\0') - (*b != '\0');
}

/* Return 1 if the field of n bytes is a number. */
static int is_number(const char *p, size_t n)
{
    char text[40];
    double v;
    if (n == 0 || n >= sizeof text)
        return 0;
    memcpy(text, p, n);
    text[n] = '\0';
    return kc_num_double(text, &v) == 0;
}

/* Return the separator by which the lines are rows of a table; 0: none. */
static char find_separator(const struct kc_strs *terms)
{
    static const char separators[] = "\t,;";
    for (const char *c = separators; *c; c++) {
        size_t columns = 0, i = 0, numbers = 0;
        for (; i < terms->n && i < LOOKED_AT; i++) {
            size_t n, count = 0;
            const char *p = kc_strs_get(terms, i, &n), *end = p + n, *last = p;
            for (const char *q = p; q < end; q++)
                if (*q == *c) {
                    count++;
                    last = q + 1;
                }
            if (count == 0 || (i > 0 && count != columns))
                break;
            columns = count;
            numbers += (size_t)is_number(last, (size_t)(end - last));
        }
        /* a header, if there is one, has no number */
        if (i >= 2 && (i == terms->n || i == LOOKED_AT) && (*c == '\t' || numbers + 1 >= i))
            return *c;
    }
    return 0;
}

void kc_watch_lines(const char *file, const struct kc_strs *terms, const struct kc_ctx *ctx)
{
    size_t n;
    const char c = find_separator(terms);
    if (!c)
        return;
    const char *p = kc_strs_get(terms, terms->n - 1, &n);
    kc_ctx_log(ctx, KC_LOG_WARN,
               "%s: its lines are whole terms, as '%.*s', but look like rows of a table: cut %s-f1 takes the first "
               "column, and --metadata FILE --term-field NAME a column of a table with a header",
               strcmp(file, "-") == 0 ? "--terms" : file, (int)(n < 60 ? n : 60), p,
               c == '\t' ? "" : c == ',' ? "-d, " : "-d';' ");
}

void kc_watch_order(const char *const *files, size_t n, const struct kc_ctx *ctx)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(files[i - 1], files[i]) < 0 && compare_natural(files[i - 1], files[i]) > 0) {
            kc_ctx_log(ctx, KC_LOG_WARN,
                       "%s comes before %s, as a shell sorts them: --terms is joined in the order of "
                       "the files; $(ls -v ...) lists them by their numbers",
                       files[i - 1], files[i]);
            return;
        }
}
