/* Columns that belong together by their names: e0, e1, e2, ... */
#ifndef KC_IN_FORMATS_TABLE_NAMES_H
#define KC_IN_FORMATS_TABLE_NAMES_H

#include "base/mem.h"
#include "in/piece/layout.h"

/* A run of columns whose names have one stem and the numbers 0 to n-1, or 1 to n. */
struct kc_name_run {
    char stem[64];   /* "" if the names are nothing but numbers; "a letter" for x, y, z */
    size_t count;    /* 0: there is none */
    size_t low;      /* the smallest number */
    int usual;       /* the stem is one that vectors usually have */
};

/* Find the run that is a vector among n columns. names: the name of column i. is_number: (n) column i holds numbers.
 * dim: (n) set to the place of each column in the run found, KC_NO_DIM for others. Return how many runs there are that
 * could be it: 1 if it is found. second: another one, if there are more. Return -1 if memory is short. */
int kc_name_runs(const struct kc_strs *names, const unsigned char *is_number, size_t n, uint32_t *dim,
                 struct kc_name_run *run, struct kc_name_run *second, struct kc_err *e) KC_MUST_USE;

/* Find the run of this stem, with or without what separates it from the numbers. Return 1 if there is one, with dim and
 * run as above; 0; or -1 if memory is short. */
int kc_name_run_of(const struct kc_strs *names, const char *stem, const unsigned char *is_number, size_t n,
                   uint32_t *dim, struct kc_name_run *run, struct kc_err *e) KC_MUST_USE;

/* Find the column of the name in names, exactly or else but for the case of letters; SIZE_MAX: none. */
size_t kc_name_find(const struct kc_strs *names, const char *name);

/* Parse "3", "2-5" or "2-" as columns, which people count from 1; the result counts from 0. Return 0 if s is something
 * else. */
int kc_name_range(const char *s, size_t *first, size_t *last);

#endif
