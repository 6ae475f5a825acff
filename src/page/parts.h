/* The parts of the page, each appended to the same buffer. */
#ifndef KC_PAGE_PARTS_H
#define KC_PAGE_PARTS_H

#include "page/html.h"
#include "page/page.h"

/* How much of a text is shown, in bytes, and how many clusters are in the HTML: the script adds the others. */
#define KC_PAGE_TEXT_MOST 200
#define KC_PAGE_NAME_MOST 120
#define KC_PAGE_CLUSTERS_MOST 500u
#define KC_PAGE_KEYWORDS_MOST 8u
#define KC_PAGE_EXAMPLES_MOST 3u

struct kc_page {
    const struct kc_view *v;
    struct kc_html h;
    unsigned char *ink;      /* (k) */
    uint32_t *order;         /* (k) the clusters by falling size */
    uint64_t texts_kept;     /* rows whose texts are in the page, once they are written */
};

/* The style sheet and the script, from page.css and the .js files (Makefile). */
extern const unsigned char kc_page_css[], kc_page_js[];
extern const size_t kc_page_css_n, kc_page_js_n;

/* Append the colours as a style sheet: variables for light and dark, and the classes of the charts. */
void kc_page_colours(struct kc_html *h);

/* Append what cluster c is called. */
void kc_page_called(struct kc_page *p, uint32_t c);
/* Append a row's text, or its number. */
void kc_page_row(struct kc_page *p, uint64_t row);

/* Append the sections, and say whether the view has what one needs. */
void kc_page_summary(struct kc_page *p);
int kc_page_has_map(const struct kc_view *v);
void kc_page_map(struct kc_page *p);
void kc_page_clusters(struct kc_page *p);
int kc_page_has_quality(const struct kc_view *v);
void kc_page_quality(struct kc_page *p);
int kc_page_has_relations(const struct kc_view *v);
void kc_page_relations(struct kc_page *p);
int kc_page_has_words(const struct kc_view *v);
void kc_page_words(struct kc_page *p);
int kc_page_has_time(const struct kc_view *v);
void kc_page_time(struct kc_page *p);
void kc_page_groups(struct kc_page *p);
int kc_page_has_changes(const struct kc_view *v);
void kc_page_changes(struct kc_page *p);
int kc_page_has_gold(const struct kc_view *v);
void kc_page_gold(struct kc_page *p);
void kc_page_worst(struct kc_page *p);
void kc_page_run(struct kc_page *p);

/* Append tables that belong to a chart: the figures of each k, of each update, of the agreement with gold labels. */
void kc_page_sweep(struct kc_page *p);
void kc_page_events(struct kc_page *p);
void kc_page_agreement(struct kc_page *p);

/* Append the blocks that the script reads. */
void kc_page_payload(struct kc_page *p, uint64_t text_budget);
/* Append a block of n bytes, in base64. */
void kc_page_block(struct kc_page *p, const char *id, const void *bytes, size_t n);
/* Append the texts of as many rows as `budget` bytes take, in the order of the rows, as a block. */
void kc_page_texts(struct kc_page *p, uint64_t budget);

#endif
