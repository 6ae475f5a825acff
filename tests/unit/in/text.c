/* The text formats but JSON: the same rows, and the same messages, whatever the pieces they come in. */
#include <stdlib.h>
#include <string.h>
#include "in_util.h"
#include "unit.h"

static void in_pieces(const char *text, size_t n, enum kc_in_format format, uint64_t max_line, const char *want)
{
    for (int skip = 0; skip < 2; skip++) {
        struct kc_in_opts o = input_defaults;
        o.format = format;
        o.skip_bad = skip;
        o.max_line = max_line;
        char *whole = input_text(text, n, &o, 0, 1);
        if (skip == 0)
            CHECK_MSG(strcmp(whole, want) == 0, "%s\n  gives    %s  expected %s", text, whole, want);
        for (size_t block = 1; block <= n + 1; block++) {
            char *got = input_text(text, n, &o, block, block % 5 == 0 ? 3 : 1);
            CHECK_MSG(strcmp(got, whole) == 0, "in blocks of %zu:\n%s  whole:\n%s", block, got, whole);
            free(got);
        }
        free(whole);
    }
}

static void reads(const char *text, enum kc_in_format format, const char *want)
{
    in_pieces(text, strlen(text), format, (uint64_t)16 << 20, want);
    in_pieces(text, strlen(text), KC_IN_AUTO, (uint64_t)16 << 20, want);
}

TEST(in_words)
{
    reads("the 0.5 -1\n. . 1 2 \r\n\nb 3 4", KC_IN_GLOVE, "the|0.5,-1.0\n. .|1.0,2.0\nb|3.0,4.0\n");
    reads("2 2\nthe 0.5 -1\nb 3 4\n", KC_IN_WORD2VEC, "the|0.5,-1.0\nb|3.0,4.0\n");
    reads("the 0.5 -1\nb 3 4\nc 1\nd 1 2 3\n", KC_IN_GLOVE,
          "error 1 FILE0:3: the vector has 1 number, expected 2\n");
    reads("1 2\nthe 0.5 -1\nb 3 4\n", KC_IN_WORD2VEC,
          "error 1 FILE0:3: one row more than the 1 that the first line states\n");
    static const char binary[] = "2 2\na \0\0\200?\0\0\0\300\nbc \0\0\200?\0\0\0\300\n";
    in_pieces(binary, sizeof binary - 1, KC_IN_WORD2VEC_BIN, 100, "a|1.0,-2.0\nbc|1.0,-2.0\n");
    in_pieces(binary, sizeof binary - 1, KC_IN_AUTO, 100, "a|1.0,-2.0\nbc|1.0,-2.0\n");
    in_pieces(binary, sizeof binary - 4, KC_IN_WORD2VEC_BIN, 100,
              "error 1 FILE0:0: ends within row 1 of the 2 that its first line states\n");
}

TEST(in_columns)
{
    reads("term,x,y\r\n\"a \"\"b\"\", c\",0.5,1\r\n\"two\nlines\",1,2\n\nq\"x,\"3\",4", KC_IN_CSV,
          "a \"b\", c|0.5,1.0\ntwo\nlines|1.0,2.0\nq\"x|3.0,4.0\n");
    reads("a,0.5,1\n\"b\n\n\",1,2\nc,x,1\nd,1\n\"e\"f,1,2\ng,5,6\n", KC_IN_CSV,
          "error 1 FILE0:5: column 2 is 'x', expected a number\n");
    reads("a,0.5,1\nb,1,2\n\"c,1,2\nd,1,2\n", KC_IN_CSV,
          "error 1 FILE0:3: the record has an opening quote that is never closed\n");
    reads("id\tv\n1\t[0.5,1]\n2\t[1,2]\n", KC_IN_TSV, "1|0.5,1.0\n2|1.0,2.0\n");
    reads("a\\tb\\\\\t0.5\t1\n\"\t1\t2\n\"c\"\t3\t4\n", KC_IN_TSV, "a\tb\\|0.5,1.0\n\"|1.0,2.0\n\"c\"|3.0,4.0\n");
    reads("a\\xb\t0.5\t1\n\"c\td\"\t3\t4\n\"e\nf\"\t3\t4\n", KC_IN_TSV,
          "a\\xb|0.5,1.0\nc\td|3.0,4.0\ne\nf|3.0,4.0\n");
    reads("a\t0.5\t1\nb\\tc\t3\t4\n", KC_IN_TSV,
          "error 1 FILE0:2: column 1 has a backslash, which may begin an escape or stand for itself: say which with "
          "--tsv-dialect copy or --tsv-dialect csv\n");
    static const char longer[] = "a,0.5,1\n\"0123456789\n0123456789\n0123456789\n\",1,2\nb,3,x\n\"c\nd\",5,6\n"
                                 "\"0123456789\"\"\n\n\n0123456789\n0123456789\n\",1,2\ne,7,8\ng,9\n";
    in_pieces(longer, sizeof longer - 1, KC_IN_CSV, 30,
              "error 1 FILE0:2: longer than 30 bytes; --max-line raises the limit\n");
}
