#!/usr/bin/env python3
"""Write src/base/num_pow10.h: the powers of ten that kc_num_format_float multiplies by."""

LOW, HIGH = -31, 45  # 10^-k for every k that a finite float needs


def upper64(k):
    """Return 10^k, scaled by a power of two to a 64-bit integer with the top bit set, rounded up."""
    num, den = (10 ** k, 1) if k >= 0 else (1, 10 ** -k)
    shift = 64 - (num.bit_length() - den.bit_length())
    if shift >= 0:
        num <<= shift
    else:
        den <<= -shift
    while num // den >= 1 << 64:
        den <<= 1
    return -(-num // den)


print("/* 10^k, k = %d..%d, as 64-bit significands rounded up. Made by tests/tools/pow10.py > src/base/num_pow10.h */"
      % (LOW, HIGH))
print("#ifndef KC_BASE_NUM_POW10_H")
print("#define KC_BASE_NUM_POW10_H")
print()
print("#include <stdint.h>")
print()
print("#define KC_POW10_LOW (%d)" % LOW)
print("#define KC_POW10_HIGH %d" % HIGH)
print()
print("static const uint64_t kc_pow10_sig[] = {")
for k in range(LOW, HIGH + 1):
    v = upper64(k)
    assert 1 << 63 <= v < 1 << 64
    print("    0x%016xu, /* %d */" % (v, k))
print("};")
print()
print("#endif")
