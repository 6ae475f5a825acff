/* Options as typed rows. A row says what an option is called, where its value lies, what it may be and what it means;
 * parsing, help, completions, the manual's check, checkpoints, models, records and the fuzzer all walk the same rows. A
 * table of rows is about one struct and ends with a row of zeros. */
#ifndef KC_BASE_OPTION_H
#define KC_BASE_OPTION_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum kc_option_type {
    KC_OPTION_TEXT,    /* const char *: any text */
    KC_OPTION_FILE,    /* const char *: the name of a file, not empty */
    KC_OPTION_FLAG,    /* int: becomes `set`; takes no argument */
    KC_OPTION_U64,     /* uint64_t: a whole number from least to most */
    KC_OPTION_REAL,    /* double: a number from low to high */
    KC_OPTION_SIZE,    /* uint64_t: bytes, above 0, as in 500M */
    KC_OPTION_COUNT,   /* uint64_t: rows, from least, as in 100000 or 1M */
    KC_OPTION_SECONDS, /* double: seconds from low, as in 90, 1.5m or 2h */
    KC_OPTION_TIME,    /* int64_t: the same in microseconds */
    KC_OPTION_WORD,    /* int: the place of the value among words, from 0 */
    KC_OPTION_OWN      /* by the row's functions */
};

/* What the parser does with an option beside storing its value. */
enum kc_option_role {
    KC_ROLE_NONE,
    KC_ROLE_CONFIG,   /* reads options from a file */
    KC_ROLE_PRESET,   /* reads options from a preset */
    KC_ROLE_LOG,      /* the format of messages: looked for before anything else */
    KC_ROLE_HELP, KC_ROLE_HELP_ALL, KC_ROLE_VERSION, /* end the parsing */
    KC_ROLE_VERB      /* its value is the name of a verb */
};

enum {
    KC_OPTION_CHECKPOINT = 1, /* a resumed run must have the same value */
    KC_OPTION_MODEL = 2,      /* the model records it */
    KC_OPTION_RECORD = 4,     /* the records of clusters tell it */
    KC_OPTION_NO_STDIO = 8,   /* a FILE that cannot be "-" */
    KC_OPTION_OPEN_LOW = 16,  /* a REAL that is above low, */
    KC_OPTION_OPEN_HIGH = 32, /* below high */
    KC_OPTION_BASIC = 64      /* the short help shows it */
};

#define KC_OPTION_TEXT_MAX 96 /* bytes of a value as text */

struct kc_option {
    char letter;          /* 0: no short form */
    const char *name;     /* long form without dashes; NULL: none. Without both, the row is only for files. */
    const char *arg;      /* the argument's name in help; NULL: a flag */
    enum kc_option_type type;
    size_t at;            /* offset of the value in the struct */
    unsigned marks;       /* KC_OPTION_CHECKPOINT, ... */
    int set;              /* FLAG: the value to store */
    uint64_t least, most; /* most 0: no limit */
    double low, high;
    const char *expected; /* for the message about a bad value; NULL: made of type and bounds */
    const char *words;    /* separated by spaces: the values of a WORD, else words to complete */
    const char *off;      /* a word that stands for "not used": stores 0, or the default where 0 is a value */
    const char *shown;    /* the default as help shows it; NULL: made of the value; "": none */
    const char *env;      /* an environment variable that sets it too; NULL: none */
    const char *key;      /* its name in files; NULL: the long name, with _ for - */
    const char *help;     /* one sentence without a capital and a final stop */
    enum kc_option_role role;
    /* Check a text before it is stored. NULL: none. */
    int (*check)(const char *value, const char *name, struct kc_err *e);
    /* Parse a value into the struct instead of by type. base: the struct. */
    int (*parse)(void *base, const char *value, const char *name, struct kc_err *e);
    /* Write the value as text instead of by type. brief: for people, else complete. */
    void (*text)(const void *base, int brief, char out[KC_OPTION_TEXT_MAX]);
};

/* Return 1 for the row of zeros that ends a table. */
static inline int kc_option_is_last(const struct kc_option *o)
{
    return !o->letter && !o->name && !o->key;
}

/* Store a value. name: what the user wrote ("--k-min", "KCLUST_K_MIN"), for messages. base: the struct; defaults: one
 * with the default values, for `off`. value is NULL for a flag; texts are kept as pointers. KC_EUSAGE for a bad
 * value. */
int kc_option_parse(const struct kc_option *o, void *base, const void *defaults, const char *value, const char *name,
                    struct kc_err *e) KC_MUST_USE;

/* Write the value as text: "42", "silhouette", "off". brief: as people write it; else so that it reads back exactly. An
 * empty text where there is no value. */
void kc_option_text(const struct kc_option *o, const void *base, int brief, char out[KC_OPTION_TEXT_MAX]);

/* Return 1 if the option, given this value, asks for nothing: the word `off`, or the first word of a WORD. */
int kc_option_is_idle(const struct kc_option *o, const char *value);

/* Write the name that the option has in files. */
void kc_option_key(const struct kc_option *o, char out[KC_OPTION_TEXT_MAX]);
/* Write the name as people type it: "--k-min", "-k". */
void kc_option_name(const struct kc_option *o, char out[KC_OPTION_TEXT_MAX]);

/* Return the whole number that the row of this key holds; fallback if the table (NULL: none) has no such row. */
uint64_t kc_option_u64(const struct kc_option *table, const void *base, const char *key, uint64_t fallback);

/* Parse single values. The message names the option and what was expected; all are KC_EUSAGE. */
int kc_value_u64(const char *value, uint64_t least, uint64_t most, uint64_t *out, const char *name, struct kc_err *e)
    KC_MUST_USE;
int kc_value_bad(const char *value, const char *expected, const char *name, struct kc_err *e); /* -1 */
int kc_value_bad_word(const char *value, const char *words, const char *name, struct kc_err *e); /* -1 */
/* Return the place of the word among words, -1 if it is none of them. */
int kc_value_word(const char *words, const char *word, size_t n);

#endif
