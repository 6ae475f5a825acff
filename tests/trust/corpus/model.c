/* What kclust makes of a model file: ids and sizes, or the message. */
#include <stdio.h>
#include "model/model.h"

int main(int argc, char **argv)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_model m;
    if (argc != 2)
        return 2;
    int rc = kc_model_load(&m, argv[1], &e);
    if (rc == 0) {
        for (size_t c = 0; c < m.k; c++)
            printf("%lld %llu\n", (long long)m.ids[c], (unsigned long long)m.counts[c]);
    } else {
        char line[2048];
        kc_err_format(&e, line, sizeof line);
        fprintf(stderr, "kclust: %s\n", line);
    }
    kc_model_free(&m);
    return rc == 0 ? 0 : (int)e.code;
}
