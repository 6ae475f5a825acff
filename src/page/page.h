/* The report: one HTML file that shows a view, and that needs no other file and no network.
 *
 * What can be read without a script is HTML: sentences, tables and charts (picture/picture.h). The script adds the map,
 * sorting, filters and the search. It gets the rows as blocks of base64 in the file. The page's content security policy
 * names script and style by their SHA-256, and allows nothing else. */
#ifndef KC_PAGE_PAGE_H
#define KC_PAGE_PAGE_H

#include "view/view.h"

struct kc_outfile;

struct kc_page_opts {
    uint64_t text_budget; /* bytes of rows' texts at most, compressed; 0: what a row needs usually, at most 10 MB. If
                           * there are more, those of a sample of the rows are kept, and the page says so. */
};

/* Append the page to `html`. */
int kc_page_make(const struct kc_view *v, const struct kc_page_opts *o, struct kc_buf *html,
                 struct kc_err *e) KC_MUST_USE;
/* Write the report of a view as one HTML file. */
int kc_page_write(const struct kc_view *v, const struct kc_page_opts *o, struct kc_outfile *f,
                  struct kc_err *e) KC_MUST_USE;
/* Return the bytes that making the page takes at most beside the view, for a plan. */
uint64_t kc_page_bytes(const struct kc_view *v, const struct kc_page_opts *o);

#endif
