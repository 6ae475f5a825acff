/* Trees are written without recursion: one whose merges each add a row is as deep as it has rows. Newick (Felsenstein's
 * standard of 1986) has no escapes but the doubled quote, so control bytes in a term become blanks. */
#include "report/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "core/density/condense.h"
#include "in/dataset.h"
#include "io/suffix.h"
#include "report/writer.h"

#define NPY_HEADER 128
#define FULL ((size_t)1 << 16) /* bytes after which the buffer is written out */

/* A node of the tree whose subtree is being written. */
struct visit {
    uint32_t node;
    uint32_t done; /* children that were written */
};

/* A file under way. */
struct writing {
    const struct kc_tree_file *t;
    struct kc_outfile *f;
    struct kc_buf b;
    struct kc_err *e;
};

int kc_out_tree_format(const char *path, enum kc_tree_format *format, struct kc_err *e)
{
    char suffix[KC_SUFFIX_MAX];
    const int at = kc_suffix_find(KC_TREE_SUFFIXES, kc_suffix_of(path, suffix));
    if (at < 0)
        return *suffix ? kc_suffix_refuse(path, "--tree", KC_TREE_SUFFIXES, NULL, e) :
               kc_err_set(e, KC_EUSAGE, "--tree: the suffix of the file says its format: .npy, .nwk or .json");
    *format = (enum kc_tree_format)at;
    return 0;
}

/* Write the buffer out if it is full, or at the end. */
static int flush(struct writing *w, int end)
{
    if (w->b.n < FULL && !end)
        return 0;
    const int rc = kc_outfile_write(w->f, w->b.p ? w->b.p : "", w->b.n, w->e);
    w->b.n = 0;
    return rc;
}

/* Append a double as npy's '<f8'. */
static int add_double(struct writing *w, double x)
{
    unsigned char bytes[8];
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(bits >> (8 * i));
    return kc_buf_add(&w->b, bytes, sizeof bytes, w->e);
}

static int write_npy(struct writing *w)
{
    char head[NPY_HEADER], dict[NPY_HEADER];
    const size_t merges = w->t->leaves - 1;
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01", 8); /* the literal's NUL is the minor version */
    head[8] = NPY_HEADER - 10;
    head[9] = 0;
    const int len =
        snprintf(dict, sizeof dict, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, 4), }", merges);
    memcpy(head + 10, dict, (size_t)len);
    head[NPY_HEADER - 1] = '\n';
    if (kc_buf_add(&w->b, head, sizeof head, w->e) != 0)
        return -1;
    for (size_t i = 0; i < merges; i++) {
        const struct kc_merge *m = &w->t->merges[i];
        if (add_double(w, m->a) != 0 || add_double(w, m->b) != 0 || add_double(w, m->height) != 0 ||
            add_double(w, (double)m->size) != 0 || flush(w, 0) != 0)
            return -1;
    }
    return 0;
}

/* Return the term of a row. */
static const char *get_term(const struct kc_tree_file *t, size_t row, char digits[20], size_t *n)
{
    return kc_out_term(t->terms, row, kc_in_row_number(t->skipped, t->nskipped, row), digits, n);
}

/* Append the name of a leaf in quotes, which may be needed, and which no reader minds. */
static int add_name(struct writing *w, uint32_t leaf)
{
    char text[64], digits[20];
    const char *s = text;
    size_t n;
    if (w->t->cell) {
        const unsigned long long rows = w->t->cell_rows[leaf];
        n = (size_t)snprintf(text, sizeof text, "cell %u (%llu row%s)", leaf, rows, rows == 1 ? "" : "s");
    } else {
        s = get_term(w->t, leaf, digits, &n);
    }
    if (kc_buf_reserve(&w->b, 2 * n + 2, w->e) != 0)
        return -1;
    char *to = w->b.p + w->b.n;
    *to++ = '\'';
    for (size_t i = 0; i < n; i++) {
        *to++ = (unsigned char)s[i] < ' ' || s[i] == 127 ? ' ' : s[i];
        if (s[i] == '\'')
            *to++ = '\'';
    }
    *to++ = '\'';
    w->b.n = (size_t)(to - w->b.p);
    return 0;
}

static double get_height(const struct kc_tree_file *t, uint32_t node)
{
    return node < t->leaves ? 0 : t->merges[node - t->leaves].height;
}

/* Append the length of the branch from a node up to its parent. */
static int add_length(struct writing *w, uint32_t node, uint32_t parent)
{
    char text[KC_NUM_DOUBLE_MAX];
    const size_t n = kc_num_format_double(text, get_height(w->t, parent) - get_height(w->t, node));
    return kc_buf_addc(&w->b, ':', w->e) != 0 ? -1 : kc_buf_add(&w->b, text, n, w->e);
}

static int write_newick(struct writing *w)
{
    const struct kc_tree_file *t = w->t;
    struct visit *stack = kc_mem_alloc(t->leaves, sizeof *stack, w->e);
    size_t depth = 1;
    int rc = stack ? 0 : -1;
    if (stack)
        stack[0] = (struct visit){(uint32_t)(2 * t->leaves - 2), 0};
    while (rc == 0 && depth > 0) {
        struct visit *top = &stack[depth - 1];
        if (top->node >= t->leaves && top->done < 2) { /* to its next child */
            const struct kc_merge *m = &t->merges[top->node - t->leaves];
            rc = kc_buf_addc(&w->b, top->done ? ',' : '(', w->e);
            stack[depth++] = (struct visit){top->done++ ? m->b : m->a, 0};
            continue;
        }
        rc = top->node < t->leaves ? add_name(w, top->node) : kc_buf_addc(&w->b, ')', w->e);
        if (rc == 0 && depth > 1)
            rc = add_length(w, top->node, stack[depth - 2].node);
        depth--;
        if (rc == 0)
            rc = flush(w, 0);
    }
    kc_mem_free(stack);
    return rc != 0 ? -1 : kc_buf_adds(&w->b, ";\n", w->e);
}

/* Write the clusters of the condensed tree. Distances are null where there are none: at the root's birth. */
static int add_condensed(struct writing *w, struct kc_jsonw *j)
{
    const struct kc_tree_file *t = w->t;
    int rc = 0;
    kc_jsonw_open(j, "condensed", '[', 0);
    for (uint32_t i = 0; rc == 0 && i < t->ncondensed; i++) {
        const struct kc_dense_cluster *c = &t->condensed[i];
        kc_jsonw_open(j, NULL, '{', 1);
        if (c->parent == KC_NONE)
            kc_jsonw_null(j, "parent");
        else
            kc_jsonw_u64(j, "parent", c->parent);
        kc_jsonw_u64(j, "rows", c->size);
        kc_jsonw_double(j, "born_at", c->birth > 0 ? 1 / c->birth : NAN);
        kc_jsonw_double(j, "gone_at", 1 / c->death);
        kc_jsonw_double(j, "stability", c->stability);
        if (t->condensed_id[i] == KC_NONE)
            kc_jsonw_null(j, "cluster_id");
        else
            kc_jsonw_u64(j, "cluster_id", t->condensed_id[i]);
        kc_jsonw_close(j, '}');
        rc = flush(w, 0);
    }
    kc_jsonw_close(j, ']');
    kc_jsonw_open(j, "falls_out_of", '[', 1);
    for (size_t i = 0; rc == 0 && i < t->leaves; i++) {
        kc_jsonw_u64(j, NULL, t->condensed_of[i]);
        rc = flush(w, 0);
    }
    kc_jsonw_close(j, ']');
    return rc;
}

static int write_json(struct writing *w)
{
    const struct kc_tree_file *t = w->t;
    struct kc_jsonw j = KC_JSONW(&w->b, w->e);
    char digits[20];
    int rc = 0;
    kc_jsonw_open(&j, NULL, '{', 0);
    kc_jsonw_cstr(&j, "algorithm", t->algorithm);
    kc_jsonw_u64(&j, "rows", t->n);
    kc_jsonw_cstr(&j, "leaf", t->cell ? "cell" : "row");
    kc_jsonw_u64(&j, "leaves", t->leaves);
    kc_jsonw_open(&j, "merges", '[', 0);
    for (size_t i = 0; rc == 0 && i + 1 < t->leaves; i++) {
        const struct kc_merge *m = &t->merges[i];
        kc_jsonw_open(&j, NULL, '[', 1);
        kc_jsonw_u64(&j, NULL, m->a);
        kc_jsonw_u64(&j, NULL, m->b);
        kc_jsonw_double(&j, NULL, m->height);
        kc_jsonw_u64(&j, NULL, m->size);
        kc_jsonw_close(&j, ']');
        rc = flush(w, 0);
    }
    kc_jsonw_close(&j, ']');
    kc_jsonw_open(&j, "terms", '[', 0);
    for (size_t i = 0; rc == 0 && i < t->n; i++) {
        size_t n;
        const char *term = get_term(t, i, digits, &n);
        kc_jsonw_str(&j, NULL, term, n);
        rc = flush(w, 0);
    }
    kc_jsonw_close(&j, ']');
    if (t->cell) {
        kc_jsonw_open(&j, "cells", '[', 1);
        for (size_t i = 0; rc == 0 && i < t->n; i++) {
            kc_jsonw_u64(&j, NULL, t->cell[i]);
            rc = flush(w, 0);
        }
        kc_jsonw_close(&j, ']');
        kc_jsonw_open(&j, "cell_sizes", '[', 1);
        for (size_t i = 0; rc == 0 && i < t->leaves; i++)
            kc_jsonw_u64(&j, NULL, t->cell_rows[i]);
        kc_jsonw_close(&j, ']');
    }
    if (rc == 0 && t->ncondensed > 0)
        rc = add_condensed(w, &j);
    kc_jsonw_close(&j, '}');
    return kc_jsonw_end(&j) != 0 ? -1 : rc;
}

int kc_out_tree(struct kc_outfile *f, const struct kc_tree_file *t, enum kc_tree_format format, struct kc_err *e)
{
    struct writing w = {.t = t, .f = f, .e = e};
    int rc = format == KC_TREE_NPY ? write_npy(&w) : format == KC_TREE_NEWICK ? write_newick(&w) : write_json(&w);
    if (rc == 0)
        rc = flush(&w, 1);
    kc_buf_free(&w.b);
    return rc;
}
