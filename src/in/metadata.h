/* Metadata from a file of any format that is read: JSON and tables by in/fields/meta.h, Parquet by its reader. */
#ifndef KC_IN_METADATA_H
#define KC_IN_METADATA_H

#include "in/fields/meta.h"
#include "in/piece/opts.h"

/* Read o->metadata as kc_meta_load does. optional: the attribute that need not be a column; SIZE_MAX: none. */
int kc_metadata_load(struct kc_meta *m, const struct kc_in_opts *o, const struct kc_attrs *want, size_t optional,
                     struct kc_err *e) KC_MUST_USE;

#endif
