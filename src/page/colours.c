/* The colours of picture/ink.h as a style sheet. They are written as variables, so that the theme is switched in one
 * place, and the script reads the same ones. */
#include "page/parts.h"

#include "picture/ink.h"

/* Append the variables of a theme: 0 light, 1 dark. */
static void put_theme(struct kc_html *h, const char *where, int t)
{
    kc_html_putf(h, "%s{", where);
    for (int i = 0; i < KC_INKS; i++)
        kc_html_putf(h, "--i%d:#%06x;", i, (unsigned)kc_inks[t][i]);
    kc_html_putf(h, "--noise:#%06x;--paper:#%06x;--text:#%06x;--faint:#%06x;--rule:#%06x;", (unsigned)kc_ink_noise[t],
                 (unsigned)kc_ink_paper[t], (unsigned)kc_ink_text[t], (unsigned)kc_ink_faint[t],
                 (unsigned)kc_ink_rule[t]);
    for (int i = 0; i < KC_HEATS; i++)
        kc_html_putf(h, "--h%d:#%06x;", i, (unsigned)kc_ink_heat[t][i]);
    kc_html_putf(h, "color-scheme:%s}\n", t ? "dark" : "light");
}

void kc_page_colours(struct kc_html *h)
{
    put_theme(h, ":root", 0);
    kc_html_put(h, "@media (prefers-color-scheme:dark){");
    put_theme(h, ":root", 1);
    kc_html_put(h, "}\n");
    put_theme(h, ":root[data-theme=light]", 0);
    put_theme(h, ":root[data-theme=dark]", 1);
    kc_html_put(h, "@media print{");
    put_theme(h, ":root:root", 0);
    kc_html_put(h, "}\n");
    for (int i = 0; i < KC_INKS; i++)
        kc_html_putf(h, ".i%d{fill:var(--i%d);--c:var(--i%d)}.s%d{stroke:var(--i%d)}\n", i, i, i, i, i);
    for (int i = 0; i < KC_HEATS; i++)
        kc_html_putf(h, ".h%d{fill:var(--h%d)}", i, i);
    kc_html_put(h, "\n.in{fill:var(--noise);--c:var(--noise)}.t{fill:var(--text)}.f{fill:var(--faint)}"
                   ".r{stroke:var(--rule)}.p{fill:var(--paper)}.g{fill:var(--rule)}.k{stroke:var(--text)}"
                   ".sn{stroke:var(--noise)}.halo{stroke:var(--paper)}\n");
}
