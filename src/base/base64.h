/* Base64 with padding (RFC 4648). */
#ifndef KC_BASE_BASE64_H
#define KC_BASE_BASE64_H

#include "base/mem.h"

/* Append n bytes as base64: (n + 2) / 3 * 4 characters. */
int kc_base64_add(struct kc_buf *b, const void *p, size_t n, struct kc_err *e) KC_MUST_USE;

#endif
