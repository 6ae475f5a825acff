/* SHA-256 by the examples of FIPS 180-4, base64 by those of RFC 4648. */
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/sha256.h"
#include "unit.h"

static int digest_is(const char *text, size_t n, const char *hex)
{
    unsigned char d[KC_SHA256_BYTES];
    char got[2 * KC_SHA256_BYTES + 1];
    kc_sha256(d, text, n);
    for (size_t i = 0; i < sizeof d; i++)
        snprintf(got + 2 * i, 3, "%02x", d[i]);
    return strcmp(got, hex) == 0;
}

TEST(sha256_gives_the_digests_of_the_standard)
{
    CHECK(digest_is("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    CHECK(digest_is("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    CHECK(digest_is(two, 56, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    char *million = malloc(1000000);
    if (!million)
        return;
    memset(million, 'a', 1000000);
    CHECK(digest_is(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    /* the lengths at which the padding needs another block */
    CHECK(digest_is(million, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"));
    CHECK(digest_is(million, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"));
    free(million);
}

TEST(base64_gives_the_examples_of_the_standard)
{
    static const char *const expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    struct kc_err e = KC_ERR_INIT;
    for (size_t n = 0; n <= 6; n++) {
        struct kc_buf b = {0};
        CHECK(kc_base64_add(&b, "foobar", n, &e) == 0);
        CHECK(b.n == strlen(expected[n]) && memcmp(b.n ? b.p : "", expected[n], b.n) == 0);
        kc_buf_free(&b);
    }
    struct kc_buf b = {0};
    CHECK(kc_base64_add(&b, "\xfb\xff\xbf", 3, &e) == 0 && b.n == 4 && memcmp(b.p, "+/+/", 4) == 0);
    kc_buf_free(&b);
}
