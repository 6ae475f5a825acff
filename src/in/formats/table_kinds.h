/* What the fields of a table are, and most fields of a column. */
#ifndef KC_IN_FORMATS_TABLE_KINDS_H
#define KC_IN_FORMATS_TABLE_KINDS_H

#include "in/formats/text.h"

/* Odd: empty, NaN and the like. */
enum kc_kind { KC_KIND_ODD, KC_KIND_NUMBER, KC_KIND_WORD, KC_KIND_VECTOR };

/* A column. */
struct kc_column {
    enum kc_kind kind;
    enum kc_vectext text;  /* KC_KIND_VECTOR: how the vectors are written */
    unsigned char words;   /* some rows have a text there */
    unsigned char whole;   /* all its numbers are whole */
    unsigned char differs; /* no two neighbouring rows have the same field */
    unsigned char rises;   /* it counts three rows or more: each number is one above that of the row before */
};

/* Return 1 if all n bytes at p are in the set. */
int kc_consists_of(const char *p, size_t n, const char *set);
/* Return 1 if the n bytes at p are a whole number. */
int kc_is_whole(const char *p, size_t n);
/* Return 1 if they are a number whose value is whole, as 2 and 2.0 and 2e0. */
int kc_is_integral(const char *p, size_t n);
/* Return what field i of a record is. *text: how a vector is written. */
enum kc_kind kc_kind_of(const struct kc_strs *rec, size_t i, enum kc_vectext *text);
/* Judge column i by the records of the sample from `from` on. */
void kc_column_judge(struct kc_column *col, const struct kc_table_sample *s, size_t from, size_t i);

/* Return 1 if in most records from `from` on a list opens in a field and does not close there: the separator is within
 * it. */
int kc_table_cuts_lists(const struct kc_table_sample *s, size_t from);
/* Return 1 if most have numbers with a decimal comma in two columns or more; sep is not a comma. */
int kc_table_has_decimal_commas(const struct kc_table_sample *s, size_t from, char sep);

/* Find another separator than sep that is in every record of one column. Return its name and how to ask for it, as in
 * "comma: ..."; NULL: there is none. */
const char *kc_table_other_separator(const struct kc_table_sample *s, char sep);

#endif
