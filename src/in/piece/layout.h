/* How the rows of a piece lie in its bytes: as numbers one after the other, or as columns of text. Readers determine it
 * at the head of a file; the workers that decode pieces use it. */
#ifndef KC_IN_PIECE_LAYOUT_H
#define KC_IN_PIECE_LAYOUT_H

#include <stddef.h>

/* The type of a number in a file. BF16 is the upper half of a float32; U8 is 0 to 255. */
enum kc_cell { KC_CELL_F32, KC_CELL_F64, KC_CELL_F16, KC_CELL_BF16, KC_CELL_U8 };

/* Rows of numbers. */
struct kc_layout {
    enum kc_cell cell;
    int swap;    /* numbers are big-endian */
    size_t lead; /* bytes before each row that do not belong to it */
};

/* The columns of csv and tsv. */
struct kc_columns {
    char sep;            /* 0: no columns, but words separated by blanks */
    int multiline;       /* csv: a quoted field may hold line breaks; else tsv, which has escapes */
    size_t count;        /* columns of a record; 0: not known */
    size_t term;         /* column of the term; SIZE_MAX: none */
    size_t first, last;  /* columns of the vector; the term's is skipped if it lies among them */
};

#endif
