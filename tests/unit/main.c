/* Runs every registered test (or those whose names contain one of the arguments); the last line counts them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "unit.h"

static struct unit_test *head;
static int failed, skipped;

void unit_register(struct unit_test *t)
{
    struct unit_test **p = &head;
    while (*p && strcmp((*p)->name, t->name) < 0)
        p = &(*p)->next;
    t->next = *p;
    *p = t;
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    if (failed++ < 20) { /* the first ones tell; a broken loop would drown them */
        va_start(ap, fmt);
        fprintf(stderr, "%s:%d: ", file, line);
        vfprintf(stderr, fmt, ap);
        fputc('\n', stderr);
        va_end(ap);
    }
}

void unit_skip(const char *why)
{
    skipped = 1;
    printf("SKIP (%s) ", why);
}

uint64_t unit_seed(void)
{
    const char *s = getenv("KC_TEST_SEED");
    return s ? strtoull(s, NULL, 10) : 20261121u;
}

int main(int argc, char **argv)
{
    int pass = 0, fail = 0, skip = 0;
    for (struct unit_test *t = head; t; t = t->next) {
        int wanted = argc < 2;
        for (int i = 1; i < argc; i++)
            wanted |= strstr(t->name, argv[i]) != NULL;
        if (!wanted)
            continue;
        failed = skipped = 0;
        t->fn();
        if (failed) {
            fail++;
            printf("FAIL unit %s (seed %llu)\n", t->name, (unsigned long long)unit_seed());
        } else if (skipped) {
            skip++;
            printf("unit %s\n", t->name);
        } else {
            pass++;
        }
    }
    printf("unit: %d passed, %d failed, %d skipped\n", pass, fail, skip);
    return fail != 0;
}
