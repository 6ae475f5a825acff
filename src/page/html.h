/* Write HTML into a buffer. Texts of the user are data: they pass through kc_html_text or kc_html_json, and become
 * neither markup nor script. The first failure (memory) sticks: look at `failed` once, at the end. */
#ifndef KC_PAGE_HTML_H
#define KC_PAGE_HTML_H

#include "base/mem.h"

struct kc_html {
    struct kc_buf *b;
    struct kc_err *e;
    int failed;
};

/* Append markup of our own: as it is, or formatted. */
void kc_html_put(struct kc_html *h, const char *markup);
void kc_html_putf(struct kc_html *h, const char *fmt, ...) KC_PRINTF(2, 3);
void kc_html_bytes(struct kc_html *h, const void *p, size_t n);

/* Append n bytes of text, for content or an attribute in quotes: at most `most` bytes of it, then an ellipsis. Control
 * bytes become blanks, what is not UTF-8 becomes U+FFFD. */
void kc_html_text(struct kc_html *h, const char *s, size_t n, size_t most);
void kc_html_cstr(struct kc_html *h, const char *s); /* the whole string */
/* Append the text as a string of JSON in quotes that may stand in a <script>, cut in the same way. */
void kc_html_json(struct kc_html *h, const char *s, size_t n, size_t most);
/* Append the text as one line of plain UTF-8, cut in the same way. */
void kc_html_line(struct kc_html *h, const char *s, size_t n, size_t most);

/* Append a count with commas, 12,340; a figure with so many decimals, or a dash if it is not known; a share of a whole
 * in per cent. */
void kc_html_count(struct kc_html *h, uint64_t v);
void kc_html_figure(struct kc_html *h, double v, int decimals);
void kc_html_share(struct kc_html *h, uint64_t part, uint64_t whole);

#endif
