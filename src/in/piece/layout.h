/* How the rows of a piece lie in its bytes: as numbers one after the other, or as columns of text. Readers determine it
 * at the head of a file; the workers that decode pieces use it. */
#ifndef KC_IN_PIECE_LAYOUT_H
#define KC_IN_PIECE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* The type of a number in a file. BF16 is the upper half of a float32; U8 is 0 to 255, I8 -128 to 127, and so on. */
enum kc_cell { KC_CELL_F32, KC_CELL_F64, KC_CELL_F16, KC_CELL_BF16, KC_CELL_U8, KC_CELL_I8, KC_CELL_U16, KC_CELL_I16,
               KC_CELL_U32, KC_CELL_I32, KC_CELL_U64, KC_CELL_I64 };

/* Rows of numbers. */
struct kc_layout {
    enum kc_cell cell;
    int swap;    /* numbers are big-endian */
    size_t lead; /* bytes before each row that do not belong to it */
};

/* What a backslash in tsv is. */
enum kc_escapes { KC_ESCAPES_NONE, KC_ESCAPES_COPY, KC_ESCAPES_UNKNOWN };

#define KC_NO_DIM UINT32_MAX

/* The columns of csv and tsv. */
struct kc_columns {
    char sep;            /* 0: no columns, but words separated by blanks */
    int multiline;       /* a quoted field may hold line breaks; else each line is a record */
    enum kc_escapes escapes;
    size_t count;        /* columns of a record; 0: not known */
    size_t term;         /* column of the term; SIZE_MAX: none */
    int words;           /* no terms: all words of a line are numbers (sep is 0) */
    int text;            /* the vector is written as a text in column `first`: a kc_vectext; 0: it is not */
    size_t first, last;  /* columns of the vector; the term's is skipped if it lies among them */
    const uint32_t *dim; /* (count) the place in the vector of each column's number, KC_NO_DIM for a column that is not
                            of the vector; NULL: all from first to last are, in their order. The feed keeps it */
    const uint32_t *attr; /* the column of each attribute that is wanted, KC_NO_DIM if there is none; NULL: none are */
    size_t nattr;
    const unsigned char *keep; /* --annotate: (count) 1 for the columns that are copied; NULL: none are */
    const char *keys;     /* the copies are JSON objects: for each of these columns its name in quotes and a NUL */
};

#endif
