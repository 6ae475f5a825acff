/* The records splitter, a machine over bytes: its whole state is in struct kc_split, so a text may be cut anywhere
 * between two calls. Outside the elements every byte is checked; within them only quotes and brackets are looked for
 * (16 bytes at a time with SSE2), because each element is parsed as a record later. */
#include "in/formats/split.h"

#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/record.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define LONGEST_TOKEN 4096 /* bytes of a number or word outside the records */
#define SHOWN_KEYS 5       /* keys of a text without records that a message shows */
#define SHOWN_KEY 40       /* bytes shown of each */

/* The input of one call, and its outputs. */
struct split_cursor {
    struct kc_split *s;
    const char *p, *end;
    struct kc_buf *out;
    size_t start;
    const char *file;
    struct kc_err *e;
};

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
    kc_strs_free(&s->keys);
}

/* Report a fault at the current byte. */
static int refuse_byte(struct split_cursor *c, const char *expected, const char *what)
{
    char msg[256], word[KC_RECORD_WORD];
    struct kc_json_fault f = {c->p, expected, what};
    c->s->near_end = c->end - c->p < KC_SPLIT_LOOK;
    kc_record_clarify(&f, c->end, word);
    kc_json_explain(&f, c->s->column + 1, c->p + 1, "input", msg, sizeof msg);
    return kc_err_at(c->e, KC_EINPUT, c->file, c->s->line, "%s", msg);
}

/* Advance line and column past byte b. */
static void count_byte(struct kc_split *s, char b)
{
    s->column++;
    if (b == '\n') {
        s->line++;
        s->column = 0;
    }
}

static void count_bytes(struct kc_split *s, const char *p, const char *end)
{
    const char *nl;
    while ((nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        s->line++;
        s->column = 0;
        p = nl + 1;
    }
    s->column += (size_t)(end - p);
}

static void step_byte(struct split_cursor *c)
{
    count_byte(c->s, *c->p++);
}

/* Move to the next byte that is no white space. Return 0 if there is none in view. */
static int skip_blanks(struct split_cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        step_byte(c);
    return c->p < c->end;
}

/* Find the next quote, brace or bracket, outside of strings. '[' and '{', and ']' and '}', differ in one bit only. */
static const char *find_structural(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i bit = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"');
    const __m128i open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p), w = _mm_or_si128(v, bit);
        __m128i m = _mm_or_si128(_mm_cmpeq_epi8(w, open), _mm_cmpeq_epi8(w, close));
        int mask = _mm_movemask_epi8(_mm_or_si128(m, _mm_cmpeq_epi8(v, quote)));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
        p++;
    return p;
}

/* Find the next quote or backslash, inside a string. */
static const char *find_quote(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
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
        return refuse_byte(c, NULL, "nested deeper than 512 levels");
    uint64_t bit = (uint64_t)1 << (s->depth % 64), *word = &s->object[s->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    s->depth++;
    if (s->match == 1) { /* so the path has parts left, and depth is at most KC_PATH_DEPTH */
        s->on = s->depth;
        s->index[s->depth] = 0;
    }
    step_byte(c);
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
        return 0;
    }
    s->state = KC_SPLIT_TOP;
    return s->found ? 0 : report_no_records(c);
}

static int close_container(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    step_byte(c);
    s->depth--;
    s->on = s->on < s->depth ? s->on : s->depth;
    return leave_value(c);
}

static int starts_value(char b)
{
    return b == '"' || b == '-' || (b >= '0' && b <= '9') || b == 't' || b == 'f' || b == 'n';
}

/* Begin a value: open a container, begin the array of records, or begin a string or scalar. */
static int begin_value(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char b = *c->p;
    if (s->state == KC_SPLIT_FIRST_VALUE && b == ']')
        return close_container(c);
    if (b != '{' && b != '[' && !starts_value(b))
        return refuse_byte(c, s->state == KC_SPLIT_FIRST_VALUE ? "a value or ']'" : "a value", NULL);
    if (s->match == 2 && b != '[') {
        if (s->path.n == 0)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "the JSON text is %s, expected an array of records",
                             kc_json_kind(b));
        return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "'%s' is %s, expected an array of records", s->path.name,
                         kc_json_kind(b));
    }
    if (s->match == 2) {
        if (s->found)
            return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "'%s' comes twice in one JSON text", s->path.name);
        s->found = 1;
        step_byte(c);
        s->state = KC_SPLIT_FIRST_ELEMENT;
        return 0;
    }
    if (b == '{' || b == '[')
        return open_container(c);
    if (s->depth == 0)
        return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "no array of records at '%s': the JSON text is %s",
                         s->path.name, kc_json_kind(b));
    s->token.n = 0;
    s->is_key = s->key_fits = s->escape = 0;
    s->utf8_left = 0;
    s->state = KC_SPLIT_SCALAR;
    if (b == '"') {
        s->state = KC_SPLIT_STRING;
        step_byte(c);
    }
    return 0;
}

/* Begin a key, or end an empty object. */
static int begin_key(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int first = s->state == KC_SPLIT_FIRST_KEY;
    if (first && *c->p == '}')
        return close_container(c);
    if (*c->p != '"')
        return refuse_byte(c, first ? "a key or '}'" : "a key", NULL);
    step_byte(c);
    s->token.n = 0;
    if (kc_buf_reserve(&s->token, 1, c->e) != 0) /* the key may be empty, but its text is never NULL */
        return -1;
    s->is_key = 1;
    s->key_fits = s->on == s->depth && s->depth <= s->path.n;
    s->escape = 0;
    s->utf8_left = 0;
    s->state = KC_SPLIT_STRING;
    return 0;
}

/* End a string, which may be a key. */
static int end_string(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    step_byte(c);
    if (!s->is_key)
        return leave_value(c);
    s->match = 0;
    if (s->depth == 1 && keep_key(s, c->e) != 0)
        return -1;
    if (s->key_fits) {
        struct kc_json_str key = {s->token.p, s->token.n, memchr(s->token.p, '\\', s->token.n) != NULL};
        set_match(s, &key);
    }
    s->state = KC_SPLIT_COLON;
    return 0;
}

/* Begin a UTF-8 sequence of several bytes. Return -1 if b begins none. */
static int begin_sequence(struct kc_split *s, unsigned char b)
{
    if (b < 0xC2 || b > 0xF4)
        return -1;
    s->utf8_left = b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
    s->utf8_low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    s->utf8_high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    return 0;
}

/* Check the bytes of a string, up to its end or that of the input. */
static int scan_string(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    for (; c->p < c->end; step_byte(c)) {
        unsigned char b = (unsigned char)*c->p;
        if (s->utf8_left > 0) {
            if (b < s->utf8_low || b > s->utf8_high)
                return refuse_byte(c, "the rest of a UTF-8 sequence", NULL);
            s->utf8_left--;
            s->utf8_low = 0x80;
            s->utf8_high = 0xBF;
        } else if (s->escape == 1) {
            if (b == '\0' || !strchr("\"\\/bfnrtu", b))
                return refuse_byte(c, "an escape's letter", NULL);
            s->escape = b == 'u' ? 5 : 0;
        } else if (s->escape > 1) {
            if (!((b >= '0' && b <= '9') || ((b | 0x20) >= 'a' && (b | 0x20) <= 'f')))
                return refuse_byte(c, "a hexadecimal digit", NULL);
            s->escape = s->escape == 2 ? 0 : s->escape - 1;
        } else if (b == '"') {
            return end_string(c);
        } else if (b == '\\') {
            s->escape = 1;
        } else if (b < 0x20) {
            return refuse_byte(c, NULL, "a string has an unescaped control byte");
        } else if (b >= 0x80 && begin_sequence(s, b) != 0) {
            return refuse_byte(c, NULL, "not UTF-8");
        }
        if (s->key_fits) {
            if (s->token.n > 6 * sizeof s->path.text) /* too long, even if all of it were \uXXXX */
                s->key_fits = 0;
            else if (kc_buf_addc(&s->token, (char)b, c->e) != 0)
                return -1;
        }
    }
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
    if (s->token.n + (size_t)(p - c->p) > LONGEST_TOKEN)
        return refuse_byte(c, NULL, "a number or word of more than 4096 bytes");
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
    count_bytes(s, c->p, p);
    c->p = p;
    return p < c->end ? leave_value(c) : 0;
}

/* Begin an element of the array of records, or end the array. */
static int begin_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char b = *c->p;
    if (s->state == KC_SPLIT_FIRST_ELEMENT && b == ']') {
        step_byte(c);
        return leave_value(c);
    }
    if (b == ',' || b == ':' || b == ']' || b == '}')
        return refuse_byte(c, s->state == KC_SPLIT_FIRST_ELEMENT ? "a record or ']'" : "a record", NULL);
    s->state = KC_SPLIT_ELEMENT;
    s->element_line = s->line;
    s->element_column = s->column;
    s->nesting = 0;
    s->quoted = s->escape = 0;
    s->scalar = b != '{' && b != '[' && b != '"';
    s->taken = 0;
    return 0;
}

/* Scan to the element's end, after its last byte. Return 1 if it has been reached. */
static int scan_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    const char *p = c->p, *end = c->end;
    if (s->scalar) {
        while (p < end && *p != ',' && *p != ']' && *p != '}' && (unsigned char)*p > ' ')
            p++;
        c->p = p;
        return p < end;
    }
    while (p < end) {
        if (s->quoted) {
            if (s->escape) {
                s->escape = 0;
                p++;
                continue;
            }
            p = find_quote(p, end);
            if (p == end)
                break;
            if (*p++ == '\\') {
                s->escape = 1;
                continue;
            }
            s->quoted = 0;
        } else {
            p = find_structural(p, end);
            if (p == end)
                break;
            char b = *p++;
            s->quoted = b == '"';
            if (b == '{' || b == '[')
                s->nesting++;
            else if (b != '"')
                s->nesting--;
        }
        if (s->nesting == 0 && !s->quoted) {
            c->p = p;
            return 1;
        }
    }
    c->p = end;
    return 0;
}

/* Scan an element and copy its bytes. Return 0 to continue, or an event. */
static int copy_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    const char *begin = c->p;
    int done = scan_element(c);
    size_t n = (size_t)(c->p - begin);
    count_bytes(s, begin, c->p);
    s->taken += n;
    if (s->taken > s->max)
        c->out->n = c->start;
    else if (kc_buf_add(c->out, begin, n, c->e) != 0)
        return KC_SPLIT_FAULT;
    if (!done)
        return 0;
    s->state = KC_SPLIT_AFTER_ELEMENT;
    return s->taken > s->max ? KC_SPLIT_TOO_LONG : KC_SPLIT_RECORD;
}

/* Accept the ',' or ']' after an element. */
static int leave_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    char b = *c->p;
    if (b != ',' && b != ']')
        return refuse_byte(c, "',' or ']' after a record", NULL);
    step_byte(c);
    s->state = KC_SPLIT_NEXT_ELEMENT;
    return b == ']' ? leave_value(c) : 0;
}

/* Accept the ',' or the end of a container after a member. */
static int leave_member(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    int object = is_in_object(s);
    if (*c->p == (object ? '}' : ']'))
        return close_container(c);
    if (*c->p != ',')
        return refuse_byte(c, object ? "',' or '}'" : "',' or ']'", NULL);
    step_byte(c);
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
static int begin_text(struct kc_split *s)
{
    s->found = 0;
    s->depth = s->on = 0;
    s->more_keys = 0;
    kc_strs_clear(&s->keys);
    s->match = s->path.n == 0 ? 2 : 1;
    s->state = KC_SPLIT_VALUE;
    return 0;
}

/* Accept the ':' after a key. */
static int accept_colon(struct split_cursor *c)
{
    if (*c->p != ':')
        return refuse_byte(c, "':'", NULL);
    step_byte(c);
    c->s->state = KC_SPLIT_VALUE;
    return 0;
}

enum kc_split_event kc_split_next(struct kc_split *s, const char **pp, const char *end, struct kc_buf *out,
                                  size_t start, const char *file, struct kc_err *e)
{
    struct split_cursor c = {s, *pp, end, out, start, file, e};
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
            rc = scan_string(&c);
            continue;
        }
        if (s->state == KC_SPLIT_SCALAR) {
            rc = scan_scalar(&c);
            continue;
        }
        if (!skip_blanks(&c))
            break;
        switch (s->state) {
        case KC_SPLIT_TOP: rc = begin_text(s); break;
        case KC_SPLIT_VALUE:
        case KC_SPLIT_FIRST_VALUE: rc = begin_value(&c); break;
        case KC_SPLIT_FIRST_KEY:
        case KC_SPLIT_KEY: rc = begin_key(&c); break;
        case KC_SPLIT_COLON: rc = accept_colon(&c); break;
        case KC_SPLIT_AFTER: rc = leave_member(&c); break;
        case KC_SPLIT_FIRST_ELEMENT:
        case KC_SPLIT_NEXT_ELEMENT: rc = begin_element(&c); break;
        case KC_SPLIT_AFTER_ELEMENT: rc = leave_element(&c); break;
        case KC_SPLIT_STRING:
        case KC_SPLIT_SCALAR:
        case KC_SPLIT_ELEMENT: break;
        }
    }
    *pp = c.p;
    return rc == 0 ? KC_SPLIT_MORE : KC_SPLIT_FAULT;
}

int kc_split_end(const struct kc_split *s, const char *file, struct kc_err *e)
{
    if (s->state == KC_SPLIT_TOP)
        return 0;
    const char *where = s->state == KC_SPLIT_ELEMENT ? "a record" :
                        s->state >= KC_SPLIT_FIRST_ELEMENT ? "the array of records" : "a JSON text";
    return kc_err_at(e, KC_EINPUT, file, s->line, "unexpected end of input in %s", where);
}
