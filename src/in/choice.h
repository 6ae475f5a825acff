/* Which rows are taken, and their attributes where a file of metadata has them: what is done with a piece once its rows
 * have their numbers. */
#ifndef KC_IN_CHOICE_H
#define KC_IN_CHOICE_H

#include "in/fields/meta.h"
#include "in/piece/slot.h"
#include "in/run.h"

struct kc_choice {
    const struct kc_in_opts *o;
    struct kc_where *where; /* (nwhere) */
    size_t nwhere;
    size_t stride;          /* attributes of a row: those that are wanted, those of the conditions, */
    int meta_term;          /* and then the term, */
    struct kc_meta meta;    /* that all come from here, */
    int has_meta;           /* if it is there */
    struct kc_attrs_work tmp;
    uint32_t *kept;         /* of a slot's rows, those that meet the conditions */
    size_t kept_cap;
    uint64_t unmet;         /* rows so far that did not */
    uint64_t *bad;          /* where the metadata have not what they must: how many, */
    struct kc_strs *shown;  /* and some of them, as lines; both the caller's */
};

/* Make room in run->skipped for m more row numbers. */
int kc_in_skip_room(struct kc_in_run *run, size_t m, struct kc_err *e) KC_MUST_USE;

/* attrs: what the records themselves are searched for. Reads the metadata. Free with kc_choice_free, also after a
 * failure. */
int kc_choice_init(struct kc_choice *t, const struct kc_in_opts *o, struct kc_in_run *run, struct kc_attrs *attrs,
                   struct kc_err *e) KC_MUST_USE;
void kc_choice_free(struct kc_choice *t);

/* From the metadata: the attributes of the slot's rows, whose numbers these are, into s->attrs, and, where it has them,
 * their terms, into terms. */
int kc_choice_metadata(struct kc_choice *t, struct kc_slot *s, const uint64_t *numbers, struct kc_strs *terms,
                       struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;
/* Of the slot's rows, and all that c has of them, keep those that meet the conditions; the others' numbers go to
 * run->skipped, where those of the slot begin at `from`. */
int kc_choice_rows(struct kc_choice *t, struct kc_slot *s, uint64_t *numbers, struct kc_strs *terms,
                   struct kc_in_run *run, size_t from, struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;

#endif
