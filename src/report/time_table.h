/* A table over time: how many rows of each cluster there are in each month, week or day, and their words. */
#ifndef KC_REPORT_TIME_TABLE_H
#define KC_REPORT_TIME_TABLE_H

#include "io/outfile.h"
#include "report/labels.h"
#include "text/keywords.h"

/* A line of the table: the rows of a cluster in a bin. */
struct kc_time_cell {
    char bin[12];     /* "2026-11", or the date of the day or of the week's Monday */
    uint32_t cluster; /* or KC_NOISE */
    uint64_t rows;
    uint64_t all;     /* rows of all clusters in that bin, and unassigned ones */
};

struct kc_time_table {
    const struct kc_time_cell *cell; /* (n) by bin, then cluster; unassigned rows come last in their bin */
    size_t n;
    const struct kc_strs *labels;    /* (k) what the clusters are called */
    const int64_t *ids;              /* (k) cluster c is written as ids[c]; NULL: as c */
    const struct kc_keywords *words; /* of the n cells, by their numbers; NULL: none */
};

/* Write the table in the format of o: csv and tsv with a line of names, jsonl an object for each cell. */
int kc_out_time_table(struct kc_outfile *f, const struct kc_time_table *t, const struct kc_out_opts *o,
                      struct kc_err *e) KC_MUST_USE;

#endif
