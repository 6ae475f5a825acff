/* A slot's memory, its rows and its bad records; a slot knows nothing of formats. Its arrays are kept from piece to
 * piece, and are freed early only after a very long record. */
#include "in/piece/slot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "in/piece/reopened.h"
#include "la/matrix.h"

#define LARGE ((size_t)4 << 20) /* bytes; a piece has 1 MiB unless a single record is longer */

void kc_slot_clear(struct kc_slot *s)
{
    s->buf.n = 0;
    s->nspans = 0;
    s->whole_lines = s->overlong = s->first = 0;
    s->overlong_line = s->line0 = s->lines = s->hint_rows = 0;
    s->n = s->records = s->nbads = s->undecided = s->before = 0;
    s->layout = (struct kc_layout){KC_CELL_F32, 0, 0};
    memset(&s->columns, 0, sizeof s->columns);
    s->head = NULL;
    s->d_from = NULL;
    s->fields = NULL;
    s->bare_ok = s->by_index = 0;
    s->nplaces = 0;
    kc_reopened_free(s->reopened);
    s->reopened = NULL;
    if (s->order)
        s->order_free(s->order);
    s->order = NULL;
    s->at = s->end = 0;
    s->has_terms = 0;
    s->made.n = 0;
    kc_strs_clear(&s->terms);
    kc_strs_clear(&s->raws);
    kc_strs_clear(&s->attrs);
    kc_strs_clear(&s->msgs);
}

void kc_slot_free(struct kc_slot *s)
{
    kc_buf_free(&s->buf);
    kc_buf_free(&s->tmp);
    kc_buf_free(&s->made);
    kc_strs_free(&s->terms);
    kc_strs_free(&s->raws);
    kc_strs_free(&s->attrs);
    kc_strs_free(&s->msgs);
    kc_buf_free(&s->check.json);
    kc_buf_free(&s->check.text);
    kc_mem_free(s->spans);
    kc_mem_free(s->places);
    kc_mem_free(s->bads);
    kc_mem_free(s->x);
    kc_reopened_free(s->reopened);
    if (s->order)
        s->order_free(s->order);
}

int kc_slot_place(struct kc_slot *s, uint64_t place)
{
    if (kc_mem_reserve_u64(&s->places, &s->places_cap, s->nplaces + 1, &s->err) != 0)
        return -1;
    s->places[s->nplaces++] = place;
    return 0;
}

int kc_slot_is_large(const struct kc_slot *s)
{
    return s->buf.cap > LARGE;
}

/* Free the buffer if it is large. */
static void free_large(struct kc_buf *b)
{
    if (b->cap > LARGE)
        kc_buf_free(b);
}

void kc_slot_trim(struct kc_slot *s)
{
    kc_slot_clear(s);
    free_large(&s->buf);
    free_large(&s->tmp);
    free_large(&s->terms.bytes);
    free_large(&s->raws.bytes);
    free_large(&s->attrs.bytes);
    if (s->cap > LARGE / sizeof *s->x) {
        kc_mem_free(s->x);
        s->x = NULL;
        s->cap = 0;
    }
}

int kc_slot_span(struct kc_slot *s, const struct kc_span *span)
{
    if (s->nspans == s->span_cap) {
        size_t cap = s->span_cap ? kc_mem_mul(s->span_cap, 2) : 64;
        struct kc_span *p = kc_mem_realloc(s->spans, cap, sizeof *p, &s->err);
        if (!p)
            return -1;
        s->spans = p;
        s->span_cap = cap;
    }
    s->spans[s->nspans++] = *span;
    return 0;
}

float *kc_slot_row(struct kc_slot *s)
{
    size_t used = kc_mem_mul(s->n, s->d);
    if (!s->x || kc_mem_add(used, s->d) > s->cap) {
        size_t cap = kc_mem_add(used, kc_mem_add(s->d, used / 2));
        float *x = kc_mem_realloc(s->x, cap, sizeof *x, &s->err);
        if (!x)
            return NULL;
        s->x = x;
        s->cap = cap;
    }
    return s->x + used;
}

int kc_slot_check(struct kc_slot *s, const char *name, char *msg, size_t size)
{
    float *row = s->x + s->n * s->d;
    size_t at = 0;
    size_t d = s->o->dims > 0 && s->o->dims < s->d ? (size_t)s->o->dims : s->d;
    enum kc_row_status st = s->o->normalise ? kc_la_unit(row, d, row, &at) : kc_la_check(row, d, &at);
    if (st == KC_ROW_NONFINITE) {
        snprintf(msg, size, "column %zu is %s", at, isnan(row[at]) ? "NaN" : "infinite");
        return -1;
    }
    if (st == KC_ROW_ZERO && s->o->normalise) {
        snprintf(msg, size, "%s%sall zeros, so it has no direction%s", name, *name ? " is " : "",
                 s->o->skip_bad ? "" : " (--on-bad skip leaves such records out)");
        return -1;
    }
    s->n++;
    return 0;
}

void kc_slot_shorten(struct kc_slot *s)
{
    size_t d = (size_t)s->o->dims;
    if (d == 0 || d >= s->d)
        return;
    for (size_t i = 1; i < s->n; i++)
        memmove(s->x + i * d, s->x + i * s->d, d * sizeof *s->x);
    s->d = d;
}

int kc_slot_bad(struct kc_slot *s, uint64_t line, const char *msg)
{
    size_t n = 0, kept = SIZE_MAX;
    while (msg[n] != '\0')
        n++;
    if (s->nbads > KC_BAD_SHOWN) {
        struct kc_bad *last = &s->bads[s->nbads - 1];
        if (last->index + last->count == s->records) {
            last->count++;
            return s->o->skip_bad;
        }
    }
    if (s->nbads == s->bad_cap) {
        size_t cap = s->bad_cap ? kc_mem_mul(s->bad_cap, 2) : 16;
        struct kc_bad *p = kc_mem_realloc(s->bads, cap, sizeof *p, &s->err);
        if (!p)
            return 0;
        s->bads = p;
        s->bad_cap = cap;
    }
    if (s->nbads < KC_BAD_SHOWN) {
        kept = s->msgs.n;
        if (kc_strs_add(&s->msgs, msg, n, &s->err) != 0)
            return 0;
    }
    s->bads[s->nbads++] = (struct kc_bad){s->records, 1, line, kept};
    return s->o->skip_bad;
}
