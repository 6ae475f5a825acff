/* Collect what stands beside an array or an object of vectors, an element for each of them: terms, texts, metadata. So
 * Chroma, Cohere and the columns of pandas write it. A first splitter collects them (kc_split.list), a second one gives
 * the vectors out with them, as records. */
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "in/formats/split_cursor.h"

void kc_split_sides_free(struct kc_split_sides *o)
{
    for (size_t i = 0; i < o->n; i++)
        kc_strs_free(&o->side[i].value);
    memset(o, 0, sizeof *o);
}

static int is_number(char c)
{
    return c == '-' || (c >= '0' && c <= '9');
}

/* Return how well a name suits that of the terms, from 0 on; -1 if it does not. */
static int rank_name(const struct kc_split_sides *o, const char *key, size_t n)
{
    if (o->term_name)
        return n == strlen(o->term_name) && memcmp(key, o->term_name, n) == 0 ? 0 : -1;
    return kc_fields_find(kc_fields_terms, key, n > 1 && key[n - 1] == 's' ? n - 1 : n);
}

/* Return 1 if a name is one of those that an option names. */
static int is_wanted(const struct kc_split_sides *o, const char *key, size_t n)
{
    for (size_t i = 0; i < o->nwanted; i++)
        if (strlen(o->wanted[i]) == n && memcmp(o->wanted[i], key, n) == 0)
            return 1;
    return 0;
}

/* Return the side with the best name for the terms; NULL if none has one. */
static struct kc_split_side *find_terms(struct kc_split_sides *o)
{
    struct kc_split_side *best = NULL;
    for (size_t i = 0; i < o->n; i++)
        if (o->side[i].rank >= 0 && (!best || o->side[i].rank < best->rank))
            best = &o->side[i];
    return best;
}

/* Make the side have a value for each of n vectors. */
static int pad_side(struct kc_split_side *d, uint64_t n, struct kc_err *e)
{
    for (; d->count < n; d->count++)
        if (d->keep && kc_strs_add(&d->value, "null", 4, e) != 0)
            return -1;
    return 0;
}

/* Return the side whose name is in s->token, a new one if need be; NULL if it is none, or (*rc -1) memory is short. */
static struct kc_split_side *find_side(struct split_cursor *c, int *rc)
{
    struct kc_split *s = c->s;
    struct kc_split_sides *o = s->sides;
    const char *key = s->token.p;
    size_t n = s->token.n;
    *rc = 0;
    if (n >= sizeof o->side[0].name || memchr(key, '\\', n))
        return NULL;
    for (size_t i = 0; i < o->n; i++)
        if (strlen(o->side[i].name) == n && memcmp(o->side[i].name, key, n) == 0)
            return &o->side[i];
    const struct kc_split_side *best = find_terms(o);
    int rank = rank_name(o, key, n), metadata = kc_fields_find("metadatas", key, n) >= 0;
    if (o->n == KC_SPLIT_SIDES || (!o->all && rank < 0 && !metadata))
        return NULL;
    struct kc_split_side *d = &o->side[o->n++];
    memset(d, 0, sizeof *d);
    memcpy(d->name, key, n);
    d->rank = o->no_terms ? -1 : rank;
    d->strict = rank >= 0 || metadata || is_wanted(o, key, n);
    d->keep = o->all || (d->rank >= 0 && (!best || rank < best->rank));
    *rc = pad_side(d, s->first, c->e);
    return *rc == 0 ? d : NULL;
}

int kc_split_side_begin(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int rc;
    struct kc_split_side *d = find_side(c, &rc);
    if (!d)
        return rc;
    s->listing = (size_t)(d - s->sides->side) + 1;
    if (d->count > s->first) { /* the name comes twice: the last one counts */
        d->count = s->first;
        if (d->keep)
            kc_strs_cut(&d->value, (size_t)s->first);
    }
    d->keys = KC_SPLIT_NO_KEYS;
    return 1;
}

int kc_split_side_add(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    struct kc_split_side *d = &s->sides->side[s->listing - 1];
    char b = s->token.n > 0 ? s->token.p[0] : '\0';
    if (b != '"' && !is_number(b) && d->odd == 0) {
        d->odd = b;
        d->odd_line = s->element_line;
    }
    d->objects |= b == '{';
    d->count++;
    return d->keep ? kc_strs_add(&d->value, s->token.p, s->token.n, c->e) : 0;
}

int kc_split_sides_check(const struct split_cursor *c)
{
    struct kc_split *s = c->s;
    struct kc_split_sides *o = s->sides;
    const uint64_t n = s->count - s->first;
    const struct kc_split_side *terms = find_terms(o);
    for (size_t i = 0; i < o->n; i++) {
        struct kc_split_side *d = &o->side[i];
        const uint64_t have = d->count - s->first;
        if (have != n && (have > 0 || d == terms) && d->strict)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line,
                             "%s has %llu element%s, '%s' has %llu: they must be as many%s", d->name,
                             (unsigned long long)have, have == 1 ? "" : "s", s->path.name, (unsigned long long)n,
                             d == terms ? "; --terms FILE gives other terms" : "");
        int keys_differ = have == n && s->kind == KC_SPLIT_MAP && d->keys != s->map_keys;
        if (keys_differ && d->strict)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "the keys of '%s' are not those of '%s', or in another "
                             "order: they must be the same", d->name, s->path.name);
        if (have > n) { /* another list, which has nothing to do with the vectors */
            d->count = s->count;
            if (d->keep)
                kc_strs_cut(&d->value, (size_t)s->count);
            d->other = 1;
        }
        d->other |= (have > 0 && have != n) || keys_differ;
        if (pad_side(d, s->count, c->e) != 0)
            return -1;
    }
    return 0;
}

int kc_split_sides_end(struct kc_split_sides *o, const char *file, struct kc_err *e)
{
    o->terms = find_terms(o);
    if (o->terms && !o->term_name && o->terms->value.n > 0 && is_number(o->terms->value.bytes.p[0]) &&
        kc_fields_find("label, labels, class, classes, category, categories", o->terms->name,
                       strlen(o->terms->name)) >= 0)
        o->terms = NULL; /* which are no names of rows */
    if (o->terms && o->terms->count > 0 && o->terms->odd)
        return kc_err_at(e, KC_EINPUT, file, o->terms->odd_line, "'%s' holds %s, expected strings or numbers: %s",
                         o->terms->name, kc_json_kind(o->terms->odd),
                         "--term-field names another array, --terms FILE gives the terms");
    if (o->terms && o->terms->count == 0)
        o->terms = NULL;
    return 0;
}

/* Append `"NAME":VALUE,`, or the members of an object and a comma. */
static int append_member(struct kc_buf *out, const char *name, const char *p, size_t n, struct kc_err *e)
{
    if (n > 1 && *p == '{') {
        const char *q = p + 1, *end = p + n - 1;
        while (q < end && (unsigned char)*q <= ' ')
            q++;
        return q == end ? 0 : kc_buf_add(out, q, (size_t)(end - q), e) != 0 ? -1 : kc_buf_addc(out, ',', e);
    }
    return kc_buf_addc(out, '"', e) != 0 || kc_buf_adds(out, name, e) != 0 || kc_buf_adds(out, "\":", e) != 0 ||
                   kc_buf_add(out, p, n, e) != 0 ?
               -1 :
               kc_buf_addc(out, ',', e);
}

int kc_split_wrap(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    const struct kc_split_sides *o = s->sides;
    int map = s->kind == KC_SPLIT_MAP, listed = o && o->terms;
    s->wrapped = 0;
    if (s->keyed && *c->p == '{') {
        kc_split_step(c); /* the bracket is given out before the key */
        if (kc_buf_adds(c->out, "{\"key\":\"", c->e) != 0 || kc_buf_add(c->out, s->token.p, s->token.n, c->e) != 0 ||
            kc_buf_adds(c->out, "\",", c->e) != 0)
            return -1;
        s->wrapped = c->out->n - c->start;
        return 0;
    }
    if (s->keyed || s->listing || s->list || !((map && s->want_term) || (o && o->n > 0)))
        return 0;
    if (kc_buf_addc(c->out, '{', c->e) != 0)
        return -1;
    for (size_t i = 0; o && i < o->n; i++) {
        const struct kc_split_side *d = &o->side[i];
        size_t n;
        if (s->count >= d->count)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "the input has changed while it was read");
        if (!d->keep || d->other || d == o->terms)
            continue;
        const char *p = kc_strs_get(&d->value, (size_t)s->count, &n);
        if (d->objects && *p == 'n') /* null: it has no members */
            continue;
        if (append_member(c->out, d->name, p, n, c->e) != 0)
            return -1;
    }
    if (listed) { /* after the others, so that it counts */
        size_t n;
        const char *p = kc_strs_get(&o->terms->value, (size_t)s->count, &n);
        if (append_member(c->out, "term", p, n, c->e) != 0)
            return -1;
    }
    if (map && s->want_term && !listed &&
        (kc_buf_adds(c->out, "\"term\":\"", c->e) != 0 || kc_buf_add(c->out, s->token.p, s->token.n, c->e) != 0 ||
         kc_buf_adds(c->out, "\",", c->e) != 0))
        return -1;
    if (kc_buf_adds(c->out, "\"vec\":", c->e) != 0)
        return -1;
    s->wrapped = c->out->n - c->start;
    return 0;
}

void kc_split_hash_key(struct kc_split *s)
{
    uint64_t *h = s->listing ? &s->sides->side[s->listing - 1].keys : &s->map_keys;
    if (s->list)
        *h = kc_hash_bytes(s->token.p, s->token.n) ^ (*h * 0x9E3779B97F4A7C15u);
}
