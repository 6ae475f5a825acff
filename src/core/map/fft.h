/* Inside core/map: what the fast Fourier transform of lanes.h needs, its factors and its order. */
#ifndef KC_CORE_MAP_FFT_H
#define KC_CORE_MAP_FFT_H

#include <stddef.h>
#include <stdint.h>

/* Set w (n / 2, 2) to the cosines and minus the sines of 2 pi k / n, n a power of two, each rounded once to float. */
void kc_fft_factors(size_t n, float *w);
/* Set cosine (n / 2 + 1) to those of 2 pi k / n, k up to n / 2, within 1e-15. */
void kc_fft_cosines(size_t n, double *cosine);
/* Set order (n) to the place of each element: its number with the bits reversed. */
void kc_fft_order(size_t n, uint32_t *order);

#endif
