/* Corrections of a clustering by hand: clusters that become one, clusters that are cut into parts, and names. They are
 * written as text, and mean clusters only when the clustering is known. */
#ifndef KC_CORE_TRACK_EDITS_H
#define KC_CORE_TRACK_EDITS_H

#include "base/label.h"
#include "base/mem.h"

#define KC_EDITS_MOST 4096      /* of one run */
#define KC_EDIT_PARTS_MOST 1024 /* of one cluster */

enum kc_edit_kind { KC_EDIT_MERGE, KC_EDIT_SPLIT, KC_EDIT_RENAME };

/* The corrections as they were written: "3,7", "5:2", "2=fonts". A backslash keeps the meaning from a comma, a colon,
 * an equals sign or a backslash after it. */
struct kc_edit_opts {
    struct {
        enum kc_edit_kind kind;
        const char *value;
    } edit[KC_EDITS_MOST];
    size_t n;
};

/* Append a correction. name: the option, for messages. KC_EUSAGE if the value is none. */
int kc_edit_parse(struct kc_edit_opts *o, enum kc_edit_kind kind, const char *value, const char *name,
                  struct kc_err *e) KC_MUST_USE;
/* Return how many corrections are of that kind. */
size_t kc_edit_count(const struct kc_edit_opts *o, enum kc_edit_kind kind);

/* One correction, and its clusters at[first .. first + n), in the order named. */
struct kc_edit {
    enum kc_edit_kind kind;
    size_t first, n;
};

/* The corrections of a clustering of k clusters. */
struct kc_edits {
    uint32_t k;
    uint32_t *into;  /* (k) the cluster whose id its rows have afterwards: itself, or the largest of its merge */
    uint32_t *parts; /* (k) how many parts it is cut into; 1: it stays whole */
    uint32_t *name;  /* (k) its new name's place among names; KC_NONE: it keeps its own */
    struct kc_strs names;
    struct kc_edit *edit; /* (n) in the order given */
    size_t n;
    uint32_t *at;
    size_t nat;
    uint32_t gone;   /* clusters that are merged into others */
    uint32_t more;   /* parts beyond the first of each cluster that is cut */
    /* The clusters of afterwards: first those whose ids stay, in their order, then the parts that get new ids, in the
     * order of the splits. */
    uint32_t after;
    uint32_t *place; /* (k) the place afterwards of each cluster; of one that is cut, of its largest part */
    uint32_t *part;  /* (k) that of its second part, which the others follow; KC_NONE: it stays whole */
    uint32_t *from;  /* (after) the cluster that each was, or is a part of; of a union the one whose id it has */
    unsigned char *changed; /* (after) it is a union or a part */
};

/* Find the clusters that the corrections mean. KC_EINPUT if there is no cluster of an id, KC_EUSAGE if two corrections
 * contradict each other. Of merged clusters the largest keeps its id, of equally large ones the one named first: so
 * would a refit with --like.
 *
 * ids    (k) the ids of the clusters as text, each another
 * rows   (k) of each cluster
 * file   what has the clusters, for messages
 * s      set; free it with kc_edits_free, also after a failure */
int kc_edits_find(struct kc_edits *s, const struct kc_edit_opts *o, const struct kc_strs *ids, const uint64_t *rows,
                  const char *file, struct kc_err *e) KC_MUST_USE;
void kc_edits_free(struct kc_edits *s);

#endif
