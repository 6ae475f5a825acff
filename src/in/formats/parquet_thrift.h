/* Thrift's compact protocol, as Parquet's footer and page headers use it: a cursor over bytes that nobody vouches
 * for. */
#ifndef KC_IN_FORMATS_PARQUET_THRIFT_H
#define KC_IN_FORMATS_PARQUET_THRIFT_H

#include <stddef.h>
#include <stdint.h>

enum kc_pq_wire { KC_PQ_WIRE_STOP, KC_PQ_WIRE_TRUE, KC_PQ_WIRE_FALSE, KC_PQ_WIRE_BYTE, KC_PQ_WIRE_I16, KC_PQ_WIRE_I32,
                  KC_PQ_WIRE_I64, KC_PQ_WIRE_DOUBLE, KC_PQ_WIRE_BINARY, KC_PQ_WIRE_LIST, KC_PQ_WIRE_SET,
                  KC_PQ_WIRE_MAP, KC_PQ_WIRE_STRUCT };

/* bad is set at the first fault, also when the bytes end too early; everything read from then on is 0. */
struct kc_pq_thrift {
    const unsigned char *p, *end;
    int bad;
    int cut; /* the fault is that the bytes ended */
};

/* A field of a struct. Zero-initialise it before the struct's first field. */
struct kc_pq_field {
    int id;
    enum kc_pq_wire type;
};

uint64_t kc_pq_varint(struct kc_pq_thrift *t);
int64_t kc_pq_zigzag(struct kc_pq_thrift *t);
/* Read the next field's header. Return 0 at the struct's end, or if the bytes are bad. */
int kc_pq_next_field(struct kc_pq_thrift *t, struct kc_pq_field *f);
/* Skip a value. Values are nested to a limited depth. */
void kc_pq_skip(struct kc_pq_thrift *t, enum kc_pq_wire type);
/* Read the value of a field, which must be of the kind; else the bytes are bad. */
int64_t kc_pq_int(struct kc_pq_thrift *t, const struct kc_pq_field *f);
int kc_pq_bool(struct kc_pq_thrift *t, const struct kc_pq_field *f);
const char *kc_pq_binary(struct kc_pq_thrift *t, const struct kc_pq_field *f, size_t *n);
/* Begin a list, and return its length, which is no larger than the bytes that follow. */
size_t kc_pq_list(struct kc_pq_thrift *t, const struct kc_pq_field *f, enum kc_pq_wire element);
/* Check that the field is a struct. */
int kc_pq_is_struct(struct kc_pq_thrift *t, const struct kc_pq_field *f);

#endif
