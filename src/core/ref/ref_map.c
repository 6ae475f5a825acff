/* The gradient of t-SNE and the Fourier transform by their definitions. */
#include <math.h>
#include "core/ref/ref.h"

double kc_ref_repel(const float *y, size_t n, size_t dims, double *force)
{
    double z = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < dims; t++)
            force[i * dims + t] = 0;
        for (size_t j = 0; j < n; j++) {
            double length = 0;
            for (size_t t = 0; t < dims; t++)
                length += pow((double)y[i * dims + t] - (double)y[j * dims + t], 2);
            for (size_t t = 0; t < dims; t++)
                force[i * dims + t] += ((double)y[i * dims + t] - (double)y[j * dims + t]) / pow(1 + length, 2);
            z += i != j ? 1 / (1 + length) : 0;
        }
    }
    return z;
}

void kc_ref_fourier(const double *re, const double *im, size_t n, double *out_re, double *out_im)
{
    for (size_t k = 0; k < n; k++) {
        out_re[k] = out_im[k] = 0;
        for (size_t t = 0; t < n; t++) {
            const double turn = 2 * acos(-1) * (double)(k * t % n) / (double)n;
            out_re[k] += re[t] * cos(turn) + im[t] * sin(turn);
            out_im[k] += im[t] * cos(turn) - re[t] * sin(turn);
        }
    }
}
