/* An input that can be read again, by a descriptor of its own: a plain regular file whose rows lie at known places. */
#ifndef KC_IN_PIECE_REOPENED_H
#define KC_IN_PIECE_REOPENED_H

#include <sys/types.h>
#include <time.h>
#include "in/piece/feed.h"
#include "in/piece/layout.h"

struct kc_reopened {
    char *name;
    int fd;
    size_t no; /* number of the operand, as in a slot */
    const struct kc_reader *rd;
    struct kc_layout layout;
    off_t size; /* at the first reading */
    struct timespec changed; /* time of its last change, as seen then */
};

/* Keep the file that the feed has open, to be read again. l says how its rows lie; *at is set to the offset of the next
 * byte. Return NULL, which is no failure, if it cannot be read again (a pipe, compressed), if memory has no limit or if
 * descriptors are short. Free with kc_reopened_free (NULL is fine), unless a slot hands it to kc_reread_add. */
struct kc_reopened *kc_reopened_open(const struct kc_feed *f, const struct kc_layout *l, uint64_t *at);
void kc_reopened_free(struct kc_reopened *a);

#endif
