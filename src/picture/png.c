/* Draws SVG by librsvg onto a surface of cairo. The types of both are known here only as far as they are passed on. */
#include "picture/png.h"

#include <dlfcn.h>
#include <string.h>

struct rectangle {
    double x, y, width, height; /* RsvgRectangle */
};

/* What is used of the libraries. */
static struct library {
    void *(*handle_new)(const unsigned char *data, size_t n, void **error);
    int (*size)(void *handle, double *width, double *height);
    int (*render)(void *handle, void *cr, const struct rectangle *viewport, void **error);
    void (*unref)(void *object);
    void *(*surface_new)(int format, int width, int height);
    int (*surface_status)(void *surface);
    void (*surface_free)(void *surface);
    int (*write)(void *surface, int (*fn)(void *arg, const unsigned char *p, unsigned n), void *arg);
    void *(*context_new)(void *surface);
    void (*context_free)(void *cr);
    void (*zoom)(void *cr, double x, double y);
} lib;

/* Set *to, a pointer to a function, to the symbol of that name. Return 0 if there is none. */
static int find_symbol(void *library, const char *name, void *to)
{
    void *p = library ? dlsym(library, name) : NULL;
    memcpy(to, &p, sizeof p);
    return p != NULL;
}

int kc_png_find(struct kc_err *e)
{
    void *rsvg = dlopen("librsvg-2.so.2", RTLD_NOW | RTLD_LOCAL);
    void *cairo = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL);
    void *object = dlopen("libgobject-2.0.so.0", RTLD_NOW | RTLD_LOCAL);
    if (find_symbol(rsvg, "rsvg_handle_new_from_data", &lib.handle_new) &&
        find_symbol(rsvg, "rsvg_handle_get_intrinsic_size_in_pixels", &lib.size) &&
        find_symbol(rsvg, "rsvg_handle_render_document", &lib.render) &&
        find_symbol(object, "g_object_unref", &lib.unref) &&
        find_symbol(cairo, "cairo_image_surface_create", &lib.surface_new) &&
        find_symbol(cairo, "cairo_surface_status", &lib.surface_status) &&
        find_symbol(cairo, "cairo_surface_destroy", &lib.surface_free) &&
        find_symbol(cairo, "cairo_surface_write_to_png_stream", &lib.write) &&
        find_symbol(cairo, "cairo_create", &lib.context_new) &&
        find_symbol(cairo, "cairo_destroy", &lib.context_free) && find_symbol(cairo, "cairo_scale", &lib.zoom))
        return 0;
    return kc_err_set(e, KC_ESYS, "PNG needs librsvg 2.52 or later, which is not installed: apt-get install "
                      "librsvg2-2; SVG needs nothing");
}

/* Where PNG is appended. */
struct sink {
    struct kc_buf *png;
    struct kc_err *e;
    int failed;
};

/* Append bytes. A cairo_write_func_t: 0 is success, 11 CAIRO_STATUS_WRITE_ERROR. */
static int append_bytes(void *arg, const unsigned char *p, unsigned n)
{
    struct sink *s = arg;
    s->failed = kc_buf_add(s->png, p, n, s->e) != 0;
    return s->failed ? 11 : 0;
}

/* Draw the document onto a surface and write it. Return 0, or -1 with e set or not. */
static int draw_document(void *handle, double scale, struct sink *to)
{
    struct rectangle all = {0, 0, 0, 0};
    if (!lib.size(handle, &all.width, &all.height))
        return -1;
    void *surface = lib.surface_new(0, (int)(all.width * scale + .5), (int)(all.height * scale + .5));
    int rc = -1;
    if (lib.surface_status(surface) == 0) {
        void *cr = lib.context_new(surface);
        lib.zoom(cr, scale, scale);
        if (lib.render(handle, cr, &all, NULL))
            rc = lib.write(surface, append_bytes, to) == 0 ? 0 : -1;
        lib.context_free(cr);
    }
    lib.surface_free(surface);
    return rc;
}

int kc_png_make(const char *svg, size_t n, double scale, struct kc_buf *png, struct kc_err *e)
{
    struct sink to = {png, e, 0};
    void *handle = lib.handle_new((const unsigned char *)svg, n, NULL);
    const int rc = handle ? draw_document(handle, scale, &to) : -1;
    if (handle)
        lib.unref(handle);
    return rc == 0 || to.failed ? rc : kc_err_set(e, KC_ESYS, "librsvg could not draw the picture as PNG; SVG needs "
                                                  "nothing");
}
