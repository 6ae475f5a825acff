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

/* A container that a skip is in. */
struct container {
    int is_struct;
    struct kc_pq_field f; /* of a struct: the field that was skipped last */
    size_t left;          /* else: elements; of a map: keys and values */
    unsigned types[2], ntypes, turn;
};

/* Begin a container in *c. Return 0 if it is empty. */
static int begin_container(struct kc_pq_thrift *t, unsigned type, struct container *c)
{
    *c = (struct container){.is_struct = type == KC_PQ_WIRE_STRUCT, .ntypes = 1};
    if (c->is_struct)
        return 1;
    if (type != KC_PQ_WIRE_MAP) {
        c->left = begin_list(t, &c->types[0]);
        return c->left > 0;
    }
    uint64_t n = kc_pq_varint(t);
    if (n == 0)
        return 0;
    unsigned types = next_byte(t);
    if (t->bad || n > (size_t)(t->end - t->p))
        return set_bad(t, 1);
    c->types[0] = types >> 4;
    c->types[1] = types & 15;
    c->ntypes = 2;
    c->left = 2 * (size_t)n;
    return 1;
}

/* Skip a value that is no container. Return 0 if it is one. */
static int skip_scalar(struct kc_pq_thrift *t, unsigned type, int in_struct)
{
    switch (type) {
    case KC_PQ_WIRE_TRUE:
    case KC_PQ_WIRE_FALSE: skip_bytes(t, in_struct ? 0 : 1); return 1;
    case KC_PQ_WIRE_BYTE: skip_bytes(t, 1); return 1;
    case KC_PQ_WIRE_I16:
    case KC_PQ_WIRE_I32:
    case KC_PQ_WIRE_I64: (void)kc_pq_varint(t); return 1;
    case KC_PQ_WIRE_DOUBLE: skip_bytes(t, 8); return 1;
    case KC_PQ_WIRE_BINARY: skip_bytes(t, kc_pq_varint(t)); return 1;
    case KC_PQ_WIRE_LIST:
    case KC_PQ_WIRE_SET:
    case KC_PQ_WIRE_MAP:
    case KC_PQ_WIRE_STRUCT: return 0;
    default: set_bad(t, 0); return 1;
    }
}

/* Find the type of the next value in the containers, of which the last may end. Return 0 if there is none. */
static int next_type(struct kc_pq_thrift *t, struct container *in, unsigned *depth, unsigned *type)
{
    for (; *depth > 0 && !t->bad; --*depth) {
        struct container *c = &in[*depth - 1];
        if (c->is_struct && kc_pq_next_field(t, &c->f)) {
            *type = c->f.type;
            return 1;
        }
        if (!c->is_struct && c->left > 0) {
            c->left--;
            *type = c->types[c->turn];
            c->turn = (c->turn + 1) % c->ntypes;
            return 1;
        }
    }
    return 0;
}

void kc_pq_skip(struct kc_pq_thrift *t, enum kc_pq_wire type)
{
    struct container in[DEEPEST];
    unsigned depth = 0, next = type;
    int in_struct = 1;
    for (;;) {
        if (!skip_scalar(t, next, in_struct)) {
            if (depth == DEEPEST)
                set_bad(t, 0);
            else
                depth += begin_container(t, next, &in[depth]) ? 1 : 0;
        }
        if (!next_type(t, in, &depth, &next))
            return;
        in_struct = in[depth - 1].is_struct;
    }
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
    *n = 0;
    if (f->type != KC_PQ_WIRE_BINARY) {
        set_bad(t, 0);
        return "";
    }
    uint64_t len = kc_pq_varint(t);
    const unsigned char *p = t->p;
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
