/* How the rows of a piece lie in its bytes: as numbers one behind the other, or as columns of text. Readers find it out
 * at the head of a file, and the workers that decode pieces go by it. */
#ifndef KC_IN_PIECE_LAYOUT_H
#define KC_IN_PIECE_LAYOUT_H

#include <stddef.h>

/* A number as files have it. BF16 is the upper half of a float32; U8 is 0 to 255. */
enum kc_cell { KC_CELL_F32, KC_CELL_F64, KC_CELL_F16, KC_CELL_BF16, KC_CELL_U8 };

/* How rows lie. */
struct kc_layout {
    enum kc_cell cell;
    int swap;    /* big-endian */
    size_t lead; /* bytes of something else before each row */
};

/* What the columns of csv and tsv are. */
struct kc_columns {
    char sep;            /* 0: no columns, but words between blanks */
    int multiline;       /* csv: a quoted field may hold line breaks; else tsv, where there are escapes */
    size_t count;        /* of a record's columns; 0: not known */
    size_t term;         /* the term's, SIZE_MAX: there is none */
    size_t first, last;  /* those of the vector, but for the term's where it lies among them */
};

#endif
