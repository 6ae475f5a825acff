/* What to read and how: the options of every reader, and the statistics of a reading. */
#ifndef KC_IN_PIECE_OPTS_H
#define KC_IN_PIECE_OPTS_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/fields/attrs.h"

#define KC_MAX_DIM ((size_t)1 << 20) /* no embedding comes near it; a header that says more lies */

#define KC_WHERE_MOST 16

enum kc_in_format { KC_IN_AUTO, KC_IN_JSONL, KC_IN_KVEC, KC_IN_NPY, KC_IN_RAW, KC_IN_FAISS, KC_IN_FVECS, KC_IN_BVECS,
                    KC_IN_SAFETENSORS, KC_IN_WORD2VEC, KC_IN_WORD2VEC_BIN, KC_IN_GLOVE, KC_IN_CSV, KC_IN_TSV,
                    KC_IN_FORMATS };
/* Their names, in that order. */
#define KC_IN_WORDS "auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv"

enum kc_header { KC_HEADER_AUTO, KC_HEADER_YES, KC_HEADER_NO };

struct kc_in_opts {
    const char *const *files; /* nfiles paths; "-" is standard input */
    size_t nfiles;            /* 0: standard input */
    enum kc_in_format format; /* raw is never told by itself */
    uint64_t dim;             /* raw: numbers in a row; else 0 */
    const char *tensor;       /* safetensors: the one to be read; NULL: the only matrix of floats */
    const char *term_field, *vec_field; /* NULL: by the usual synonyms, decided on the first record; csv and tsv: a
                                           column's name or number, or for vec_field a range of numbers */
    enum kc_header header;    /* csv, tsv: whether the first record is one */
    const char *records;      /* JSON Pointer to the array of records in each JSON text, or NULL */
    const char *terms_file;   /* terms one a line, or NULL */
    uint64_t max_line;        /* bytes; longest line / record of text input */
    uint64_t max_memory;      /* bytes the data set and the work on it may take, 0: no limit: rows that do not fit are
                                 stored elsewhere; KC_ESYS when their text alone takes more */
    uint64_t (*work)(void *arg, size_t n, size_t d); /* bytes that the work on n rows in memory takes beside them; */
    void *work_arg;                                  /* grows with n. NULL: none */
    int skip_bad;             /* --on-bad skip */
    int want_raw;             /* --annotate: keep each record's JSON without its vector */
    /* Attributes: fields (keys, or JSON Pointers) of the records that come to the sink with the rows; and conditions on
     * such fields, "FIELD OP VALUE" (in/fields/attrs.h), which rows must meet: those that do not are left out. */
    const char *const *attrs;
    size_t nattrs;
    const enum kc_attr_kind *kinds; /* (nattrs) in/fields/attrs.h: records whose attributes are not so are bad; NULL: any will do */
    const char *metadata;     /* file that the attributes are taken from (in/fields/meta.h), or NULL: the records; */
    const char *metadata_key; /* its field that the rows' terms are found by; NULL: as they come, or by position */
    const char *where[KC_WHERE_MOST];
    size_t nwhere;
    int prompt;               /* hand on lines that have come rather than wait for more of them */
    size_t expect_dim;        /* what rows must have, 0: what the first has, */
    const char *expect_from;  /* and who says so */
    /* Called by the workers for each piece of decoded rows (n, d); what it puts into made (empty at first) comes to the
     * sink with them. A failure ends the run. NULL: none. */
    int (*each)(void *arg, const float *x, size_t n, size_t d, struct kc_buf *made, struct kc_err *e);
    void *each_arg;
    int normalise;            /* rows become unit vectors; zero rows are bad records only then */
};

/* What was seen on the way, for info and for messages. */
struct kc_in_stats {
    uint64_t bytes;       /* read from the inputs, as stored (compressed) */
    uint64_t records;     /* good records */
    uint64_t skipped;     /* bad records left out */
    uint64_t unmet;       /* good records that did not meet the conditions */
    enum kc_in_format format; /* of the first input */
    int gzip, zstd;       /* some input was compressed so */
    char term_field[256], vec_field[256]; /* as decided; "" when the format has no fields */
    char dtype[16];       /* npy, safetensors: as stored, "<f4", "F32"; else "" */
    char tensor[256];     /* safetensors: its name; else "" */
    char index[8], id_map[8]; /* faiss: its four letters, and those of the id map around it or ""; else "" */
    char metric[24];      /* faiss: what it searches by; else "" */
};

/* Return the name of a format: "auto", "jsonl", ... */
const char *kc_in_format_name(enum kc_in_format f);
/* Find a format by its name. 0, or -1 if there is none. */
int kc_in_format_by_name(const char *name, enum kc_in_format *f) KC_MUST_USE;

#endif
