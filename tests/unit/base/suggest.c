/* What somebody may have meant. */
#include "base/suggest.h"

#include <string.h>
#include "unit.h"

static int means(const char *word, const char *list, const char *want)
{
    struct kc_suggest s;
    kc_suggest_begin(&s, word, strlen(word));
    kc_suggest_list(&s, list);
    return want ? s.best && s.best_n == strlen(want) && memcmp(s.best, want, s.best_n) == 0 : s.best == NULL;
}

TEST(base_suggest)
{
    static const char verbs[] = "fit assign update score diff edit neighbours convert info help";
    CHECK(means("asign", verbs, "assign"));
    CHECK(means("assing", verbs, "assign")); /* two letters swapped are one edit */
    CHECK(means("fti", verbs, "fit"));
    CHECK(means("ASSIGN", verbs, "assign"));
    CHECK(means("conver", verbs, "convert"));
    CHECK(means("updte", verbs, "update"));
    CHECK(means("banana", verbs, NULL));
    CHECK(means("x", verbs, NULL));
    CHECK(means("", verbs, NULL));
    CHECK(means("min_size", "max-size min-size", "min-size"));
    CHECK(means("minsize", "max-size min-size", "min-size"));
    CHECK(means("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a ab", NULL)); /* longer than any word */
    CHECK(means("abc", "", NULL));
    CHECK(means("sil", "silhouette calinski-harabasz", "silhouette")); /* the beginning of the other */
    CHECK(means("outputformat", "output output-format", "output-format")); /* nearer than a beginning */
    CHECK(means("si", "silhouette", NULL));
}

TEST(base_known_names)
{
    char msg[128] = "it has ";
    struct kc_known k;
    kc_known_begin(&k, "/nme", msg, sizeof msg);
    kc_known_lines(&k, "id\nname\n");
    kc_known_end(&k);
    CHECK(strcmp(msg, "it has id, name; did you mean name?") == 0);
    kc_known_begin(&k, "x", msg, sizeof msg); /* there is no room for more, and nothing is cut in two */
    for (int i = 0; i < 20; i++)
        kc_known_add(&k, "abcdefghij", 10);
    kc_known_end(&k);
    CHECK(strlen(msg) < sizeof msg && strstr(msg, "...") != NULL);
}
