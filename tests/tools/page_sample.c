/* Write the report of a made-up view, for the tests in a browser: page_sample FILE ROWS CLUSTERS KIND.
 * KIND: all, plain (map and texts only), hostile, arabic, chinese, notexts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "page/page.h"
#include "view_util.h"

int main(int argc, char **argv)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_view v;
    struct kc_buf html = {0};
    const struct kc_page_opts o = {0};
    struct view_recipe r = VIEW_RECIPE_ALL;
    if (argc != 5)
        return 2;
    r.n = strtoull(argv[2], NULL, 10);
    r.k = (uint32_t)strtoul(argv[3], NULL, 10);
    if (strcmp(argv[4], "all") != 0) {
        r.levels = r.groups = r.times = r.gold = r.flow = r.events = r.sweep = r.heat = r.facets = 0;
        const char *const kinds[] = {"notexts", "plain", "hostile", "arabic", "chinese"};
        for (int i = 0; i < 5; i++)
            if (strcmp(argv[4], kinds[i]) == 0)
                r.texts = i;
    }
    int rc = view_make(&v, &r, &e) != 0 || kc_page_make(&v, &o, &html, &e) != 0;
    FILE *f = rc ? NULL : fopen(argv[1], "wb");
    rc = !f || fwrite(html.p, 1, html.n, f) != html.n;
    rc = (f && fclose(f) != 0) || rc;
    if (rc)
        fprintf(stderr, "page_sample: %s\n", e.msg);
    kc_buf_free(&html);
    kc_view_free(&v);
    return rc;
}
