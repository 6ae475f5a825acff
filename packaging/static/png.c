/* The static binary's stand-in for picture/png.c: what it is linked from cannot load librsvg while it runs, so it says
 * so, and does not look for a library that would not fit. Everything else of kclust is the same in it. */
#include "picture/png.h"

int kc_png_find(struct kc_err *e)
{
    return kc_err_set(e, KC_ESYS, "PNG is not in this static binary, which cannot load librsvg: write SVG, or use a "
                      "kclust that is linked with shared libraries");
}

int kc_png_make(const char *svg, size_t n, double scale, struct kc_buf *png, struct kc_err *e)
{
    (void)svg, (void)n, (void)scale, (void)png;
    return kc_png_find(e);
}
