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
    int (*is)(const struct kc_feed *f); /* whether the file is one, by its first KC_SEEN bytes at carry_at; or NULL */
    int binary;        /* a bad record is named by its row, not by its line */
    /* A new file begins; f->state is the reader's own (freed by kc_mem_free after end). */
    int (*begin)(struct kc_feed *f, struct kc_err *e);
    /* The next piece of the file; *eof with an empty slot when there is none. */
    int (*fill)(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e);
    void (*work)(struct kc_slot *s);
    void (*end)(struct kc_feed *f);
};

#endif
