/* Split text into words by libunistring's properties of characters. Most text is ASCII, or characters that were looked
 * up before, and is lower-cased and normalised character by character. Only words in which that could differ from doing
 * the whole word (a final sigma, a mark without a composed form) go through u8_tolower. */
#include "text/words.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include "base/mem.h"
#include "base/utf8.h"

enum char_kind { OTHER, SPACE, JOINER, IGNORED, LETTER, DIGIT, MARK, HAN, KATAKANA };

#define KIND(x) ((enum char_kind)((x) >> 24 & 0x7F))
#define HARD ((uint32_t)0x80 << 24) /* lower case or NFC depends on its neighbours: kept as it is, for convert_word */
#define CHARACTER(x) ((x) & 0x1FFFFF)

enum char_gap { NOTHING, SPACES, ONE_JOINER, MORE };

/* By byte: what a letter, digit or underscore of ASCII becomes; for all other bytes the kind. */
#define WORD_FROM '0'
static const unsigned char ascii[256] = {
    ['\t'] = SPACE, ['\n'] = SPACE, ['\v'] = SPACE, ['\f'] = SPACE, ['\r'] = SPACE, [' '] = SPACE,
    ['-'] = JOINER, ['\''] = JOINER,
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
    ['8'] = '8', ['9'] = '9', ['_'] = '_',
    ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h',
    ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p',
    ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
    ['y'] = 'y', ['z'] = 'z',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h',
    ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p',
    ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z',
};

static int in_script(uint32_t c, const char *name)
{
    const uc_script_t *s = uc_script(c);
    return s && strcmp(s->name, name) == 0;
}

/* Return the kind of a character beyond ASCII. */
static enum char_kind kind_of(uint32_t c)
{
    switch (c) {
    case 0x00AD: /* soft hyphen */
        return IGNORED;
    case 0x0085: case 0x200B: case 0xFEFF: /* next line, zero-width spaces */
        return SPACE;
    case 0x200C: case 0x200D: /* zero-width non-joiner and joiner, within words of Persian and Indic scripts */
        return MARK;
    case 0x2010: case 0x2011: case 0x2019: /* hyphens, the apostrophe of typesetters */
        return JOINER;
    case 0x30FC: /* the long vowel sign, of no script of its own */
        return KATAKANA;
    default:
        break;
    }
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L))
        return in_script(c, "Han") ? HAN : in_script(c, "Hiragana") ? OTHER :
               in_script(c, "Katakana") ? KATAKANA : LETTER;
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_N) ? DIGIT :
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M) ? MARK :
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z) ? SPACE : OTHER;
}

/* Return 1 if NFC may change the character, alone or with one before it, or if its lower case depends on its
 * neighbours. Marks are handled where they occur. */
static int is_hard(uint32_t c)
{
    ucs4_t part[UC_DECOMPOSITION_MAX_LENGTH];
    if (c == 0x0130 || c == 0x03A3 /* the dotted I, whose dot becomes a mark; the sigma */ ||
        (c >= 0x1100 && c <= 0x11FF) || (c >= 0xA960 && c <= 0xA97F) ||
        (c >= 0xD7B0 && c <= 0xD7FF) /* parts of Hangul */)
        return 1;
    if (c >= 0xAC00 && c <= 0xD7A3)
        return 0;
    int n = uc_canonical_decomposition(c, part);
    return n > 0 && (n != 2 || uc_composition(part[0], part[1]) != c);
}

/* Look up what a character beyond ASCII is. */
static uint32_t look_up(struct kc_chars *chars, uint32_t c)
{
    size_t at = c % KC_CHARS;
    if (chars->from[at] == c)
        return chars->to[at];
    enum char_kind kind = kind_of(c);
    int hard = kind >= LETTER && kind != MARK && is_hard(c);
    uint32_t lower = hard || kind != LETTER ? c : uc_tolower(c);
    chars->from[at] = c;
    chars->to[at] = (uint32_t)kind << 24 | (hard ? HARD : 0) | lower;
    return chars->to[at];
}

void kc_words_begin(struct kc_words *w, const char *text, size_t n, struct kc_chars *chars)
{
    w->p = (const unsigned char *)text;
    w->end = w->p + n;
    w->chars = chars;
    w->between = MORE;
}

/* Append a character, if there is room. */
static void append_char(struct kc_words *w, uint32_t c)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (w->n + n > KC_WORD_MOST) {
        w->too_long = 1;
        return;
    }
    char *p = w->word + w->n;
    w->n += n;
    if (n == 1) {
        p[0] = (char)c;
        return;
    }
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        p[i] = (char)(0x80 | (c & 0x3F));
    p[0] = (char)(lead[n] | c);
}

/* Append a mark after the last character, which begins at `last`: as one character if there is one for both. If every
 * mark finds one, the result is NFC whatever their order. Return 1 if convert_word must handle the word. */
static int append_mark(struct kc_words *w, uint32_t c, size_t last)
{
    const unsigned char *p = (const unsigned char *)w->word + last;
    uint32_t both = w->too_long ? 0 : uc_composition(kc_utf8_decode(p, w->n - last), c);
    if (both)
        w->n = last;
    append_char(w, both ? both : c);
    return !both;
}

/* Convert a whole word to lower case and NFC, if that cannot be done by the character. */
static int convert_word(struct kc_words *w, struct kc_err *e)
{
    uint8_t room[4 * KC_WORD_MOST];
    size_t n = sizeof room;
    uint8_t *s = u8_tolower((const uint8_t *)w->word, w->n, NULL, UNINORM_NFC, room, &n);
    if (!s)
        return kc_mem_fail(e, sizeof room);
    w->too_long = n > KC_WORD_MOST;
    w->n = w->too_long ? 0 : n;
    memcpy(w->word, s, w->n);
    if (s != room)
        free(s);
    w->letters = 0;
    for (size_t at = 0, len; at < w->n; at += len) {
        const unsigned char *p = (const unsigned char *)w->word + at;
        len = kc_utf8_length(p, w->n - at);
        w->letters += len == 1 || KIND(look_up(w->chars, kc_utf8_decode(p, len))) != MARK;
    }
    return 0;
}

/* Return the character at w->p, with its kind; it has *len bytes. */
static inline uint32_t peek_char(const struct kc_words *w, size_t *len)
{
    unsigned c = *w->p, low = ascii[c];
    *len = 1;
    if (c < 0x80)
        return low < WORD_FROM ? (uint32_t)low << 24 : low | (uint32_t)(low >= 'a' ? LETTER : DIGIT) << 24;
    size_t n = kc_utf8_length(w->p, (size_t)(w->end - w->p));
    if (n == 0)
        return (uint32_t)OTHER << 24;
    *len = n;
    return look_up(w->chars, kc_utf8_decode(w->p, n));
}

/* Move to the first character of a word, and note what is passed. Return 0 if there is none. */
static int skip_to_word(struct kc_words *w)
{
    for (size_t len; w->p < w->end; w->p += len) {
        if (ascii[*w->p] >= WORD_FROM)
            return 1;
        enum char_kind kind = KIND(peek_char(w, &len));
        if (kind >= LETTER && kind != MARK)
            return 1;
        if (kind == SPACE)
            w->between = w->between <= SPACES ? SPACES : MORE;
        else if (kind == JOINER)
            w->between = w->between == NOTHING ? ONE_JOINER : MORE;
        else if (kind != IGNORED)
            w->between = MORE;
    }
    return 0;
}

/* Append the character at w->p if it is Chinese, and skip marks after it (variation selectors). Return 0 if it is
 * not. */
static int append_han(struct kc_words *w, int *hard)
{
    size_t len;
    uint32_t x = w->p < w->end ? peek_char(w, &len) : 0;
    if (KIND(x) != HAN)
        return 0;
    do
        w->p += len;
    while (w->p < w->end && KIND(peek_char(w, &len)) == MARK);
    *hard |= (x & HARD) != 0;
    append_char(w, CHARACTER(x));
    w->letters++;
    return 1;
}

/* Return two Chinese characters of a run, or the only one, as a word. These pairs are not joined to each other or to
 * the words around them: two of them are three characters, which need not make sense together. */
static int next_han_word(struct kc_words *w, struct kc_err *e)
{
    size_t len;
    int hard = 0;
    w->lettered = 1;
    w->joined = 0;
    w->between = MORE;
    const unsigned char *second = NULL;
    if (append_han(w, &hard)) {
        second = w->p;
        if (!append_han(w, &hard))
            second = NULL;
    }
    /* if another one follows, the next pair begins with the second of this one */
    if (second && w->p < w->end && KIND(peek_char(w, &len)) == HAN)
        w->p = second;
    return hard ? convert_word(w, e) : 0;
}

/* Copy the ASCII at the beginning of a word, which is all of most words. Return its length. */
static size_t copy_ascii(struct kc_words *w)
{
    const unsigned char *p = w->p;
    size_t n = 0, room = (size_t)(w->end - p) < KC_WORD_MOST ? (size_t)(w->end - p) : KC_WORD_MOST;
    unsigned low, any = 0;
    for (; n < room && (low = ascii[p[n]]) >= WORD_FROM; n++) {
        w->word[n] = (char)low;
        any |= low & low >> 1; /* bit 5 of it is set by letters only */
    }
    w->p = p + n;
    w->n = n;
    w->letters = (unsigned)n;
    w->lettered = (any & 0x20) != 0;
    return n;
}

int kc_words_next(struct kc_words *w, struct kc_err *e)
{
    if (!skip_to_word(w))
        return 0;
    w->joined = w->between != MORE;
    w->between = NOTHING;
    w->too_long = 0;
    size_t len, last = copy_ascii(w);
    if (last > 0 && (w->p == w->end || (*w->p < 0x80 && ascii[*w->p] < WORD_FROM)))
        return 1;
    enum char_kind script = w->lettered ? LETTER : OTHER; /* LETTER or KATAKANA, once known */
    int hard = 0;
    last -= last > 0;
    if (w->n == 0 && KIND(peek_char(w, &len)) == HAN)
        return next_han_word(w, e) != 0 ? -1 : 1;
    for (; w->p < w->end; w->p += len) {
        uint32_t x = peek_char(w, &len);
        enum char_kind kind = KIND(x);
        if (kind == IGNORED)
            continue;
        if (kind < LETTER || kind == HAN || ((kind == LETTER || kind == KATAKANA) && script != OTHER && script != kind))
            break;
        if (kind == MARK) {
            if (hard)
                append_char(w, CHARACTER(x));
            else
                hard = append_mark(w, CHARACTER(x), last);
            continue;
        }
        if (kind != DIGIT)
            script = kind;
        last = w->n;
        append_char(w, CHARACTER(x));
        w->letters++;
        w->lettered |= kind != DIGIT;
        hard |= (x & HARD) != 0;
    }
    return hard && !w->too_long && convert_word(w, e) != 0 ? -1 : 1;
}
