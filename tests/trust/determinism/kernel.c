/* Linked into a kclust of the test's own, which then works without vector instructions wherever it has a choice:
 * --wrap=kc_num_has_avx2 takes the number reader's, the constructor that of the products. */
#include "la/product.h"

int __wrap_kc_num_has_avx2(void);

int __wrap_kc_num_has_avx2(void)
{
    return 0;
}

__attribute__((constructor)) static void force(void)
{
    if (kc_la_kernel_force("portable") != 0)
        __builtin_trap();
}
