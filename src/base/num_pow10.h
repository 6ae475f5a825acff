/* 10^k, k = -31..45, as 64-bit significands rounded up. Made by tests/tools/pow10.py > src/base/num_pow10.h */
#ifndef KC_BASE_NUM_POW10_H
#define KC_BASE_NUM_POW10_H

#include <stdint.h>

#define KC_POW10_LOW (-31)
#define KC_POW10_HIGH 45

static const uint64_t kc_pow10_sig[] = {
    0x81ceb32c4b43fcf5u, /* -31 */
    0xa2425ff75e14fc32u, /* -30 */
    0xcad2f7f5359a3b3fu, /* -29 */
    0xfd87b5f28300ca0eu, /* -28 */
    0x9e74d1b791e07e49u, /* -27 */
    0xc612062576589ddbu, /* -26 */
    0xf79687aed3eec552u, /* -25 */
    0x9abe14cd44753b53u, /* -24 */
    0xc16d9a0095928a28u, /* -23 */
    0xf1c90080baf72cb2u, /* -22 */
    0x971da05074da7befu, /* -21 */
    0xbce5086492111aebu, /* -20 */
    0xec1e4a7db69561a6u, /* -19 */
    0x9392ee8e921d5d08u, /* -18 */
    0xb877aa3236a4b44au, /* -17 */
    0xe69594bec44de15cu, /* -16 */
    0x901d7cf73ab0acdau, /* -15 */
    0xb424dc35095cd810u, /* -14 */
    0xe12e13424bb40e14u, /* -13 */
    0x8cbccc096f5088ccu, /* -12 */
    0xafebff0bcb24aaffu, /* -11 */
    0xdbe6fecebdedd5bfu, /* -10 */
    0x89705f4136b4a598u, /* -9 */
    0xabcc77118461cefdu, /* -8 */
    0xd6bf94d5e57a42bdu, /* -7 */
    0x8637bd05af6c69b6u, /* -6 */
    0xa7c5ac471b478424u, /* -5 */
    0xd1b71758e219652cu, /* -4 */
    0x83126e978d4fdf3cu, /* -3 */
    0xa3d70a3d70a3d70bu, /* -2 */
    0xcccccccccccccccdu, /* -1 */
    0x8000000000000000u, /* 0 */
    0xa000000000000000u, /* 1 */
    0xc800000000000000u, /* 2 */
    0xfa00000000000000u, /* 3 */
    0x9c40000000000000u, /* 4 */
    0xc350000000000000u, /* 5 */
    0xf424000000000000u, /* 6 */
    0x9896800000000000u, /* 7 */
    0xbebc200000000000u, /* 8 */
    0xee6b280000000000u, /* 9 */
    0x9502f90000000000u, /* 10 */
    0xba43b74000000000u, /* 11 */
    0xe8d4a51000000000u, /* 12 */
    0x9184e72a00000000u, /* 13 */
    0xb5e620f480000000u, /* 14 */
    0xe35fa931a0000000u, /* 15 */
    0x8e1bc9bf04000000u, /* 16 */
    0xb1a2bc2ec5000000u, /* 17 */
    0xde0b6b3a76400000u, /* 18 */
    0x8ac7230489e80000u, /* 19 */
    0xad78ebc5ac620000u, /* 20 */
    0xd8d726b7177a8000u, /* 21 */
    0x878678326eac9000u, /* 22 */
    0xa968163f0a57b400u, /* 23 */
    0xd3c21bcecceda100u, /* 24 */
    0x84595161401484a0u, /* 25 */
    0xa56fa5b99019a5c8u, /* 26 */
    0xcecb8f27f4200f3au, /* 27 */
    0x813f3978f8940985u, /* 28 */
    0xa18f07d736b90be6u, /* 29 */
    0xc9f2c9cd04674edfu, /* 30 */
    0xfc6f7c4045812297u, /* 31 */
    0x9dc5ada82b70b59eu, /* 32 */
    0xc5371912364ce306u, /* 33 */
    0xf684df56c3e01bc7u, /* 34 */
    0x9a130b963a6c115du, /* 35 */
    0xc097ce7bc90715b4u, /* 36 */
    0xf0bdc21abb48db21u, /* 37 */
    0x96769950b50d88f5u, /* 38 */
    0xbc143fa4e250eb32u, /* 39 */
    0xeb194f8e1ae525feu, /* 40 */
    0x92efd1b8d0cf37bfu, /* 41 */
    0xb7abc627050305aeu, /* 42 */
    0xe596b7b0c643c71au, /* 43 */
    0x8f7e32ce7bea5c70u, /* 44 */
    0xb35dbf821ae4f38cu, /* 45 */
};

#endif
