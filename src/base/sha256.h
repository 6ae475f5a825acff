/* SHA-256 (FIPS 180-4), for the hashes by which a page names its own script and style. */
#ifndef KC_BASE_SHA256_H
#define KC_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define KC_SHA256_BYTES 32

/* Compute the digest of n bytes. */
void kc_sha256(unsigned char out[KC_SHA256_BYTES], const void *p, size_t n);

#endif
