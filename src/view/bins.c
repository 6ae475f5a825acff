/* Rows of each cluster in bins of time, in UTC. Without a wish, the bins are the shortest of days, weeks, months and
 * years of which there are no more than 120. Bins without rows are there too, so that a picture shows gaps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/date.h"
#include "view/fill.h"

#define BINS_GOOD 120
#define BINS_MOST 100000

static int64_t divide_down(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Return the number of the bin that a time is in; a later one has a higher number. */
static int64_t number_bin(enum kc_view_bin bins, int64_t time)
{
    const int64_t day = divide_down(time, KC_DATE_DAY);
    char text[KC_DATE_MAX];
    if (bins == KC_VIEW_DAY)
        return day;
    if (bins == KC_VIEW_WEEK)
        return divide_down(day + 3, 7); /* 1970-01-01 was a Thursday */
    kc_date_format(text, day * KC_DATE_DAY);
    const int64_t year = strtol(text, NULL, 10);
    return bins == KC_VIEW_YEAR ? year : year * 12 + strtol(text + 5, NULL, 10) - 1;
}

/* Append the name of a bin. */
static int add_name(struct kc_strs *to, enum kc_view_bin bins, int64_t number, struct kc_err *e)
{
    char text[64];
    if (bins == KC_VIEW_DAY || bins == KC_VIEW_WEEK) {
        kc_date_format(text, (bins == KC_VIEW_DAY ? number : number * 7 - 3) * KC_DATE_DAY);
        text[10] = '\0';
    } else if (bins == KC_VIEW_MONTH) {
        snprintf(text, sizeof text, "%04lld-%02lld", (long long)(number / 12), (long long)(number % 12 + 1));
    } else {
        snprintf(text, sizeof text, "%04lld", (long long)number);
    }
    return kc_strs_add(to, text, strlen(text), e);
}

/* Choose the bins for times from first to last. */
static enum kc_view_bin choose_bins(int64_t first, int64_t last)
{
    for (enum kc_view_bin b = KC_VIEW_DAY; b < KC_VIEW_YEAR; b++)
        if (number_bin(b, last) - number_bin(b, first) < BINS_GOOD)
            return b;
    return KC_VIEW_YEAR;
}

/* Set when each cluster begins and ends. */
static void set_spans(struct kc_view *v)
{
    for (uint32_t c = 0; c < v->k; c++) {
        v->cluster[c].begin = INT64_MAX;
        v->cluster[c].end = INT64_MIN;
    }
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE) {
            struct kc_view_cluster *c = &v->cluster[v->label[i]];
            c->begin = v->time[i] < c->begin ? v->time[i] : c->begin;
            c->end = v->time[i] > c->end ? v->time[i] : c->end;
        }
}

int kc_view_set_bins(struct kc_view *v, enum kc_view_bin bins, struct kc_err *e)
{
    const size_t wide = (size_t)v->k + 1;
    int64_t first = v->time[0], last = v->time[0];
    for (size_t i = 1; i < v->n; i++) {
        first = v->time[i] < first ? v->time[i] : first;
        last = v->time[i] > last ? v->time[i] : last;
    }
    if (bins == KC_VIEW_AUTO)
        bins = choose_bins(first, last);
    const int64_t from = number_bin(bins, first), n = number_bin(bins, last) - from + 1;
    set_spans(v);
    if (n > BINS_MOST)
        return kc_err_set(e, KC_EINPUT, "times from the first row to the last make %lld bins: more than %d; "
                          "--time-bins year makes fewer", (long long)n, BINS_MOST);
    v->bin_rows = kc_mem_zalloc(kc_mem_mul((size_t)n, wide), sizeof *v->bin_rows, e);
    if (!v->bin_rows)
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (add_name(&v->bin, bins, from + i, e) != 0)
            return -1;
    for (size_t i = 0; i < v->n; i++) {
        const size_t bin = (size_t)(number_bin(bins, v->time[i]) - from);
        v->bin_rows[bin * wide + (v->label[i] == KC_NOISE ? v->k : v->label[i])]++;
    }
    return 0;
}
