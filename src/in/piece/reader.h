/* A reader: what a file format must provide. in/formats has one file for each. */
#ifndef KC_IN_PIECE_READER_H
#define KC_IN_PIECE_READER_H

#include "in/piece/feed.h"
#include "in/piece/slot.h"

/* A reader for one format. */
struct kc_reader {
    enum kc_in_format format;
    const char *magic; /* how every such file begins (magic_n bytes), or NULL */
    size_t magic_n;
    int (*is)(const struct kc_feed *f); /* recognises the format by KC_SEEN bytes at carry_at; or NULL */
    int binary;        /* a bad record is named by its row, not by its line */
    int has_fields;    /* its records have fields, so terms and attributes */
    /* Begin a new file. f->state is the reader's own (freed by kc_mem_free after end). */
    int (*begin)(struct kc_feed *f, struct kc_err *e);
    /* Restrict the file, which is plain and regular, to the records that begin at f->part.from .. f->part.to, before
     * the first of them is filled. s: an empty slot to work with. Return 1 if the file must be read as a whole. NULL:
     * it always must. */
    int (*narrow)(struct kc_feed *f, struct kc_slot *s, struct kc_err *e);
    /* Fill the slot with the next piece of the file. Set *eof, with an empty slot, after the last. */
    int (*fill)(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e);
    /* Decode a slot into rows and bad records; on any thread. */
    void (*work)(struct kc_slot *s);
    /* Free what f->state holds. */
    void (*end)(struct kc_feed *f);
};

#endif
