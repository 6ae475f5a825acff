/* The records splitter: a JSON text that comes in pieces of any size is checked, and the elements of one array in it
 * are cut out, each as a text of its own. What lies in the elements is only looked at for where it ends. */
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
    KC_SPLIT_FIRST_ELEMENT, /* of the array: an element or ']' */
    KC_SPLIT_NEXT_ELEMENT,
    KC_SPLIT_ELEMENT,     /* in an element */
    KC_SPLIT_AFTER_ELEMENT
};

struct kc_split {
    struct kc_path path;
    uint64_t max;       /* bytes of an element */
    enum kc_split_state state;
    uint64_t line;      /* of the next byte, from 1 */
    size_t column;      /* bytes before it on that line */
    int found;          /* this text's array has come */
    unsigned depth;     /* containers open outside the elements */
    unsigned on;        /* containers 1..on are those that the path goes through */
    uint64_t object[KC_JSON_DEPTH / 64]; /* bit i: container i + 1 is an object */
    uint64_t index[KC_PATH_DEPTH + 2];   /* of the next element, in the containers on the path */
    int match;          /* the next value is what the path leads to (2), or is on its way (1) */
    int is_key;         /* the string is a key */
    int escape;         /* in a string: 1 behind a backslash; n of 5 to 2: n - 1 digits of \u are still to come */
    unsigned utf8_left; /* in a string: bytes of the sequence that are still to come, */
    unsigned char utf8_low, utf8_high; /* and what the next of them may be */
    int key_fits;       /* the key is one that could match the path */
    struct kc_buf token; /* such a key's text, or a number or literal, so far */
    struct kc_strs keys; /* the first of this text's top level, as far as a message shows them, */
    int more_keys;      /* and whether there are others */
    int near_end;       /* a fault had fewer than KC_SPLIT_LOOK bytes in view: the same call with more may say it
                           better */
    uint64_t nesting;   /* in an element: containers open */
    int quoted;         /* in an element: in a string (and behind a backslash when escape is 1) */
    int scalar;         /* the element is neither object nor array */
    uint64_t taken;     /* bytes of the element so far */
    uint64_t element_line; /* where the element began */
    size_t element_column;
};

#define KC_SPLIT_LOOK 64 /* bytes at a fault that its message may show */

enum kc_split_event {
    KC_SPLIT_MORE,    /* all bytes are used up */
    KC_SPLIT_RECORD,  /* an element is complete in out */
    KC_SPLIT_TOO_LONG, /* an element is longer than max: it has been left out, and its end has been seen */
    KC_SPLIT_FAULT    /* e says what is wrong, with the line; nothing can follow */
};

/* pointer: where the array is in a text. Free with kc_split_free. */
int kc_split_init(struct kc_split *s, const char *pointer, uint64_t max, uint64_t line, struct kc_err *e) KC_MUST_USE;
void kc_split_free(struct kc_split *s);

/* Go on at *pp; an element's bytes are appended to out, of which `start` is the first (kept by the caller over calls
 * until the element is complete). *pp is moved behind what was used. */
enum kc_split_event kc_split_next(struct kc_split *s, const char **pp, const char *end, struct kc_buf *out,
                                  size_t start, const char *file, struct kc_err *e);

/* The input has ended: -1 when that is within a text. */
int kc_split_end(const struct kc_split *s, const char *file, struct kc_err *e) KC_MUST_USE;

#endif
