/* exp(x) and ln(x), the same bits on every machine: the C library chooses its own by the CPU, and they differ in the
 * last bit. */
#ifndef KC_BASE_EXP_H
#define KC_BASE_EXP_H

/* Return e to the power of x, within 1e-15 of itself; 0 below -700. x: at most 700. */
double kc_exp(double x);
/* Return the natural logarithm of x > 0, finite and normal, within 1e-15 of itself. */
double kc_ln(double x);

#endif
