#include "cli/cli.h"
#include "job/convert.h"
#include "report/vectors.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    {KC_OPT_OUTPUT, 'o', "output", "FILE", "standard output", 0, KC_COMPLETE_FILE, 0,
     "write to FILE; npy, faiss and fvecs write the terms to FILE.terms"},
    {KC_OPT_OUTPUT_FORMAT, 'f', "output-format", "FORMAT", "by FILE's suffix, else jsonl", 0, KC_COMPLETE_WORDS,
     KC_OUT_VECTOR_WORDS, "jsonl, kvec, npy, raw, faiss (a flat index that searches by inner product) or fvecs"},
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_convert = {
    "convert", "convert [OPTION]... [FILE]...", "between the vector formats", opts, kc_cmd_convert,
    "  JSONL to npy, with the terms in words.npy.terms:\n"
    "    kclust convert -o words.npy words.jsonl\n"
    "  npy to a FAISS index:\n"
    "    kclust convert -o words.faiss words.npy\n"
    "  The centroids of a model as JSONL:\n"
    "    kclust convert -i safetensors --tensor centroids topics.model\n",
    NULL};

struct args {
    struct kc_cli cli;
    struct kc_job_convert job;
};

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    switch (id) {
    case KC_OPT_OUTPUT:
        a->job.output = value;
        return 0;
    case KC_OPT_OUTPUT_FORMAT:
        return kc_in_format_by_name(value, &a->job.target) == 0 && kc_out_vectors_writes(a->job.target) ? 0 :
               kc_opt_bad_word(value, KC_OUT_VECTOR_WORDS, name, e);
    default:
        return kc_cli_take(&a->cli, &a->job.in, id, value, name, e);
    }
}

static int ready(void *arg, int argc, char **argv, int first, int named, struct kc_err *e)
{
    struct args *a = arg;
    return kc_cli_operands(&kc_verb_convert, argc, argv, first, named, &a->job.in, e);
}

static int run(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_convert_run(&a->cli.ctx, &a->job, e);
}

int kc_cmd_convert(int argc, char **argv, int named)
{
    struct args a = {.cli = KC_CLI_INIT, .job = {kc_cli_in_defaults(), KC_IN_AUTO, "-"}};
    const struct kc_cli_work w = {&kc_verb_convert, &kc_verb_convert, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
