/* What to read and how: the options of every reader, and the statistics of a reading. */
#ifndef KC_IN_PIECE_OPTS_H
#define KC_IN_PIECE_OPTS_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/fields/attrs.h"
#include "in/piece/copy.h"

#define KC_MAX_DIM ((size_t)1 << 20) /* no embedding comes near it; a header that says more is wrong */

#define KC_WHERE_MOST 16

enum kc_in_format { KC_IN_AUTO, KC_IN_JSONL, KC_IN_KVEC, KC_IN_NPY, KC_IN_RAW, KC_IN_FAISS, KC_IN_FVECS, KC_IN_BVECS,
                    KC_IN_SAFETENSORS, KC_IN_WORD2VEC, KC_IN_WORD2VEC_BIN, KC_IN_GLOVE, KC_IN_CSV, KC_IN_TSV,
                    KC_IN_NUMBERS, KC_IN_PARQUET, KC_IN_NPZ, KC_IN_FORMATS };
/* Their names, in the same order. */
#define KC_IN_WORDS \
    "auto jsonl kvec npy raw faiss fvecs bvecs safetensors word2vec word2vec-bin glove csv tsv numbers parquet npz"

enum kc_header { KC_HEADER_AUTO, KC_HEADER_YES, KC_HEADER_NO };
enum kc_dialect { KC_DIALECT_AUTO, KC_DIALECT_COPY, KC_DIALECT_CSV }; /* of tsv */

struct kc_source; /* io/source.h */

struct kc_team; /* par/team.h */

struct kc_in_opts {
    const char *const *files; /* nfiles paths; "-" is standard input */
    size_t nfiles;            /* 0: standard input */
    struct kc_source *first;  /* the first of them, if it is open already: it is taken over; NULL: it is not */
    enum kc_in_format format; /* raw is never recognised by itself, it must be named */
    uint64_t dim;             /* raw: numbers per row; else 0 */
    uint64_t dims;            /* use the first `dims` numbers of each vector; 0: all */
    const char *tensor;       /* safetensors: the tensor to read; NULL: the only matrix of floats */
    const char *term_field, *vec_field; /* NULL: by the usual names, decided on the first record. csv and tsv: a
                                           column's name or number, or for vec_field a range of numbers */
    int term_field_of_labels; /* term_field is for files of labels too, so that the vectors need not have fields */
    enum kc_header header;    /* csv, tsv: whether the first record is a header */
    enum kc_dialect dialect;  /* tsv: whether it has COPY's escapes or csv's quotes */
    const char *delimiter;    /* csv: what separates the columns, one byte or "tab"; NULL: told by the records */
    const char *records;      /* JSON Pointer to the array of records in each JSON text, or NULL */
    const char *terms_file;   /* file of terms, one per line, or NULL */
    uint64_t max_line;        /* bytes of the longest line or record of text input */
    uint64_t max_memory;      /* bytes that the data set and the work on it may take, 0: no limit. Rows that do not
                                 fit are stored elsewhere; KC_ESYS if their text alone takes more */
    uint64_t (*work)(void *arg, size_t n, size_t d); /* returns the bytes that the work on n rows in memory needs beside
                                                        them; grows with n. NULL: none */
    void *work_arg;
    int skip_bad;             /* --on-bad skip */
    double max_bad;           /* skip_bad: the share of records that may be bad */
    enum kc_raw want_raw;     /* --annotate: copy each record without its vector */
    /* Attributes: fields (keys or JSON Pointers) of the records that are passed to the sink with the rows. Conditions
     * on such fields, "FIELD OP VALUE" (in/fields/attrs.h): rows that do not meet all of them are left out. */
    const char *const *attrs;
    size_t nattrs;
    const enum kc_attr_kind *kinds; /* (nattrs) what the attributes must be, else the record is bad; NULL: anything */
    const char *metadata;     /* file with the attributes (in/fields/meta.h); NULL: they are in the records */
    const char *metadata_key; /* field of that file to look up a row's term in; NULL: by position */
    int only_attrs;           /* Parquet: read no vectors and no terms (in/metadata.c) */
    size_t optional;          /* only_attrs: the attribute that need not be there; SIZE_MAX: none */
    const char *where[KC_WHERE_MOST];
    size_t nwhere;
    int prompt;               /* pass lines on as they arrive, rather than wait for more of them */
    size_t expect_dim;        /* numbers per row that are required; 0: as many as the first row has */
    const char *expect_from;  /* the file that requires them, for messages */
    /* Called by the workers for each piece of decoded rows (n, d). What it puts into `made` (empty at first) is passed
     * to the sink with them. A failure ends the run. NULL: none. */
    int (*each)(void *arg, const float *x, size_t n, size_t d, struct kc_buf *made, struct kc_err *e);
    void *each_arg;
    struct kc_team *team;     /* the inputs are shared out to its ranks (in/piece/part.h); NULL: all of them are read */
    int relay_rows;           /* kc_in_stream on ranks: the sink needs the vectors of all rows */
    int gather;               /* kc_in_load on ranks: the first gets all rows, the others none */
    int own_files;            /* team: the files are this rank's own, others have others */
    int exact;                /* team: as in struct kc_part */
    int normalise;            /* make rows unit vectors; only then are zero rows bad records */
};

/* Statistics of a reading, for info and for messages. */
struct kc_in_stats {
    uint64_t bytes;       /* read from the inputs, as stored (before decompression) */
    uint64_t records;     /* good records */
    uint64_t skipped;     /* bad records left out */
    uint64_t unmet;       /* good records that did not meet the conditions */
    enum kc_in_format format; /* of the first input */
    int gzip, zstd;       /* an input was compressed so */
    char term_field[256], vec_field[256]; /* as decided; "" if the format has no fields */
    char terms[300];      /* where the terms are from, for a message */
    char how[128];        /* why these; "" if the format leaves no choice */
    char keys[512];       /* jsonl: the keys of the first good record, or of the metadata's, one a line; else "" */
    char dtype[16];       /* npy, safetensors: as stored, "<f4", "F32"; else "" */
    char tensor[256];     /* safetensors: its name; else "" */
    char index[8], id_map[8]; /* faiss: its four letters, and those of the id map around it or ""; else "", "" */
    char metric[24];      /* faiss: the metric it searches by; else "" */
};

/* Return the name of a format: "auto", "jsonl", ... */
const char *kc_in_format_name(enum kc_in_format f);
/* Find a format by its name. Return 0, or -1 if there is none. */
int kc_in_format_by_name(const char *name, enum kc_in_format *f) KC_MUST_USE;

#endif
