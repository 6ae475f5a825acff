/* A file of labels written again, with other labels in some rows and every other byte as it was. */
#ifndef KC_REPORT_RELABEL_H
#define KC_REPORT_RELABEL_H

#include "in/fields/label_text.h"

struct kc_outfile;

/* The new labels of a file of n rows. */
struct kc_relabel {
    const struct kc_label_text *text;
    const struct kc_labelling *old;
    const uint32_t *label;      /* (n) the new cluster of each row, or KC_NOISE */
    const struct kc_strs *ids;  /* (k) of the new clusters */
    const uint32_t *id_row;     /* (k) a row that has the cluster's id already: the id is copied from it, as it stands
                                 * there; KC_NONE: there is none, and it is written as the row's own label was */
    const uint32_t *title_row;  /* (k) rows that get another id get the name of the cluster from this row; KC_NONE:
                                 * they keep the name that they have */
    const uint32_t *title;      /* (k) a new name of the cluster, for all its rows: its place in titles; or KC_NONE */
    const struct kc_strs *titles;
    const char *name;           /* of the file, for messages */
};

/* Write the file to f. KC_EUSAGE if its format cannot hold an id or a name, KC_EINPUT if a row has no field for a
 * name. */
int kc_out_relabel(struct kc_outfile *f, const struct kc_relabel *r, struct kc_err *e) KC_MUST_USE;

#endif
