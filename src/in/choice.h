/* Choose rows: what is done with a piece once its rows have their numbers. Attributes and terms are looked up in the
 * file of metadata, if there is one, and the rows that do not meet the conditions (--where) are dropped. */
#ifndef KC_IN_CHOICE_H
#define KC_IN_CHOICE_H

#include "in/fields/meta.h"
#include "in/piece/feed.h"
#include "in/piece/slot.h"
#include "in/run.h"

struct kc_choice {
    const struct kc_in_opts *o;
    struct kc_where *where; /* (nwhere) */
    size_t nwhere;
    size_t stride;          /* attributes per row: those that are wanted, then those of the conditions */
    int meta_term;          /* rows of formats without fields have their terms in the metadata, as the attribute after
                               these */
    int meta_first;         /* so have all others: the metadata have the field of --term-field */
    int meta_gave;          /* they gave terms */
    struct kc_meta meta;    /* the metadata, if has_meta */
    struct kc_attrs with_term; /* the attributes that are read from it: those wanted, and the term */
    int has_meta;
    struct kc_attrs_work tmp;
    uint32_t *kept;         /* indices of the slot's rows that meet the conditions */
    size_t kept_cap;
    uint64_t unmet;         /* rows so far that did not */
    unsigned seen;          /* bit i: a row has the field of condition i */
    uint64_t *bad;          /* counts rows whose metadata are not of the kind they must be; the caller's */
    struct kc_strs *shown;  /* the first of these as log lines; the caller's */
};

/* Reserve room in run->skipped for m more row numbers. */
int kc_in_skip_room(struct kc_in_run *run, size_t m, struct kc_err *e) KC_MUST_USE;

/* Parse the conditions, read the metadata, and set attrs to the fields that must be read from the records. Free with
 * kc_choice_free, also after a failure. */
int kc_choice_init(struct kc_choice *t, const struct kc_in_opts *o, struct kc_in_run *run, struct kc_attrs *attrs,
                   struct kc_err *e) KC_MUST_USE;
void kc_choice_free(struct kc_choice *t);

/* Check that the open file's format has what the options ask for. KC_EUSAGE, with what to use instead. A
 * kc_feed.accepts; choice: a struct kc_choice. */
int kc_choice_check_file(const void *choice, const struct kc_feed *f, struct kc_err *e) KC_MUST_USE;

/* Append to msg, which has `size` bytes, that no record has the field of a condition, and which there are. before: what
 * goes before that. keys: see struct kc_in_stats. Append nothing if all are there. */
void kc_choice_unseen(const struct kc_choice *t, const char *keys, const char *before, char *msg, size_t size);

/* Look up the slot's rows (by `numbers`, their row numbers, or by their terms) in the metadata: append their attributes
 * to s->attrs and, if the metadata have them, their terms to `terms`. Do nothing if there are no metadata. */
int kc_choice_metadata(struct kc_choice *t, struct kc_slot *s, const uint64_t *numbers, struct kc_strs *terms,
                       struct kc_in_run *run, struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;
/* Keep those of the slot's rows that meet the conditions, with everything that c has of them. The numbers of the others
 * go into run->skipped, where this slot's begin at `from`. */
int kc_choice_rows(struct kc_choice *t, struct kc_slot *s, uint64_t *numbers, struct kc_strs *terms,
                   struct kc_in_run *run, size_t from, struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;

#endif
