/* The report on corrections of a clustering (edit): as text, and as JSON. */
#ifndef KC_REPORT_EDIT_H
#define KC_REPORT_EDIT_H

#include "base/ctx.h"
#include "core/track/edits.h"

struct kc_edit_report {
    const char *file;            /* of the model, or of the labels */
    int model;                   /* 1: a model */
    const struct kc_edits *edits;
    const struct kc_strs *old, *ids; /* (edits->k), (edits->after) the ids before and after */
    const uint64_t *rows;        /* (edits->after) of each cluster afterwards */
    uint64_t assigned;           /* all of these; of labels without the rows in no cluster */
    uint64_t unassigned;         /* labels: rows in no cluster */
    uint64_t generation;         /* model: of afterwards */
    int64_t next_id;             /* model: above all ids there ever were */
    int dry;                     /* nothing is written */
    double seconds;
    uint64_t peak_rss;           /* bytes */
};

/* Append a line for each correction, as in "3 + 7 -> 3, 51 rows", and one for the whole. */
int kc_out_edit_text(struct kc_buf *b, const struct kc_edit_report *r, struct kc_err *e) KC_MUST_USE;
int kc_out_edit_json(struct kc_buf *b, const struct kc_edit_report *r, struct kc_err *e) KC_MUST_USE;
/* Send the counts as an event. */
void kc_out_edit_event(const struct kc_ctx *ctx, const struct kc_edit_report *r);

#endif
