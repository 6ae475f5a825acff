/* What k was chosen by, and whether there is structure at all, in reports. */
#ifndef KC_REPORT_EVIDENCE_H
#define KC_REPORT_EVIDENCE_H

#include "core/choice/structure.h"
#include "core/judge/ksweep.h"

struct kc_jsonw; /* json/jsonw.h */

/* Write the evidence of one k as members of an open object; evidence: bits KC_EVIDENCE_... that were computed. */
void kc_out_evidence(struct kc_jsonw *w, const struct kc_k_entry *s, unsigned evidence);
/* Write how sure the choice of k is as the member "choice". Nothing if the choice was not combined. */
void kc_out_choice(struct kc_jsonw *w, const struct kc_ksweep *f);
/* Write whether there is structure as the members "structure" and "structure_test". Nothing if it was not tested. */
void kc_out_structure(struct kc_jsonw *w, const struct kc_structure *s);

/* Append the table of all k that were tried, with a mark at the chosen one; no wider than 80 columns. all: every k; 0:
 * the best twenty of many. */
int kc_out_sweep_table(struct kc_buf *b, const struct kc_ksweep *f, int all, struct kc_err *e) KC_MUST_USE;
/* Append a sentence or some that say which k to take and how sure that is, each on a line that begins with `prefix`. */
int kc_out_advice(struct kc_buf *b, const struct kc_ksweep *f, const char *prefix, struct kc_err *e) KC_MUST_USE;

#endif
