/* The compact copy of a record (--annotate), without its vector. The record has been checked: nothing here can be
 * malformed. */
#include <string.h>
#include "in/formats/record.h"

/* A container that the copy is in. */
struct level {
    char kind;      /* '{' or '[' */
    char on;        /* the path to the vector leads through it */
    char filled;    /* something has been written: the next item needs a comma */
    uint64_t index; /* index of the next element, if on */
};

/* Copy the value at p without the white space between tokens. Return the first byte after it; NULL if memory is
 * short. */
static const char *copy_value(const char *p, const char *end, struct kc_buf *out, struct kc_err *e)
{
    struct kc_json_fault f;
    const char *stop = kc_json_skip(p, end, 0, &f);
    if (kc_buf_reserve(out, (size_t)(stop - p), e) != 0)
        return NULL;
    char *o = out->p + out->n;
    while (p < stop) {
        if (*p == '"') {
            struct kc_json_str s;
            const char *q = kc_json_string(p, end, &s, &f);
            memcpy(o, p, (size_t)(q - p));
            o += q - p;
            p = q;
        } else {
            if ((unsigned char)*p > ' ')
                *o++ = *p;
            p++;
        }
    }
    out->n = (size_t)(o - out->p);
    return stop;
}

int kc_record_raw(const char *p, const char *end, const struct kc_fields *f, struct kc_buf *out, struct kc_err *e)
{
    static const char own[] = "cluster_id";
    struct level stack[KC_PATH_DEPTH + 2];
    struct kc_json_fault fault;
    unsigned depth = 1;
    p = kc_json_ws(p);
    stack[1] = (struct level){'{', 1, 0, 0};
    if (kc_buf_addc(out, '{', e) != 0)
        return -1;
    p = kc_json_ws(p + 1);
    for (;;) {
        struct level *l = &stack[depth];
        if (*p == '}' || *p == ']') {
            if (kc_buf_addc(out, *p++, e) != 0)
                return -1;
            if (--depth == 0)
                return 0;
            p = kc_json_ws(p);
            p = *p == ',' ? kc_json_ws(p + 1) : p;
            continue;
        }
        struct kc_json_str key = {NULL, 0, 0};
        const char *key_begin = p;
        int match;
        if (l->kind == '{') {
            p = kc_json_string(p, end, &key, &fault);
            match = l->on && kc_path_is_key(&f->vec, depth - 1, &key);
            p = kc_json_ws(kc_json_ws(p) + 1);
        } else {
            match = l->on && kc_path_is_index(&f->vec, depth - 1, l->index);
            l->index++;
        }
        int is_vec = match && depth == f->vec.n;
        int drop = l->kind == '{' && (is_vec || (depth == 1 && kc_json_equals(&key, own, sizeof own - 1)));
        if (!drop) {
            if (l->filled && kc_buf_addc(out, ',', e) != 0)
                return -1;
            l->filled = 1;
            if (key.p && (kc_buf_add(out, key_begin, key.n + 2, e) != 0 || kc_buf_addc(out, ':', e) != 0))
                return -1;
        }
        if (!drop && !is_vec && match && (*p == '{' || *p == '[')) {
            if (kc_buf_addc(out, *p, e) != 0)
                return -1;
            stack[++depth] = (struct level){*p, 1, 0, 0};
            p = kc_json_ws(p + 1);
            continue;
        }
        if (drop || is_vec) {
            p = kc_json_skip(p, end, 0, &fault);
            if (!drop && kc_buf_adds(out, "null", e) != 0)
                return -1;
        } else {
            p = copy_value(p, end, out, e);
            if (!p)
                return -1;
        }
        p = kc_json_ws(p);
        p = *p == ',' ? kc_json_ws(p + 1) : p;
    }
}
