/* Places labels greedily. Beside the middle, a label tries two rings of 16 places around it. */
#include "picture/place.h"

#define GAP 3.0

/* cos and sin of 16 directions, right and left first: a label is wide, so that a step up or down frees it soonest. */
static const double directions[16][2] = {
    {0, -1}, {0, 1}, {1, 0}, {-1, 0}, {.7071, -.7071}, {-.7071, -.7071}, {.7071, .7071}, {-.7071, .7071},
    {.3827, -.9239}, {-.3827, -.9239}, {.3827, .9239}, {-.3827, .9239}, {.9239, -.3827}, {-.9239, -.3827},
    {.9239, .3827}, {-.9239, .3827}};

/* Return 1 if label i, at its place, meets an earlier one. */
static int meets_earlier(const struct kc_place *p, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (p[j].shown && p[i].left < p[j].left + p[j].width + GAP && p[j].left < p[i].left + p[i].width + GAP &&
            p[i].top < p[j].top + p[j].height + GAP && p[j].top < p[i].top + p[i].height + GAP)
            return 1;
    return 0;
}

/* Put the middle of label i at (x, y), or as near as the borders allow. Return 1 if it meets no earlier one. */
static int try_place(struct kc_place *p, size_t i, double x, double y, double width, double height)
{
    struct kc_place *q = &p[i];
    q->left = x - q->width / 2;
    q->top = y - q->height / 2;
    q->left = q->left + q->width > width - GAP ? width - GAP - q->width : q->left;
    q->left = q->left < GAP ? GAP : q->left;
    q->top = q->top + q->height > height - GAP ? height - GAP - q->height : q->top;
    q->top = q->top < GAP ? GAP : q->top;
    return !meets_earlier(p, i);
}

void kc_place_labels(struct kc_place *p, size_t n, double width, double height)
{
    for (size_t i = 0; i < n; i++) {
        p[i].shown = p[i].width + 2 * GAP <= width && try_place(p, i, p[i].x, p[i].y, width, height);
        for (int ring = 1; ring <= 2 && !p[i].shown && p[i].width + 2 * GAP <= width; ring++)
            for (int d = 0; d < 16 && !p[i].shown; d++)
                p[i].shown = try_place(p, i, p[i].x + directions[d][0] * (p[i].width * .5 + GAP) * ring * .7,
                                       p[i].y + directions[d][1] * (p[i].height + GAP) * ring, width, height);
    }
}
