/* Metadata beside the vectors: attributes of rows whose format has none, from a file of their own. */
#ifndef KC_IN_FIELDS_META_H
#define KC_IN_FIELDS_META_H

#include "base/intern.h"
#include "in/fields/attrs.h"
#include "io/source.h"

/* What is kept of the file: the wanted attributes of each record. */
struct kc_meta {
    const char *name;      /* of the file, for messages */
    char names[512];       /* the fields of its first record, or its columns, one a line; "" if not known */
    size_t each;           /* attributes per record */
    struct kc_strs values; /* attribute a of record i is string i * each + a: compact JSON, "" if the record has none */
    struct kc_intern keys; /* by key: key i is that of record i. Of an index: its ids, while it is read */
    int by_key;
    int is_file;           /* it is no pipe */
    struct kc_strs ids;    /* by position: the first records' ids, if they have a usual field for one, else empty */
    char id_name[64];
    uint32_t *at;          /* (n) of an index: the record of the vector at each position; NULL: row i has record i */
    uint64_t n;            /* records read so far; of an index: positions */
    uint64_t max;          /* bytes that all this may take (then KC_ESYS); 0: no limit */
    /* Records that are not read yet: next reads one and returns 1, or 0 at the end. NULL: there are none. */
    int (*next)(struct kc_meta *m, struct kc_err *e);
    void (*end)(void *state); /* frees state */
    void *state;
};

/* Begin to read metadata from src, opened at path, which is read once and closed at the end. `want` must stay until
 * kc_meta_free. The file is either JSONL, one record for each row in their order, or, with key (a field or JSON
 * Pointer, from the option key_option), in any order: then a row's term finds its record. Or it is an index's metadata,
 * one JSON object with the members
 *   metadata_store    {vector id: {"source_id", ..., "metadata": {...}}}
 *   id_map            {vector id: position}, and/or
 *   reverse_id_map    {position: vector id}.
 * Or it is a table, csv or tsv with a header, whose columns are the fields. All of want must be columns but attribute
 * `optional` (SIZE_MAX: none), which is "" then.
 * In an index a field that is no pointer is looked for in "metadata", then beside it, and vector_id is the id itself.
 * Records in the order of the rows are read as rows need them; what a pipe has is read at once, up to KC_META_AHEAD
 * bytes of it, because its writer may wait for that. All others are read now.
 * KC_EINPUT with line or byte for a file that is damaged or contradicts itself. Free with kc_meta_free, also after a
 * failure. */
int kc_meta_load(struct kc_meta *m, const char *path, struct kc_source *src, const struct kc_attrs *want,
                 size_t optional, const char *key, const char *key_option, uint64_t max_line, uint64_t max,
                 struct kc_err *e) KC_MUST_USE;
#define KC_META_AHEAD ((uint64_t)64 << 20)
/* Read on until there are n records, or no more. */
int kc_meta_need(struct kc_meta *m, uint64_t n, struct kc_err *e) KC_MUST_USE;
/* Count all records. Those that were not read yet are dropped, and so are the others' attributes. */
int kc_meta_count(struct kc_meta *m, uint64_t *n, struct kc_err *e) KC_MUST_USE;
/* Read the first records: all, if rows find them by key or the file is a pipe. */
int kc_meta_first(struct kc_meta *m, int is_file, struct kc_err *e) KC_MUST_USE;
/* Check that the metadata take no more than m->max. */
int kc_meta_check(const struct kc_meta *m, struct kc_err *e) KC_MUST_USE;
/* Begin with a csv or tsv, with key as a path or NULL. src is closed at the end, also after a failure.
 * (in/fields/meta_table.c) */
int kc_meta_begin_table(struct kc_meta *m, const char *path, struct kc_source *src, const struct kc_attrs *want,
                        size_t optional, const struct kc_path *key, uint64_t max_line, struct kc_err *e) KC_MUST_USE;
/* Begin metadata that kc_meta_add_key and the caller fill: the key of a record, then its attributes, then m->n++. */
int kc_meta_begin(struct kc_meta *m, const char *path, size_t each, const char *key, const char *key_option,
                  struct kc_path *key_path, struct kc_err *e) KC_MUST_USE;
/* Add the key (n bytes) of the next record, which is on `line` (0: there are no lines). KC_EINPUT if it is there. */
int kc_meta_add_key(struct kc_meta *m, const char *key, size_t n, uint64_t line, struct kc_err *e) KC_MUST_USE;
#define KC_META_IDS 1024 /* records whose ids are kept to see whether their order is that of the rows */
/* Keep the id of the record to come, if it is one of the first. */
int kc_meta_keep_id(struct kc_meta *m, const char *p, size_t n, struct kc_err *e) KC_MUST_USE;
void kc_meta_free(struct kc_meta *m);
uint64_t kc_meta_bytes(const struct kc_meta *m); /* of memory */

/* Find the record of input row `row`, whose term has n bytes (NULL: it has none). KC_EINPUT if there is none. */
int kc_meta_find(struct kc_meta *m, uint64_t row, const char *term, size_t n, uint64_t *record, struct kc_err *e)
    KC_MUST_USE;

#endif
