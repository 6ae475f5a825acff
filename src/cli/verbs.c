/* The verb table: a verb is one file cmd_VERB.c and one row here. */
#include <stddef.h>
#include "cli/opt.h"

extern const struct kc_verb kc_verb_fit, kc_verb_assign, kc_verb_update, kc_verb_score, kc_verb_diff, kc_verb_convert,
    kc_verb_info, kc_verb_neighbours, kc_verb_edit, kc_verb_suggest, kc_verb_why, kc_verb_map, kc_verb_report,
    kc_verb_plot, kc_verb_merge, kc_verb_help;

const struct kc_verb *const kc_verbs[] = {
    &kc_verb_fit,  &kc_verb_assign,  &kc_verb_update,     &kc_verb_merge, &kc_verb_score, &kc_verb_diff,
    &kc_verb_edit, &kc_verb_suggest, &kc_verb_neighbours, &kc_verb_why,   &kc_verb_map,   &kc_verb_plot,
    &kc_verb_report, &kc_verb_convert, &kc_verb_info,     &kc_verb_help,  NULL};
