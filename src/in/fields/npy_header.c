/* Parse the header of npy files. Only what numpy writes itself is accepted in the dictionary, not all of Python. */
#include "in/fields/npy_header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
        p++;
    return p;
}

/* Parse a quoted string of at most size - 1 bytes into out. Return the text after it, or NULL if there is none. */
static const char *parse_quoted(const char *p, char *out, size_t size)
{
    char q = *p;
    size_t n = 0;
    if (q != '\'' && q != '"')
        return NULL;
    for (p++; *p != q; p++) {
        if (*p == '\0' || *p == '\\' || n + 1 == size)
            return NULL;
        out[n++] = *p;
    }
    out[n] = '\0';
    return p + 1;
}

/* Parse a shape, (524, 1536). h->dims counts all its numbers; the first two are kept. */
static const char *parse_shape(const char *p, struct kc_npy_header *h)
{
    if (*p != '(')
        return NULL;
    p = skip_blanks(p + 1);
    while (*p != ')') {
        uint64_t v = 0;
        if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9')) /* in Python no number begins with 0 */
            return NULL;
        for (; *p >= '0' && *p <= '9'; p++)
            if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
                return NULL;
        p = skip_blanks(*p == 'L' ? p + 1 : p); /* Python 2 wrote long integers so */
        if (h->dims < 2)
            h->shape[h->dims] = v;
        h->dims++;
        if (*p == ',')
            p = skip_blanks(p + 1);
        else if (*p != ')')
            return NULL;
    }
    return p + 1;
}

/* Parse one entry of the dictionary. */
static const char *parse_entry(const char *p, struct kc_npy_header *h)
{
    char key[32];
    p = parse_quoted(p, key, sizeof key);
    if (!p)
        return NULL;
    p = skip_blanks(p);
    if (*p != ':')
        return NULL;
    p = skip_blanks(p + 1);
    if (strcmp(key, "descr") == 0) {
        h->seen |= 1;
        if (*p == '[') { /* a structure: the rest of the header does not matter */
            strcpy(h->descr, "structure");
            return p;
        }
        return parse_quoted(p, h->descr, sizeof h->descr);
    }
    if (strcmp(key, "fortran_order") == 0) {
        h->seen |= 2;
        h->fortran = *p == 'T';
        return strncmp(p, "True", 4) == 0 ? p + 4 : strncmp(p, "False", 5) == 0 ? p + 5 : NULL;
    }
    if (strcmp(key, "shape") == 0) {
        h->seen |= 4;
        return parse_shape(p, h);
    }
    return NULL;
}

int kc_npy_dict_parse(const char *p, struct kc_npy_header *h, const char **what)
{
    memset(h, 0, sizeof *h);
    p = skip_blanks(p);
    *what = "no dictionary";
    if (*p != '{')
        return -1;
    p = skip_blanks(p + 1);
    while (*p != '}') {
        p = parse_entry(p, h);
        *what = "an entry that numpy would not write";
        if (!p)
            return -1;
        if (strcmp(h->descr, "structure") == 0)
            return 0;
        p = skip_blanks(p);
        *what = "no '}'";
        if (*p == ',')
            p = skip_blanks(p + 1);
        else if (*p != '}')
            return -1;
    }
    *what = "something follows its '}'";
    if (*skip_blanks(p + 1) != '\0')
        return -1;
    *what = "descr, fortran_order or shape is missing";
    return h->seen == 7 ? 0 : -1;
}

size_t kc_npy_header_parse(const char *p, size_t n, struct kc_npy_header *h, const char **what, struct kc_err *e)
{
    *what = "it ends too early";
    if (n < 12 || memcmp(p, KC_NPY_MAGIC, 6) != 0)
        return 0;
    unsigned major = (unsigned char)p[6];
    size_t before = major == 1 ? 10 : 12, len = major == 1 ? kc_le16(p + 8) : kc_le32(p + 8);
    if (len > KC_NPY_LONGEST || n < before + len)
        return 0;
    *what = "its version is not 1, 2 or 3";
    if (major < 1 || major > 3)
        return 0;
    char *text = kc_mem_alloc(len + 1, 1, e);
    if (!text)
        return SIZE_MAX;
    memcpy(text, p + before, len);
    text[len] = '\0';
    int rc = kc_npy_dict_parse(text, h, what);
    kc_mem_free(text);
    return rc == 0 ? before + len : 0;
}

size_t kc_npy_cell(const char *descr)
{
    int order = *descr != '\0' && strchr("<>=|", *descr) != NULL;
    if (!order || strlen(descr) != 3 || !strchr("1248", descr[2]) || !strchr("iuf", descr[1]) ||
        (descr[1] == 'f' && descr[2] < '4') || (*descr == '|' && descr[2] != '1'))
        return 0;
    return (size_t)(descr[2] - '0');
}

int kc_npy_whole(const char *descr, const char *p, char text[32])
{
    size_t n = kc_npy_cell(descr);
    if (n == 0)
        return 0;
    int swap = *descr == '>' || (*descr == '=' && KC_BIG_ENDIAN);
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)(unsigned char)p[swap ? n - 1 - i : i] << (8 * i);
    if (descr[1] == 'f') {
        double d;
        float f;
        uint32_t low = (uint32_t)v;
        memcpy(&f, &low, sizeof f);
        memcpy(&d, &v, sizeof d);
        d = n == 4 ? (double)f : d;
        if (!(fabs(d) < 9007199254740992.0) || d != (double)(int64_t)d)
            return 0;
        return snprintf(text, 32, "%lld", (long long)d);
    }
    if (descr[1] == 'u')
        return snprintf(text, 32, "%llu", (unsigned long long)v);
    if (n < 8 && (v >> (8 * n - 1) & 1))
        v |= UINT64_MAX << (8 * n);
    return snprintf(text, 32, "%lld", (long long)(int64_t)v);
}
