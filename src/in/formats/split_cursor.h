/* The inside of the records splitter, shared by its files: split.c walks the text around the elements,
 * split_scan.c goes through the bytes of strings and elements, split_second.c looks for a second array of vectors. */
#ifndef KC_IN_FORMATS_SPLIT_CURSOR_H
#define KC_IN_FORMATS_SPLIT_CURSOR_H

#include "in/formats/split.h"

/* The input of one call, and its outputs. */
struct split_cursor {
    struct kc_split *s;
    const char *p, *end;
    struct kc_buf *out;
    size_t start;
    const char *file;
    struct kc_err *e;
    const char *second_from; /* the bytes before it are in s->second */
};

/* Report a fault at the current byte. Return -1. */
int kc_split_refuse(struct split_cursor *c, const char *expected, const char *what);

/* Advance line and column past byte b, or past the bytes [p, end). */
static inline void kc_split_count(struct kc_split *s, char b)
{
    s->column++;
    if (b == '\n') {
        s->line++;
        s->column = 0;
    }
}
void kc_split_count_bytes(struct kc_split *s, const char *p, const char *end);

static inline void kc_split_step(struct split_cursor *c)
{
    kc_split_count(c->s, *c->p++);
}

/* Check the bytes of a string, up to its closing quote or the end of the input. Return 1 at the quote, 0 at the end, -1
 * for a fault. A key that is wanted is collected in s->token. */
int kc_split_string(struct split_cursor *c);

/* Scan to the element's end, after its last byte. Return 1 if it has been reached. */
int kc_split_element(struct split_cursor *c);

/* The sides (split_sides.c): begin the one whose name is in s->token, and return 1 if there is one; add the element in
 * s->token; check their lengths at the end of a text; count a key of a map; put what they hold before an element. */
int kc_split_side_begin(struct split_cursor *c);
int kc_split_side_add(struct split_cursor *c);
int kc_split_sides_check(const struct split_cursor *c);
void kc_split_hash_key(struct kc_split *s);
int kc_split_wrap(struct split_cursor *c);

/* At the current byte, between two texts as numpy prints them: skip what stands around the arrays. Return 1 if that was
 * something, 0 if not, -1 for a fault. (split_printed.c) */
int kc_split_printed(struct split_cursor *c);

/* At the value to come: begin to keep it if it may be the first element of a second array of vectors. */
void kc_split_second_begin(struct split_cursor *c);
/* Keep its bytes up to the current one. */
int kc_split_second_keep(struct split_cursor *c);
/* After a value: if it is that element, judge it. Return -1 if vectors would be left out. */
int kc_split_second_end(struct split_cursor *c);

#endif
