/* Which keywords of a cluster a text has. */
#ifndef KC_TEXT_SHARED_H
#define KC_TEXT_SHARED_H

#include "text/keywords.h"

/* Append to out the keywords of cluster c, words and pairs of words, that occur in a text of n bytes, the best first.
 * The text is split as kc_keywords_make splits it. Return -1 with KC_ESYS if memory is short. */
int kc_keywords_shared(const struct kc_keywords *w, size_t c, const char *text, size_t n, struct kc_strs *out,
                       struct kc_err *e) KC_MUST_USE;

#endif
