/* Unit tests: TEST(name) { ... CHECK(...); } in any file of this folder; they register themselves. */
#ifndef KC_TESTS_UNIT_H
#define KC_TESTS_UNIT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct unit_test {
    const char *name, *file;
    void (*fn)(void);
    struct unit_test *next;
};

void unit_register(struct unit_test *t);
void unit_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void unit_skip(const char *why);  /* marks the running test as skipped */
/* Says whether a test does the ith of its like things, of which this run takes every `parts`th: those that the turn
 * KCLUST_TEST_TURN says, or all when it says none. */
int unit_takes(size_t i, unsigned parts);
uint64_t unit_seed(void);         /* KC_TEST_SEED or a fixed default; printed when a test fails */

#define TEST(id)                                                                    \
    static void test_##id(void);                                                    \
    static struct unit_test unit_##id = {#id, __FILE__, test_##id, NULL};           \
    __attribute__((constructor)) static void reg_##id(void) { unit_register(&unit_##id); } \
    static void test_##id(void)

#define CHECK(cond)                                             \
    do {                                                        \
        if (!(cond))                                            \
            unit_fail(__FILE__, __LINE__, "%s", #cond);         \
    } while (0)
#define CHECK_MSG(cond, ...)                                    \
    do {                                                        \
        if (!(cond))                                            \
            unit_fail(__FILE__, __LINE__, __VA_ARGS__);         \
    } while (0)

#endif
