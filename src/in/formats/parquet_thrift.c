/* Thrift's compact protocol (thrift/doc/specs/thrift-compact-protocol.md): numbers are varints, a struct is a run of
 * fields with their numbers and types, so that what is not known can be skipped. The one departure is that a list's
 * length is compared with the bytes that are left, since every element takes one at least: then no false length costs
 * time or memory. */
#include "in/formats/parquet_thrift.h"

#define DEEPEST 24 /* values within values; Parquet's own structs are 7 deep */

/* Set the fault. Return 0. */
static int set_bad(struct kc_pq_thrift *t, int cut)
{
    t->cut |= !t->bad && cut;
    t->bad = 1;
    return 0;
}

static unsigned next_byte(struct kc_pq_thrift *t)
{
    if (t->bad || t->p == t->end)
        return (unsigned)set_bad(t, 1);
    return *t->p++;
}

uint64_t kc_pq_varint(struct kc_pq_thrift *t)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned b = next_byte(t);
        if (t->bad)
            return 0;
        v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80))
            return v;
    }
    set_bad(t, 0);
    return 0;
}

int64_t kc_pq_zigzag(struct kc_pq_thrift *t)
{
    uint64_t v = kc_pq_varint(t);
    return (int64_t)((v >> 1) ^ (0 - (v & 1)));
}

int kc_pq_next_field(struct kc_pq_thrift *t, struct kc_pq_field *f)
{
    unsigned b = next_byte(t);
    if (t->bad || (b & 15) == KC_PQ_WIRE_STOP)
        return 0;
    if ((b & 15) > KC_PQ_WIRE_STRUCT)
        return set_bad(t, 0);
    f->type = (enum kc_pq_wire)(b & 15);
    int64_t id = b >> 4 ? f->id + (int)(b >> 4) : kc_pq_zigzag(t);
    if (t->bad || id < 0 || id > INT16_MAX)
        return set_bad(t, 0);
    f->id = (int)id;
    return 1;
}

/* Skip n bytes. */
static void skip_bytes(struct kc_pq_thrift *t, uint64_t n)
{
    if (t->bad || n > (size_t)(t->end - t->p))
        set_bad(t, 1);
    else
        t->p += n;
}

/* Read a list's header. */
static size_t begin_list(struct kc_pq_thrift *t, unsigned *element)
{
    unsigned b = next_byte(t);
    uint64_t n = b >> 4 == 15 ? kc_pq_varint(t) : b >> 4;
    *element = b & 15;
    if (!t->bad && n > (size_t)(t->end - t->p))
        set_bad(t, 1);
    return t->bad ? 0 : (size_t)n;
}

static void skip_nested(struct kc_pq_thrift *t, unsigned type, int in_list, unsigned depth);

/* Skip n elements, or pairs of them. */
static void skip_elements(struct kc_pq_thrift *t, size_t n, const unsigned *types, unsigned ntypes, unsigned depth)
{
    for (size_t i = 0; i < n && !t->bad; i++)
        for (unsigned j = 0; j < ntypes; j++)
            skip_nested(t, types[j], 1, depth);
}

/* Skip a value within `depth` others. */
static void skip_nested(struct kc_pq_thrift *t, unsigned type, int in_list, unsigned depth)
{
    struct kc_pq_field f = {0};
    unsigned types[2];
    size_t n;
    if (depth > DEEPEST) {
        set_bad(t, 0);
        return;
    }
    switch (type) {
    case KC_PQ_WIRE_TRUE:
    case KC_PQ_WIRE_FALSE: skip_bytes(t, in_list ? 1 : 0); break;
    case KC_PQ_WIRE_BYTE: skip_bytes(t, 1); break;
    case KC_PQ_WIRE_I16:
    case KC_PQ_WIRE_I32:
    case KC_PQ_WIRE_I64: (void)kc_pq_varint(t); break;
    case KC_PQ_WIRE_DOUBLE: skip_bytes(t, 8); break;
    case KC_PQ_WIRE_BINARY: skip_bytes(t, kc_pq_varint(t)); break;
    case KC_PQ_WIRE_LIST:
    case KC_PQ_WIRE_SET:
        n = begin_list(t, &types[0]);
        skip_elements(t, n, types, 1, depth + 1);
        break;
    case KC_PQ_WIRE_MAP:
        n = (size_t)kc_pq_varint(t);
        if (n == 0)
            break;
        types[1] = next_byte(t);
        types[0] = types[1] >> 4;
        types[1] &= 15;
        if (n > (size_t)(t->end - t->p))
            set_bad(t, 1);
        skip_elements(t, t->bad ? 0 : n, types, 2, depth + 1);
        break;
    case KC_PQ_WIRE_STRUCT:
        while (kc_pq_next_field(t, &f))
            skip_nested(t, f.type, 0, depth + 1);
        break;
    default: set_bad(t, 0);
    }
}

void kc_pq_skip(struct kc_pq_thrift *t, enum kc_pq_wire type)
{
    skip_nested(t, type, 0, 0);
}

int64_t kc_pq_int(struct kc_pq_thrift *t, const struct kc_pq_field *f)
{
    if (f->type == KC_PQ_WIRE_BYTE) {
        unsigned b = next_byte(t);
        return b < 128 ? (int64_t)b : (int64_t)b - 256;
    }
    if (f->type < KC_PQ_WIRE_I16 || f->type > KC_PQ_WIRE_I64)
        return set_bad(t, 0);
    return kc_pq_zigzag(t);
}

int kc_pq_bool(struct kc_pq_thrift *t, const struct kc_pq_field *f)
{
    if (f->type != KC_PQ_WIRE_TRUE && f->type != KC_PQ_WIRE_FALSE)
        return set_bad(t, 0);
    return f->type == KC_PQ_WIRE_TRUE;
}

const char *kc_pq_binary(struct kc_pq_thrift *t, const struct kc_pq_field *f, size_t *n)
{
    const unsigned char *p = t->p;
    *n = 0;
    if (f->type != KC_PQ_WIRE_BINARY) {
        set_bad(t, 0);
        return "";
    }
    uint64_t len = kc_pq_varint(t);
    p = t->p;
    skip_bytes(t, len);
    *n = t->bad ? 0 : (size_t)len;
    return (const char *)p;
}

size_t kc_pq_list(struct kc_pq_thrift *t, const struct kc_pq_field *f, enum kc_pq_wire element)
{
    unsigned type = 0;
    size_t n = f->type == KC_PQ_WIRE_LIST ? begin_list(t, &type) : (size_t)set_bad(t, 0);
    if (n > 0 && type != element)
        return (size_t)set_bad(t, 0);
    return n;
}

int kc_pq_is_struct(struct kc_pq_thrift *t, const struct kc_pq_field *f)
{
    return f->type == KC_PQ_WIRE_STRUCT ? 1 : set_bad(t, 0);
}
