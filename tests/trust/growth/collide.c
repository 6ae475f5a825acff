/* Print N different terms of 16 printable bytes, without quotes and backslashes, that all have one hash by the function
 * of kclust 0.2.0: for any first word w the second is f(w) ^ T, which makes the states equal. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_plain(uint64_t x)
{
    for (int i = 0; i < 8; i++, x >>= 8)
        if ((x & 255) < 0x21 || (x & 255) > 0x7E || (x & 255) == '"' || (x & 255) == '\\' || (x & 255) == ',')
            return 0;
    return 1;
}

int main(int argc, char **argv)
{
    long want = argc > 1 ? atol(argv[1]) : 10;
    const uint64_t target = 0x123456789ABCDEFu;
    for (uint64_t i = 0; want > 0; i++) {
        uint64_t w = 0, rest = i;
        for (int k = 0; k < 8; k++, rest /= 58)
            w |= (uint64_t)('A' + rest % 58 == '\\' ? '0' : 'A' + rest % 58) << 8 * k;
        uint64_t h = ((0x9E3779B97F4A7C15u ^ 16) ^ w) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
        uint64_t v = h ^ target;
        char term[17] = "";
        if (!is_plain(v) || !is_plain(w))
            continue;
        memcpy(term, &w, 8);
        memcpy(term + 8, &v, 8);
        puts(term);
        want--;
    }
    return 0;
}
