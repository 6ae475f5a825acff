/* The suffix of an output's name. */
#include "io/suffix.h"

#include <string.h>
#include "unit.h"

static int has(const char *path, const char *want)
{
    char out[KC_SUFFIX_MAX];
    return strcmp(kc_suffix_of(path, out), want) == 0;
}

TEST(io_suffix)
{
    CHECK(has("a.csv", "csv") && has("a.CSV", "csv") && has("x/y.z/a.tsv", "tsv") && has("a.b.parquet", "parquet"));
    CHECK(has("a", "") && has("", "") && has("-", "") && has(".bashrc", "") && has("d.ir/.hidden", "") && has("a.", ""));
    CHECK(has("labels.2026-11-30", "") && has("labels.12", "") && has("a.verylongsuffix", "") && has("a.b c", ""));
    CHECK(has("/dev/null", "") && has("/dev/stdout", ""));
    CHECK(kc_suffix_find("tsv/tab csv jsonl/ndjson", "tab") == 0);
    CHECK(kc_suffix_find("tsv/tab csv jsonl/ndjson", "ndjson") == 2);
    CHECK(kc_suffix_find("tsv/tab csv jsonl/ndjson", "json") == -1);
    CHECK(kc_suffix_find("tsv", "") == -1);
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_suffix_refuse("x.pdf", "--output", "tsv/tab csv", NULL, &e) == -1 && e.code == KC_EUSAGE);
    CHECK_MSG(strcmp(e.msg, "no format 'pdf' is written by --output, expected one of .tsv, .csv") == 0, "%s", e.msg);
}
