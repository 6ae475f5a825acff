/* Runs every registered test, or those that the arguments choose; the last line counts them.
 *
 *   unit words            tests whose names contain "words"
 *   unit la/ core/near/   those of the files in these rooms
 *   unit base/ -random    those of a room, without those whose names contain "random"
 *
 * UNIT_SECONDS=1 also tells the seconds of processor time of each. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

int unit_takes(size_t i, unsigned parts)
{
    char *end;
    const char *s = getenv("KCLUST_TEST_TURN");
    const unsigned long turn = s ? strtoul(s, &end, 10) : 0;
    return !s || end == s || (turn + i) % parts == 0;
}

/* Say whether the arguments choose a test: one that begins with '-' leaves out, one that ends with '/' is a room (a folder). */
static int test_is_chosen(const struct unit_test *t, int n, char **words)
{
    int named = 0, chosen = 0;
    for (int i = 0; i < n; i++) {
        const char *word = words[i];
        int without = *word == '-';
        word += without;
        size_t length = strlen(word);
        int room = length && word[length - 1] == '/';
        int fits = room ? strncmp(t->file + strlen("tests/unit/"), word, length) == 0 : strstr(t->name, word) != NULL;
        if (without && fits)
            return 0;
        named |= !without;
        chosen |= !without && fits;
    }
    return chosen || !named;
}

int main(int argc, char **argv)
{
    const int tell = getenv("UNIT_SECONDS") != NULL;
    int pass = 0, fail = 0, skip = 0;
    for (struct unit_test *t = head; t; t = t->next) {
        if (!test_is_chosen(t, argc - 1, argv + 1))
            continue;
        failed = skipped = 0;
        const clock_t began = clock();
        t->fn();
        if (tell)
            printf("%8.2f s %s %s\n", (double)(clock() - began) / CLOCKS_PER_SEC, t->file, t->name);
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
