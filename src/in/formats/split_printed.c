/* Go through what Python's repr puts around the arrays of numpy and torch: a name and a bracket before them, as in
 * `array([`, and after them the type, as in `], dtype=float32)`. */
#include <string.h>
#include "in/fields/vectext.h"
#include "in/formats/split_cursor.h"

#define LONGEST 64 /* bytes around an array */

/* Return 1 if the bytes may follow an array: ')', or ', NAME=...)'. */
static int is_after_array(const char *p, size_t n)
{
    if (n == 0 || p[n - 1] != ')')
        return 0;
    return n == 1 || (*p == ',' && memchr(p, '=', n) != NULL);
}

int kc_split_printed(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    if (*c->p == '[' && s->around == 0)
        return 0;
    char b = *c->p;
    if (s->around == 0)
        s->token.n = 0;
    if (s->around == LONGEST)
        return kc_split_refuse(c, "an array", NULL);
    if (kc_buf_addc(&s->token, b, c->e) != 0)
        return -1;
    s->around++;
    if (b == '[' && kc_vectext_wrapper(s->token.p, s->token.p + s->token.n) == s->token.n - 1) {
        s->around = 0;
        return 0;
    }
    if (b == '[' || b == '\n')
        return kc_split_refuse(c, "an array", NULL);
    kc_split_step(c);
    if (b == ')' && is_after_array(s->token.p, s->token.n))
        s->around = 0;
    return 1;
}
