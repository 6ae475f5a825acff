/* Timestamps: text to microseconds since 1970 and back, in UTC and the Gregorian calendar, never by locale or time
 * zone. */
#ifndef KC_BASE_DATE_H
#define KC_BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

#define KC_DATE_SECOND INT64_C(1000000)
#define KC_DATE_DAY (86400 * KC_DATE_SECOND)

/* Parse all n bytes at s as one of:
 *   a timestamp of RFC 3339 ("2024-05-01T12:00:00Z", "...12:00:00.25+02:00", a blank or a small t instead of the T),
 *   also without an offset, which is then UTC;
 *   a date ("2024-05-01"), which is the time at which it begins;
 *   seconds since 1970, a JSON number.
 * Years are 0001 to 9999; fractions below a microsecond are cut off. Return -1 if s is none of these. */
int kc_date_parse(const char *s, size_t n, int64_t *out);

/* Format a timestamp as "2024-05-01T12:00:00Z", with a fraction only if there is one; NUL-terminated. */
#define KC_DATE_MAX 40
void kc_date_format(char out[KC_DATE_MAX], int64_t timestamp);

#endif
