/* Scales and their ticks, at 1, 2, 2.5 or 5 times a power of ten. */
#include "picture/svg.h"

#include <math.h>
#include <stdio.h>

#define FAR 1e300  /* no value lies beyond, so that differences are finite */
#define WHOLE 1e15 /* a number from here on is written by its power of ten */

/* Return the smallest round step of which `most` cover the span. *decimals: those that its multiples need. */
static double choose_step(double span, int most, int *decimals)
{
    static const double rounds[] = {1, 2, 2.5, 5, 10};
    double power = 1;
    int digits = 0;
    while (power * most < span)
        power *= 10, digits--;
    while (power * most >= span * 10 && digits < 12)
        power /= 10, digits++;
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        const double step = power / 10 * rounds[i];
        if (step * most >= span) {
            *decimals = digits + 1 + (i == 2) - (i == 4);
            return step;
        }
    }
    *decimals = digits;
    return power;
}

struct kc_scale kc_scale_make(double low, double high, double from, double to, int most, int widen)
{
    low = fmin(fmax(low, -FAR), FAR);
    high = fmin(fmax(high, -FAR), FAR);
    struct kc_scale s = {.low = low, .high = high, .from = from, .to = to};
    if (!(high > low)) { /* one value: between it and 0 */
        s.high = high = low > 0 ? low * 1.25 : low < 0 ? 0 : 1;
        s.low = low = low < 0 ? low * 1.25 : 0;
    }
    s.step = choose_step(high - low, most, &s.decimals);
    s.decimals = s.decimals > 0 ? s.decimals : 0;
    if (widen) {
        s.low = floor(low / s.step + 1e-9) * s.step;
        s.high = ceil(high / s.step - 1e-9) * s.step;
    }
    s.first = ceil(s.low / s.step - 1e-9) * s.step;
    s.ticks = (int)((s.high - s.first) / s.step + 1e-9) + 1;
    return s;
}

double kc_scale_at(const struct kc_scale *s, double value)
{
    return s->from + (value - s->low) / (s->high - s->low) * (s->to - s->from);
}

/* Write the number at tick i: with commas if it is whole. */
static void write_tick(const struct kc_scale *a, int i, char *out, size_t size)
{
    const double v = a->first + i * a->step;
    if (fabs(v) >= WHOLE)
        snprintf(out, size, "%.3g", v);
    else if (a->decimals == 0 && v >= 0)
        kc_svg_count(out, size, (uint64_t)(v + .5));
    else
        snprintf(out, size, "%.*f", a->decimals, fabs(v) < a->step / 1e6 ? 0 : v);
}

void kc_scale_draw_y(struct kc_svg *s, const struct kc_scale *a, double x, double x2)
{
    char text[40];
    for (int i = 0; i < a->ticks; i++) {
        const double y = kc_scale_at(a, a->first + i * a->step);
        kc_svg_line(s, x, y, x2, y, "r", 1);
        write_tick(a, i, text, sizeof text);
        kc_svg_words(s, x - 6, y + 4, KC_END, 11, "f", text);
    }
}

void kc_scale_draw_x(struct kc_svg *s, const struct kc_scale *a, double y, double y2)
{
    char text[40];
    for (int i = 0; i < a->ticks; i++) {
        const double x = kc_scale_at(a, a->first + i * a->step);
        kc_svg_line(s, x, y, x, y2, "r", 1);
        write_tick(a, i, text, sizeof text);
        kc_svg_words(s, x, y + 15, KC_MIDDLE, 11, "f", text);
    }
}
