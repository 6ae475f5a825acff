/* The colours. They were picked from the sRGB grid by farthest-first search: each is as far as can be from all before
 * it, in Oklab (Ottosson 2020), as people see it with and without each kind of colour blindness (simulated as in
 * Machado, Oliveira & Fernandes 2009), on light and on dark paper. The hue is the same on both. The first eight differ
 * by at least .09, all by at least .04; a test computes that again. Each has a contrast of 2.2 to its paper or more. */
#include "picture/ink.h"

const uint32_t kc_inks[2][KC_INKS] = {
    {0x2864AA, 0xC8AA00, 0x8C0000, 0x28BED2, 0xC86464, 0x643264, 0x8282AA, 0x826400, 0x96B48C, 0xA03C5A, 0x143C96,
     0xA08C14, 0x645A82, 0x64A096, 0x5A78C8, 0x0A643C, 0xC88C5A, 0x5A8246, 0xA06482, 0x005014, 0x504682, 0xA08CC8,
     0x820A50, 0xA01E32},
    {0x5B98E2, 0xF4D64F, 0xCB4B3D, 0x64EBFF, 0xFD9391, 0x9B659B, 0xB0B1DB, 0xB59645, 0xC1E0B7, 0xD96F8B, 0x4674D3,
     0xCFBB51, 0x968CB7, 0x91CFC4, 0x88A9FD, 0x4C996D, 0xF8B986, 0x89B475, 0xD393B3, 0x438649, 0x8279BA, 0xCDB9F8,
     0xBF4C84, 0xDD5A63}};
const uint32_t kc_ink_heat[2][KC_HEATS] = {
    {0xF7F9FC, 0xE3ECF6, 0xC9DCEE, 0xA8C8E4, 0x82B0D6, 0x5B95C6, 0x3B79B1, 0x245D96, 0x12416F},
    {0x1A1F26, 0x1F2C3C, 0x243B55, 0x2A4D70, 0x32618D, 0x4179AA, 0x5E95C4, 0x86B4DB, 0xB6D6F0}};
const uint32_t kc_ink_noise[2] = {0xB4B8BE, 0x4A4F57};
const uint32_t kc_ink_paper[2] = {0xFFFFFF, 0x14171C};
const uint32_t kc_ink_text[2] = {0x1B1F24, 0xE8EAED};
const uint32_t kc_ink_faint[2] = {0x5A616B, 0xA3A9B2};
const uint32_t kc_ink_rule[2] = {0xD9DCE1, 0x3A4049};

#define NEAR 8            /* clusters around one whose colours it should not have */
#define PLACED_MOST 2000u /* of so many, the largest: with more the time would grow with their square */

/* Compute the middle of each cluster on the map: at (k, 2). */
static int find_middles(const struct kc_view *v, double *at, struct kc_err *e)
{
    double *rows = kc_mem_zalloc(v->k, sizeof *rows, e);
    if (!rows)
        return -1;
    for (size_t i = 0; i < (size_t)v->k * 2; i++)
        at[i] = 0;
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE) {
            rows[v->label[i]]++;
            for (size_t j = 0; j < 2; j++)
                at[v->label[i] * 2 + j] += (double)v->xy[i * 2 + j];
        }
    for (size_t c = 0; c < v->k; c++)
        for (size_t j = 0; j < 2; j++)
            at[c * 2 + j] /= rows[c] > 0 ? rows[c] : 1;
    kc_mem_free(rows);
    return 0;
}

/* Return the squared distance of clusters a and b on the map. */
static double measure_gap(const double *at, uint32_t a, uint32_t b)
{
    const double x = at[a * 2] - at[b * 2], y = at[a * 2 + 1] - at[b * 2 + 1];
    return x * x + y * y;
}

/* Find the clusters before c that are nearest to it: on the map, or in their order (at NULL). Returns how many. */
static size_t find_near(const double *at, uint32_t c, uint32_t *near)
{
    const uint32_t most = c < PLACED_MOST ? c : PLACED_MOST;
    size_t n = 0;
    if (!at) {
        for (; n < NEAR && n < c; n++)
            near[n] = c - 1 - (uint32_t)n;
        return n;
    }
    for (uint32_t i = 0; i < most; i++) {
        size_t place = n < NEAR ? n++ : NEAR - 1;
        if (place == NEAR - 1 && n == NEAR && i >= NEAR && measure_gap(at, c, i) >= measure_gap(at, c, near[place]))
            continue;
        for (; place > 0 && measure_gap(at, c, i) < measure_gap(at, c, near[place - 1]); place--)
            near[place] = near[place - 1];
        near[place] = i;
    }
    return n;
}

/* Return the colour for cluster c, the clusters before it having theirs: one that the nearest of these do not have; of
 * several the one that fewest have. used (KC_INKS): how many clusters have each. */
static unsigned char pick_ink(const double *at, uint32_t c, const unsigned char *ink, const uint32_t *used)
{
    uint32_t near[NEAR];
    const size_t n = find_near(at, c, near);
    unsigned char best = KC_INKS;
    for (unsigned char j = 0; j < KC_INKS; j++) {
        int taken = 0;
        for (size_t i = 0; i < n; i++)
            taken |= ink[near[i]] == j;
        if (!taken && (best == KC_INKS || used[j] < used[best]))
            best = j;
    }
    return best;
}

int kc_ink_keep(struct kc_view *v, struct kc_err *e)
{
    unsigned char *ink = kc_mem_alloc(v->k, sizeof *ink, e);
    if (!ink || kc_ink_choose(v, ink, e) != 0) {
        kc_mem_free(ink);
        return -1;
    }
    v->ink = ink;
    return 0;
}

/* Up to KC_INKS clusters have a colour each, in their order, which is that of their sizes: the largest clusters have
 * the colours that differ most. */
int kc_ink_choose(const struct kc_view *v, unsigned char *ink, struct kc_err *e)
{
    uint32_t used[KC_INKS] = {0};
    if (v->ink) {
        for (uint32_t c = 0; c < v->k; c++)
            ink[c] = v->ink[c];
        return 0;
    }
    const int placed = v->xy && v->label && v->k > KC_INKS;
    double *at = placed ? kc_mem_alloc((size_t)v->k * 2, sizeof *at, e) : NULL;
    int rc = !placed ? 0 : at ? find_middles(v, at, e) : -1;
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        ink[c] = c < KC_INKS ? (unsigned char)c : pick_ink(at, c, ink, used);
        used[ink[c]]++;
    }
    kc_mem_free(at);
    return rc;
}
