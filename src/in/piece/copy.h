/* The copies of records that --annotate writes back with their clusters: what they are, and what comes before them. */
#ifndef KC_IN_PIECE_COPY_H
#define KC_IN_PIECE_COPY_H

#include <stddef.h>

/* The form of the copies. The input's own is JSON for jsonl, and a table with the same separator for csv and tsv. */
enum kc_raw { KC_RAW_NONE, KC_RAW_INPUT, KC_RAW_JSONL, KC_RAW_CSV, KC_RAW_TSV };

/* How a table of copies begins. */
struct kc_raw_head {
    char sep;       /* between columns */
    int header;     /* there are names above the columns */
    size_t columns; /* that are copied; 0: each copy is empty */
    size_t n;       /* bytes of names */
    char names[];   /* the names as they are written, without a line break */
};

#endif
