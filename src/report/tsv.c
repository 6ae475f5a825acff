/* tsv: no header, two columns by default. Terms are escaped so that none of their bytes can be a separator. */
#include "report/writer.h"

/* Return 1 if byte i is one of the two of a C1 control character, U+0080 to U+009F, which some terminals obey. */
static int is_c1(const char *s, size_t n, size_t i)
{
    const unsigned char *p = (const unsigned char *)s;
    return p[i] == 0xC2 ? i + 1 < n && p[i + 1] < 0xA0 : p[i] >= 0x80 && p[i] < 0xA0 && i > 0 && p[i - 1] == 0xC2;
}

int kc_out_tsv_escape(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    static const char hex[] = "0123456789abcdef";
    if (kc_buf_reserve(b, kc_mem_mul(n, 4), e) != 0)
        return -1;
    char *q = b->p + b->n;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '\\' && c != 0x7F && !is_c1(s, n, i)) {
            *q++ = (char)c;
            continue;
        }
        *q++ = '\\';
        if (c == '\t' || c == '\n' || c == '\r' || c == '\\') {
            *q++ = (char)(c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : '\\');
        } else {
            *q++ = 'x';
            *q++ = hex[c >> 4];
            *q++ = hex[c & 15];
        }
    }
    b->n = (size_t)(q - b->p);
    return 0;
}

static int add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
               struct kc_err *e)
{
    return kc_out_add_row(b, t, i, number, o, '\t', kc_out_tsv_escape, e);
}

const struct kc_out_writer kc_out_writer_tsv = {"tsv", NULL, add_row};
