#include "fuzz.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"

static const struct {
    const char *name;
    void (*run)(const uint8_t *p, size_t n);
} targets[] = {
    {"number", fuzz_number}, {"json", fuzz_json}, {"jsonl", fuzz_jsonl},   {"kvec", fuzz_kvec},
    {"npy", fuzz_npy},       {"raw", fuzz_raw},   {"packed", fuzz_packed}, {"options", fuzz_options},
    {"model", fuzz_model},   {"faiss", fuzz_faiss}, {"fvecs", fuzz_fvecs},  {"parquet", fuzz_parquet}, {"tensor", fuzz_tensor},
    {"words", fuzz_words},   {"columns", fuzz_columns}, {"word2vec-bin", fuzz_word2vec_bin},
    {"first-lines", fuzz_first_lines},
    {"checkpoint", fuzz_checkpoint}, {"config", fuzz_config},
    {"date", fuzz_date},     {"fields", fuzz_fields}, {"shape", fuzz_shape},
    {"table", fuzz_table},   {"labels", fuzz_labels},
    {"summary", fuzz_summary}, {"map", fuzz_map},
};

static void (*run)(const uint8_t *p, size_t n);

void fuzz_fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "FINDING: ");
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    abort();
}

char *fuzz_padded(const uint8_t *p, size_t n)
{
    char *q = malloc(n + KC_NUM_PAD);
    if (!q)
        abort();
    if (n > 0)
        memcpy(q, p, n);
    memset(q + n, 0, KC_NUM_PAD);
    return q;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("KC_FUZZ_TARGET");
    (void)argc;
    (void)argv;
    for (size_t i = 0; name && i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(name, targets[i].name) == 0)
            run = targets[i].run;
    if (!run) {
        for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
            printf("%s\n", targets[i].name);
        exit(name ? 2 : 0);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    run(p, n);
    return 0;
}
