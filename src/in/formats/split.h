/* The records splitter: check JSON texts that come in pieces of any size, and cut out the elements, each as a text of
 * its own. The elements are those of one array in each text, or the members of one object, or the texts themselves.
 * Within the elements it only looks for their end. */
#ifndef KC_IN_FORMATS_SPLIT_H
#define KC_IN_FORMATS_SPLIT_H

#include "in/fields/fields.h"

enum kc_split_state {
    KC_SPLIT_TOP,         /* between two texts */
    KC_SPLIT_VALUE,       /* a value must come */
    KC_SPLIT_FIRST_VALUE, /* a value or ']' */
    KC_SPLIT_FIRST_KEY,   /* a key or '}' */
    KC_SPLIT_KEY,         /* a key */
    KC_SPLIT_COLON,
    KC_SPLIT_AFTER,       /* ',' or the container's end */
    KC_SPLIT_STRING,
    KC_SPLIT_SCALAR,      /* in a number or a literal */
    KC_SPLIT_FIRST_ELEMENT, /* in the array: an element or ']' */
    KC_SPLIT_NEXT_ELEMENT,
    KC_SPLIT_ELEMENT,     /* in an element */
    KC_SPLIT_AFTER_ELEMENT,
    KC_SPLIT_FIRST_PAIR, /* in the map: a key or '}' */
    KC_SPLIT_NEXT_PAIR,  /* in the map: a key */
    KC_SPLIT_PAIR_COLON,
    KC_SPLIT_PAIR_VALUE
};

enum kc_split_kind {
    KC_SPLIT_ARRAY, /* elements of an array */
    KC_SPLIT_TEXTS, /* each text is an element */
    KC_SPLIT_MAP    /* members of an object: a term, and a vector */
};

#define KC_SPLIT_SIDES 16
#define KC_SPLIT_NO_KEYS 1u /* the hash of no keys */

/* An array, or of a map an object, beside the vectors, with an element for each of them. */
struct kc_split_side {
    char name[64];
    int rank;        /* how well the name suits the terms, from 0 on; -1: it does not */
    int strict;      /* another number of elements is an error; else it is another list */
    int keep;        /* the elements are kept; else only counted */
    int objects;     /* some are objects, whose members are fields of the records */
    int other;       /* it is another list */
    uint64_t count;  /* elements so far, with those that texts without it would have */
    uint64_t keys;   /* map: hash of the keys in this text */
    char odd;        /* begins the first element that is no term, on this line; 0: there is none */
    uint64_t odd_line;
    struct kc_strs value; /* each element, as JSON */
};

struct kc_split_sides {
    /* set by the caller */
    const char *term_name; /* the name of the terms; NULL: by the usual names, and their plurals */
    const char *const *wanted; /* (nwanted) names that options use */
    size_t nwanted;
    int all;         /* keep all of them, as fields of the records */
    int no_terms;    /* none is the terms */

    struct kc_split_side side[KC_SPLIT_SIDES], *terms;
    size_t n;
};
void kc_split_sides_free(struct kc_split_sides *o);
/* Choose the terms when all is collected. */
int kc_split_sides_end(struct kc_split_sides *o, const char *file, struct kc_err *e) KC_MUST_USE;

struct kc_split {
    /* set by the caller after kc_split_init */
    enum kc_split_kind kind;
    int keyed;          /* map: its values are records, which get the key as a field "key" */
    int want_term;      /* map: each element is given out as {"term": KEY, "vec": VALUE}, else as its value */
    struct kc_split_sides *sides; /* element i of the input is given out as a record of the i-th elements of the sides:
                                     {"NAME": ..., "term": ..., "vec": ELEMENT}; NULL: as it is */
    int list;           /* give out no elements, but collect the sides */
    int printed;        /* array, texts: elements as numpy prints them: without commas, within array(...) */
    int only;           /* array: a second array of vectors in the text is an error */

    uint64_t count;     /* elements that have begun */
    uint64_t first;     /* those of them before this text */
    int beside;         /* list: the next value stands beside the vectors, its key is in token */
    size_t listing;     /* list: 1 + the number of the side whose elements are collected, or 0 */
    uint64_t map_keys;  /* list: hash of the keys of the map in this text */
    struct kc_buf map_key; /* map: the first key of the first text */
    uint64_t texts;     /* texts that have begun */
    size_t wrapped;     /* bytes that were put before the element */
    struct kc_path path;
    uint64_t max;       /* bytes of the longest element */
    enum kc_split_state state;
    uint64_t line;      /* of the next byte, from 1 */
    size_t column;      /* bytes before it on that line */
    int found;          /* the array has been found in this text */
    unsigned depth;     /* containers open outside the elements */
    unsigned on;        /* containers 1..on are those that the path goes through */
    uint64_t object[KC_JSON_DEPTH / 64]; /* bit i: container i + 1 is an object */
    uint64_t index[KC_PATH_DEPTH + 2];   /* index of the next element, for the containers on the path */
    int match;          /* what the next value is: 2: the path ends at it; 1: the path leads through it */
    int is_key;         /* the string is a key */
    int pair;           /* it is one of the map */
    int escape;         /* in a string: 1: after a backslash; n of 5 to 2: n - 1 digits of \u must still come */
    unsigned utf8_left; /* in a string: bytes of the UTF-8 sequence that must still come */
    unsigned char utf8_low, utf8_high; /* range of the next such byte */
    int key_fits;       /* the key is one that could match the path */
    struct kc_buf token; /* such a key's text, or a number or literal, so far */
    struct kc_strs keys; /* the first keys of this text's top level, shown in a message */
    int more_keys;      /* there are other keys */
    size_t around;      /* printed: bytes so far of what is around an array, in token */
    unsigned second_depth; /* depth of an array that may be a second one of vectors, while its first element is walked
                              through and kept in `second`; else 0 */
    struct kc_buf second;
    int near_end;       /* a fault had fewer than KC_SPLIT_LOOK bytes in view: with more, its message may be better */
    uint64_t nesting;   /* in an element: containers open */
    int quoted;         /* in an element: in a string (after a backslash if escape is 1) */
    int scalar;         /* the element is neither object nor array */
    uint64_t taken;     /* bytes of the element so far */
    uint64_t element_line; /* where the element began */
    size_t element_column;
};

#define KC_SPLIT_LOOK 64 /* bytes at a fault that its message may show */

enum kc_split_event {
    KC_SPLIT_MORE,    /* all bytes are used */
    KC_SPLIT_RECORD,  /* an element is complete in out */
    KC_SPLIT_TOO_LONG, /* an element is longer than max: it has been left out, and its end has been found */
    KC_SPLIT_FAULT    /* e says what is wrong, with the line; nothing can follow */
};

/* Begin a splitter. pointer: the JSON Pointer to the array. line: number of the input's first line. Free with
 * kc_split_free. */
int kc_split_init(struct kc_split *s, const char *pointer, uint64_t max, uint64_t line, struct kc_err *e) KC_MUST_USE;
void kc_split_free(struct kc_split *s);

/* Continue at *pp up to `end`, and move *pp past the bytes that were used. An element's bytes are appended to out,
 * where they begin at `start` (kept by the caller over calls until the element is complete). */
enum kc_split_event kc_split_next(struct kc_split *s, const char **pp, const char *end, struct kc_buf *out,
                                  size_t start, const char *file, struct kc_err *e);

/* Check the end of the input: return -1 if it is within a text. */
int kc_split_end(const struct kc_split *s, const char *file, struct kc_err *e) KC_MUST_USE;

#endif
