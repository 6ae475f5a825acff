/* What the columns of a file of labels are, by its first lines. */
#ifndef KC_IN_FIELDS_LABEL_TABLE_H
#define KC_IN_FIELDS_LABEL_TABLE_H

#include "in/fields/labels.h"

#define KC_LABEL_NO_COLUMN SIZE_MAX

struct kc_label_table {
    char sep;      /* what separates the columns; 0: lines are labels */
    int header;
    int escapes;   /* backslashes are kclust's escapes; else quotes are csv's */
    size_t columns;
    size_t term;   /* KC_LABEL_NO_COLUMN: there are no terms */
    size_t label;
    size_t name;   /* of the clusters' names; KC_LABEL_NO_COLUMN: none, or not asked for */
    unsigned missing; /* after 1: the option whose column is not there, KC_LABELS_NO_LABEL or _NO_TERM; else 0 */
    char term_name[48], label_name[48]; /* of the columns, or their numbers; "" if there is none */
};

/* Decide by the text [p, end), the beginning of the file; whole: the file ends there. o->format: auto, tsv or csv.
 * Return 0; or 1, with the reason in msg, if the options must say more; -1 if memory is short. */
int kc_label_table_find(const struct kc_labels_opts *o, const char *p, const char *end, int whole,
                        struct kc_label_table *t, char msg[512], struct kc_err *e) KC_MUST_USE;

/* Decide what separates the columns, and whether backslashes are escapes: t->sep, escapes, columns. Return how many
 * separators would do (0: lines are one column; t->sep is ','), -1 if memory is short. */
int kc_label_table_separate(const char *p, const char *end, int whole, struct kc_label_table *t,
                            struct kc_err *e) KC_MUST_USE;

/* Split a record into fields, decoded. \N among escapes is an empty field. Return 1, with the reason in msg, if its
 * quotes or escapes are damaged. */
int kc_label_table_split(const struct kc_label_table *t, const char *p, const char *end, struct kc_buf *tmp,
                         struct kc_strs *fields, char msg[512], struct kc_err *e) KC_MUST_USE;

/* Find field `column` of a record that kc_label_table_split has split, as it is written. */
void kc_label_table_locate(const struct kc_label_table *t, const char *p, const char *end, size_t column,
                           const char **from, const char **to);

#endif
