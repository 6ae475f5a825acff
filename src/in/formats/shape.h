/* The shape of JSON input: where in its texts the records are. */
#ifndef KC_IN_FORMATS_SHAPE_H
#define KC_IN_FORMATS_SHAPE_H

#include <stddef.h>

enum kc_shape_kind {
    KC_SHAPE_SPLIT,   /* an array of lists of fields, with their names beside it in "columns" */
    KC_SHAPE_COLUMNS, /* objects with a value for each row, and no vectors in one of them */
    KC_SHAPE_LINES, /* a record on each line */
    KC_SHAPE_TEXTS, /* records over any number of lines, one after the other */
    KC_SHAPE_ARRAY, /* the elements of an array are the records */
    KC_SHAPE_MAP,   /* the members of an object are: a term, and its vector */
    KC_SHAPE_DOUBT  /* more than one of these could be meant */
};

struct kc_shape {
    enum kc_shape_kind kind;
    int printed;       /* bare, and no JSON: arrays as numpy prints them */
    int bare;          /* array: its elements are vectors and nothing else */
    int keyed;         /* map: its members are terms and records, which have the vectors */
    int inside;        /* array, map: it is in an object, with other members beside it */
    char pointer[256]; /* JSON Pointer to the array or the object; "": the whole text */
    char other[256];   /* doubt: a pointer to the second one; else "" */
};

/* Determine the shape by the beginning [p, end) of the input, from its first value on; KC_NUM_PAD NULs follow it.
 * whole: the input ends there. records: the pointer that the user gives, or NULL. vec_field: the field of the vector
 * that the user gives: if the first value has it at its top, or if it is a pointer, the records are values by
 * themselves. Return 1 if the first value is all in view; 2 if it is not, but what is in view has vectors; or 0 if more
 * bytes must be seen. What no shape fits is taken as lines: the reader of records says what is wrong with them. */
int kc_shape_find(const char *p, const char *end, int whole, const char *records, const char *vec_field,
                  struct kc_shape *shape);

/* Return 1 if an array whose first element is [p, end) holds vectors, or records with them. KC_NUM_PAD NULs follow. */
int kc_shape_is_vectors(const char *p, const char *end);

#endif
