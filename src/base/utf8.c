/* Find malformed UTF-8. Most text has long stretches of ASCII, which is checked 32 bytes at a time; the rest is checked
 * sequence by sequence. */
#include "base/utf8.h"

#include "base/bytes.h"

#define HIGH 0x8080808080808080u

const char *kc_utf8_bad(const char *p, const char *end)
{
    while (p < end) {
        while (end - p >= 32) {
            if (((kc_le64(p) | kc_le64(p + 8)) | (kc_le64(p + 16) | kc_le64(p + 24))) & HIGH)
                break;
            p += 32;
        }
        /* then sequence by sequence, until 32 in a row are ASCII */
        for (int plain = 0; p < end && plain < 32;) {
            size_t n = kc_utf8_length((const unsigned char *)p, (size_t)(end - p));
            if (n == 0)
                return p;
            plain = n == 1 ? plain + 1 : 0;
            p += n;
        }
    }
    return NULL;
}
