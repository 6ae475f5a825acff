/* The records splitter, a machine over bytes: its whole state is in struct kc_split, so a text may be cut anywhere
 * between two calls. Outside the elements every byte is checked; within them only quotes and brackets are looked for
 * (16 bytes at a time with SSE2), because each element is parsed as a record later. */
#include "in/formats/split.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/record.h"
#include "in/formats/split_cursor.h"

#define LONGEST_TOKEN 4096 /* bytes of a number or word outside the records */
#define SHOWN_KEYS 5       /* keys of a text without records that a message shows */
#define SHOWN_KEY 40       /* bytes shown of each */

int kc_split_init(struct kc_split *s, const char *pointer, uint64_t max, uint64_t line, struct kc_err *e)
{
    memset(s, 0, sizeof *s);
    s->max = max;
    s->line = line;
    return kc_path_parse(&s->path, pointer, 1, "--records", e);
}

void kc_split_free(struct kc_split *s)
{
    kc_buf_free(&s->token);
    kc_buf_free(&s->second);
    kc_buf_free(&s->map_key);
    kc_strs_free(&s->keys);
}

int kc_split_refuse(struct split_cursor *c, const char *expected, const char *what)
{
    char msg[256], word[KC_RECORD_WORD];
    struct kc_json_fault f = {c->p, expected, what};
    c->s->near_end = c->end - c->p < KC_SPLIT_LOOK;
    kc_record_clarify(&f, c->end, word);
    kc_json_explain(&f, c->s->column + 1, c->p + 1, "input", msg, sizeof msg);
    return kc_err_at(c->e, KC_EINPUT, c->file, c->s->line, "%s", msg);
}

/* Move to the next byte that is no white space. Return 0 if there is none in view. */
static int skip_blanks(struct split_cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        kc_split_step(c);
    return c->p < c->end;
}

static int is_in_object(const struct kc_split *s)
{
    return (s->object[(s->depth - 1) / 64] >> ((s->depth - 1) % 64) & 1) != 0;
}

/* Set s->match for the value of this key, or (NULL) for the next element. */
static void set_match(struct kc_split *s, const struct kc_json_str *key)
{
    unsigned i = s->depth - 1;
    s->match = 0;
    if (s->on == s->depth && i < s->path.n &&
        (key ? kc_path_is_key(&s->path, i, key) : kc_path_is_index(&s->path, i, s->index[s->depth])))
        s->match = s->depth == s->path.n ? 2 : 1;
}

/* Enter the array or object at the current byte. */
static int open_container(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int object = *c->p == '{';
    if (s->depth == KC_JSON_DEPTH)
        return kc_split_refuse(c, NULL, "nested deeper than 512 levels");
    uint64_t bit = (uint64_t)1 << (s->depth % 64), *word = &s->object[s->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    s->depth++;
    if (s->match == 1) { /* so the path has parts left, and depth is at most KC_PATH_DEPTH */
        s->on = s->depth;
        s->index[s->depth] = 0;
    }
    kc_split_step(c);
    if (object) {
        s->state = KC_SPLIT_FIRST_KEY;
    } else {
        set_match(s, NULL);
        s->state = KC_SPLIT_FIRST_VALUE;
    }
    return 0;
}

/* Keep the key in s->token, as it is written, for the message at the end of a text without records. */
static int keep_key(struct kc_split *s, struct kc_err *e)
{
    char cut[SHOWN_KEY + 4];
    const unsigned char *key = (const unsigned char *)s->token.p;
    size_t n = 0, len;
    if (s->keys.n == SHOWN_KEYS) {
        s->more_keys = 1;
        return 0;
    }
    if (s->token.n <= SHOWN_KEY)
        return kc_strs_add(&s->keys, s->token.p, s->token.n, e);
    while ((len = kc_utf8_length(key + n, s->token.n - n)) > 0 && n + len <= SHOWN_KEY)
        n += len;
    memcpy(cut, s->token.p, n);
    memcpy(cut + n, "...", 3);
    return kc_strs_add(&s->keys, cut, n + 3, e);
}

/* Report that the text ended without the array. The keys that it has instead are most often those of a service's
 * error. */
static int report_no_records(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char keys[SHOWN_KEYS * (SHOWN_KEY + 8) + 32] = "";
    int object = (s->object[0] & 1) != 0, n = 0;
    if (object)
        n = snprintf(keys, sizeof keys, ", which has %s", s->keys.n == 0 ? "no keys" :
                     s->keys.n == 1 ? "the key " : "the keys ");
    for (size_t i = 0; object && i < s->keys.n; i++) {
        size_t len;
        const char *key = kc_strs_get(&s->keys, i, &len);
        n += snprintf(keys + n, sizeof keys - (size_t)n, "%s%.*s", i ? ", " : "", len > 0 ? (int)len : 2,
                      len > 0 ? key : "''");
    }
    if (s->more_keys)
        snprintf(keys + n, sizeof keys - (size_t)n, ", ...");
    return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "no array of records at '%s' in this JSON text%s",
                     s->path.name, keys);
}

/* Set the state after a value. */
static int leave_value(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    if (s->depth > 0) {
        s->state = KC_SPLIT_AFTER;
        return kc_split_second_end(c);
    }
    s->state = KC_SPLIT_TOP;
    return !s->found ? report_no_records(c) : s->list ? kc_split_sides_check(c) : 0;
}

static int close_container(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    kc_split_step(c);
    s->depth--;
    s->on = s->on < s->depth ? s->on : s->depth;
    return leave_value(c);
}

static int starts_value(char b)
{
    return b == '"' || b == '-' || (b >= '0' && b <= '9') || b == 't' || b == 'f' || b == 'n';
}

/* Begin the elements of the array or object at the current byte. */
static int begin_elements(struct split_cursor *c)
{
    kc_split_step(c);
    c->s->state = c->s->kind == KC_SPLIT_MAP ? KC_SPLIT_FIRST_PAIR : KC_SPLIT_FIRST_ELEMENT;
    return 0;
}

/* Begin a value: open a container, begin the array of records, or begin a string or scalar. */
static int begin_value(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char b = *c->p;
    if (s->state == KC_SPLIT_FIRST_VALUE && b == ']')
        return close_container(c);
    if (b != '{' && b != '[' && !starts_value(b))
        return kc_split_refuse(c, s->state == KC_SPLIT_FIRST_VALUE ? "a value or ']'" : "a value", NULL);
    int side = s->beside && s->match == 0 && b == (s->kind == KC_SPLIT_MAP ? '{' : '[') ? kc_split_side_begin(c) : 0;
    s->beside = 0;
    if (side != 0)
        return side < 0 ? -1 : begin_elements(c);
    kc_split_second_begin(c);
    if (s->match == 2 && s->kind == KC_SPLIT_MAP && b == '{' && !s->found) {
        s->found = 1;
        return begin_elements(c);
    }
    if (s->match == 2 && b != (s->kind == KC_SPLIT_MAP ? '{' : '[')) {
        const char *expected = s->kind == KC_SPLIT_MAP ? "an object of vectors" : "an array of records";
        if (s->path.n == 0)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "the JSON text is %s, expected %s", kc_json_kind(b),
                             expected);
        return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "'%s' is %s, expected %s", s->path.name, kc_json_kind(b),
                         expected);
    }
    if (s->match == 2) {
        if (s->found)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "'%s' comes twice in one JSON text", s->path.name);
        s->found = 1;
        return begin_elements(c);
    }
    if (b == '{' || b == '[')
        return open_container(c);
    if (s->depth == 0)
        return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "no array of records at '%s': the JSON text is %s",
                         s->path.name, kc_json_kind(b));
    s->token.n = 0;
    s->is_key = s->pair = s->key_fits = s->escape = 0;
    s->utf8_left = 0;
    s->state = KC_SPLIT_SCALAR;
    if (b == '"') {
        s->state = KC_SPLIT_STRING;
        kc_split_step(c);
    }
    return 0;
}

/* Begin a key, or end an empty object. */
static int begin_key(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int first = s->state == KC_SPLIT_FIRST_KEY || s->state == KC_SPLIT_FIRST_PAIR;
    if (s->state == KC_SPLIT_FIRST_PAIR && *c->p == '}') {
        kc_split_step(c);
        s->listing = 0;
        return leave_value(c);
    }
    if (first && *c->p == '}')
        return close_container(c);
    if (*c->p != '"')
        return kc_split_refuse(c, first ? "a key or '}'" : "a key", NULL);
    kc_split_step(c);
    s->token.n = 0;
    if (kc_buf_reserve(&s->token, 1, c->e) != 0) /* the key may be empty, but its text is never NULL */
        return -1;
    s->is_key = 1;
    s->pair = s->state == KC_SPLIT_FIRST_PAIR || s->state == KC_SPLIT_NEXT_PAIR;
    s->key_fits = s->pair || (s->on == s->depth && s->depth <= s->path.n);
    s->escape = 0;
    s->utf8_left = 0;
    s->state = KC_SPLIT_STRING;
    return 0;
}

/* Check that the first key of a map is another one than that of the first text: else it may be the name of a field. */
static int check_first_key(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    if (s->texts == 1)
        return kc_buf_add(&s->map_key, s->token.p, s->token.n, c->e);
    if (s->map_key.n != s->token.n || memcmp(s->map_key.p, s->token.p, s->token.n) != 0)
        return 0;
    return kc_err_at(c->e, KC_EINPUT, c->file, s->line,
                     "the key '%.*s' begins this text as it began the first: if it names a field and is no term, say "
                     "which field is the vector with --vec-field", (int)(s->token.n < 60 ? s->token.n : 60),
                     s->token.p);
}

/* End a string, which may be a key. */
static int end_string(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    kc_split_step(c);
    if (!s->is_key)
        return leave_value(c);
    s->match = 0;
    if (s->pair) {
        s->state = KC_SPLIT_PAIR_COLON;
        kc_split_hash_key(s);
        return s->count == s->first && !s->listing ? check_first_key(c) : 0;
    }
    if (s->depth == 1 && keep_key(s, c->e) != 0)
        return -1;
    s->beside = s->list && s->key_fits;
    if (s->key_fits) {
        struct kc_json_str key = {s->token.p, s->token.n, memchr(s->token.p, '\\', s->token.n) != NULL};
        set_match(s, &key);
    }
    s->state = KC_SPLIT_COLON;
    return 0;
}

static int is_token_byte(char b)
{
    return (b >= '0' && b <= '9') || ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '-' || b == '+' || b == '.';
}

/* Collect a number or literal, and check it when it has ended. */
static int scan_scalar(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    const char *p = c->p, *bad;
    size_t before = s->token.n; /* bytes of it that are counted in the column already */
    while (p < c->end && is_token_byte(*p))
        p++;
    if (s->token.n + (size_t)(p - c->p) > LONGEST_TOKEN) {
        s->column -= before; /* name the token's first byte, however the input came */
        return kc_split_refuse(c, NULL, "a number or word of more than 4096 bytes");
    }
    if (kc_buf_add(&s->token, c->p, (size_t)(p - c->p), c->e) != 0)
        return -1;
    if (p < c->end) {
        if (kc_buf_reserve(&s->token, KC_NUM_PAD, c->e) != 0)
            return -1;
        memset(s->token.p + s->token.n, 0, KC_NUM_PAD);
        const char *t = s->token.p;
        int good = strcmp(t, "true") == 0 || strcmp(t, "false") == 0 || strcmp(t, "null") == 0 ||
                   kc_num_skip(t, &bad) == t + s->token.n;
        if (!good)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "'%.40s' is not JSON, at column %zu", t,
                             s->column + 1 - before);
    }
    kc_split_count_bytes(s, c->p, p);
    c->p = p;
    return p < c->end ? leave_value(c) : 0;
}

/* Begin the element at the current byte. */
static int enter_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char b = *c->p;
    if (b == ',' || b == ':' || b == ']' || b == '}' || (unsigned char)b < ' ')
        return kc_split_refuse(c, "a record", NULL);
    if (s->listing)
        s->token.n = 0;
    if (kc_split_wrap(c) != 0)
        return -1;
    s->nesting = s->keyed && s->wrapped > 0; /* its first bracket is given out */
    s->count += !s->listing;
    s->state = KC_SPLIT_ELEMENT;
    s->element_line = s->line;
    s->element_column = s->column - s->wrapped; /* may wrap around: columns in the element are added to it */
    s->quoted = s->escape = 0;
    s->scalar = b != '{' && b != '[' && b != '"';
    s->taken = 0;
    return 0;
}

/* Begin an element of the array of records, or end the array. */
static int begin_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char b = *c->p;
    if (s->state == KC_SPLIT_FIRST_ELEMENT && b == ']') {
        kc_split_step(c);
        s->listing = 0;
        return leave_value(c);
    }
    if (b == ',' || b == ':' || b == ']' || b == '}')
        return kc_split_refuse(c, s->state == KC_SPLIT_FIRST_ELEMENT ? "a record or ']'" : "a record", NULL);
    return enter_element(c);
}

/* Scan an element and copy its bytes. Return 0 to continue, or an event. */
static int copy_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    const char *begin = c->p;
    struct kc_buf *out = s->listing ? &s->token : c->out;
    int done = kc_split_element(c), silent = s->list && !s->listing;
    size_t n = (size_t)(c->p - begin);
    kc_split_count_bytes(s, begin, c->p);
    s->taken += n;
    if (s->taken > s->max)
        out->n = s->listing ? 0 : c->start;
    else if (!silent && kc_buf_add(out, begin, n, c->e) != 0)
        return KC_SPLIT_FAULT;
    if (!done)
        return 0;
    s->state = s->kind == KC_SPLIT_TEXTS ? KC_SPLIT_TOP : KC_SPLIT_AFTER_ELEMENT;
    if (s->listing)
        return kc_split_side_add(c) == 0 ? 0 : KC_SPLIT_FAULT;
    if (silent)
        return 0;
    if (s->wrapped > 0 && !s->keyed && s->taken <= s->max && kc_buf_addc(out, '}', c->e) != 0)
        return KC_SPLIT_FAULT;
    return s->taken > s->max ? KC_SPLIT_TOO_LONG : KC_SPLIT_RECORD;
}

/* Accept the ',' or ']' after an element. */
static int leave_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int map = s->kind == KC_SPLIT_MAP;
    char b = *c->p, close = map ? '}' : ']';
    if (b == '[' && s->printed) {
        s->state = KC_SPLIT_NEXT_ELEMENT;
        return 0;
    }
    if (b == '.' && s->printed)
        return kc_split_refuse(c, NULL, "'...' stands for rows that are missing, for numpy prints long arrays so: "
                               "numpy.save writes all of them");
    if (b != ',' && b != close)
        return kc_split_refuse(c, map ? "',' or '}' after a vector" : "',' or ']' after a record", NULL);
    kc_split_step(c);
    s->state = map ? KC_SPLIT_NEXT_PAIR : KC_SPLIT_NEXT_ELEMENT;
    if (b == ',')
        return 0;
    s->listing = 0;
    return leave_value(c);
}

/* Accept the ',' or the end of a container after a member. */
static int leave_member(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int object = is_in_object(s);
    if (*c->p == (object ? '}' : ']'))
        return close_container(c);
    if (*c->p != ',')
        return kc_split_refuse(c, object ? "',' or '}'" : "',' or ']'", NULL);
    kc_split_step(c);
    if (object) {
        s->state = KC_SPLIT_KEY;
    } else {
        if (s->on == s->depth)
            s->index[s->depth]++;
        set_match(s, NULL);
        s->state = KC_SPLIT_VALUE;
    }
    return 0;
}

/* Begin a JSON text. */
static int begin_text(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int around = s->printed ? kc_split_printed(c) : 0;
    if (around != 0)
        return around < 0 ? -1 : 0;
    s->found = 0;
    s->depth = s->on = s->second_depth = 0;
    s->more_keys = 0;
    s->first = s->count;
    s->texts++;
    s->beside = 0;
    s->map_keys = KC_SPLIT_NO_KEYS;
    kc_strs_clear(&s->keys);
    s->match = s->path.n == 0 ? 2 : 1;
    s->state = s->kind == KC_SPLIT_TEXTS ? KC_SPLIT_TOP : KC_SPLIT_VALUE; /* a fault may be met twice: the same */
    return s->kind == KC_SPLIT_TEXTS ? enter_element(c) : 0;
}

/* Accept the ':' after a key. */
static int accept_colon(struct split_cursor *c)
{
    if (*c->p != ':')
        return kc_split_refuse(c, "':'", NULL);
    kc_split_step(c);
    c->s->state = c->s->pair ? KC_SPLIT_PAIR_VALUE : KC_SPLIT_VALUE;
    return 0;
}

enum kc_split_event kc_split_next(struct kc_split *s, const char **pp, const char *end, struct kc_buf *out,
                                  size_t start, const char *file, struct kc_err *e)
{
    struct split_cursor c = {s, *pp, end, out, start, file, e, *pp};
    int rc = 0;
    s->near_end = 0;
    while (rc == 0 && c.p < end) {
        if (s->state == KC_SPLIT_ELEMENT) {
            int ev = copy_element(&c);
            if (ev != 0) {
                *pp = c.p;
                return (enum kc_split_event)ev;
            }
            continue;
        }
        if (s->state == KC_SPLIT_STRING) {
            rc = kc_split_string(&c);
            rc = rc > 0 ? end_string(&c) : rc;
            continue;
        }
        if (s->state == KC_SPLIT_SCALAR) {
            rc = scan_scalar(&c);
            continue;
        }
        if (!skip_blanks(&c))
            break;
        switch (s->state) {
        case KC_SPLIT_TOP: rc = begin_text(&c); break;
        case KC_SPLIT_VALUE:
        case KC_SPLIT_FIRST_VALUE: rc = begin_value(&c); break;
        case KC_SPLIT_FIRST_KEY:
        case KC_SPLIT_FIRST_PAIR:
        case KC_SPLIT_NEXT_PAIR:
        case KC_SPLIT_KEY: rc = begin_key(&c); break;
        case KC_SPLIT_PAIR_COLON:
        case KC_SPLIT_COLON: rc = accept_colon(&c); break;
        case KC_SPLIT_PAIR_VALUE: rc = enter_element(&c); break;
        case KC_SPLIT_AFTER: rc = leave_member(&c); break;
        case KC_SPLIT_FIRST_ELEMENT:
        case KC_SPLIT_NEXT_ELEMENT: rc = begin_element(&c); break;
        case KC_SPLIT_AFTER_ELEMENT: rc = leave_element(&c); break;
        case KC_SPLIT_STRING:
        case KC_SPLIT_SCALAR:
        case KC_SPLIT_ELEMENT: break;
        }
    }
    if (rc == 0)
        rc = kc_split_second_keep(&c);
    *pp = c.p;
    return rc == 0 ? KC_SPLIT_MORE : KC_SPLIT_FAULT;
}

int kc_split_end(const struct kc_split *s, const char *file, struct kc_err *e)
{
    if (s->state == KC_SPLIT_TOP && s->around == 0)
        return 0;
    const char *where = s->state == KC_SPLIT_ELEMENT ? "a record" : s->state < KC_SPLIT_FIRST_ELEMENT ? "a JSON text" :
                        s->kind == KC_SPLIT_MAP ? "the object of vectors" : "the array of records";
    return kc_err_at(e, KC_EINPUT, file, s->line, "unexpected end of input in %s", where);
}
