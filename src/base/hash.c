/* SipHash-1-3 (Aumasson and Bernstein 2012, with one round a word and three at the end, as hash tables use it). A seed
 * put into a simpler hash would not do: for a multiply and xor-shift there are pairs of words that cancel each other
 * whatever the seed is. A term of 16 bytes costs about 100 instructions. */
#include "base/hash.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t key[2];

/* Take the 16 random bytes that the kernel gives each process. Without them (no Linux has none) the clock is better
 * than nothing. */
static void draw_key(void)
{
    const unsigned long at = getauxval(AT_RANDOM);
    struct timespec now = {0, 0};
    if (at != 0) {
        memcpy(key, (const void *)at, sizeof key); /* NOLINT(performance-no-int-to-ptr) */
        return;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    key[0] = (uint64_t)now.tv_sec;
    key[1] = (uint64_t)now.tv_nsec;
}

void kc_hash_begin(void)
{
    (void)pthread_once(&once, draw_key);
}

struct sip {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static inline void mix(struct sip *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static inline void add_word(struct sip *s, uint64_t x)
{
    s->d ^= x;
    mix(s);
    s->a ^= x;
}

static inline struct sip begin(void)
{
    return (struct sip){key[0] ^ 0x736F6D6570736575u, key[1] ^ 0x646F72616E646F6Du, key[0] ^ 0x6C7967656E657261u,
                        key[1] ^ 0x7465646279746573u};
}

static inline uint64_t finish(struct sip *s, uint64_t last)
{
    add_word(s, last);
    s->c ^= 0xFF;
    mix(s);
    mix(s);
    mix(s);
    return s->a ^ s->b ^ s->c ^ s->d;
}

uint64_t kc_hash_bytes(const void *p, size_t n)
{
    const unsigned char *q = p;
    struct sip s = begin();
    uint64_t x = 0, last = (uint64_t)n << 56;
    for (; n >= 8; n -= 8, q += 8) {
        memcpy(&x, q, 8);
        add_word(&s, x);
    }
    for (size_t i = 0; i < n; i++)
        last |= (uint64_t)q[i] << 8 * i;
    return finish(&s, last);
}

uint64_t kc_hash_number(uint64_t x)
{
    struct sip s = begin();
    return finish(&s, x);
}
