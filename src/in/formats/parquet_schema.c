/* The schema of a Parquet file: a tree, written depth first, whose leaves are the columns. A leaf is a scalar, a list
 * of scalars, or something nested that kclust does not read. Lists come in three shapes (LogicalTypes.md, "Lists"): a
 * group LIST around a repeated group around the element, the same without the middle group, and a bare repeated
 * column. All have the name of the outermost. */
#include "in/formats/parquet.h"

#include <string.h>

#define MOST_LEAVES ((size_t)1 << 17)
#define DEEPEST 24

/* One element, as it is written. */
struct element {
    int64_t type, width, repetition, children, converted, bits, unit;
    const char *name;
    size_t name_n;
    enum kc_pq_meaning meaning;
    const char *kind;
    int is_list, is_map, is_unsigned, has_logical;
};

/* A group that the walk is in. */
struct level {
    uint64_t children;     /* to come */
    uint64_t width;        /* children in all */
    unsigned def, rep, list_def;
    size_t parts;          /* of the name so far */
    int is_list;           /* it is a LIST: the repeated child's name does not count */
    int is_wrapper;        /* it is that repeated child, and its own child's name does not count */
    const char *nested;    /* what its leaves are in that cannot be read; or NULL */
};

static int report_damage(const char *file, struct kc_err *e, const char *what)
{
    return kc_err_at(e, KC_EINPUT, file, 0, "its Parquet footer is damaged: %s", what);
}

/* Parse the unit of a TIME or a TIMESTAMP, a union. */
static void parse_unit(struct kc_pq_thrift *t, const struct kc_pq_field *of, struct element *x)
{
    struct kc_pq_field f = {0}, g;
    if (!kc_pq_is_struct(t, of))
        return;
    while (kc_pq_next_field(t, &f)) {
        g = (struct kc_pq_field){0};
        if (f.id != 2) {
            kc_pq_skip(t, f.type);
            continue;
        }
        if (!kc_pq_is_struct(t, &f))
            return;
        while (kc_pq_next_field(t, &g)) {
            x->unit = g.id == 1 ? 1000 : g.id == 2 ? 1000000 : 1000000000;
            kc_pq_skip(t, g.type);
        }
    }
}

/* Parse the width and the sign of an INTEGER. */
static void parse_integer(struct kc_pq_thrift *t, const struct kc_pq_field *of, struct element *x)
{
    struct kc_pq_field f = {0};
    if (!kc_pq_is_struct(t, of))
        return;
    while (kc_pq_next_field(t, &f)) {
        if (f.id == 1)
            x->bits = kc_pq_int(t, &f);
        else if (f.id == 2)
            x->is_unsigned = !kc_pq_bool(t, &f);
        else
            kc_pq_skip(t, f.type);
    }
}

/* Set what a logical type means. */
static void set_meaning(struct element *x, enum kc_pq_meaning m, const char *kind)
{
    x->meaning = m;
    x->kind = kind;
}

/* Parse the logical type, a union. It counts more than the converted type, which came before it. */
static void parse_logical(struct kc_pq_thrift *t, const struct kc_pq_field *of, struct element *x)
{
    struct kc_pq_field f = {0};
    if (!kc_pq_is_struct(t, of))
        return;
    while (kc_pq_next_field(t, &f)) {
        int known = 1;
        x->has_logical = 1;
        set_meaning(x, KC_PQ_OTHER, "of a type that kclust does not know");
        switch (f.id) {
        case 1:
        case 4:
        case 12: set_meaning(x, KC_PQ_TEXT, NULL); break;
        case 2: x->is_map = 1; break;
        case 3: x->is_list = 1; break;
        case 5: set_meaning(x, KC_PQ_DECIMAL, "a DECIMAL"); break;
        case 6: set_meaning(x, KC_PQ_DATE, NULL); break;
        case 7: set_meaning(x, KC_PQ_OTHER, "a TIME"); break;
        case 8:
            set_meaning(x, KC_PQ_TIMESTAMP, NULL);
            parse_unit(t, &f, x);
            known = 0;
            break;
        case 10:
            set_meaning(x, KC_PQ_PLAINLY, NULL);
            parse_integer(t, &f, x);
            known = 0;
            break;
        case 11: set_meaning(x, KC_PQ_PLAINLY, NULL); break; /* nothing but nulls */
        case 13: set_meaning(x, KC_PQ_OTHER, "BSON"); break;
        case 14: set_meaning(x, KC_PQ_UUID, NULL); break;
        case 15: set_meaning(x, KC_PQ_HALF, NULL); break;
        default: break;
        }
        if (known)
            kc_pq_skip(t, f.type);
    }
}

/* Set what a converted type, the older way to say it, means. */
static void apply_converted(struct element *x)
{
    if (x->has_logical)
        return;
    switch (x->converted) {
    case 0:
    case 4:
    case 19: set_meaning(x, KC_PQ_TEXT, NULL); break;
    case 1:
    case 2: x->is_map = 1; break;
    case 3: x->is_list = 1; break;
    case 5: set_meaning(x, KC_PQ_DECIMAL, "a DECIMAL"); break;
    case 6: set_meaning(x, KC_PQ_DATE, NULL); break;
    case 7:
    case 8: set_meaning(x, KC_PQ_OTHER, "a TIME"); break;
    case 9:
    case 10:
        set_meaning(x, KC_PQ_TIMESTAMP, NULL);
        x->unit = x->converted == 9 ? 1000 : 1000000;
        break;
    case 11:
    case 12:
    case 13:
    case 14: x->is_unsigned = 1; break;
    case 20: set_meaning(x, KC_PQ_OTHER, "BSON"); break;
    case 21: set_meaning(x, KC_PQ_OTHER, "an INTERVAL"); break;
    default: break;
    }
}

/* Parse one element. */
static void parse_element(struct kc_pq_thrift *t, struct element *x)
{
    struct kc_pq_field f = {0};
    *x = (struct element){.type = -1, .repetition = 0, .converted = -1, .name = ""};
    while (kc_pq_next_field(t, &f))
        switch (f.id) {
        case 1: x->type = kc_pq_int(t, &f); break;
        case 2: x->width = kc_pq_int(t, &f); break;
        case 3: x->repetition = kc_pq_int(t, &f); break;
        case 4: x->name = kc_pq_binary(t, &f, &x->name_n); break;
        case 5: x->children = kc_pq_int(t, &f); break;
        case 6: x->converted = kc_pq_int(t, &f); break;
        case 10: parse_logical(t, &f, x); break;
        default: kc_pq_skip(t, f.type);
        }
    apply_converted(x);
}

/* Make the leaf's meaning agree with its physical type; a type that a meaning cannot have is damage. */
static int settle_leaf(struct kc_pq_leaf *l, const struct element *x)
{
    static const uint32_t widths[KC_PQ_TYPES] = {0, 4, 8, 12, 4, 8, 0, 0};
    if (x->type < 0 || x->type >= KC_PQ_TYPES || (x->type == KC_PQ_FIXED && (x->width <= 0 || x->width > INT32_MAX)))
        return -1;
    l->type = (enum kc_pq_type)x->type;
    l->width = l->type == KC_PQ_FIXED ? (uint32_t)x->width : widths[l->type];
    l->meaning = x->meaning;
    l->kind = x->kind;
    l->is_unsigned = x->is_unsigned;
    l->unit = x->unit ? x->unit : 1000000;
    int whole = l->type == KC_PQ_INT32 || l->type == KC_PQ_INT64;
    if (l->type == KC_PQ_INT96) { /* nothing else was ever stored so */
        l->meaning = KC_PQ_TIMESTAMP;
        l->unit = 1000000000;
    }
    if ((l->meaning == KC_PQ_HALF && (l->type != KC_PQ_FIXED || l->width != 2)) ||
        (l->meaning == KC_PQ_UUID && (l->type != KC_PQ_FIXED || l->width != 16)) ||
        (l->meaning == KC_PQ_DATE && l->type != KC_PQ_INT32) ||
        (l->meaning == KC_PQ_TIMESTAMP && l->type != KC_PQ_INT64 && l->type != KC_PQ_INT96) ||
        (l->meaning == KC_PQ_TEXT && l->type != KC_PQ_BYTES && l->type != KC_PQ_FIXED) || (l->is_unsigned && !whole))
        return -1;
    return 0;
}

/* Append the leaf that x is, at level `l` of the walk. */
static int add_leaf(struct kc_pq_schema *s, const struct element *x, const struct level *l, const struct kc_strs *path,
                    const char *file, struct kc_err *e)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct kc_pq_leaf *p = kc_mem_realloc(s->leaves, cap, sizeof *p, e);
        if (!p)
            return -1;
        s->leaves = p;
        s->cap = cap;
    }
    if (s->n == MOST_LEAVES)
        return kc_err_at(e, KC_EINPUT, file, 0, "has more than %zu columns", MOST_LEAVES);
    struct kc_pq_leaf *leaf = &s->leaves[s->n];
    memset(leaf, 0, sizeof *leaf);
    if (settle_leaf(leaf, x) != 0)
        return report_damage(file, e, "a column's type does not fit its logical type");
    leaf->max_def = l->def;
    leaf->max_rep = l->rep;
    leaf->list_def = l->list_def;
    leaf->shape = l->nested || l->rep > 1 ? KC_PQ_NESTED : l->rep ? KC_PQ_LIST : KC_PQ_SCALAR;
    if (leaf->shape == KC_PQ_NESTED)
        leaf->kind = l->nested ? l->nested : "a list of lists";
    leaf->part = s->parts.n;
    leaf->parts = path->n;
    s->n++;
    return kc_strs_append(&s->parts, path, e);
}

static int ends_with(const struct element *x, const char *suffix)
{
    size_t n = strlen(suffix);
    return x->name_n >= n && memcmp(x->name + x->name_n - n, suffix, n) == 0;
}

/* Return the level below `up` that the element x makes. */
static struct level enter_element(const struct level *up, const struct element *x)
{
    struct level l = *up;
    int repeated = x->repetition == 2;
    l.def += x->repetition != 0 ? 1 : 0;
    l.rep += repeated ? 1 : 0;
    l.list_def = repeated ? l.def : l.list_def;
    l.children = l.width = (uint64_t)x->children;
    l.is_list = x->is_list && !repeated;
    l.is_wrapper = repeated && up->is_list && x->children == 1 && !(x->name_n == 5 && ends_with(x, "array")) &&
                   !ends_with(x, "_tuple");
    if (!((repeated && up->is_list) || up->is_wrapper))
        l.parts++;
    if (x->is_map)
        l.nested = "a map";
    else if (!l.nested && x->children > 0 && ((repeated && !l.is_wrapper) || (up->is_wrapper && !x->is_list)))
        l.nested = "a list of structs";
    return l;
}

/* Walk the elements after the root. */
static int walk_elements(struct kc_pq_schema *s, struct kc_pq_thrift *t, size_t n, uint64_t children, const char *file,
                         struct kc_strs *path, struct kc_err *e)
{
    struct level stack[DEEPEST + 1];
    unsigned depth = 0;
    stack[0] = (struct level){.children = children};
    for (size_t i = 1; i < n; i++) {
        struct element x;
        parse_element(t, &x);
        while (depth > 0 && stack[depth].children == 0)
            depth--;
        if (t->bad || x.repetition < 0 || x.repetition > 2 || x.children < 0 || stack[depth].children == 0)
            return report_damage(file, e, "its schema is no tree");
        stack[depth].children--;
        struct level l = enter_element(&stack[depth], &x);
        kc_strs_cut(path, stack[depth].parts);
        if (l.parts > stack[depth].parts && kc_strs_add(path, x.name, x.name_n, e) != 0)
            return -1;
        if (x.children == 0 && x.type < 0) /* a group without members has no column */
            continue;
        if (x.children == 0) {
            if (add_leaf(s, &x, &l, path, file, e) != 0)
                return -1;
        } else if (depth == DEEPEST) {
            return kc_err_at(e, KC_EINPUT, file, 0, "its schema is nested more than %d deep", DEEPEST);
        } else {
            stack[++depth] = l;
        }
    }
    while (depth > 0 && stack[depth].children == 0)
        depth--;
    return depth == 0 && stack[0].children == 0 ? 0 : report_damage(file, e, "its schema is cut short");
}

int kc_pq_schema_parse(struct kc_pq_schema *s, struct kc_pq_thrift *t, const char *file, struct kc_err *e)
{
    const struct kc_pq_field list = {2, KC_PQ_WIRE_LIST};
    struct kc_strs path = {{NULL, 0, 0}, NULL, 0, 0};
    struct element root;
    size_t n = kc_pq_list(t, &list, KC_PQ_WIRE_STRUCT);
    if (n == 0)
        return report_damage(file, e, "it has no schema");
    parse_element(t, &root);
    int rc = t->bad || root.children < 0 ? report_damage(file, e, "its schema has no root") :
             walk_elements(s, t, n, (uint64_t)root.children, file, &path, e);
    kc_strs_free(&path);
    return rc;
}

void kc_pq_schema_free(struct kc_pq_schema *s)
{
    kc_mem_free(s->leaves);
    kc_strs_free(&s->parts);
    memset(s, 0, sizeof *s);
}

int kc_pq_leaf_name(const struct kc_pq_schema *s, size_t leaf, struct kc_buf *b, struct kc_err *e)
{
    const struct kc_pq_leaf *l = &s->leaves[leaf];
    size_t n;
    const char *p = l->parts > 0 ? kc_strs_get(&s->parts, l->part, &n) : NULL;
    if (p && l->parts == 1 && n > 0 && *p != '/')
        return kc_buf_add(b, p, n, e);
    for (size_t i = 0; i < l->parts; i++) {
        p = kc_strs_get(&s->parts, l->part + i, &n);
        if (kc_buf_addc(b, '/', e) != 0)
            return -1;
        for (size_t j = 0; j < n; j++)
            if ((p[j] == '~' || p[j] == '/' ? kc_buf_adds(b, p[j] == '~' ? "~0" : "~1", e) :
                 kc_buf_addc(b, p[j], e)) != 0)
                return -1;
    }
    return 0;
}
