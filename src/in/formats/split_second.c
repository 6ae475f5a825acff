/* Notice a second array of vectors in a text, which would be left out without a word. Its first element tells, by the
 * rules of shape.c; the splitter walks through it as through all that is around the records, and its bytes are kept
 * meanwhile. */
#include <string.h>
#include "base/num.h"
#include "in/formats/shape.h"
#include "in/formats/split_cursor.h"

/* Return 1 if the value to come is the first of an array with nothing but objects around it. */
static int is_first_in_array(const struct kc_split *s)
{
    if (s->state != KC_SPLIT_FIRST_VALUE)
        return 0;
    for (unsigned i = 0; i < s->depth; i++)
        if ((s->object[i / 64] >> (i % 64) & 1) != (i + 1 < s->depth))
            return 0;
    return 1;
}

void kc_split_second_begin(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    if (!s->only || !s->found || s->second_depth > 0 || !is_first_in_array(s))
        return;
    s->second_depth = s->depth;
    s->second.n = 0;
    c->second_from = c->p;
}

int kc_split_second_keep(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    if (s->second_depth == 0)
        return 0;
    const char *from = c->second_from;
    c->second_from = c->p;
    if (s->second.n + (size_t)(c->p - from) > s->max) { /* no record could be so long */
        s->second_depth = 0;
        return 0;
    }
    return kc_buf_add(&s->second, from, (size_t)(c->p - from), c->e);
}

int kc_split_second_end(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    if (s->second_depth == 0 || s->depth > s->second_depth)
        return 0;
    if (kc_split_second_keep(c) != 0 || kc_buf_reserve(&s->second, KC_NUM_PAD, c->e) != 0)
        return -1;
    int kept = s->second_depth > 0;
    s->second_depth = 0;
    memset(s->second.p + s->second.n, 0, KC_NUM_PAD);
    if (!kept || !kc_shape_is_vectors(s->second.p, s->second.p + s->second.n))
        return 0;
    return kc_err_at(c->e, KC_EINPUT, c->file, s->line, "vectors are in '%s', and in another array of this text, "
                     "too: say which with --records, as in --records %s", s->path.name, s->path.name);
}
