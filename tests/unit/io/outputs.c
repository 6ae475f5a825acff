/* The table of outputs: what is refused, more rows than fit, and rows that come last. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "io/outputs.h"
#include "report_util.h"
#include "unit.h"

#define ROWS 40 /* more than any run has */

TEST(outputs_share_standard_output_once)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_output o[] = {{.option = "--output", .path = "-"}, {.option = "--summary", .path = "-"}, {.option = "--model"}};
    CHECK(kc_outputs_check(o, 1, &e) == 0 && kc_outputs_check(o + 2, 1, &e) == 0);
    CHECK(kc_outputs_check(o, 3, &e) == -1 && e.code == KC_EUSAGE);
    CHECK(strcmp(e.msg, "--summary - needs --output FILE: standard output can be only one of them") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    o[0].path = "file";
    o[2].path = "-";
    CHECK(kc_outputs_check(o, 3, &e) == -1 && e.code == KC_EUSAGE);
    CHECK(strcmp(e.msg, "--model - and --summary -: standard output can be only one of them") == 0);
}

TEST(outputs_not_wanted_need_no_room)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_output o[ROWS] = {{.option = "--output", .path = NULL}};
    char first[256];
    snprintf(first, sizeof first, "%s", out_path("first"));
    o[0].path = first;
    CHECK(kc_outputs_open(o, ROWS, &e) == 0 && o[0].f && !o[1].f);
    CHECK(kc_outputs_none_is(o, ROWS, NULL, "--like", &e) == 0);
    CHECK(kc_outfile_write(o[0].f, "new", 3, &e) == 0 && kc_outputs_commit(o, ROWS, &e) == 0);
    kc_outputs_free(o, ROWS);
    CHECK(!o[0].f && out_is(first, "new"));
    for (size_t i = 1; i < ROWS; i++)
        o[i].path = first;
    CHECK(kc_outputs_open(o, ROWS, &e) == -1 && strcmp(e.msg, "40 outputs, expected at most 16") == 0);
    kc_outputs_free(o, ROWS);
    CHECK(unlink(first) == 0);
}

TEST(outputs_last_row_is_replaced_last)
{
    struct kc_err e = KC_ERR_INIT;
    char model[256], labels[256];
    snprintf(model, sizeof model, "%s", out_path("model"));
    snprintf(labels, sizeof labels, "%s", out_path("labels"));
    struct kc_output o[] = {{.option = "--model", .path = model, .last = 1}, {.option = "--output", .path = labels}};
    CHECK(kc_outputs_open(o, 2, &e) == 0);
    CHECK(kc_outfile_write(o[0].f, "m", 1, &e) == 0 && kc_outfile_write(o[1].f, "l", 1, &e) == 0);
    CHECK(kc_outputs_commit(o, 2, &e) == 0 && out_is(model, "m") && out_is(labels, "l"));
    kc_outputs_free(o, 2);
    /* two rows of one file are refused, and nothing is replaced */
    o[1].path = model;
    CHECK(kc_outputs_open(o, 2, &e) == -1 && e.code == KC_EUSAGE);
    kc_outputs_free(o, 2);
    CHECK(out_is(model, "m"));
    CHECK(unlink(model) == 0 && unlink(labels) == 0);
}

/* A row that the caller has opened takes part in the comparison, with and without a path of its own. */
TEST(outputs_opened_by_the_caller)
{
    struct kc_err e = KC_ERR_INIT;
    char one[256], two[256];
    snprintf(one, sizeof one, "%s", out_path("one"));
    snprintf(two, sizeof two, "%s", out_path("two"));
    struct kc_output o[] = {{.option = "-o", .path = one}, {.option = "-s", .path = two, .may_replace_input = 1},
                            {.option = "-m"}};
    CHECK(kc_outfile_open(&o[0].f, one, &e) == 0 && kc_outfile_open(&o[2].f, two, &e) == 0);
    struct kc_outfile *mine = o[0].f;
    CHECK(kc_outputs_open(o, 3, &e) == -1 && o[0].f == mine && strcmp(e.msg, "-m and -s name the same file") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    kc_outfile_free(o[2].f);
    o[2].f = NULL;
    CHECK(kc_outputs_open(o, 3, &e) == 0 && o[0].f == mine && !o[2].f);
    /* what may replace an input may be one */
    CHECK(out_spit(one, "1") == 0 && out_spit(two, "2") == 0);
    CHECK(kc_outputs_none_is(o, 3, two, "--like", &e) == 0 && kc_outputs_none_is(o, 3, one, "--like", &e) == -1);
    CHECK(strcmp(e.msg, "-o and --like name the same file") == 0);
    e = (struct kc_err)KC_ERR_INIT;
    o[1].last = 1;
    CHECK(kc_outputs_commit(o, 3, &e) == 0 && out_is(one, "") && out_is(two, ""));
    kc_outputs_free(o, 3);
    /* nothing is replaced if the row that comes last cannot be completed */
    o[2] = (struct kc_output){.option = "-m", .path = "/dev/full", .last = 1};
    CHECK(out_spit(one, "1") == 0 && kc_outputs_open(o, 3, &e) == 0 && kc_outfile_write(o[2].f, "x", 1, &e) == 0);
    CHECK(kc_outputs_commit(o, 3, &e) == -1 && strcmp(e.file, "/dev/full") == 0 && out_is(one, "1"));
    kc_outputs_free(o, 3);
    CHECK(unlink(one) == 0 && unlink(two) == 0);
}
