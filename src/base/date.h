/* Moments: text to microseconds since 1970 and back, in UTC and the Gregorian calendar, never by the locale or time zone. */
#ifndef KC_BASE_DATE_H
#define KC_BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

#define KC_DATE_SECOND INT64_C(1000000)
#define KC_DATE_DAY (86400 * KC_DATE_SECOND)

/* The n bytes at s, all of them: a moment of RFC 3339 ("2024-05-01T12:00:00Z", "...12:00:00.25+02:00", with a blank or a
 * small t for the T), without an offset (UTC) too; a date ("2024-05-01": the moment at which it begins); or seconds since
 * 1970, a JSON number. Years 0001 to 9999; fractions beyond a microsecond are cut off. -1: it is none of them. */
int kc_date_parse(const char *s, size_t n, int64_t *out);

/* "2024-05-01T12:00:00Z", with a fraction only where there is one; NUL-terminated. */
#define KC_DATE_MAX 40
void kc_date_format(char out[KC_DATE_MAX], int64_t moment);

#endif
