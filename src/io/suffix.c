/* Tell a format by the suffix of a file's name. A name without one, `.txt`, a device and a FIFO say nothing: what is
 * usual is written there. */
#include "io/suffix.h"

#include <string.h>
#include <sys/stat.h>

const char *kc_suffix_of(const char *path, char out[KC_SUFFIX_MAX])
{
    struct stat st;
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash + 1 : path, '.');
    int letters = 0;
    size_t n = 0;
    out[0] = '\0';
    if (!dot || dot == path || dot[-1] == '/' || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
        return out;
    for (const char *p = dot + 1; *p; p++, n++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
        letters |= c >= 'a' && c <= 'z';
        if (n == 12 || !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            n = 0;
            break;
        }
        out[n] = c;
    }
    out[letters ? n : 0] = '\0';
    return out;
}

int kc_suffix_find(const char *words, const char *suffix)
{
    size_t n = strlen(suffix);
    for (int i = 0; *words; i++) {
        while (*words && *words != ' ') {
            size_t m = strcspn(words, " /");
            if (m == n && memcmp(words, suffix, n) == 0)
                return i;
            words += m + (words[m] == '/');
        }
        words += *words == ' ';
    }
    return -1;
}

int kc_suffix_refuse(const char *path, const char *option, const char *words, const char *cure, struct kc_err *e)
{
    char suffix[KC_SUFFIX_MAX], list[160];
    size_t o = 0;
    for (const char *p = words; *p && o + 16 < sizeof list;) {
        size_t n = strcspn(p, " /");
        list[o++] = '.';
        memcpy(list + o, p, n);
        o += n;
        p += strcspn(p, " ");
        if (*p) {
            memcpy(list + o, ", ", 2);
            o += 2;
            p++;
        }
    }
    list[o] = '\0';
    return kc_err_at(e, KC_EUSAGE, path, 0, "no format '%s' is written by %s, expected one of %s%s%s",
                     kc_suffix_of(path, suffix), option, list, cure ? "; " : "", cure ? cure : "");
}
