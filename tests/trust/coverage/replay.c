/* The fuzz targets' seeds and regressions without libFuzzer: replay FILE..., for the target of KC_FUZZ_TARGET. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        static uint8_t data[1 << 20];
        FILE *f = fopen(argv[i], "rb");
        if (!f)
            return 1;
        size_t n = fread(data, 1, sizeof data, f);
        fclose(f);
        uint8_t *copy = malloc(n + 1); /* nothing readable behind it, for valgrind */
        if (!copy)
            return 1;
        for (size_t k = 0; k < n; k++)
            copy[k] = data[k];
        LLVMFuzzerTestOneInput(copy, n);
        free(copy);
    }
    return 0;
}
