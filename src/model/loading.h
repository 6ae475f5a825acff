/* Inside the reading of a model (model/load.c): what its parts share. */
#ifndef KC_MODEL_LOADING_H
#define KC_MODEL_LOADING_H

#include "json/safetensors.h"
#include "model/model.h"

#define KC_MODEL_MOST_IDS (INT64_MAX - UINT32_MAX) /* leaves room for new ids */

/* A model file being read. */
struct kc_model_reader {
    struct kc_model *m;
    const char *name; /* of the file, for messages */
    const char *data; /* the tensors' bytes */
    struct kc_st st;
    char *text;       /* the info: a JSON text, with a NUL */
    struct kc_buf tmp; /* a decoded string */
    struct kc_err *e;
};

/* Fail with KC_EINPUT: the file is a model, but damaged. */
int kc_model_damage(const struct kc_model_reader *l, const char *fmt, ...) KC_PRINTF(2, 3);

/* A whole number in the info, and the range that it must be in. */
struct kc_model_number {
    const char *key;
    uint64_t least, most;
    uint64_t *to;
};

/* Read the n numbers of t from a JSON object. where: what precedes their keys in messages. */
int kc_model_numbers(const struct kc_model_reader *l, const char *object, const char *where,
                     const struct kc_model_number *t, size_t n) KC_MUST_USE;
/* Return how many elements an array has. */
size_t kc_model_count(const char *v);

/* Read the history; v: the value of "history", NULL if there is none. (model/load_history.c) */
int kc_model_read_history(const struct kc_model_reader *l, const char *v) KC_MUST_USE;

#endif
