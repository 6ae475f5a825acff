/* The verb convert: copy vectors from one format to another. */
#include "cli/cli.h"
#include "job/convert.h"
#include "report/vectors.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_convert job;
} args;

static const struct args defaults = {.job = {.in = KC_IN_DEFAULTS, .target = KC_IN_AUTO, .output = "-"}};

static int parse_target(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_in_format_by_name(value, &a->job.target) == 0 && kc_out_vectors_writes(a->job.target) ? 0 :
           kc_value_bad_word(value, KC_OUT_VECTOR_WORDS, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE; npy, faiss and fvecs write the terms to FILE.terms"},
    {.letter = 'f', .name = "output-format", .arg = "FORMAT", .type = KC_OPTION_OWN, .parse = parse_target,
     .words = KC_OUT_VECTOR_WORDS, .shown = "by FILE's suffix, else jsonl",
     .help = "jsonl, kvec, npy, raw, faiss (a flat index that searches by inner product), fvecs or parquet"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Writing:", .rows = writing},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "On the ranks of MPI (kclust-mpi):", .rows = kc_ranks_options, .at = AT(job.in)},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    return kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_convert(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_convert_run(&a->cli.ctx, &a->job, e);
}

const struct kc_verb kc_verb_convert = {
    .name = "convert",
    .synopsis = "convert [OPTION]... [FILE]...",
    .brief = "between the vector formats",
    .examples =
        "  JSONL to npy, with the terms in words.npy.terms:\n"
        "    kclust convert -o words.npy words.jsonl\n"
        "  npy to a FAISS index:\n"
        "    kclust convert -o words.faiss words.npy\n"
        "  The centroids of a model as JSONL:\n"
        "    kclust convert -i safetensors --tensor centroids topics.model\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_convert,
    .on_ranks = 1,
};
