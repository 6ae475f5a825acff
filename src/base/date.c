/* Timestamps without the C library's calendar, which depends on locale and time zone. Days are counted in the proleptic
 * Gregorian calendar by closed formulas over years that begin in March. */
#include "base/date.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"

#define FIRST (-INT64_C(62135596800) * KC_DATE_SECOND)     /* 0001-01-01T00:00:00Z */
#define LAST (INT64_C(253402300800) * KC_DATE_SECOND - 1)  /* the end of 9999 */

/* Return the days since 1970-01-01. March is the first month of a year here, so that a leap day is the last of its
 * year. */
static int64_t count_days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719469;
}

static int64_t month_length(int64_t year, int64_t month)
{
    static const unsigned char length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return length[month - 1] + (month == 2 && leap);
}

/* Parse `lead` (0: nothing) and `width` digits, whose value must be between least and most. */
static int parse_digits(const char **p, const char *end, char lead, int width, int64_t least, int64_t most,
                        int64_t *out)
{
    const char *q = *p;
    if (lead && (q == end || *q++ != lead))
        return -1;
    *out = 0;
    for (int i = 0; i < width; i++, q++) {
        if (q == end || *q < '0' || *q > '9')
            return -1;
        *out = *out * 10 + (*q - '0');
    }
    *p = q;
    return *out >= least && *out <= most ? 0 : -1;
}

/* Parse a fraction of a second, if there is one, in microseconds. */
static int parse_fraction(const char **p, const char *end, int64_t *out)
{
    const char *q = *p;
    int64_t unit = KC_DATE_SECOND;
    *out = 0;
    if (q == end || *q != '.')
        return 0;
    for (q++; q < end && *q >= '0' && *q <= '9'; q++) {
        unit /= 10;
        *out += unit * (*q - '0');
    }
    if (q == *p + 1)
        return -1;
    *p = q;
    return 0;
}

/* Parse Z, +HH:MM, -HH:MM or nothing, in minutes. */
static int parse_offset(const char **p, const char *end, int64_t *out)
{
    int64_t hours, minutes;
    *out = 0;
    if (*p == end)
        return 0;
    char sign = *(*p)++;
    if (sign == 'Z' || sign == 'z')
        return 0;
    if ((sign != '+' && sign != '-') || parse_digits(p, end, 0, 2, 0, 23, &hours) != 0 ||
        parse_digits(p, end, ':', 2, 0, 59, &minutes) != 0)
        return -1;
    *out = (sign == '-' ? -1 : 1) * (60 * hours + minutes);
    return 0;
}

/* Parse seconds since 1970. */
static int parse_seconds(const char *s, size_t n, int64_t *out)
{
    char text[64];
    double seconds;
    if (n >= sizeof text || memchr(s, 0, n))
        return -1;
    memcpy(text, s, n);
    text[n] = '\0';
    if (kc_num_double(text, &seconds) != 0 || !(fabs(seconds) < 1e12))
        return -1;
    double whole = floor(seconds);
    *out = (int64_t)whole * KC_DATE_SECOND + (int64_t)((seconds - whole) * 1e6);
    return 0;
}

int kc_date_parse(const char *s, size_t n, int64_t *out)
{
    const char *p = s, *end = s + n;
    int64_t year, month, day, hour = 0, minute = 0, second = 0, fraction = 0, offset = 0;
    if (parse_digits(&p, end, 0, 4, 1, 9999, &year) != 0 || p == end || *p != '-') {
        if (parse_seconds(s, n, out) != 0)
            return -1;
        return *out >= FIRST && *out <= LAST ? 0 : -1;
    }
    if (parse_digits(&p, end, '-', 2, 1, 12, &month) != 0 ||
        parse_digits(&p, end, '-', 2, 1, month_length(year, month), &day) != 0)
        return -1;
    if (p < end) {
        char between = *p++;
        if ((between != 'T' && between != 't' && between != ' ') || parse_digits(&p, end, 0, 2, 0, 23, &hour) != 0 ||
            parse_digits(&p, end, ':', 2, 0, 59, &minute) != 0)
            return -1;
        /* 60 is a leap second, which counts as the first second of the next minute */
        if (parse_digits(&p, end, ':', 2, 0, 60, &second) != 0 || parse_fraction(&p, end, &fraction) != 0 ||
            parse_offset(&p, end, &offset) != 0 || p != end)
            return -1;
    }
    *out = ((count_days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60;
    *out = (*out + second) * KC_DATE_SECOND + fraction;
    return *out >= FIRST && *out <= LAST ? 0 : -1;
}

void kc_date_format(char out[KC_DATE_MAX], int64_t timestamp)
{
    int64_t day = timestamp / KC_DATE_DAY, rest = timestamp % KC_DATE_DAY;
    if (rest < 0) {
        rest += KC_DATE_DAY;
        day--;
    }
    /* estimate the year by the mean length of one, then correct it */
    int64_t year = (day + 719528) * 400 / 146097, month = 1;
    while (count_days(year, 1, 1) > day)
        year--;
    while (count_days(year + 1, 1, 1) <= day)
        year++;
    while (month < 12 && count_days(year, month + 1, 1) <= day)
        month++;
    int64_t seconds = rest / KC_DATE_SECOND, fraction = rest % KC_DATE_SECOND;
    int n = snprintf(out, KC_DATE_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, (int)month,
                     (int)(day - count_days(year, month, 1) + 1), (int)(seconds / 3600), (int)(seconds / 60 % 60),
                     (int)(seconds % 60));
    if (fraction)
        n += snprintf(out + n, KC_DATE_MAX - (size_t)n, ".%06d", (int)fraction);
    snprintf(out + n, KC_DATE_MAX - (size_t)n, "Z");
}
